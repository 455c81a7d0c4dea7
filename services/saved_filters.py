"""Keep a filter of the ledger or the inbox under a name, for oneself or for one's unit (常用筛选)."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, delete, func, or_, select
from sqlmodel import Session, col

from models import Person
from models.actor import Actor
from models.errors import InvalidInput, NotFound
from models.ids import new_id
from models.once import insert_or
from models.saved_filter import FilteredList
from models.tables import SAVED_FILTER, SUBSCRIPTION, SUBSCRIPTION_SEEN
from services import lookups

MOST = 20
_KEEP = insert_or(
    SAVED_FILTER, ("person_id", "narrows", "name"), "query = excluded.query, unit_id = excluded.unit_id", returning="id"
)


def save(
    session: Session, name: str, query: str, *, unit_id: str | None, by: Actor, at: datetime, narrows: FilteredList = FilteredList.LEDGER
) -> None:  # fmt: skip
    """Keep the query; one of the same name is replaced. `unit_id`: the unit of one's own that shares it.

    Raises: InvalidInput.
    """
    if not name:
        raise lookups.missing("name", "请填写名称。", "请填写名称后保存。")
    if unit_id is not None and unit_id not in by.unit_ids:
        raise lookups.missing("unit", "只能与本人所在单位共享。", "请选择本人所在单位。")
    row = {"id": new_id(), "person_id": by.person_id, "unit_id": unit_id, "narrows": narrows, "name": name,
           "query": query, "saved_at": at}  # fmt: skip
    session.execute(_KEEP, row)
    own = (SAVED_FILTER.c.person_id == by.person_id, SAVED_FILTER.c.narrows == narrows)
    if session.execute(select(func.count()).where(*own)).scalar_one() > MOST:
        raise InvalidInput(f"常用筛选最多{MOST}个。", rule="常用筛选数量", remedy="请先删除不用的。")


def kept_for(session: Session, *, by: Actor, narrows: FilteredList = FilteredList.LEDGER) -> Sequence[Any]:
    """One's own and those of one's units, by name, each with the name of whoever keeps it."""
    return _named(session, _seen_by(by), SAVED_FILTER.c.narrows == narrows)


def kept(session: Session, filter_id: str, *, by: Actor) -> Any:
    """One of them.

    Raises: NotFound.
    """
    found = _named(session, _seen_by(by), SAVED_FILTER.c.id == filter_id)
    if not found:
        raise NotFound("没有找到该常用筛选，或它已删除。", remedy="请刷新台账。")
    return found[0]


def remove(session: Session, filter_id: str, *, by: Actor) -> None:
    """It is gone for everybody, and with it the subscriptions to it.

    Raises: NotFound for what is not one's own.
    """
    own = (SAVED_FILTER.c.id == filter_id, SAVED_FILTER.c.person_id == by.person_id)
    if session.execute(select(SAVED_FILTER.c.id).where(*own)).first() is None:
        raise NotFound("没有找到该常用筛选，或它不是您保存的。", remedy="请刷新台账。")
    for table in (SUBSCRIPTION_SEEN, SUBSCRIPTION):
        session.execute(delete(table).where(table.c.filter_id == filter_id))
    session.execute(delete(SAVED_FILTER).where(*own))


def _seen_by(by: Actor) -> ColumnElement[bool]:
    return or_(SAVED_FILTER.c.person_id == by.person_id, SAVED_FILTER.c.unit_id.in_(sorted(by.unit_ids)))


def _named(session: Session, *conditions: ColumnElement[bool]) -> Sequence[Any]:
    named = select(SAVED_FILTER, col(Person.name).label("keeper")).join(
        Person, col(Person.id) == SAVED_FILTER.c.person_id
    )
    return session.execute(named.where(*conditions).order_by(SAVED_FILTER.c.name, SAVED_FILTER.c.id)).all()
