"""One transaction for what a form asks, under the form's key.

The key stands where the API has its Idempotency-Key: a form sent twice is one decision, and the second time leads to
where the first one led.
"""

import hashlib
import hmac
import json
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from fastapi import Request
from sqlalchemy import bindparam, insert, select
from sqlalchemy.exc import IntegrityError
from sqlmodel import Session
from starlette.datastructures import FormData

from models.actor import Actor
from models.engine import reading, writing
from models.errors import DomainError, KeyRequired, KeyReused
from models.permissions import Operation
from models.tables import TABLES
from services import access
from web.desk import Here, text_of

_LONGEST_KEY = 100
_BESIDE_THE_CONTENT = frozenset({"token", "key", "password", "code"})
_KEYS = TABLES["idempotency_key"]
_ANSWERED = select(_KEYS).where(_KEYS.c.scope == bindparam("of_scope"), _KEYS.c.key == bindparam("of_key"))
_KEEP_ANSWER = insert(_KEYS)


@dataclass
class Act:
    """One decision under way: its session and instant, and where it leads."""

    session: Session
    by: Actor
    at: datetime
    leads_to: str = "/"
    told: list[list[str]] = field(default_factory=list)
    """What became of each row, where a form asks for several."""


class Replayed(Exception):
    """This form was answered before; it leads to the same place again."""

    def __init__(self, leads_to: str):
        super().__init__()
        self.leads_to = leads_to


@contextmanager
def act(visit: Here, form: FormData, operation: Operation, *, blind: bytes = b"", beside: str = "") -> Generator[Act]:
    """One transaction under the form's key; decision and key commit together.

    `blind`: a key under which the content's hash is kept, where the bare one would give the content away.
    `beside`: a hash of what was sent besides text.

    Raises: NotPermitted, StepUpRequired, Replayed.
    """
    key = _key_of(form)
    print_ = _fingerprint(visit.request, form, blind, beside)
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


def told_under(session: Session, by: Actor, key: str) -> list[list[str]] | None:
    """What became of the rows of one's own form with this key; None: there was no such form."""
    known: Any = (
        session.connection().execute(_ANSWERED, {"of_scope": by.person_id, "of_key": f"page:{key}"}).one_or_none()
    )
    return None if known is None else json.loads(known.body).get("told", [])


def _key_of(form: FormData) -> str:
    key = text_of(form, "key")
    if not 0 < len(key) <= _LONGEST_KEY:
        raise KeyRequired("表单不完整。", rule="每个表单有一个编号，重复提交只算一次", remedy="请重新打开该页面。")
    return f"page:{key}"


def _fingerprint(request: Request, form: FormData, blind: bytes, beside: str) -> str:
    content = [
        [name, value]
        for name, value in form.multi_items()
        if name not in _BESIDE_THE_CONTENT and isinstance(value, str)
    ]
    text = json.dumps([request.url.path, content, beside] if beside else [request.url.path, content]).encode()
    return hmac.digest(blind, text, "sha256").hex() if blind else hashlib.sha256(text).hexdigest()


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
    body = json.dumps({"leads_to": done.leads_to, "told": done.told}).encode()
    row = {"scope": done.by.person_id, "key": key, "request_hash": fingerprint, "status": 303, "body": body, "etag": "",
           "created_at": done.at}  # fmt: skip
    session.connection().execute(_KEEP_ANSWER, row)
