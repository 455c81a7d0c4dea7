"""Sign in, sign out, and prove it anew within a session."""

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
from web.rendering import page

router = APIRouter()
OWN_SESSION = {"x-operation": Operation.OWN_SESSION}
_NEXT = {
    Missing.CODE: "/verification",
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
    return page(request, "sign_in.html", next=local_path(next), login="", faults=[], typed="", ended=False)


@router.post("/sign-in", openapi_extra=OPEN)
def let_in(request: Request, held: OfficeDep, form: Sent) -> Response:
    """Wrong attempts are counted before the answer leaves."""
    login, target = text_of(form, "login").strip(), local_path(text_of(form, "next"))
    password, code = text_of(form, "password"), text_of(form, "code").replace(" ", "")
    again = {"next": target, "login": login, "typed": text_of(form, "typed"), "ended": False}
    try:
        with writing(held.engine) as session, session.begin():
            done = sign_in.sign_in(session, login, password, code, rules=rules_of(held), at=held.now())
    except DomainError as waiting:
        return page(request, "sign_in.html", status=waiting.status, **again,
                    faults=[("login", f"{waiting.detail}{waiting.remedy}")])  # fmt: skip
    if isinstance(done, Refusal):
        return page(request, "sign_in.html", status=422, **again, faults=[_FAULTS[done]])
    return _signed_in(done, returning.opened(request, held, text_of(form, "typed"), done.token) or target)


def _signed_in(done: SignedIn, target: str) -> Response:
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
        return "password", "请填写密码或动态口令。"
    try:
        with writing(visit.held.engine) as session, session.begin():
            right = sign_in.verify_again(
                session, visit.by, "" if code else password, code, rules=rules_of(visit.held), at=visit.at
            )
    except DomainError as refusal:
        return ("code" if code else "password"), f"{refusal.detail}{refusal.remedy}"
    return None if right else (("code" if code else "password"), "密码或动态口令不正确。")
