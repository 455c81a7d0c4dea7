"""Which units have a standing deputy or could have one, for whoever may name it; and who there is to choose from."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import exists, or_, select
from sqlmodel import Session, col

from models import Person, RoleGrant, Unit
from models.actor import Actor
from models.delegation import APPROVERS, RANK, Ground
from models.permissions import Operation, Reach, Role
from models.tables import DELEGATION, UNIT_DEPUTY
from services import access, delegations, standing_in

Options = Sequence[tuple[str, str]]


def units(session: Session, *, by: Actor, only: str = "") -> Sequence[Any]:
    """Units in this person's reach in which somebody approves, or that have a deputy; with the deputy's name. `only`: the
    id of one of them.

    Raises: NotPermitted.
    """
    access.require(by, Operation.DELEGATE)
    approves = exists().where(col(RoleGrant.unit_id) == col(Unit.id), col(RoleGrant.role).in_(sorted(APPROVERS)))
    statement = (
        select(col(Unit.id), col(Unit.code), col(Unit.name), col(Person.name).label("deputy"), UNIT_DEPUTY.c.named_at)
        .outerjoin(UNIT_DEPUTY, UNIT_DEPUTY.c.unit_id == col(Unit.id))
        .outerjoin(Person, col(Person.id) == UNIT_DEPUTY.c.person_id)
        .where(or_(approves, UNIT_DEPUTY.c.unit_id.is_not(None)))
    )
    if not by.units_for(Operation.DELEGATE, Reach.ALL):
        own = by.units_for(Operation.DELEGATE, Reach.JURISDICTION)
        statement = statement.where(col(Unit.id).in_(sorted(own)))
    statement = statement.where(col(Unit.id) == only) if only else statement
    return session.execute(statement.order_by(col(Unit.code))).all()


def absences(session: Session, *, at: datetime, only: str = "") -> Sequence[Any]:
    """Absences of heads, in all units or in `only` one, that run today or later, with both names, the earliest first."""
    alive = (DELEGATION.c.revoked_at.is_(None), DELEGATION.c.until_on >= standing_in.day_of(at))
    wanted = delegations.named().where(DELEGATION.c.ground == Ground.ABSENCE, *alive)
    wanted = wanted.where(DELEGATION.c.unit_id == only) if only else wanted
    return session.execute(wanted.order_by(DELEGATION.c.from_on, DELEGATION.c.id)).all()


def candidates(session: Session, unit: Unit) -> Options:
    """Whoever of the unit may be its deputy."""
    return _people(session, unit, RANK)


def heads(session: Session, unit: Unit) -> Options:
    """Whose absence can be entered: those who approve in the unit."""
    return _people(session, unit, APPROVERS)


def _people(session: Session, unit: Unit, roles: Any) -> Options:
    held = exists().where(
        col(RoleGrant.person_id) == col(Person.id), col(RoleGrant.unit_id) == unit.id,
        col(RoleGrant.role).in_(sorted(Role(one) for one in roles)),
    )  # fmt: skip
    people = select(col(Person.id), col(Person.name)).where(held, standing_in.active(Person))
    return [(row.id, row.name) for row in session.execute(people.order_by(col(Person.name), col(Person.id)))]
