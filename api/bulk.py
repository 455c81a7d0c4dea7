"""Many rows at once: each its own transaction, version check and result; a refused row undoes no other."""

import json
from collections.abc import Callable, Iterable
from typing import Annotated, Any

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy.exc import DBAPIError

from api import problems
from api.decisions import decide
from api.desk import Desk, DeskDep, Replayed, looking
from models.decisions import DecisionCode
from models.errors import DomainError
from models.forms import Acceptance, Assignment, Form
from models.permissions import Operation
from services import access, staffing

router = APIRouter(tags=["bulk"])
MOST_ROWS = 200
_Version = Annotated[int, Field(ge=1, title="读取时的版本号")]


class Body(BaseModel):
    model_config = ConfigDict(extra="forbid", str_strip_whitespace=True)


class HazardRow(Body):
    no: str = Field(max_length=20, title="隐患编号")
    version: _Version


class ItemRow(Body):
    item: str = Field(max_length=36, title="待办编号")
    person: str = Field(max_length=36, title="办理人（人员编号）")
    version: _Version


class Acceptances(Body):
    form: Acceptance
    rows: list[HazardRow] = Field(min_length=1, max_length=MOST_ROWS)


class Assignments(Body):
    form: Assignment
    rows: list[HazardRow] = Field(min_length=1, max_length=MOST_ROWS)


class PersonAssignments(Body):
    rows: list[ItemRow] = Field(min_length=1, max_length=MOST_ROWS)


@router.post("/hazards/acceptances", summary="批量受理", operation_id="accept_many",
             openapi_extra={"x-operation": Operation.ACCEPT_REPORT})  # fmt: skip
def accept_many(body: Acceptances, desk: DeskDep) -> list[dict[str, Any]]:
    return _decide_many(desk, Operation.ACCEPT_REPORT, DecisionCode.ACCEPT, body.form, body.rows)


@router.post("/hazards/assignments", summary="批量交办", operation_id="assign_many",
             openapi_extra={"x-operation": Operation.ASSIGN_LEAD})  # fmt: skip
def assign_many(body: Assignments, desk: DeskDep) -> list[dict[str, Any]]:
    return _decide_many(desk, Operation.ASSIGN_LEAD, DecisionCode.ASSIGN, body.form, body.rows)


@router.post("/work-items/assignments", summary="批量指派", operation_id="assign_many_persons",
             openapi_extra={"x-operation": Operation.ASSIGN_PERSON})  # fmt: skip
def assign_persons(body: PersonAssignments, desk: DeskDep) -> list[dict[str, Any]]:
    def assign(row: Desk, asked: ItemRow) -> None:
        with looking(row.held) as session:
            no = staffing.item_of(session, asked.item).no
        with row.decision(no, Operation.ASSIGN_PERSON) as (act, _hazard):
            staffing.assign_person(act.session, asked.item, asked.person, by=act.by, at=act.at)
            act.answer({"item": asked.item, "no": no, "person": asked.person})

    access.require(desk.by, Operation.ASSIGN_PERSON)
    return [_result(desk, number, row, row.version, assign) for number, row in enumerate(body.rows)]


def _decide_many(
    desk: Desk, operation: Operation, code: DecisionCode, form: Form, rows: Iterable[HazardRow]
) -> list[dict[str, Any]]:
    def take(row: Desk, asked: HazardRow) -> None:
        with row.decision(asked.no, operation) as (act, hazard):
            decide(act, hazard, code, form)

    access.require(desk.by, operation)
    content = form.model_dump_json()
    return [_result(desk, number, row, row.version, take, content) for number, row in enumerate(rows)]


def _result(
    desk: Desk, number: int, asked: Any, version: int, carry_out: Callable[[Desk, Any], None], content: str = ""
) -> dict[str, Any]:
    """What became of one row: its answer, or its problem document."""
    row = desk.row(number, f"{asked.model_dump_json()}{content}", version=version)
    try:
        carry_out(row, asked)
        answered = row.reply()
    except Replayed as again:
        answered = again.response
    except DomainError as refused:
        answered = problems.of(refused)
    except DBAPIError:
        answered = problems.busy()
    body = json.loads(bytes(answered.body))
    return {
        "row": number,
        "status": answered.status_code,
        ("answer" if answered.status_code < 400 else "problem"): body,
    }
