"""职责分离记录: who signed which part of a chain beside whom, and who asked and who decided."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from fastapi import APIRouter
from starlette.responses import Response

from models.requests import RequestKind
from services import four_eyes_record
from services.findings import Position
from services.four_eyes_record import Signed
from services.keyset import position
from web.auditor import RIGHT
from web.desk import Here
from web.listing import Cell, Listing, link, show, tag, when, word
from web.paging import next_page
from web.proving import AuditDep

router = APIRouter()
PAGE = 50
COLUMNS = ("最近签署", "隐患", "职责链", "各环节的签署人")
REQUEST_COLUMNS = ("申请时间", "隐患", "申请事项", "申请人", "决定人", "结果")
CHAINS = {"classification": "认定", "plan": "整改方案", "close_out": "完成、复查和销号"}
PARTS = {
    "propose": "提出认定意见", "confirm": "确认认定意见", "approve": "批准", "submit": "报送方案", "complete": "报告整改完成",
    "recheck": "现场复查", "review": "复查验收", "close": "销号审核", "ask": "提出申请",
}  # fmt: skip
OUTCOMES = {"GRANTED": ("green", "同意"), "DENIED": ("red", "不同意"), "LAPSED": ("grey", "失效")}
VIEWS = (("/audit/four-eyes", "职责链"), ("/audit/four-eyes/requests", "申请和批复"))
REQUEST_LEAD = "申请由一人提出，由另一人决定。"
LEAD = "同一轮整改的同一条职责链，每个人、每个受约束的单位只能签署一个环节。"


@router.get("/audit/four-eyes", openapi_extra=RIGHT)
def chains(visit: AuditDep, cursor: str = "") -> Response:
    place = position(cursor, _position)
    with visit.looking() as session:
        rows = four_eyes_record.chains(session, by=visit.by, after=place, limit=PAGE + 1)
        signed = four_eyes_record.parts(session, rows[:PAGE])
    last = rows[PAGE - 1] if len(rows) > PAGE else None
    lines = [
        (when(row.signed_at), link(f"/hazards/{row.no}", row.no, row.place), _chain(visit, row),
         Cell(_signers(visit, signed[row.hazard_id, row.cycle, row.chain])))
        for row in rows[:PAGE]
    ]  # fmt: skip
    more = next_page(visit.request, last.signed_at, "/".join(map(str, last[1:5]))) if last else ""
    return show(visit, Listing(
        title="职责分离记录", lead=LEAD, views=_views(0), columns=COLUMNS, rows=lines, back="/audit", more=more,
    ))  # fmt: skip


@router.get("/audit/four-eyes/requests", openapi_extra=RIGHT)
def requests(visit: AuditDep, cursor: str = "") -> Response:
    place = position(cursor, Position)
    with visit.looking() as session:
        rows = four_eyes_record.requests(session, by=visit.by, after=place, limit=PAGE + 1)
    last = rows[PAGE - 1] if len(rows) > PAGE else None
    lines = [
        (when(row.asked_at), link(f"/hazards/{row.no}", row.no, row.place), word(RequestKind(row.kind).ask.label),
         Cell(row.asker or "—"), Cell(row.decider or "—", when(row.decided_at).text if row.decided_at else ""),
         tag(*OUTCOMES.get(row.outcome, ("blue", "等待决定"))))
        for row in rows[:PAGE]
    ]  # fmt: skip
    return show(visit, Listing(
        title="职责分离记录", lead=REQUEST_LEAD, views=_views(1), columns=REQUEST_COLUMNS, rows=lines, back="/audit",
        more=next_page(visit.request, last.asked_at, last.id) if last else "",
    ))  # fmt: skip


def _position(moment: datetime, rest: str) -> Signed:
    hazard_id, cycle, chain, signer = rest.split("/")
    return Signed(moment, hazard_id, int(cycle), chain, signer)


def _views(shown: int) -> list[tuple[str, str, bool]]:
    return [(path, words, number == shown) for number, (path, words) in enumerate(VIEWS)]


def _chain(visit: Here, row: Any) -> Cell:
    words = CHAINS.get(row.chain, "申请和批复" if row.chain.startswith("request:") else row.chain)
    return word(words, visit.say("第%(n)s轮整改", n=row.cycle) if row.cycle > 1 else "")


def _signers(visit: Here, parts: Mapping[str, Sequence[str]]) -> str:
    told = [f"{visit.say(PARTS.get(part) or part)}：{'、'.join(names)}" for part, names in parts.items()]
    return visit.say("；").join(told)
