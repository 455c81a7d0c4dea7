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
    VOIDED = "VOIDED"

    @property
    def label(self) -> str:
        return _STAGE_LABELS[self]


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
    Stage.VOIDED: "已作废",
}


class Clock(StrEnum):
    """The time limits that run on a hazard; each names a rule of the deadline rules (`models/data`)."""

    TRIAGE = "triage"
    URGENT_TRIAGE = "urgent_triage"
    SUPPLEMENT = "supplement"
    TRANSFER_RECEIPT = "transfer_receipt"
    TRANSFER_END = "transfer_end"
    VERIFICATION = "verification"
    URGENT_VERIFICATION = "urgent_verification"
    EXPERT = "expert_opinion"
    INTERIM_CHECK = "interim_check"
    ASSIGNING = "assigning"
    RECEIPT = "receipt"
    ARBITRATION = "arbitration"
    INFORM = "inform"
    LISTING_FILING = "report_listing"
    LISTING_PUBLICATION = "publish_listing"
    DELISTING_PUBLICATION = "publish_delisting"
    PLAN = "plan"
    PLAN_REVIEW = "plan_review"
    RECTIFICATION = "rectification"
    PROGRESS = "progress"
    LONG_PROGRESS = "long_works_progress"
    QUESTION = "progress_question"
    SUB_ACTION = "sub_action"
    PAUSE_END = "pause_end"
    FREEZE_REVIEW = "freeze_review"
    ENFORCEMENT = "enforcement"
    REVIEW = "review"
    NEXT_VISIT = "next_visit"
    DISTRICT_REVIEW = "district_review"
    EXPLANATION = "failure_explanation"
    GATE = "gate"
    LISTING_REVIEW = "listing_review"
    LOOK_BACK_30 = "look_back_30"
    LOOK_BACK_90 = "look_back_90"
    REQUEST = "request_decision"
    EXTENSION = "extension_decision"
    EXTENSION_OPINION = "extension_opinion"
    SHORT_EXTENSION = "short_extension_decision"
    ANSWER = "answer_letter"
    REPORTER_ANSWER = "reporter_answer"
    OBJECTION = "reporter_objection"

    @property
    def label(self) -> str:
        return _CLOCK_LABELS[self]


_CLOCK_LABELS = {
    Clock.TRIAGE: "受理", Clock.URGENT_TRIAGE: "紧急受理", Clock.SUPPLEMENT: "补正", Clock.TRANSFER_RECEIPT: "移送回执",
    Clock.TRANSFER_END: "移送办结", Clock.VERIFICATION: "核查", Clock.URGENT_VERIFICATION: "紧急核查",
    Clock.EXPERT: "专家意见", Clock.INTERIM_CHECK: "临时管控核实", Clock.ASSIGNING: "交办", Clock.RECEIPT: "签收",
    Clock.ARBITRATION: "裁定", Clock.INFORM: "告知", Clock.LISTING_FILING: "挂牌报备", Clock.LISTING_PUBLICATION: "挂牌公布",
    Clock.DELISTING_PUBLICATION: "摘牌公布", Clock.PLAN: "报送方案", Clock.PLAN_REVIEW: "审查方案",
    Clock.RECTIFICATION: "整改", Clock.PROGRESS: "报告进展", Clock.LONG_PROGRESS: "报告进展（长期工程）",
    Clock.QUESTION: "答复质询", Clock.SUB_ACTION: "整改子项", Clock.PAUSE_END: "中止到期复核",
    Clock.FREEZE_REVIEW: "冻结复核", Clock.ENFORCEMENT: "执法措施", Clock.REVIEW: "复查", Clock.NEXT_VISIT: "再次复查",
    Clock.DISTRICT_REVIEW: "区级复查", Clock.EXPLANATION: "书面说明", Clock.GATE: "销号审核", Clock.LISTING_REVIEW: "继续挂牌复核",
    Clock.LOOK_BACK_30: "30日回头看", Clock.LOOK_BACK_90: "90日回头看", Clock.REQUEST: "批复申请",
    Clock.EXTENSION_OPINION: "核查延期", Clock.EXTENSION: "批复延期", Clock.SHORT_EXTENSION: "批复延期（短期限）", Clock.ANSWER: "答复督办函",
    Clock.REPORTER_ANSWER: "答复举报人", Clock.OBJECTION: "查看举报人异议",
}  # fmt: skip


PUBLICATIONS = frozenset({Clock.LISTING_FILING, Clock.LISTING_PUBLICATION, Clock.DELISTING_PUBLICATION})
"""What the office still files or publishes when the hazard itself is closed."""


class Owner(StrEnum):
    """Whose move it is. The rectifier is the enterprise, or the unit named where no enterprise owns the hazard."""

    COMMITTEE = "committee"
    REPORTER = "reporter"
    VERIFYING_UNIT = "verifying"
    LEAD_UNIT = "lead"
    ENTERPRISE = "enterprise"
    NOBODY = "nobody"


class Step(StrEnum):
    """办理节点: the one move a hazard waits for. Its stage, owner, owner's role and clock are in `STEPS`."""

    TRIAGE = "TRIAGE"
    SUPPLEMENT = "SUPPLEMENT"
    CLASSIFY = "CLASSIFY"
    CONFIRM_MAJOR = "CONFIRM_MAJOR"
    CONFIRM_GENERAL = "CONFIRM_GENERAL"
    CONFIRM_NOT_HAZARD = "CONFIRM_NOT_HAZARD"
    APPROVE_GENERAL = "APPROVE_GENERAL"
    APPROVE_NOT_HAZARD = "APPROVE_NOT_HAZARD"
    ASSIGN = "ASSIGN"
    SIGN = "SIGN"
    ARBITRATE = "ARBITRATE"
    PLAN = "PLAN"
    PLAN_REVIEW = "PLAN_REVIEW"
    WORK = "WORK"
    DANGER_REMOVAL = "DANGER_REMOVAL"
    RECHECK = "RECHECK"
    DISTRICT_REVIEW = "DISTRICT_REVIEW"
    JUDGE = "JUDGE"
    GATE = "GATE"
    TRANSFER_RECEIPT = "TRANSFER_RECEIPT"
    TRANSFER_FOLLOW = "TRANSFER_FOLLOW"
    CLOSED = "CLOSED"
    DISMISSED = "DISMISSED"
    REFUSED = "REFUSED"
    DOWNGRADED = "DOWNGRADED"
    MERGED = "MERGED"
    TRANSFER_DONE = "TRANSFER_DONE"
    VOIDED = "VOIDED"


class Part(StrEnum):
    """How a unit takes part in a hazard; jurisdiction (J) means holding the part a move asks for."""

    REPORTING = "reporting"
    VILLAGE = "village"
    VERIFYING = "verifying"
    LEAD = "lead"
    COOPERATING = "cooperating"
    SUPERVISING = "supervising"
    """Supervises the rectification where another unit leads (督办单位)."""
    RECTIFYING = "rectifying"
    """Rectifies a hazard that no enterprise owns (无责任单位)."""

    @property
    def label(self) -> str:
        return _PART_LABELS[self]


_PART_LABELS = {
    Part.REPORTING: "上报单位", Part.VILLAGE: "属地村（社区）", Part.VERIFYING: "核查单位", Part.LEAD: "牵头单位",
    Part.COOPERATING: "配合单位", Part.RECTIFYING: "整改责任单位",
    Part.SUPERVISING: "督办单位",
}  # fmt: skip
