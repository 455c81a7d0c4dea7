"""Sign in through the office's identity provider: out to it, and back with its answer."""

from typing import Annotated, Any

from fastapi import APIRouter, Cookie, Query, Response
from fastapi.responses import RedirectResponse

from api.desk import Office, OfficeDep
from api.proof import OPEN, rules_of, shown
from models.engine import writing
from models.errors import NotFound
from services import identity_provider, sign_in_by_oidc
from services.identity_provider import Provider

router = APIRouter(prefix="/oidc", tags=["account"])
_PATH = "/api/v1/oidc"
_COOKIE = "hazardflow_oidc"
_LONGEST = 2000


@router.get("/start", status_code=302, summary="去统一身份认证登录", operation_id="start_oidc", openapi_extra=OPEN)
def start(held: OfficeDep) -> Response:
    """To the provider; the cookie binds the way back to this browser."""
    provider = _provider(held)
    with writing(held.engine) as session, session.begin():
        begun = sign_in_by_oidc.begin(session, at=held.now())
    address = identity_provider.address_to_visit(
        provider, state=begun.state, nonce=begun.nonce, code_verifier=begun.code_verifier
    )
    answer = RedirectResponse(address, 302, headers={"Cache-Control": "no-store"})
    answer.set_cookie(
        _COOKIE, begun.browser, max_age=int(sign_in_by_oidc.LIFE.total_seconds()), path=_PATH,
        secure=held.settings.base_url.startswith("https://"), httponly=True, samesite="lax",
    )  # fmt: skip
    return answer


@router.get("/callback", summary="从统一身份认证返回", operation_id="finish_oidc", openapi_extra=OPEN)
def callback(
    held: OfficeDep,
    state: Annotated[str, Query(max_length=_LONGEST)] = "",
    code: Annotated[str, Query(max_length=_LONGEST)] = "",
    hazardflow_oidc: Annotated[str, Cookie(max_length=_LONGEST)] = "",
) -> dict[str, Any]:
    """The session, as `POST /session` gives it."""
    done = sign_in_by_oidc.come_back(
        held.engine, _provider(held), state=state, browser=hazardflow_oidc, code=code, rules=rules_of(held), at=held.now(),
        again="请重新登录（GET /api/v1/oidc/start）。",
    )  # fmt: skip
    return shown(done, held)


def _provider(held: Office) -> Provider:
    """Raises: NotFound, when this installation has none."""
    known = held.settings
    if not known.oidc_issuer:
        raise NotFound("本系统没有启用统一身份认证。", remedy="请用登录名和密码登录（POST /api/v1/session）。")
    return Provider(
        known.oidc_issuer, known.oidc_client_id, known.oidc_client_secret.get_secret_value(),
        f"{known.base_url}{_PATH}/callback", known.step_up_minutes * 60,
    )  # fmt: skip
