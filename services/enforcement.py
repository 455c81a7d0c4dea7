"""Enforcement 执法: measures decided outside are recorded here, after what the law asks first; accident freeze."""

from collections.abc import Iterable
from datetime import datetime

from sqlalchemy import or_, select
from sqlmodel import Session

from models.actor import Actor
from models.enforcement import closure_ground, may_cut_power
from models.errors import GateNotMet
from models.forms.progress import EnforcementAct, EnforcementKind, Freeze, Unfreeze
from models.hazard import Hazard
from models.limits import ZONE
from models.process import DecisionCode
from models.stage import Clock
from models.tables import DECISION, HAZARD
from services import duties, moments
from services.moves import Taken, take


def record_act(session: Session, hazard: Hazard, form: EnforcementAct, *, by: Actor, at: datetime) -> Taken:
    """Record a measure of enforcement with its document; the first one ends the duty to act.

    Source: 安全生产法 第七十条, 第一百一十三条; 刑法 第一百三十四条之一.
    Raises: GateNotMet: not handed to enforcement, power cut without its notice, closure without its ground.
    """
    moments.refuse_ahead(form.taken_at, at, field="taken_at")
    if hazard.enforcement_at is None:
        raise GateNotMet("该隐患没有转入执法。", rule="先转入执法，再登记措施", remedy="请先办理转入执法。")
    _require_ground(session, hazard, form)
    taken = take(session, hazard, DecisionCode.ENFORCE, form, by=by, at=at, evidence=form.evidence)
    duties.close_duty(session, hazard.id, Clock.ENFORCEMENT, DecisionCode.ENFORCE, by=by, at=at)
    return taken


def penalty_count(session: Session, hazard: Hazard) -> int:
    """Penalties recorded against this hazard's unit, on all its hazards."""
    return len([act for act in _acts(session, hazard) if act.kind == EnforcementKind.PENALTY])


def freeze(session: Session, hazard: Hazard, form: Freeze, *, by: Actor, at: datetime) -> Taken:
    """An accident happened: everything is preserved as it stands, and nothing moves (事故冻结).

    Raises: InvalidInput (a time ahead).
    """
    moments.refuse_ahead(form.happened_at, at, field="happened_at")
    return take(session, hazard, DecisionCode.FREEZE, form, by=by, at=at, evidence=form.evidence, frozen_at=at)


def unfreeze(session: Session, hazard: Hazard, form: Unfreeze, *, by: Actor, at: datetime) -> Taken:
    """A leader lets it go on (解除冻结).

    Raises: GateNotMet when it is not frozen.
    """
    if hazard.frozen_at is None:
        raise GateNotMet("该隐患没有冻结。", rule="事故冻结", remedy="无须解除。")
    return take(session, hazard, DecisionCode.UNFREEZE, form, by=by, at=at, frozen_at=None)


def _require_ground(session: Session, hazard: Hazard, form: EnforcementAct) -> None:
    acts = list(_acts(session, hazard))
    if form.kind == EnforcementKind.POWER_CUT:
        notices = (act.taken_at for act in acts if act.kind == EnforcementKind.POWER_CUT_NOTICE)
        if not may_cut_power(notices, form.taken_at, emergency=form.emergency):
            raise GateNotMet(
                "停止供电须提前二十四小时书面通知。", rule="安全生产法 第七十条：除有危及生产安全的紧急情形外，应当提前24小时通知",
                remedy="请先登记停电通知，满24小时后再登记停电；紧急情形请注明。", extra={"missing": ["POWER_CUT_NOTICE"]},
            )  # fmt: skip
    if form.kind == EnforcementKind.CLOSURE_PROPOSAL:
        penalties = (act.taken_at.astimezone(ZONE).date() for act in acts if act.kind == EnforcementKind.PENALTY)
        refused = any(act.kind == EnforcementKind.STOP_ORDER for act in acts)
        if not (closure_ground(penalties, form.taken_at.astimezone(ZONE).date()) or refused):
            raise GateNotMet(
                "提请关闭的条件不具备。", rule="安全生产法 第一百一十三条：180日内3次或一年内4次处罚，或拒不执行停产停业整顿决定",
                remedy="请核对已登记的处罚和停产停业决定。", extra={"missing": ["PENALTY"]},
            )  # fmt: skip


def _acts(session: Session, hazard: Hazard) -> Iterable[EnforcementAct]:
    """Measures against this hazard's unit, on all its hazards; without a unit, on this one."""
    same = HAZARD.c.enterprise_id == hazard.enterprise_id if hazard.enterprise_id else HAZARD.c.id == hazard.id
    statement = (
        select(DECISION.c.form)
        .join(HAZARD, HAZARD.c.id == DECISION.c.hazard_id)
        .where(DECISION.c.code == DecisionCode.ENFORCE, or_(same, HAZARD.c.id == hazard.id))
    )
    return [EnforcementAct.model_validate_json(form) for form in session.execute(statement).scalars()]
