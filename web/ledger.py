"""台账: the ledger with its filters, newest first, page by page, on paper, and as a workbook."""

from pathlib import Path
from shutil import rmtree
from tempfile import mkdtemp
from typing import Any

from fastapi import APIRouter
from sqlalchemy import select
from sqlmodel import Session, col
from starlette.background import BackgroundTask
from starlette.responses import FileResponse, Response

from models import Unit
from models.limits import ZONE
from models.organization import UnitKind
from models.permissions import Operation
from models.process import STEPS
from models.stage import Stage, Step
from services import access, ledger_export, policies, register, saved_filters, subscriptions
from services.keyset import position
from web import moments
from web.desk import Here, HereDep
from web.filters import WATCHES, AskedDep
from web.paging import next_page
from web.rendering import page
from web.values import CHANNELS, GRADES, LISTINGS

router = APIRouter()
PAGE = 40
_LEADING = frozenset({UnitKind.DEPARTMENT, UnitKind.VILLAGE, UnitKind.COMMITTEE})
_XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


@router.get("/hazards", openapi_extra={"x-operation": Operation.LIST_HAZARDS})
def show(visit: HereDep, asked: AskedDep, cursor: str = "") -> Response:
    access.require(visit.by, Operation.LIST_HAZARDS)
    with visit.looking() as session:
        place = position(cursor, register.Position)
        rows = register.ledger(session, asked.filters(session, at=visit.at), by=visit.by, after=place, limit=PAGE + 1)
        lines = _lines(visit, session, rows[:PAGE])
        kept = saved_filters.kept_for(session, by=visit.by)
        subscribed = subscriptions.subscribed_to(session, by=visit.by)
        units = session.execute(
            select(col(Unit.id), col(Unit.code), col(Unit.name), col(Unit.kind)).order_by(col(Unit.code))
        ).all()
    last = rows[PAGE - 1] if len(rows) > PAGE else None
    return page(
        visit.request, "ledger.html", lines=lines, more=next_page(visit.request, last.reported_at, last.id) if last else "",
        asked=asked, stages=list(Stage), channels=CHANNELS, grades=GRADES, listings=LISTINGS, watches=WATCHES, kept=kept, subscribed=subscribed,
        names={one.id: one.name for one in units}, units=[one for one in units if one.kind in _LEADING], at=visit.at,
        own_units=[one for one in units if one.id in visit.by.unit_ids], unassigned=register.UNASSIGNED,
        may_export=visit.by.grant_for(Operation.EXPORT_LEDGER) is not None,
    )  # fmt: skip


def _lines(visit: Here, session: Session, rows: Any) -> list[tuple[Any, Any, moments.Light | None]]:
    calendar = policies.calendar(session, policies.newest(session).calendar)
    return [
        (row, STEPS[Step(row.step)], None if row.closed_at or row.due_at is None
         else moments.light(row.due_at, now=visit.at, calendar=calendar, say=visit.say))
        for row in rows
    ]  # fmt: skip


@router.get("/hazards/export", openapi_extra={"x-operation": Operation.EXPORT_LEDGER})
def export(visit: HereDep, asked: AskedDep) -> Response:
    """Everything the same filters list, as a workbook; the file is gone once it is sent."""
    folder = Path(mkdtemp(prefix="hazardflow-export-"))
    try:
        with visit.looking() as session:
            filters = asked.filters(session, at=visit.at)
            ledger_export.write_ledger(session, filters, folder / "ledger.xlsx", by=visit.by, at=visit.at)
    except BaseException:
        rmtree(folder)
        raise
    name = f"隐患台账-{visit.at.astimezone(ZONE):%Y%m%d-%H%M}.xlsx"
    done = BackgroundTask(rmtree, folder)
    return FileResponse(folder / "ledger.xlsx", media_type=_XLSX, filename=name, background=done)
