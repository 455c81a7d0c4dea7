"""The steps of the process: the stage of each, whose move it is, who finds it in the inbox, and its clock."""

from collections.abc import Mapping
from dataclasses import dataclass

from models.permissions import Role
from models.stage import Clock, Owner, Stage, Step


@dataclass(frozen=True, slots=True)
class StepInfo:
    """What a step is: its stage, whose move, which roles find it in their inbox, its clock, its name."""

    stage: Stage
    owner: Owner
    roles: frozenset[Role]
    clock: Clock | None
    label: str
    duty: Clock | None = None
    """A duty of the step's owner that runs beside the step for as long as it lasts."""

    @property
    def is_end(self) -> bool:
        """Nobody's move: nothing waits, and no clock of the process runs."""
        return self.owner == Owner.NOBODY


def _step(
    stage: Stage, owner: Owner, roles: str, clock: Clock | None, label: str, duty: Clock | None = None
) -> StepInfo:
    return StepInfo(stage, owner, frozenset(Role(role) for role in roles.split()), clock, label, duty)


_VERIFYING, _LEAD, _COMMITTEE, _NOBODY = Owner.VERIFYING_UNIT, Owner.LEAD_UNIT, Owner.COMMITTEE, Owner.NOBODY

STEPS: Mapping[Step, StepInfo] = {
    Step.TRIAGE: _step(Stage.REPORTED, _COMMITTEE, "SC", Clock.TRIAGE, "受理登记"),
    Step.SUPPLEMENT: _step(Stage.REPORTED, Owner.REPORTER, "EN VC DO DH SC", Clock.SUPPLEMENT, "补正上报材料"),
    Step.CLASSIFY: _step(Stage.VERIFICATION, _VERIFYING, "DO DH", Clock.VERIFICATION, "现场核查认定"),
    Step.CONFIRM_MAJOR: _step(Stage.VERIFICATION, _VERIFYING, "DH", Clock.VERIFICATION, "确认重大事故隐患"),
    Step.CONFIRM_GENERAL: _step(Stage.VERIFICATION, _VERIFYING, "DH", Clock.VERIFICATION, "确认一般隐患"),
    Step.CONFIRM_NOT_HAZARD: _step(Stage.VERIFICATION, _VERIFYING, "DH", Clock.VERIFICATION, "确认不属隐患"),
    Step.APPROVE_GENERAL: _step(Stage.VERIFICATION, _COMMITTEE, "SC TL", Clock.VERIFICATION, "批准降为一般隐患"),
    Step.APPROVE_NOT_HAZARD: _step(Stage.VERIFICATION, _COMMITTEE, "SC TL", Clock.VERIFICATION, "批准不属隐患"),
    Step.ASSIGN: _step(Stage.ASSIGNMENT, _COMMITTEE, "SC TL", Clock.ASSIGNING, "交办"),
    Step.SIGN: _step(Stage.ASSIGNMENT, _LEAD, "DO DH", Clock.RECEIPT, "签收交办"),
    Step.ARBITRATE: _step(Stage.ASSIGNMENT, _COMMITTEE, "SC TL", Clock.ARBITRATION, "裁定责任单位"),
    Step.PLAN: _step(Stage.RECTIFICATION, Owner.ENTERPRISE, "EN", Clock.PLAN, "报送整改方案"),
    Step.PLAN_REVIEW: _step(Stage.RECTIFICATION, _LEAD, "DO DH", Clock.PLAN_REVIEW, "审查整改方案"),
    Step.WORK: _step(Stage.RECTIFICATION, Owner.ENTERPRISE, "EN", Clock.RECTIFICATION, "落实整改", duty=Clock.PROGRESS),
    Step.DANGER_REMOVAL: _step(Stage.RECTIFICATION, _LEAD, "DO DH", Clock.RECTIFICATION, "证明危险已消除"),
    Step.RECHECK: _step(Stage.REVIEW, _LEAD, "DO", Clock.REVIEW, "现场复查"),
    Step.DISTRICT_REVIEW: _step(Stage.REVIEW, _LEAD, "DO", Clock.DISTRICT_REVIEW, "等待区级复查"),
    Step.JUDGE: _step(Stage.REVIEW, _LEAD, "DH", Clock.REVIEW, "复查结论"),
    Step.GATE: _step(Stage.CLOSE_OUT, _COMMITTEE, "SC TL", Clock.GATE, "销号审核"),
    Step.TRANSFER_RECEIPT: _step(Stage.TRANSFERRED, _COMMITTEE, "SC", Clock.TRANSFER_RECEIPT, "等待移送回执"),
    Step.TRANSFER_FOLLOW: _step(Stage.TRANSFERRED, _COMMITTEE, "SC", Clock.TRANSFER_END, "跟踪移送办结"),
    Step.CLOSED: _step(Stage.CLOSED, _NOBODY, "", None, "已销号"),
    Step.DISMISSED: _step(Stage.DISMISSED, _NOBODY, "", None, "不属隐患"),
    Step.REFUSED: _step(Stage.DISMISSED, _NOBODY, "", None, "不予受理"),
    Step.DOWNGRADED: _step(Stage.DOWNGRADED, _NOBODY, "", None, "转一般隐患"),
    Step.MERGED: _step(Stage.MERGED, _NOBODY, "", None, "已并案"),
    Step.TRANSFER_DONE: _step(Stage.TRANSFERRED, _NOBODY, "", None, "移送已办结"),
    Step.VOIDED: _step(Stage.VOIDED, _NOBODY, "", None, "已作废"),
}

FIRST_STEP = Step.TRIAGE
OPEN_STEPS = tuple(step for step, info in STEPS.items() if not info.is_end)


def stage_of(step: Step) -> Stage:
    return STEPS[step].stage
