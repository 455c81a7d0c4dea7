"""Sign in and out, the password entered anew, first passwords by one-time token, keys for machines."""

from datetime import timedelta
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Response
from pydantic import BaseModel, ConfigDict, Field

from api.desk import CurrentActor, DeskDep, OfficeDep, bearer
from models.engine import writing
from models.errors import NotAuthenticated
from models.permissions import Operation
from services import accounts

router = APIRouter(tags=["account"])
_OWN = {"x-operation": Operation.OWN_ACCOUNT}
_OPEN = {"x-operation": "public"}
_WRONG = "登录名或密码不正确。"


class Body(BaseModel):
    model_config = ConfigDict(extra="forbid")


class Credentials(Body):
    login: str = Field(max_length=100, title="登录名")
    password: str = Field(max_length=200, title="密码")


class Password(Body):
    password: str = Field(max_length=200, title="密码")


class FirstPassword(Password):
    token: str = Field(max_length=100, title="一次性令牌")


class KeyRequest(Body):
    name: str = Field(min_length=2, max_length=100, title="用途")
    days: int = Field(default=90, ge=1, le=365, title="有效天数")


@router.post("/session", status_code=201, summary="登录", operation_id="open_session", openapi_extra=_OPEN)
def log_in(body: Credentials, held: OfficeDep) -> dict[str, Any]:
    """The session's token, to be sent as `Authorization: Bearer …`. Wrong attempts are counted before the answer leaves."""
    at = held.now()
    with writing(held.engine) as session, session.begin():
        account = accounts.verify_password(session, body.login, body.password, at=at)
        token = accounts.open_session(session, account, at=at) if account else ""
    if not token:
        raise NotAuthenticated(_WRONG, remedy="请核对后重试；连续5次失败须等待15分钟。")
    return {"token": token, "expires_in_minutes": held.settings.session_idle_minutes}


@router.delete("/session", status_code=204, summary="退出", operation_id="end_session", openapi_extra=_OWN)
def log_out(held: OfficeDep, _by: CurrentActor, token: Annotated[str, Depends(bearer)]) -> None:
    with writing(held.engine) as session, session.begin():
        accounts.end_session(session, token, at=held.now())


@router.post(
    "/session/verification", status_code=204, summary="再次验证密码", operation_id="verify_again", openapi_extra=_OWN
)
def verify_again(body: Password, held: OfficeDep, by: CurrentActor) -> None:
    with writing(held.engine) as session, session.begin():
        right = accounts.verify_again(session, by, body.password, at=held.now())
    if not right:
        raise NotAuthenticated("密码不正确。", remedy="请核对后重试。")


@router.post(
    "/first-password",
    status_code=204,
    summary="用一次性令牌设置密码",
    operation_id="set_first_password",
    openapi_extra=_OPEN,
)
def set_first_password(body: FirstPassword, held: OfficeDep) -> None:
    with writing(held.engine) as session, session.begin():
        accounts.set_first_password(session, body.token, body.password, at=held.now())


@router.get("/me", summary="我是谁", operation_id="show_me", openapi_extra=_OWN)
def me(by: CurrentActor) -> dict[str, Any]:
    return {
        "person_id": by.person_id,
        "name": by.name,
        "roles": sorted(by.roles),
        "role_labels": [role.label for role in sorted(by.roles)],
    }


@router.post("/keys", status_code=201, summary="生成机器密钥", operation_id="make_key", openapi_extra=_OWN)
def make_key(body: KeyRequest, desk: DeskDep) -> Response:
    """A key that acts as this account; the answer shows it, and no other ever will."""
    with desk.act(Operation.OWN_ACCOUNT) as act:
        key = accounts.make_key(
            act.session, act.by.account_id, body.name, by=act.by, at=act.at, valid=timedelta(days=body.days)
        )
        act.answer({"name": body.name, "key": key}, kept={"name": body.name, "key": None})
    return desk.reply()
