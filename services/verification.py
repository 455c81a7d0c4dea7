"""Accept a report 受理, find its grade on site 核查认定, and confirm the finding by a second person."""

from datetime import datetime

from sqlmodel import Session

from models.actor import Actor
from models.forms import Acceptance, LesserFinding, MajorFinding, Opinion, Refusal
from models.hazard import Grade, Hazard
from models.organization import UnitKind
from models.process import DecisionCode, Part
from services import lookups
from services.moves import Taken, take
from services.reporting import LOCAL, add_parties

_VERIFIERS = frozenset({UnitKind.DEPARTMENT, UnitKind.COMMITTEE})


def accept_report(session: Session, hazard: Hazard, form: Acceptance, *, by: Actor, at: datetime) -> Taken:
    """Accept a report (受理) and name the department that verifies it on site."""
    unit = lookups.unit_by_code(session, form.verifying_unit, field="verifying_unit", kinds=_VERIFIERS)
    taken = take(session, hazard, DecisionCode.ACCEPT, form, by=by, at=at, verifying_unit_id=unit.id)
    add_parties(session, hazard.id, {Part.VERIFYING: [unit.id]})
    return taken


def find_major(session: Session, hazard: Hazard, form: MajorFinding, *, by: Actor, at: datetime) -> Taken:
    """Propose MAJOR by the clause in force on the discovery date, with the interim control decided on site.

    Source: 安全生产法 第四十一条第三款; 安全生产法 第六十五条.
    """
    found_on = hazard.discovered_at.astimezone(LOCAL).date().isoformat()
    clause = lookups.clause_in_force(session, form.clause, found_on)
    return take(
        session, hazard, DecisionCode.MAJOR, form, by=by, at=at, evidence=form.evidence,
        grade=Grade.MAJOR, clause_id=clause.id, persons_exposed=form.persons_exposed,
    )  # fmt: skip


def find_general(session: Session, hazard: Hazard, form: LesserFinding, *, by: Actor, at: datetime) -> Taken:
    """Propose to downgrade to a general hazard (一般隐患); confirmed and then approved by two further persons."""
    return take(
        session,
        hazard,
        DecisionCode.GENERAL,
        form,
        by=by,
        at=at,
        evidence=form.evidence,
        grade=Grade.GENERAL,
        clause_id=None,
    )


def find_no_hazard(session: Session, hazard: Hazard, form: LesserFinding, *, by: Actor, at: datetime) -> Taken:
    """Propose that it is no hazard (不属隐患); confirmed and then approved by two further persons."""
    return take(
        session,
        hazard,
        DecisionCode.NOT_HAZARD,
        form,
        by=by,
        at=at,
        evidence=form.evidence,
        grade=Grade.NOT_HAZARD,
        clause_id=None,
    )


def confirm_finding(session: Session, hazard: Hazard, form: Opinion, *, by: Actor, at: datetime) -> Taken:
    """Confirm what another person proposed; who classifies does not confirm."""
    return take(session, hazard, DecisionCode.CONFIRM, form, by=by, at=at)


def return_finding(session: Session, hazard: Hazard, form: Refusal, *, by: Actor, at: datetime) -> Taken:
    """Send the finding back to be checked again."""
    return take(session, hazard, DecisionCode.RETURN_FINDING, form, by=by, at=at, grade=None, clause_id=None)


def approve_downgrade(session: Session, hazard: Hazard, form: Opinion, *, by: Actor, at: datetime) -> Taken:
    """Agree, as the further approver outside the department, that it is not a major hazard."""
    return take(session, hazard, DecisionCode.APPROVE_DOWNGRADE, form, by=by, at=at)


def refuse_downgrade(session: Session, hazard: Hazard, form: Refusal, *, by: Actor, at: datetime) -> Taken:
    """Disagree: the department checks again."""
    return take(session, hazard, DecisionCode.REFUSE_DOWNGRADE, form, by=by, at=at, grade=None, clause_id=None)
