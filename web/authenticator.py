"""The second factor: bind an authenticator app, and undo it."""

from datetime import timedelta
from urllib.parse import parse_qs, urlsplit

from fastapi import APIRouter
from starlette.responses import RedirectResponse, Response

from models.engine import writing
from models.errors import StepUpRequired
from models.permissions import Operation
from services import access, attempts, second_factor, sessions, sign_in
from web.desk import Here, HereDep, Sent, text_of
from web.rendering import page
from web.signing_in import rules_of

router = APIRouter()
_RIGHT = Operation.OWN_AUTHENTICATOR
OWN = {"x-operation": _RIGHT}
_WRONG = ("code", "动态口令不正确，或已经用过。请等应用显示新的6位数字后重试。")


@router.get("/account/second-factor", openapi_extra=OWN)
def show(visit: HereDep) -> Response:
    if not _recently_proved(visit):
        return RedirectResponse("/verification?next=/account/second-factor", 303)
    with visit.looking() as session:
        bound = second_factor.enrolled(session, visit.by.account_id) is not None
    return page(visit.request, "second_factor.html", bound=bound, uri="", secret="", faults=[])


@router.post("/account/second-factor", openapi_extra=OWN)
def begin(visit: HereDep, _form: Sent) -> Response:
    """The secret for the app, shown on this answer only, so it is not one that can be opened again."""
    _require(visit)
    with writing(visit.held.engine) as session, session.begin():
        account = sign_in.own_account(session, visit.by, at=visit.at)
        uri = second_factor.begin(session, account, key=rules_of(visit.held).key, at=visit.at)
    return _to_scan(visit, uri)


def _to_scan(visit: Here, uri: str, *faults: tuple[str, str]) -> Response:
    secret = parse_qs(urlsplit(uri).query).get("secret", [""])[0]
    spaced = " ".join(secret[at : at + 4] for at in range(0, len(secret), 4))
    return page(visit.request, "second_factor.html", status=422 if faults else 200, bound=False, uri=uri,
                secret=spaced, faults=list(faults))  # fmt: skip


@router.post("/account/second-factor/confirmation", openapi_extra=OWN)
def confirm(visit: HereDep, form: Sent) -> Response:
    """The recovery codes, shown this once. Sessions opened without a code end; this one stays."""
    _require(visit)
    rules, code = rules_of(visit.held), text_of(form, "code").replace(" ", "")
    with writing(visit.held.engine) as session, session.begin():
        account = sign_in.own_account(session, visit.by, at=visit.at)
        codes = second_factor.confirm(session, account, code, key=rules.key, at=visit.at)
        if codes is None:
            attempts.failed(session, account, "code", at=visit.at)
        else:
            sessions.end_my_others(session, by=visit.by, at=visit.at)
            sign_in.reconsider(session, visit.by, rules=rules, at=visit.at)
    if codes is None:
        return _to_scan(visit, text_of(form, "uri"), _WRONG)
    return page(visit.request, "recovery_codes.html", codes=codes)


@router.post("/account/second-factor/removal", openapi_extra=OWN)
def remove(visit: HereDep, form: Sent) -> Response:
    _require(visit)
    rules, code, right = rules_of(visit.held), text_of(form, "code").replace(" ", ""), False
    with writing(visit.held.engine) as session, session.begin():
        account = sign_in.own_account(session, visit.by, at=visit.at)
        factor = second_factor.enrolled(session, account.id)
        if factor and (right := second_factor.accept(session, factor, code, key=rules.key, at=visit.at)):
            second_factor.remove(session, account.id, at=visit.at)
            sign_in.reconsider(session, visit.by, rules=rules, at=visit.at)
        elif factor:
            attempts.failed(session, account, "code", at=visit.at)
    if not right:
        return page(visit.request, "second_factor.html", status=422, bound=True, uri="", secret="", faults=[_WRONG])
    return RedirectResponse("/account?done=unbound", 303)


def _require(visit: Here) -> None:
    within = timedelta(minutes=visit.held.settings.step_up_minutes)
    access.require(visit.by, _RIGHT)
    access.require_recent_password(visit.by, _RIGHT, at=visit.at, within=within)


def _recently_proved(visit: Here) -> bool:
    try:
        _require(visit)
    except StepUpRequired:
        return False
    return True
