"""The form of one decision on one hazard for one person; and what remains of it when the hazard has moved on."""

from datetime import timedelta
from typing import Any

from sqlmodel import Session
from starlette.datastructures import FormData
from starlette.responses import Response

from models.decisions import DecisionCode
from models.errors import DomainError, NotFound, NotPermitted, StepUpRequired, WrongStage
from models.forms import FORMS
from models.hazard import Hazard
from models.permissions import Operation
from models.process import Move, move_for, moves_at, who_may
from models.requests import RequestKind
from models.stage import Step
from services import access, drafts, open_decisions, register, similar
from services.missing import missing_for, past_limit
from web import history
from web.choices import choices_for
from web.desk import Here, text_of
from web.fields import fields_of
from web.paper import Paper
from web.reading import values_of
from web.rendering import page
from web.showing import shown_answers

_COMPARING = frozenset({
    DecisionCode.ACCEPT, DecisionCode.MAJOR, DecisionCode.GENERAL, DecisionCode.NOT_HAZARD, DecisionCode.CONFIRM, DecisionCode.ASSIGN,
    RequestKind.MERGE.ask, RequestKind.MERGE.grant,
})  # fmt: skip
"""Decisions before which one looks whether it is on the ledger already."""


def paper_for(visit: Here, no: str, resource: str, *, seen: str = "") -> tuple[Paper, Move]:
    """The form, if the decision is this person's to take now. `seen`: the version the person has before them.

    Raises: NotFound, NotPermitted, WrongStage.
    """
    with visit.looking() as session:
        hazard = access.hazard_for(session, no, Operation.READ_HAZARD, by=visit.by)
        move = _move(hazard, resource)
        _require_open(visit, hazard, move)
        paper = _paper(visit, session, hazard, move, seen)
    return paper, move


def open_again(visit: Here, no: str, resource: str) -> Response:
    """The form as its person left it, with what others did since. A draft whose decision is no longer theirs to take is
    shown to be copied.

    Raises: NotFound, NotPermitted, WrongStage.
    """
    with visit.looking() as session:
        hazard = access.hazard_for(session, no, Operation.READ_HAZARD, by=visit.by)
        move = _move(hazard, resource)
        draft = drafts.kept(session, drafts.Place(hazard.id, resource), by=visit.by)
        paper = _paper(visit, session, hazard, move, str(draft.version) if draft else "")
    paper.open(draft)
    try:
        _require_open(visit, hazard, move)
    except (WrongStage, NotPermitted) as refusal:
        if draft is None:
            raise
        return _too_late(paper, refusal, status=200)
    return paper.ask()


def overtaken(visit: Here, no: str, resource: str, form: FormData, refusal: DomainError) -> Response:
    """The decision can no longer be taken: why, who did what meanwhile, and the text that was typed, to be copied."""
    with visit.looking() as session:
        hazard = access.hazard_for(session, no, Operation.READ_HAZARD, by=visit.by)
        paper = _paper(visit, session, hazard, _move(hazard, resource), text_of(form, "version"))
    paper.values = values_of(form)
    return _too_late(paper, refusal, status=refusal.status)


def _too_late(paper: Paper, refusal: DomainError, *, status: int) -> Response:
    visit = paper.visit
    answers = shown_answers(paper.fields, paper.values, paper.files(), visit.say)
    return page(visit.request, "overtaken.html", status=status, paper=paper, refusal=refusal, answers=answers)


def _paper(visit: Here, session: Session, hazard: Hazard, move: Move, seen: str) -> Paper:
    form = FORMS[move.decision]
    return Paper(
        visit, move.decision.label, f"/hazards/{hazard.no}/decisions/{move.resource}", form,
        fields_of(form, choices_for(session, form, hazard)), move.decision, hazard,
        None if move.decision in drafts.NEVER_KEPT else drafts.Place(hazard.id, move.resource),
        leads_to=open_decisions.leads_somewhere(move), wants_proof=wants_proof(visit, move.operation), changes=_changes(visit, session, hazard, seen),
        missing=missing_for(hazard, move.decision, is_late=hazard.id in past_limit(session, [hazard], at=visit.at)),
        similar=similar.at_verification(session, hazard, by=visit.by, at=visit.at) if move.decision in _COMPARING else (),
    )  # fmt: skip


def _changes(visit: Here, session: Session, hazard: Hazard, seen: str) -> list[dict[str, Any]]:
    if not (seen.isdigit() and len(seen) < 9 and int(seen) < hazard.version):
        return []
    events = register.timeline(session, hazard, redacted=visit.by.enterprise_id is not None)
    return history.since(session, events, int(seen), visit.say)


def _move(hazard: Hazard, resource: str) -> Move:
    """The row of this resource where the hazard stands, or else anywhere."""
    steps = (Step(hazard.step), *Step)
    found = next((move for step in steps for move in moves_at(step) if move.resource == resource), None)
    if found is None:
        raise NotFound("没有这个办理事项。", remedy="请从隐患页面打开要办理的事项。")
    return found


def _require_open(visit: Here, hazard: Hazard, move: Move) -> None:
    move_for(Step(hazard.step), move.decision)
    if not access.may_take(visit.by, move, hazard):
        raise NotPermitted(f"“{move.decision.label}”不由您办理。", rule="权限表（hazardflow permissions）",
                           remedy=f"可由{who_may(move.operation)}办理。")  # fmt: skip


def wants_proof(visit: Here, operation: Operation) -> bool:
    """Whether the form asks for the password anew before this."""
    within = timedelta(minutes=visit.held.settings.step_up_minutes)
    try:
        access.require_recent_password(visit.by, operation, at=visit.at, within=within)
    except StepUpRequired:
        return True
    return False
