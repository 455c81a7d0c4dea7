"""已办 and 抄送: what one has dealt with, what was copied to one, and where each stands now."""

from typing import Any

from fastapi import APIRouter
from starlette.responses import Response

from models.decisions import DecisionCode
from models.permissions import Operation
from models.process import STEPS
from models.stage import Step
from services import access, own_record
from services.keyset import position
from web.desk import HereDep
from web.listing import Cell, Listing, link, show, when, word
from web.paging import next_page

router = APIRouter()
RIGHT = {"x-operation": Operation.READ_HAZARD}
PAGE = 50
_VIEWS = (("/done", "已办"), ("/copies", "抄送"))


@router.get("/done", openapi_extra=RIGHT)
def done(visit: HereDep, cursor: str = "") -> Response:
    access.require(visit.by, Operation.READ_HAZARD)
    place = position(cursor, own_record.Position)
    with visit.looking() as session:
        rows = own_record.decided(session, by=visit.by, after=place, limit=PAGE + 1)
    last = rows[PAGE - 1] if len(rows) > PAGE else None
    return show(visit, Listing(
        title="已办事项", columns=("隐患", "办理事项", "办理时间", "现在到哪一步"), empty="还没有办理过。", views=_views("/done"),
        rows=[
            (link(f"/hazards/{row.no}#event-{row.seq}", row.place, f"{row.no} · {row.sector}"),
             word(DecisionCode(row.code).label), when(row.decided_at), _standing(row))
            for row in rows[:PAGE]
        ],
        more=next_page(visit.request, last.decided_at, last.id) if last else "",
    ))  # fmt: skip


@router.get("/copies", openapi_extra=RIGHT)
def copies(visit: HereDep, cursor: str = "") -> Response:
    access.require(visit.by, Operation.READ_HAZARD)
    place = position(cursor, own_record.Position)
    with visit.looking() as session:
        rows = own_record.copied(session, by=visit.by, after=place, limit=PAGE + 1)
    last = rows[PAGE - 1] if len(rows) > PAGE else None
    return show(visit, Listing(
        title="抄送给我的", columns=("隐患", "附言", "抄送人", "现在到哪一步"), empty="没有抄送给您的隐患。", views=_views("/copies"),
        rows=[
            (link(f"/hazards/{row.no}", row.place, f"{row.no} · {row.sector}"), Cell(row.words or "—"),
             Cell(row.sender, when(row.copied_at).text), _standing(row))
            for row in rows[:PAGE]
        ],
        more=next_page(visit.request, last.copied_at, last.id) if last else "",
    ))  # fmt: skip


def _standing(row: Any) -> Cell:
    ended = when(row.closed_at).text if row.closed_at else ""
    return word(STEPS[Step(row.step)].label, ended)


def _views(here: str) -> list[tuple[str, str, bool]]:
    return [(path, label, path == here) for path, label in _VIEWS]
