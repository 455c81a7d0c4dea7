"""A new calendar and the deadlines that run: what it would move, and moving one hazard's on two persons' word.

By itself a new calendar moves nothing.
"""

from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import select, update
from sqlmodel import Session

from models.errors import GateNotMet
from models.hazard import Hazard
from models.stage import Clock, Step
from models.steps import STEPS
from models.tables import DEADLINE, HAZARD, WORK_ITEM
from services import clocks, policies


class Proposal(NamedTuple):
    """A running deadline, and when it would be due by the newest calendar."""

    hazard_no: str
    deadline_id: str
    clock: Clock
    due_at: datetime
    would_be_due_at: datetime
    reason: str
    """How the new date comes about."""


def proposals(session: Session, *, hazard_id: str = "") -> list[Proposal]:
    """Every running deadline that the newest calendar would move; nothing is moved by asking."""
    version = policies.newest(session).calendar
    calendar = policies.calendar(session, version)
    older = (DEADLINE.c.closed_at.is_(None), DEADLINE.c.calendar_version < version)
    rows = select(DEADLINE, HAZARD.c.no).join(HAZARD, HAZARD.c.id == DEADLINE.c.hazard_id).where(*older)
    if hazard_id:
        rows = rows.where(DEADLINE.c.hazard_id == hazard_id)
    found = []
    for row in session.execute(rows.order_by(DEADLINE.c.due_at, DEADLINE.c.id)):
        new = clocks.recomputed(dict(row._mapping), calendar)
        if new.due_at != row.due_at:
            found.append(Proposal(row.no, row.id, Clock(row.clock), row.due_at, new.due_at, new.reason))
    return found


def check(session: Session, hazard: Hazard, _form: Any, _at: datetime) -> None:
    """Raises: GateNotMet when the newest calendar moves no deadline of this hazard."""
    if not proposals(session, hazard_id=hazard.id):
        raise GateNotMet(
            "没有因工作日历修订而变动的期限。",
            rule="日历修订不自动改变已有期限，须逐件申请、另一人同意",
            remedy="无须办理。",
        )


def move(session: Session, hazard: Hazard, *, at: datetime) -> dict[str, Any]:
    """Each deadline the newest calendar moves is superseded by one under it; the hazard goes on under that calendar.

    The hazard's columns that follow. The caller has checked that a second person agreed.
    """
    version = policies.newest(session).calendar
    changes: dict[str, Any] = {"calendar_version": version}
    for proposal in proposals(session, hazard_id=hazard.id):
        old = session.execute(select(DEADLINE).where(DEADLINE.c.id == proposal.deadline_id)).one()
        row = clocks.superseding(session, old, at=at, calendar_version=version)
        _carry_along(session, hazard, old.due_at, row["due_at"])
        if hazard.due_at == old.due_at and STEPS[Step(hazard.step)].clock is not None:
            changes["due_at"] = row["due_at"]
    return changes


def _carry_along(session: Session, hazard: Hazard, old: datetime, new: datetime) -> None:
    """The inbox shows the dates that count."""
    mine = (WORK_ITEM.c.hazard_id == hazard.id, WORK_ITEM.c.closed_at.is_(None), WORK_ITEM.c.due_at == old)
    session.execute(update(WORK_ITEM).where(*mine).values(due_at=new))
