"""Signing in through the office's identity provider: the request kept here meanwhile, and the account it ends in."""

import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Engine, delete, select
from sqlmodel import Session, col

from models import Account, OidcRequest
from models.engine import writing
from models.errors import NotAuthenticated, NotPermitted
from services import identity_provider, sign_in
from services.identity_provider import Provider, Vouched
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


def come_back(
    engine: Engine, provider: Provider, *, state: str, browser: str, code: str, rules: Rules, at: datetime, again: str
) -> SignedIn:
    """The whole way back from the provider: the state is used up before the provider is asked, and no transaction waits
    for its answer. `again`: what to do when it led nowhere.

    Raises: NotAuthenticated, NotPermitted, ProviderUnavailable.
    """
    with writing(engine) as session, session.begin():
        begun = take_back(session, state, browser, at=at)
    if begun is None:
        raise NotAuthenticated("这次登录不是从本浏览器发起的，或已过期、已用过。", remedy=again)
    if not code:
        raise NotAuthenticated("统一身份认证没有确认您的身份。", remedy=again)
    nonce, code_verifier = begun
    vouched = identity_provider.redeem(provider, code, nonce=nonce, code_verifier=code_verifier, at=at)
    with writing(engine) as session, session.begin():
        return finish(session, vouched, rules=rules, at=at)


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
