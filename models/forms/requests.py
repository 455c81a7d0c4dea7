"""What is asked for, and granted by another person."""

from datetime import date
from enum import StrEnum

from pydantic import Field

from models.forms.controls import InterimDecision
from models.forms.fields import EvidenceIds, Form, Line, OptionalText, Text
from models.forms.progress import Obstacle


class RefusalGround(StrEnum):
    NOT_SAFETY = "NOT_SAFETY"
    NO_PLACE = "NO_PLACE"
    OTHER = "OTHER"


class RefusalRequest(Form):
    """申请不予受理: reason code and words; a second person of the office agrees."""

    ground: RefusalGround = Field(title="原因")
    reason: Text = Field(title="理由")


class MergeRequest(Form):
    """申请并案 into an open hazard; both histories stay."""

    into: Line = Field(title="并入的隐患编号")
    reason: Text = Field(title="理由")


class ReasonedRequest(Form):
    reason: Text = Field(title="理由")
    evidence: EvidenceIds = Field(default=(), title="材料")


class ExtensionRequest(Form):
    """延期申请, before the limit: why, what is done, the new date, the control meanwhile."""

    reason_code: Obstacle = Field(title="原因")
    reason: Text = Field(title="理由")
    finished: Text = Field(title="已完成部分")
    new_limit_on: date = Field(title="申请的新期限")
    late_reason: OptionalText = Field(default="", title="迟报原因", description="临近期限才申请的必填")
    interim: Text = Field(title="延期期间的临时管控")
    evidence: EvidenceIds = Field(title="证明材料", min_length=1)


class LongLimitRequest(Form):
    """A limit beyond the longest one the rules allow, by project plan."""

    new_limit_on: date = Field(title="期限")
    basis: Line = Field(title="依据")
    reason: Text = Field(title="理由")


class PauseGround(StrEnum):
    """中止计时的法定事由."""

    COURT = "COURT"
    PUBLIC_WORKS = "PUBLIC_WORKS"
    DISASTER = "DISASTER"
    LAND = "LAND"


class PauseRequest(Form):
    """中止计时: only on a legal ground, with the control meanwhile and the day it is looked at again (at most 30 days)."""

    ground: PauseGround = Field(title="法定事由")
    reason: Text = Field(title="理由和依据文书")
    until: date = Field(title="复核日期")
    interim: Text = Field(title="中止期间的临时管控")
    evidence: EvidenceIds = Field(default=(), title="材料")


class ReopeningGround(StrEnum):
    REBOUND = "REBOUND"
    FALSE_RECTIFICATION = "FALSE_RECTIFICATION"
    NOT_FIXED = "NOT_FIXED"
    NEW_FACTS = "NEW_FACTS"


class ReopeningGrounds(Form):
    """What came back, or what was never so."""

    ground: ReopeningGround = Field(title="原因")
    finding: Text = Field(title="发现的情况")
    evidence: EvidenceIds = Field(default=(), title="材料")


class ReopeningRequest(InterimDecision, ReopeningGrounds):
    """提请重新立项: rebound, false rectification, or facts that came later. Opens the next cycle of the same hazard, with
    the control that holds from its first day."""


class Granted(Form):
    comment: OptionalText = Field(default="", title="意见")


class LimitGranted(Granted):
    """More time, be it less than was asked for."""

    new_limit_on: date | None = Field(default=None, title="批准的期限（与申请不同时填写）")


class Withdrawal(Form):
    """撤回 what one has just decided, before anybody else acted on it."""

    reason: Text = Field(title="撤回理由")


class Retention(Form):
    """继续挂牌: why the listing stays for now, and when it is looked at again."""

    reason: Text = Field(title="理由")
    review_on: date = Field(title="复核日期")
