"""Assign a major hazard 交办, receive the assignment 签收, tell the enterprise's two responsible persons 告知."""

from datetime import datetime
from typing import Any

from sqlalchemy import func, select, update
from sqlmodel import Session

from models import Enterprise, Unit
from models.actor import Actor
from models.errors import GateNotMet, InvalidInput
from models.forms import Assignment, Informing, Opinion, Refusal
from models.forms.progress import Arbitration, DeemedReceipt, Reassignment
from models.forms.rectification import Informed
from models.hazard import Hazard
from models.organization import UnitKind
from models.permissions import Role
from models.process import DecisionCode, Part
from models.stage import Clock
from models.tables import DEADLINE, DECISION, WORK_ITEM
from services import clocks, duties, lookups, moments
from services.moves import Taken, take
from services.reporting import add_parties

_LEADS = frozenset({UnitKind.DEPARTMENT, UnitKind.COMMITTEE})
RECTIFIES = frozenset({UnitKind.DEPARTMENT, UnitKind.COMMITTEE, UnitKind.VILLAGE})
_COOPERATES = _LEADS | {UnitKind.VILLAGE}


def assign_hazard(session: Session, hazard: Hazard, form: Assignment, *, by: Actor, at: datetime) -> Taken:
    """Assign a confirmed major hazard to one lead unit, with limit, basis and responsible leader (交办).

    The limit starts when the lead unit signs for the assignment; the duty to tell the principal and the actual
    controller starts now.

    Source: 临江府发〔2024〕37号 三(二)3.
    Raises: InvalidInput, and what `take` raises.
    """
    lead = lookups.unit_by_code(session, form.lead_unit, field="lead_unit", kinds=_LEADS)
    cooperating = [
        lookups.unit_by_code(session, code, field="cooperating_units", kinds=_COOPERATES).id
        for code in form.cooperating_units
    ]
    supervising_id = _supervisor(session, form, lead)
    leader = lookups.leader(session, form.leader)
    enterprise_id, rectifying_id = _rectifier(session, hazard, form)
    if rectifying_id is not None and rectifying_id in {lead.id, supervising_id}:
        raise same_unit("lead_unit" if rectifying_id == lead.id else "supervising_unit")
    limit = clocks.new_limit(session, hazard, form, at=at)
    taken = take(
        session, hazard, DecisionCode.ASSIGN, form, by=by, at=at, lead_unit_id=lead.id,
        supervising_unit_id=supervising_id, leader_id=leader.id, enterprise_id=enterprise_id, rectifying_unit_id=rectifying_id, **limit,
    )  # fmt: skip
    parts = {Part.LEAD: [lead.id], Part.COOPERATING: list(cooperating), Part.RECTIFYING: [rectifying_id],
             Part.SUPERVISING: [supervising_id]}  # fmt: skip
    add_parties(session, hazard.id, parts)
    if enterprise_id is not None:
        owe_informing(session, hazard, lead.id, origin=taken.decision_id, at=at)
    return taken


def owe_informing(session: Session, hazard: Hazard, lead_id: str, *, origin: str, at: datetime) -> None:
    """The lead unit tells the enterprise's two responsible persons, from now on."""
    bearer = duties.Bearer(f"{Role.DH} {Role.DO}", unit_id=lead_id)
    duties.open_duty(session, hazard, Clock.INFORM, DecisionCode.INFORM, bearer, origin=origin, at=at)


def receive_assignment(session: Session, hazard: Hazard, form: Opinion, *, by: Actor, at: datetime) -> Taken:
    """Sign for the assignment (签收); the rectification limit starts at this instant, not at the assignment."""
    return take(session, hazard, DecisionCode.SIGN, form, by=by, at=at)


def inform_person(session: Session, hazard: Hazard, form: Informing, *, by: Actor, at: datetime) -> Taken:
    """Record that the principal or the actual controller was told, with its own proof; both end the duty.

    Source: 临江府发〔2024〕37号 三(二)3 及时告知相关企业主要负责人、实际控制人.
    One record tells both where they are one person (同一人).

    Raises: InvalidInput when the time lies ahead; GateNotMet when it was recorded before, or they are two persons.
    """
    told = informed_persons(session, hazard)
    _refuse_two_persons(session, hazard, form)
    if form.informed in told:
        raise GateNotMet("该告知对象已登记过。", rule="主要负责人、实际控制人各登记一次", remedy="请登记另一告知对象。",
                         field="informed")  # fmt: skip
    moments.refuse_ahead(form.informed_at, at, field="informed_at")
    taken = take(session, hazard, DecisionCode.INFORM, form, by=by, at=at, evidence=form.evidence)
    if told | _told_by(form) == set(Informed):
        duties.close_duty(session, hazard.id, Clock.INFORM, DecisionCode.INFORM, by=by, at=at)
    return taken


def informed_persons(session: Session, hazard: Hazard) -> set[str]:
    """Which of the two have been told in this cycle, since the enterprise answers for the hazard."""
    of_cycle = (DECISION.c.hazard_id == hazard.id, DECISION.c.cycle == hazard.cycle)
    changed = select(func.coalesce(func.max(DECISION.c.seq), 0)).where(
        *of_cycle, DECISION.c.code == DecisionCode.CHANGE_OWNER
    )
    told = (*of_cycle, DECISION.c.code == DecisionCode.INFORM, DECISION.c.seq > changed.scalar_subquery())
    forms = session.execute(select(DECISION.c.form).where(*told)).scalars()
    return {person for form in forms for person in _told_by(Informing.model_validate_json(form))}


def _told_by(form: Informing) -> set[str]:
    return set(Informed) if form.same_person else {form.informed}


def _refuse_two_persons(session: Session, hazard: Hazard, form: Informing) -> None:
    """One record is enough only where the enterprise has the same person registered for both, or nobody yet."""
    enterprise = session.get(Enterprise, hazard.enterprise_id) if form.same_person and hazard.enterprise_id else None
    named = {enterprise.principal_id, enterprise.actual_controller_id} - {None} if enterprise else set[str]()
    if len(named) > 1:
        raise GateNotMet(
            "该企业登记的主要负责人和实际控制人不是同一人。",
            rule="主要负责人、实际控制人各登记一次",
            remedy="请分别告知并登记。",
        )


def return_assignment(session: Session, hazard: Hazard, form: Refusal, *, by: Actor, at: datetime) -> Taken:
    """Send the assignment back as not this unit's (不属本单位); the committee office arbitrates. Counted.

    Raises: GateNotMet after the arbitration, whose word is final.
    """
    if hazard.arbitrated:
        raise GateNotMet(
            "责任单位已由镇安委办裁定，不能再退回。", rule="裁定为最终决定", remedy="请签收；有异议可向镇安委会报告。"
        )
    return take(session, hazard, DecisionCode.RETURN_NOT_MINE, form, by=by, at=at, returned=hazard.returned + 1)


def arbitrate(session: Session, hazard: Hazard, form: Arbitration, *, by: Actor, at: datetime) -> Taken:
    """Name the lead unit with the final word (裁定责任单位)."""
    lead = lookups.unit_by_code(session, form.lead_unit, field="lead_unit", kinds=_LEADS)
    if lead.id == hazard.rectifying_unit_id:
        raise same_unit()
    taken = take(session, hazard, DecisionCode.ARBITRATE, form, by=by, at=at, arbitrated=True, **_led_by(hazard, lead))
    _hand_over(session, hazard, lead.id)
    return taken


def deem_received(session: Session, hazard: Hazard, form: DeemedReceipt, *, by: Actor, at: datetime) -> Taken:
    """The lead unit did not sign within its time, and delivery is proved: it counts as signed for (视为签收).

    Raises: GateNotMet before the receipt is overdue.
    """
    running = clocks.live(session, hazard.id, Clock.RECEIPT)
    if running is not None and at <= running.due_at:
        raise GateNotMet(
            "签收期限未满，不能视为签收。", rule="逾期未签收且已送达的，视为签收", remedy="请催促牵头单位签收。"
        )
    return take(session, hazard, DecisionCode.DEEM_RECEIVED, form, by=by, at=at, evidence=form.evidence)


def reassign(session: Session, hazard: Hazard, form: Reassignment, *, by: Actor, at: datetime) -> Taken:
    """Name another lead unit; no date moves (改派牵头单位)."""
    lead = lookups.unit_by_code(session, form.lead_unit, field="lead_unit", kinds=_LEADS)
    if lead.id == hazard.rectifying_unit_id:
        raise same_unit()
    taken = take(session, hazard, DecisionCode.REASSIGN, form, by=by, at=at, **_led_by(hazard, lead))
    _hand_over(session, hazard, lead.id)
    return taken


def move_items(session: Session, hazard: Hazard, old: duties.Bearer, new: duties.Bearer) -> None:
    """What lies open in one party's inbox lies in another's from now on, claimed by nobody, due as before."""
    theirs = (
        WORK_ITEM.c.hazard_id == hazard.id, WORK_ITEM.c.closed_at.is_(None),
        WORK_ITEM.c.unit_id == old.unit_id if old.unit_id else WORK_ITEM.c.enterprise_id == old.enterprise_id,
    )  # fmt: skip
    values: dict[str, Any] = {"unit_id": new.unit_id, "enterprise_id": new.enterprise_id, "assignee_id": None}
    if new.roles:
        values["roles"] = new.roles
    session.execute(update(WORK_ITEM).where(*theirs).values(values))


def same_unit(field: str = "lead_unit") -> InvalidInput:
    name = "牵头单位" if field == "lead_unit" else "督办单位"
    return InvalidInput(
        f"整改责任单位不能同时是{name}。", rule="职责分离：整改与督办、复查分属不同单位", remedy=f"请另行指定{name}。",
        extra={"errors": [{"field": field, "message": "不能与整改责任单位相同"}]},
    )  # fmt: skip


def _led_by(hazard: Hazard, lead: Unit) -> dict[str, Any]:
    """A unit that supervised and leads from now on does both as the lead unit."""
    both = lead.id == hazard.supervising_unit_id
    return {"lead_unit_id": lead.id} | ({"supervising_unit_id": None} if both else {})


def _supervisor(session: Session, form: Assignment, lead: Unit) -> str | None:
    """The unit that supervises beside the lead; None where the lead does so itself."""
    if form.supervising_unit is None:
        return None
    unit = lookups.unit_by_code(session, form.supervising_unit, field="supervising_unit", kinds=_LEADS)
    return None if unit.id == lead.id else unit.id


def _hand_over(session: Session, hazard: Hazard, lead_id: str) -> None:
    """Items and running clocks of the former lead unit go to the new one; its part in the hazard stays on record."""
    if lead_id == hazard.lead_unit_id:
        return
    move_items(session, hazard, duties.Bearer("", hazard.lead_unit_id), duties.Bearer("", lead_id))
    mine = (
        DEADLINE.c.hazard_id == hazard.id,
        DEADLINE.c.unit_id == hazard.lead_unit_id,
        DEADLINE.c.closed_at.is_(None),
    )
    session.execute(update(DEADLINE).where(*mine).values(unit_id=lead_id))
    add_parties(session, hazard.id, {Part.LEAD: [lead_id]})


def _rectifier(session: Session, hazard: Hazard, form: Assignment) -> tuple[str | None, str | None]:
    """(enterprise, unit): who rectifies. Without an enterprise it is the unit the assignment names (无责任单位)."""
    if form.enterprise or (hazard.enterprise_id and not form.rectifying_unit):
        named = lookups.enterprise_by_credit_code(session, form.enterprise) if form.enterprise else None
        return (named.id if named else hazard.enterprise_id), None
    if form.rectifying_unit is None:
        raise lookups.missing(
            "enterprise",
            "该隐患没有登记责任单位。",
            "请填写整改单位的统一社会信用代码；确无责任企业的，填写整改责任单位代码。",
        )
    return None, lookups.unit_by_code(session, form.rectifying_unit, field="rectifying_unit", kinds=RECTIFIES).id
