"""启封记录: who asked for a reporter's identity, who approved, how often it was read; never whose it is."""

from collections.abc import Mapping
from typing import Any

from fastapi import APIRouter
from starlette.responses import Response

from models.vault import UnsealingGround
from services import vault_openings
from services.findings import Position
from services.keyset import position
from web.auditor import RIGHT
from web.desk import Here
from web.listing import Cell, Listing, link, show, tag, when, word
from web.paging import next_page
from web.proving import AuditDep

router = APIRouter()
PAGE = 50
COLUMNS = ("申请时间", "隐患", "申请人", "事由", "批准人", "查阅次数")
GROUNDS = {ground.value: ground.label for ground in UnsealingGround}
LEAD = "何人何时申请、批准、查阅了举报人身份。本页不显示身份。"
NOTHING_ASKED = "没有启封申请。"
LINKS = (
    ("/audit/history?kind=UNSEALED_READ", "每次查阅启封内容"),
    ("/audit/history?kind=ORIGINAL_READ", "每次查阅举报原文"),
    ("/audit/history?kind=IDENTITY_ERASED", "身份已删除"),
)


@router.get("/audit/unsealings", openapi_extra=RIGHT)
def openings(visit: AuditDep, cursor: str = "") -> Response:
    place = position(cursor, Position)
    with visit.looking() as session:
        rows = vault_openings.openings(session, by=visit.by, after=place, limit=PAGE + 1)
        times = vault_openings.readings(session, rows[:PAGE])
    last = rows[PAGE - 1] if len(rows) > PAGE else None
    return show(visit, Listing(
        title="启封记录", lead=LEAD, columns=COLUMNS,
        rows=[_line(visit, row, times) for row in rows[:PAGE]], back="/audit", links=LINKS, empty=NOTHING_ASKED,
        more=next_page(visit.request, last.requested_at, last.id) if last else "",
    ))  # fmt: skip


def _line(visit: Here, row: Any, times: Mapping[str, int]) -> tuple[Cell, ...]:
    approved = Cell(row.approver, f"{row.approver_unit} {when(row.approved_at).text}") if row.approver else None
    read = visit.say("%(n)s 次", n=times.get(row.id, 0)) if approved else "—"
    until = visit.say("可查阅至 %(at)s", at=when(row.readable_until).text) if approved else ""
    return (
        when(row.requested_at), link(f"/hazards/{row.no}", row.no), Cell(row.asker, row.unit),
        word(GROUNDS.get(row.ground) or row.ground), approved or tag("blue", "未批准"), Cell(read, until),
    )  # fmt: skip
