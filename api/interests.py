"""Interests 利害关系: declared by oneself, ended by an administrator."""

from typing import Any

from fastapi import APIRouter, Response
from pydantic import BaseModel, ConfigDict, Field

from api.desk import CurrentActor, DeskDep, OfficeDep, looking
from api.views import local
from models.permissions import Operation
from services import access, interests, lookups

router = APIRouter(tags=["people"])
_OWN = {"x-operation": Operation.OWN_ACCOUNT}


class Reason(BaseModel):
    model_config = ConfigDict(extra="forbid", str_strip_whitespace=True)

    reason: str = Field(min_length=2, max_length=1000, title="理由")


class Declaration(Reason):
    enterprise: str = Field(max_length=18, title="企业统一社会信用代码")


@router.get("/me/interests", summary="本人声明的利害关系", operation_id="list_interests", openapi_extra=_OWN)
def listing(held: OfficeDep, by: CurrentActor) -> list[dict[str, Any]]:
    access.require(by, Operation.OWN_ACCOUNT)
    with looking(held) as session:
        rows = interests.of_person(session, by.person_id)
    return [
        {"enterprise": row.credit_code, "name": row.name, "reason": row.reason, "declared_at": local(row.declared_at)}
        for row in rows
    ]


@router.post(
    "/me/interests", status_code=201, summary="声明利害关系", operation_id="declare_interest", openapi_extra=_OWN
)
def declare(body: Declaration, desk: DeskDep) -> Response:
    with desk.act(Operation.OWN_ACCOUNT) as act:
        enterprise = lookups.enterprise_by_credit_code(act.session, body.enterprise)
        interests.declare(act.session, enterprise, body.reason, by=act.by, at=act.at)
        act.answer({"enterprise": body.enterprise, "declared_at": local(act.at)})
    return desk.reply()


@router.post("/people/{person_id}/interests/{credit_code}/ending", status_code=201, summary="解除利害关系声明",
             operation_id="end_interest", openapi_extra={"x-operation": Operation.MANAGE_ACCOUNTS})  # fmt: skip
def end(person_id: str, credit_code: str, body: Reason, desk: DeskDep) -> Response:
    with desk.act(Operation.MANAGE_ACCOUNTS) as act:
        enterprise = lookups.enterprise_by_credit_code(act.session, credit_code)
        interests.end(act.session, person_id, enterprise, body.reason, by=act.by, at=act.at)
        act.answer({"person": person_id, "enterprise": credit_code, "ended": True})
    return desk.reply()
