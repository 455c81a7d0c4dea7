"""我的账号: who I am here, my sessions, my channels and quiet hours, my delegations, my password and second factor."""

import re

from fastapi import APIRouter
from sqlalchemy import select
from sqlmodel import col
from starlette.responses import RedirectResponse, Response

from models import Account
from models.errors import InvalidInput
from models.permissions import Operation
from services import delegable, delegations, organization, own_channels, second_factor, sessions
from web import moments
from web.acting import act
from web.desk import Here, HereDep, Sent, limits_of, text_of
from web.rendering import page
from web.values import CHANNEL_KINDS

router = APIRouter()
OWN = {"x-operation": Operation.OWN_ACCOUNT}
_CLOCK_TIME = re.compile(r"([01][0-9]|2[0-3]):[0-5][0-9]")
_DONE = {
    "password": "密码已更换，其他会话已结束。", "unbound": "动态口令已解除。", "bound": "动态口令已绑定。",
    "quiet": "静默时段已保存。", "ended": "会话已结束。",
    "channels": "通知渠道已保存。", "revoked": "委托已撤销。",
}  # fmt: skip


@router.get("/account", openapi_extra=OWN)
def show(visit: HereDep, done: str = "") -> Response:
    return _account(visit, done=_DONE.get(done, ""))


def _account(visit: Here, *, done: str = "", status: int = 200, faults: tuple[tuple[str, str], ...] = ()) -> Response:
    with visit.looking() as session:
        rows = sessions.mine(session, visit.by, at=visit.at, **limits_of(visit.held))
        bound = second_factor.enrolled(session, visit.by.account_id) is not None
        quiet = organization.quiet_hours(session, visit.by.person_id)
        login = session.execute(select(col(Account.login)).where(col(Account.id) == visit.by.account_id)).scalar_one()
        channels = own_channels.of(session, by=visit.by)
        lent = delegations.delegations_of(session, by=visit.by, everybodys=False)
        may_delegate = visit.by.grant_for(Operation.DELEGATE) is not None
        colleagues = delegable.of(session, by=visit.by).colleagues if may_delegate else ()
    mine = [(row, row.token_hash[: sessions.ID_LENGTH], row.token_hash.startswith(visit.by.session)) for row in rows]
    return page(visit.request, "account.html", status=status, done=done, sessions=mine, bound=bound, quiet=quiet,
                login=login, channels=channels, kinds=CHANNEL_KINDS, lent=lent, today=moments.day(visit.at),
                may_delegate=may_delegate, colleagues=colleagues, faults=list(faults))  # fmt: skip


@router.get("/account/unfinished", openapi_extra={"x-operation": Operation.OWN_SESSION})
def unfinished(visit: HereDep) -> Response:
    """What still stands between this sign-in and everything else."""
    if visit.by.scope is None:
        return RedirectResponse("/", 303)
    if not visit.by.covers(Operation.OWN_AUTHENTICATOR):
        return RedirectResponse("/verification", 303)
    return page(visit.request, "unfinished.html")


@router.post("/account/quiet-hours", openapi_extra=OWN)
def set_quiet_hours(visit: HereDep, form: Sent) -> Response:
    start, end = text_of(form, "from"), text_of(form, "until")
    if wrong := [name for name, value in (("from", start), ("until", end)) if not _CLOCK_TIME.fullmatch(value)]:
        return _account(visit, status=422, faults=tuple((name, "请填写时间，例如 22:00。") for name in wrong))
    with act(visit, form, Operation.OWN_ACCOUNT) as done:
        organization.set_quiet_hours(done.session, start, end, by=done.by, at=done.at)
        done.leads_to = "/account?done=quiet"
    return RedirectResponse(done.leads_to, 303)


@router.post("/account/channels", openapi_extra=OWN)
def choose_channels(visit: HereDep, form: Sent) -> Response:
    """Those ticked stay on."""
    on = {str(one) for one in form.getlist("channels")}
    try:
        with act(visit, form, Operation.OWN_ACCOUNT) as done:
            known = own_channels.of(done.session, by=done.by)
            own_channels.turn_off(done.session, [one.id for one in known if one.id not in on], by=done.by, at=done.at)
            done.leads_to = "/account?done=channels"
    except InvalidInput as refusal:
        return _account(visit, status=422, faults=(("channels", refusal.detail),))
    return RedirectResponse(done.leads_to, 303)


@router.post("/account/sessions/others/end", openapi_extra=OWN)
def end_others(visit: HereDep, form: Sent) -> Response:
    with act(visit, form, Operation.OWN_ACCOUNT) as done:
        sessions.end_my_others(done.session, by=done.by, at=done.at)
        done.leads_to = "/account?done=ended"
    return RedirectResponse(done.leads_to, 303)


@router.post("/account/sessions/{session_id}/end", openapi_extra=OWN)
def end_one(session_id: str, visit: HereDep, form: Sent) -> Response:
    with act(visit, form, Operation.OWN_ACCOUNT) as done:
        sessions.end_one_of_mine(done.session, session_id, by=done.by, at=done.at)
        done.leads_to = "/account?done=ended"
    return RedirectResponse(done.leads_to, 303)
