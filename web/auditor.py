"""审计: where an auditor begins, the history across hazards and persons, and one event as it was written."""

import json
from datetime import date, datetime
from typing import Annotated
from urllib.parse import quote

from fastapi import APIRouter, Query
from starlette.responses import Response

from models.actor import PUBLIC
from models.audit import OFFICE
from models.permissions import Operation
from services import access, audit_search, trail
from services.keyset import position
from web.desk import Here, HereDep
from web.history import label_of
from web.listing import Cell, Filter, Listing, link, show, when, word
from web.office_events import OFFICE_EVENTS
from web.paging import next_page
from web.proving import AuditDep, within
from web.rendering import page
from web.values import EVENTS

router = APIRouter()
RIGHT = {"x-operation": Operation.SEARCH_TRAIL}
PAGE = 50
SEARCH_COLUMNS = ("时间", "事项", "人员", "隐患", "记录")
SEARCH_LEAD = (
    "跨隐患、跨人员检索全部办理历史，最近的在前。不属于某个隐患的，隐患编号填“机关事务”；自动办理的，人员填“系统”。"
)
OFFICE_WORDS = "机关事务"
NOTHING_FOUND = "没有符合条件的历史。"
NOBODY = {trail.SYSTEM: "系统", PUBLIC.person_id: "社会公众"}
HOME = (
    ("历史", (
        ("/audit/history", "检索历史", "跨隐患、跨人员检索全部办理历史。", Operation.SEARCH_TRAIL),
        ("/audit/unsealings", "启封记录", "何人何时启封举报人身份，不显示身份。", Operation.SEARCH_TRAIL),
    )),
    ("重点核查", (
        ("/audit/downgrades", "降级和不予受理", "批准降级、不属隐患和不予受理的决定。", Operation.SEARCH_TRAIL),
        ("/audit/waivers", "免除清单项目", "销号审核清单中免除的项目和理由。", Operation.SEARCH_TRAIL),
        ("/audit/voids", "作废误录", "作废的隐患记录和理由。", Operation.SEARCH_TRAIL),
        ("/audit/corrections", "更正和撤回", "更正的登记内容和撤回的决定。", Operation.SEARCH_TRAIL),
        ("/audit/late", "逾期办理", "各单位未按时限办理的次数和天数。", Operation.SEARCH_TRAIL),
        ("/audit/four-eyes", "职责分离记录", "每条职责链各环节由谁签署，申请由谁提出、由谁决定。", Operation.SEARCH_TRAIL),
    )),
    ("校验和取证", (
        ("/audit/checkpoints", "检查点和校验", "签名检查点，全部历史的校验结果。", Operation.VERIFY_AUDIT),
        ("/audit/bundles", "审计包", "下载一个隐患或全部历史的审计包，离线核验。", Operation.DOWNLOAD_BUNDLE),
    )),
)  # fmt: skip


@router.get("/audit", openapi_extra=RIGHT)
def home(visit: HereDep) -> Response:
    access.require(visit.by, Operation.SEARCH_TRAIL)
    rooms = [(title, [row[:3] for row in rows if visit.by.grant_for(row[3])]) for title, rows in HOME]
    return page(visit.request, "rooms.html", heading="审计", rooms=rooms, counts={})


@router.get("/audit/history", openapi_extra=RIGHT)
def search(
    visit: AuditDep, person: Annotated[str, Query(max_length=100)] = "", kind: Annotated[str, Query(max_length=50)] = "",
    no: Annotated[str, Query(max_length=40)] = "", since: str = "", until: str = "", cursor: str = "",
) -> Response:  # fmt: skip
    wanted = audit_search.Wanted(_coded(visit, person), kind, _coded(visit, no), day_of(since), day_of(until))
    with visit.looking() as session:
        rows = audit_search.search(
            session, wanted, by=visit.by, at=visit.at, within=within(visit), after=position(cursor, _position), limit=PAGE + 1
        )  # fmt: skip
        whose = audit_search.accounts_of(session, rows)
    last = rows[PAGE - 1] if len(rows) > PAGE else None
    lines = [
        (when(row.recorded_at), word(label_of(row.type), _account(visit, whose.get(row.gid))), _who(row), _where(row),
         link(f"/audit/events/{row.gid}", visit.say("第 %(n)s 条", n=row.seq)))
        for row in rows[:PAGE]
    ]  # fmt: skip
    filters = (
        Filter("person", "人员", person), Filter("kind", "事项", kind, _kinds(visit)),
        Filter("no", "隐患编号", no), Filter("since", "从", since, kind="date"), Filter("until", "到", until, kind="date"),
    )  # fmt: skip
    return show(visit, Listing(
        title="检索历史", lead=SEARCH_LEAD,
        columns=SEARCH_COLUMNS, rows=lines, filters=filters, back="/audit",
        more=next_page(visit.request, last.recorded_at, str(last.gid)) if last else "", empty=NOTHING_FOUND,
    ))  # fmt: skip


@router.get("/audit/events/{gid}", openapi_extra=RIGHT)
def event(gid: int, visit: AuditDep) -> Response:
    """Exactly what was written, with where it stands in its chain and in the tree."""
    with visit.looking() as session:
        row = audit_search.event(session, gid, by=visit.by)
        whose = audit_search.accounts_of(session, [row]).get(gid)
    told = json.loads(row.body)
    return page(
        visit.request, "audit_event.html", row=row, label=label_of(row.type), actor=told.get("actor", {}),
        prev=told.get("prev", ""), body=json.dumps(told, ensure_ascii=False, indent=1), nobody=NOBODY,
        account=_account(visit, whose),
    )  # fmt: skip


def _coded(visit: Here, typed: str) -> str:
    """What was typed; where it is the page's word for nobody or for no hazard, what the history calls it."""
    codes = {visit.say(words): code for code, words in NOBODY.items()} | {visit.say(OFFICE_WORDS): OFFICE}
    return codes.get(typed.strip(), typed.strip())


def day_of(text: str) -> date | None:
    try:
        return date.fromisoformat(text) if text else None
    except ValueError:
        return None


def _position(moment: datetime, gid: str) -> audit_search.Position:
    return audit_search.Position(moment, int(gid))


def _kinds(visit: Here) -> list[tuple[str, str]]:
    """Every kind of event, sorted by its name in this language."""
    known = {kind: visit.say(label_of(kind)) for kind in (*audit_search.DECISIONS, *EVENTS, *OFFICE_EVENTS)}
    return sorted(known.items(), key=lambda one: one[1])


def _who(row: object) -> Cell:
    name, actor = getattr(row, "name", None), getattr(row, "actor", "")
    return Cell(name) if name else word(NOBODY.get(actor, actor))


def _account(visit: Here, name: str | None) -> str:
    return visit.say("%(name)s的账号", name=name) if name else ""


def _where(row: object) -> Cell:
    """The hazard, at this very event of its timeline."""
    no, stream, seq = getattr(row, "no", None), getattr(row, "stream", ""), getattr(row, "seq", 0)
    if no:
        return link(f"/hazards/{quote(no)}#event-{seq}", no)
    return word(OFFICE_WORDS) if stream == OFFICE else Cell("—")
