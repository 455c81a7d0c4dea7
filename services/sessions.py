"""Sessions: opened, listed, ended; and the actor that a token stands for."""

import secrets
from collections.abc import Sequence
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any

from sqlalchemy import ColumnElement, Select, bindparam, literal, select, update
from sqlmodel import Session, col

from models import Account, ApiKey, LoginSession, Person
from models.actor import MACHINE, Actor
from models.columns import UtcDateTime
from models.errors import NotAuthenticated, NotFound, NotPermitted
from models.permissions import Operation, Reach, Role
from services import standing_in, trail
from services.passwords import hashed

KEY_PREFIX, SESSION_PREFIX = "hf_", "hs_"
"""Told apart by their beginning, which chance must not draw: one session in 262,144 would have been taken for a key."""
ID_LENGTH = 16
"""A session and a key are named by the first characters of their token's hash."""
_ALIVE = (col(LoginSession.ended_at).is_(None),)
_KNOWN = frozenset(Operation)


def open_session(
    session: Session, account: Account, *, at: datetime, verified_at: datetime | None = None, means: str = "password",
    scope: str | None = None,
) -> str:  # fmt: skip
    """A new session's token; only its hash is kept.

    Each sign-in draws a token of its own, and nobody has one before signing in. A step-up keeps the token: it travels
    in a header that no page and no link can set, so there is none an attacker could have planted beforehand.
    """
    token = f"{SESSION_PREFIX}{secrets.token_urlsafe(32)}"
    session.add(
        LoginSession(token_hash=hashed(token), account_id=account.id, opened_at=at, verified_at=verified_at or at,
                     last_seen_at=at, means=means, scope=scope)
    )  # fmt: skip
    session.flush()
    return token


def of_actor(session: Session, by: Actor) -> LoginSession:
    """The session this actor speaks through."""
    own = select(LoginSession).where(_named(by.session), col(LoginSession.account_id) == by.account_id)
    return session.execute(own).scalar_one()


def mine(session: Session, by: Actor, *, at: datetime, idle: timedelta, longest: timedelta) -> Sequence[LoginSession]:
    """The sessions of this account that are alive, the one last used first."""
    alive = (*_ALIVE, col(LoginSession.last_seen_at) > at - idle, col(LoginSession.opened_at) > at - longest)
    statement = select(LoginSession).where(col(LoginSession.account_id) == by.account_id, *alive)
    return session.execute(statement.order_by(col(LoginSession.last_seen_at).desc())).scalars().all()


def end_session(session: Session, by: Actor, *, at: datetime) -> None:
    """Sign out: the actor's own session ends."""
    _end(session, col(LoginSession.account_id) == by.account_id, _named(by.session), at=at)


def end_one_of_mine(session: Session, session_id: str, *, by: Actor, at: datetime) -> None:
    """Raises: NotFound, also for a session of somebody else."""
    whole = len(session_id) == ID_LENGTH
    found = whole and _end(session, col(LoginSession.account_id) == by.account_id, _named(session_id), at=at)
    if not found:
        raise NotFound("没有找到该会话，或它已结束。", remedy="请查看本人会话列表（GET /api/v1/sessions）。")
    trail.append_office(session, "SESSIONS_ENDED", by=by, at=at, facts={"account": by.account_id, "sessions": 1})


def end_my_others(session: Session, *, by: Actor, at: datetime) -> int:
    """All but the one this request came through; how many."""
    ended = _end(session, col(LoginSession.account_id) == by.account_id, ~_named(by.session), at=at)
    trail.append_office(session, "SESSIONS_ENDED", by=by, at=at, facts={"account": by.account_id, "sessions": ended})
    return ended


def end_sessions_of(session: Session, account: Account, *, by: Actor, at: datetime) -> int:
    """The administrator ends all sessions of an account; everybody else only their own.

    Raises: NotPermitted.
    """
    grant = by.grant_for(Operation.END_SESSIONS)
    if grant is None or (grant.reach != Reach.ALL and account.id != by.account_id):
        raise NotPermitted("只能结束本人的会话。", rule="权限表（hazardflow permissions）", remedy="请联系系统管理员。")
    ended = _end(session, col(LoginSession.account_id) == account.id, at=at)
    trail.append_office(session, "SESSIONS_ENDED", by=by, at=at, facts={"account": account.id, "sessions": ended})
    return ended


def end_all(session: Session, account_ids: Sequence[str], *, at: datetime) -> None:
    """Sessions and keys of these accounts end with their next request; the caller writes the event that says why."""
    _end(session, col(LoginSession.account_id).in_(account_ids), at=at)
    keys = update(ApiKey).where(col(ApiKey.account_id).in_(account_ids), col(ApiKey.revoked_at).is_(None))
    session.execute(keys.values(revoked_at=at))


def end_all_of_person(session: Session, person_id: str, *, at: datetime) -> None:
    """After a change of roles: whoever signs in anew is held to what the new roles ask.

    Source: GB/T 22239-2019 访问控制 (rights withdrawn take effect at once).
    """
    accounts = session.execute(select(col(Account.id)).where(col(Account.person_id) == person_id)).scalars().all()
    end_all(session, accounts, at=at)


def touch(session: Session, token: str, *, at: datetime) -> None:
    """Note that the session is in use; the caller does so at most once a minute."""
    used = (col(LoginSession.token_hash) == hashed(token), col(LoginSession.last_seen_at) < at)
    session.execute(update(LoginSession).where(*used).values(last_seen_at=at))


def actor_for(session: Session, token: str, *, at: datetime, idle: timedelta, longest: timedelta) -> Actor:
    """Who this token stands for at this instant, with the roles held now.

    Raises: NotAuthenticated: unknown, ended, idle too long, too old, or the account disabled.
    """
    digest = hashed(token)
    statement = _BY_KEY if token.startswith(KEY_PREFIX) else _BY_SESSION
    wanted = {"wanted": digest, "at": at, "seen_after": at - idle, "opened_after": at - longest,
              "today": standing_in.day_of(at)}  # fmt: skip
    rows = session.connection().execute(statement, wanted).all()
    if not rows:
        raise NotAuthenticated("登录已失效。", remedy="请重新登录。")
    first = rows[0]
    grants = tuple(dict.fromkeys((Role(row.role), row.unit_id) for row in rows if row.role))
    return Actor(
        first.person_id, first.name, first.account_id, grants, first.enterprise_id, first.verified_at,
        digest[:ID_LENGTH], first.seen_at, standing_in.principals(rows), _scope(first.scope), first.means,
    )  # fmt: skip


def person_once_behind(session: Session, token: str) -> str | None:
    """Whose session this was, also when it has ended: to give back what they typed, never to let anybody in."""
    whose = select(col(Account.person_id)).join(LoginSession, col(LoginSession.account_id) == col(Account.id))
    return session.execute(whose.where(col(LoginSession.token_hash) == hashed(token))).scalar_one_or_none()


@lru_cache(maxsize=1024)
def _scope(text: str | None) -> frozenset[Operation] | None:
    """The operations a token names. Who one is and how to sign out is everybody's, whatever else the token is for."""
    if text is None:
        return None
    return frozenset({Operation.OWN_SESSION, *(Operation(name) for name in text.split() if name in _KNOWN)})


def _holder_of(
    source: type[ApiKey] | type[LoginSession], verified: Any, seen: Any, means: Any, *alive: Any
) -> Select[Any]:
    """The account and person behind a token that is alive, for the roles to be joined to; built once, since every
    request asks it."""
    return (
        select(
            col(Account.id).label("account_id"), col(Person.id).label("person_id"), col(Person.name), col(Person.enterprise_id),
            verified.label("verified_at"), seen.label("seen_at"), means.label("means"), col(source.scope).label("scope"),
        )
        .select_from(source)
        .join(Account, col(Account.id) == col(source.account_id))
        .join(Person, col(Person.id) == col(Account.person_id))
        .where(col(source.token_hash) == bindparam("wanted"), col(Account.disabled_at).is_(None), *alive)
    )  # fmt: skip


_NEVER = literal(None, UtcDateTime())
_BY_KEY = standing_in.with_own_grants(
    _holder_of(
        ApiKey,
        _NEVER,
        _NEVER,
        literal(MACHINE),
        col(ApiKey.revoked_at).is_(None),
        col(ApiKey.expires_at) > bindparam("at"),
    )
)
_BY_SESSION = standing_in.with_lent_grants(
    _holder_of(
        LoginSession,
        col(LoginSession.verified_at),
        col(LoginSession.last_seen_at),
        col(LoginSession.means),
        col(LoginSession.ended_at).is_(None),
        col(LoginSession.last_seen_at) > bindparam("seen_after"),
        col(LoginSession.opened_at) > bindparam("opened_after"),
    )
)


def _named(session_id: str) -> ColumnElement[bool]:
    return col(LoginSession.token_hash).startswith(session_id, autoescape=True)


def _end(session: Session, *which: Any, at: datetime) -> int:
    ended = session.execute(update(LoginSession).where(*_ALIVE, *which).values(ended_at=at))
    return ended.rowcount  # pyright: ignore[reportAttributeAccessIssue]
