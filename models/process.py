"""The process: every step, and every move from step to step. One table; everything else reads it.

Services, API, pages, permission tests, the diagram in the documents and the property tests take the process
from here, and nobody compares stages by hand anywhere else.

Source: 临江府发〔2024〕37号 三(二)3; 安全生产法 第四十一条第三款.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cache

from models.errors import WrongStage
from models.permissions import Operation, Role, roles_for
from models.stage import Clock, Owner, Stage, Step

PROCESS_VERSION = 1


class Part(StrEnum):
    """How a unit takes part in a hazard; jurisdiction (J) means holding the part a move asks for."""

    REPORTING = "reporting"
    VILLAGE = "village"
    VERIFYING = "verifying"
    LEAD = "lead"
    COOPERATING = "cooperating"


@dataclass(frozen=True, slots=True)
class StepInfo:
    """What a step is: its stage, whose move, which roles find it in their inbox, its clock, its name."""

    stage: Stage
    owner: Owner
    roles: frozenset[Role]
    clock: Clock | None
    label: str


def _step(stage: Stage, owner: Owner, roles: str, clock: Clock | None, label: str) -> StepInfo:
    return StepInfo(stage, owner, frozenset(Role(role) for role in roles.split()), clock, label)


STEPS: Mapping[Step, StepInfo] = {
    Step.TRIAGE: _step(Stage.REPORTED, Owner.COMMITTEE, "SC", Clock.TRIAGE, "受理登记"),
    Step.CLASSIFY: _step(Stage.VERIFICATION, Owner.VERIFYING_UNIT, "DO DH", Clock.VERIFICATION, "现场核查认定"),
    Step.CONFIRM_MAJOR: _step(Stage.VERIFICATION, Owner.VERIFYING_UNIT, "DH", Clock.VERIFICATION, "确认重大事故隐患"),
    Step.CONFIRM_GENERAL: _step(Stage.VERIFICATION, Owner.VERIFYING_UNIT, "DH", Clock.VERIFICATION, "确认一般隐患"),
    Step.CONFIRM_NOT_HAZARD: _step(Stage.VERIFICATION, Owner.VERIFYING_UNIT, "DH", Clock.VERIFICATION, "确认不属隐患"),
    Step.APPROVE_GENERAL: _step(Stage.VERIFICATION, Owner.COMMITTEE, "SC TL", Clock.VERIFICATION, "批准降为一般隐患"),
    Step.APPROVE_NOT_HAZARD: _step(Stage.VERIFICATION, Owner.COMMITTEE, "SC TL", Clock.VERIFICATION, "批准不属隐患"),
    Step.ASSIGN: _step(Stage.ASSIGNMENT, Owner.COMMITTEE, "SC TL", Clock.ASSIGNING, "交办"),
    Step.SIGN: _step(Stage.ASSIGNMENT, Owner.LEAD_UNIT, "DO DH", Clock.RECEIPT, "签收交办"),
    Step.PLAN: _step(Stage.RECTIFICATION, Owner.ENTERPRISE, "EN", Clock.PLAN, "报送整改方案"),
    Step.PLAN_REVIEW: _step(Stage.RECTIFICATION, Owner.LEAD_UNIT, "DO DH", Clock.PLAN_REVIEW, "审查整改方案"),
    Step.WORK: _step(Stage.RECTIFICATION, Owner.ENTERPRISE, "EN", Clock.RECTIFICATION, "落实整改"),
    Step.RECHECK: _step(Stage.REVIEW, Owner.LEAD_UNIT, "DO", Clock.REVIEW, "现场复查"),
    Step.JUDGE: _step(Stage.REVIEW, Owner.LEAD_UNIT, "DH", Clock.REVIEW, "复查结论"),
    Step.GATE: _step(Stage.CLOSE_OUT, Owner.COMMITTEE, "SC TL", Clock.GATE, "销号审核"),
    Step.CLOSED: _step(Stage.CLOSED, Owner.NOBODY, "", None, "已销号"),
    Step.DISMISSED: _step(Stage.DISMISSED, Owner.NOBODY, "", None, "不属隐患"),
    Step.DOWNGRADED: _step(Stage.DOWNGRADED, Owner.NOBODY, "", None, "转一般隐患"),
}


class DecisionCode(StrEnum):
    """决定. The value is the name in the history; the API resource of each is in its `Move`."""

    REPORT = "REPORT"
    ACCEPT = "ACCEPT"
    MAJOR = "MAJOR"
    GENERAL = "GENERAL"
    NOT_HAZARD = "NOT_HAZARD"
    CONFIRM = "CONFIRM"
    RETURN_FINDING = "RETURN_FINDING"
    APPROVE_DOWNGRADE = "APPROVE_DOWNGRADE"
    REFUSE_DOWNGRADE = "REFUSE_DOWNGRADE"
    ASSIGN = "ASSIGN"
    SIGN = "SIGN"
    INFORM = "INFORM"
    SUBMIT_PLAN = "SUBMIT_PLAN"
    APPROVE_PLAN = "APPROVE_PLAN"
    RETURN_PLAN = "RETURN_PLAN"
    COMPLETE = "COMPLETE"
    RECHECK = "RECHECK"
    PASS = "PASS"  # noqa: S105  # the review's verdict, not a secret
    FAIL = "FAIL"
    CLOSE = "CLOSE"
    RETURN_REDO = "RETURN_REDO"

    @property
    def label(self) -> str:
        return LABELS[self]


LABELS: Mapping[DecisionCode, str] = {
    DecisionCode.REPORT: "上报",
    DecisionCode.ACCEPT: "受理",
    DecisionCode.MAJOR: "认定为重大事故隐患",
    DecisionCode.GENERAL: "认定为一般隐患",
    DecisionCode.NOT_HAZARD: "认定不属隐患",
    DecisionCode.CONFIRM: "确认认定意见",
    DecisionCode.RETURN_FINDING: "退回认定意见",
    DecisionCode.APPROVE_DOWNGRADE: "批准降级",
    DecisionCode.REFUSE_DOWNGRADE: "不同意降级",
    DecisionCode.ASSIGN: "交办",
    DecisionCode.SIGN: "签收交办",
    DecisionCode.INFORM: "告知责任人",
    DecisionCode.SUBMIT_PLAN: "报送整改方案",
    DecisionCode.APPROVE_PLAN: "批准整改方案",
    DecisionCode.RETURN_PLAN: "退回整改方案",
    DecisionCode.COMPLETE: "报告整改完成",
    DecisionCode.RECHECK: "登记现场复查",
    DecisionCode.PASS: "复查合格",
    DecisionCode.FAIL: "复查不合格",
    DecisionCode.CLOSE: "销号",
    DecisionCode.RETURN_REDO: "退回重新整改",
}


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

    @property
    def is_duty(self) -> bool:
        """A duty is recorded beside the process and moves nothing."""
        return self.at == self.to


_VERIFYING = frozenset({Part.VERIFYING})
_LEAD = frozenset({Part.LEAD})
_LEAD_OR_VILLAGE = frozenset({Part.LEAD, Part.VILLAGE})

_PROPOSE = Eyes("classification", "propose")
_CONFIRM = Eyes("classification", "confirm")
_APPROVE = Eyes("classification", "approve")
_SUBMIT_PLAN = Eyes("plan", "submit")
_APPROVE_PLAN = Eyes("plan", "approve")
_COMPLETE = Eyes("close_out", "complete")
_RECHECK = Eyes("close_out", "recheck")
_REVIEW = Eyes("close_out", "review", by_unit=True)
_CLOSE = Eyes("close_out", "close", by_unit=True)

_INFORM_AT = (Step.SIGN, Step.PLAN, Step.PLAN_REVIEW, Step.WORK, Step.RECHECK, Step.JUDGE, Step.GATE)

_S, _D, _O = Step, DecisionCode, Operation
MOVES: tuple[Move, ...] = (
    Move(_S.TRIAGE, _D.ACCEPT, _S.CLASSIFY, _O.ACCEPT_REPORT, "acceptance"),
    Move(_S.CLASSIFY, _D.MAJOR, _S.CONFIRM_MAJOR, _O.PROPOSE_GRADE, "major-finding", _VERIFYING, _PROPOSE),
    Move(_S.CLASSIFY, _D.GENERAL, _S.CONFIRM_GENERAL, _O.PROPOSE_GRADE, "general-finding", _VERIFYING, _PROPOSE),
    Move(
        _S.CLASSIFY, _D.NOT_HAZARD, _S.CONFIRM_NOT_HAZARD, _O.PROPOSE_GRADE, "no-hazard-finding", _VERIFYING, _PROPOSE
    ),
    Move(_S.CONFIRM_MAJOR, _D.CONFIRM, _S.ASSIGN, _O.CONFIRM_GRADE, "finding-confirmation", _VERIFYING, _CONFIRM),
    Move(
        _S.CONFIRM_GENERAL,
        _D.CONFIRM,
        _S.APPROVE_GENERAL,
        _O.CONFIRM_GRADE,
        "finding-confirmation",
        _VERIFYING,
        _CONFIRM,
    ),
    Move(
        _S.CONFIRM_NOT_HAZARD,
        _D.CONFIRM,
        _S.APPROVE_NOT_HAZARD,
        _O.CONFIRM_GRADE,
        "finding-confirmation",
        _VERIFYING,
        _CONFIRM,
    ),
    Move(_S.CONFIRM_MAJOR, _D.RETURN_FINDING, _S.CLASSIFY, _O.CONFIRM_GRADE, "finding-return", _VERIFYING, _CONFIRM),
    Move(_S.CONFIRM_GENERAL, _D.RETURN_FINDING, _S.CLASSIFY, _O.CONFIRM_GRADE, "finding-return", _VERIFYING, _CONFIRM),
    Move(
        _S.CONFIRM_NOT_HAZARD, _D.RETURN_FINDING, _S.CLASSIFY, _O.CONFIRM_GRADE, "finding-return", _VERIFYING, _CONFIRM
    ),
    Move(_S.APPROVE_GENERAL, _D.APPROVE_DOWNGRADE, _S.DOWNGRADED, _O.DOWNGRADE, "downgrade-approval", eyes=_APPROVE),
    Move(_S.APPROVE_NOT_HAZARD, _D.APPROVE_DOWNGRADE, _S.DISMISSED, _O.DOWNGRADE, "downgrade-approval", eyes=_APPROVE),
    Move(_S.APPROVE_GENERAL, _D.REFUSE_DOWNGRADE, _S.CLASSIFY, _O.DOWNGRADE, "downgrade-refusal", eyes=_APPROVE),
    Move(_S.APPROVE_NOT_HAZARD, _D.REFUSE_DOWNGRADE, _S.CLASSIFY, _O.DOWNGRADE, "downgrade-refusal", eyes=_APPROVE),
    Move(_S.ASSIGN, _D.ASSIGN, _S.SIGN, _O.ASSIGN_LEAD, "assignment", starts=(Clock.INFORM,)),
    Move(_S.SIGN, _D.SIGN, _S.PLAN, _O.RECEIVE_ASSIGNMENT, "receipt", _LEAD, starts=(Clock.RECTIFICATION,)),
    *(Move(step, _D.INFORM, step, _O.INFORM_PRINCIPALS, "informing", _LEAD) for step in _INFORM_AT),
    Move(_S.PLAN, _D.SUBMIT_PLAN, _S.PLAN_REVIEW, _O.SUBMIT_PLAN, "plan", eyes=_SUBMIT_PLAN),
    Move(_S.PLAN_REVIEW, _D.APPROVE_PLAN, _S.WORK, _O.APPROVE_PLAN, "plan-approval", _LEAD, _APPROVE_PLAN),
    Move(_S.PLAN_REVIEW, _D.RETURN_PLAN, _S.PLAN, _O.RETURN_PLAN, "plan-return", _LEAD, _APPROVE_PLAN),
    Move(_S.WORK, _D.COMPLETE, _S.RECHECK, _O.SUBMIT_COMPLETION, "completion", eyes=_COMPLETE),
    Move(_S.RECHECK, _D.RECHECK, _S.JUDGE, _O.RECORD_RECHECK, "recheck", _LEAD, _RECHECK),
    Move(_S.JUDGE, _D.PASS, _S.GATE, _O.PASS_REVIEW, "review-pass", _LEAD, _REVIEW),
    Move(_S.JUDGE, _D.FAIL, _S.WORK, _O.RETURN_FOR_REWORK, "review-failure", _LEAD, _REVIEW, counts_failure=True),
    Move(_S.GATE, _D.CLOSE, _S.CLOSED, _O.CLOSE_OUT, "closure", eyes=_CLOSE),
    Move(_S.GATE, _D.RETURN_REDO, _S.WORK, _O.REFUSE_CLOSE_OUT, "closure-return", eyes=_CLOSE),
)

FIRST_STEP = Step.TRIAGE
_BY_PLACE: Mapping[tuple[Step, DecisionCode], Move] = {(move.at, move.decision): move for move in MOVES}


def stage_of(step: Step) -> Stage:
    return STEPS[step].stage


@cache
def moves_at(step: Step) -> tuple[Move, ...]:
    """Every decision the process knows at this step."""
    return tuple(move for move in MOVES if move.at == step)


def move_for(step: Step, decision: DecisionCode) -> Move:
    """The row of the table for this decision at this step.

    Raises: WrongStage, naming the step the hazard stands at, what may be decided there, and by whom.
    """
    move = _BY_PLACE.get((step, decision))
    if move is None:
        raise _wrong_stage(step, decision)
    return move


def who_may(operation: Operation) -> str:
    """The roles that hold an operation, in Chinese, for refusals that say who could do it."""
    return "、".join(role.label for role in roles_for(operation)) or "无人"


def _wrong_stage(step: Step, decision: DecisionCode) -> WrongStage:
    info = STEPS[step]
    open_here = [f"{move.decision.label}（{who_may(move.operation)}）" for move in moves_at(step)]
    return WrongStage(
        f"该隐患处于“{info.stage.label}—{info.label}”，不能{decision.label}。",
        rule="督办销号流程表（docs/process.md）",
        remedy=f"当前可办理：{'；'.join(open_here)}。" if open_here else "该隐患已办结，没有可办理的事项。",
        extra={"stage": info.stage, "step": step, "decision": decision},
    )
