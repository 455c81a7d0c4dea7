"""账号: invited with a person, disabled, enabled, reset, their sessions ended. Each asks for the password anew."""

from collections.abc import Callable
from datetime import timedelta
from typing import Annotated, Any

from fastapi import APIRouter, Query
from starlette.responses import RedirectResponse, Response

from models import Account
from models.errors import StepUpRequired
from models.forms.organization import PersonBody
from models.permissions import Operation
from services import access, accounts, lookups, office_people, organization, second_factor, sessions
from web.acting import Act, act
from web.desk import Here, HereDep, Sent
from web.fields import fields_of
from web.listing import Cell, Listing, address_after, link, show, tag, word
from web.office_paper import OfficePaper
from web.proving import is_proved, to_prove
from web.rendering import page

router = APIRouter()
MANAGE = {"x-operation": Operation.MANAGE_ACCOUNTS}
PAGE = 50
COLUMNS = ("登录名", "姓名", "状态", "动态口令")
DONE = {"disabled": "账号已停用，其会话已全部结束。", "enabled": "账号已启用。", "ended": "该账号的会话已全部结束。"}


@router.get("/admin/accounts", openapi_extra=MANAGE)
def listing(visit: HereDep, after: Annotated[str, Query(max_length=50)] = "") -> Response:
    access.require(visit.by, Operation.MANAGE_ACCOUNTS)
    with visit.looking() as session:
        rows = accounts.listed(session, after=after, limit=PAGE + 1)
    lines = [
        (link(f"/admin/accounts/{account.id}", account.login), Cell(name), _state(account), word("已绑定" if factor else "未绑定"))
        for account, name, factor in rows[:PAGE]
    ]  # fmt: skip
    more = address_after("/admin/accounts", rows[PAGE - 1][0].login) if len(rows) > PAGE else ""
    return show(visit, Listing(
        title="账号", columns=COLUMNS, rows=lines, back="/admin", more=more,
        links=(("/admin/accounts/new", "登记人员并开通账号"),),
    ))  # fmt: skip


def _state(account: Account) -> Cell:
    if account.disabled_at is not None:
        return tag("red", "已停用")
    return tag("green", "使用中") if account.password_hash is not None else tag("amber", "尚未设置密码")


@router.get("/admin/accounts/new", openapi_extra=MANAGE)
def ask_person(visit: HereDep) -> Response:
    return _paper(visit).ask()


@router.post("/admin/accounts/new", openapi_extra=MANAGE)
def add_person(visit: HereDep, form: Sent) -> Response:
    """The answer shows the one-time token; no other page ever will."""
    made: list[tuple[str, str]] = []

    def do(done: Act, body: PersonBody) -> None:
        enterprise = lookups.enterprise_by_credit_code(done.session, body.enterprise) if body.enterprise else None
        person = organization.add_person(
            done.session,
            name=body.name,
            email=body.email,
            phone=body.phone,
            enterprise=enterprise,
            by=done.by,
            at=done.at,
        )
        token = accounts.invite(done.session, person, body.login, by=done.by, at=done.at, valid=_valid(visit))
        done.leads_to = f"/admin/people/{person.id}"
        made.append((body.login, token))

    answer = _paper(visit).take(form, do)
    return (
        _handed_over(visit, *made[0], leads_to=answer.headers["location"])
        if made and answer.status_code == 303
        else answer
    )


def _paper(visit: Here) -> OfficePaper:
    return OfficePaper(
        visit, Operation.MANAGE_ACCOUNTS, title="登记人员并开通账号", action="/admin/accounts/new", model=PersonBody,
        fields=fields_of(PersonBody, {}), back="/admin/accounts", lead="提交后给出一次性令牌，由本人凭它设置密码。角色另行授予。",
    )  # fmt: skip


@router.get("/admin/accounts/{account_id}", openapi_extra=MANAGE)
def account(account_id: str, visit: HereDep, done: str = "") -> Response:
    access.require(visit.by, Operation.MANAGE_ACCOUNTS)
    if not is_proved(visit, Operation.MANAGE_ACCOUNTS):
        return to_prove(visit)
    with visit.looking() as session:
        known = office_people.account(session, account_id)
        name = lookups.names_of(session, {known.person_id})[known.person_id]
        bound = second_factor.enrolled(session, account_id) is not None
    return page(visit.request, "managed_account.html", account=known, name=name, bound=bound, state=_state(known),
                done=DONE.get(done, ""), own=known.person_id == visit.by.person_id)  # fmt: skip


@router.post("/admin/accounts/{account_id}/disabling", openapi_extra=MANAGE)
def disable(account_id: str, visit: HereDep, form: Sent) -> Response:
    return _change(visit, form, account_id, Operation.MANAGE_ACCOUNTS, accounts.disable, "disabled")


@router.post("/admin/accounts/{account_id}/enabling", openapi_extra=MANAGE)
def enable(account_id: str, visit: HereDep, form: Sent) -> Response:
    return _change(visit, form, account_id, Operation.MANAGE_ACCOUNTS, accounts.enable, "enabled")


@router.post("/admin/accounts/{account_id}/sessions/end", openapi_extra={"x-operation": Operation.END_SESSIONS})
def end_sessions(account_id: str, visit: HereDep, form: Sent) -> Response:
    return _change(visit, form, account_id, Operation.END_SESSIONS, sessions.end_sessions_of, "ended")


@router.post("/admin/accounts/{account_id}/reset", openapi_extra={"x-operation": Operation.RESET_AUTHENTICATOR})
def reset(account_id: str, visit: HereDep, form: Sent) -> Response:
    """The answer shows the one-time token; no other page ever will."""
    try:
        with act(visit, form, Operation.RESET_AUTHENTICATOR) as done:
            known = accounts.account_by_id(done.session, account_id)
            login = known.login
            token = accounts.reset_authenticator(done.session, known, by=done.by, at=done.at, valid=_valid(visit))
            done.leads_to = f"/admin/accounts/{account_id}"
    except StepUpRequired:
        return to_prove(visit, f"/admin/accounts/{account_id}")
    return _handed_over(visit, login, token, leads_to=done.leads_to)


def _change(
    visit: Here, form: Sent, account_id: str, operation: Operation, do: Callable[..., Any], said: str
) -> Response:
    try:
        with act(visit, form, operation) as done:
            do(done.session, accounts.account_by_id(done.session, account_id), by=done.by, at=done.at)
            done.leads_to = f"/admin/accounts/{account_id}?done={said}"
    except StepUpRequired:
        return to_prove(visit, f"/admin/accounts/{account_id}")
    return RedirectResponse(done.leads_to, 303)


def _valid(visit: Here) -> timedelta:
    return timedelta(minutes=visit.held.settings.invitation_minutes)


def _handed_over(visit: Here, login: str, token: str, *, leads_to: str) -> Response:
    return page(visit.request, "invitation.html", login=login, one_time=token, leads_to=leads_to,
                minutes=visit.held.settings.invitation_minutes)  # fmt: skip
