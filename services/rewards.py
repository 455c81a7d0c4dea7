"""Rewards 举报奖励: proposed and decided for a report by name, drawn by its reporter, paid by a blind token.

Whoever decides sees the case and not who reported; whoever pays sees an amount and not the case.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import delete, insert, select, update
from sqlmodel import Session

from models.actor import Actor
from models.errors import FourEyes, GateNotMet, NotFound
from models.forms.reward import RewardProposal
from models.hazard import Grade, Hazard
from models.limits import ZONE
from models.tables import HAZARD_SOURCE, REWARD
from services import codes, trail

PROPOSED, DECIDED, REFUSED = "REWARD_PROPOSED", "REWARD_DECIDED", "REWARD_REFUSED"
DRAWN, PAID = "REWARD_DRAWN", "REWARD_PAID"
_RULE = "举报奖励由两人决定，凭兑付码发放（安监总财〔2018〕19号）"


def propose_reward(
    session: Session, source: Any, hazard: Hazard, form: RewardProposal, *, by: Actor, at: datetime
) -> None:
    """Propose a reward for a report by name whose hazard was found to be one (提出奖励).

    Source: 举报奖励只奖励第一个实名举报人 (某市规定).
    Raises: GateNotMet (anonymous, not verified, not the first report, or proposed before).
    """
    _refuse_unfounded(session, source, hazard)
    if reward_of(session, source) is not None:
        raise GateNotMet("该举报已提出奖励。", rule="每件举报只奖励一次", remedy="请由另一人决定已提出的奖励。")
    row = {"source_id": source.id, "amount_yuan": form.amount_yuan, "basis": form.basis,
           "proposed_by": by.person_id, "proposed_at": at}  # fmt: skip
    session.execute(insert(REWARD), row)
    _log(session, PROPOSED, source.id, by=by, at=at, amount_yuan=form.amount_yuan, basis=form.basis)


def decide_reward(session: Session, source: Any, *, by: Actor, at: datetime) -> None:
    """A second person agrees (决定奖励); from now on the reporter may draw the token.

    Raises: NotFound, FourEyes, GateNotMet (decided already).
    """
    _undecided(session, source, by=by)
    mine = update(REWARD).where(REWARD.c.source_id == source.id)
    session.execute(mine.values(decided_by=by.person_id, decided_at=at))
    _log(session, DECIDED, source.id, by=by, at=at)


def refuse_reward(session: Session, source: Any, reason: str, *, by: Actor, at: datetime) -> None:
    """A second person does not agree (不予奖励); the history keeps what was proposed, and it may be proposed anew.

    Raises: NotFound, FourEyes, GateNotMet.
    """
    _undecided(session, source, by=by)
    session.execute(delete(REWARD).where(REWARD.c.source_id == source.id))
    _log(session, REFUSED, source.id, by=by, at=at, reason=reason)


def draw_token(session: Session, source: Any, *, token: str, by: Actor, at: datetime) -> int:
    """The reporter draws the token of a decided reward (领取兑付码); the amount in yuan.

    Drawn again, the newest token counts, until it is paid.
    Raises: GateNotMet when no reward is decided, or it is paid.
    """
    row = reward_of(session, source)
    if row is None or row.decided_at is None or row.paid_at is not None:
        raise GateNotMet("没有待领取的奖励。", rule=_RULE, remedy="奖励决定后凭查询码领取兑付码。")
    drawn = {"token_hash": codes.hash_of(token), "drawn_at": at}
    session.execute(update(REWARD).where(REWARD.c.source_id == source.id).values(drawn))
    _log(session, DRAWN, source.id, by=by, at=at)
    return row.amount_yuan


def of_token(session: Session, token: str) -> Any:
    """The reward of this token, of which finance is shown the amount and whether it is paid.

    Raises: NotFound, the same words whatever is wrong with the token.
    """
    return _of_token(session, token)


def pay_reward(session: Session, token: str, *, at: datetime) -> int:
    """Record the payment against the token (兑付奖励); the amount in yuan.

    Raises: NotFound, GateNotMet (paid before, and when).
    """
    row = _of_token(session, token, lock=True)
    if row.paid_at is not None:
        paid = row.paid_at.astimezone(ZONE).strftime("%Y-%m-%d %H:%M")
        raise GateNotMet(f"该兑付码已于{paid}兑付。", rule="一个兑付码兑付一次", remedy="请核对付款登记。")
    session.execute(update(REWARD).where(REWARD.c.source_id == row.source_id).values(paid_at=at))
    _log(session, PAID, row.source_id, by=None, at=at, amount_yuan=row.amount_yuan)
    return row.amount_yuan


def waiting(session: Session, *, by: Actor) -> Sequence[Any]:
    """Rewards this person could decide, oldest first."""
    mine = (REWARD.c.decided_at.is_(None), REWARD.c.proposed_by != by.person_id)
    return session.execute(select(REWARD).where(*mine).order_by(REWARD.c.proposed_at)).all()


def waiting_for_reporter(session: Session, source: Any) -> int | None:
    """The amount of a reward that is decided and not yet paid, in yuan."""
    row = reward_of(session, source)
    return row.amount_yuan if row is not None and row.decided_at and not row.paid_at else None


def reward_of(session: Session, source: Any) -> Any:
    return session.execute(select(REWARD).where(REWARD.c.source_id == source.id)).one_or_none()


def _refuse_unfounded(session: Session, source: Any, hazard: Hazard) -> None:
    if not source.named:
        raise GateNotMet("匿名举报不能奖励。", rule="举报奖励须实名", remedy="请答复举报人。")
    if hazard.grade not in {Grade.MAJOR, Grade.GENERAL}:
        raise GateNotMet("该隐患尚未核实。", rule="查证属实方可奖励", remedy="请在核查认定后提出。")
    named = (HAZARD_SOURCE.c.hazard_id == hazard.id, HAZARD_SOURCE.c.named)
    first = select(HAZARD_SOURCE.c.id).where(*named).order_by(HAZARD_SOURCE.c.reported_at, HAZARD_SOURCE.c.id).limit(1)
    if session.execute(first).scalar_one() != source.id:
        raise GateNotMet(
            "同一隐患已有更早的实名举报。", rule="只奖励第一个实名举报人", remedy="请对最早的实名举报提出。"
        )


def _undecided(session: Session, source: Any, *, by: Actor) -> None:
    mine = select(REWARD).where(REWARD.c.source_id == source.id).with_for_update()
    row = session.execute(mine).one_or_none()
    if row is None:
        raise NotFound("该举报没有待决定的奖励。", rule=_RULE, remedy="请先提出奖励。")
    if row.decided_at is not None:
        raise GateNotMet("该奖励已决定。", rule="一项奖励决定一次", remedy="请刷新后查看。")
    if row.proposed_by == by.person_id:
        raise FourEyes("奖励由您本人提出，不能由您决定。", rule=_RULE, remedy="请由镇安委办另一人决定。")


def _of_token(session: Session, token: str, *, lock: bool = False) -> Any:
    mine = select(REWARD).where(REWARD.c.token_hash == codes.hash_of(token))
    row = session.execute(mine.with_for_update() if lock else mine).one_or_none()
    if row is None:
        raise NotFound("兑付码不正确。", rule=_RULE, remedy="请核对兑付码；举报人可凭查询码重新领取。")
    return row


def _log(session: Session, kind: str, source_id: str, *, by: Actor | None, at: datetime, **more: Any) -> None:
    """On the office's stream, where the auditor reads and no enterprise does."""
    trail.append_office(session, kind, by=by, at=at, facts={"source_id": source_id} | more)
