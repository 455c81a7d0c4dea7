"""What people say to one another about a hazard: copies for information, leaders' instructions, comments."""

from datetime import date
from typing import Annotated, Any

from fastapi import APIRouter, Response
from pydantic import BaseModel, ConfigDict, Field

from api.desk import CurrentActor, DeskDep, OfficeDep, looking
from api.views import local
from models.permissions import Operation
from services import access, comments, copies, instructions

router = APIRouter(prefix="/hazards/{no}", tags=["office life"])
_READ = {"x-operation": Operation.READ_HAZARD}
_COPY = {"x-operation": Operation.COPY}
_Person = Annotated[str, Field(max_length=36)]


class Body(BaseModel):
    model_config = ConfigDict(extra="forbid", str_strip_whitespace=True)


class CopyBody(Body):
    people: list[_Person] = Field(min_length=1, max_length=50, title="抄送给（人员编号）")
    words: str = Field(default="", max_length=200, title="说明")


class InstructionBody(Body):
    words: str = Field(min_length=2, max_length=2000, title="批示内容")
    unit: str | None = Field(default=None, max_length=20, title="报告落实情况的单位代码")
    due_on: date | None = Field(default=None, title="报告期限；不填为5个工作日")


class CommentBody(Body):
    words: str = Field(min_length=1, max_length=2000, title="留言")
    mentions: list[_Person] = Field(default_factory=list, max_length=20, title="提到（人员编号）")
    for_enterprise: bool = Field(default=False, title="企业可见")


@router.post("/copies", status_code=201, summary="抄送", operation_id="copy_hazard", openapi_extra=_COPY)
def copy(no: str, body: CopyBody, desk: DeskDep) -> Response:
    """These persons may read the hazard from now on, and do nothing to it."""
    with desk.act(Operation.COPY) as act:
        hazard = access.lock_hazard_for(act.session, no, Operation.COPY, by=act.by)
        new = copies.copy_to(act.session, hazard, body.people, body.words, by=act.by, at=act.at)
        act.answer({"no": no, "copied": new})
    return desk.reply()


@router.get("/copies", summary="抄送名单", operation_id="list_copies", openapi_extra=_COPY)
def list_copies(no: str, held: OfficeDep, by: CurrentActor) -> list[dict[str, Any]]:
    with looking(held) as session:
        rows = copies.copies_of(session, access.hazard_for(session, no, Operation.COPY, by=by))
    return [{"person": row.person_id, "name": row.name, "words": row.words, "copied_at": local(row.copied_at)}
            for row in rows]  # fmt: skip


@router.delete("/copies/{person_id}", summary="收回抄送", operation_id="revoke_copy", openapi_extra=_COPY)
def revoke_copy(no: str, person_id: str, desk: DeskDep) -> Response:
    with desk.act(Operation.COPY) as act:
        hazard = access.lock_hazard_for(act.session, no, Operation.COPY, by=act.by)
        copies.revoke(act.session, hazard, person_id, by=act.by, at=act.at)
        act.answer({"no": no, "person": person_id}, status=200)
    return desk.reply()


@router.post("/instructions", status_code=201, summary="批示", operation_id="instruct",
             openapi_extra={"x-operation": Operation.INSTRUCT})  # fmt: skip
def instruct(no: str, body: InstructionBody, desk: DeskDep) -> Response:
    with desk.act(Operation.INSTRUCT) as act:
        hazard = access.lock_hazard_for(act.session, no, Operation.INSTRUCT, by=act.by)
        row = instructions.instruct(
            act.session, hazard, body.words, unit=body.unit, due_on=body.due_on, by=act.by, at=act.at
        )
        act.answer({"no": no, "id": row.id, "due_at": local(row.due_at)})
    return desk.reply()


@router.get("/instructions", summary="批示和落实情况", operation_id="list_instructions", openapi_extra=_READ)
def list_instructions(no: str, held: OfficeDep, by: CurrentActor) -> list[dict[str, Any]]:
    """Among officials only; an enterprise finds none here."""
    with looking(held) as session:
        hazard = access.hazard_for(session, no, Operation.READ_HAZARD, by=by)
        rows = [] if by.enterprise_id else instructions.instructions_on(session, hazard)
    return [
        {"id": row.id, "leader": row.leader, "words": row.words, "unit": row.unit, "due_at": local(row.due_at),
         "instructed_at": local(row.instructed_at), "answer": row.answer, "answered_at": local(row.answered_at)}
        for row in rows
    ]  # fmt: skip


@router.post("/comments", status_code=201, summary="留言", operation_id="comment_on",
             openapi_extra={"x-operation": Operation.COMMENT})  # fmt: skip
def comment(no: str, body: CommentBody, desk: DeskDep) -> Response:
    """`told` lists who of those mentioned is told: only persons who may see it."""
    with desk.act(Operation.COMMENT) as act:
        hazard = access.lock_hazard_for(act.session, no, Operation.COMMENT, by=act.by)
        comment_id, told = comments.comment_on(
            act.session, hazard, body.words, mentions=body.mentions, for_enterprise=body.for_enterprise, by=act.by,
            at=act.at,
        )  # fmt: skip
        act.answer({"no": no, "id": comment_id, "told": told})
    return desk.reply()


@router.get("/comments", summary="留言", operation_id="list_comments", openapi_extra=_READ)
def list_comments(no: str, held: OfficeDep, by: CurrentActor) -> list[dict[str, Any]]:
    with looking(held) as session:
        rows = comments.comments_on(session, access.hazard_for(session, no, Operation.READ_HAZARD, by=by), by=by)
    return [
        {"id": row.id, "name": row.name, "words": row.words, "for_enterprise": row.for_enterprise,
         "written_at": local(row.written_at)}
        for row in rows
    ]  # fmt: skip
