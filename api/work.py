"""Work items 待办: the inbox, claim and release."""

from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request, Response
from pydantic import BaseModel, ConfigDict, Field

from api.desk import CurrentActor, DeskDep, OfficeDep, looking
from api.hazards import page
from api.views import local
from models.correspondence import INSTRUCTION
from models.limits import ZONE
from models.permissions import Operation
from models.process import STEPS
from models.stage import Step
from services import access, duties, inbox
from services.keyset import cursor_of, position

router = APIRouter(prefix="/work-items", tags=["work items"])
_RIGHT = {"x-operation": Operation.WORK_ITEMS}


@router.get("", summary="待办事项", operation_id="list_work_items", openapi_extra=_RIGHT)
def listing(
    request: Request, held: OfficeDep, by: CurrentActor, mine: bool = False, followed: bool = False, cursor: str = "",
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
) -> Response:  # fmt: skip
    """`followed`: only those with a follow-up date of one's own, in the order of these dates."""
    access.require(by, Operation.WORK_ITEMS)
    place = position(cursor, inbox.Position)
    with looking(held) as session:
        rows = inbox.work_items(session, by=by, mine_only=mine, after=place, limit=limit + 1, followed=followed)
    last = rows[limit - 1] if len(rows) > limit else None
    more = cursor_of(last.follow_up_at if followed else last.due_at, last.id) if last else None
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
        duties.lock_hazard_of(act.session, item_id)
        act.at = desk.held.instant(act.session)  # under the lock: what waited for it is later
        duties.answer_letter(act.session, item_id, body.answer, by=act.by, at=act.at)
        act.answer({"id": item_id, "answered": True})
    return desk.reply()


def _line(row: Any, held: OfficeDep) -> dict[str, Any]:
    label = STEPS[Step(row.kind)].label if row.is_move else _DUTIES.get(row.kind, row.kind)
    return {
        "id": row.id, "kind": row.kind, "label": label, "is_move": row.is_move, "due_at": local(row.due_at),
        "overdue": row.due_at < held.now(), "opened_at": local(row.opened_at), "claimed": row.assignee_id is not None,
        "hazard_no": row.no, "stage": row.stage, "place": row.place, "sector": row.sector,
        "description": row.description, "version": row.version, "follow_up_on": _day(row.follow_up_at),
    }  # fmt: skip


_DUTIES = {INSTRUCTION: "报告批示落实情况"}


def _day(moment: datetime | None) -> str | None:
    return moment.astimezone(ZONE).date().isoformat() if moment else None
