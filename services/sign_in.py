"""Signing in with password and code, and proving it again within a session."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import exists, select
from sqlmodel import Session, col

from models import Account, RoleGrant
from models.actor import Actor
from models.errors import InvalidInput
from models.permissions import Operation
from services import attempts, passwords, second_factor, sessions, trail
from services.passwords import Profile

_ONLY_AUTHENTICATOR = str(Operation.OWN_AUTHENTICATOR)
_NOTHING_YET = ""
_CODE = "+code"


@dataclass(frozen=True)
class Rules:
    """What this installation asks of whoever signs in. `key` seals the secrets of second factors."""

    profile: Profile
    officers_need_code: bool
    key: bytes


class Missing(StrEnum):
    """What still stands between a sign-in and all of the person's operations."""

    NOTHING = ""
    CODE = "code"
    """The code of the second factor, to be given at `/session/verification`."""
    SECOND_FACTOR = "second_factor"
    """A second factor, which the person's offices ask for and which can now be enrolled."""
    NEW_PASSWORD = "new_password"  # noqa: S105  # what is missing, not a secret


@dataclass(frozen=True)
class SignedIn:
    token: str
    missing: Missing


class Refusal(StrEnum):
    WRONG = "wrong"
    CODE_MISSING = "code_missing"


def sign_in(
    session: Session, login: str, password: str, code: str, *, rules: Rules, at: datetime
) -> SignedIn | Refusal:
    """A session, if everything asked for is right; otherwise the refusal, with the failure counted.

    The caller commits in either case, or failures would not count. A right password alone clears no failures while a
    code is asked for: codes could otherwise be tried without end.

    Source: GB/T 22239-2019 身份鉴别 (two means of proof for officers).
    Raises: TooManyAttempts.
    """
    account = _locked(session, col(Account.login) == login)
    attempts.refuse_while_waiting(account, at=at)
    if not passwords.fits(account, password) or account is None:
        attempts.failed(session, account, "password", at=at)
        return Refusal.WRONG
    factor = second_factor.enrolled(session, account.id)
    if factor and not code:
        return Refusal.CODE_MISSING
    if factor and not second_factor.accept(session, factor, code, key=rules.key, at=at):
        attempts.failed(session, account, "code", at=at)
        return Refusal.WRONG
    attempts.clear(session, account)
    return _let_in(session, account, "password" + (_CODE if factor else ""), rules=rules, verified_at=at, at=at)


def sign_in_by_provider(
    session: Session, account: Account, *, rules: Rules, verified_at: datetime, at: datetime
) -> SignedIn:
    """A session for whom the identity provider vouched. `verified_at`: when the person last proved it there.

    With a second factor enrolled the session is good for nothing until its code is given.
    """
    if second_factor.enrolled(session, account.id):
        token = sessions.open_session(
            session, account, at=at, verified_at=verified_at, means="oidc", scope=_NOTHING_YET
        )
        return SignedIn(token, Missing.CODE)
    return _let_in(session, account, "oidc", rules=rules, verified_at=verified_at, at=at)


def verify_again(session: Session, by: Actor, password: str, code: str, *, rules: Rules, at: datetime) -> bool:
    """Password or code entered anew within a session, for operations that ask for it; the token stays.

    A session that waits for its code (signed in through the provider) is opened by the code, never by the password.

    Raises: TooManyAttempts, InvalidInput (a code without a second factor).
    """
    account = _locked(session, col(Account.id) == by.account_id)
    attempts.refuse_while_waiting(account, at=at)
    assert account is not None  # noqa: S101  # the actor came from it
    own = sessions.of_actor(session, by)
    if own.scope == _NOTHING_YET and not code:
        raise InvalidInput(
            "请输入动态口令。", rule="已绑定动态口令的账号登录须出示动态口令", remedy="请打开验证器应用。"
        )
    if not (_code_right(session, account, code, rules, at) if code else passwords.fits(account, password)):
        attempts.failed(session, account, "code" if code else "password", at=at)
        return False
    attempts.clear(session, account)
    own.verified_at = at
    if own.scope == _NOTHING_YET:
        own.means += _CODE
        _signed_in(session, account, own.means, at=at)
    own.scope = _scope_for(_missing(session, account, own.means, rules, at))
    session.add(own)
    session.flush()
    return True


def reconsider(session: Session, by: Actor, *, rules: Rules, at: datetime) -> None:
    """After a new password or a second factor: what the session was limited to may no longer be so, or only now be."""
    own = sessions.of_actor(session, by)
    account = session.get_one(Account, by.account_id)
    own.scope = _scope_for(_missing(session, account, own.means, rules, at))
    session.add(own)
    session.flush()


def own_account(session: Session, by: Actor, *, at: datetime) -> Account:
    """The actor's account, locked, for a proof that counts when it fails.

    Raises: TooManyAttempts.
    """
    account = _locked(session, col(Account.id) == by.account_id)
    attempts.refuse_while_waiting(account, at=at)
    assert account is not None  # noqa: S101  # the actor came from it
    return account


def _let_in(
    session: Session, account: Account, means: str, *, rules: Rules, verified_at: datetime, at: datetime
) -> SignedIn:
    missing = _missing(session, account, means, rules, at)
    token = sessions.open_session(
        session, account, at=at, verified_at=verified_at, means=means, scope=_scope_for(missing)
    )
    _signed_in(session, account, means, at=at)
    return SignedIn(token, missing)


def _missing(session: Session, account: Account, means: str, rules: Rules, at: datetime) -> Missing:
    if means.startswith("password") and passwords.expired(account, rules.profile, at=at):
        return Missing.NEW_PASSWORD
    if rules.officers_need_code and not second_factor.enrolled(session, account.id) and _is_officer(session, account):
        return Missing.SECOND_FACTOR
    return Missing.NOTHING


def _scope_for(missing: Missing) -> str | None:
    return None if missing == Missing.NOTHING else _ONLY_AUTHENTICATOR


def _code_right(session: Session, account: Account, code: str, rules: Rules, at: datetime) -> bool:
    factor = second_factor.enrolled(session, account.id)
    if factor is None:
        raise InvalidInput("本账号没有绑定动态口令。", rule="再次验证用密码或动态口令", remedy="请改用密码。")
    return second_factor.accept(session, factor, code, key=rules.key, at=at)


def _is_officer(session: Session, account: Account) -> bool:
    held = exists().where(
        col(RoleGrant.person_id) == account.person_id, col(RoleGrant.role).in_(sorted(second_factor.OFFICERS))
    )
    return session.execute(select(held)).scalar_one()


def _signed_in(session: Session, account: Account, means: str, *, at: datetime) -> None:
    trail.append_office(session, "SIGNED_IN", by=None, at=at, facts={"account": account.id, "means": means})


def _locked(session: Session, which: Any) -> Account | None:
    return session.execute(select(Account).where(which).with_for_update()).scalar_one_or_none()
