"""The ladder's human side: hold it, raise it by hand, acknowledge a level."""

from typing import Annotated

from fastapi import APIRouter, Response
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, StringConstraints

from api.desk import Desk, DeskDep, etag_of, looking
from api.views import local
from models.operations import Operation
from services import ladder_holds

router = APIRouter(tags=["ladder"])
Words = Annotated[str, StringConstraints(min_length=2, max_length=1000, pattern=r"^[^\x00]*$")]


class Reasoned(BaseModel):
    model_config = ConfigDict(extra="forbid", str_strip_whitespace=True)

    reason: Words = Field(title="理由")


class Hold(Reasoned):
    until: AwareDatetime = Field(title="到期时间", description="最长10个工作日")


class Raise(Reasoned):
    level: int = Field(ge=0, le=9, title="提到第几级")


_HOLD = {"x-operation": Operation.HOLD_LADDER}


@router.post("/deadlines/{deadline_id}/hold", status_code=201, summary="暂缓督办",
             operation_id="hold_ladder", openapi_extra=_HOLD)  # fmt: skip
def hold(deadline_id: str, body: Hold, desk: DeskDep) -> Response:
    with desk.decision(_hazard_no(desk, deadline_id), Operation.HOLD_LADDER) as (act, hazard):
        hold_id = ladder_holds.hold_ladder(
            act.session, hazard, deadline_id, until=body.until, reason=body.reason, by=act.by, at=act.at
        )
        act.answer({"id": hold_id, "until": local(body.until)}, etag=etag_of(hazard.version))
    return desk.reply()


@router.post("/deadlines/{deadline_id}/hold/end", status_code=201, summary="恢复督办",
             operation_id="end_ladder_hold", openapi_extra=_HOLD)  # fmt: skip
def end(deadline_id: str, body: Reasoned, desk: DeskDep) -> Response:
    with desk.decision(_hazard_no(desk, deadline_id), Operation.HOLD_LADDER) as (act, hazard):
        ladder_holds.end_hold(act.session, hazard, deadline_id, reason=body.reason, by=act.by, at=act.at)
        act.answer({"deadline": deadline_id, "held": False}, etag=etag_of(hazard.version))
    return desk.reply()


@router.post("/deadlines/{deadline_id}/escalation", status_code=201, summary="人工提级",
             operation_id="escalate_by_hand", openapi_extra={"x-operation": Operation.ESCALATE_BY_HAND})  # fmt: skip
def escalate(deadline_id: str, body: Raise, desk: DeskDep) -> Response:
    with desk.decision(_hazard_no(desk, deadline_id), Operation.ESCALATE_BY_HAND) as (act, hazard):
        escalation_id = ladder_holds.escalate_by_hand(
            act.session, hazard, deadline_id, body.level, reason=body.reason, by=act.by, at=act.at
        )
        act.answer({"id": escalation_id, "level": body.level}, etag=etag_of(hazard.version))
    return desk.reply()


@router.post("/escalations/{escalation_id}/acknowledgement", status_code=201, summary="签收督办",
             operation_id="acknowledge_escalation", openapi_extra={"x-operation": Operation.ACKNOWLEDGE_ESCALATION})  # fmt: skip
def acknowledge(escalation_id: str, desk: DeskDep) -> Response:
    """Whoever was addressed. It is not told again; the next level comes all the same."""
    with desk.act(Operation.ACKNOWLEDGE_ESCALATION) as act:
        ladder_holds.acknowledge(act.session, escalation_id, by=act.by, at=act.at)
        act.answer({"id": escalation_id, "acknowledged_at": local(act.at)})
    return desk.reply()


def _hazard_no(desk: Desk, deadline_id: str) -> str:
    """Whose deadline it is; the decision itself asks whether this person may see that hazard."""
    with looking(desk.held) as session:
        return ladder_holds.hazard_no_of(session, deadline_id)
