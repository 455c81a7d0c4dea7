"""Every decision the office takes on a hazard, by its code: what the edges offer."""

from collections.abc import Callable, Mapping
from datetime import datetime

from sqlmodel import Session

from models.actor import Actor
from models.errors import DomainError
from models.forms import Form
from models.hazard import Hazard
from models.process import DecisionCode, move_for, who_may
from models.stage import Step
from services import (
    access,
    accountability,
    assignment,
    clock_steps,
    closure,
    controls,
    correction,
    drafts,
    enforcement,
    intake,
    interests,
    listing,
    more_time,
    progress,
    rectification,
    requests,
    review,
    tip_offs,
    verification,
    withdrawal,
)  # fmt: skip
from services.moves import Taken

Decide = Callable[..., Taken]
"""`(session, hazard, form, *, by, at) -> Taken`, the hazard locked and the transaction the caller's."""

_D = DecisionCode


DECISIONS: Mapping[DecisionCode, Decide] = {
    _D.ACCEPT: verification.accept_report,
    _D.RETURN_SUPPLEMENT: intake.return_for_supplement,
    _D.SUPPLEMENT: intake.supply_report,
    _D.URGENT_CONTROL: controls.order_urgent_control,
    _D.RETURN_TO_TRIAGE: intake.return_to_triage,
    _D.TRANSFER_OUT: intake.transfer_out,
    _D.TRANSFER_RECEIVED: intake.record_transfer_receipt,
    _D.TRANSFER_ENDED: intake.record_transfer_end,
    _D.TAKE_BACK: intake.take_back,
    _D.ABSTRACT: tip_offs.write_abstract,
    _D.NEED_EXPERT: verification.need_expert,
    _D.EXPERT_OPINION: verification.record_expert_opinion,
    _D.CANNOT_VERIFY: verification.record_cannot_verify,
    _D.MAJOR: verification.find_major,
    _D.GENERAL: verification.find_general,
    _D.NOT_HAZARD: verification.find_no_hazard,
    _D.CONFIRM: verification.confirm_finding,
    _D.RETURN_FINDING: verification.return_finding,
    _D.APPROVE_DOWNGRADE: verification.approve_downgrade,
    _D.REFUSE_DOWNGRADE: verification.refuse_downgrade,
    _D.CONFIRM_CONTROL: controls.confirm_control,
    _D.ASSIGN: assignment.assign_hazard,
    _D.SIGN: assignment.receive_assignment,
    _D.RETURN_NOT_MINE: assignment.return_assignment,
    _D.ARBITRATE: assignment.arbitrate,
    _D.DEEM_RECEIVED: assignment.deem_received,
    _D.REASSIGN: assignment.reassign,
    _D.INFORM: assignment.inform_person,
    _D.RECORD_DOCUMENT: controls.record_document,
    _D.CORRECT: correction.correct_entry,
    _D.PUBLISH_LISTING: listing.record_publication,
    _D.SUBMIT_PLAN: rectification.submit_plan,
    _D.APPROVE_PLAN: rectification.approve_plan,
    _D.RETURN_PLAN: rectification.return_plan,
    _D.STOP_FIRST: controls.stop_first,
    _D.PROGRESS: progress.report_progress,
    _D.QUESTION_PROGRESS: progress.question_progress,
    _D.ANSWER_QUESTION: progress.answer_question,
    _D.EXTENSION_OPINION: more_time.record_opinion,
    _D.ADD_ACTION: progress.add_action,
    _D.FINISH_ACTION: progress.finish_action,
    _D.RESUME_CLOCK: progress.resume_clock,
    _D.CHANGE_OWNER: progress.change_owner,
    _D.UNIT_CLOSED: progress.close_unit,
    _D.PROVE_REMOVAL: progress.prove_removal,
    _D.TO_ENFORCEMENT: controls.start_enforcement,
    _D.ENFORCE: enforcement.record_act,
    _D.FREEZE: enforcement.freeze,
    _D.UNFREEZE: enforcement.unfreeze,
    _D.HAND_OVER_CLUE: accountability.hand_over_clue,
    _D.COMPLETE: rectification.report_completion,
    _D.RECHECK: review.record_recheck,
    _D.CANNOT_REVIEW: review.record_cannot_review,
    _D.REFER_DISTRICT: review.refer_to_district,
    _D.DISTRICT_RESULT: review.record_district_result,
    _D.PASS: review.pass_review,
    _D.PARTIAL: review.pass_partly,
    _D.FAIL: review.fail_review,
    _D.EXPLAIN_FAILURE: review.explain_failure,
    _D.RECORD_RESUMPTION: controls.record_resumption,
    _D.KEEP_LISTED: listing.keep_listed,
    _D.CLOSE: closure.close_hazard,
    _D.RETURN_REDO: closure.return_from_gate,
    _D.LOOK_BACK_HOLDS: listing.record_look_back,
    _D.WITHDRAW: withdrawal.withdraw,
    **requests.decisions(),
}


def decide(session: Session, hazard: Hazard, code: DecisionCode, form: Form, *, by: Actor, at: datetime) -> Taken:
    """Take one decision on a hazard whose row the caller holds.

    Whether the process knows it here, and whether it is this person's, is asked first: what else is missing is only
    said to who may decide it. From here on the decision has one instant, never before the hazard's last fact. What its
    person had kept of it as a draft goes with it.

    Raises: WrongStage, NotPermitted, and what the decision's own function raises; each names who may take it.
    """
    move = move_for(Step(hazard.step), code)
    try:
        access.acting_unit(by, move, hazard)
        interests.refuse_interested(session, hazard, by=by)
        taken = DECISIONS[code](session, hazard, form, by=by, at=clock_steps.recorded(session, hazard, at))
    except DomainError as refusal:
        refusal.extra.setdefault("who", who_may(move.operation))
        raise
    drafts.forget(session, drafts.Place(hazard.id, taken.move.resource), by=by)
    return taken
