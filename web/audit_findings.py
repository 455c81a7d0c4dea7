"""What an auditor looks at first: downgrades, waivers, voided entries, and what was done late, by unit."""

import json
from typing import Any
from urllib.parse import urlencode

from fastapi import APIRouter
from starlette.responses import Response

from models.decisions import DecisionCode
from models.forms.review import Checklist
from models.permissions import Operation
from models.stage import Clock
from services import access, findings
from services.findings import Finding
from web.desk import Here, HereDep
from web.listing import Cell, Listing, link, show, when, word
from web.paging import next_page, position
from web.rendering import page

router = APIRouter()
RIGHT = {"x-operation": Operation.STATISTICS}
PAGE = 50
TITLES = {Finding.DOWNGRADES: "降级和不予受理", Finding.WAIVERS: "免除清单项目", Finding.VOIDS: "作废误录"}
COLUMNS = ("时间", "隐患", "决定", "人员", "理由")
LATE_COLUMNS = ("单位", "已计时限", "逾期次数", "仍未办结")
LIMIT_COLUMNS = ("隐患", "时限", "限期", "办结时间")
AGAINST = {"unit": "整改责任单位", "department": "部门", "committee": "镇安委办", "approver": "审批人"}
HOME = (
    ("/audit/history", "检索历史", "跨隐患、跨人员检索全部办理历史。", Operation.SEARCH_TRAIL),
    ("/audit/downgrades", "降级和不予受理", "批准降级、不属隐患和不予受理的决定。", Operation.STATISTICS),
    ("/audit/waivers", "免除清单项目", "销号审核清单中免除的项目和理由。", Operation.STATISTICS),
    ("/audit/voids", "作废误录", "作废的隐患记录和理由。", Operation.STATISTICS),
    ("/audit/late", "逾期办理", "各单位未按时限办理的次数。", Operation.STATISTICS),
    ("/audit/checkpoints", "检查点和校验", "签名检查点，全部历史的校验结果。", Operation.VERIFY_AUDIT),
)
_WORDS = ("reason", "comment", "opinion", "explanation", "basis", "clarification")


@router.get("/audit", openapi_extra=RIGHT)
def home(visit: HereDep) -> Response:
    access.require(visit.by, Operation.STATISTICS)
    rows = [row[:3] for row in HOME if visit.by.grant_for(row[3])]
    return page(visit.request, "rooms.html", heading="审计", rooms=(("", rows),))


@router.get("/audit/downgrades", openapi_extra=RIGHT)
def downgrades(visit: HereDep, cursor: str = "") -> Response:
    return _decisions(visit, Finding.DOWNGRADES, cursor)


@router.get("/audit/waivers", openapi_extra=RIGHT)
def waivers(visit: HereDep, cursor: str = "") -> Response:
    return _decisions(visit, Finding.WAIVERS, cursor)


@router.get("/audit/voids", openapi_extra=RIGHT)
def voids(visit: HereDep, cursor: str = "") -> Response:
    return _decisions(visit, Finding.VOIDS, cursor)


def _decisions(visit: Here, finding: Finding, cursor: str) -> Response:
    with visit.looking() as session:
        place = position(cursor, findings.Position)
        rows = findings.decisions(session, finding, by=visit.by, after=place, limit=PAGE + 1)
    last = rows[PAGE - 1] if len(rows) > PAGE else None
    lines = [
        (when(row.decided_at), link(f"/hazards/{row.no}", row.no, row.place), word(DecisionCode(row.code).label),
         Cell(row.name or "—", row.unit or ""), Cell(_reason(visit, finding, row.form)))
        for row in rows[:PAGE]
    ]  # fmt: skip
    return show(visit, Listing(
        title=TITLES[finding], columns=COLUMNS, rows=lines, back="/audit",
        more=next_page(visit.request, last.decided_at, last.id) if last else "",
    ))  # fmt: skip


def _reason(visit: Here, finding: Finding, form: str) -> str:
    if finding == Finding.WAIVERS:
        titles = {name: visit.say(info.title or name) for name, info in Checklist.model_fields.items()}
        return visit.say("；").join(f"{titles.get(name, name)}：{why}" for name, why in findings.waivers_of(form))
    told: dict[str, Any] = json.loads(form)
    return next((str(told[name]) for name in _WORDS if told.get(name)), "—")


@router.get("/audit/late", openapi_extra=RIGHT)
def late(visit: HereDep) -> Response:
    with visit.looking() as session:
        rows = findings.late_by_unit(session, by=visit.by, at=visit.at)
    lines = [
        (link(_of_unit(row), row.unit or visit.say(AGAINST.get(row.against, row.against)),
              AGAINST.get(row.against, row.against) if row.unit else "") if row.late else Cell(row.unit or visit.say(AGAINST.get(row.against, row.against))),
         Cell(str(row.counted)), Cell(str(row.late)), Cell(str(row.still)))
        for row in rows
    ]  # fmt: skip
    return show(visit, Listing(
        title="逾期办理", lead="已办结或已到期的时限中，超过限期才办结或至今未办结的。", columns=LATE_COLUMNS, rows=lines, back="/audit",
    ))  # fmt: skip


@router.get("/audit/late/limits", openapi_extra=RIGHT)
def late_limits(visit: HereDep, unit: str = "", against: str = "unit", cursor: str = "") -> Response:
    with visit.looking() as session:
        rows = findings.late_limits(
            session, unit=unit, against=against, by=visit.by, at=visit.at,
            after=position(cursor, findings.Position), limit=PAGE + 1,
        )  # fmt: skip
    last = rows[PAGE - 1] if len(rows) > PAGE else None
    lines = [
        (link(f"/hazards/{row.no}", row.no, row.place), word(Clock(row.clock).label), Cell(when(row.due_at).text, row.reason),
         when(row.closed_at))
        for row in rows[:PAGE]
    ]  # fmt: skip
    return show(visit, Listing(
        title="逾期的时限", columns=LIMIT_COLUMNS, rows=lines, back="/audit/late",
        more=next_page(visit.request, last.due_at, last.id) if last else "",
    ))  # fmt: skip


def _of_unit(row: Any) -> str:
    return f"/audit/late/limits?{urlencode({'unit': row.unit_id or '', 'against': row.against})}"
