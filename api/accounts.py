"""The administrator's work on accounts: see them, disable, enable, reset, end sessions, link to the provider."""

from datetime import timedelta
from typing import Any

from fastapi import APIRouter, Response
from pydantic import Field

from api.desk import CurrentActor, DeskDep, OfficeDep, looking
from api.proof import Body
from models.permissions import Operation
from services import access, accounts, sessions

router = APIRouter(tags=["account"])
_MANAGE = {"x-operation": Operation.MANAGE_ACCOUNTS}


class SubjectBody(Body):
    subject: str | None = Field(min_length=1, max_length=255, title="统一身份认证中的标识（sub）；空值解除关联")


@router.get("/accounts", summary="账号", operation_id="list_accounts", openapi_extra=_MANAGE)
def list_accounts(held: OfficeDep, by: CurrentActor, after: str = "", limit: int = 100) -> list[dict[str, Any]]:
    access.require(by, Operation.MANAGE_ACCOUNTS)
    with looking(held) as session:
        rows = accounts.listed(session, after=after, limit=limit)
    return [
        {
            "id": account.id,
            "login": account.login,
            "person": account.person_id,
            "name": name,
            "disabled": account.disabled_at is not None,
            "has_password": account.password_hash is not None,
            "second_factor": confirmed_at is not None,
            "linked": account.oidc_subject is not None,
        }
        for account, name, confirmed_at in rows
    ]


@router.post("/accounts/{account_id}/disabling", status_code=201, summary="停用账号", operation_id="disable_account",
             openapi_extra=_MANAGE)  # fmt: skip
def disable(account_id: str, desk: DeskDep) -> Response:
    with desk.act(Operation.MANAGE_ACCOUNTS) as act:
        accounts.disable(act.session, accounts.account_by_id(act.session, account_id), by=act.by, at=act.at)
        act.answer({"id": account_id, "disabled": True})
    return desk.reply()


@router.post("/accounts/{account_id}/enabling", status_code=201, summary="启用账号", operation_id="enable_account",
             openapi_extra=_MANAGE)  # fmt: skip
def enable(account_id: str, desk: DeskDep) -> Response:
    with desk.act(Operation.MANAGE_ACCOUNTS) as act:
        accounts.enable(act.session, accounts.account_by_id(act.session, account_id), by=act.by, at=act.at)
        act.answer({"id": account_id, "disabled": False})
    return desk.reply()


@router.post("/accounts/{account_id}/reset", status_code=201, summary="重置登录凭据", operation_id="reset_authenticator",
             openapi_extra={"x-operation": Operation.RESET_AUTHENTICATOR})  # fmt: skip
def reset(account_id: str, desk: DeskDep) -> Response:
    """The answer holds the one-time token with which the person sets a password; no other answer ever will."""
    valid = timedelta(minutes=desk.held.settings.invitation_minutes)
    with desk.act(Operation.RESET_AUTHENTICATOR) as act:
        account = accounts.account_by_id(act.session, account_id)
        token = accounts.reset_authenticator(act.session, account, by=act.by, at=act.at, valid=valid)
        act.answer({"id": account_id, "token": token}, kept={"id": account_id})
    return desk.reply()


@router.delete("/accounts/{account_id}/sessions", summary="结束账号的会话", operation_id="end_sessions_of_account",
               openapi_extra={"x-operation": Operation.END_SESSIONS})  # fmt: skip
def end_sessions(account_id: str, desk: DeskDep) -> Response:
    with desk.act(Operation.END_SESSIONS) as act:
        account = accounts.account_by_id(act.session, account_id)
        act.answer({"ended": sessions.end_sessions_of(act.session, account, by=act.by, at=act.at)}, status=200)
    return desk.reply()


@router.put("/accounts/{account_id}/subject", summary="关联统一身份认证", operation_id="link_subject",
            openapi_extra=_MANAGE)  # fmt: skip
def link(account_id: str, body: SubjectBody, desk: DeskDep) -> Response:
    with desk.act(Operation.MANAGE_ACCOUNTS) as act:
        account = accounts.account_by_id(act.session, account_id)
        accounts.link_subject(act.session, account, body.subject, by=act.by, at=act.at)
        act.answer({"id": account_id, "linked": body.subject is not None}, status=200)
    return desk.reply()
