"""What was typed on a form whose session had ended meanwhile: it travels sealed through the sign-in, and is a draft of
the same person then. The server keeps nothing of it before it knows who is there again."""

import re
from collections.abc import Mapping, Sequence
from datetime import timedelta

from fastapi import Request
from sqlmodel import Session
from starlette.datastructures import FormData

from models.actor import Actor
from models.draft import INSTRUCTION
from models.engine import reading, writing
from models.errors import DomainError
from models.forms import FORMS
from models.hazard import Channel
from models.permissions import Operation
from models.process import MOVES, DecisionCode
from services import access, answers, drafts, sessions
from web import cookies, sealed
from web.desk import Office, limits_of, text_of
from web.fields import fields_of, leaves
from web.reading import counts_of, values_of

_PATIENCE = timedelta(hours=2)
_DECISION = re.compile(r"/hazards/([^/]+)/decisions/([^/]+?)(?:/taken)?")
_INSTRUCTION = re.compile(r"/hazards/([^/]+)/instruction")
_ANSWER = re.compile(r"/inbox/([^/]+)/answer")
_REPORT = re.compile(r"/report(?:/taken)?")
_DECISIONS = {move.resource: move.decision for move in MOVES}


def is_kept(request: Request) -> bool:
    """Whether what this address is sent belongs to a form that is kept."""
    return any(form.fullmatch(request.url.path) for form in (_DECISION, _INSTRUCTION, _ANSWER, _REPORT))


def closed(request: Request, held: Office, form: FormData) -> str:
    """The typed text for the sign-in page to carry; empty where nothing of it is kept, or the form is not ours."""
    if not cookies.is_ours(request, text_of(form, "token")):
        return ""
    address = request.url.path.removesuffix("/taken")
    typed = _typed(address, values_of(form))
    with reading(held.engine) as session:
        person = sessions.person_once_behind(session, request.cookies.get(cookies.SESSION, ""))
    if not typed or person is None:
        return ""
    content = [person, address, typed, text_of(form, "version")]
    return sealed.closed(held.settings.key_dir, content, to=_to(request), until=held.now() + _PATIENCE)


def opened(request: Request, held: Office, text: str, token: str) -> str:
    """Keep it as a draft of who has just signed in, if they wrote it; the address of its form, else empty."""
    found = sealed.opened(held.settings.key_dir, text, to=_to(request), at=held.now()) if text else None
    if found is None:
        return ""
    person, address, typed, version = found
    try:
        with writing(held.engine) as session, session.begin():
            by = sessions.actor_for(session, token, at=held.now(), **limits_of(held))
            if by.person_id != person:
                return ""
            seen = int(version) if version.isdecimal() and len(version) < 9 else 0  # no version gets longer
            drafts.keep(session, _place(session, address, by), typed, version=seen, by=by, at=held.now())
    except DomainError:
        return ""
    return address


def _typed(address: str, values: Mapping[str, Sequence[str]]) -> dict[str, Sequence[str]]:
    """Only what its form asks for, and nothing of forms that are never kept."""
    known = _inputs(address, values)
    return {name: given for name, given in values.items() if name in known}


def _inputs(address: str, values: Mapping[str, Sequence[str]]) -> set[str]:
    if _INSTRUCTION.fullmatch(address):
        return {"words", "unit", "due_on"}
    if _ANSWER.fullmatch(address):
        return {"answer"}
    found = _DECISION.fullmatch(address)
    decision = _DECISIONS.get(found[2]) if found else DecisionCode.REPORT
    is_call = found is None and values.get("channel", [""])[-1] in {"", Channel.PUBLIC_REPORT}
    if decision is None or decision in drafts.NEVER_KEPT or is_call:
        return set()
    fields = fields_of(FORMS[decision], {})
    return {leaf.name for leaf in leaves(fields, counts_of(fields, values))}


def _place(session: Session, address: str, by: Actor) -> drafts.Place:
    """Raises: NotFound, NotPermitted."""
    if found := _ANSWER.fullmatch(address):
        return drafts.Place(answers.item_to_answer(session, found[1], by=by).hazard_id, found[1])
    found = _DECISION.fullmatch(address) or _INSTRUCTION.fullmatch(address)
    if found is None:
        return drafts.TO_REPORT
    about = access.hazard_for(session, found[1], Operation.READ_HAZARD, by=by).id
    return drafts.Place(about, found[2] if found.re is _DECISION else INSTRUCTION)


def _to(request: Request) -> str:
    return f"typed/{cookies.visit_of(request)}"
