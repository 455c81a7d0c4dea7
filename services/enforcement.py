"""Enforcement 执法: measures decided outside are recorded here, after what the law asks first; accident freeze."""

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date, datetime
from typing import NamedTuple

from sqlalchemy import or_, select
from sqlmodel import Session

from models.actor import Actor
from models.enforcement import closure_ground, may_cut_power
from models.errors import GateNotMet
from models.forms.progress import EnforcementAct, EnforcementKind, Freeze, Unfreeze
from models.hazard import Hazard
from models.limits import ZONE
from models.permissions import Role
from models.process import DecisionCode
from models.stage import Clock
from models.tables import DECISION, HAZARD
from services import duties, moments
from services.moves import Taken, take


class _Act(NamedTuple):
    """A measure on record."""

    hazard_id: str
    recorded_at: datetime
    kind: str
    decided_by: str
    document_no: str
    taken_at: datetime
    emergency: bool


def record_act(session: Session, hazard: Hazard, form: EnforcementAct, *, by: Actor, at: datetime) -> Taken:
    """Record a measure of enforcement with its document; the first one ends the duty to act.

    Source: 安全生产法 第七十条, 第一百一十三条; 刑法 第一百三十四条之一.

    Raises: GateNotMet: not handed to enforcement, power cut without its notice, a stop defied that was never ordered,
    closure without its ground.
    """
    moments.refuse_ahead(form.taken_at, at, field="taken_at")
    if hazard.enforcement_at is None:
        raise GateNotMet("该隐患没有转入执法。", rule="先转入执法，再登记措施", remedy="请先办理转入执法。")
    _require_ground(session, hazard, form)
    taken = take(session, hazard, DecisionCode.ENFORCE, form, by=by, at=at, evidence=form.evidence)
    duties.close_duty(session, hazard.id, Clock.ENFORCEMENT, DecisionCode.ENFORCE, by=by, at=at)
    return taken


def lacks_criminal_check(session: Session, hazard: Hazard) -> bool:
    """It was handed to enforcement, and nobody recorded since whether it is to be transferred as a crime."""
    if hazard.enforcement_at is None:
        return False
    checks = (act for act in _acts(session, hazard) if act.kind == EnforcementKind.CRIMINAL_CHECK)
    return not any(act.hazard_id == hazard.id and act.recorded_at >= hazard.enforcement_at for act in checks)


def freeze(session: Session, hazard: Hazard, form: Freeze, *, by: Actor, at: datetime) -> Taken:
    """An accident happened: everything is preserved as it stands, and nothing moves (事故冻结).

    The dates stay; the ladder waits, but for interim control. The leaders, who alone may let it go on, have it in
    their inbox.

    Raises: GateNotMet when it is frozen already, InvalidInput (a time ahead).
    """
    moments.refuse_ahead(form.happened_at, at, field="happened_at")
    taken = take(session, hazard, DecisionCode.FREEZE, form, by=by, at=at, evidence=form.evidence, frozen_at=at)
    duties.open_duty(
        session,
        hazard,
        Clock.FREEZE_REVIEW,
        DecisionCode.UNFREEZE,
        duties.Bearer(Role.TL),
        origin=taken.decision_id,
        at=at,
    )
    return taken


def unfreeze(session: Session, hazard: Hazard, form: Unfreeze, *, by: Actor, at: datetime) -> Taken:
    """A leader lets it go on (解除冻结): what fell due in the meantime is told by the next sweep.

    Raises: GateNotMet when it is not frozen.
    """
    if hazard.frozen_at is None:
        raise GateNotMet("该隐患没有冻结。", rule="事故冻结", remedy="无须解除。")
    taken = take(session, hazard, DecisionCode.UNFREEZE, form, by=by, at=at, frozen_at=None)
    duties.close_duty(session, hazard.id, Clock.FREEZE_REVIEW, DecisionCode.UNFREEZE, by=by, at=at)
    return taken


def _require_ground(session: Session, hazard: Hazard, form: EnforcementAct) -> None:
    if form.kind in _GROUNDS:
        before = [act for act in _acts(session, hazard) if act.taken_at <= form.taken_at]
        _GROUNDS[EnforcementKind(form.kind)](hazard, form, before)


def _require_notice(hazard: Hazard, form: EnforcementAct, acts: Sequence[_Act]) -> None:
    """A notice given for another hazard of the unit, or for an earlier cut, is no notice of this one."""
    here = [act for act in acts if act.hazard_id == hazard.id]
    notices = (act.taken_at for act in here if act.kind == EnforcementKind.POWER_CUT_NOTICE)
    cuts = sum(act.kind == EnforcementKind.POWER_CUT and not act.emergency for act in here)
    if not may_cut_power(notices, form.taken_at, cuts=cuts, emergency=form.emergency):
        raise GateNotMet(
            "停止供电须就本隐患提前二十四小时书面通知。", rule="安全生产法 第七十条：除有危及生产安全的紧急情形外，应当提前24小时通知",
            remedy="请先登记停电通知，满24小时后再登记停电，一次通知只用于一次停电；紧急情形请注明。", extra={"missing": ["POWER_CUT_NOTICE"]},
        )  # fmt: skip


def _require_stop_order(_hazard: Hazard, _form: EnforcementAct, acts: Sequence[_Act]) -> None:
    if not any(act.kind == EnforcementKind.STOP_ORDER for act in acts):
        raise GateNotMet(
            "没有登记停产停业整顿决定，谈不上拒不执行。", rule="安全生产法 第一百一十三条：拒不执行停产停业整顿决定",
            remedy="请先登记停产停业整顿决定及其文书编号。", extra={"missing": ["STOP_ORDER"]},
        )  # fmt: skip


def _require_closure_ground(_hazard: Hazard, form: EnforcementAct, acts: Sequence[_Act]) -> None:
    ground = closure_ground(_penalties(acts), form.taken_at.astimezone(ZONE).date())
    if not ground and not any(act.kind == EnforcementKind.STOP_DEFIED for act in acts):
        raise GateNotMet(
            "提请关闭的条件不具备。", rule="安全生产法 第一百一十三条：180日内3次或一年内4次处罚，或拒不执行停产停业整顿决定",
            remedy="请核对已登记的处罚（同一文书只计一次），或先登记拒不执行停产停业整顿决定的情况。",
            extra={"missing": ["PENALTY", "STOP_DEFIED"]},
        )  # fmt: skip


_GROUNDS: Mapping[EnforcementKind, Callable[[Hazard, EnforcementAct, Sequence[_Act]], None]] = {
    EnforcementKind.POWER_CUT: _require_notice,
    EnforcementKind.STOP_DEFIED: _require_stop_order,
    EnforcementKind.CLOSURE_PROPOSAL: _require_closure_ground,
}
"""What must have been recorded before each measure."""


def _penalties(acts: Iterable[_Act]) -> Iterable[date]:
    """The day of each penalty; a document recorded twice is one penalty, of its first day."""
    days: dict[tuple[str, str], date] = {}
    for act in acts:
        if act.kind == EnforcementKind.PENALTY:
            document, day = (act.decided_by, act.document_no), act.taken_at.astimezone(ZONE).date()
            days[document] = min(day, days.get(document, day))
    return days.values()


def _acts(session: Session, hazard: Hazard) -> list[_Act]:
    """Measures against this hazard's unit, on all its hazards; without a unit, on this one."""
    same = HAZARD.c.enterprise_id == hazard.enterprise_id if hazard.enterprise_id else HAZARD.c.id == hazard.id
    statement = (
        select(DECISION.c.hazard_id, DECISION.c.decided_at, DECISION.c.form)
        .join(HAZARD, HAZARD.c.id == DECISION.c.hazard_id)
        .where(DECISION.c.code == DecisionCode.ENFORCE, or_(same, HAZARD.c.id == hazard.id))
    )
    return [_act(*row) for row in session.execute(statement)]


def _act(hazard_id: str, recorded_at: datetime, form: str) -> _Act:
    """Read as it was written, also where today's form asks for more."""
    told = json.loads(form)
    taken_at = datetime.fromisoformat(told["taken_at"])
    emergency = bool(told.get("emergency"))
    return _Act(hazard_id, recorded_at, told["kind"], told["decided_by"], told["document_no"], taken_at, emergency)
