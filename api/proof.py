"""What the routes of signing in share: this installation's rules, and what is answered to a sign-in."""

from typing import Any

from pydantic import BaseModel, ConfigDict

from api.desk import Office
from models.permissions import Operation
from services import keys, passwords
from services.sign_in import Missing, Rules, SignedIn

OPEN = {"x-operation": "public"}
SESSION = {"x-operation": Operation.OWN_SESSION}
AUTHENTICATOR = {"x-operation": Operation.OWN_AUTHENTICATOR}
ACCOUNT = {"x-operation": Operation.OWN_ACCOUNT}
_NEXT = {
    Missing.CODE: "请输入动态口令（POST /api/v1/session/verification），之后才能办理事项。",
    Missing.SECOND_FACTOR: "您的岗位须使用动态口令，请先绑定（POST /api/v1/second-factor），之后才能办理事项。",
    Missing.NEW_PASSWORD: "密码已到更换期限，请先更换（POST /api/v1/password），之后才能办理事项。",
}


class Body(BaseModel):
    model_config = ConfigDict(extra="forbid")


def rules_of(held: Office) -> Rules:
    return Rules(
        passwords.PROFILES[held.settings.password_profile],
        held.settings.second_factor == "officers",
        keys.factor_key(held.settings.key_dir),
    )


def shown(signed_in: SignedIn, held: Office) -> dict[str, Any]:
    """The token, how long it may lie unused, and what has to be done before it is good for everything."""
    answer: dict[str, Any] = {"token": signed_in.token, "expires_in_minutes": held.settings.session_idle_minutes}
    if signed_in.missing:
        answer |= {"missing": signed_in.missing, "next": _NEXT[signed_in.missing]}
    return answer
