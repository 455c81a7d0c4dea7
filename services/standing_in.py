"""Whose approvals a person holds besides their own: read with every request, so a revocation acts on the next one."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from sqlalchemy import CTE, ColumnElement, CompoundSelect, Select, String, bindparam, exists, literal, select, union_all
from sqlalchemy.orm import aliased
from sqlmodel import Session, col

from models import Account, Person, RoleGrant
from models.actor import Actor, Principal
from models.delegation import APPROVERS
from models.limits import ZONE
from models.permissions import Role
from models.tables import DELEGATION

_NOBODY = literal(None, String())
_LENT_ROLES = sorted(APPROVERS)


def day_of(at: datetime) -> str:
    """The local day of an instant, as delegations name days."""
    return at.astimezone(ZONE).date().isoformat()


def with_own_grants(holder: Select[Any]) -> Select[Any]:
    """A statement that finds a person (`person_id`), extended by the roles this person holds."""
    return _own(holder.cte("holder"))


def with_lent_grants(holder: Select[Any]) -> CompoundSelect[Any]:
    """The same, and the approvals lent for `today`: those the delegator holds now, in the unit of the delegation.

    What was lent is not lent on. A delegator whose accounts are all disabled lends nothing, nor is anything lent to
    somebody who has left the unit. One statement, since every request asks it; the person is found first, by itself:
    in one join with the delegations PostgreSQL thinks about the order of the tables a hundred times as long as it reads.
    """
    found, principal, still = holder.cte("holder"), aliased(Person), aliased(RoleGrant)
    of_unit = exists().where(
        col(still.person_id) == DELEGATION.c.delegate_id, col(still.unit_id) == DELEGATION.c.unit_id
    )
    lent = (
        select(
            found, col(RoleGrant.role), col(RoleGrant.unit_id), DELEGATION.c.delegator_id.label("principal_id"),
            col(principal.name).label("principal_name"),
        )
        .join(DELEGATION, DELEGATION.c.delegate_id == found.c.person_id)
        .join(
            RoleGrant,
            (col(RoleGrant.person_id) == DELEGATION.c.delegator_id) & (col(RoleGrant.unit_id) == DELEGATION.c.unit_id),
        )
        .join(principal, col(principal.id) == DELEGATION.c.delegator_id)
        .where(
            DELEGATION.c.revoked_at.is_(None), DELEGATION.c.from_on <= bindparam("today"),
            DELEGATION.c.until_on >= bindparam("today"), col(RoleGrant.role).in_(_LENT_ROLES), active(principal), of_unit,
        )
    )  # fmt: skip
    return union_all(_own(found), lent)


def _own(found: CTE) -> Select[Any]:
    return select(
        found,
        col(RoleGrant.role),
        col(RoleGrant.unit_id),
        _NOBODY.label("principal_id"),
        _NOBODY.label("principal_name"),
    ).outerjoin(RoleGrant, col(RoleGrant.person_id) == found.c.person_id)


def principals(rows: Iterable[Any]) -> tuple[Principal, ...]:
    """Who lent what, from the rows of such a statement."""
    names: dict[str, str] = {}
    lent: dict[str, list[tuple[Role, str | None]]] = {}
    for row in rows:
        if row.principal_id:
            names[row.principal_id] = row.principal_name
            lent.setdefault(row.principal_id, []).append((Role(row.role), row.unit_id))
    return tuple(Principal(one, names[one], tuple(lent[one])) for one in sorted(names))


def own_grants(session: Session, person_id: str) -> tuple[tuple[Role, str | None], ...]:
    """What a person holds by themselves, nothing lent."""
    held = select(col(RoleGrant.role), col(RoleGrant.unit_id)).where(col(RoleGrant.person_id) == person_id)
    return tuple((Role(row.role), row.unit_id) for row in session.execute(held.order_by(col(RoleGrant.id))))


def as_actor(session: Session, person_id: str) -> Actor:
    """A person as the permission table sees them, for the question what they may see; nobody acts as it."""
    person = session.get_one(Person, person_id)
    return Actor(person.id, person.name, "", own_grants(session, person_id), person.enterprise_id)


def as_reader(session: Session, person_id: str, *, at: datetime) -> Actor:
    """`as_actor` with what is lent to the person on that day: what they would see if they signed in."""
    holder = select(col(Person.id).label("person_id"), col(Person.name), col(Person.enterprise_id))
    wanted = with_lent_grants(holder.where(col(Person.id) == bindparam("wanted")))
    rows = session.execute(wanted, {"wanted": person_id, "today": day_of(at)}).all()
    grants = tuple(dict.fromkeys((Role(row.role), row.unit_id) for row in rows if row.role))
    return Actor(person_id, rows[0].name, "", grants, rows[0].enterprise_id)


def is_active(session: Session, person_id: str) -> bool:
    """Whether the person exists and has an account that is not disabled."""
    found = select(col(Person.id)).where(col(Person.id) == person_id, active(Person))
    return session.execute(found).first() is not None


def active(person: Any) -> ColumnElement[bool]:
    """The same as a condition on a person's table or an alias of it."""
    used = aliased(Account)
    return exists().where(col(used.person_id) == col(person.id), col(used.disabled_at).is_(None))
