"""待批事项: what waits for a second person, and their word on it; whoever proposed may take it back."""

import json
from collections.abc import Sequence
from typing import Annotated, Any

from fastapi import APIRouter, Query
from pydantic import BaseModel, ConfigDict, Field
from starlette.responses import Response

from models.permissions import Operation
from models.proposal import ActKind, Outcome
from services import access, lookups, policy_acts, proposals
from services.dry_run import Shift
from services.keyset import position
from web.acting import Act
from web.desk import Here, HereDep, Sent, text_of
from web.fields import fields_of
from web.listing import Cell, Listing, link, show, tag, when
from web.office_paper import OfficePaper
from web.paging import next_page
from web.proposal_content import DATED, content_of, fingerprint
from web.reading import values_of
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
WHICH = {"none": "都不变动", "ticked": "只变动下面勾选的", "all": "全部变动"}
_MOST_SHIFTS = 80


class Approving(BaseModel):
    model_config = ConfigDict(extra="forbid", str_strip_whitespace=True)

    reason: str = Field(default="", max_length=1000, title="意见")


class ApprovingDates(Approving):
    which: str = Field(pattern="^(none|ticked|all)$", title="已有期限")


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
def one(
    proposal_id: str, visit: HereDep, done: str = "", start: Annotated[int, Query(ge=0, le=100_000)] = 0
) -> Response:
    row, names = _found(visit, proposal_id)
    waiting, shifts = row.outcome is None, _shifts(visit, row)
    with visit.looking() as session:
        content = content_of(session, row, visit.say)
    mine = row.proposed_by == visit.by.person_id
    decides = (
        waiting and not mine and row.concerns != visit.by.person_id and visit.by.grant_for(Operation.DECIDE_PROPOSAL)
    )
    return page(
        visit.request, "proposal.html", row=row, names=names, label=KINDS[ActKind(row.kind)], outcome=OUTCOMES[row.outcome],
        colour=_COLOURS[row.outcome], shifts=shifts[start:start + _MOST_SHIFTS], count=len(shifts), dated=ActKind(row.kind) in DATED,
        content=content, more=start + _MOST_SHIFTS if len(shifts) > start + _MOST_SHIFTS else 0, start=start, may_decide=bool(decides), may_withdraw=waiting and mine, waiting=waiting, done=DONE.get(done, ""),
    )  # fmt: skip


@router.get("/admin/proposals/{proposal_id}/approval", openapi_extra=DECIDE)
def ask_approval(proposal_id: str, visit: HereDep) -> Response:
    return _approval(visit, proposal_id).ask()


@router.post("/admin/proposals/{proposal_id}/approval", openapi_extra=DECIDE)
def approve(proposal_id: str, visit: HereDep, form: Sent) -> Response:
    """What it moves is what was seen: where the dry run is another one by now, it is shown anew."""
    row, _ = _found(visit, proposal_id)
    shifts, paper = _shifts(visit, row), _approval(visit, proposal_id)

    def do(done: Act, body: Any) -> None:
        acts = second_person_of(visit.request).acts()
        moves = _chosen(getattr(body, "which", "none"), form, shifts)
        proposals.approve(done.session, proposal_id, acts, by=done.by, at=done.at, reason=body.reason, moves=moves)
        done.leads_to = f"/admin/proposals/{proposal_id}?done=approved"

    if shifts and text_of(form, "seen") != fingerprint(shifts):
        paper.values = values_of(form)
        return paper.ask(faults=[("", "试算结果已有变化，请核对后再批准。")], status=409)
    return paper.take(form, do)


def _chosen(which: str, form: Any, shifts: Sequence[Shift]) -> list[str]:
    if which == "all":
        return [one.deadline_id for one in shifts]
    return [str(one) for one in form.getlist("moves")] if which == "ticked" else []


def _shifts(visit: Here, row: Any) -> Sequence[Shift]:
    """The dry run of a waiting change of rules, ladder or calendar, as things stand now."""
    if row.outcome is not None or ActKind(row.kind) not in DATED:
        return ()
    with visit.looking() as session:
        return policy_acts.proposed(session, json.loads(row.payload), at=visit.at)


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
    row, _ = _found(visit, proposal_id)
    shifts = _shifts(visit, row)
    if not shifts:
        return _paper(visit, proposal_id, "approval", Operation.DECIDE_PROPOSAL, Approving)
    paper = _paper(visit, proposal_id, "approval", Operation.DECIDE_PROPOSAL, ApprovingDates)
    paper.template, paper.hidden = "approval.html", {"seen": [fingerprint(shifts)]}
    paper.values = {"which": ["none"]}
    paper.shown = {"shifts": shifts[:_MOST_SHIFTS], "count": len(shifts)}
    return paper


def _refusal(visit: Here, proposal_id: str) -> OfficePaper:
    return _paper(visit, proposal_id, "refusal", Operation.DECIDE_PROPOSAL, Reasoned)


def _withdrawal(visit: Here, proposal_id: str) -> OfficePaper:
    return _paper(visit, proposal_id, "withdrawal", Operation.PROPOSALS, Reasoned)


def _paper(visit: Here, proposal_id: str, what: str, operation: Operation, model: type[BaseModel]) -> OfficePaper:
    row, names = _found(visit, proposal_id)
    return OfficePaper(
        visit, operation, title=TITLES[what], action=f"/admin/proposals/{proposal_id}/{what}", model=model,
        fields=fields_of(model, {"which": list(WHICH.items())}), back=f"/admin/proposals/{proposal_id}",
        facts=(("事项", row.summary), ("提出", names[row.proposed_by])), button=TITLES[what],
    )  # fmt: skip


def _found(visit: Here, proposal_id: str) -> tuple[Any, dict[str, str]]:
    """Raises: NotPermitted, NotFound."""
    access.require(visit.by, Operation.PROPOSALS)
    with visit.looking() as session:
        row = proposals.proposal(session, proposal_id, second_person_of(visit.request).acts(), by=visit.by)
        names = lookups.names_of(session, {one for one in (row.proposed_by, row.decided_by, row.concerns) if one})
    return row, names
