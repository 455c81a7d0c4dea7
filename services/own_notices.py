"""A person's own notices inside the system 站内通知: what they were told, newest first, and what they have not read."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, func, select, tuple_, update
from sqlmodel import Session

from models.actor import Actor
from models.outbox import INAPP
from models.tables import HAZARD, NOTICE

_MOST_COUNTED = 100


class Position(NamedTuple):
    created_at: datetime
    id: str


def listed(session: Session, *, by: Actor, after: Position | None, limit: int) -> Sequence[Any]:
    """Newest first, each with its hazard's number."""
    place = tuple_(NOTICE.c.created_at, NOTICE.c.id)
    told = select(NOTICE, HAZARD.c.no).outerjoin(HAZARD, HAZARD.c.id == NOTICE.c.hazard_id).where(*_own(by))
    statement = told.order_by(NOTICE.c.created_at.desc(), NOTICE.c.id.desc()).limit(limit)
    return session.execute(statement.where(place < after) if after else statement).all()


def unread(session: Session, *, by: Actor) -> int:
    """How many, counted no further than 100."""
    rows = select(NOTICE.c.id).where(*_own(by), NOTICE.c.read_at.is_(None)).limit(_MOST_COUNTED)
    return session.execute(select(func.count()).select_from(rows.subquery())).scalar_one()


def read_all(session: Session, *, by: Actor, at: datetime) -> None:
    """Everything told until this instant counts as read."""
    told = (*_own(by), NOTICE.c.read_at.is_(None), NOTICE.c.created_at <= at)
    session.execute(update(NOTICE).where(*told).values(read_at=at))


def _own(by: Actor) -> tuple[ColumnElement[bool], ...]:
    return (NOTICE.c.person_id == by.person_id, NOTICE.c.channel_id == INAPP)
