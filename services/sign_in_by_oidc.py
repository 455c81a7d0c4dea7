"""Signing in through the office's identity provider: the request kept here meanwhile, and the account it ends in."""

import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import delete, select
from sqlmodel import Session, col

from models import Account, OidcRequest
from models.errors import NotAuthenticated, NotPermitted
from services import sign_in
from services.identity_provider import Vouched
from services.passwords import hashed
from services.sign_in import Rules, SignedIn

LIFE = timedelta(minutes=10)
"""How long a person may take at the provider."""


@dataclass(frozen=True)
class Begun:
    """What goes out: `state` and `nonce` to the provider, `browser` into a cookie, the verifier only at the end."""

    state: str
    browser: str
    nonce: str
    code_verifier: str


def begin(session: Session, *, at: datetime) -> Begun:
    """Remember a sign-in under way; those nobody came back from are forgotten."""
    session.execute(delete(OidcRequest).where(col(OidcRequest.expires_at) <= at))
    state, browser, nonce, code_verifier = (secrets.token_urlsafe(48) for _ in range(4))
    begun = Begun(state, browser, nonce, code_verifier)
    session.add(
        OidcRequest(
            state_hash=hashed(begun.state), browser_hash=hashed(begun.browser), nonce=begun.nonce,
            code_verifier=begun.code_verifier, expires_at=at + LIFE,
        )
    )  # fmt: skip
    session.flush()
    return begun


def take_back(session: Session, state: str, browser: str, *, at: datetime) -> tuple[str, str] | None:
    """Nonce and verifier of the sign-in this browser began; whatever comes of it, the state is used up.

    The cookie keeps a stranger from sending somebody an answer of their own, and so into the stranger's account.
    """
    taken = (
        delete(OidcRequest)
        .where(col(OidcRequest.state_hash) == hashed(state))
        .returning(
            col(OidcRequest.browser_hash), col(OidcRequest.expires_at), col(OidcRequest.nonce),
            col(OidcRequest.code_verifier),
        )
    )  # fmt: skip
    row = session.execute(taken).one_or_none()
    if row is None or row.expires_at <= at or row.browser_hash != hashed(browser):
        return None
    return row.nonce, row.code_verifier


def finish(session: Session, vouched: Vouched, *, rules: Rules, at: datetime) -> SignedIn:
    """A session of the account that an administrator linked to this subject. Nobody registers themselves.

    Raises: NotPermitted (no account linked), NotAuthenticated (disabled).
    """
    linked = select(Account).where(col(Account.oidc_subject) == vouched.subject).with_for_update()
    account = session.execute(linked).scalar_one_or_none()
    if account is None:
        raise NotPermitted(
            "您在统一身份认证中的身份没有关联本系统的账号。",
            rule="账号由系统管理员开通和关联，不能自行注册",
            remedy="请联系系统管理员关联账号。",
        )
    if account.disabled_at is not None:
        raise NotAuthenticated("该账号已停用。", remedy="请联系系统管理员。")
    return sign_in.sign_in_by_provider(session, account, rules=rules, verified_at=vouched.verified_at, at=at)
