"""Accident freeze 事故冻结: the ladder sleeps and no date moves until a leader lifts it, which waits in the leaders' inbox.

Clocks of interim control never sleep, nor does the one that reminds the leaders.
"""

from datetime import datetime

from sqlalchemy import bindparam, case, select, update
from sqlmodel import Session

from models.actor import Actor
from models.decisions import DecisionCode
from models.hazard import Hazard
from models.permissions import Role
from models.stage import Clock
from models.tables import DEADLINE
from services import clocks, duties, ladder_times

_LEADERS = duties.Bearer(Role.TL)
_ASLEEP = (
    DEADLINE.c.hazard_id == bindparam("of_hazard"), DEADLINE.c.closed_at.is_(None),
    DEADLINE.c.clock.not_in(ladder_times.AWAKE),
)  # fmt: skip
_SLEEP = (
    update(DEADLINE)
    .where(*_ASLEEP)
    .values(next_rung_at=case((DEADLINE.c.next_rung_at < bindparam("at"), DEADLINE.c.next_rung_at), else_=None))
)
"""A level that fell due before and that no sweep has recorded yet stays to be recorded."""


def hold(session: Session, hazard: Hazard, *, origin: str, at: datetime) -> None:
    """The ladder sleeps from now; the leaders, who alone may lift the freeze, are asked to look at it."""
    session.execute(_SLEEP, {"of_hazard": hazard.id, "at": at})
    duties.open_duty(
        session, hazard, Clock.FREEZE_REVIEW, DecisionCode.UNFREEZE, _LEADERS, origin=origin, at=at, subject=origin
    )


def resume(session: Session, hazard: Hazard, *, by: Actor, at: datetime) -> None:
    """Every ladder waits for its next level again, by the dates it had; what fell due meanwhile is due now."""
    waiting = clocks.live_of(session, hazard.id, Clock.FREEZE_REVIEW)
    if waiting is not None:
        duties.close_duty(
            session, hazard.id, Clock.FREEZE_REVIEW, DecisionCode.UNFREEZE, by=by, at=at, subject=waiting.subject
        )
    sleeping = select(DEADLINE).where(*_ASLEEP, DEADLINE.c.next_level.is_not(None))
    for deadline in session.execute(sleeping, {"of_hazard": hazard.id}).all():
        rungs = ladder_times.times(session, deadline)
        waits = ladder_times.waiting_for(next(rung for rung in rungs if rung.level == deadline.next_level))
        session.execute(update(DEADLINE).where(DEADLINE.c.id == deadline.id).values(**waits))
