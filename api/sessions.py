"""Sign in and out, prove it anew, and see where else one is signed in."""

from datetime import timedelta
from typing import Any

from fastapi import APIRouter, Response
from pydantic import Field

from api.desk import CurrentActor, DeskDep, Office, OfficeDep, PersonPresent, looking
from api.proof import ACCOUNT, OPEN, SESSION, Body, rules_of, shown
from models.engine import writing
from models.errors import InvalidInput, NotAuthenticated, SecondFactorRequired
from models.permissions import Operation
from services import sessions, sign_in
from services.sign_in import Refusal

router = APIRouter(tags=["account"])
_WRONG = "登录名、密码或动态口令不正确。"


class Credentials(Body):
    login: str = Field(max_length=100, title="登录名")
    password: str = Field(max_length=200, title="密码")
    code: str = Field(default="", max_length=40, title="动态口令或恢复码（已绑定动态口令时）")


class Proof(Body):
    password: str = Field(default="", max_length=200, title="密码")
    code: str = Field(default="", max_length=40, title="动态口令或恢复码")


@router.post("/session", status_code=201, summary="登录", operation_id="open_session", openapi_extra=OPEN)
def log_in(body: Credentials, held: OfficeDep) -> dict[str, Any]:
    """The session's token, to be sent as `Authorization: Bearer …`. Wrong attempts are counted before the answer leaves."""
    with writing(held.engine) as session, session.begin():
        done = sign_in.sign_in(session, body.login, body.password, body.code, rules=rules_of(held), at=held.now())
    if done == Refusal.CODE_MISSING:
        raise SecondFactorRequired(
            "该账号已绑定动态口令。",
            rule="登录须出示密码和动态口令",
            remedy="请在 code 中填写验证器应用显示的6位数字，或一个恢复码。",
        )
    if isinstance(done, Refusal):
        raise NotAuthenticated(_WRONG, remedy="请核对后重试；连续5次失败须等待15分钟。")
    return shown(done, held)


@router.delete("/session", status_code=204, summary="退出", operation_id="end_session", openapi_extra=SESSION)
def log_out(held: OfficeDep, by: PersonPresent) -> None:
    with writing(held.engine) as session, session.begin():
        sessions.end_session(session, by, at=held.now())


@router.post(
    "/session/verification", status_code=204, summary="再次验证密码或动态口令", operation_id="verify_again",
    openapi_extra=SESSION,
)  # fmt: skip
def verify_again(body: Proof, held: OfficeDep, by: PersonPresent) -> None:
    """One of password and code; a session that waits for its code is opened by it."""
    if bool(body.password) == bool(body.code):
        raise InvalidInput(
            "须填写密码或动态口令之一。", rule="再次验证用密码或动态口令", remedy="请填写 password 或 code 之一。"
        )
    with writing(held.engine) as session, session.begin():
        right = sign_in.verify_again(session, by, body.password, body.code, rules=rules_of(held), at=held.now())
    if not right:
        raise NotAuthenticated("密码或动态口令不正确。", remedy="请核对后重试。")


@router.get("/me", summary="我是谁", operation_id="show_me", openapi_extra=SESSION)
def me(by: CurrentActor) -> dict[str, Any]:
    return {
        "person_id": by.person_id,
        "name": by.name,
        "roles": sorted(by.roles),
        "role_labels": [role.label for role in sorted(by.roles)],
        "limited_to": None if by.scope is None else sorted(by.scope),
    }


@router.get("/sessions", summary="本人会话", operation_id="list_sessions", openapi_extra=ACCOUNT)
def my_sessions(held: OfficeDep, by: PersonPresent) -> list[dict[str, Any]]:
    with looking(held) as session:
        rows = sessions.mine(session, by, at=held.now(), **_limits(held))
    return [
        {
            "id": row.token_hash[: sessions.ID_LENGTH],
            "opened_at": row.opened_at,
            "last_seen_at": row.last_seen_at,
            "means": row.means,
            "this_one": row.token_hash.startswith(by.session),
        }
        for row in rows
    ]


@router.delete("/sessions", summary="结束本人的其他会话", operation_id="end_other_sessions", openapi_extra=ACCOUNT)
def end_others(desk: DeskDep, _by: PersonPresent) -> Response:
    with desk.act(Operation.OWN_ACCOUNT) as act:
        act.answer({"ended": sessions.end_my_others(act.session, by=act.by, at=act.at)}, status=200)
    return desk.reply()


@router.delete(
    "/sessions/{session_id}", summary="结束本人的一个会话", operation_id="end_one_session", openapi_extra=ACCOUNT
)
def end_one(session_id: str, desk: DeskDep, _by: PersonPresent) -> Response:
    with desk.act(Operation.OWN_ACCOUNT) as act:
        sessions.end_one_of_mine(act.session, session_id, by=act.by, at=act.at)
        act.answer({"ended": 1}, status=200)
    return desk.reply()


def _limits(held: Office) -> dict[str, timedelta]:
    return {
        "idle": timedelta(minutes=held.settings.session_idle_minutes),
        "longest": timedelta(hours=held.settings.session_hours),
    }
