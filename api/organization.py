"""Units, enterprises, people and their accounts; channels by which people are told."""

from datetime import timedelta
from typing import Any

from fastapi import APIRouter, Response
from sqlalchemy import select
from sqlmodel import col

from api.desk import CurrentActor, DeskDep, OfficeDep, looking
from api.second_person import put_forward
from models import Enterprise, Unit
from models.forms.organization import EnterpriseBody, GrantBody, PersonBody, PrincipalsBody, UnitBody
from models.organization import UnitKind
from models.permissions import Operation, Role
from models.proposal import ActKind
from services import access, accounts, lookups, organization, role_acts

router = APIRouter(tags=["organization"])
_READ = {"x-operation": Operation.READ_REFERENCE}
_MANAGE = {"x-operation": Operation.MANAGE_ORGANIZATION}
_ANY_KIND = frozenset(UnitKind)


@router.get("/units", summary="单位", operation_id="list_units", openapi_extra=_READ)
def units(held: OfficeDep, by: CurrentActor) -> list[dict[str, Any]]:
    access.require(by, Operation.READ_REFERENCE)
    with looking(held) as session:
        rows = session.execute(select(Unit).order_by(col(Unit.code))).scalars().all()
    return [{"code": row.code, "name": row.name, "kind": row.kind} for row in rows]


@router.post("/units", status_code=201, summary="登记单位", operation_id="add_unit", openapi_extra=_MANAGE)
def add_unit(body: UnitBody, desk: DeskDep) -> Response:
    with desk.act(Operation.MANAGE_ORGANIZATION) as act:
        unit = organization.add_unit(act.session, **body.model_dump(), by=act.by, at=act.at)
        act.answer({"code": unit.code, "name": unit.name, "kind": unit.kind})
    return desk.reply()


@router.get("/enterprises", summary="企业", operation_id="list_enterprises", openapi_extra=_READ)
def enterprises(held: OfficeDep, by: CurrentActor, after: str = "", limit: int = 100) -> list[dict[str, Any]]:
    """By credit code, a page after `after`; an enterprise's person sees their own only."""
    access.require(by, Operation.READ_REFERENCE)
    statement = select(Enterprise).where(col(Enterprise.credit_code) > after).order_by(col(Enterprise.credit_code))
    if by.enterprise_id:
        statement = statement.where(col(Enterprise.id) == by.enterprise_id)
    with looking(held) as session:
        rows = session.execute(statement.limit(min(max(limit, 1), 200))).scalars().all()
    return [
        {"credit_code": row.credit_code, "name": row.name, "address": row.address, "sector": row.sector} for row in rows
    ]


@router.post("/enterprises", status_code=201, summary="登记企业", operation_id="add_enterprise", openapi_extra=_MANAGE)
def add_enterprise(body: EnterpriseBody, desk: DeskDep) -> Response:
    with desk.act(Operation.MANAGE_ORGANIZATION) as act:
        row = organization.add_enterprise(act.session, **body.model_dump(), by=act.by, at=act.at)
        act.answer({"credit_code": row.credit_code, "name": row.name})
    return desk.reply()


@router.put(
    "/enterprises/{credit_code}/principals",
    summary="登记主要负责人和实际控制人",
    operation_id="name_principals",
    openapi_extra=_MANAGE,
)
def name_principals(credit_code: str, body: PrincipalsBody, desk: DeskDep) -> Response:
    with desk.act(Operation.MANAGE_ORGANIZATION) as act:
        enterprise = lookups.enterprise_by_credit_code(act.session, credit_code)
        organization.name_principals(
            act.session, enterprise, principal=organization.person_by_id(act.session, body.principal),
            actual_controller=organization.person_by_id(act.session, body.actual_controller), by=act.by, at=act.at,
        )  # fmt: skip
        act.answer({"credit_code": credit_code}, status=200)
    return desk.reply()


@router.get("/people", summary="人员", operation_id="list_people", openapi_extra=_READ)
def people(held: OfficeDep, by: CurrentActor, role: Role | None = None) -> list[dict[str, Any]]:
    """People with their roles; contact data stays out. An enterprise's person sees nobody here."""
    access.require(by, Operation.READ_REFERENCE)
    if by.enterprise_id:
        return []
    with looking(held) as session:
        rows = organization.people(session, role=role)
    return [
        {
            "id": row.id,
            "name": row.name,
            "role": row.role,
            "duty": row.duty,
            "unit": row.code,
            "unit_name": row.unit_name,
        }
        for row in rows
    ]


@router.post("/people", status_code=201, summary="登记人员并开通账号", operation_id="add_person",
             openapi_extra={"x-operation": Operation.MANAGE_ACCOUNTS})  # fmt: skip
def add_person(body: PersonBody, desk: DeskDep) -> Response:
    """The answer holds the one-time token with which the person sets a password; no other answer ever will."""
    with desk.act(Operation.MANAGE_ACCOUNTS) as act:
        enterprise = lookups.enterprise_by_credit_code(act.session, body.enterprise) if body.enterprise else None
        person = organization.add_person(
            act.session, name=body.name, email=body.email, phone=body.phone, enterprise=enterprise, by=act.by, at=act.at
        )
        valid = timedelta(minutes=desk.held.settings.invitation_minutes)
        token = accounts.invite(act.session, person, body.login, by=act.by, at=act.at, valid=valid)
        shown = {"id": person.id, "login": body.login}
        act.answer(shown | {"token": token}, kept=shown)
    return desk.reply()


@router.post("/people/{person_id}/roles", status_code=202, summary="提出授予角色", operation_id="grant_role",
             openapi_extra={"x-operation": Operation.GRANT_ROLE})  # fmt: skip
def grant_role(person_id: str, body: GrantBody, desk: DeskDep) -> Response:
    """202 with the proposal that another administrator approves; 201 where it is done at once (set-up mode)."""
    with desk.act(Operation.GRANT_ROLE) as act:
        unit = lookups.unit_by_code(act.session, body.unit, field="unit", kinds=_ANY_KIND) if body.unit else None
        person = organization.person_by_id(act.session, person_id)
        payload = role_acts.payload_of(person, body.role, unit=unit, duty=body.duty)
        shown = {"person": person_id, "role": body.role, "unit": body.unit}
        put_forward(act, desk.held, ActKind.GRANT_ROLE, payload, shown)
    return desk.reply()


@router.delete("/people/{person_id}/roles/{role}", status_code=202, summary="提出撤销角色", operation_id="withdraw_role",
               openapi_extra={"x-operation": Operation.GRANT_ROLE})  # fmt: skip
def withdraw_role(person_id: str, role: Role, desk: DeskDep, unit: str | None = None) -> Response:
    desk.bind(unit or "")
    with desk.act(Operation.GRANT_ROLE) as act:
        held_in = lookups.unit_by_code(act.session, unit, field="unit", kinds=_ANY_KIND) if unit else None
        person = organization.person_by_id(act.session, person_id)
        payload = role_acts.payload_of(person, role, unit=held_in)
        shown = {"person": person_id, "role": role, "unit": unit}
        put_forward(act, desk.held, ActKind.WITHDRAW_ROLE, payload, shown, done=200)
    return desk.reply()
