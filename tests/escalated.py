"""Late hazards: their clocks let run, their levels fired and carried out, and what came of it."""

from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from threading import Barrier
from typing import Any

from sqlalchemy import select
from sqlmodel import Session

from flows import effects
from models.hazard import Hazard
from models.ladder import rungs
from models.stage import Clock, Step
from models.tables import DEADLINE, ESCALATION, NOTICE
from services import escalations, policies

LATE_AT = {"unit": Step.WORK, "department": Step.RECHECK, "committee": Step.GATE}
"""By party, a step whose clock is that party's."""


def race(*requests: Callable[[], Any]) -> list[Any]:
    start = Barrier(len(requests))
    with ThreadPoolExecutor(len(requests)) as pool:
        running = [pool.submit(lambda request=request: (start.wait(30), request())[1]) for request in requests]
        return [one.result(60) for one in running]


def sweep(session: Session, hazard: Hazard, at: datetime) -> list[tuple[str, str]]:
    live = [row.id for row in live_deadlines(session, hazard)]
    return [fired for deadline in live for fired in escalations.fire_due_rungs(session, deadline, at=at)]


def fire_level(session: Session, hazard: Hazard, level: int) -> list[tuple[str, str]]:
    """Let the clock of the hazard's step reach a level, the lower ones missed."""
    deadline = next(row for row in live_deadlines(session, hazard) if row.due_at == hazard.due_at)
    return escalations.fire_due_rungs(session, deadline.id, at=rungs_of(session, deadline)[level].at)


def carry_out(session: Session, messages: Iterable[tuple[str, str]]) -> None:
    session.commit()
    for _, message in messages:
        effects.carry_out("tell_escalation", message)


def told_by(session: Session, topic: str) -> set[str]:
    return set(session.execute(select(NOTICE.c.person_id).where(NOTICE.c.topic == topic)).scalars())


def fired_levels(session: Session, hazard: Hazard, clock: Clock | None = None) -> Sequence[Any]:
    """The escalations of a hazard by level, of one clock or of all."""
    rows = select(ESCALATION).join(DEADLINE, DEADLINE.c.id == ESCALATION.c.deadline_id)
    of_hazard = rows.where(ESCALATION.c.hazard_id == hazard.id).order_by(ESCALATION.c.level)
    return session.execute(of_hazard.where(DEADLINE.c.clock == clock) if clock else of_hazard).all()


def live_deadlines(session: Session, hazard: Hazard) -> Sequence[Any]:
    return session.execute(
        select(DEADLINE).where(DEADLINE.c.hazard_id == hazard.id, DEADLINE.c.closed_at.is_(None))
    ).all()


def deadline_of(session: Session, hazard: Hazard, clock: Clock) -> Any:
    return session.execute(select(DEADLINE).where(DEADLINE.c.hazard_id == hazard.id, DEADLINE.c.clock == clock)).one()


def deadline_ids(session: Session, hazard: Hazard, clock: Clock | None = None) -> list[str]:
    of_hazard = select(DEADLINE.c.id).where(DEADLINE.c.hazard_id == hazard.id)
    return list(session.execute(of_hazard.where(DEADLINE.c.clock == clock) if clock else of_hazard).scalars())


def rungs_by_clock(session: Session, hazard: Hazard, clock: Clock) -> list[Any]:
    return rungs_of(session, deadline_of(session, hazard, clock))


def rungs_of(session: Session, deadline: Any) -> list[Any]:
    ladder, calendar = (
        policies.ladder(session, deadline.ladder_version),
        policies.calendar(session, deadline.calendar_version),
    )
    return rungs(deadline.start_at, deadline.due_at, ladder.of(deadline.clock, deadline.against), calendar)
