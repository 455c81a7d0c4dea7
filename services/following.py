"""What a reporter sees by the query code 查询进度: plain words, dates, the answer; never a note of the office's own."""

from datetime import datetime
from typing import NamedTuple

from sqlalchemy import select
from sqlmodel import Session

from models.hazard import Hazard
from models.stage import Stage, Step
from models.tables import HAZARD
from services import rewards, sources
from services.relay import open_objection

_WORDS = {
    Stage.REPORTED: "已收到，正在受理", Stage.VERIFICATION: "已受理，正在核查", Stage.ASSIGNMENT: "已核实，正在交办整改",
    Stage.RECTIFICATION: "正在整改", Stage.REVIEW: "整改后正在复查", Stage.CLOSE_OUT: "复查合格，正在审核销号",
    Stage.CLOSED: "整改完成，已销号", Stage.DISMISSED: "经核查，不属于重大事故隐患", Stage.DOWNGRADED: "按一般隐患督促整改",
    Stage.MERGED: "已与同一问题的其他反映合并办理", Stage.TRANSFERRED: "已移送有权处理的部门",
    Stage.VOIDED: "登记有误，已作废",
}  # fmt: skip
_BY_STEP = {Step.REFUSED: "经审核，不予受理", Step.TRANSFER_DONE: "接收部门已办结"}


class Progress(NamedTuple):
    """How a report stands."""

    no: str
    words: str
    reported_at: datetime
    ended_at: datetime | None
    answer_due_at: datetime | None
    answered_at: datetime | None
    answer: str | None
    objection_waits: bool
    reward_yuan: int | None
    """A reward decided and not yet paid; the token is drawn by the query code."""


def follow(session: Session, code: str) -> Progress:
    """How the report of this query code stands; where it was merged, how the hazard stands that carries it.

    Raises: NotFound.
    """
    source = sources.of_code(session, code)
    hazard = sources.carrier(session, source)
    no = session.execute(select(HAZARD.c.no).where(HAZARD.c.id == source.original_hazard_id)).scalar_one()
    merged = "（与同一问题的其他反映合并办理）" if source.hazard_id != source.original_hazard_id else ""
    return Progress(
        no, in_plain_words(hazard) + merged, source.reported_at, hazard.closed_at, source.answer_due_at,
        source.answered_at, source.answer, open_objection(session, source) is not None,
        rewards.waiting_for_reporter(session, source),
    )  # fmt: skip


def in_plain_words(hazard: Hazard) -> str:
    return _BY_STEP.get(Step(hazard.step)) or _WORDS[Stage(hazard.stage)]
