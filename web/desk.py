"""What a page request brings along: who sent it, in which language, and the form with its token."""

from collections.abc import AsyncIterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Annotated, Protocol

from fastapi import Depends, Request
from sqlalchemy import Engine
from sqlalchemy.exc import SQLAlchemyError
from sqlmodel import Session
from starlette.datastructures import FormData

from models.actor import Actor
from models.engine import reading, writing
from models.errors import DomainError, NotAuthenticated, NotPermitted
from models.permissions import Operation
from services import inbox, own_notices, sessions, sweeping
from settings import Settings
from web import cookies
from web.language import Words, language_of, words
from web.tabs import tabs_of

_NOTED_EVERY = timedelta(minutes=1)
_MOST_FIELDS = 1000
_SECRETS = frozenset({"password", "code", "chosen", "again", "typed"})


class Office(Protocol):
    """What the pages share with the rest of the program."""

    @property
    def settings(self) -> Settings: ...
    @property
    def engine(self) -> Engine: ...
    def now(self) -> datetime: ...
    def instant(self, session: Session) -> datetime: ...


@dataclass(frozen=True)
class Visitor:
    """Who is signed in on this page, how many items wait for them, and how many notices are unread."""

    by: Actor
    waiting: int
    unread: int
    silent: int = 0
    """For so many minutes nobody has swept the ladder; 0 while somebody does, and for people outside the office."""

    @property
    def tabs(self) -> Sequence[tuple[str, str]]:
        return tabs_of(self.by)


@dataclass(frozen=True)
class Here:
    """One request by somebody who is signed in."""

    request: Request
    held: Office
    by: Actor
    say: Words

    @property
    def at(self) -> datetime:
        return self.held.now()

    def looking(self) -> Session:
        return reading(self.held.engine)


class Unfinished(Exception):
    """Signed in, but not yet for this: a code, a second factor or a new password is still wanted."""


class FormNotOurs(NotPermitted):
    """A form that was not made here for this browser, or made before it signed in anew."""

    slug, title = "form-not-ours", "表单已失效"


async def office(request: Request) -> Office:
    return request.app.state.office


OfficeDep = Annotated[Office, Depends(office)]


def here(request: Request, held: OfficeDep) -> Here:
    """Raises: NotAuthenticated and Unfinished, which are answered with the page where one puts that right."""
    token = request.cookies.get(cookies.SESSION, "")
    if not token or token.startswith(sessions.KEY_PREFIX):
        raise NotAuthenticated("请先登录。")
    at, limits = held.now(), limits_of(held)
    with reading(held.engine) as session:
        by = sessions.actor_for(session, token, at=at, **limits)
        waiting = inbox.count_open(session, by=by) if by.grant_for(Operation.WORK_ITEMS) else 0
        unread = own_notices.count_unread(session, by=by)
        silent = 0 if by.enterprise_id else _silent(session, at)
    if by.seen_at is not None and by.seen_at < at - _NOTED_EVERY:
        with writing(held.engine) as session, session.begin():
            sessions.touch(session, token, at=at)
    request.state.visitor = Visitor(by, waiting, unread, silent)
    if not by.covers(request.scope["route"].openapi_extra["x-operation"]):
        raise Unfinished
    return Here(request, held, by, words(language_of(request)))


def _silent(session: Session, at: datetime) -> int:
    silent = sweeping.silent_for(session, at=at)
    return 0 if silent is None or silent <= sweeping.SILENT_AFTER else int(silent / timedelta(minutes=1))


HereDep = Annotated[Here, Depends(here)]


def perhaps_signed_in(request: Request, held: OfficeDep) -> Actor | None:
    """Who is here, for a page that is for everybody; nobody also while the database is away."""
    with suppress(DomainError, SQLAlchemyError, Unfinished):
        return here(request, held).by
    return None


PerhapsSignedIn = Annotated[Actor | None, Depends(perhaps_signed_in)]


def limits_of(held: Office) -> dict[str, timedelta]:
    return {
        "idle": timedelta(minutes=held.settings.session_idle_minutes),
        "longest": timedelta(hours=held.settings.session_hours),
    }


async def sent(request: Request) -> AsyncIterator[FormData]:
    """What a form sent, if the form is ours.

    Raises: FormNotOurs.
    """
    async with request.form(max_fields=_MOST_FIELDS, max_files=60) as form:
        if not cookies.is_ours(request, text_of(form, "token")):
            raise FormNotOurs("这个表单已失效，或不是从本站打开的。", rule="表单须由本人在本站打开后提交",
                              remedy="请重新打开该页面，再填写提交。", extra={"typed": _typed(request, form)})  # fmt: skip
        yield form


def _typed(request: Request, form: FormData) -> list[str]:
    """The words a person typed, to be shown to themselves: only to who is signed in, and sent it from a page of ours."""
    if getattr(request.state, "visitor", None) is None or request.headers.get("sec-fetch-site") != "same-origin":
        return []
    texts = [value for name, value in form.multi_items() if isinstance(value, str) and name not in _SECRETS]
    return [text for text in texts if not text.isascii()]


Sent = Annotated[FormData, Depends(sent)]


def text_of(form: FormData, name: str) -> str:
    value = form.get(name, "")
    return value if isinstance(value, str) else ""
