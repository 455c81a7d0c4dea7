"""Whom a person may let decide on their behalf, and in which units; and one delegation of theirs."""

from collections.abc import Sequence
from typing import Any, NamedTuple

from sqlalchemy import or_, select
from sqlmodel import Session, col

from models import Person, RoleGrant, Unit
from models.actor import Actor
from models.delegation import APPROVERS
from models.errors import NotFound
from models.tables import DELEGATION
from services import delegations, standing_in

Options = Sequence[tuple[str, str]]


class Delegable(NamedTuple):
    """The colleagues (id and name) and the units (code and name) to choose from."""

    colleagues: Options
    units: Options


def of(session: Session, *, by: Actor) -> Delegable:
    """Colleagues of the same unit and rank who have an account; the units in which this person approves."""
    own = {unit for role, unit in standing_in.own_grants(session, by.person_id) if role in APPROVERS and unit}
    units = session.execute(
        select(col(Unit.code), col(Unit.name)).where(col(Unit.id).in_(sorted(own))).order_by(col(Unit.code))
    )
    return Delegable(_colleagues(session, own, by), [(row.code, row.name) for row in units])


def delegation_of(session: Session, delegation_id: str, *, by: Actor) -> Any:
    """A delegation given or received by this person.

    Raises: NotFound.
    """
    mine = or_(DELEGATION.c.delegator_id == by.person_id, DELEGATION.c.delegate_id == by.person_id)
    row = session.execute(delegations.named().where(DELEGATION.c.id == delegation_id, mine)).one_or_none()
    if row is None:
        raise NotFound("没有找到该委托。", remedy="请刷新“我的”页面。")
    return row


def _colleagues(session: Session, units: set[str], by: Actor) -> Options:
    rows = session.execute(
        select(col(Person.id), col(Person.name), col(RoleGrant.unit_id))
        .join(RoleGrant, col(RoleGrant.person_id) == col(Person.id))
        .where(col(RoleGrant.unit_id).in_(sorted(units)), col(Person.id) != by.person_id)
        .order_by(col(Person.name), col(Person.id))
    )
    same_rank = {
        row.id: row.name
        for row in rows
        if delegations.rank_in(session, row.id, row.unit_id) == delegations.rank_in(session, by.person_id, row.unit_id)
    }
    return [(one, name) for one, name in same_rank.items() if standing_in.is_active(session, one)]
