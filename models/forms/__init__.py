"""The forms: what each decision asks for. API bodies, page forms and the history take their fields from here."""

from collections.abc import Mapping

from models.forms.fields import Form
from models.forms.intake import Acceptance, LesserFinding, MajorFinding, Opinion, Refusal, Report
from models.forms.rectification import Assignment, Completion, Informing, Plan, PlanApproval
from models.forms.review import Closure, ClosureReturn, Recheck, ReviewFailure, ReviewPass
from models.process import DecisionCode

FORMS: Mapping[DecisionCode, type[Form]] = {
    DecisionCode.REPORT: Report,
    DecisionCode.ACCEPT: Acceptance,
    DecisionCode.MAJOR: MajorFinding,
    DecisionCode.GENERAL: LesserFinding,
    DecisionCode.NOT_HAZARD: LesserFinding,
    DecisionCode.CONFIRM: Opinion,
    DecisionCode.RETURN_FINDING: Refusal,
    DecisionCode.APPROVE_DOWNGRADE: Opinion,
    DecisionCode.REFUSE_DOWNGRADE: Refusal,
    DecisionCode.ASSIGN: Assignment,
    DecisionCode.SIGN: Opinion,
    DecisionCode.INFORM: Informing,
    DecisionCode.SUBMIT_PLAN: Plan,
    DecisionCode.APPROVE_PLAN: PlanApproval,
    DecisionCode.RETURN_PLAN: Refusal,
    DecisionCode.COMPLETE: Completion,
    DecisionCode.RECHECK: Recheck,
    DecisionCode.PASS: ReviewPass,
    DecisionCode.FAIL: ReviewFailure,
    DecisionCode.CLOSE: Closure,
    DecisionCode.RETURN_REDO: ClosureReturn,
}

__all__ = [
    "FORMS", "Acceptance", "Assignment", "Closure", "ClosureReturn", "Completion", "Form", "Informing",
    "LesserFinding", "MajorFinding", "Opinion", "Plan", "PlanApproval", "Recheck", "Refusal", "Report",
    "ReviewFailure", "ReviewPass",
]  # fmt: skip
