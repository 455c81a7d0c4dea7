"""The cookies: the session, the visit of somebody not signed in, the language, the sealed query code; and a form's token.

A form's token is derived from the cookie it must arrive with, so another site can neither read nor plant a pair.
"""

import hashlib
import hmac
import secrets

from starlette.requests import Request
from starlette.responses import Response

SESSION = "__Host-session"
VISIT = "__Host-visit"
LANGUAGE = "__Host-language"
FOLLOW = "__Host-follow"
PROVIDER = "__Host-provider"
"""A sign-in under way at the identity provider."""
_TOKEN = 32
"""Characters of a form's token: 128 bits."""
_YEAR = 365 * 24 * 3600


def put(response: Response, name: str, value: str, *, seconds: int | None = None) -> None:
    """`__Host-`: only over https, only from this very host, for all its addresses, and out of reach of any script."""
    response.set_cookie(name, value, max_age=seconds, path="/", secure=True, httponly=True, samesite="lax")


def put_language(response: Response, code: str) -> None:
    put(response, LANGUAGE, code, seconds=_YEAR)


def drop(response: Response, name: str) -> None:
    response.delete_cookie(name, path="/", secure=True, httponly=True, samesite="lax")


def visit_of(request: Request) -> str:
    """What the forms of this browser are bound to: its session, else its visit; drawn at the first page."""
    if not hasattr(request.state, "visit"):
        known = request.cookies.get(SESSION) or request.cookies.get(VISIT)
        request.state.visit = known or secrets.token_urlsafe(24)
    return request.state.visit


def form_token(request: Request) -> str:
    return hmac.digest(visit_of(request).encode(), b"form", hashlib.sha256).hex()[:_TOKEN]


def is_ours(request: Request, token: str) -> bool:
    """Whether a form was made here, for this browser, and sent from a page of this site."""
    if request.headers.get("sec-fetch-site", "same-origin") not in {"same-origin", "none"}:
        return False
    has_cookie = SESSION in request.cookies or VISIT in request.cookies
    return has_cookie and hmac.compare_digest(token.encode(), form_token(request).encode())
