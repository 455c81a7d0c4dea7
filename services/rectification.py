"""The enterprise's part: plan 整改方案 and completion 整改完成; and the lead unit's answer to the plan."""

from datetime import datetime

from sqlmodel import Session

from models.actor import Actor
from models.errors import GateNotMet
from models.forms import Completion, Plan, PlanApproval, Refusal
from models.hazard import Hazard
from models.process import DecisionCode
from services.moves import Taken, take


def submit_plan(session: Session, hazard: Hazard, form: Plan, *, by: Actor, at: datetime) -> Taken:
    """Hand in the rectification plan with its six elements (整改方案)."""
    return take(session, hazard, DecisionCode.SUBMIT_PLAN, form, by=by, at=at, evidence=form.evidence)


def approve_plan(session: Session, hazard: Hazard, form: PlanApproval, *, by: Actor, at: datetime) -> Taken:
    """Approve the plan, with conditions if need be; the work may begin and the limit runs on."""
    return take(session, hazard, DecisionCode.APPROVE_PLAN, form, by=by, at=at)


def return_plan(session: Session, hazard: Hazard, form: Refusal, *, by: Actor, at: datetime) -> Taken:
    """Return the plan to be redone; the rectification limit does not move."""
    return take(session, hazard, DecisionCode.RETURN_PLAN, form, by=by, at=at)


def report_completion(session: Session, hazard: Hazard, form: Completion, *, by: Actor, at: datetime) -> Taken:
    """Report the rectification done, with photo pairs of the same spot; stops the enterprise's clock now.

    A fabricated report of removal counts as refusing to rectify (法释〔2022〕19号 第三条), so every piece is hashed
    on receipt and named in the history.

    Raises: GateNotMet while sub-actions are open.
    """
    if hazard.open_actions:
        raise GateNotMet(
            f"还有{hazard.open_actions}项整改子项没有完成。",
            rule="整改子项全部完成后方可报告整改完成",
            remedy="请先登记各子项完成。",
        )
    return take(session, hazard, DecisionCode.COMPLETE, form, by=by, at=at, evidence=form.all_evidence)
