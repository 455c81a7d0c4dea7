"""Accept a report 受理, find its grade on site 核查认定, and confirm the finding by a second person."""

from datetime import datetime
from typing import Any

from sqlalchemy import func, select
from sqlmodel import Session

from models.actor import Actor
from models.errors import GateNotMet
from models.forms import Acceptance, LesserFinding, MajorFinding, Opinion, Refusal
from models.forms.intake import Finding
from models.forms.triage import ExpertOpinion, ExpertRequest, VerificationFailure
from models.hazard import Grade, Hazard
from models.organization import UnitKind
from models.process import DecisionCode, Part
from models.source import NEUTRAL_TEXT
from models.stage import Clock
from models.tables import DECISION
from services import clocks, controls, duties, lookups, moments
from services.moves import Taken, take
from services.reporting import LOCAL, add_parties

_ATTEMPTS = 2
_VERIFIERS = frozenset({UnitKind.DEPARTMENT, UnitKind.COMMITTEE})


def accept_report(session: Session, hazard: Hazard, form: Acceptance, *, by: Actor, at: datetime) -> Taken:
    """Accept a report (受理) and name the department that verifies it on site.

    Raises: GateNotMet for a tip-off whose abstract is not written: there would be nothing to verify by.
    """
    if hazard.description == NEUTRAL_TEXT:
        raise GateNotMet(
            "举报摘要尚未编写。",
            rule="举报原文密封，核查单位和企业只看镇安委办的摘要",
            remedy="请先编写举报摘要，再受理。",
        )
    unit = lookups.unit_by_code(session, form.verifying_unit, field="verifying_unit", kinds=_VERIFIERS)
    taken = take(session, hazard, DecisionCode.ACCEPT, form, by=by, at=at, verifying_unit_id=unit.id)
    add_parties(session, hazard.id, {Part.VERIFYING: [unit.id]})
    return taken


def find_major(session: Session, hazard: Hazard, form: MajorFinding, *, by: Actor, at: datetime) -> Taken:
    """Propose MAJOR by the clause in force on the discovery date, with the interim control decided on site.

    Where the visit finds that the unit named in the report does not own it (无责任单位), the assignment has to name who
    rectifies.

    Source: 安全生产法 第四十一条第三款; 安全生产法 第六十五条.

    Raises: GateNotMet when something stricter is in force, InvalidInput (clause).
    """
    found_on = hazard.discovered_at.astimezone(LOCAL).date().isoformat()
    clause = lookups.clause_in_force(session, form.clause, found_on)
    for further in form.further_clauses:
        lookups.clause_in_force(session, further, found_on, field="further_clauses")
    nobodys: dict[str, Any] = {"enterprise_id": None} if form.no_owner and hazard.enterprise_id else {}
    return _find(
        session, hazard, DecisionCode.MAJOR, form, Grade.MAJOR, by=by, at=at,
        clause_id=clause.id, persons_exposed=form.persons_exposed, external_factor=form.external_factor,
        **nobodys,
    )  # fmt: skip


def find_general(session: Session, hazard: Hazard, form: LesserFinding, *, by: Actor, at: datetime) -> Taken:
    """Propose to downgrade to a general hazard (一般隐患); confirmed and then approved by two further persons.

    Raises: GateNotMet when something stricter than the control of the finding is in force.
    """
    exposed = _exposed(hazard, form)
    return _find(session, hazard, DecisionCode.GENERAL, form, Grade.GENERAL, by=by, at=at, clause_id=None, **exposed)


def find_no_hazard(session: Session, hazard: Hazard, form: LesserFinding, *, by: Actor, at: datetime) -> Taken:
    """Propose that it is no hazard (不属隐患); confirmed and then approved by two further persons.

    Raises: as `find_general`.
    """
    exposed = _exposed(hazard, form)
    return _find(
        session, hazard, DecisionCode.NOT_HAZARD, form, Grade.NOT_HAZARD, by=by, at=at, clause_id=None, **exposed
    )


def _exposed(hazard: Hazard, form: LesserFinding) -> dict[str, Any]:
    """How many were found to be exposed, where somebody counted."""
    told = form.persons_exposed
    return {} if told is None or told == hazard.persons_exposed else {"persons_exposed": told}


def _find(
    session: Session, hazard: Hazard, code: DecisionCode, form: Finding, grade: Grade, *, by: Actor, at: datetime,
    **changes: Any,
) -> Taken:  # fmt: skip
    moments.refuse_ahead(form.checked_at, at, field="checked_at")
    if form.interim_since is not None:
        moments.refuse_ahead(form.interim_since, at, field="interim_since")
    controls.refuse_milder(hazard, form.interim_control)
    control = controls.decided(form)
    changes |= control
    taken = take(session, hazard, code, form, by=by, at=at, evidence=form.evidence, grade=grade, **changes)
    if control:
        controls.watch(session, hazard, hours=form.interim_hours, origin=taken.decision_id, by=by, at=at)
    return taken


def need_expert(session: Session, hazard: Hazard, form: ExpertRequest, *, by: Actor, at: datetime) -> Taken:
    """Ask for an expert's opinion, e.g. on a clause of other serious situations; the clock of the check runs on.

    Raises: GateNotMet when one is awaited already.
    """
    if clocks.live(session, hazard.id, Clock.EXPERT) is not None:
        raise GateNotMet("已聘请专家，尚未登记意见。", rule="专家意见", remedy="请先登记专家意见。")
    taken = take(session, hazard, DecisionCode.NEED_EXPERT, form, by=by, at=at)
    duties.open_duty(
        session,
        hazard,
        Clock.EXPERT,
        DecisionCode.EXPERT_OPINION,
        duties.in_charge(hazard),
        origin=taken.decision_id,
        at=at,
    )
    return taken


def record_expert_opinion(session: Session, hazard: Hazard, form: ExpertOpinion, *, by: Actor, at: datetime) -> Taken:
    """Record what the expert says (专家意见)."""
    taken = take(session, hazard, DecisionCode.EXPERT_OPINION, form, by=by, at=at, evidence=form.evidence)
    duties.close_duty(session, hazard.id, Clock.EXPERT, DecisionCode.EXPERT_OPINION, by=by, at=at)
    return taken


def record_cannot_verify(
    session: Session, hazard: Hazard, form: VerificationFailure, *, by: Actor, at: datetime
) -> Taken:
    """The place or unit was not found (无法核实). Tried twice, it is found or given back to the office.

    Raises: GateNotMet at the third attempt.
    """
    tried = select(func.count()).where(
        DECISION.c.hazard_id == hazard.id,
        DECISION.c.cycle == hazard.cycle,
        DECISION.c.code == DecisionCode.CANNOT_VERIFY,
    )
    if session.execute(tried).scalar_one() >= _ATTEMPTS:
        raise GateNotMet(
            "已两次登记无法核实。", rule="无法核实须再次核查，最多登记两次", remedy="请作出认定，或退回受理。"
        )
    return take(session, hazard, DecisionCode.CANNOT_VERIFY, form, by=by, at=at, evidence=form.evidence)


def confirm_finding(session: Session, hazard: Hazard, form: Opinion, *, by: Actor, at: datetime) -> Taken:
    """Confirm what another person proposed; who classifies does not confirm."""
    return take(session, hazard, DecisionCode.CONFIRM, form, by=by, at=at)


def return_finding(session: Session, hazard: Hazard, form: Refusal, *, by: Actor, at: datetime) -> Taken:
    """Send the finding back to be checked again."""
    return take(session, hazard, DecisionCode.RETURN_FINDING, form, by=by, at=at, grade=None, clause_id=None)


def approve_downgrade(session: Session, hazard: Hazard, form: Opinion, *, by: Actor, at: datetime) -> Taken:
    """Agree, as the further approver outside the department, that it is not a major hazard.

    Raises: GateNotMet while production is stopped.
    """
    controls.refuse_while_stopped(hazard)
    return take(session, hazard, DecisionCode.APPROVE_DOWNGRADE, form, by=by, at=at)


def refuse_downgrade(session: Session, hazard: Hazard, form: Refusal, *, by: Actor, at: datetime) -> Taken:
    """Disagree: the department checks again."""
    return take(session, hazard, DecisionCode.REFUSE_DOWNGRADE, form, by=by, at=at, grade=None, clause_id=None)
