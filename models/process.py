"""The process: every move from step to step. One table; everything else reads it.

Services, API, pages, permission tests, the diagram in the documents and the property tests all take the process
from here, and nobody compares stages by hand anywhere else.

Source: 临江府发〔2024〕37号 三(二)3; 安全生产法 第四十一条第三款.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache

from models.decisions import LABELS, DecisionCode
from models.errors import WrongStage
from models.permissions import Operation, Role, roles_for
from models.requests import ASSIGNED, MAJOR, RECTIFYING, REQUESTS, REVIEWING, RequestKind
from models.stage import Clock, Part, Stage, Step
from models.steps import FIRST_STEP, OPEN_STEPS, STEPS, StepInfo, stage_of

__all__ = [
    "FIRST_STEP", "LABELS", "MOVES", "PROCESS_VERSION", "STEPS", "DecisionCode", "Eyes", "Move", "Part", "RequestKind",
    "Role", "Stage", "StepInfo", "move_for", "moves_at", "stage_of", "who_may",
]  # fmt: skip

PROCESS_VERSION = 2


@dataclass(frozen=True, slots=True)
class Eyes:
    """A part in a chain of custody. Within one cycle one signer holds at most one part of a chain.

    `by_unit`: the part binds the signer's unit as well, so two such parts sit in different units.
    """

    chain: str
    part: str
    by_unit: bool = False


@dataclass(frozen=True, slots=True)
class Move:
    """One row of the process: at this step, this decision leads there; who may, and what it starts or ends."""

    at: Step
    decision: DecisionCode
    to: Step
    operation: Operation
    resource: str
    part: frozenset[Part] = frozenset()
    """Which part the actor's unit must hold where the role reaches its jurisdiction only."""
    eyes: Eyes | None = None
    starts: tuple[Clock, ...] = ()
    """Clocks started besides the clock of the step it leads to."""
    counts_failure: bool = False
    request: RequestKind | None = None
    """The request this decision asks for, grants or refuses."""
    while_frozen: bool = False
    """Possible while an accident is investigated; every other move waits (事故冻结)."""

    @property
    def is_duty(self) -> bool:
        """A duty is recorded beside the process and moves nothing."""
        return self.at == self.to


_ANY: frozenset[Part] = frozenset()
_VERIFYING = frozenset({Part.VERIFYING})
_LEAD = frozenset({Part.LEAD})
_FIELD = frozenset({Part.LEAD, Part.VERIFYING, Part.VILLAGE})
"""Whoever is out there: the lead, the verifying unit, the village."""
_SUPERVISOR = _LEAD | {Part.SUPERVISING}
_RECTIFIER = frozenset({Part.RECTIFYING})
_REPORTER = frozenset({Part.REPORTING, Part.VILLAGE})
_ALL_PARTS = frozenset(Part)

_PROPOSE = Eyes("classification", "propose")
_CONFIRM = Eyes("classification", "confirm", by_unit=True)
_APPROVE = Eyes("classification", "approve", by_unit=True)
_SUBMIT_PLAN = Eyes("plan", "submit")
_APPROVE_PLAN = Eyes("plan", "approve")
_COMPLETE = Eyes("close_out", "complete")
_RECHECK = Eyes("close_out", "recheck")
_REVIEW = Eyes("close_out", "review", by_unit=True)
_CLOSE = Eyes("close_out", "close", by_unit=True)

_S, _D, _O = Step, DecisionCode, Operation
_OWING = (_S.WORK, _S.DANGER_REMOVAL, *REVIEWING, _S.GATE)
"""What was asked of the rectifier while they worked is answered up to the gate."""
_CHECKS = (_S.CLASSIFY, _S.CONFIRM_MAJOR, _S.CONFIRM_GENERAL, _S.CONFIRM_NOT_HAZARD)


def _beside(
    steps: Iterable[Step], code: DecisionCode, operation: Operation, resource: str, part: frozenset[Part] = _ANY,
    *, while_frozen: bool = False,
) -> Iterator[Move]:  # fmt: skip
    """The rows of a duty: recorded at any of these steps, moving nothing."""
    for step in steps:
        yield Move(step, code, step, operation, resource, part, while_frozen=while_frozen)


def _requested() -> Iterator[Move]:
    """The three decisions of every request, at each step where it may be made."""
    for kind, info in REQUESTS.items():
        for at, to in info.ways.items():
            yield Move(at, kind.ask, at, info.asks, f"{kind.resource}-request", info.asking, request=kind)
            yield Move(at, kind.grant, to, info.decides, f"{kind.resource}-grant", info.deciding, request=kind)
            yield Move(at, kind.deny, at, info.decides, f"{kind.resource}-denial", info.deciding, request=kind)


def _finding(code: DecisionCode, at: Step, resource: str) -> Iterator[Move]:
    """A finding and its way through the department's head; a lesser grade then needs the second approver."""
    approval = {_S.CONFIRM_GENERAL: (_S.APPROVE_GENERAL, _S.DOWNGRADED),
                _S.CONFIRM_NOT_HAZARD: (_S.APPROVE_NOT_HAZARD, _S.DISMISSED)}  # fmt: skip
    yield Move(_S.CLASSIFY, code, at, _O.PROPOSE_GRADE, resource, _VERIFYING, _PROPOSE)
    after = approval[at][0] if at in approval else _S.ASSIGN
    yield Move(at, _D.CONFIRM, after, _O.CONFIRM_GRADE, "finding-confirmation", _VERIFYING, _CONFIRM)
    yield Move(at, _D.RETURN_FINDING, _S.CLASSIFY, _O.CONFIRM_GRADE, "finding-return", _VERIFYING, _CONFIRM)
    if at in approval:
        step, end = approval[at]
        yield Move(step, _D.APPROVE_DOWNGRADE, end, _O.DOWNGRADE, "downgrade-approval", eyes=_APPROVE)
        yield Move(step, _D.REFUSE_DOWNGRADE, _S.CLASSIFY, _O.DOWNGRADE, "downgrade-refusal", eyes=_APPROVE)


def _intake() -> Iterator[Move]:
    yield Move(_S.TRIAGE, _D.ACCEPT, _S.CLASSIFY, _O.ACCEPT_REPORT, "acceptance")
    yield Move(_S.TRIAGE, _D.RETURN_SUPPLEMENT, _S.SUPPLEMENT, _O.ACCEPT_REPORT, "supplement-request")
    yield Move(_S.SUPPLEMENT, _D.SUPPLEMENT, _S.TRIAGE, _O.SUPPLY_REPORT, "supplement", _REPORTER)
    yield from _beside((_S.TRIAGE, *_CHECKS), _D.URGENT_CONTROL, _O.ORDER_URGENT_CONTROL, "urgent-control", _FIELD)
    yield from _beside((_S.TRIAGE, _S.SUPPLEMENT, _S.CLASSIFY), _D.ABSTRACT, _O.ACCEPT_REPORT, "abstract")
    yield Move(_S.CLASSIFY, _D.RETURN_TO_TRIAGE, _S.TRIAGE, _O.PROPOSE_GRADE, "triage-return", _VERIFYING)
    for step in (_S.TRIAGE, _S.CLASSIFY, _S.ASSIGN):
        yield Move(step, _D.TRANSFER_OUT, _S.TRANSFER_RECEIPT, _O.TRANSFER_OUT, "transfer")
    yield Move(_S.TRANSFER_RECEIPT, _D.TRANSFER_RECEIVED, _S.TRANSFER_FOLLOW, _O.TRANSFER_OUT, "transfer-receipt")
    yield Move(_S.TRANSFER_FOLLOW, _D.TRANSFER_ENDED, _S.TRANSFER_DONE, _O.TRANSFER_OUT, "transfer-end")
    for step in (_S.TRANSFER_RECEIPT, _S.TRANSFER_FOLLOW):
        yield Move(step, _D.TAKE_BACK, _S.TRIAGE, _O.TRANSFER_OUT, "transfer-withdrawal")


def _verification() -> Iterator[Move]:
    yield from _finding(_D.MAJOR, _S.CONFIRM_MAJOR, "major-finding")
    yield from _finding(_D.GENERAL, _S.CONFIRM_GENERAL, "general-finding")
    yield from _finding(_D.NOT_HAZARD, _S.CONFIRM_NOT_HAZARD, "no-hazard-finding")
    yield from _beside([_S.CLASSIFY], _D.NEED_EXPERT, _O.PROPOSE_GRADE, "expert-request", _VERIFYING)
    yield from _beside([_S.CLASSIFY], _D.CANNOT_VERIFY, _O.PROPOSE_GRADE, "verification-failure", _VERIFYING)
    yield from _beside(OPEN_STEPS, _D.EXPERT_OPINION, _O.PROPOSE_GRADE, "expert-opinion", _VERIFYING)
    yield from _beside(OPEN_STEPS, _D.CONFIRM_CONTROL, _O.CONFIRM_CONTROL, "control-check", _FIELD, while_frozen=True)


def _assignment() -> Iterator[Move]:
    yield Move(_S.ASSIGN, _D.ASSIGN, _S.SIGN, _O.ASSIGN_LEAD, "assignment")
    signed = (Clock.RECTIFICATION,)
    yield Move(_S.SIGN, _D.SIGN, _S.PLAN, _O.RECEIVE_ASSIGNMENT, "receipt", _LEAD, starts=signed)
    yield Move(_S.SIGN, _D.DEEM_RECEIVED, _S.PLAN, _O.ASSIGN_LEAD, "deemed-receipt", starts=signed)
    yield Move(_S.SIGN, _D.RETURN_NOT_MINE, _S.ARBITRATE, _O.RECEIVE_ASSIGNMENT, "assignment-return", _LEAD)
    yield Move(_S.ARBITRATE, _D.ARBITRATE, _S.SIGN, _O.ASSIGN_LEAD, "arbitration")
    yield from _beside((*RECTIFYING, *REVIEWING), _D.REASSIGN, _O.ASSIGN_LEAD, "reassignment")
    yield from _beside(
        (_S.SIGN, _S.ARBITRATE, *ASSIGNED), _D.INFORM, _O.INFORM_PRINCIPALS, "informing", _LEAD, while_frozen=True
    )
    yield from _beside(
        (*_CHECKS, *MAJOR), _D.RECORD_DOCUMENT, _O.RECORD_DOCUMENT, "document", _FIELD, while_frozen=True
    )
    yield from _beside((_S.TRIAGE, *_CHECKS, *MAJOR), _D.CORRECT, _O.CORRECT_ENTRY, "correction", _FIELD)
    yield from _beside((*OPEN_STEPS, _S.CLOSED), _D.PUBLISH_LISTING, _O.RECORD_PUBLICATION, "publication")


def _rectification() -> Iterator[Move]:
    yield Move(_S.PLAN, _D.SUBMIT_PLAN, _S.PLAN_REVIEW, _O.SUBMIT_PLAN, "plan", _RECTIFIER, _SUBMIT_PLAN)
    yield Move(_S.PLAN_REVIEW, _D.APPROVE_PLAN, _S.WORK, _O.APPROVE_PLAN, "plan-approval", _LEAD, _APPROVE_PLAN)
    yield Move(_S.PLAN_REVIEW, _D.RETURN_PLAN, _S.PLAN, _O.RETURN_PLAN, "plan-return", _LEAD, _APPROVE_PLAN)
    yield Move(_S.PLAN_REVIEW, _D.STOP_FIRST, _S.PLAN, _O.ISSUE_ORDER, "stop-order", _LEAD, _APPROVE_PLAN)
    yield Move(_S.WORK, _D.COMPLETE, _S.RECHECK, _O.SUBMIT_COMPLETION, "completion", _RECTIFIER, _COMPLETE)
    reporting = _RECTIFIER | _LEAD | frozenset({Part.VILLAGE})
    yield from _beside([_S.WORK], _D.PROGRESS, _O.RECORD_PROGRESS, "progress", reporting)
    yield from _beside([_S.WORK], _D.QUESTION_PROGRESS, _O.QUESTION_PROGRESS, "progress-question", _SUPERVISOR)
    yield from _beside(_OWING, _D.ANSWER_QUESTION, _O.ANSWER_RECTIFIER, "progress-answer", _RECTIFIER)
    yield from _beside(RECTIFYING, _D.EXTENSION_OPINION, _O.REVIEW_EXTENSION, "extension-opinion", _SUPERVISOR)
    for code, resource in ((_D.ADD_ACTION, "action"), (_D.FINISH_ACTION, "action-completion")):
        yield from _beside([_S.WORK], code, _O.MANAGE_ACTIONS, resource, _RECTIFIER | _LEAD)
    yield from _beside(RECTIFYING, _D.RESUME_CLOCK, _O.RESUME_CLOCK, "clock-resumption")
    yield from _beside((_S.SIGN, *RECTIFYING), _D.CHANGE_OWNER, _O.ASSIGN_LEAD, "owner-change")
    for step in (_S.PLAN, _S.PLAN_REVIEW, _S.WORK):
        yield Move(step, _D.UNIT_CLOSED, _S.DANGER_REMOVAL, _O.HANDLE_UNIT_CLOSURE, "unit-closure", _LEAD)
    yield Move(
        _S.DANGER_REMOVAL, _D.PROVE_REMOVAL, _S.RECHECK, _O.HANDLE_UNIT_CLOSURE, "removal-proof", _LEAD, _COMPLETE
    )
    yield from _beside((*RECTIFYING, *REVIEWING), _D.TO_ENFORCEMENT, _O.ENFORCE, "enforcement", _LEAD)
    yield from _beside(ASSIGNED, _D.ENFORCE, _O.ENFORCE, "enforcement-act", _LEAD, while_frozen=True)
    yield from _beside((*_CHECKS, *MAJOR), _D.FREEZE, _O.FREEZE, "freeze", _FIELD)
    yield from _beside((*_CHECKS, *MAJOR), _D.UNFREEZE, _O.UNFREEZE, "unfreeze", while_frozen=True)
    yield from _beside((*OPEN_STEPS, _S.CLOSED), _D.HAND_OVER_CLUE, _O.HAND_OVER_CLUE, "clue", while_frozen=True)


def _close_out() -> Iterator[Move]:
    yield Move(_S.RECHECK, _D.RECHECK, _S.JUDGE, _O.RECORD_RECHECK, "recheck", _LEAD, _RECHECK)
    yield from _beside([_S.RECHECK], _D.CANNOT_REVIEW, _O.RECORD_RECHECK, "recheck-failure", _LEAD)
    for step in (_S.RECHECK, _S.JUDGE):
        yield Move(step, _D.REFER_DISTRICT, _S.DISTRICT_REVIEW, _O.RETURN_FOR_REWORK, "district-referral", _LEAD)
    yield Move(_S.DISTRICT_REVIEW, _D.DISTRICT_RESULT, _S.JUDGE, _O.RECORD_RECHECK, "district-result", _LEAD, _RECHECK)
    yield Move(_S.JUDGE, _D.PASS, _S.GATE, _O.PASS_REVIEW, "review-pass", _LEAD, _REVIEW)
    yield Move(_S.JUDGE, _D.PARTIAL, _S.WORK, _O.RETURN_FOR_REWORK, "partial-pass", _LEAD, _REVIEW)
    yield Move(_S.JUDGE, _D.FAIL, _S.WORK, _O.RETURN_FOR_REWORK, "review-failure", _LEAD, _REVIEW, counts_failure=True)
    yield from _beside(_OWING, _D.EXPLAIN_FAILURE, _O.ANSWER_RECTIFIER, "failure-explanation", _RECTIFIER)
    yield from _beside((*ASSIGNED, _S.CLOSED), _D.RECORD_RESUMPTION, _O.RECORD_DOCUMENT, "resumption-consent", _FIELD)
    yield Move(_S.GATE, _D.CLOSE, _S.CLOSED, _O.CLOSE_OUT, "closure", eyes=_CLOSE)
    yield Move(_S.GATE, _D.RETURN_REDO, _S.WORK, _O.REFUSE_CLOSE_OUT, "closure-return", eyes=_CLOSE)
    yield from _beside([_S.GATE], _D.KEEP_LISTED, _O.REFUSE_CLOSE_OUT, "listing-retention")
    yield from _beside([_S.CLOSED], _D.LOOK_BACK_HOLDS, _O.RECORD_RECHECK, "look-back", _LEAD | {Part.VILLAGE})


_WITHDRAWABLE = frozenset({
    _D.ACCEPT, _D.MAJOR, _D.GENERAL, _D.NOT_HAZARD, _D.ASSIGN, _D.RETURN_SUPPLEMENT, _D.SUBMIT_PLAN, _D.APPROVE_PLAN,
    _D.RETURN_PLAN, _D.COMPLETE, _D.RETURN_NOT_MINE, _D.ARBITRATE, _D.RETURN_FINDING, _D.RECHECK,
})  # fmt: skip
"""Moves their maker may take back before anybody else acts. What cannot be taken back: confirmations, verdicts, ends."""


def _taken_back(moves: Iterable[Move]) -> Iterator[Move]:
    for move in moves:
        if move.decision in _WITHDRAWABLE:
            yield Move(move.to, _D.WITHDRAW, move.at, _O.WITHDRAW_DECISION, "withdrawal", _ALL_PARTS)


_FORWARD = (*_intake(), *_verification(), *_assignment(), *_rectification(), *_close_out(), *_requested())
MOVES: tuple[Move, ...] = (*_FORWARD, *dict.fromkeys(_taken_back(_FORWARD)))
_BY_PLACE: Mapping[tuple[Step, DecisionCode], tuple[Move, ...]] = {
    (at, code): tuple(move for move in MOVES if (move.at, move.decision) == (at, code))
    for at, code in {(move.at, move.decision) for move in MOVES}
}
if wrong := {step for step in OPEN_STEPS if not any(move.at == step and not move.is_duty for move in MOVES)}:
    raise ValueError(f"steps nobody can leave: {wrong}")


REVIEWS: Mapping[Clock, DecisionCode] = {
    Clock.PAUSE_END: _D.RESUME_CLOCK, Clock.NEXT_VISIT: _D.RECHECK, Clock.LISTING_REVIEW: _D.KEEP_LISTED,
}  # fmt: skip
"""What a decision said would be looked at again on a day (复核), and the decision that does so."""


@cache
def reviews_ended_by(move: Move) -> tuple[tuple[Clock, DecisionCode], ...]:
    """The reviews that end with the move, because nobody can make them where it leads."""
    return tuple(
        (clock, code) for clock, code in REVIEWS.items()
        if (move.at, code) in _BY_PLACE and (move.to, code) not in _BY_PLACE
    )  # fmt: skip


@cache
def moves_at(step: Step) -> tuple[Move, ...]:
    """Every decision the process knows at this step."""
    return tuple(move for move in MOVES if move.at == step)


def move_for(step: Step, decision: DecisionCode, to: Step | None = None) -> Move:
    """The row of the table for this decision at this step; `to` tells apart the ways a withdrawal leads back.

    Raises: WrongStage, naming where this may be decided and by whom, and what carries the hazard on from here.
    """
    for move in _BY_PLACE.get((step, decision), ()):
        if to is None or move.to == to:
            return move
    raise _wrong_stage(step, decision)


def who_may(operation: Operation) -> str:
    """The roles that hold an operation, in Chinese, for refusals that say who could do it."""
    return "、".join(role.label for role in roles_for(operation)) or "无人"


def _wrong_stage(step: Step, decision: DecisionCode) -> WrongStage:
    info = STEPS[step]
    elsewhere = [move for move in MOVES if move.decision == decision]
    who = "、".join(dict.fromkeys(who_may(move.operation) for move in elsewhere))
    onward = dict.fromkeys(
        f"{move.decision.label}（{who_may(move.operation)}）" for move in moves_at(step)
        if not move.is_duty and move.request is None and move.decision != DecisionCode.WITHDRAW
    )  # fmt: skip
    here = f"当前待办理：{'；'.join(onward)}。" if onward else "该隐患已办结。"
    return WrongStage(
        f"该隐患处于“{info.stage.label}—{info.label}”，不能办理“{decision.label}”。",
        rule="督办销号流程表（docs/process.md）",
        remedy=f"“{decision.label}”在“{_places(elsewhere)}”办理（{who}）。{here}",
        extra={"stage": info.stage, "step": step, "decision": decision, "who": who, "missing": [_places(elsewhere)],
               "open_here": list(dict.fromkeys(move.decision for move in moves_at(step)))},
    )  # fmt: skip


_FEW = 3


def _places(moves: Iterable[Move]) -> str:
    """Where these moves are made: the steps by name, or their stages where there are many."""
    steps = dict.fromkeys(move.at for move in moves)
    names = [STEPS[step].label if len(steps) <= _FEW else STEPS[step].stage.label for step in steps]
    return "、".join(dict.fromkeys(names))
