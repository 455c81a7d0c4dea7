"""What a reporter sees by the query code 查询进度: plain words, dates, the answer; never a note of the office's own."""

import json
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import select
from sqlmodel import Session

from models.decisions import DecisionCode
from models.hazard import Hazard
from models.stage import Stage, Step
from models.tables import DECISION, HAZARD
from services import rewards, sources
from services.relay import open_objection

_WORDS = {
    Stage.REPORTED: "已收到，正在受理", Stage.VERIFICATION: "已受理，正在核查", Stage.ASSIGNMENT: "已核实，正在交办整改",
    Stage.RECTIFICATION: "正在整改", Stage.REVIEW: "整改后正在复查", Stage.CLOSE_OUT: "复查合格，正在审核销号",
    Stage.CLOSED: "整改完成，已销号", Stage.DISMISSED: "经核查，不属于重大事故隐患", Stage.DOWNGRADED: "按一般隐患督促整改",
    Stage.MERGED: "已与同一问题的其他反映合并办理", Stage.TRANSFERRED: "已移送有权处理的部门",
    Stage.VOIDED: "登记有误，已作废",
}  # fmt: skip
_BY_STEP = {
    Step.SUPPLEMENT: "已收到，请补充情况",
    Step.REFUSED: "经审核，不予受理",
    Step.TRANSFER_DONE: "接收部门已办结",
}


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
    wanted: str
    """What the office asks its reporter to add before it goes on (退回补正), in the office's words."""
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
        source.answered_at, source.answer, open_objection(session, source) is not None, _wanted(session, source, hazard),
        rewards.waiting_for_reporter(session, source),
    )  # fmt: skip


def _wanted(session: Session, source: Any, hazard: Hazard) -> str:
    """Only of the report itself: of one it was merged into, another reporter is asked."""
    if hazard.step != Step.SUPPLEMENT or source.hazard_id != source.original_hazard_id:
        return ""
    asked = (DECISION.c.hazard_id == hazard.id, DECISION.c.code == DecisionCode.RETURN_SUPPLEMENT)
    forms = select(DECISION.c.form).where(*asked).order_by(DECISION.c.seq.desc()).limit(1)
    return json.loads(session.execute(forms).scalar_one())["reason"]


def in_plain_words(hazard: Hazard) -> str:
    return _BY_STEP.get(Step(hazard.step)) or _WORDS[Stage(hazard.stage)]
