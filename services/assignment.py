"""Assign a major hazard 交办, receive the assignment 签收, tell the enterprise's two responsible persons 告知."""

from datetime import datetime

from sqlalchemy import insert, select, update
from sqlmodel import Session

from models.actor import Actor
from models.errors import GateNotMet, InvalidInput
from models.forms import Assignment, Informing, Opinion
from models.forms.rectification import Informed
from models.hazard import Hazard
from models.ids import new_id
from models.organization import UnitKind
from models.permissions import Role
from models.process import DecisionCode, Part
from models.stage import Clock
from models.tables import DECISION, WORK_ITEM
from services import clocks, lookups
from services.moves import Taken, take
from services.reporting import add_parties

_LEADS = frozenset({UnitKind.DEPARTMENT, UnitKind.COMMITTEE})
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
    leader = lookups.leader(session, form.leader)
    enterprise_id = _rectifier(session, hazard, form)
    limit = clocks.new_limit(session, hazard, form, at=at)
    taken = take(
        session, hazard, DecisionCode.ASSIGN, form, by=by, at=at, lead_unit_id=lead.id, leader_id=leader.id,
        enterprise_id=enterprise_id, listing_level=form.listing_level, **limit,
    )  # fmt: skip
    add_parties(session, hazard.id, {Part.LEAD: [lead.id], Part.COOPERATING: list(cooperating)})
    _open_informing(session, hazard, lead.id, origin=taken.decision_id, at=at)
    return taken


def receive_assignment(session: Session, hazard: Hazard, form: Opinion, *, by: Actor, at: datetime) -> Taken:
    """Sign for the assignment (签收); the rectification limit starts at this instant, not at the assignment."""
    return take(session, hazard, DecisionCode.SIGN, form, by=by, at=at)


def inform_person(session: Session, hazard: Hazard, form: Informing, *, by: Actor, at: datetime) -> Taken:
    """Record that the principal or the actual controller was told, with its own proof; both end the duty.

    Source: 临江府发〔2024〕37号 三(二)3 及时告知相关企业主要负责人、实际控制人.
    Raises: InvalidInput when the time lies ahead or the same person was recorded before.
    """
    told = informed_persons(session, hazard)
    if form.informed in told:
        raise GateNotMet("该告知对象已登记过。", rule="主要负责人、实际控制人各登记一次", remedy="请登记另一告知对象。")
    if form.informed_at > at:
        raise InvalidInput(
            "告知时间晚于现在。", rule="时间以服务器时钟为准", remedy="请填写实际告知时间。",
            extra={"errors": [{"field": "informed_at", "message": "不能晚于现在"}]},
        )  # fmt: skip
    taken = take(session, hazard, DecisionCode.INFORM, form, by=by, at=at, evidence=form.evidence)
    if told | {form.informed} == set(Informed):
        clocks.stop(session, hazard.id, Clock.INFORM, at=at)
        duty = (WORK_ITEM.c.hazard_id == hazard.id, WORK_ITEM.c.kind == Clock.INFORM, WORK_ITEM.c.closed_at.is_(None))
        session.execute(update(WORK_ITEM).where(*duty).values(closed_at=at, closed_by=by.person_id))
    return taken


def informed_persons(session: Session, hazard: Hazard) -> set[str]:
    """Which of the two have been told in this cycle."""
    told = (DECISION.c.hazard_id == hazard.id, DECISION.c.cycle == hazard.cycle, DECISION.c.code == DecisionCode.INFORM)
    forms = session.execute(select(DECISION.c.form).where(*told)).scalars()
    return {Informing.model_validate_json(form).informed for form in forms}


def _rectifier(session: Session, hazard: Hazard, form: Assignment) -> str | None:
    named = lookups.enterprise_by_credit_code(session, form.enterprise) if form.enterprise else None
    found = named.id if named else hazard.enterprise_id
    if found is None:
        raise lookups.missing("enterprise", "该隐患没有登记责任单位。", "请在交办时填写整改单位的统一社会信用代码。")
    return found


def _open_informing(session: Session, hazard: Hazard, lead_unit_id: str, *, origin: str, at: datetime) -> None:
    session.execute(
        insert(WORK_ITEM),
        {"id": new_id(), "hazard_id": hazard.id, "kind": Clock.INFORM, "is_move": False, "origin": origin,
         "roles": f"{Role.DH} {Role.DO}", "unit_id": lead_unit_id,
         "due_at": clocks.running(session, hazard.id, Clock.INFORM), "opened_at": at},
    )  # fmt: skip
