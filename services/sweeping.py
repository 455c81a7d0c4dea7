"""One sweep 巡查: everything of the ladder that is due, each deadline in a transaction of its own; and when it was last
done. Killed anywhere, the next sweep does the rest."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlmodel import Session

from models.once import insert_or
from models.tables import HEARTBEAT
from services import escalations

SWEEP = "sweep"
SILENT_AFTER = timedelta(minutes=5)
"""A last sweep older than this is a finding of /readyz."""
FALLBACK_AFTER = timedelta(minutes=10)
"""A last sweep older than this makes the API process sweep."""
Transaction = Callable[[], AbstractContextManager[Session]]
_BEAT = insert_or(HEARTBEAT, ("name",), "beaten_at = excluded.beaten_at, by = excluded.by", returning="name")


def sweep(transaction: Transaction, *, at: datetime, most: int = 100) -> list[tuple[str, str]]:
    """Fire what is due and tell again what nobody heeds; (hazard number, message) of each."""
    told: list[tuple[str, str]] = []
    with transaction() as session:
        due, repeats = escalations.due_deadlines(session, at=at, limit=most), escalations.due_repeats(session, at=at)
    for deadline_id in due:
        with transaction() as session:
            told += escalations.fire_due_rungs(session, deadline_id, at=at)
    for escalation_id in repeats:
        with transaction() as session:
            if again := escalations.tell_again(session, escalation_id, at=at):
                told.append(again)
    return told


def sweep_all(transaction: Transaction, *, at: datetime) -> list[tuple[str, str]]:
    """Sweep until nothing is due."""
    told: list[tuple[str, str]] = []
    while True:
        with transaction() as session:
            left = [
                *escalations.due_deadlines(session, at=at, limit=1),
                *escalations.due_repeats(session, at=at, limit=1),
            ]
        if not left:
            return told
        told += sweep(transaction, at=at)


def beat(session: Session, *, by: str, at: datetime) -> None:
    """A sweep was done to the end."""
    session.execute(_BEAT, {"name": SWEEP, "beaten_at": at, "by": by})


def last_beat(session: Session) -> datetime | None:
    """When a sweep was last done to the end, by whichever process."""
    return session.execute(select(HEARTBEAT.c.beaten_at).where(HEARTBEAT.c.name == SWEEP)).scalar_one_or_none()


def silent_for(session: Session, *, at: datetime) -> timedelta | None:
    """How long nothing has swept; None when nothing ever did."""
    last = last_beat(session)
    return None if last is None else at - last
