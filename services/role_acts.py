"""Granting and withdrawing a role: proposed by one administrator, approved by another, about a third person.

Source: GB/T 22239-2019 管理权限分离.
"""

from datetime import datetime
from typing import Any

from sqlmodel import Session

from models import Person, Unit
from models.operations import Operation
from models.organization import Duty
from models.permissions import Role
from models.proposal import ActKind
from services import organization
from services.acts import Approval, OfficeAct, Payload


def payload_of(person: Person, role: Role, *, unit: Unit | None, duty: Duty | None = None) -> dict[str, Any]:
    return {"person": person.id, "role": role, "unit": unit.id if unit else None, "duty": duty}


def _concerns(payload: Payload) -> str:
    return payload["person"]


def _named(session: Session, payload: Payload) -> tuple[Person, Role, Unit | None]:
    unit = session.get_one(Unit, payload["unit"]) if payload["unit"] else None
    return organization.person_by_id(session, payload["person"]), Role(payload["role"]), unit


def _check_grant(session: Session, payload: Payload, _at: datetime) -> None:
    person, role, unit = _named(session, payload)
    organization.check_grant(session, person, role, unit_id=unit.id if unit else None, by=None)


def _grant(session: Session, payload: Payload, approval: Approval) -> Payload:
    person, role, unit = _named(session, payload)
    duty = Duty(payload["duty"]) if payload["duty"] else None
    row = organization.grant_role(session, person, role, unit=unit, duty=duty, by=approval.by, at=approval.at)
    return {"role_grant": row.id, "person": person.id, "role": role}


def _check_withdrawal(session: Session, payload: Payload, _at: datetime) -> None:
    person, role, unit = _named(session, payload)
    organization.held_grant(session, person, role, unit_id=unit.id if unit else None)


def _withdraw(session: Session, payload: Payload, approval: Approval) -> Payload:
    person, role, unit = _named(session, payload)
    organization.withdraw_role(session, person, role, unit=unit, by=approval.by, at=approval.at)
    return {"person": person.id, "role": role}


def _words(verb: str, session: Session, payload: Payload) -> str:
    person, role, unit = _named(session, payload)
    return f"{verb}{person.name}的“{role.label}”角色" + (f"（{unit.name}）" if unit else "")


def _describe_grant(session: Session, payload: Payload) -> str:
    return _words("授予", session, payload)


def _describe_withdrawal(session: Session, payload: Payload) -> str:
    return _words("撤销", session, payload)


GRANT = OfficeAct(
    ActKind.GRANT_ROLE, Operation.GRANT_ROLE, _check_grant, _grant, _describe_grant, concerns=_concerns,
    done_alone_in_set_up=True,
)  # fmt: skip
WITHDRAWAL = OfficeAct(
    ActKind.WITHDRAW_ROLE, Operation.GRANT_ROLE, _check_withdrawal, _withdraw, _describe_withdrawal, concerns=_concerns
)  # fmt: skip
