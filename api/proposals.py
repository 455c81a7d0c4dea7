"""Proposals 待批事项: what waits for a second person, and their word on it."""

import json
from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request, Response
from pydantic import BaseModel, ConfigDict, Field
from sqlmodel import Session

from api.desk import CurrentActor, DeskDep, OfficeDep, looking
from api.hazards import page
from api.policies import shift_view
from api.second_person import acts_of
from api.views import local
from models.operations import Operation
from models.proposal import ActKind
from services import access, lookups, policy_acts, proposals
from services.keyset import cursor_of, position

router = APIRouter(prefix="/proposals", tags=["proposals"])
_SEE = {"x-operation": Operation.PROPOSALS}
_DATED = frozenset(act.kind for act in policy_acts.ACTS.values())
_DECIDE = {"x-operation": Operation.DECIDE_PROPOSAL}


class ApprovalBody(BaseModel):
    model_config = ConfigDict(extra="forbid", str_strip_whitespace=True)

    reason: str = Field(default="", max_length=1000, title="意见")
    moves: list[str] = Field(default=[], max_length=5000, title="随新版本变动的期限", description="试算列出的期限编号")


class ReasonBody(BaseModel):
    model_config = ConfigDict(extra="forbid", str_strip_whitespace=True)

    reason: str = Field(min_length=2, max_length=1000, title="理由")


@router.get("", summary="待批事项", operation_id="list_proposals", openapi_extra=_SEE)
def listing(
    request: Request, held: OfficeDep, by: CurrentActor, waiting: bool = True, cursor: str = "",
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
) -> Response:  # fmt: skip
    """What one may decide or has proposed; `waiting=false` shows decided ones too."""
    access.require(by, Operation.PROPOSALS)
    after = position(cursor, proposals.Position)
    with looking(held) as session:
        rows = proposals.proposals(
            session, acts_of(held), by=by, waiting_only=waiting, after=after, limit=limit + 1
        )  # fmt: skip
        names = lookups.names_of(session, _people(rows))
    more = cursor_of(rows[limit - 1].proposed_at, rows[limit - 1].id) if len(rows) > limit else None
    return page(request, [_line(row, names) for row in rows[:limit]], more)


@router.get("/{proposal_id}", summary="待批事项详情", operation_id="show_proposal", openapi_extra=_SEE)
def show(proposal_id: str, held: OfficeDep, by: CurrentActor) -> dict[str, Any]:
    access.require(by, Operation.PROPOSALS)
    with looking(held) as session:
        row = proposals.proposal(session, proposal_id, acts_of(held), by=by)
        moved = _moved(session, row, at=held.now())
        names = lookups.names_of(session, _people([row]))
    return _line(row, names) | {
        "payload": json.loads(row.payload), "result": json.loads(row.result), "would_move": moved,
    }  # fmt: skip


@router.post("/{proposal_id}/approval", status_code=201, summary="批准", operation_id="approve_proposal",
             openapi_extra=_DECIDE)  # fmt: skip
def approve(proposal_id: str, body: ApprovalBody, desk: DeskDep) -> Response:
    with desk.act(Operation.DECIDE_PROPOSAL) as act:
        result = proposals.approve(
            act.session, proposal_id, acts_of(desk.held), by=act.by, at=act.at, reason=body.reason, moves=body.moves
        )
        act.answer({"id": proposal_id, "outcome": "APPROVED", "result": result})
    return desk.reply()


@router.post("/{proposal_id}/refusal", status_code=201, summary="不批准", operation_id="refuse_proposal",
             openapi_extra=_DECIDE)  # fmt: skip
def refuse(proposal_id: str, body: ReasonBody, desk: DeskDep) -> Response:
    with desk.act(Operation.DECIDE_PROPOSAL) as act:
        proposals.refuse(act.session, proposal_id, acts_of(desk.held), by=act.by, at=act.at, reason=body.reason)
        act.answer({"id": proposal_id, "outcome": "REFUSED"})
    return desk.reply()


@router.post("/{proposal_id}/withdrawal", status_code=201, summary="撤回", operation_id="withdraw_proposal",
             openapi_extra=_SEE)  # fmt: skip
def withdraw(proposal_id: str, body: ReasonBody, desk: DeskDep) -> Response:
    with desk.act(Operation.PROPOSALS) as act:
        proposals.withdraw(act.session, proposal_id, acts_of(desk.held), by=act.by, at=act.at, reason=body.reason)
        act.answer({"id": proposal_id, "outcome": "WITHDRAWN"})
    return desk.reply()


def _moved(session: Session, row: Any, *, at: datetime) -> list[dict[str, Any]]:
    """The dry run of a waiting change of rules, ladder or calendar, as things stand now."""
    if row.decided_at is not None or ActKind(row.kind) not in _DATED:
        return []
    return [shift_view(shift) for shift in policy_acts.proposed(session, json.loads(row.payload), at=at)]


def _people(rows: Any) -> set[str]:
    return {person for row in rows for person in (row.proposed_by, row.decided_by, row.concerns) if person}


def _line(row: Any, names: dict[str, str]) -> dict[str, Any]:
    return {
        "id": row.id, "kind": row.kind, "label": ActKind(row.kind).label, "summary": row.summary,
        "concerns": row.concerns, "proposed_by": names[row.proposed_by], "proposed_at": local(row.proposed_at),
        "outcome": row.outcome, "decided_by": names.get(row.decided_by or ""), "alone": row.alone,
        "decided_at": local(row.decided_at) if row.decided_at else None, "reason": row.reason,
    }  # fmt: skip
