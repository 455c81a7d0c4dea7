"""Standing in for one another: delegations, a unit's deputy, the head's absence, hand-over when a person leaves."""

from datetime import date
from typing import Any

from fastapi import APIRouter, Response
from pydantic import BaseModel, ConfigDict, Field

from api.desk import CurrentActor, DeskDep, OfficeDep, looking
from api.views import local
from models import Unit
from models.organization import UnitKind
from models.permissions import Operation, Role
from services import access, delegations, deputies, four_eyes_ahead, handover, lookups, organization

router = APIRouter(tags=["standing in"])
_DELEGATE = {"x-operation": Operation.DELEGATE}
_READ = {"x-operation": Operation.READ_REFERENCE}
_OVERSEES = frozenset({Role.SC, Role.TL, Role.AU})
_ANY_KIND = frozenset(UnitKind)
_ID = 36


class Body(BaseModel):
    model_config = ConfigDict(extra="forbid", str_strip_whitespace=True)


class Days(Body):
    from_on: date = Field(title="起始日期")
    until_on: date = Field(title="截止日期（含当日）")
    reason: str = Field(min_length=2, max_length=200, title="事由")


class DelegationBody(Days):
    delegate: str = Field(max_length=_ID, title="受托人（人员编号）")
    unit: str | None = Field(default=None, max_length=20, title="单位代码；只在一个单位任职的可不填")


class AbsenceBody(Days):
    person: str = Field(max_length=_ID, title="缺勤的负责人（人员编号）")


class DeputyBody(Body):
    person: str = Field(max_length=_ID, title="常设代理人（人员编号）")


class HandoverBody(Body):
    successor: str = Field(max_length=_ID, title="接手人（人员编号）")
    reason: str = Field(min_length=2, max_length=200, title="离岗事由")


@router.post("/delegations", status_code=201, summary="委托代办", operation_id="delegate", openapi_extra=_DELEGATE)
def delegate(body: DelegationBody, desk: DeskDep) -> Response:
    """The answer lists the hazards now waiting that the delegate could not decide (职责分离)."""
    with desk.act(Operation.DELEGATE) as act:
        row = delegations.delegate(
            act.session, body.delegate, unit=body.unit, first=body.from_on, last=body.until_on, reason=body.reason,
            by=act.by, at=act.at,
        )  # fmt: skip
        act.answer(_delegation(row) | {"undecidable": four_eyes_ahead.undecidable(act.session, row)})
    return desk.reply()


@router.get("/delegations", summary="委托", operation_id="list_delegations", openapi_extra=_READ)
def listing(held: OfficeDep, by: CurrentActor, everybodys: bool = False) -> list[dict[str, Any]]:
    """Given and received; everybody's for those who oversee the office."""
    access.require(by, Operation.READ_REFERENCE)
    with looking(held) as session:
        rows = delegations.delegations_of(session, by=by, everybodys=everybodys and by.holds(_OVERSEES))
    return [_delegation(row) | {"delegator_name": row.delegator, "delegate_name": row.delegate, "unit": row.unit}
            for row in rows]  # fmt: skip


@router.delete("/delegations/{delegation_id}", summary="撤销委托", operation_id="revoke_delegation",
               openapi_extra=_DELEGATE)  # fmt: skip
def revoke(delegation_id: str, desk: DeskDep) -> Response:
    with desk.act(Operation.DELEGATE) as act:
        row = delegations.revoke(act.session, delegation_id, by=act.by, at=act.at)
        act.answer(_delegation(row), status=200)
    return desk.reply()


@router.get("/units/{code}/deputy", summary="常设代理人", operation_id="show_deputy", openapi_extra=_READ)
def deputy(code: str, held: OfficeDep, by: CurrentActor) -> dict[str, Any]:
    access.require(by, Operation.READ_REFERENCE)
    with looking(held) as session:
        return deputies.shown(session, _unit(session, code))


@router.put("/units/{code}/deputy", summary="设置常设代理人", operation_id="name_deputy", openapi_extra=_DELEGATE)
def name_deputy(code: str, body: DeputyBody, desk: DeskDep) -> Response:
    with desk.act(Operation.DELEGATE) as act:
        unit = _unit(act.session, code)
        deputies.name_deputy(act.session, unit, body.person, by=act.by, at=act.at)
        act.answer(deputies.shown(act.session, unit), status=200)
    return desk.reply()


@router.delete(
    "/units/{code}/deputy", summary="撤销常设代理人", operation_id="withdraw_deputy", openapi_extra=_DELEGATE
)
def withdraw_deputy(code: str, desk: DeskDep) -> Response:
    """Absences under way end with it."""
    with desk.act(Operation.DELEGATE) as act:
        unit = _unit(act.session, code)
        deputies.withdraw_deputy(act.session, unit, by=act.by, at=act.at)
        act.answer(deputies.shown(act.session, unit), status=200)
    return desk.reply()


@router.post("/units/{code}/absences", status_code=201, summary="登记负责人缺勤", operation_id="mark_absent",
             openapi_extra=_DELEGATE)  # fmt: skip
def mark_absent(code: str, body: AbsenceBody, desk: DeskDep) -> Response:
    """The deputy stands in on these days; ended like a delegation."""
    with desk.act(Operation.DELEGATE) as act:
        row = deputies.mark_absent(
            act.session, _unit(act.session, code), body.person, first=body.from_on, last=body.until_on,
            reason=body.reason, by=act.by, at=act.at,
        )  # fmt: skip
        act.answer(_delegation(row) | {"undecidable": four_eyes_ahead.undecidable(act.session, row)})
    return desk.reply()


@router.post("/people/{person_id}/handover", status_code=201, summary="离岗交接", operation_id="hand_over",
             openapi_extra={"x-operation": Operation.HAND_OVER})  # fmt: skip
def hand_over(person_id: str, body: HandoverBody, desk: DeskDep) -> Response:
    """Everything open goes to the successor and the leaver's accounts are disabled, or nothing happens."""
    with desk.act(Operation.HAND_OVER) as act:
        done = handover.hand_over(
            act.session, organization.person_by_id(act.session, person_id),
            organization.person_by_id(act.session, body.successor), reason=body.reason, by=act.by, at=act.at,
        )  # fmt: skip
        act.answer({"id": done.id, "leaver": person_id, "successor": body.successor, "moved": done.moved})
    return desk.reply()


def _unit(session: Any, code: str) -> Unit:
    return lookups.unit_by_code(session, code, field="unit", kinds=_ANY_KIND)


def _delegation(row: Any) -> dict[str, Any]:
    return {
        "id": row.id, "delegator": row.delegator_id, "delegate": row.delegate_id, "from_on": row.from_on,
        "until_on": row.until_on, "ground": row.ground, "reason": row.reason, "made_at": local(row.made_at),
        "revoked_at": local(row.revoked_at),
    }  # fmt: skip
