"""督办: the supervision board: what is late or needs watching, by lead unit, each number leading to its list."""

from fastapi import APIRouter
from sqlmodel import Session
from starlette.responses import Response

from models.incident import IncidentKind
from models.permissions import Operation
from models.process import STEPS
from models.stage import Step
from services import access, incidents, policies, supervision
from services.ledger_filters import Asked
from services.watches import Watch
from web import moments
from web.desk import Here, HereDep
from web.filters import WATCHES
from web.rendering import page

router = APIRouter()
_INCIDENTS = 20


@router.get("/supervision", openapi_extra={"x-operation": Operation.STATISTICS})
def show(visit: HereDep) -> Response:
    access.require(visit.by, Operation.STATISTICS)
    may_read = visit.by.grant_for(Operation.READ_INCIDENTS) is not None
    with visit.looking() as session:
        board = supervision.board(session, by=visit.by, at=visit.at)
        worst = _worst(visit, session, board)
        wrong = incidents.listed(session, settled=False, limit=_INCIDENTS) if may_read else ()
        wrong_count = incidents.open_count(session) if may_read else 0
    return page(
        visit.request, "supervision.html", board=board, watches=WATCHES, worst=worst, at=visit.at, list_of=list_of,
        may_instruct=visit.by.grant_for(Operation.INSTRUCT) is not None,
        may_read=may_read, incidents=wrong, incident_count=wrong_count, incident_kind=IncidentKind,
    )  # fmt: skip


def list_of(what: Watch, unit: str = "") -> str:
    """The address of the list a number counts."""
    return f"/hazards?{Asked(watch=what, unit=unit).query}"


def _worst(visit: Here, session: Session, board: supervision.Board) -> list[tuple[object, str, moments.Light]]:
    calendar = policies.calendar(session, policies.newest(session).calendar)
    return [
        (row, STEPS[Step(row.step)].label, moments.light(row.due_at, now=visit.at, calendar=calendar, say=visit.say))
        for row in board.worst
    ]
