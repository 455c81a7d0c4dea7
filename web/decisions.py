"""The decisions: what each asks for, its answers checked once more, and the decision itself."""

from dataclasses import replace

from fastapi import APIRouter
from starlette.datastructures import FormData
from starlette.responses import RedirectResponse, Response

from models.errors import DomainError, NotFound, NotPermitted, StaleVersion, WrongStage
from models.forms import Form
from models.hazard import Hazard
from models.permissions import Operation
from models.process import Move, moves_at
from models.stage import Step
from services import access, office
from web.acting import act
from web.decision_papers import open_again, overtaken, paper_for
from web.desk import Here, HereDep, Sent, text_of
from web.paper import Paper
from web.reading import values_of
from web.signing_in import prove_again

router = APIRouter()
_OPERATIONS = tuple(dict.fromkeys(move.operation for step in Step for move in moves_at(step)))
RIGHT = {"x-operation": Operation.READ_HAZARD, "x-operations": _OPERATIONS}
_OVERTAKEN = (WrongStage, NotPermitted)


@router.get("/hazards/{no}/decisions/{resource}", openapi_extra=RIGHT)
def ask(no: str, resource: str, visit: HereDep) -> Response:
    return open_again(visit, no, resource)


@router.post("/hazards/{no}/decisions/{resource}", openapi_extra=RIGHT)
def fill(no: str, resource: str, visit: HereDep, form: Sent) -> Response:
    try:
        paper, _ = paper_for(visit, no, resource, seen=text_of(form, "version"))
    except _OVERTAKEN as refusal:
        return overtaken(visit, no, resource, form, refusal)
    return paper.fill(form)


@router.post("/hazards/{no}/decisions/{resource}/taken", openapi_extra=RIGHT)
def take(no: str, resource: str, visit: HereDep, form: Sent) -> Response:
    """The decision itself; whatever stands against it is said over the form, with everything typed still in it."""
    try:
        paper, move = paper_for(visit, no, resource, seen=text_of(form, "version"))
    except _OVERTAKEN as refusal:
        _lead_on(visit, form)
        return overtaken(visit, no, resource, form, refusal)
    paper.values = values_of(form)
    body, faults = paper.parsed()
    if body is None:
        return paper.ask(faults=faults, status=422)
    if paper.wants_proof:
        if fault := prove_again(visit, form):
            return paper.check(faults=[fault], status=422)
        visit = replace(visit, by=replace(visit.by, verified_at=visit.at))
    return _decide(visit, no, paper, move, body, form)


def _decide(visit: Here, no: str, paper: Paper, move: Move, body: Form, form: FormData) -> Response:
    try:
        with act(visit, form, move.operation) as done:
            hazard = access.lock_hazard_for(done.session, no, move.operation, by=visit.by)
            at = visit.held.instant(done.session)  # under the lock: what waited for it is later
            _require_seen(hazard, text_of(form, "version"))
            office.decide(done.session, hazard, move.decision, body, by=done.by, at=at)
            done.leads_to = f"/hazards/{no}?done={move.resource}"
    except NotFound:
        raise
    except StaleVersion:
        paper, _ = paper_for(visit, no, move.resource, seen=text_of(form, "version"))
        paper.values = values_of(form)
        return paper.check(status=412)
    except _OVERTAKEN as refusal:
        return overtaken(visit, no, move.resource, form, refusal)
    except DomainError as refusal:
        return paper.refused(refusal)
    return RedirectResponse(done.leads_to, 303)


def _lead_on(visit: Here, form: FormData) -> None:
    """A form sent twice finds the hazard moved on by itself; then it leads to where it led.

    Raises: Replayed.
    """
    try:
        with act(visit, form, Operation.READ_HAZARD):
            raise _NotYetAnswered
    except _NotYetAnswered:
        return


class _NotYetAnswered(Exception):
    """Nothing was decided under this form's key: nothing is to be kept under it either."""


def _require_seen(hazard: Hazard, version: str) -> None:
    if version != str(hazard.version):
        raise StaleVersion(
            "该隐患已由他人更新。", rule="版本校验", remedy="请核对后再提交。", extra={"version": hazard.version}
        )
