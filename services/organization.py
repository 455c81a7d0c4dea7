"""Units, enterprises, persons and the roles they hold; every change is an event of the office."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import select, update
from sqlmodel import Session, col

from models import Enterprise, Person, RoleGrant, Unit
from models.actor import Actor
from models.errors import InvalidInput, NotFound, NotPermitted
from models.organization import Duty, UnitKind
from models.permissions import Role
from services import sessions, trail

_CREDIT_CODE_LENGTH = 18
_WITHOUT_UNIT = frozenset({Role.EN, Role.AD})


def add_unit(session: Session, *, code: str, name: str, kind: UnitKind, by: Actor | None, at: datetime) -> Unit:
    """Raises: InvalidInput when the code is taken."""
    _refuse_taken(session, Unit, col(Unit.code) == code, "code", f"单位代码“{code}”已登记。")
    return _added(session, Unit(code=code, name=name, kind=kind, created_at=at), "UNIT_ADDED", by=by, at=at)


def add_enterprise(
    session: Session,
    *,
    credit_code: str,
    name: str,
    address: str,
    sector: str,
    village: str | None,
    by: Actor | None,
    at: datetime,
) -> Enterprise:
    """Raises: InvalidInput when the credit code is malformed or taken."""
    if len(credit_code) != _CREDIT_CODE_LENGTH or not credit_code.isalnum() or not credit_code.isascii():
        raise _fault("credit_code", "统一社会信用代码须为18位字母和数字。", "请核对营业执照。")
    _refuse_taken(session, Enterprise, col(Enterprise.credit_code) == credit_code, "credit_code", "该企业已登记。")
    village_id = None
    if village:
        village_id = session.execute(
            select(col(Unit.id)).where(col(Unit.code) == village, col(Unit.kind) == UnitKind.VILLAGE)
        ).scalar_one_or_none()
        if village_id is None:
            raise _fault("village", f"村（社区）代码“{village}”不存在。", "可用代码见 GET /api/v1/units。")
    row = Enterprise(
        credit_code=credit_code, name=name, address=address, sector=sector, village_unit_id=village_id, created_at=at
    )
    return _added(session, row, "ENTERPRISE_ADDED", by=by, at=at)


def add_person(
    session: Session,
    *,
    name: str,
    email: str = "",
    phone: str = "",
    enterprise: Enterprise | None = None,
    by: Actor | None,
    at: datetime,
) -> Person:
    row = Person(
        name=name, email=email, phone=phone, enterprise_id=enterprise.id if enterprise else None, created_at=at
    )
    session.add(row)
    session.flush()
    facts = {"id": row.id, "name": name, "enterprise_id": row.enterprise_id}
    trail.append_office(session, "PERSON_ADDED", by=by, at=at, facts={"after": facts})
    return row


def quiet_hours(session: Session, person_id: str) -> tuple[str, str]:
    """From when until when (local, HH:MM) a person is not to be disturbed; twice the same: never."""
    found = select(col(Person.quiet_from), col(Person.quiet_until)).where(col(Person.id) == person_id)
    row = session.execute(found).one()
    return row[0], row[1]


def set_quiet_hours(session: Session, start: str, end: str, *, by: Actor, at: datetime) -> None:
    """Everybody sets their own (静默时段); danger to people disturbs all the same."""
    values = {"quiet_from": start, "quiet_until": end}
    session.execute(update(Person).where(col(Person.id) == by.person_id).values(**values))
    trail.append_office(session, "QUIET_HOURS_SET", by=by, at=at, facts={"after": {"id": by.person_id} | values})


def name_principals(
    session: Session,
    enterprise: Enterprise,
    *,
    principal: Person,
    actual_controller: Person,
    by: Actor | None,
    at: datetime,
) -> None:
    """Record who is the enterprise's principal (主要负责人) and who its actual controller (实际控制人)."""
    enterprise.principal_id, enterprise.actual_controller_id = principal.id, actual_controller.id
    session.add(enterprise)
    session.flush()
    facts = {"enterprise": enterprise.id, "principal_id": principal.id, "actual_controller_id": actual_controller.id}
    trail.append_office(session, "PRINCIPALS_NAMED", by=by, at=at, facts={"after": facts})


def grant_role(
    session: Session,
    person: Person,
    role: Role,
    *,
    unit: Unit | None,
    duty: Duty | None = None,
    by: Actor | None,
    at: datetime,
) -> RoleGrant:
    """Give a person a role. Their sessions and keys end: they sign in anew as what they now are.

    Raises: as `check_grant`.
    """
    check_grant(session, person, role, unit_id=unit.id if unit else None, by=by)
    sessions.end_all_of_person(session, person.id, at=at)
    row = RoleGrant(
        person_id=person.id, role=role, unit_id=unit.id if unit else None, duty=duty,
        granted_by=by.person_id if by else None, granted_at=at,
    )  # fmt: skip
    return _added(session, row, "ROLE_GRANTED", by=by, at=at)


def check_grant(session: Session, person: Person, role: Role, *, unit_id: str | None, by: Actor | None) -> None:
    """Whether this person can be given this role; the database asks the same.

    Source: GB/T 22239-2019 管理权限分离: an administrator holds no business role, an enterprise's person no office,
    and nobody grants a role to themselves.
    Raises: NotPermitted, InvalidInput (no unit, or held already).
    """
    if by is not None and by.person_id == person.id:
        raise NotPermitted("不能给自己授予角色。", rule="职责分离", remedy="请由另一名系统管理员办理。")
    if role not in _WITHOUT_UNIT and unit_id is None:
        raise _fault("unit", f"授予“{role.label}”须写明单位。", "职责分离按单位核对，请填写单位代码。")
    held = select(col(RoleGrant.role), col(RoleGrant.unit_id)).where(col(RoleGrant.person_id) == person.id)
    roles = {(Role(row.role), row.unit_id) for row in session.execute(held)}
    if (role, unit_id) in roles:
        raise _fault("role", f"该人员已是“{role.label}”。", "无须重复授予。")
    _refuse_conflict(person, {held for held, _ in roles} | {role})


def withdraw_role(
    session: Session, person: Person, role: Role, *, unit: Unit | None, by: Actor | None, at: datetime
) -> None:
    """Take a role from a person. Their sessions and keys end with the next request.

    Raises: NotPermitted (one's own), NotFound (not held).
    """
    if by is not None and by.person_id == person.id:
        raise NotPermitted("不能撤销自己的角色。", rule="职责分离", remedy="请由另一名系统管理员办理。")
    row = held_grant(session, person, role, unit_id=unit.id if unit else None)
    facts = {"person_id": person.id, "role": role, "unit_id": row.unit_id}
    sessions.end_all_of_person(session, person.id, at=at)
    session.delete(row)
    session.flush()
    trail.append_office(session, "ROLE_WITHDRAWN", by=by, at=at, facts={"before": facts})


def held_grant(session: Session, person: Person, role: Role, *, unit_id: str | None) -> RoleGrant:
    """Raises: NotFound."""
    held = select(RoleGrant).where(
        col(RoleGrant.person_id) == person.id, col(RoleGrant.role) == role,
        col(RoleGrant.unit_id) == unit_id if unit_id else col(RoleGrant.unit_id).is_(None),
    )  # fmt: skip
    row = session.execute(held).scalars().first()
    if row is None:
        raise NotFound("该人员没有这个角色。", remedy="请核对角色和单位（GET /api/v1/people）。")
    return row


def person_by_id(session: Session, person_id: str) -> Person:
    """Raises: NotFound."""
    person = session.get(Person, person_id)
    if person is None:
        raise NotFound("没有找到该人员。", remedy="请核对人员编号。")
    return person


def people(session: Session, *, role: Role | None) -> Sequence[Any]:
    """Persons with their roles and units, by name; optionally only holders of one role."""
    statement = (
        select(
            col(Person.id),
            col(Person.name),
            col(RoleGrant.role),
            col(RoleGrant.duty),
            col(Unit.code),
            col(Unit.name).label("unit_name"),
        )  # pyright: ignore[reportAttributeAccessIssue]
        .join(RoleGrant, col(RoleGrant.person_id) == col(Person.id))
        .outerjoin(Unit, col(Unit.id) == col(RoleGrant.unit_id))
        .order_by(col(Person.name), col(Person.id))
    )
    return session.execute(statement.where(col(RoleGrant.role) == role) if role else statement).all()


def _refuse_conflict(person: Person, roles: set[Role]) -> None:
    apart = {Role.AD, Role.AU}
    if len(roles) > 1 and roles & apart:
        raise NotPermitted(
            "系统管理员、审计员不能兼任其他角色。", rule="三员分立（GB/T 22239-2019）", remedy="请另设人员。"
        )
    if (person.enterprise_id is not None) != (Role.EN in roles) or (Role.EN in roles and len(roles) > 1):
        raise NotPermitted(
            "企业人员只能是企业用户，机关人员不能是企业用户。", rule="职责分离", remedy="请核对人员所属企业。"
        )


def _added(session: Session, row: Any, kind: str, *, by: Actor | None, at: datetime) -> Any:
    session.add(row)
    session.flush()
    facts = row.model_dump(mode="json", exclude={"created_at", "granted_at"})
    trail.append_office(session, kind, by=by, at=at, facts={"after": facts})
    return row


def _refuse_taken(session: Session, table: Any, condition: Any, field: str, detail: str) -> None:
    if session.execute(select(col(table.id)).where(condition)).first():
        raise _fault(field, detail, "请核对后重新填写。")


def _fault(field: str, detail: str, remedy: str) -> InvalidInput:
    return InvalidInput(
        detail, rule="登记信息须完整唯一", remedy=remedy, extra={"errors": [{"field": field, "message": detail}]}
    )
