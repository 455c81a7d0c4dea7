"""Accounts: opened, given a password by one-time token, disabled, reset, linked to the identity provider."""

import secrets
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select, update
from sqlmodel import Session, col

from models import Account, OneTimeToken, Person, SecondFactor
from models.actor import Actor
from models.errors import InvalidInput, NotAuthenticated, NotFound, NotPermitted
from services import passwords, second_factor, sessions, trail
from services.passwords import Profile, hashed


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
    return _one_time_token(session, account, at=at, valid=valid)


def set_first_password(
    session: Session, token: str, password: str, *, at: datetime, profile: Profile = passwords.STANDARD
) -> Account:
    """Use a one-time token, once, to set the account's password.

    Raises: NotAuthenticated, InvalidInput (the password's own faults).
    """
    unused = update(OneTimeToken).where(
        col(OneTimeToken.token_hash) == hashed(token),
        col(OneTimeToken.used_at).is_(None),
        col(OneTimeToken.expires_at) > at,
    )
    account_id = session.execute(unused.values(used_at=at).returning(col(OneTimeToken.account_id))).scalar_one_or_none()
    if account_id is None:
        raise NotAuthenticated("一次性令牌无效、已用过或已过期。", remedy="请联系系统管理员重新发放。")
    account = session.get_one(Account, account_id)
    if account.disabled_at is not None:
        raise NotAuthenticated("该账号已停用。", remedy="请联系系统管理员。")
    passwords.put(session, account, password, profile, at=at)
    trail.append_office(session, "PASSWORD_SET", by=None, at=at, facts={"account": account.id})
    return account


def change_password(
    session: Session, account: Account, password: str, profile: Profile, *, by: Actor, at: datetime
) -> None:
    """A new password of the person's own choice; their other sessions end. The caller has checked the present one.

    Raises: InvalidInput (the password's own faults).
    """
    passwords.put(session, account, password, profile, at=at)
    sessions.end_my_others(session, by=by, at=at)
    trail.append_office(session, "PASSWORD_SET", by=by, at=at, facts={"account": account.id})


def reset_authenticator(session: Session, account: Account, *, by: Actor, at: datetime, valid: timedelta) -> str:
    """A new one-time token; the old password, second factor, keys and sessions are void from now on.

    The administrator never chooses a password: the person does, with the token, and is asked for all else anew.

    Raises: NotPermitted (one's own account), InvalidInput (disabled).
    """
    _refuse_own(account, by, "重置")
    if account.disabled_at is not None:
        raise InvalidInput("该账号已停用。", rule="停用的账号不能登录", remedy="请先启用账号，再重置。")
    account.password_hash, account.failed_attempts, account.wait_until = None, 0, None
    session.add(account)
    _void(session, account, at=at)
    second_factor.remove(session, account.id, at=at)
    trail.append_office(session, "AUTHENTICATOR_RESET", by=by, at=at, facts={"account": account.id})
    return _one_time_token(session, account, at=at, valid=valid)


def disable(session: Session, account: Account, *, by: Actor, at: datetime) -> None:
    """From the next request on nothing of this account works, nor ever again what was handed out before.

    Raises: NotPermitted (one's own account).
    """
    _refuse_own(account, by, "停用")
    if account.disabled_at is not None:
        return
    account.disabled_at = at
    session.add(account)
    _void(session, account, at=at)
    trail.append_office(session, "ACCOUNT_DISABLED", by=by, at=at, facts={"account": account.id})


def enable(session: Session, account: Account, *, by: Actor, at: datetime) -> None:
    """The person signs in again as before; ended sessions and keys stay ended."""
    if account.disabled_at is None:
        return
    account.disabled_at = None
    session.add(account)
    session.flush()
    trail.append_office(session, "ACCOUNT_ENABLED", by=by, at=at, facts={"account": account.id})


def link_subject(session: Session, account: Account, subject: str | None, *, by: Actor, at: datetime) -> None:
    """Say who this account is at the identity provider (None: nobody). People never link themselves.

    Raises: NotPermitted (one's own account), InvalidInput (another account is this subject already).
    """
    _refuse_own(account, by, "关联")
    taken = select(col(Account.id)).where(col(Account.oidc_subject) == subject, col(Account.id) != account.id)
    if subject is not None and session.execute(taken).first():
        raise InvalidInput(
            "该身份已关联其他账号。", rule="一个身份关联一个账号", remedy="请核对，或先解除另一账号的关联。",
            extra={"errors": [{"field": "subject", "message": "已关联其他账号"}]},
        )  # fmt: skip
    account.oidc_subject = subject
    session.add(account)
    sessions.end_all(session, [account.id], at=at)
    session.flush()
    facts = {"account": account.id, "linked": subject is not None}
    trail.append_office(session, "PROVIDER_LINKED", by=by, at=at, facts=facts)


def account_by_id(session: Session, account_id: str) -> Account:
    """Locked until the transaction ends.

    Raises: NotFound.
    """
    account = session.execute(
        select(Account).where(col(Account.id) == account_id).with_for_update()
    ).scalar_one_or_none()
    if account is None:
        raise NotFound("没有找到该账号。", remedy="请核对账号编号（GET /api/v1/accounts）。")
    return account


def listed(session: Session, *, after: str = "", limit: int = 100) -> Sequence[Any]:
    """Accounts by login, a page after `after`, with their person's name and whether a second factor is in force."""
    statement = (
        select(Account, col(Person.name), col(SecondFactor.confirmed_at))
        .join(Person, col(Person.id) == col(Account.person_id))
        .outerjoin(SecondFactor, col(SecondFactor.account_id) == col(Account.id))
        .where(col(Account.login) > after)
    )
    return session.execute(statement.order_by(col(Account.login)).limit(min(max(limit, 1), 200))).all()


def _one_time_token(session: Session, account: Account, *, at: datetime, valid: timedelta) -> str:
    token = secrets.token_urlsafe(32)
    session.add(OneTimeToken(token_hash=hashed(token), account_id=account.id, expires_at=at + valid))
    session.flush()
    return token


def _void(session: Session, account: Account, *, at: datetime) -> None:
    """What was handed out for this account: sessions, keys, one-time tokens."""
    session.flush()
    sessions.end_all(session, [account.id], at=at)
    unused = (col(OneTimeToken.account_id) == account.id, col(OneTimeToken.used_at).is_(None))
    session.execute(update(OneTimeToken).where(*unused).values(used_at=at))


def _refuse_own(account: Account, by: Actor, what: str) -> None:
    if account.person_id == by.person_id:
        raise NotPermitted(f"不能{what}自己的账号。", rule="职责分离", remedy="请由另一名系统管理员办理。")
