"""统一身份认证登录: out to the office's identity provider from the sign-in page, and back into the pages."""

from typing import Annotated
from urllib.parse import quote

from fastapi import APIRouter, Query, Request
from starlette.responses import RedirectResponse, Response

from models.engine import writing
from models.errors import DomainError, NotFound
from services import identity_provider, sign_in_by_oidc
from services.identity_provider import Provider
from services.sign_in import Missing, SignedIn
from web import cookies, sealed
from web.assets import OPEN, local_path
from web.desk import Office, OfficeDep
from web.signing_in import rules_of, sign_in_page, signed_in

router = APIRouter()
_PATH = "/sign-in/provider"
_LONGEST = 2000
_Text = Annotated[str, Query(max_length=_LONGEST)]
_AGAIN = "请再按“统一身份认证登录”；仍不行请联系系统管理员。"


@router.get(_PATH, openapi_extra=OPEN)
def leave(request: Request, held: OfficeDep, next: _Text = "") -> Response:  # noqa: A002  # the name in the address
    """To the provider; the cookie binds the way back to this browser and knows the page that was wanted.

    Raises: NotFound where this installation has no provider.
    """
    provider, target = _provider(held), local_path(next)
    with writing(held.engine) as session, session.begin():
        begun = sign_in_by_oidc.begin(session, at=held.now())
    try:
        address = identity_provider.address_to_visit(
            provider, state=begun.state, nonce=begun.nonce, code_verifier=begun.code_verifier
        )
    except DomainError as refusal:
        return sign_in_page(request, status=refusal.status, next=target, refusal=refusal)
    response, life = RedirectResponse(address, 303), sign_in_by_oidc.LIFE
    kept = sealed.closed(held.settings.key_dir, [begun.browser, target], to=_PATH, until=held.now() + life)
    cookies.put(response, cookies.PROVIDER, kept, seconds=int(life.total_seconds()))
    return response


@router.get(f"{_PATH}/return", openapi_extra=OPEN)
def come_back(request: Request, held: OfficeDep, state: _Text = "", code: _Text = "") -> Response:
    """To the page that was wanted, signed in; or the sign-in page with why not. The answer is used up either way."""
    provider = _provider(held)
    browser, target = _left_with(request, held)
    try:
        done = sign_in_by_oidc.come_back(
            held.engine,
            provider,
            state=state,
            browser=browser,
            code=code,
            rules=rules_of(held),
            at=held.now(),
            again=_AGAIN,
        )
        response = signed_in(done, _onward(done, target))
    except DomainError as refusal:
        response = sign_in_page(request, status=refusal.status, next=target, refusal=refusal)
    cookies.drop(response, cookies.PROVIDER)
    return response


def _left_with(request: Request, held: Office) -> tuple[str, str]:
    """What this browser left with: its half of the request, and the page it wants."""
    kept = request.cookies.get(cookies.PROVIDER, "")
    found = sealed.opened(held.settings.key_dir, kept, to=_PATH, at=held.now()) if kept else None
    return (found[0], found[1]) if found else ("", "/")


def _onward(done: SignedIn, target: str) -> str:
    """Whoever still owes a code gives it first."""
    return f"/verification?next={quote(target)}" if done.missing == Missing.CODE else target


def _provider(held: Office) -> Provider:
    """Raises: NotFound, when this installation has none."""
    known = held.settings
    if not known.oidc_issuer:
        raise NotFound("本系统没有启用统一身份认证。", remedy="请用登录名和密码登录。")
    return Provider(
        known.oidc_issuer, known.oidc_client_id, known.oidc_client_secret.get_secret_value(),
        f"{known.base_url}{_PATH}/return", known.step_up_minutes * 60,
    )  # fmt: skip
