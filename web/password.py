"""A first password by one-time token (the first administrator, an invitation, a reset), and a new one of one's own."""

from fastapi import APIRouter, Request
from starlette.responses import RedirectResponse, Response

from models.engine import writing
from models.errors import DomainError, InvalidInput
from models.permissions import Operation
from services import accounts, attempts, passwords, sign_in
from web.assets import OPEN
from web.desk import Here, HereDep, Office, OfficeDep, Sent, text_of
from web.language import Words, language_of, words
from web.rendering import page
from web.signing_in import rules_of

router = APIRouter()
OWN = {"x-operation": Operation.OWN_AUTHENTICATOR}
_UNLIKE = "两次填写的密码不一致。"


@router.get("/first-password", openapi_extra=OPEN)
def ask_first(request: Request, held: OfficeDep) -> Response:
    return _first(request, held, "")


def _first(request: Request, held: Office, one_time: str, *faults: tuple[str, str]) -> Response:
    hint = hint_of(held, words(language_of(request)))
    return page(
        request, "first_password.html", status=422 if faults else 200, one_time=one_time, faults=list(faults), hint=hint
    )


def hint_of(held: Office, say: Words) -> str:
    """What this installation asks of a new password, said before it is typed."""
    profile = rules_of(held).profile
    if profile.classes == 1:
        return say("不少于%(n)s个字符，可以是一句容易记住的话。", n=profile.least_length)
    asked = say(
        "不少于%(n)s个字符，含大写、小写、数字、其他字符中的%(classes)s类。",
        n=profile.least_length,
        classes=profile.classes,
    )
    return asked + (say("不能是最近%(n)s次用过的。", n=profile.barred) if profile.barred else "")


@router.post("/first-password", openapi_extra=OPEN)
def set_first(request: Request, held: OfficeDep, form: Sent) -> Response:
    one_time, chosen = text_of(form, "one_time").strip(), text_of(form, "password")
    fault = ("again", _UNLIKE) if chosen != text_of(form, "again") else None
    if not fault:
        try:
            with writing(held.engine) as session, session.begin():
                accounts.set_first_password(session, one_time, chosen, profile=rules_of(held).profile, at=held.now())
        except DomainError as refusal:
            wrong = "password" if isinstance(refusal, InvalidInput) else "one_time"
            fault = (wrong, f"{refusal.detail}{refusal.remedy}")
    if fault:
        return _first(request, held, one_time, fault)
    return RedirectResponse("/sign-in?done=password", 303)


@router.get("/account/password", openapi_extra=OWN)
def ask_new(visit: HereDep) -> Response:
    return page(visit.request, "new_password.html", faults=[], hint=hint_of(visit.held, visit.say))


@router.post("/account/password", openapi_extra=OWN)
def change(visit: HereDep, form: Sent) -> Response:
    """The person's other sessions end; this one stays."""
    fault = _change(visit, text_of(form, "password"), text_of(form, "chosen"), text_of(form, "again"))
    if fault:
        return page(visit.request, "new_password.html", status=422, faults=[fault], hint=hint_of(visit.held, visit.say))
    return RedirectResponse("/account?done=password", 303)


def _change(visit: Here, present: str, chosen: str, again: str) -> tuple[str, str] | None:
    if chosen != again:
        return "again", _UNLIKE
    rules = rules_of(visit.held)
    try:
        with writing(visit.held.engine) as session, session.begin():
            account = sign_in.own_account(session, visit.by, at=visit.at)
            if right := passwords.fits(account, present):
                accounts.change_password(session, account, chosen, rules.profile, by=visit.by, at=visit.at)
                attempts.clear(session, account)
                sign_in.reconsider(session, visit.by, rules=rules, at=visit.at)
            else:
                attempts.failed(session, account, "password", at=visit.at)
    except DomainError as refusal:
        return "chosen", f"{refusal.detail}{refusal.remedy}"
    return None if right else ("password", "现用密码不正确。忘记密码请联系系统管理员重置。")
