"""What was typed on a form whose session had ended meanwhile: it travels sealed through the sign-in, and is a draft of
the same person then. The server keeps nothing of it before it knows who is there again."""

import re
from collections.abc import Mapping, Sequence
from datetime import timedelta

from fastapi import Request
from starlette.datastructures import FormData

from models.draft import REPORT
from models.engine import reading, writing
from models.errors import DomainError
from models.forms import FORMS
from models.hazard import Channel
from models.permissions import Operation
from models.process import MOVES, DecisionCode
from services import access, drafts, sessions
from web import cookies, sealed
from web.desk import Office, limits_of, text_of
from web.fields import fields_of, leaves
from web.reading import counts_of, values_of

_PATIENCE = timedelta(hours=2)
_FORM = re.compile(r"/hazards/(?P<no>[^/]+)/decisions/(?P<resource>[^/]+?)(/taken)?|/report(/taken)?")
_DECISIONS = {move.resource: move.decision for move in MOVES}


def is_kept(request: Request) -> bool:
    """Whether what this address is sent belongs to a form that is kept."""
    return _FORM.fullmatch(request.url.path) is not None


def closed(request: Request, held: Office, form: FormData) -> str:
    """The typed text for the sign-in page to carry; empty where it is no draft's, or the form is not ours."""
    found = _FORM.fullmatch(request.url.path)
    if found is None or not cookies.is_ours(request, text_of(form, "token")):
        return ""
    no, resource = found["no"] or "", found["resource"] or REPORT
    typed = _typed(no, resource, values_of(form))
    with reading(held.engine) as session:
        person = sessions.person_once_behind(session, request.cookies.get(cookies.SESSION, ""))
    if not typed or person is None:
        return ""
    content = [person, no, resource, typed, text_of(form, "version")]
    return sealed.closed(held.settings.key_dir, content, to=_to(request), until=held.now() + _PATIENCE)


def opened(request: Request, held: Office, text: str, token: str) -> str:
    """Keep it as a draft of who has just signed in, if they wrote it; the address of its form, else empty."""
    found = sealed.opened(held.settings.key_dir, text, to=_to(request), at=held.now()) if text else None
    if found is None:
        return ""
    person, no, resource, typed, version = found
    try:
        with writing(held.engine) as session, session.begin():
            by = sessions.actor_for(session, token, at=held.now(), **limits_of(held))
            if by.person_id != person:
                return ""
            about = access.hazard_for(session, no, Operation.READ_HAZARD, by=by).id if no else ""
            seen = int(version) if version.isdecimal() and len(version) < 9 else 0  # as long as a version gets
            drafts.keep(session, drafts.Place(about, resource), typed, version=seen, by=by, at=held.now())
    except DomainError:
        return ""
    return f"/hazards/{no}/decisions/{resource}" if no else "/report"


def _typed(no: str, resource: str, values: Mapping[str, Sequence[str]]) -> dict[str, Sequence[str]]:
    """Only what its form asks for, and nothing of forms that are never kept."""
    decision = _DECISIONS.get(resource) if no else DecisionCode.REPORT
    call = not no and values.get("channel", [""])[-1] in {"", Channel.PUBLIC_REPORT}
    if decision is None or decision in drafts.NEVER_KEPT or call:
        return {}
    fields = fields_of(FORMS[decision], {})
    known = {leaf.name for leaf in leaves(fields, counts_of(fields, values))}
    return {name: given for name, given in values.items() if name in known}


def _to(request: Request) -> str:
    return f"typed/{cookies.visit_of(request)}"
