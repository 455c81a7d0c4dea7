"""本企业: what an enterprise's people have to do now, until when, what it takes, and what is still missing."""

from collections.abc import Sequence
from typing import Any, NamedTuple

from fastapi import APIRouter
from sqlmodel import Session
from starlette.responses import Response

from models.calendar import WorkCalendar
from models.decisions import DecisionCode
from models.errors import NotPermitted
from models.hazard import Hazard
from models.permissions import Operation
from models.process import STEPS, Move
from models.stage import Step
from services import access, missing, open_decisions, policies, register
from web import moments
from web.desk import Here, HereDep
from web.rendering import page
from web.tasks import Task, tasks
from web.values import OWNERS

router = APIRouter()
_MOST = 100


class Own(NamedTuple):
    """One hazard of the enterprise."""

    hazard: Hazard
    info: Any
    owner: str
    light: moments.Light | None
    now: Sequence[Task]
    also: Sequence[Task]


@router.get("/enterprise", openapi_extra={"x-operation": Operation.LIST_HAZARDS})
def show(visit: HereDep) -> Response:
    access.require(visit.by, Operation.LIST_HAZARDS)
    if not visit.by.enterprise_id:
        raise NotPermitted("这一页只给企业的人员。", rule="企业只看到本企业的隐患", remedy="请从待办或台账中查看。")
    with visit.looking() as session:
        rows = register.ledger(session, register.Filters(), by=visit.by, after=None, limit=_MOST + 1)
        running = [row.id for row in rows[:_MOST] if not STEPS[Step(row.step)].is_end]
        unfinished = _own(session, visit, access.hazards_for(session, running, Operation.LIST_HAZARDS, by=visit.by))
    ended = [(row, STEPS[Step(row.step)].label) for row in rows[:_MOST] if STEPS[Step(row.step)].is_end]
    unfinished.sort(key=lambda one: (not one.now, one.hazard.due_at is None, one.hazard.due_at or visit.at))
    return page(
        visit.request, "enterprise.html", unfinished=unfinished, ended=ended, more=len(rows) > _MOST,
        may_report=visit.by.grant_for(Operation.SELF_REPORT) is not None,
    )  # fmt: skip


def _own(session: Session, visit: Here, hazards: Sequence[Hazard]) -> list[Own]:
    open_moves = open_decisions.open_to_each(session, hazards, by=visit.by)
    late = missing.past_limit(session, hazards, at=visit.at)
    calendars = {version: policies.calendar(session, version) for version in {one.calendar_version for one in hazards}}
    return [
        _one(visit, hazard, open_moves[hazard.id], calendars[hazard.calendar_version], is_late=hazard.id in late)
        for hazard in hazards
    ]


def _one(visit: Here, hazard: Hazard, open_moves: Sequence[Move], calendar: WorkCalendar, *, is_late: bool) -> Own:
    info = STEPS[Step(hazard.step)]
    moves = [move for move in open_moves if _concerns(hazard, move)]
    light = moments.light(hazard.due_at, now=visit.at, calendar=calendar, say=visit.say) if hazard.due_at else None
    onward = [move for move in moves if not move.is_duty and not move.request]
    beside = [move for move in moves if move not in onward]
    return Own(
        hazard,
        info,
        OWNERS[info.owner],
        light,
        tasks(hazard, onward, is_late=is_late),
        tasks(hazard, beside, is_late=is_late),
    )


def _concerns(hazard: Hazard, move: Move) -> bool:
    return move.decision != DecisionCode.WITHDRAW and missing.is_due_turn(hazard, move.decision)
