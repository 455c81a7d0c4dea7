"""Every decision the office takes on a hazard, by its code: what the edges offer."""

from collections.abc import Callable, Mapping
from typing import Any

from models.process import DecisionCode
from services import assignment, closure, rectification, review, verification

Decide = Callable[..., Any]
"""`(session, hazard, form, *, by, at) -> Taken`, the hazard locked and the transaction the caller's."""

DECISIONS: Mapping[DecisionCode, Decide] = {
    DecisionCode.ACCEPT: verification.accept_report,
    DecisionCode.MAJOR: verification.find_major,
    DecisionCode.GENERAL: verification.find_general,
    DecisionCode.NOT_HAZARD: verification.find_no_hazard,
    DecisionCode.CONFIRM: verification.confirm_finding,
    DecisionCode.RETURN_FINDING: verification.return_finding,
    DecisionCode.APPROVE_DOWNGRADE: verification.approve_downgrade,
    DecisionCode.REFUSE_DOWNGRADE: verification.refuse_downgrade,
    DecisionCode.ASSIGN: assignment.assign_hazard,
    DecisionCode.SIGN: assignment.receive_assignment,
    DecisionCode.INFORM: assignment.inform_person,
    DecisionCode.SUBMIT_PLAN: rectification.submit_plan,
    DecisionCode.APPROVE_PLAN: rectification.approve_plan,
    DecisionCode.RETURN_PLAN: rectification.return_plan,
    DecisionCode.COMPLETE: rectification.report_completion,
    DecisionCode.RECHECK: review.record_recheck,
    DecisionCode.PASS: review.pass_review,
    DecisionCode.FAIL: review.fail_review,
    DecisionCode.CLOSE: closure.close_hazard,
    DecisionCode.RETURN_REDO: closure.return_from_gate,
}
