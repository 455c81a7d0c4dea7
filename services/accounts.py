"""Accounts: one-time tokens, passwords, sessions, keys; and the actor that each makes."""

import hashlib
import secrets
from datetime import datetime, timedelta
from typing import Any

from pwdlib import PasswordHash
from sqlalchemy import Select, bindparam, literal, select, update
from sqlmodel import Session, col

from models import Account, ApiKey, LoginSession, OneTimeToken, Person
from models.actor import Actor
from models.columns import UtcDateTime
from models.errors import InvalidInput, NotAuthenticated, TooManyAttempts
from models.permissions import Role
from services import standing_in, trail

_FREE_ATTEMPTS = 5
_FIRST_WAIT = timedelta(minutes=15)
_LONGEST_WAIT = timedelta(hours=24)
_LEAST_LENGTH = 12
_HASHER = PasswordHash.recommended()
_NOBODY = _HASHER.hash(secrets.token_urlsafe(16))
"""Checked when the login is unknown, so that an answer takes as long as for a known one."""


def invite(session: Session, person: Person, login: str, *, by: Actor | None, at: datetime, valid: timedelta) -> str:
    """Open an account without a password and return the one-time token that sets it; the token is not kept."""
    if session.execute(select(col(Account.id)).where(col(Account.login) == login)).first():
        raise InvalidInput(f"登录名“{login}”已被使用。", rule="登录名唯一且不得重复启用", remedy="请换一个登录名。")
    account = Account(person_id=person.id, login=login, created_at=at)
    session.add(account)
    session.flush()
    trail.append_office(
        session, "ACCOUNT_OPENED", by=by, at=at, facts={"account": account.id, "person": person.id, "login": login}
    )
    token = secrets.token_urlsafe(32)
    session.add(OneTimeToken(token_hash=_hashed(token), account_id=account.id, expires_at=at + valid))
    session.flush()
    return token


def set_first_password(session: Session, token: str, password: str, *, at: datetime) -> Account:
    """Use a one-time token, once, to set the account's password.

    Raises: NotAuthenticated, InvalidInput (the password's own faults).
    """
    unused = update(OneTimeToken).where(
        col(OneTimeToken.token_hash) == _hashed(token),
        col(OneTimeToken.used_at).is_(None),
        col(OneTimeToken.expires_at) > at,
    )
    account_id = session.execute(unused.values(used_at=at).returning(col(OneTimeToken.account_id))).scalar_one_or_none()
    if account_id is None:
        raise NotAuthenticated("一次性令牌无效、已用过或已过期。", remedy="请联系系统管理员重新发放。")
    account = session.get_one(Account, account_id)
    _check_password(password, account.login)
    account.password_hash = _HASHER.hash(password)
    session.add(account)
    session.flush()
    trail.append_office(session, "PASSWORD_SET", by=None, at=at, facts={"account": account.id})
    return account


def verify_password(session: Session, login: str, password: str, *, at: datetime) -> Account | None:
    """The account, if login and password are right; otherwise None, with the failure counted.

    After five failures the account waits 15 minutes, doubling to a day, and is never locked for good. The caller
    commits in either case, or failures would not count.

    Raises: TooManyAttempts.
    """
    account = session.execute(select(Account).where(col(Account.login) == login).with_for_update()).scalar_one_or_none()
    if account is not None and account.wait_until is not None and account.wait_until > at:
        raise TooManyAttempts(
            "该账号登录失败次数过多，暂时不能登录。", rule="连续失败5次后须等待", remedy="请稍后再试。",
            extra={"retry_after_seconds": int((account.wait_until - at).total_seconds()) + 1},
        )  # fmt: skip
    known = account is not None and account.disabled_at is None and account.password_hash
    right = _HASHER.verify(password, known or _NOBODY)
    if account is None:
        return None
    if known and right:
        account.failed_attempts, account.wait_until = 0, None
    else:
        account.failed_attempts += 1
        over = account.failed_attempts - _FREE_ATTEMPTS
        account.wait_until = at + min(_FIRST_WAIT * 2 ** min(over, 10), _LONGEST_WAIT) if over >= 0 else None
    session.add(account)
    session.flush()
    return account if known and right else None


def open_session(session: Session, account: Account, *, at: datetime) -> str:
    """A new session's token; only its hash is kept."""
    token = secrets.token_urlsafe(32)
    session.add(
        LoginSession(token_hash=_hashed(token), account_id=account.id, opened_at=at, verified_at=at, last_seen_at=at)
    )
    session.flush()
    return token


def verify_again(session: Session, actor: Actor, password: str, *, at: datetime) -> bool:
    """The password entered anew within a session, for operations that ask for it."""
    login = session.execute(select(col(Account.login)).where(col(Account.id) == actor.account_id)).scalar_one()
    if verify_password(session, login, password, at=at) is None:
        return False
    mine = update(LoginSession).where(
        col(LoginSession.token_hash).startswith(actor.session), col(LoginSession.account_id) == actor.account_id
    )
    session.execute(mine.values(verified_at=at))
    return True


def end_session(session: Session, token: str, *, at: datetime) -> None:
    mine = update(LoginSession).where(
        col(LoginSession.token_hash) == _hashed(token), col(LoginSession.ended_at).is_(None)
    )
    session.execute(mine.values(ended_at=at))


def make_key(session: Session, account_id: str, name: str, *, by: Actor, at: datetime, valid: timedelta) -> str:
    """A key for a machine; shown once."""
    token = f"hf_{secrets.token_urlsafe(32)}"
    session.add(
        ApiKey(token_hash=_hashed(token), account_id=account_id, name=name, created_at=at, expires_at=at + valid)
    )
    session.flush()
    trail.append_office(session, "KEY_MADE", by=by, at=at, facts={"account": account_id, "name": name})
    return token


def actor_for(session: Session, token: str, *, at: datetime, idle: timedelta, longest: timedelta) -> Actor:
    """Who this token stands for at this instant, with the roles held now.

    Raises: NotAuthenticated: unknown, ended, idle too long, too old, or the account disabled.
    """
    hashed = _hashed(token)
    statement = _BY_KEY if token.startswith("hf_") else _BY_SESSION
    wanted = {"wanted": hashed, "at": at, "seen_after": at - idle, "opened_after": at - longest,
              "today": standing_in.day_of(at)}  # fmt: skip
    rows = session.connection().execute(statement, wanted).all()
    if not rows:
        raise NotAuthenticated("登录已失效。", remedy="请重新登录。")
    first = rows[0]
    grants = tuple(dict.fromkeys((Role(row.role), row.unit_id) for row in rows if row.role))
    return Actor(
        first.person_id,
        first.name,
        first.account_id,
        grants,
        first.enterprise_id,
        first.verified_at,
        hashed[:16],
        first.seen_at,
        standing_in.principals(rows),
    )


def _holder_of(source: type[ApiKey] | type[LoginSession], verified: Any, seen: Any, *alive: Any) -> Select[Any]:
    """The account and person behind a token that is alive, for the roles to be joined to; built once, since every
    request asks it."""
    return (
        select(
            col(Account.id).label("account_id"), col(Person.id).label("person_id"), col(Person.name), col(Person.enterprise_id),
            verified.label("verified_at"), seen.label("seen_at"),
        )
        .select_from(source)
        .join(Account, col(Account.id) == col(source.account_id))
        .join(Person, col(Person.id) == col(Account.person_id))
        .where(col(source.token_hash) == bindparam("wanted"), col(Account.disabled_at).is_(None), *alive)
    )  # fmt: skip


_NEVER = literal(None, UtcDateTime())
_BY_KEY = standing_in.with_own_grants(
    _holder_of(ApiKey, _NEVER, _NEVER, col(ApiKey.revoked_at).is_(None), col(ApiKey.expires_at) > bindparam("at"))
)
_BY_SESSION = standing_in.with_lent_grants(
    _holder_of(
        LoginSession,
        col(LoginSession.verified_at),
        col(LoginSession.last_seen_at),
        col(LoginSession.ended_at).is_(None),
        col(LoginSession.last_seen_at) > bindparam("seen_after"),
        col(LoginSession.opened_at) > bindparam("opened_after"),
    )
)


def touch(session: Session, token: str, *, at: datetime) -> None:
    """Note that the session is in use; the caller does so at most once a minute."""
    mine = (col(LoginSession.token_hash) == _hashed(token), col(LoginSession.last_seen_at) < at)
    session.execute(update(LoginSession).where(*mine).values(last_seen_at=at))


def _check_password(password: str, login: str) -> None:
    common = ("password", "12345678", "qwerty", "linjiang", "yongchuan", "anjian", "yingji")
    if (
        len(password) < _LEAST_LENGTH
        or len(set(password)) < 5
        or login.lower() in password.lower()
        or any(word in password.lower() for word in common)
    ):
        raise InvalidInput(
            "密码过短或过于常见。", rule=f"密码至少{_LEAST_LENGTH}个字符，不含登录名和常见词", remedy="请换一个密码。",
            extra={"errors": [{"field": "password", "message": f"至少{_LEAST_LENGTH}个字符，不含登录名和常见词"}]},
        )  # fmt: skip


def _hashed(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
