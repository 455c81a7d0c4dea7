"""待批事项: what waits for a second person, and their word on it; whoever proposed may take it back."""

import json
from typing import Any

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict, Field
from starlette.responses import Response

from models.permissions import Operation
from models.proposal import ActKind, Outcome
from services import access, lookups, policy_acts, proposals
from web.acting import Act
from web.desk import Here, HereDep, Sent
from web.fields import fields_of
from web.listing import Cell, Listing, link, show, tag, when
from web.office_paper import OfficePaper
from web.paging import next_page, position
from web.rendering import page
from web.second_person import second_person_of

router = APIRouter()
SEE = {"x-operation": Operation.PROPOSALS}
DECIDE = {"x-operation": Operation.DECIDE_PROPOSAL}
PAGE = 50
COLUMNS = ("事项", "提出", "提出时间", "结果")
OUTCOMES = {None: "待批", Outcome.APPROVED: "已批准", Outcome.REFUSED: "未批准", Outcome.WITHDRAWN: "已撤回"}
TITLES = {"approval": "批准", "refusal": "不批准", "withdrawal": "撤回"}
KINDS = {kind: kind.label for kind in ActKind}
DONE = {"proposed": "已提出。", "approved": "已批准并生效。", "refused": "未予批准。", "withdrawn": "已撤回。"}
_COLOURS = {None: "amber", Outcome.APPROVED: "green", Outcome.REFUSED: "red", Outcome.WITHDRAWN: "blue"}
_DATED = frozenset(act.kind for act in policy_acts.ACTS.values())
_MOST_SHIFTS = 100


class Approving(BaseModel):
    model_config = ConfigDict(extra="forbid", str_strip_whitespace=True)

    reason: str = Field(default="", max_length=1000, title="意见")


class Reasoned(BaseModel):
    model_config = ConfigDict(extra="forbid", str_strip_whitespace=True)

    reason: str = Field(min_length=2, max_length=1000, title="理由")


@router.get("/admin/proposals", openapi_extra=SEE)
def listing(visit: HereDep, view: str = "", cursor: str = "") -> Response:
    access.require(visit.by, Operation.PROPOSALS)
    with visit.looking() as session:
        rows = proposals.proposals(
            session, second_person_of(visit.request).acts(), by=visit.by, waiting_only=view != "all",
            after=position(cursor, proposals.Position), limit=PAGE + 1,
        )  # fmt: skip
        names = lookups.names_of(session, {row.proposed_by for row in rows})
    last = rows[PAGE - 1] if len(rows) > PAGE else None
    lines = [
        (link(f"/admin/proposals/{row.id}", row.summary, KINDS[ActKind(row.kind)]), Cell(names[row.proposed_by]),
         when(row.proposed_at), tag(_COLOURS[row.outcome], OUTCOMES[row.outcome]))
        for row in rows[:PAGE]
    ]  # fmt: skip
    return show(visit, Listing(
        title="待批事项", columns=COLUMNS, rows=lines, back="/admin", empty="没有待批事项。",
        views=(("/admin/proposals", "待批", view != "all"), ("/admin/proposals?view=all", "全部", view == "all")),
        more=next_page(visit.request, last.proposed_at, last.id) if last else "",
    ))  # fmt: skip


@router.get("/admin/proposals/{proposal_id}", openapi_extra=SEE)
def one(proposal_id: str, visit: HereDep, done: str = "") -> Response:
    row, names = _found(visit, proposal_id)
    waiting = row.outcome is None
    shifts: Any = ()
    if waiting and ActKind(row.kind) in _DATED:
        with visit.looking() as session:
            shifts = policy_acts.proposed(session, json.loads(row.payload), at=visit.at)
    mine = row.proposed_by == visit.by.person_id
    decides = (
        waiting and not mine and row.concerns != visit.by.person_id and visit.by.grant_for(Operation.DECIDE_PROPOSAL)
    )
    return page(
        visit.request, "proposal.html", row=row, names=names, label=KINDS[ActKind(row.kind)], outcome=OUTCOMES[row.outcome],
        colour=_COLOURS[row.outcome], shifts=shifts[:_MOST_SHIFTS], count=len(shifts), dated=ActKind(row.kind) in _DATED,
        may_decide=bool(decides), may_withdraw=waiting and mine, waiting=waiting, done=DONE.get(done, ""),
    )  # fmt: skip


@router.get("/admin/proposals/{proposal_id}/approval", openapi_extra=DECIDE)
def ask_approval(proposal_id: str, visit: HereDep) -> Response:
    return _approval(visit, proposal_id).ask()


@router.post("/admin/proposals/{proposal_id}/approval", openapi_extra=DECIDE)
def approve(proposal_id: str, visit: HereDep, form: Sent) -> Response:
    def do(done: Act, body: Approving) -> None:
        acts = second_person_of(visit.request).acts()
        proposals.approve(done.session, proposal_id, acts, by=done.by, at=done.at, reason=body.reason)
        done.leads_to = f"/admin/proposals/{proposal_id}?done=approved"

    return _approval(visit, proposal_id).take(form, do)


@router.get("/admin/proposals/{proposal_id}/refusal", openapi_extra=DECIDE)
def ask_refusal(proposal_id: str, visit: HereDep) -> Response:
    return _refusal(visit, proposal_id).ask()


@router.post("/admin/proposals/{proposal_id}/refusal", openapi_extra=DECIDE)
def refuse(proposal_id: str, visit: HereDep, form: Sent) -> Response:
    def do(done: Act, body: Reasoned) -> None:
        acts = second_person_of(visit.request).acts()
        proposals.refuse(done.session, proposal_id, acts, by=done.by, at=done.at, reason=body.reason)
        done.leads_to = f"/admin/proposals/{proposal_id}?done=refused"

    return _refusal(visit, proposal_id).take(form, do)


@router.get("/admin/proposals/{proposal_id}/withdrawal", openapi_extra=SEE)
def ask_withdrawal(proposal_id: str, visit: HereDep) -> Response:
    return _withdrawal(visit, proposal_id).ask()


@router.post("/admin/proposals/{proposal_id}/withdrawal", openapi_extra=SEE)
def withdraw(proposal_id: str, visit: HereDep, form: Sent) -> Response:
    def do(done: Act, body: Reasoned) -> None:
        acts = second_person_of(visit.request).acts()
        proposals.withdraw(done.session, proposal_id, acts, by=done.by, at=done.at, reason=body.reason)
        done.leads_to = f"/admin/proposals/{proposal_id}?done=withdrawn"

    return _withdrawal(visit, proposal_id).take(form, do)


def _approval(visit: Here, proposal_id: str) -> OfficePaper:
    return _paper(visit, proposal_id, "approval", Operation.DECIDE_PROPOSAL, Approving)


def _refusal(visit: Here, proposal_id: str) -> OfficePaper:
    return _paper(visit, proposal_id, "refusal", Operation.DECIDE_PROPOSAL, Reasoned)


def _withdrawal(visit: Here, proposal_id: str) -> OfficePaper:
    return _paper(visit, proposal_id, "withdrawal", Operation.PROPOSALS, Reasoned)


def _paper(visit: Here, proposal_id: str, what: str, operation: Operation, model: type[BaseModel]) -> OfficePaper:
    row, names = _found(visit, proposal_id)
    return OfficePaper(
        visit, operation, title=TITLES[what], action=f"/admin/proposals/{proposal_id}/{what}", model=model,
        fields=fields_of(model, {}), back=f"/admin/proposals/{proposal_id}",
        facts=(("事项", row.summary), ("提出", names[row.proposed_by])), button=TITLES[what],
    )  # fmt: skip


def _found(visit: Here, proposal_id: str) -> tuple[Any, dict[str, str]]:
    """Raises: NotPermitted, NotFound."""
    access.require(visit.by, Operation.PROPOSALS)
    with visit.looking() as session:
        row = proposals.proposal(session, proposal_id, second_person_of(visit.request).acts(), by=visit.by)
        names = lookups.names_of(session, {one for one in (row.proposed_by, row.decided_by, row.concerns) if one})
    return row, names
