"""While the rectification lasts: progress 进展, questions 质询, sub-actions 子项, change of owner, a unit that closed."""

from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, insert, select, update
from sqlmodel import Session

from models.actor import Actor
from models.errors import GateNotMet, InvalidInput
from models.forms.progress import (
    Answer,
    FinishedAction,
    NewAction,
    OwnerChange,
    Progress,
    Question,
    RemovalProof,
    ResumedClock,
    UnitClosed,
)  # fmt: skip
from models.hazard import Hazard
from models.ids import new_id
from models.limits import end_of
from models.process import DecisionCode, Part
from models.stage import Clock
from models.tables import SUB_ACTION
from services import clocks, controls, duties, lookups, moments, more_time, reporting
from services.assignment import RECTIFIES, move_items, owe_informing, same_unit
from services.moves import Taken, take

_LAPSED = "整改进展报告载明临时管控措施未落实"
_LONG_DAYS = 90
"""A limit longer than this is long works (长期工程), which reports monthly instead of weekly."""


def report_progress(session: Session, hazard: Hazard, form: Progress, *, by: Actor, at: datetime) -> Taken:
    """Report how far the rectification is; the next report is due within the rule's days (整改进展).

    A control that no longer holds goes up the ladder at once, as a breach seen on the spot does.

    Raises: InvalidInput (a date ahead, a percentage that falls without a reason, a control without its photograph).
    """
    moments.refuse_ahead(form.reported_on, at, field="reported_on")
    before = hazard.progress_percent or 0
    if form.percent < before and not form.fallen_because:
        raise InvalidInput(
            f"完成比例由{before}%降为{form.percent}%。", rule="完成比例不得无故下降", remedy="请填写下降的原因。",
            extra={"errors": [{"field": "fallen_because", "message": "请说明原因"}]},
        )  # fmt: skip
    if hazard.interim_control and not form.evidence and not form.no_photo_reason:
        raise InvalidInput(
            "正在实施临时管控，须附现场照片。", rule="每次报告进展须核实临时管控并附照片", remedy="请上传照片，或填写无照片的原因。",
            extra={"errors": [{"field": "evidence", "message": "请附照片，或填写无照片的原因"}]},
        )  # fmt: skip
    taken = take(
        session,
        hazard,
        DecisionCode.PROGRESS,
        form,
        by=by,
        at=at,
        evidence=form.evidence,
        progress_percent=form.percent,
    )
    if not form.control_holds:
        controls.raise_breach(session, hazard, reason=_LAPSED, by=by, at=at)
    duties.close_duty(session, hazard.id, Clock.PROGRESS, DecisionCode.PROGRESS, by=by, at=at)
    duties.open_duty(
        session, hazard, Clock.PROGRESS, DecisionCode.PROGRESS, duties.rectifier(hazard), origin=taken.decision_id, at=at,
        rule=_interval(session, hazard),
    )  # fmt: skip
    return taken


def question_progress(session: Session, hazard: Hazard, form: Question, *, by: Actor, at: datetime) -> Taken:
    """Ask the rectifier about its progress; it answers within its own clock (质询)."""
    if clocks.live(session, hazard.id, Clock.QUESTION) is not None:
        raise GateNotMet("上一次质询尚未答复。", rule="一次质询一次答复", remedy="请等待答复，或催办。")
    taken = take(session, hazard, DecisionCode.QUESTION_PROGRESS, form, by=by, at=at)
    duties.open_duty(
        session,
        hazard,
        Clock.QUESTION,
        DecisionCode.ANSWER_QUESTION,
        duties.rectifier(hazard),
        origin=taken.decision_id,
        at=at,
    )
    return taken


def answer_question(session: Session, hazard: Hazard, form: Answer, *, by: Actor, at: datetime) -> Taken:
    """Answer the question (答复质询).

    Raises: GateNotMet when none was asked.
    """
    if clocks.live(session, hazard.id, Clock.QUESTION) is None:
        raise GateNotMet("没有待答复的质询。", rule="一次质询一次答复", remedy="请刷新待办列表。")
    taken = take(session, hazard, DecisionCode.ANSWER_QUESTION, form, by=by, at=at, evidence=form.evidence)
    duties.close_duty(session, hazard.id, Clock.QUESTION, DecisionCode.ANSWER_QUESTION, by=by, at=at)
    return taken


def add_action(session: Session, hazard: Hazard, form: NewAction, *, by: Actor, at: datetime) -> Taken:
    """Add a piece of the rectification with its owner and date; completion waits for it (整改子项).

    Raises: InvalidInput (a date that leaves no time to act).
    """
    clocks.refuse_short_notice(session, hazard, end_of(form.due_on), at=at, field="due_on")
    taken = take(session, hazard, DecisionCode.ADD_ACTION, form, by=by, at=at, open_actions=hazard.open_actions + 1)
    row = {"id": new_id(), "hazard_id": hazard.id, "cycle": hazard.cycle, "work": form.work, "owner": form.owner,
           "due_on": form.due_on.isoformat(), "added_at": at}  # fmt: skip
    session.execute(insert(SUB_ACTION), row)
    duties.open_duty(
        session, hazard, Clock.SUB_ACTION, DecisionCode.FINISH_ACTION, duties.rectifier(hazard), origin=taken.decision_id,
        at=at, subject=row["id"], named=clocks.NamedLimit(None, form.due_on, "整改子项约定期限"),
    )  # fmt: skip
    return taken


def finish_action(session: Session, hazard: Hazard, form: FinishedAction, *, by: Actor, at: datetime) -> Taken:
    """Report a sub-action done (完成整改子项).

    Raises: InvalidInput when there is no such open sub-action.
    """
    same = (SUB_ACTION.c.id == form.action, *_unfinished(hazard))
    if session.execute(update(SUB_ACTION).where(*same).values(done_at=at)).rowcount != 1:  # pyright: ignore[reportAttributeAccessIssue]
        raise InvalidInput(
            "没有找到该整改子项，或已完成、已终止。", rule="整改子项", remedy="请核对子项编号。", field="action"
        )
    taken = take(
        session, hazard, DecisionCode.FINISH_ACTION, form, by=by, at=at, evidence=form.evidence,
        open_actions=hazard.open_actions - 1,
    )  # fmt: skip
    duties.close_duty(
        session, hazard.id, Clock.SUB_ACTION, DecisionCode.FINISH_ACTION, by=by, at=at, subject=form.action
    )
    return taken


def actions_of(session: Session, hazard_id: str) -> list[Any]:
    """The sub-actions of a hazard, by date."""
    rows = select(SUB_ACTION).where(SUB_ACTION.c.hazard_id == hazard_id).order_by(SUB_ACTION.c.due_on, SUB_ACTION.c.id)
    return list(session.execute(rows).all())


def resume_clock(session: Session, hazard: Hazard, form: ResumedClock, *, by: Actor, at: datetime) -> Taken:
    """End a stop of the clock, before its day or on it (恢复计时).

    Raises: GateNotMet when the clock does not stand still.
    """
    changes = more_time.end_pause(session, hazard, at=at)
    taken = take(session, hazard, DecisionCode.RESUME_CLOCK, form, by=by, at=at, **changes)
    duties.close_duty(session, hazard.id, Clock.PAUSE_END, DecisionCode.RESUME_CLOCK, by=by, at=at)
    return taken


def change_owner(session: Session, hazard: Hazard, form: OwnerChange, *, by: Actor, at: datetime) -> Taken:
    """Another enterprise, or a unit, answers for the rectification from now on; no date moves (变更责任单位).

    The principal and the actual controller of the new enterprise are told as those of the first one were.

    Source: 临江府发〔2024〕37号 三(二)3.
    Raises: InvalidInput when it is the lead unit, or answers already.
    """
    owner = _new_owner(session, hazard, form)
    taken = take(
        session,
        hazard,
        DecisionCode.CHANGE_OWNER,
        form,
        by=by,
        at=at,
        evidence=form.evidence,
        unit_closed_on=None,
        **owner,
    )
    move_items(session, hazard, duties.rectifier(hazard), _bearer(owner))
    duties.drop_duty(session, hazard.id, Clock.INFORM, DecisionCode.INFORM, by=by, at=at)
    if owner["rectifying_unit_id"]:
        reporting.add_parties(session, hazard.id, {Part.RECTIFYING: [owner["rectifying_unit_id"]]})
    elif hazard.lead_unit_id:
        owe_informing(session, hazard, hazard.lead_unit_id, origin=taken.decision_id, at=at)
    return taken


def close_unit(session: Session, hazard: Hazard, form: UnitClosed, *, by: Actor, at: datetime) -> Taken:
    """The responsible unit no longer exists; the lead unit must show that the danger is gone (单位关闭).

    Its sub-actions, the questions put to it and the letters it was to answer end with it: nobody is left to be late.
    """
    moments.refuse_ahead(form.closed_on, at, field="closed_on")
    taken = take(
        session, hazard, DecisionCode.UNIT_CLOSED, form, by=by, at=at, evidence=form.evidence,
        unit_closed_on=form.closed_on.isoformat(), open_actions=0,
    )  # fmt: skip
    session.execute(update(SUB_ACTION).where(*_unfinished(hazard)).values(dropped_at=at))
    duties.release_rectifier(session, hazard, by=by, at=at)
    return taken


def prove_removal(session: Session, hazard: Hazard, form: RemovalProof, *, by: Actor, at: datetime) -> Taken:
    """Show on the spot that the danger is gone; then it is re-checked like any rectification (证明危险已消除)."""
    moments.refuse_ahead(form.seen_at, at, field="seen_at")
    return take(session, hazard, DecisionCode.PROVE_REMOVAL, form, by=by, at=at, evidence=form.evidence)


def _unfinished(hazard: Hazard) -> tuple[ColumnElement[bool], ...]:
    return (SUB_ACTION.c.hazard_id == hazard.id, SUB_ACTION.c.done_at.is_(None), SUB_ACTION.c.dropped_at.is_(None))


def _new_owner(session: Session, hazard: Hazard, form: OwnerChange) -> dict[str, Any]:
    enterprise = lookups.enterprise_by_credit_code(session, form.enterprise) if form.enterprise else None
    code = form.rectifying_unit or ""
    unit = None if enterprise else lookups.unit_by_code(session, code, field="rectifying_unit", kinds=RECTIFIES)
    if unit and unit.id in {hazard.lead_unit_id, hazard.supervising_unit_id}:
        raise same_unit("lead_unit" if unit.id == hazard.lead_unit_id else "supervising_unit")
    owner = {"enterprise_id": enterprise.id if enterprise else None, "rectifying_unit_id": unit.id if unit else None}
    if owner == {"enterprise_id": hazard.enterprise_id, "rectifying_unit_id": hazard.rectifying_unit_id}:
        field = "enterprise" if enterprise else "rectifying_unit"
        raise InvalidInput(
            "所填单位就是现在的整改责任单位。", rule="变更整改责任单位须换为另一单位", remedy="请填写新的责任单位。",
            extra={"errors": [{"field": field, "message": "与现责任单位相同"}]},
        )  # fmt: skip
    return owner


def _bearer(changes: dict[str, str | None]) -> duties.Bearer:
    enterprise = changes["enterprise_id"]
    return (
        duties.Bearer("EN", None, enterprise) if enterprise else duties.Bearer("DH DO", changes["rectifying_unit_id"])
    )


def _interval(session: Session, hazard: Hazard) -> str:
    running = clocks.live(session, hazard.id, Clock.RECTIFICATION)
    long = running is not None and (running.due_at - running.start_at).days > _LONG_DAYS
    return Clock.LONG_PROGRESS if long else ""
