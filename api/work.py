"""Work items 待办: the inbox, claim and release."""

from typing import Annotated, Any

from fastapi import APIRouter, Query, Request, Response
from pydantic import BaseModel, ConfigDict, Field

from api.desk import CurrentActor, DeskDep, OfficeDep, looking
from api.hazards import cursor_of, page, position
from api.views import local
from models.permissions import Operation
from models.process import STEPS
from models.stage import Step
from services import access, duties, inbox

router = APIRouter(prefix="/work-items", tags=["work items"])
_RIGHT = {"x-operation": Operation.WORK_ITEMS}


@router.get("", summary="待办事项", operation_id="list_work_items", openapi_extra=_RIGHT)
def listing(
    request: Request, held: OfficeDep, by: CurrentActor, mine: bool = False, cursor: str = "",
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
) -> Response:  # fmt: skip
    access.require(by, Operation.WORK_ITEMS)
    with looking(held) as session:
        rows = inbox.work_items(session, by=by, mine_only=mine, after=position(cursor, inbox.Position), limit=limit + 1)
    more = cursor_of(rows[limit - 1].due_at, rows[limit - 1].id) if len(rows) > limit else None
    return page(request, [_line(row, held) for row in rows[:limit]], more)


@router.post("/{item_id}/claim", status_code=201, summary="领取", operation_id="claim_work_item", openapi_extra=_RIGHT)
def claim(item_id: str, desk: DeskDep) -> Response:
    with desk.act(Operation.WORK_ITEMS) as act:
        inbox.claim_item(act.session, item_id, by=act.by)
        act.answer({"id": item_id, "claimed_by": act.by.name})
    return desk.reply()


@router.delete("/{item_id}/claim", summary="释放", operation_id="release_work_item", openapi_extra=_RIGHT)
def release(item_id: str, desk: DeskDep) -> Response:
    with desk.act(Operation.WORK_ITEMS) as act:
        inbox.release_item(act.session, item_id, by=act.by)
        act.answer({"id": item_id, "claimed_by": None}, status=200)
    return desk.reply()


class AnswerBody(BaseModel):
    model_config = ConfigDict(extra="forbid", str_strip_whitespace=True)

    answer: str = Field(min_length=5, max_length=4000, title="书面答复")


@router.post(
    "/{item_id}/answer", status_code=201, summary="答复督办函", operation_id="answer_letter", openapi_extra=_RIGHT
)
def answer(item_id: str, body: AnswerBody, desk: DeskDep) -> Response:
    with desk.act(Operation.WORK_ITEMS) as act:
        duties.answer_letter(act.session, item_id, body.answer, by=act.by, at=act.at)
        act.answer({"id": item_id, "answered": True})
    return desk.reply()


def _line(row: Any, held: OfficeDep) -> dict[str, Any]:
    label = STEPS[Step(row.kind)].label if row.is_move else row.kind
    return {
        "id": row.id, "kind": row.kind, "label": label, "is_move": row.is_move, "due_at": local(row.due_at),
        "overdue": row.due_at < held.now(), "opened_at": local(row.opened_at), "claimed": row.assignee_id is not None,
        "hazard_no": row.no, "stage": row.stage, "place": row.place, "sector": row.sector,
        "description": row.description, "version": row.version,
    }  # fmt: skip
