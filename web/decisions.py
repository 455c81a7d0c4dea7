"""The decisions as forms: what each asks for, its answers checked once more, and the decision itself."""

from dataclasses import replace
from datetime import timedelta

from fastapi import APIRouter
from starlette.datastructures import FormData
from starlette.responses import RedirectResponse, Response

from models.errors import DomainError, NotFound, NotPermitted, StaleVersion, StepUpRequired
from models.forms import FORMS
from models.hazard import Hazard
from models.instant import instant_of
from models.permissions import Operation
from models.process import Move, moves_at, who_may
from models.stage import Step
from services import access, office, open_decisions, register
from web import history
from web.choices import choices_for
from web.desk import Here, HereDep, Sent, act, text_of
from web.fields import fields_of
from web.paper import Paper
from web.reading import values_of
from web.signing_in import prove_again

router = APIRouter()
_OPERATIONS = tuple(dict.fromkeys(move.operation for step in Step for move in moves_at(step)))
RIGHT = {"x-operation": Operation.READ_HAZARD, "x-operations": _OPERATIONS}


@router.get("/hazards/{no}/decisions/{resource}", openapi_extra=RIGHT)
def ask(no: str, resource: str, visit: HereDep) -> Response:
    return _paper(visit, no, resource)[0].ask()


@router.post("/hazards/{no}/decisions/{resource}", openapi_extra=RIGHT)
def fill(no: str, resource: str, visit: HereDep, form: Sent) -> Response:
    paper, _ = _paper(visit, no, resource, seen=text_of(form, "version"))
    return paper.fill(form)


@router.post("/hazards/{no}/decisions/{resource}/taken", openapi_extra=RIGHT)
def take(no: str, resource: str, visit: HereDep, form: Sent) -> Response:
    """The decision itself; whatever stands against it is said over the form, with everything typed still in it."""
    try:
        paper, move = _paper(visit, no, resource, seen=text_of(form, "version"))
    except DomainError as refusal:
        return _known_or(refusal, visit, form)
    paper.values = values_of(form)
    body, faults = paper.parsed()
    if body is None:
        return paper.ask(faults=faults, status=422)
    if paper.wants_proof:
        if fault := prove_again(visit, form):
            return paper.check(faults=[fault], status=422)
        visit = replace(visit, by=replace(visit.by, verified_at=visit.at))
    try:
        with act(visit, form, move.operation) as done:
            hazard = access.lock_hazard_for(done.session, no, move.operation, by=visit.by)
            at = instant_of(done.session, visit.at)  # under the lock: what waited for it is later
            _require_seen(hazard, text_of(form, "version"))
            office.decide(done.session, hazard, move.decision, body, by=done.by, at=at)
            done.leads_to = f"/hazards/{no}?done={resource}"
    except (NotFound, NotPermitted):
        raise
    except StaleVersion:
        paper, _ = _paper(visit, no, resource, seen=text_of(form, "version"))
        paper.values = values_of(form)
        return paper.check(status=412)
    except DomainError as refusal:
        return paper.refused(refusal)
    return RedirectResponse(done.leads_to, 303)


def _known_or(refusal: DomainError, visit: Here, form: FormData) -> Response:
    """The form sent twice finds the hazard moved on by itself: then it leads to where it led; else the refusal."""
    with act(visit, form, Operation.READ_HAZARD):
        raise refusal


def _require_seen(hazard: Hazard, version: str) -> None:
    if version != str(hazard.version):
        raise StaleVersion(
            "该隐患已由他人更新。", rule="版本校验", remedy="请核对后再提交。", extra={"version": hazard.version}
        )


def _paper(visit: Here, no: str, resource: str, *, seen: str = "") -> tuple[Paper, Move]:
    """The form of this decision on this hazard, if it is this person's to take now.

    Raises: NotFound, NotPermitted, WrongStage.
    """
    with visit.looking() as session:
        hazard = access.hazard_for(session, no, Operation.READ_HAZARD, by=visit.by)
        move = _move(hazard, resource, visit)
        fields = fields_of(FORMS[move.decision], choices_for(session, FORMS[move.decision], hazard))
        changes = []
        if seen.isdigit() and int(seen) < hazard.version and len(seen) < 9:
            events = register.timeline(session, hazard, redacted=visit.by.enterprise_id is not None)
            changes = history.since(session, events, int(seen), visit.say)
    paper = Paper(
        visit, move.decision.label, f"/hazards/{no}/decisions/{resource}", FORMS[move.decision], fields, hazard,
        open_decisions.leads_somewhere(move), _wants_proof(visit, move), changes=changes,
    )  # fmt: skip
    return paper, move


def _move(hazard: Hazard, resource: str, visit: Here) -> Move:
    step = Step(hazard.step)
    here = [move for move in moves_at(step) if move.resource == resource]
    known = here or [move for other in Step for move in moves_at(other) if move.resource == resource]
    if not known:
        raise NotFound("没有这个办理事项。", remedy="请从隐患页面打开要办理的事项。")
    if not here:
        office.move_for(step, known[0].decision)
    if not access.may_take(visit.by, here[0], hazard):
        raise NotPermitted(f"“{here[0].decision.label}”不由您办理。", rule="权限表（hazardflow permissions）",
                           remedy=f"可由{who_may(here[0].operation)}办理。")  # fmt: skip
    return here[0]


def _wants_proof(visit: Here, move: Move) -> bool:
    within = timedelta(minutes=visit.held.settings.step_up_minutes)
    try:
        access.require_recent_password(visit.by, move.operation, at=visit.at, within=within)
    except StepUpRequired:
        return True
    return False
