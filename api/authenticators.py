"""A person's own passwords and second factor. Wrong proofs are counted before the answer leaves."""

from datetime import timedelta
from typing import Any

from fastapi import APIRouter
from pydantic import Field

from api.desk import Office, OfficeDep, PersonPresent
from api.proof import AUTHENTICATOR, OPEN, Body, rules_of
from models.actor import Actor
from models.engine import writing
from models.errors import InvalidInput, NotAuthenticated
from models.permissions import Operation
from services import access, accounts, attempts, passwords, second_factor, sessions, sign_in

router = APIRouter(tags=["account"])


class FirstPassword(Body):
    token: str = Field(max_length=100, title="一次性令牌")
    password: str = Field(max_length=200, title="密码")


class NewPassword(Body):
    current: str = Field(max_length=200, title="现用密码")
    password: str = Field(max_length=200, title="新密码")


class Code(Body):
    code: str = Field(min_length=6, max_length=40, title="动态口令")


@router.post(
    "/first-password",
    status_code=204,
    summary="用一次性令牌设置密码",
    operation_id="set_first_password",
    openapi_extra=OPEN,
)
def set_first_password(body: FirstPassword, held: OfficeDep) -> None:
    profile = rules_of(held).profile
    with writing(held.engine) as session, session.begin():
        accounts.set_first_password(session, body.token, body.password, profile=profile, at=held.now())


@router.post(
    "/password", status_code=204, summary="更换本人密码", operation_id="change_password", openapi_extra=AUTHENTICATOR
)
def change_password(body: NewPassword, held: OfficeDep, by: PersonPresent) -> None:
    """The person's other sessions end; this one stays."""
    at, rules = held.now(), rules_of(held)
    with writing(held.engine) as session, session.begin():
        account = sign_in.own_account(session, by, at=at)
        if right := passwords.fits(account, body.current):
            accounts.change_password(session, account, body.password, rules.profile, by=by, at=at)
            attempts.clear(session, account)
            sign_in.reconsider(session, by, rules=rules, at=at)
        else:
            attempts.failed(session, account, "password", at=at)
    if not right:
        raise NotAuthenticated("现用密码不正确。", remedy="请核对后重试；忘记密码请联系系统管理员重置。")


@router.post(
    "/second-factor", status_code=201, summary="绑定动态口令", operation_id="begin_second_factor",
    openapi_extra=AUTHENTICATOR,
)  # fmt: skip
def begin(held: OfficeDep, by: PersonPresent) -> dict[str, Any]:
    """The otpauth address for the authenticator app; no other answer ever shows it."""
    _require(by, held)
    at = held.now()
    with writing(held.engine) as session, session.begin():
        account = sign_in.own_account(session, by, at=at)
        uri = second_factor.begin(session, account, key=rules_of(held).key, at=at)
    return {
        "uri": uri,
        "next": "请用验证器应用扫描，再用它显示的6位数字确认（POST /api/v1/second-factor/confirmation）。",
    }


@router.post(
    "/second-factor/confirmation", status_code=201, summary="确认绑定动态口令", operation_id="confirm_second_factor",
    openapi_extra=AUTHENTICATOR,
)  # fmt: skip
def confirm(body: Code, held: OfficeDep, by: PersonPresent) -> dict[str, Any]:
    """The recovery codes, shown this once. Sessions opened without a code end; this one stays."""
    _require(by, held)
    at, rules = held.now(), rules_of(held)
    with writing(held.engine) as session, session.begin():
        account = sign_in.own_account(session, by, at=at)
        codes = second_factor.confirm(session, account, body.code, key=rules.key, at=at)
        if codes is None:
            attempts.failed(session, account, "code", at=at)
        else:
            sessions.end_my_others(session, by=by, at=at)
            sign_in.reconsider(session, by, rules=rules, at=at)
    if codes is None:
        raise _wrong()
    return {"recovery_codes": codes}


@router.post(
    "/second-factor/removal", status_code=204, summary="解除动态口令", operation_id="remove_second_factor",
    openapi_extra=AUTHENTICATOR,
)  # fmt: skip
def remove(body: Code, held: OfficeDep, by: PersonPresent) -> None:
    """With a code of it, or a recovery code; whoever has neither asks the administrator for a reset."""
    _require(by, held)
    at, rules = held.now(), rules_of(held)
    with writing(held.engine) as session, session.begin():
        account = sign_in.own_account(session, by, at=at)
        factor = second_factor.enrolled(session, account.id)
        if factor is None:
            raise InvalidInput("没有绑定动态口令。", rule="有绑定才能解除", remedy="无需办理。")
        if right := second_factor.accept(session, factor, body.code, key=rules.key, at=at):
            second_factor.remove(session, account.id, at=at)
            sign_in.reconsider(session, by, rules=rules, at=at)
        else:
            attempts.failed(session, account, "code", at=at)
    if not right:
        raise _wrong()


def _require(by: Actor, held: Office) -> None:
    within = timedelta(minutes=held.settings.step_up_minutes)
    access.require(by, Operation.OWN_AUTHENTICATOR)
    access.require_recent_password(by, Operation.OWN_AUTHENTICATOR, at=held.now(), within=within)


def _wrong() -> NotAuthenticated:
    return NotAuthenticated("动态口令不正确，或已经用过。", remedy="请等待应用显示新的6位数字后重试。")
