"""A work item and its people: laid on one person, urged, reported on, kept in mind."""

from datetime import date

from fastapi import APIRouter, Response
from pydantic import BaseModel, ConfigDict, Field

from api.desk import DeskDep
from api.views import local
from models.permissions import Operation
from services import instructions, staffing, urging

router = APIRouter(prefix="/work-items/{item_id}", tags=["work items"])
_OWN = {"x-operation": Operation.WORK_ITEMS}


class Body(BaseModel):
    model_config = ConfigDict(extra="forbid", str_strip_whitespace=True)


class AssigneeBody(Body):
    person: str = Field(max_length=36, title="办理人（人员编号）")


class UrgingBody(Body):
    words: str = Field(default="", max_length=200, title="催办意见")


class FollowUpBody(Body):
    on: date = Field(title="跟进日期")


class ReportBody(Body):
    answer: str = Field(min_length=5, max_length=4000, title="批示落实情况")


@router.put("/assignee", summary="部门内指派", operation_id="assign_person",
            openapi_extra={"x-operation": Operation.ASSIGN_PERSON})  # fmt: skip
def assign(item_id: str, body: AssigneeBody, desk: DeskDep) -> Response:
    with desk.act(Operation.ASSIGN_PERSON) as act:
        staffing.assign_person(act.session, item_id, body.person, by=act.by, at=act.at)
        act.answer({"id": item_id, "person": body.person}, status=200)
    return desk.reply()


@router.post(
    "/urging", status_code=201, summary="催办", operation_id="urge", openapi_extra={"x-operation": Operation.URGE}
)
def urge(item_id: str, body: UrgingBody, desk: DeskDep) -> Response:
    """Once a day for each item and each person who urges."""
    with desk.act(Operation.URGE) as act:
        urging.urge(act.session, item_id, body.words, by=act.by, at=act.at)
        act.answer({"id": item_id, "urged_at": local(act.at)})
    return desk.reply()


@router.post("/report", status_code=201, summary="报告批示落实情况", operation_id="report_on_instruction",
             openapi_extra={"x-operation": Operation.REPORT_ON_INSTRUCTION})  # fmt: skip
def report(item_id: str, body: ReportBody, desk: DeskDep) -> Response:
    with desk.act(Operation.REPORT_ON_INSTRUCTION) as act:
        hazard = instructions.report_on(act.session, item_id, body.answer, by=act.by, at=act.at)
        act.answer({"id": item_id, "no": hazard.no, "answered": True})
    return desk.reply()


@router.put("/follow-up", summary="个人跟进日期", operation_id="follow_up", openapi_extra=_OWN)
def follow_up(item_id: str, body: FollowUpBody, desk: DeskDep) -> Response:
    """One's own reminder; no deadline moves, and nobody else sees it."""
    with desk.act(Operation.WORK_ITEMS) as act:
        staffing.follow_up(act.session, item_id, body.on, by=act.by, at=act.at)
        act.answer({"id": item_id, "follow_up_on": body.on.isoformat()}, status=200)
    return desk.reply()


@router.delete("/follow-up", summary="取消个人跟进日期", operation_id="forget_follow_up", openapi_extra=_OWN)
def forget(item_id: str, desk: DeskDep) -> Response:
    with desk.act(Operation.WORK_ITEMS) as act:
        staffing.forget_follow_up(act.session, item_id, by=act.by)
        act.answer({"id": item_id, "follow_up_on": None}, status=200)
    return desk.reply()
