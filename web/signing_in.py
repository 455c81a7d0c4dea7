"""Sign in, sign out, and prove it anew within a session."""

from collections.abc import Sequence
from typing import Any

from fastapi import APIRouter, Request
from starlette.responses import RedirectResponse, Response

from models.engine import writing
from models.errors import DomainError
from models.permissions import Operation
from services import keys, passwords, sessions, sign_in
from services.sign_in import Missing, Refusal, Rules, SignedIn
from web import cookies, returning
from web.assets import OPEN, local_path
from web.desk import HereDep, Office, OfficeDep, Sent, text_of
from web.faults import Fault
from web.rendering import page

router = APIRouter()
OWN_SESSION = {"x-operation": Operation.OWN_SESSION}
_NEXT = {
    Missing.SECOND_FACTOR: "/account/unfinished",
    Missing.NEW_PASSWORD: "/account/unfinished",
}
_FAULTS = {
    Refusal.WRONG: ("login", "登录名、密码或动态口令不正确。连续5次失败须等待15分钟。"),
    Refusal.CODE_MISSING: ("code", "该账号已绑定动态口令，请填写密码和动态口令。"),
}


def rules_of(held: Office) -> Rules:
    profile = passwords.PROFILES[held.settings.password_profile]
    return Rules(profile, held.settings.second_factor == "officers", keys.factor_key(held.settings.key_dir))


@router.get("/sign-in", openapi_extra=OPEN)
def ask(request: Request, next: str = "") -> Response:  # noqa: A002  # the name in the address
    return sign_in_page(request, next=local_path(next))


@router.post("/sign-in", openapi_extra=OPEN)
def let_in(request: Request, held: OfficeDep, form: Sent) -> Response:
    """Wrong attempts are counted before the answer leaves."""
    login, target = text_of(form, "login").strip(), local_path(text_of(form, "next"))
    password, code = text_of(form, "password"), text_of(form, "code").replace(" ", "")
    again: dict[str, Any] = {"next": target, "login": login, "typed": text_of(form, "typed")}
    try:
        with writing(held.engine) as session, session.begin():
            done = sign_in.sign_in(session, login, password, code, rules=rules_of(held), at=held.now())
    except DomainError as waiting:
        fault = "login", f"{waiting.detail}{waiting.remedy}"
        return sign_in_page(request, status=waiting.status, faults=[fault], **again)
    if isinstance(done, Refusal):
        return sign_in_page(request, status=422, faults=[_FAULTS[done]], **again)
    return signed_in(done, returning.opened(request, held, text_of(form, "typed"), done.token) or target)


def sign_in_page(
    request: Request, *, status: int = 200, next: str = "/", login: str = "", faults: Sequence[Fault] = (),  # noqa: A002  # the name in the form
    typed: str = "", ended: bool = False, refusal: DomainError | None = None,
) -> Response:  # fmt: skip
    """`typed`: what was on a form when its session ended, sealed. `refusal`: why the identity provider's way did not lead in."""
    by_provider = bool(request.app.state.office.settings.oidc_issuer)
    return page(request, "sign_in.html", status=status, next=next, login=login, faults=list(faults), typed=typed, ended=ended,
                refusal=refusal, by_provider=by_provider)  # fmt: skip


def signed_in(done: SignedIn, target: str) -> Response:
    """To the page that was wanted, unless something else has to be done before."""
    response = RedirectResponse(_NEXT.get(done.missing, target), 303)
    cookies.put(response, cookies.SESSION, done.token)
    cookies.drop(response, cookies.VISIT)
    return response


@router.post("/sign-out", openapi_extra=OWN_SESSION)
def sign_out(visit: HereDep, _form: Sent) -> Response:
    with writing(visit.held.engine) as session, session.begin():
        sessions.end_session(session, visit.by, at=visit.at)
    response = RedirectResponse("/sign-in", 303)
    cookies.drop(response, cookies.SESSION)
    return response


@router.get("/verification", openapi_extra=OWN_SESSION)
def ask_again(visit: HereDep, next: str = "") -> Response:  # noqa: A002  # the name in the address
    return page(visit.request, "verification.html", next=local_path(next), faults=[])


@router.post("/verification", openapi_extra=OWN_SESSION)
def verify_again(visit: HereDep, form: Sent) -> Response:
    target = local_path(text_of(form, "next"))
    if fault := prove_again(visit, form):
        return page(visit.request, "verification.html", status=422, next=target, faults=[fault])
    return RedirectResponse(target, 303)


def prove_again(visit: HereDep, form: Sent) -> tuple[str, str] | None:
    """Password or code, entered anew; the field and its fault where it is not right. Failures are counted."""
    password, code = text_of(form, "password"), text_of(form, "code").replace(" ", "")
    if not password and not code:
        is_waiting = (
            visit.by.scope is not None and not visit.by.scope
        )  # signed in through the provider, the code not given
        return ("code", "请填写动态口令。") if is_waiting else ("password", "请填写密码或动态口令。")
    try:
        with writing(visit.held.engine) as session, session.begin():
            right = sign_in.verify_again(
                session, visit.by, "" if code else password, code, rules=rules_of(visit.held), at=visit.at
            )
    except DomainError as refusal:
        return ("code" if code else "password"), f"{refusal.detail}{refusal.remedy}"
    return None if right else (("code" if code else "password"), "密码或动态口令不正确。")
