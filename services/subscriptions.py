"""Subscribe 订阅 to a saved filter of the ledger, and find what has newly come under it since one was last told."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import Select, delete, exists, func, insert, literal, select
from sqlmodel import Session

from models.actor import Actor
from models.errors import InvalidInput, NotFound
from models.once import insert_once
from models.operations import Operation
from models.saved_filter import FilteredList
from models.tables import HAZARD, SUBSCRIPTION, SUBSCRIPTION_SEEN
from services import ledger_filters, register, saved_filters, standing_in

MOST_NAMED = 10
"""So many of the new ones are named; how many there are is always said."""
_SUBSCRIBE = insert_once(SUBSCRIPTION, "filter_id")


class News(NamedTuple):
    """What has newly come under a filter, and how many are under it now."""

    name: str
    query: str
    new: Sequence[Any]
    """Number and place of the newest, at most `MOST_NAMED`."""
    new_count: int
    whole_count: int


def subscribe(session: Session, filter_id: str, *, by: Actor, at: datetime) -> None:
    """What is under the filter today is known already; told is what comes under it from now on.

    Raises: NotFound, InvalidInput (a filter of the inbox).
    """
    kept = saved_filters.kept(session, filter_id, by=by)
    if kept.narrows != FilteredList.LEDGER:
        raise InvalidInput("待办的筛选不能订阅。", rule="订阅台账筛选", remedy="待办另有通知；请订阅台账的常用筛选。")
    row = {"person_id": by.person_id, "filter_id": filter_id, "subscribed_at": at}
    if session.execute(_SUBSCRIBE, row).first() is not None:
        _note_seen(session, by.person_id, filter_id, _matching(session, kept.query, by=by, at=at))


def unsubscribe(session: Session, filter_id: str, *, by: Actor) -> None:
    _forget(session, by.person_id, filter_id)


def subscribed_to(session: Session, *, by: Actor) -> frozenset[str]:
    """The ids of the filters this person subscribes to."""
    own = select(SUBSCRIPTION.c.filter_id).where(SUBSCRIPTION.c.person_id == by.person_id)
    return frozenset(session.execute(own).scalars())


def everybodys(session: Session) -> Sequence[Any]:
    """Who subscribes to which filter."""
    return session.execute(select(SUBSCRIPTION).order_by(SUBSCRIPTION.c.person_id, SUBSCRIPTION.c.filter_id)).all()


def news(session: Session, person_id: str, filter_id: str, *, at: datetime) -> News | None:
    """What is new since this person was last told, which is now; None: nothing.

    Read with the subscriber's own eyes as they are today. Who may no longer see the filter or the ledger subscribes
    to it no more; who is away with a disabled account is told later.
    """
    if not standing_in.is_active(session, person_id):
        return None
    reader = standing_in.as_actor(session, person_id)
    try:
        kept = saved_filters.kept(session, filter_id, by=reader)
    except NotFound:
        _forget(session, person_id, filter_id)
        return None
    matching = _matching(session, kept.query, by=reader, at=at)
    new = matching.where(~_is_seen(person_id, filter_id))
    rows = session.execute(
        new.add_columns(HAZARD.c.no, HAZARD.c.place).order_by(HAZARD.c.reported_at.desc()).limit(MOST_NAMED)
    ).all()
    new_count = _count(session, new)
    _note_seen(session, person_id, filter_id, matching)
    return News(kept.name, kept.query, rows, new_count, _count(session, matching)) if rows else None


def _matching(session: Session, query: str, *, by: Actor, at: datetime) -> Select[tuple[Any]]:
    """The hazards under the filter, as the ledger itself lists them for this person."""
    filters = ledger_filters.read(query, by=by).filters(session, at=at)
    return select(HAZARD.c.id).where(*register.chosen(filters, by=by, operation=Operation.LIST_HAZARDS))


def _is_seen(person_id: str, filter_id: str) -> Any:
    seen = SUBSCRIPTION_SEEN.c
    return exists().where(seen.person_id == person_id, seen.filter_id == filter_id, seen.hazard_id == HAZARD.c.id)


def _note_seen(session: Session, person_id: str, filter_id: str, matching: Select[tuple[Any]]) -> None:
    """What has left the filter is forgotten, so that it is news when it comes back."""
    mine = (SUBSCRIPTION_SEEN.c.person_id == person_id, SUBSCRIPTION_SEEN.c.filter_id == filter_id)
    session.execute(delete(SUBSCRIPTION_SEEN).where(*mine, SUBSCRIPTION_SEEN.c.hazard_id.not_in(matching)))
    unseen = matching.where(~_is_seen(person_id, filter_id)).with_only_columns(
        literal(person_id), literal(filter_id), HAZARD.c.id
    )
    session.execute(insert(SUBSCRIPTION_SEEN).from_select(["person_id", "filter_id", "hazard_id"], unseen))


def _forget(session: Session, person_id: str, filter_id: str) -> None:
    for table in (SUBSCRIPTION_SEEN, SUBSCRIPTION):
        session.execute(delete(table).where(table.c.person_id == person_id, table.c.filter_id == filter_id))


def _count(session: Session, found: Select[tuple[Any]]) -> int:
    return session.execute(select(func.count()).select_from(found.subquery())).scalar_one()
