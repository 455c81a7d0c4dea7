"""Rewards 举报奖励: the committee office's two persons, the reporter by the query code, finance by its own token."""

import hmac
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Header, Response

from api.desk import CurrentActor, DeskDep, OfficeDep, looking
from api.public import CallerDep, CodeDep, ReporterDesk, ThrottleDep
from api.views import local
from models.engine import writing
from models.errors import NotAuthenticated
from models.forms.reward import RewardProposal
from models.forms.tip_off import ReporterAnswer
from models.operations import Operation
from services import access, codes, rewards, sources
from services.keys import finance_token, query_code_key

router = APIRouter(tags=["rewards"])
_DECIDE = {"x-operation": Operation.DECIDE_REWARD}
_PAY = {"x-operation": Operation.PAY_REWARD}


@router.post("/reports/{source_id}/reward", status_code=201, summary="提出举报奖励", operation_id="propose_reward",
             openapi_extra=_DECIDE)  # fmt: skip
def propose(source_id: str, body: RewardProposal, desk: DeskDep) -> Response:
    with desk.act(Operation.DECIDE_REWARD) as act:
        source, hazard = sources.source_for(act.session, source_id, Operation.DECIDE_REWARD, by=act.by)
        rewards.propose_reward(act.session, source, hazard, body, by=act.by, at=act.at)
        act.answer({"source_id": source_id, "amount_yuan": body.amount_yuan})
    return desk.reply()


@router.post("/reports/{source_id}/reward/approval", status_code=201, summary="决定举报奖励",
             operation_id="decide_reward", openapi_extra=_DECIDE)  # fmt: skip
def decide(source_id: str, desk: DeskDep) -> Response:
    with desk.act(Operation.DECIDE_REWARD) as act:
        source, _ = sources.source_for(act.session, source_id, Operation.DECIDE_REWARD, by=act.by)
        rewards.decide_reward(act.session, source, by=act.by, at=act.at)
        act.answer({"source_id": source_id, "decided": True})
    return desk.reply()


@router.post("/reports/{source_id}/reward/refusal", status_code=201, summary="不予举报奖励",
             operation_id="refuse_reward", openapi_extra=_DECIDE)  # fmt: skip
def refuse(source_id: str, body: ReporterAnswer, desk: DeskDep) -> Response:
    with desk.act(Operation.DECIDE_REWARD) as act:
        source, _ = sources.source_for(act.session, source_id, Operation.DECIDE_REWARD, by=act.by)
        rewards.refuse_reward(act.session, source, body.text, by=act.by, at=act.at)
        act.answer({"source_id": source_id, "decided": False})
    return desk.reply()


@router.get("/rewards", summary="待决定的举报奖励", operation_id="list_rewards", openapi_extra=_DECIDE)
def waiting(held: OfficeDep, by: CurrentActor) -> list[dict[str, Any]]:
    access.require(by, Operation.DECIDE_REWARD)
    with looking(held) as session:
        rows = rewards.waiting(session, by=by)
    return [
        {"source_id": row.source_id, "amount_yuan": row.amount_yuan, "basis": row.basis,
         "proposed_at": local(row.proposed_at)}
        for row in rows
    ]  # fmt: skip


@router.post("/public/report/reward-token", status_code=201, summary="领取奖励兑付码", operation_id="draw_reward_token",
             openapi_extra={"x-operation": Operation.FOLLOW_OWN_REPORT})  # fmt: skip
def draw(code: CodeDep, desk: ReporterDesk) -> Response:
    """The token is shown here and never again; drawn anew, the former one is void."""
    secret = query_code_key(desk.held.settings.key_dir)
    token = codes.draw(secret, b"reward", codes.hash_of(code).encode(), desk.key.encode())
    with desk.act(Operation.FOLLOW_OWN_REPORT) as act:
        source = sources.of_code(act.session, code)
        amount = rewards.draw_token(act.session, source, token=token, by=act.by, at=act.at)
        shown = {"amount_yuan": amount, "note": "请抄下兑付码，只显示这一次；凭它到财政窗口领取，不须出示身份。"}
        act.answer(shown | {"token": token}, kept=shown)
    return desk.reply()


def payer(
    held: OfficeDep, counts: ThrottleDep, whom: CallerDep,
    x_finance_token: Annotated[str, Header(description="财政窗口令牌", max_length=100)] = "",
) -> None:  # fmt: skip
    """Finance has no account here, so that whoever pays can see nothing but amounts.

    Raises: NotAuthenticated.
    """
    expected = finance_token(held.settings.key_dir)
    if not hmac.compare_digest(x_finance_token.encode(), expected.encode()):
        counts.wrong_finance_token(whom, at=held.now())
        raise NotAuthenticated(
            "财政窗口令牌不正确。", rule="奖励只凭财政窗口令牌兑付", remedy="请向系统管理员领取令牌（hazardflow finance-token）。"
        )  # fmt: skip


RewardToken = Annotated[str, Header(description="兑付码", max_length=100)]


PayerDep = Depends(payer)


@router.get("/rewards/payment", summary="查询兑付金额", operation_id="show_reward_amount", openapi_extra=_PAY,
            dependencies=[PayerDep])  # fmt: skip
def amount(held: OfficeDep, counts: ThrottleDep, whom: CallerDep, x_reward_token: RewardToken = "") -> dict[str, Any]:
    """What the token is worth and whether it is paid, and nothing of the case."""
    counts.reward_token(whom, at=held.now())
    with looking(held) as session:
        found = rewards.of_token(session, x_reward_token)
    return {"amount_yuan": found.amount_yuan, "paid_at": local(found.paid_at)}


@router.post("/rewards/payment", status_code=201, summary="凭盲码兑付奖励", operation_id="pay_reward", openapi_extra=_PAY,
             dependencies=[PayerDep])  # fmt: skip
def pay(held: OfficeDep, counts: ThrottleDep, whom: CallerDep, x_reward_token: RewardToken = "") -> dict[str, Any]:
    """Record the payment. The token is the key: sent again it is refused with when it was paid."""
    at = held.now()
    counts.reward_token(whom, at=at)
    with writing(held.engine) as session, session.begin():
        paid = rewards.pay_reward(session, x_reward_token, at=at)
    return {"amount_yuan": paid, "paid_at": local(at)}
