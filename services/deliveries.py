"""The delivery ledger 通知送达, read across hazards: what became of each notice."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import null, select, tuple_
from sqlmodel import Session, col

from models import NoticeChannel, Person
from models.actor import Actor
from models.permissions import Operation
from models.tables import HAZARD, NOTICE
from services import access

_RIGHT = Operation.VIEW_DELIVERIES


class Position(NamedTuple):
    created_at: datetime
    id: str


def ledger(session: Session, *, by: Actor, state: str, after: Position | None, limit: int) -> Sequence[Any]:
    """A page of notices, the newest first, of the hazards this actor reaches; who reaches all sees those of no hazard, too.

    Whoever has the redacted view is not told which hazard it is.
    Raises: NotPermitted.
    """
    access.require(by, _RIGHT)
    grant = by.grant_for(_RIGHT)
    told = grant is not None and not grant.redacted
    statement = (
        select(
            NOTICE.c.id, NOTICE.c.topic, NOTICE.c.channel_id, NOTICE.c.state, NOTICE.c.attempts, NOTICE.c.last_error,
            NOTICE.c.created_at, NOTICE.c.settled_at, NOTICE.c.due_at, (HAZARD.c.no if told else null()).label("no"), col(Person.name).label("name"),  # pyright: ignore[reportAttributeAccessIssue]
            col(NoticeChannel.name).label("channel"),  # pyright: ignore[reportAttributeAccessIssue]
        )
        .join(Person, col(Person.id) == NOTICE.c.person_id)
        .outerjoin(HAZARD, HAZARD.c.id == NOTICE.c.hazard_id)
        .outerjoin(NoticeChannel, col(NoticeChannel.id) == NOTICE.c.channel_id)
        .where(access.reached(by, _RIGHT))
        .order_by(NOTICE.c.created_at.desc(), NOTICE.c.id.desc())
    )  # fmt: skip
    if state:
        statement = statement.where(NOTICE.c.state == state)
    if after is not None:
        statement = statement.where(tuple_(NOTICE.c.created_at, NOTICE.c.id) < after)
    return session.execute(statement.limit(limit)).all()
