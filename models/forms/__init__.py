"""The forms: what each decision asks for. API bodies, page forms and the history take their fields from here."""

from collections.abc import Mapping

from models.decisions import DecisionCode
from models.forms import controls, progress, requests, tip_off, triage
from models.forms.fields import Form
from models.forms.intake import Acceptance, Correction, LesserFinding, MajorFinding, Opinion, Refusal, Report
from models.forms.rectification import Assignment, Completion, Informing, Plan, PlanApproval
from models.forms.review import Closure, ClosureReturn, Recheck, ReviewFailure, ReviewPass
from models.requests import RequestKind

_D, _K = DecisionCode, RequestKind
_ASKED: Mapping[RequestKind, type[Form]] = {
    _K.REFUSAL: requests.RefusalRequest,
    _K.MERGE: requests.MergeRequest,
    _K.LISTING: controls.Listing,
    _K.CONTROL: controls.ControlChange,
    _K.LIFTING: controls.Lifting,
    _K.EXTENSION: requests.ExtensionRequest,
    _K.LAST_EXTENSION: requests.ExtensionRequest,
    _K.LONG_LIMIT: requests.LongLimitRequest,
    _K.PAUSE: requests.PauseRequest,
    _K.REOPENING: requests.ReopeningRequest,
}
_MORE_TIME = frozenset({_K.EXTENSION, _K.LAST_EXTENSION, _K.LONG_LIMIT})
FORMS: Mapping[DecisionCode, type[Form]] = {
    _D.REPORT: Report,
    _D.ACCEPT: Acceptance,
    _D.RETURN_SUPPLEMENT: triage.SupplementRequest,
    _D.SUPPLEMENT: triage.Supplement,
    _D.URGENT_CONTROL: controls.ControlOrder,
    _D.RETURN_TO_TRIAGE: Refusal,
    _D.TRANSFER_OUT: triage.Transfer,
    _D.TRANSFER_RECEIVED: triage.TransferReceipt,
    _D.TRANSFER_ENDED: triage.TransferEnd,
    _D.TAKE_BACK: Refusal,
    _D.ABSTRACT: tip_off.Abstract,
    _D.NEED_EXPERT: triage.ExpertRequest,
    _D.EXPERT_OPINION: triage.ExpertOpinion,
    _D.CANNOT_VERIFY: triage.VerificationFailure,
    _D.MAJOR: MajorFinding,
    _D.GENERAL: LesserFinding,
    _D.NOT_HAZARD: LesserFinding,
    _D.CONFIRM: Opinion,
    _D.RETURN_FINDING: Refusal,
    _D.APPROVE_DOWNGRADE: Opinion,
    _D.REFUSE_DOWNGRADE: Refusal,
    _D.CONFIRM_CONTROL: controls.ControlCheck,
    _D.ASSIGN: Assignment,
    _D.SIGN: Opinion,
    _D.RETURN_NOT_MINE: Refusal,
    _D.ARBITRATE: progress.Arbitration,
    _D.DEEM_RECEIVED: progress.DeemedReceipt,
    _D.REASSIGN: progress.Reassignment,
    _D.INFORM: Informing,
    _D.RECORD_DOCUMENT: controls.OutsideDocument,
    _D.CORRECT: Correction,
    _D.PUBLISH_LISTING: controls.Publication,
    _D.SUBMIT_PLAN: Plan,
    _D.APPROVE_PLAN: PlanApproval,
    _D.RETURN_PLAN: Refusal,
    _D.STOP_FIRST: progress.StopFirst,
    _D.PROGRESS: progress.Progress,
    _D.QUESTION_PROGRESS: progress.Question,
    _D.ANSWER_QUESTION: progress.Answer,
    _D.EXTENSION_OPINION: progress.ExtensionOpinion,
    _D.ADD_ACTION: progress.NewAction,
    _D.FINISH_ACTION: progress.FinishedAction,
    _D.RESUME_CLOCK: progress.ResumedClock,
    _D.CHANGE_OWNER: progress.OwnerChange,
    _D.UNIT_CLOSED: progress.UnitClosed,
    _D.PROVE_REMOVAL: progress.RemovalProof,
    _D.TO_ENFORCEMENT: progress.EnforcementStart,
    _D.ENFORCE: progress.EnforcementAct,
    _D.FREEZE: progress.Freeze,
    _D.UNFREEZE: progress.Unfreeze,
    _D.HAND_OVER_CLUE: progress.Clue,
    _D.COMPLETE: Completion,
    _D.RECHECK: Recheck,
    _D.CANNOT_REVIEW: progress.RecheckFailure,
    _D.REFER_DISTRICT: progress.DistrictReferral,
    _D.DISTRICT_RESULT: Recheck,
    _D.PASS: ReviewPass,
    _D.PARTIAL: progress.PartialPass,
    _D.FAIL: ReviewFailure,
    _D.EXPLAIN_FAILURE: progress.Answer,
    _D.RECORD_RESUMPTION: controls.ResumptionConsent,
    _D.KEEP_LISTED: requests.Retention,
    _D.CLOSE: Closure,
    _D.RETURN_REDO: ClosureReturn,
    _D.LOOK_BACK_HOLDS: progress.LookBack,
    _D.WITHDRAW: requests.Withdrawal,
    **{kind.ask: _ASKED.get(kind, requests.ReasonedRequest) for kind in RequestKind},
    **{kind.grant: requests.LimitGranted if kind in _MORE_TIME else requests.Granted for kind in RequestKind},
    **{kind.deny: Refusal for kind in RequestKind},
}

__all__ = [
    "FORMS", "Acceptance", "Assignment", "Closure", "ClosureReturn", "Completion", "Form", "Informing",
    "LesserFinding", "MajorFinding", "Opinion", "Plan", "PlanApproval", "Recheck", "Refusal", "Report",
    "ReviewFailure", "ReviewPass",
]  # fmt: skip
