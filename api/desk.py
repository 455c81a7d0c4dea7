"""What a request brings along: who, with which version, under which key; and one transaction for its decision.

A decision commits inside the route's own function, so the answer cannot leave before the commit (docs/adr/0005).
"""

import hashlib
import hmac
import json
import re
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any

from fastapi import Depends, Header, Request, Response
from sqlalchemy import Engine, bindparam, insert, select
from sqlalchemy.exc import IntegrityError
from sqlmodel import Session

from models.actor import Actor
from models.engine import reading, writing
from models.errors import (
    DomainError,
    InvalidInput,
    KeyRequired,
    KeyReused,
    NotAuthenticated,
    NotForMachines,
    StaleVersion,
    VersionRequired,
)
from models.hazard import Hazard
from models.instant import instant_of
from models.permissions import Operation
from models.tables import TABLES
from services import access, sessions
from settings import Settings

_LONGEST_KEY = 200
_NOTED_EVERY = timedelta(minutes=1)
"""A session in use is written down so often, not with each request."""
_NUL = re.compile(rb"(?<!\\)(?:\\\\)*\\u0000")
"""The JSON escape of the one character PostgreSQL's text cannot hold."""


@dataclass(frozen=True)
class Office:
    """What the application holds for all requests."""

    settings: Settings
    engine: Engine

    def now(self) -> datetime:
        return datetime.now(UTC)

    def instant(self, session: Session) -> datetime:
        """Now by the clock all hosts share, under whatever lock the session holds."""
        return instant_of(session, self.now())


_KEYS = TABLES["idempotency_key"]
_ANSWERED = select(_KEYS).where(_KEYS.c.scope == bindparam("of_scope"), _KEYS.c.key == bindparam("of_key"))
_KEEP_ANSWER = insert(_KEYS)


async def office(request: Request) -> Office:
    return request.app.state.office


OfficeDep = Annotated[Office, Depends(office)]


async def bearer(request: Request) -> str:
    """The token of the Authorization header.

    Raises: NotAuthenticated.
    """
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not token:
        raise NotAuthenticated(
            "请求没有登录凭据。", remedy="请先登录（POST /api/v1/session），并在 Authorization 头中携带令牌。"
        )
    return token


def current_actor(request: Request, held: OfficeDep, token: Annotated[str, Depends(bearer)]) -> Actor:
    """Who asks, if their token reaches as far as this route's operation.

    Raises: NotAuthenticated, NotPermitted.
    """
    at = held.now()
    with reading(held.engine) as session:
        actor = sessions.actor_for(
            session, token, at=at, idle=timedelta(minutes=held.settings.session_idle_minutes),
            longest=timedelta(hours=held.settings.session_hours),
        )  # fmt: skip
    if actor.seen_at is not None and actor.seen_at < at - _NOTED_EVERY:
        with writing(held.engine) as session, session.begin():
            sessions.touch(session, token, at=at)
    _require_within_scope(actor, request.scope["route"].openapi_extra)
    return actor


def _require_within_scope(actor: Actor, extra: dict[str, Any]) -> None:
    """A route that serves several operations names them all in `x-operations`; its own `act` then asks for the one."""
    served = extra.get("x-operations", [extra["x-operation"]])
    if not any(actor.covers(operation) for operation in served):
        access.require_within_scope(actor, extra["x-operation"])


CurrentActor = Annotated[Actor, Depends(current_actor)]


def person_present(by: CurrentActor) -> Actor:
    """For a person's own affairs: sessions, keys, passwords.

    Raises: NotForMachines.
    """
    if by.is_machine:
        raise NotForMachines(
            "机器密钥没有会话，也不能办理本人账号事项。",
            rule="本人账号事项由本人登录办理",
            remedy="请用登录名和密码登录后办理。",
        )
    return by


PersonPresent = Annotated[Actor, Depends(person_present)]


@dataclass
class Act:
    """One decision under way: its session and instant, and the answer it will give."""

    session: Session
    by: Actor
    at: datetime
    status: int = 201
    body: Any = None
    etag: str = ""
    kept: Any = None
    """What a retry with the same key is answered, where the answer itself must not be stored."""

    def answer(self, body: Any, *, status: int = 201, etag: str = "", kept: Any = None) -> None:
        self.body, self.status, self.etag, self.kept = body, status, etag, kept


class Replayed(Exception):
    """This key was answered before; the same answer again."""

    def __init__(self, response: Response):
        super().__init__()
        self.response = response


@dataclass
class Desk:
    """Takes one state-changing request: identity, Idempotency-Key, If-Match, transaction."""

    held: Office
    by: Actor
    key: str
    if_match: str
    fingerprint: str
    response: Response | None = None

    @contextmanager
    def act(self, operation: Operation) -> Generator[Act]:
        """One transaction under the request's key. On leaving, answer and key commit with everything else."""
        at = self.held.now()
        access.require(self.by, operation)
        access.require_recent_password(
            self.by, operation, at=at, within=timedelta(minutes=self.held.settings.step_up_minutes)
        )
        try:
            with writing(self.held.engine) as session, session.begin():
                self._replay(session)
                act = Act(session, self.by.under(operation), at)
                yield act
                self.response = self._keep(session, act)
        except (DomainError, IntegrityError):
            with reading(self.held.engine) as session:
                self._replay(session)  # the same request, sent twice at once: its twin has been answered meanwhile
            raise

    def bind(self, *content: str) -> None:
        """Make what an upload contains part of what its key stands for."""
        self.fingerprint = hashlib.sha256("\n".join((self.fingerprint, *content)).encode()).hexdigest()

    def blind(self, key: bytes) -> None:
        """Keep no bare hash of what was sent: of a telephone number it would be as good as the number."""
        self.fingerprint = hmac.digest(key, self.fingerprint.encode(), "sha256").hex()

    @contextmanager
    def decision(self, no: str, operation: Operation) -> Generator[tuple[Act, Hazard]]:
        """`act` on a hazard: found for this actor, locked, and at the version the person saw."""
        with self.act(operation) as act:
            hazard = access.lock_hazard_for(act.session, no, operation, by=self.by)
            act.at = self.held.instant(act.session)  # under the lock: what waited for it is later
            self._check_version(hazard)
            yield act, hazard

    def row(self, number: int, content: str, *, version: int) -> "Desk":
        """One row of a bulk request: a transaction, a version and a key of its own, so a retry repeats no row done."""
        fingerprint = hashlib.sha256(f"{number}\n{content}".encode()).hexdigest()
        return replace(
            self, key=f"{self.key}\n{number}", if_match=etag_of(version), fingerprint=fingerprint, response=None
        )

    def _check_version(self, hazard: Hazard) -> None:
        if not self.if_match:
            raise VersionRequired(
                "请求没有带版本号。",
                rule="修改须带 If-Match，防止覆盖他人的决定",
                remedy="请先读取隐患，把返回的 ETag 放入 If-Match 头。",
            )
        if self.if_match != etag_of(hazard.version):
            raise StaleVersion(
                f"该隐患已由他人更新（现为第{hazard.version}版）。", rule="版本校验", remedy="请重新读取，核对后再提交。",
                extra={"version": hazard.version},
            )  # fmt: skip

    def _replay(self, session: Session) -> None:
        known = (
            session.connection().execute(_ANSWERED, {"of_scope": self.by.person_id, "of_key": self.key}).one_or_none()
        )
        if known is not None:
            self.response = self._again(known)
            raise Replayed(self.response)

    def _again(self, known: Any) -> Response:
        if known.request_hash != self.fingerprint:
            raise KeyReused(
                "同一幂等键此前用于不同的内容。", rule="一个幂等键对应一次提交", remedy="请为新的提交使用新的幂等键。"
            )
        return _json(known.body, known.status, known.etag)

    def _keep(self, session: Session, act: Act) -> Response:
        kept = _compact(act.body if act.kept is None else act.kept)
        row = {"scope": self.by.person_id, "key": self.key, "request_hash": self.fingerprint, "status": act.status,
               "body": kept, "etag": act.etag, "created_at": act.at}  # fmt: skip
        session.connection().execute(_KEEP_ANSWER, row)
        return _json(_compact(act.body), act.status, act.etag)

    def reply(self) -> Response:
        """The answer to send, once the transaction has ended."""
        assert self.response is not None  # noqa: S101  # set by `act`, or `act` raised
        return self.response


def etag_of(version: int) -> str:
    return f'"{version}"'


async def desk(
    request: Request, held: OfficeDep, by: CurrentActor,
    idempotency_key: Annotated[str, Header(description="一次提交一个键；重试时用同一个键")] = "",
    if_match: Annotated[str, Header(description="读取时返回的 ETag")] = "",
) -> Desk:  # fmt: skip
    """Raises: KeyRequired, InvalidInput (text with a NUL)."""
    return await desk_for(request, held, by, idempotency_key, if_match)


async def desk_for(request: Request, held: Office, by: Actor, idempotency_key: str, if_match: str = "") -> Desk:
    """Raises: KeyRequired, InvalidInput (text with a NUL)."""
    if not 0 < len(idempotency_key) <= _LONGEST_KEY:
        raise KeyRequired(
            "请求没有带幂等键，或键过长。",
            rule="每次提交须带 Idempotency-Key（不超过200个字符）",
            remedy="请用随机UUID作为幂等键，重试时保持不变。",
        )
    content = await request.body() if "multipart/" not in request.headers.get("content-type", "") else b""
    if _NUL.search(content):
        raise InvalidInput("内容含有空字符（U+0000）。", rule="文字不得含空字符", remedy="请去掉不可见字符后重新提交。")
    route = f"{request.method} {request.url.path}".encode()
    return Desk(held, by, idempotency_key, if_match, hashlib.sha256(route + b"\n" + content).hexdigest())


DeskDep = Annotated[Desk, Depends(desk)]


@contextmanager
def looking(held: Office) -> Generator[Session]:
    """A session for a request that only reads."""
    with reading(held.engine) as session:
        yield session


def _compact(body: Any) -> bytes:
    return json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode()


def _json(body: bytes, status: int, etag: str) -> Response:
    headers = {"ETag": etag} if etag else {}
    return Response(body, status, headers, media_type="application/json")
