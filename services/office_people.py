"""Who there is, for whoever administers it: units, enterprises, persons with what they hold, a page at a time."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import or_, select, tuple_
from sqlmodel import Session, col

from models import Account, Enterprise, Person, RoleGrant, Unit
from models.errors import InvalidInput, NotFound


def units(session: Session) -> Sequence[Unit]:
    return session.execute(select(Unit).order_by(col(Unit.code))).scalars().all()


def enterprises(session: Session, *, text: str, after: str, limit: int) -> Sequence[Enterprise]:
    """By credit code, a page after `after`; `text`: part of the name or code."""
    statement = select(Enterprise).where(col(Enterprise.credit_code) > after).order_by(col(Enterprise.credit_code))
    if text:
        named = (
            col(Enterprise.name).contains(text, autoescape=True),
            col(Enterprise.credit_code).contains(text, autoescape=True),
        )
        statement = statement.where(or_(*named))
    return session.execute(statement.limit(limit)).scalars().all()


def people_of(session: Session, enterprise_id: str) -> Sequence[Person]:
    """The persons who act for an enterprise, by name."""
    mine = select(Person).where(col(Person.enterprise_id) == enterprise_id).order_by(col(Person.name), col(Person.id))
    return session.execute(mine).scalars().all()


def person_of(session: Session, enterprise: Enterprise, person_id: str) -> Person:
    """Raises: InvalidInput for somebody who does not act for this enterprise."""
    person = session.get(Person, person_id)
    if person is None or person.enterprise_id != enterprise.id:
        raise InvalidInput(
            "该人员不属于这家企业。", rule="主要负责人、实际控制人须是企业的人员", remedy="请从所列人员中选择。"
        )
    return person


def persons(session: Session, *, text: str, after: tuple[str, str], limit: int) -> Sequence[Any]:
    """Persons by name with their account, a page after `after` (name, id); `text`: part of the name."""
    statement = (
        select(col(Person.id), col(Person.name), col(Enterprise.name).label("enterprise"))  # pyright: ignore[reportAttributeAccessIssue]
        .outerjoin(Enterprise, col(Enterprise.id) == col(Person.enterprise_id))
        .where(tuple_(col(Person.name), col(Person.id)) > after)
        .order_by(col(Person.name), col(Person.id))
    )
    if text:
        statement = statement.where(col(Person.name).contains(text, autoescape=True))
    return session.execute(statement.limit(limit)).all()


def roles_of(session: Session, person_ids: Sequence[str]) -> dict[str, list[Any]]:
    """The roles these persons hold, with their units, by person."""
    rows = session.execute(
        select(
            col(RoleGrant.person_id), col(RoleGrant.role), col(RoleGrant.duty), col(RoleGrant.granted_at),
            col(Unit.code), col(Unit.name).label("unit"),  # pyright: ignore[reportAttributeAccessIssue]
        )
        .outerjoin(Unit, col(Unit.id) == col(RoleGrant.unit_id))
        .where(col(RoleGrant.person_id).in_(list(person_ids)))
        .order_by(col(RoleGrant.granted_at), col(RoleGrant.role))
    ).all()  # fmt: skip
    found: dict[str, list[Any]] = {}
    for row in rows:
        found.setdefault(row.person_id, []).append(row)
    return found


def accounts_of(session: Session, person_id: str) -> Sequence[Account]:
    mine = select(Account).where(col(Account.person_id) == person_id).order_by(col(Account.login))
    return session.execute(mine).scalars().all()


def account(session: Session, account_id: str) -> Account:
    """To look at; whoever changes one takes it from `accounts.account_by_id`, which locks it.

    Raises: NotFound.
    """
    found = session.get(Account, account_id)
    if found is None:
        raise NotFound("没有找到该账号。", remedy="请从账号列表中打开。")
    return found
