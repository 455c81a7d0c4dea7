"""Passwords: what a profile asks of them, how they are kept, which may not come back."""

import hashlib
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta

from pwdlib import PasswordHash
from sqlalchemy import delete, select
from sqlmodel import Session, col

from models import Account, PastPassword
from models.errors import InvalidInput

_HASHER = PasswordHash.recommended()
_NOBODY = _HASHER.hash(secrets.token_urlsafe(16))
"""Checked when there is no password to check, so that an answer takes as long as with one."""
_COMMON = ("password", "12345678", "qwerty", "linjiang", "yongchuan", "anjian", "yingji")
_LEAST_DIFFERENT = 5


@dataclass(frozen=True)
class Profile:
    """What is asked of a password: least length in characters, how many of 大写、小写、数字、其他, its life, how many never again.

    Source: GB/T 22239-2019 身份鉴别 asks for complexity and regular change; the figures are the profile's own.
    """

    least_length: int
    classes: int = 1
    life: timedelta | None = None
    barred: int = 0

    @property
    def rule(self) -> str:
        classes = f"，含大写、小写、数字、其他字符中的{self.classes}类" if self.classes > 1 else ""
        barred = f"，不同于最近{self.barred}次用过的密码" if self.barred else ""
        return f"密码至少{self.least_length}个字符{classes}，不含登录名和常见词{barred}"


STANDARD = Profile(12)
DENGBAO = Profile(10, classes=3, life=timedelta(days=90), barred=5)
PROFILES = {"standard": STANDARD, "dengbao": DENGBAO}


def fits(account: Account | None, password: str) -> bool:
    """Whether this opens the account; an account that is disabled or has no password is opened by nothing."""
    known = account is not None and account.disabled_at is None and account.password_hash
    return bool(_HASHER.verify(password, known or _NOBODY) and known)


def expired(account: Account, profile: Profile, *, at: datetime) -> bool:
    return profile.life is not None and (account.password_set_at or account.created_at) + profile.life <= at


def put(session: Session, account: Account, password: str, profile: Profile, *, at: datetime) -> None:
    """Give the account this password.

    Raises: InvalidInput, naming the profile's rule.
    """
    _refuse_weak(password, account.login, profile)
    _refuse_used_before(session, account, password, profile)
    account.password_hash, account.password_set_at = _HASHER.hash(password), at
    session.add(account)
    if profile.barred:
        session.add(PastPassword(account_id=account.id, password_hash=account.password_hash, set_at=at))
    session.flush()
    _forget_older(session, account.id, profile)


def hashed(token: str) -> str:
    """How a token of 80 random bits or more is kept; passwords are kept otherwise."""
    return hashlib.sha256(token.encode()).hexdigest()


def _refuse_weak(password: str, login: str, profile: Profile) -> None:
    kinds = {_kind(character) for character in password}
    if (
        len(password) < profile.least_length
        or len(set(password)) < _LEAST_DIFFERENT
        or len(kinds) < profile.classes
        or login.lower() in password.lower()
        or any(word in password.lower() for word in _COMMON)
    ):
        raise _refusal("密码过短、过于简单或过于常见。", profile)


def _refuse_used_before(session: Session, account: Account, password: str, profile: Profile) -> None:
    if not profile.barred:
        return
    past = {*_past(session, account.id)[: profile.barred], account.password_hash or _NOBODY}
    if any(_HASHER.verify(password, kept) for kept in past):
        raise _refusal(f"这个密码是最近{profile.barred}次用过的。", profile)


def _forget_older(session: Session, account_id: str, profile: Profile) -> None:
    for kept in _past(session, account_id)[profile.barred :]:
        session.execute(
            delete(PastPassword).where(
                col(PastPassword.account_id) == account_id, col(PastPassword.password_hash) == kept
            )
        )


def _past(session: Session, account_id: str) -> list[str]:
    """Newest first."""
    mine = select(col(PastPassword.password_hash)).where(col(PastPassword.account_id) == account_id)
    return list(session.execute(mine.order_by(col(PastPassword.set_at).desc(), col(PastPassword.id).desc())).scalars())


def _kind(character: str) -> str:
    if character.isascii() and character.isalpha():
        return "upper" if character.isupper() else "lower"
    return "digit" if character.isdigit() else "other"


def _refusal(detail: str, profile: Profile) -> InvalidInput:
    return InvalidInput(
        detail,
        rule=profile.rule,
        remedy="请换一个密码。",
        extra={"errors": [{"field": "password", "message": profile.rule}]},
    )
