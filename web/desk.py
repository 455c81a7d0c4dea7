"""What a page request brings along: who, the form with its token, its key; and one transaction for its decision.

The form's key stands where the API has its Idempotency-Key: a form sent twice is one decision, and the second time
leads to where the first one led.
"""

import hashlib
import json
from collections.abc import AsyncIterator, Generator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Annotated, Any, Protocol

from fastapi import Depends, Request
from sqlalchemy import Engine, bindparam, insert, select
from sqlalchemy.exc import IntegrityError
from sqlmodel import Session
from starlette.datastructures import FormData

from models.actor import Actor
from models.engine import reading, writing
from models.errors import DomainError, KeyRequired, KeyReused, NotAuthenticated, NotPermitted
from models.permissions import Operation
from models.tables import TABLES
from services import access, inbox, sessions
from settings import Settings
from web import cookies
from web.language import Words, language_of, words

_NOTED_EVERY = timedelta(minutes=1)
_LONGEST_KEY = 100
_MOST_FIELDS = 1000
_BESIDE_THE_CONTENT = frozenset({"token", "key", "password", "code"})
_KEYS = TABLES["idempotency_key"]
_ANSWERED = select(_KEYS).where(_KEYS.c.scope == bindparam("of_scope"), _KEYS.c.key == bindparam("of_key"))
_KEEP_ANSWER = insert(_KEYS)


class Office(Protocol):
    """What the pages share with the rest of the program."""

    @property
    def settings(self) -> Settings: ...
    @property
    def engine(self) -> Engine: ...
    def now(self) -> datetime: ...


@dataclass(frozen=True)
class Visitor:
    """Who is signed in on this page, and how many items wait for them."""

    by: Actor
    waiting: int


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
        waiting = inbox.count_open(session, by=by) if by.covers(Operation.WORK_ITEMS) else 0
    if by.seen_at is not None and by.seen_at < at - _NOTED_EVERY:
        with writing(held.engine) as session, session.begin():
            sessions.touch(session, token, at=at)
    request.state.visitor = Visitor(by, waiting)
    if not by.covers(request.scope["route"].openapi_extra["x-operation"]):
        raise Unfinished
    return Here(request, held, by, words(language_of(request)))


HereDep = Annotated[Here, Depends(here)]


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
                              remedy="请重新打开该页面，再填写提交。")  # fmt: skip
        yield form


Sent = Annotated[FormData, Depends(sent)]


def text_of(form: FormData, name: str) -> str:
    value = form.get(name, "")
    return value if isinstance(value, str) else ""


@dataclass
class Act:
    """One decision under way: its session and instant, and where it leads."""

    session: Session
    by: Actor
    at: datetime
    leads_to: str = "/"


class Replayed(Exception):
    """This form was answered before; it leads to the same place again."""

    def __init__(self, leads_to: str):
        super().__init__()
        self.leads_to = leads_to


@contextmanager
def act(visit: Here, form: FormData, operation: Operation) -> Generator[Act]:
    """One transaction under the form's key; decision and key commit together.

    Raises: NotPermitted, StepUpRequired, Replayed.
    """
    key = _key_of(form)
    print_ = _fingerprint(visit.request, form)
    at, within = visit.at, timedelta(minutes=visit.held.settings.step_up_minutes)
    access.require(visit.by, operation)
    access.require_recent_password(visit.by, operation, at=at, within=within)
    try:
        with writing(visit.held.engine) as session, session.begin():
            _replay(session, visit.by, key, print_)
            done = Act(session, visit.by.under(operation), at)
            yield done
            _keep(session, done, key, print_)
    except (DomainError, IntegrityError):
        with reading(visit.held.engine) as session:
            _replay(session, visit.by, key, print_)  # its twin, sent at the same moment, has been answered meanwhile
        raise


def _key_of(form: FormData) -> str:
    key = text_of(form, "key")
    if not 0 < len(key) <= _LONGEST_KEY:
        raise KeyRequired("表单不完整。", rule="每个表单有一个编号，重复提交只算一次", remedy="请重新打开该页面。")
    return f"page:{key}"


def _fingerprint(request: Request, form: FormData) -> str:
    content = [
        [name, value]
        for name, value in form.multi_items()
        if name not in _BESIDE_THE_CONTENT and isinstance(value, str)
    ]
    return hashlib.sha256(json.dumps([request.url.path, content]).encode()).hexdigest()


def _replay(session: Session, by: Actor, key: str, fingerprint: str) -> None:
    known: Any = session.connection().execute(_ANSWERED, {"of_scope": by.person_id, "of_key": key}).one_or_none()
    if known is None:
        return
    if known.request_hash != fingerprint:
        raise KeyReused(
            "这个表单已经提交过，内容不同。", rule="一个表单只提交一次", remedy="请重新打开该页面，核对后再办理。"
        )
    raise Replayed(json.loads(known.body)["leads_to"])


def _keep(session: Session, done: Act, key: str, fingerprint: str) -> None:
    body = json.dumps({"leads_to": done.leads_to}).encode()
    row = {"scope": done.by.person_id, "key": key, "request_hash": fingerprint, "status": 303, "body": body, "etag": "",
           "created_at": done.at}  # fmt: skip
    session.connection().execute(_KEEP_ANSWER, row)
