"""Where a hazard stands: stages as the office counts them, steps as the next move they wait for, and their clocks."""

from enum import StrEnum


class Stage(StrEnum):
    """环节. A hazard is in exactly one; "overdue" is computed, never a stage."""

    REPORTED = "REPORTED"
    VERIFICATION = "VERIFICATION"
    ASSIGNMENT = "ASSIGNMENT"
    RECTIFICATION = "RECTIFICATION"
    REVIEW = "REVIEW"
    CLOSE_OUT = "CLOSE_OUT"
    CLOSED = "CLOSED"
    DISMISSED = "DISMISSED"
    DOWNGRADED = "DOWNGRADED"
    MERGED = "MERGED"
    TRANSFERRED = "TRANSFERRED"

    @property
    def label(self) -> str:
        return _STAGE_LABELS[self]

    @property
    def is_end(self) -> bool:
        return self in _ENDS


_STAGE_LABELS = {
    Stage.REPORTED: "上报",
    Stage.VERIFICATION: "核查",
    Stage.ASSIGNMENT: "交办",
    Stage.RECTIFICATION: "整改",
    Stage.REVIEW: "复查验收",
    Stage.CLOSE_OUT: "销号审核",
    Stage.CLOSED: "已销号",
    Stage.DISMISSED: "不属隐患",
    Stage.DOWNGRADED: "转一般隐患",
    Stage.MERGED: "已并案",
    Stage.TRANSFERRED: "已移送",
}
_ENDS = frozenset({Stage.CLOSED, Stage.DISMISSED, Stage.DOWNGRADED, Stage.MERGED, Stage.TRANSFERRED})


class Clock(StrEnum):
    """The time limits that run on a hazard; each names a rule of the deadline rules (`models/data`)."""

    TRIAGE = "triage"
    URGENT_TRIAGE = "urgent_triage"
    VERIFICATION = "verification"
    URGENT_VERIFICATION = "urgent_verification"
    ASSIGNING = "assigning"
    RECEIPT = "receipt"
    INFORM = "inform"
    PLAN = "plan"
    PLAN_REVIEW = "plan_review"
    RECTIFICATION = "rectification"
    REVIEW = "review"
    GATE = "gate"
    ANSWER = "answer_letter"


class Owner(StrEnum):
    """Whose move it is."""

    COMMITTEE = "committee"
    VERIFYING_UNIT = "verifying"
    LEAD_UNIT = "lead"
    ENTERPRISE = "enterprise"
    NOBODY = "nobody"


class Step(StrEnum):
    """办理节点: the one move a hazard waits for. Its stage, owner, owner's role and clock are in `STEPS`."""

    TRIAGE = "TRIAGE"
    CLASSIFY = "CLASSIFY"
    CONFIRM_MAJOR = "CONFIRM_MAJOR"
    CONFIRM_GENERAL = "CONFIRM_GENERAL"
    CONFIRM_NOT_HAZARD = "CONFIRM_NOT_HAZARD"
    APPROVE_GENERAL = "APPROVE_GENERAL"
    APPROVE_NOT_HAZARD = "APPROVE_NOT_HAZARD"
    ASSIGN = "ASSIGN"
    SIGN = "SIGN"
    PLAN = "PLAN"
    PLAN_REVIEW = "PLAN_REVIEW"
    WORK = "WORK"
    RECHECK = "RECHECK"
    JUDGE = "JUDGE"
    GATE = "GATE"
    CLOSED = "CLOSED"
    DISMISSED = "DISMISSED"
    DOWNGRADED = "DOWNGRADED"
