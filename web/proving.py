"""Where the permission table asks for the password anew: whether it was given lately, and where to give it."""

from dataclasses import replace
from datetime import timedelta
from typing import Annotated
from urllib.parse import quote

from fastapi import Depends
from starlette.datastructures import FormData
from starlette.responses import RedirectResponse, Response

from models.errors import StepUpRequired
from models.permissions import Operation
from services import access
from web.desk import Here, HereDep
from web.signing_in import prove_again


class ToProve(Exception):
    """This page is for who gave the password lately; it is answered with where to give it."""

    def __init__(self, answer: Response):
        super().__init__()
        self.answer = answer


def auditing(visit: HereDep) -> Here:
    """Whoever searches across hazards and persons.

    Raises: NotPermitted, ToProve.
    """
    access.require(visit.by, Operation.SEARCH_TRAIL)
    if not is_proved(visit, Operation.SEARCH_TRAIL):
        raise ToProve(to_prove(visit))
    return visit


AuditDep = Annotated[Here, Depends(auditing)]


def within(visit: Here) -> timedelta:
    return timedelta(minutes=visit.held.settings.step_up_minutes)


def is_proved(visit: Here, operation: Operation) -> bool:
    try:
        access.require_recent_password(visit.by, operation, at=visit.at, within=within(visit))
    except StepUpRequired:
        return False
    return True


def to_prove(visit: Here, back: str = "") -> Response:
    """To where the password is asked for, and back to this page (or another one)."""
    url = visit.request.url
    target = back or url.path + (f"?{url.query}" if url.query else "")
    return RedirectResponse(f"/verification?next={quote(target)}", 303)


def proved(visit: Here, form: FormData) -> tuple[Here, tuple[str, str] | None]:
    """The visit with a proof just given in this form, or the field that is wrong."""
    if fault := prove_again(visit, form):
        return visit, fault
    return replace(visit, by=replace(visit.by, verified_at=visit.at)), None
