"""台账: the ledger with its filters, newest first, page by page, and on paper."""

from typing import Annotated

from fastapi import APIRouter, Query
from sqlalchemy import select
from sqlmodel import col
from starlette.responses import Response

from models import Unit
from models.errors import NotPermitted
from models.hazard import Channel
from models.organization import UnitKind
from models.permissions import Operation
from models.process import STEPS
from models.stage import Stage, Step
from services import access, policies, register
from web import moments
from web.desk import HereDep
from web.paging import next_page, position
from web.rendering import page
from web.values import CHANNELS, GRADES, LISTINGS

router = APIRouter()
PAGE = 50


@router.get("/hazards", openapi_extra={"x-operation": Operation.LIST_HAZARDS})
def show(
    visit: HereDep, text: Annotated[str, Query(max_length=100)] = "", stage: str = "", channel: str = "", unit: str = "",
    overdue: str = "", cursor: str = "",
) -> Response:  # fmt: skip
    access.require(visit.by, Operation.LIST_HAZARDS)
    if channel and visit.by.enterprise_id:
        raise NotPermitted("企业用户不能按来源渠道查询。", rule="举报来源保密", remedy="请去掉来源渠道后查询。")
    asked = {"text": text.strip(), "stage": stage if stage in set(Stage) else "", "unit": unit, "overdue": overdue,
             "channel": channel if channel in set(Channel) else ""}  # fmt: skip
    filters = register.Filters(
        stage=asked["stage"] or None, channel=asked["channel"] or None, lead_unit=unit or None,
        overdue_at=visit.at if overdue else None, text=asked["text"] or None,
    )  # fmt: skip
    with visit.looking() as session:
        place = position(cursor, register.Position)
        rows = register.ledger(session, filters, by=visit.by, after=place, limit=PAGE + 1)
        calendar = policies.calendar(session, policies.newest(session).calendar)
        units = session.execute(
            select(col(Unit.id), col(Unit.code), col(Unit.name), col(Unit.kind)).order_by(col(Unit.code))
        ).all()
    lines = [
        (row, STEPS[Step(row.step)], None if row.closed_at or row.due_at is None
         else moments.light(row.due_at, now=visit.at, calendar=calendar, say=visit.say))
        for row in rows[:PAGE]
    ]  # fmt: skip
    last = rows[PAGE - 1] if len(rows) > PAGE else None
    return page(
        visit.request, "ledger.html", lines=lines, more=next_page(visit.request, last.reported_at, last.id) if last else "",
        asked=asked, stages=list(Stage), channels=CHANNELS, grades=GRADES, listings=LISTINGS, names={one.id: one.name for one in units},
        units=[one for one in units if one.kind in {UnitKind.DEPARTMENT, UnitKind.VILLAGE}], at=visit.at,
    )  # fmt: skip
