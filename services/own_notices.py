"""站内通知: what one person was told within the application, newest first; what of it is unread, and reading it."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import and_, func, select, tuple_, update
from sqlmodel import Session

from models.actor import Actor
from models.errors import NotFound
from models.outbox import INAPP
from models.tables import HAZARD, NOTICE
from services import access


class Position(NamedTuple):
    created_at: datetime
    id: str


def told(session: Session, *, by: Actor, unread: bool, after: Position | None, limit: int) -> Sequence[Any]:
    """A page of this person's own notices; `no` only of a hazard they may still open."""
    openable = and_(HAZARD.c.id == NOTICE.c.hazard_id, access.visible(by))
    place = tuple_(NOTICE.c.created_at, NOTICE.c.id)
    statement = select(NOTICE, HAZARD.c.no).select_from(NOTICE).outerjoin(HAZARD, openable).where(*_own(by))
    if unread:
        statement = statement.where(NOTICE.c.read_at.is_(None))
    if after:
        statement = statement.where(place < after)
    newest_first = statement.order_by(NOTICE.c.created_at.desc(), NOTICE.c.id.desc())
    return session.execute(newest_first.limit(limit)).all()


def count_unread(session: Session, *, by: Actor, most: int = 100) -> int:
    """How many are unread, counted no further than `most`."""
    waiting = select(NOTICE.c.id).where(*_own(by), NOTICE.c.read_at.is_(None))
    return session.execute(select(func.count()).select_from(waiting.limit(most).subquery())).scalar_one()


def read(session: Session, notice_ids: Sequence[str], *, by: Actor, at: datetime) -> None:
    """Take note of one's own notices; one read before keeps the time of its first reading.

    Raises: NotFound, when one of them is nobody's or somebody else's.
    """
    wanted = set(notice_ids)
    mine = (*_own(by), NOTICE.c.id.in_(sorted(wanted)))
    if session.execute(select(func.count()).where(*mine)).scalar_one() != len(wanted):
        raise NotFound("没有找到该通知。", remedy="请刷新通知列表。")
    session.execute(update(NOTICE).where(*mine, NOTICE.c.read_at.is_(None)).values(read_at=at))


def _own(by: Actor) -> tuple[Any, ...]:
    return NOTICE.c.person_id == by.person_id, NOTICE.c.channel_id == INAPP
