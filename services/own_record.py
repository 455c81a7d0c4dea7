"""What a person has dealt with (已办) and what was copied to them (抄送), as far as they may still open it."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import select, tuple_
from sqlmodel import Session, col

from models import Person
from models.actor import Actor
from models.tables import DECISION, HAZARD, HAZARD_COPY
from services import access

_STANDING = (HAZARD.c.no, HAZARD.c.place, HAZARD.c.sector, HAZARD.c.step, HAZARD.c.due_at, HAZARD.c.closed_at)


class Position(NamedTuple):
    at: datetime
    id: str


def decided(session: Session, *, by: Actor, after: Position | None, limit: int) -> Sequence[Any]:
    """A page of this person's own decisions, the newest first, each with where its hazard stands now."""
    statement = (
        select(DECISION.c.id, DECISION.c.code, DECISION.c.seq, DECISION.c.decided_at, *_STANDING)
        .join(HAZARD, HAZARD.c.id == DECISION.c.hazard_id)
        .where(DECISION.c.person_id == by.person_id, access.visible(by))
        .order_by(DECISION.c.decided_at.desc(), DECISION.c.id.desc())
    )
    if after:
        statement = statement.where(tuple_(DECISION.c.decided_at, DECISION.c.id) < after)
    return session.execute(statement.limit(limit)).all()


def copied(session: Session, *, by: Actor, after: Position | None, limit: int) -> Sequence[Any]:
    """A page of the hazards copied to this person and not taken back, the newest copy first."""
    statement = (
        select(HAZARD_COPY.c.id, HAZARD_COPY.c.words, HAZARD_COPY.c.copied_at, col(Person.name).label("sender"), *_STANDING)
        .join(HAZARD, HAZARD.c.id == HAZARD_COPY.c.hazard_id)
        .join(Person, col(Person.id) == HAZARD_COPY.c.copied_by)
        .where(HAZARD_COPY.c.person_id == by.person_id, HAZARD_COPY.c.revoked_at.is_(None))
        .order_by(HAZARD_COPY.c.copied_at.desc(), HAZARD_COPY.c.id.desc())
    )  # fmt: skip
    if after:
        statement = statement.where(tuple_(HAZARD_COPY.c.copied_at, HAZARD_COPY.c.id) < after)
    return session.execute(statement.limit(limit)).all()
