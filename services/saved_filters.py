"""Keep a filter of the ledger under a name, for oneself or for one's unit (常用筛选)."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import delete, func, or_, select
from sqlmodel import Session, col

from models import Person
from models.actor import Actor
from models.errors import InvalidInput, NotFound
from models.ids import new_id
from models.once import insert_or
from models.tables import SAVED_FILTER
from services import lookups

MOST = 20
_KEEP = insert_or(
    SAVED_FILTER, ("person_id", "name"), "query = excluded.query, unit_id = excluded.unit_id", returning="id"
)


def save(session: Session, name: str, query: str, *, unit_id: str | None, by: Actor, at: datetime) -> None:
    """Keep the query; one of the same name is replaced. `unit_id`: the unit of one's own that shares it.

    Raises: InvalidInput.
    """
    if not name:
        raise lookups.missing("name", "请填写名称。", "请填写名称后保存。")
    if unit_id is not None and unit_id not in by.unit_ids:
        raise lookups.missing("unit", "只能与本人所在单位共享。", "请选择本人所在单位。")
    row = {"id": new_id(), "person_id": by.person_id, "unit_id": unit_id, "name": name, "query": query, "saved_at": at}
    session.execute(_KEEP, row)
    if session.execute(select(func.count()).where(SAVED_FILTER.c.person_id == by.person_id)).scalar_one() > MOST:
        raise InvalidInput(f"常用筛选最多{MOST}个。", rule="常用筛选数量", remedy="请先删除不用的。")


def kept_for(session: Session, *, by: Actor) -> Sequence[Any]:
    """One's own and those of one's units, by name, each with the name of whoever keeps it."""
    seen = or_(SAVED_FILTER.c.person_id == by.person_id, SAVED_FILTER.c.unit_id.in_(sorted(by.unit_ids)))
    named = select(SAVED_FILTER, col(Person.name).label("keeper")).join(
        Person, col(Person.id) == SAVED_FILTER.c.person_id
    )
    return session.execute(named.where(seen).order_by(SAVED_FILTER.c.name, SAVED_FILTER.c.id)).all()


def remove(session: Session, filter_id: str, *, by: Actor) -> None:
    """Raises: NotFound for what is not one's own."""
    own = (SAVED_FILTER.c.id == filter_id, SAVED_FILTER.c.person_id == by.person_id)
    if session.execute(delete(SAVED_FILTER).where(*own)).rowcount != 1:  # pyright: ignore[reportAttributeAccessIssue]
        raise NotFound("没有找到该常用筛选，或它不是您保存的。", remedy="请刷新台账。")
