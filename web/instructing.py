"""批示: a town leader writes an instruction on a hazard, from the phone as well; the form proves anew who writes."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from typing import Annotated

from fastapi import APIRouter
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError
from sqlmodel import Session
from starlette.datastructures import FormData
from starlette.responses import RedirectResponse, Response

from models.draft import INSTRUCTION
from models.errors import DomainError, NotFound, NotPermitted
from models.hazard import Hazard
from models.permissions import Operation
from models.phrase import Writing
from services import access, instructions
from services import drafts as kept
from web import drafts, offering
from web.acting import act
from web.choices import reporting_units
from web.decision_papers import wants_proof
from web.desk import Here, HereDep, Sent, text_of
from web.faults import Fault
from web.offering import NO_OFFER, Offer
from web.rendering import page
from web.signing_in import prove_again

router = APIRouter()
RIGHT = {"x-operation": Operation.INSTRUCT}
_FIELDS = ("words", "unit", "due_on")
FAULTS = {"words": "请填写批示内容，2至2000字。", "due_on": "请填写日期，如2026-11-23", "unit": "请从所列选项中选择"}
_Blank = BeforeValidator(lambda text: text or None)


class Words(BaseModel):
    """What an instruction says, and who reports on it until when."""

    model_config = ConfigDict(str_strip_whitespace=True)

    words: str = Field(min_length=2, max_length=2000)
    unit: Annotated[str | None, _Blank] = Field(default=None, max_length=20)
    due_on: Annotated[date | None, _Blank] = None


@router.get("/hazards/{no}/instruction", openapi_extra=RIGHT)
def ask(no: str, visit: HereDep) -> Response:
    with visit.looking() as session:
        draft = kept.kept(session, _place(session, visit, no), by=visit.by)
    values = {name: "".join(draft.answers.get(name, ())) if draft else "" for name in _FIELDS}
    return _form(visit, no, values, draft=draft)


@router.post("/hazards/{no}/instruction", openapi_extra=RIGHT)
def write(no: str, visit: HereDep, form: Sent) -> Response:
    """Whatever stands against it is said over the form, with everything typed still in it."""
    values = {name: text_of(form, name) for name in _FIELDS}
    if text_of(form, "step") == "draft":
        return _unfinished(visit, no, values)
    if text_of(form, "step").startswith(offering.STEPS):
        return _with_phrases(visit, no, values, text_of(form, "step"))
    try:
        said = Words.model_validate(values)
    except ValidationError as wrong:
        names = [str(fault["loc"][0]) for fault in wrong.errors()]
        return _unfinished(visit, no, values, [(name, FAULTS[name]) for name in names])
    if wants_proof(visit, Operation.INSTRUCT):
        if fault := prove_again(visit, form):
            return _unfinished(visit, no, values, [fault])
        visit = replace(visit, by=replace(visit.by, verified_at=visit.at))
    try:
        return _instruct(visit, no, said, form)
    except (NotFound, NotPermitted):
        raise
    except DomainError as refusal:
        return _form(visit, no, values, _faults(refusal), refusal.status)


def _instruct(visit: Here, no: str, said: Words, form: FormData) -> Response:
    with act(visit, form, Operation.INSTRUCT) as done:
        hazard = access.lock_hazard_for(done.session, no, Operation.INSTRUCT, by=done.by)
        instructions.instruct(
            done.session, hazard, said.words, unit=said.unit, due_on=said.due_on, by=done.by, at=done.at
        )
        kept.forget(done.session, kept.Place(hazard.id, INSTRUCTION), by=done.by)
        done.leads_to = f"/hazards/{no}?done=instruction"
    return RedirectResponse(done.leads_to, 303)


def _unfinished(visit: Here, no: str, values: dict[str, str], faults: Sequence[Fault] = ()) -> Response:
    """Kept as a draft; the form again, with what stands against it."""
    with visit.looking() as session:
        place = _place(session, visit, no)
    found = [*faults, *drafts.keep_words(visit, place, {name: [text] for name, text in values.items()})]
    return _form(visit, no, values, found, 422) if found else RedirectResponse(f"/hazards/{no}/instruction", 303)


def _with_phrases(visit: Here, no: str, values: dict[str, str], step: str) -> Response:
    """What stands there is kept; the form again, with the phrases or with the one chosen."""
    offer = offering.offer(visit, step, Writing.INSTRUCTION, typed=values)
    if offer.focus in values:
        values[offer.focus] = offer.text
    with visit.looking() as session:
        place = _place(session, visit, no)
    faults = drafts.keep_words(visit, place, {name: [text] for name, text in values.items()})
    return _form(visit, no, values, faults, 422 if faults else 200, offer=offer)


def _place(session: Session, visit: Here, no: str) -> kept.Place:
    """Raises: NotFound, NotPermitted."""
    return kept.Place(access.hazard_for(session, no, Operation.INSTRUCT, by=visit.by).id, INSTRUCTION)


def _form(
    visit: Here, no: str, values: dict[str, str], faults: Sequence[Fault] = (), status: int = 200, *,
    draft: kept.Kept | None = None, offer: Offer = NO_OFFER,
) -> Response:  # fmt: skip
    with visit.looking() as session:
        hazard = access.hazard_for(session, no, Operation.INSTRUCT, by=visit.by)
        shown = _shown(session, hazard)
    return page(
        visit.request, "instruction.html", status=status, hazard=hazard, values=values, faults=list(faults), **shown,
        wants_proof=wants_proof(visit, Operation.INSTRUCT), within=instructions.REPORT_WITHIN, draft=draft, offer=offer,
    )  # fmt: skip


def _shown(session: Session, hazard: Hazard) -> dict[str, object]:
    return {"units": reporting_units(session), "earlier": instructions.instructions_on(session, hazard)}


def _faults(refusal: DomainError) -> list[Fault]:
    named = refusal.extra.get("errors", ())
    return [(str(one["field"]), str(one["message"])) for one in named] or [("", refusal.detail)]  # pyright: ignore[reportGeneralTypeIssues]
