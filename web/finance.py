"""The finance window 财政窗口: pays a reward against its token, and sees an amount and nothing of the case."""

import hmac
from datetime import timedelta

from fastapi import APIRouter
from starlette.responses import Response

from models.engine import writing
from models.errors import DomainError
from models.permissions import Operation
from services import rewards
from services.keys import finance_token
from web import cookies, sealed
from web.desk import FormNotOurs, Sent, text_of
from web.guests import Guest, GuestDep
from web.rendering import page

router = APIRouter()
PAY = {"x-operation": Operation.PAY_REWARD}
_FOR = timedelta(minutes=10)
_LONGEST = 100


@router.get("/finance", openapi_extra=PAY)
def ask(guest: GuestDep) -> Response:
    return page(guest.request, "finance.html", reward_token="", faults=[])


@router.post("/finance", openapi_extra=PAY)
def look(guest: GuestDep, form: Sent) -> Response:
    """What the token is worth, for whoever has the window's own token."""
    token = text_of(form, "reward_token").strip()[:_LONGEST]
    expected = finance_token(guest.held.settings.key_dir)
    if not hmac.compare_digest(text_of(form, "finance_token").strip().encode(), expected.encode()):
        guest.counts.wrong_finance_token(guest.whom, at=guest.at)
        faults = [("finance_token", guest.say("财政窗口令牌不正确。向系统管理员领取（hazardflow finance-token）。"))]
        return page(guest.request, "finance.html", status=422, reward_token=token, faults=faults)
    guest.counts.reward_token(guest.whom, at=guest.at)
    try:
        with guest.looking() as session:
            found = rewards.of_token(session, token)
    except DomainError as refusal:
        faults = [("reward_token", f"{refusal.detail}{refusal.remedy}")]
        return page(guest.request, "finance.html", status=422, reward_token=token, faults=faults)
    closed = sealed.closed(guest.held.settings.key_dir, token, to=_to(guest), until=guest.at + _FOR)
    return page(guest.request, "finance_amount.html", found=found, sealed=closed)


@router.post("/finance/paid", openapi_extra=PAY)
def pay(guest: GuestDep, form: Sent) -> Response:
    """Record the payment. Sent twice, the second says when it was paid."""
    guest.counts.reward_token(guest.whom, at=guest.at)
    token = sealed.opened(guest.held.settings.key_dir, text_of(form, "sealed"), to=_to(guest), at=guest.at)
    if token is None:
        raise FormNotOurs("这个表单已失效，或不是从本站打开的。", rule="核对金额后十分钟内确认",
                          remedy="请在财政窗口页面重新输入令牌和兑付码。")  # fmt: skip
    at = guest.at
    with writing(guest.held.engine) as session, session.begin():
        amount = rewards.pay_reward(session, token, at=at)
    return page(guest.request, "finance_paid.html", amount=amount, at=at)


def _to(guest: Guest) -> str:
    return f"finance/{cookies.visit_of(guest.request)}"
