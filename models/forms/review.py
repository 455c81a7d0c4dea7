"""Re-check on site 现场复查, its verdict, and the gate of the close-out 销号审核."""

from typing import Annotated, Self

from pydantic import Field, model_validator

from models.forms.fields import EvidenceIds, Form, Line, Moment, Names, OptionalText, Text
from models.forms.intake import Signed
from models.forms.rectification import LimitFields


class ClauseResult(Form):
    clause: Line = Field(title="条款或项目")
    cleared: bool = Field(title="是否整改到位")
    finding: Text = Field(title="复查情况")


class Recheck(Form):
    """现场复查记录: at least two reviewers, the visit, a result per clause, and whether the unit signed for it."""

    visited_at: Moment = Field(title="复查时间")
    reviewers: Names = Field(title="复查人员（不少于2人）")
    results: Annotated[tuple[ClauseResult, ...], Field(min_length=1, max_length=50)] = Field(title="逐条复查结果")
    unit_signature: Signed = Field(title="被复查单位签字情况")
    unit_opinion: OptionalText = Field(default="", title="被复查单位意见")
    evidence: EvidenceIds = Field(default=(), title="复查照片和材料")


class ReviewPass(Form):
    """复查合格, after the re-check's record."""

    opinion: Text = Field(title="复查意见")
    document_no: Line = Field(title="复查意见书编号")


class ReviewFailure(LimitFields):
    """复查不合格: back to rectification with a new limit; the failure is counted."""

    reason: Text = Field(title="不合格原因和遗留问题")


class GateLine(Form):
    """One line of the checklist: met, or waived with a reason."""

    met: bool = Field(title="已核实")
    note: OptionalText = Field(default="", title="说明")
    waiver: OptionalText = Field(default="", title="免除理由")

    @model_validator(mode="after")
    def reasoned(self) -> Self:
        if not self.met and len(self.waiver) < 5:
            raise ValueError("未核实的项目须写明免除理由（不少于5个字）")
        return self


class Checklist(Form):
    """销号审核清单; every line is answered."""

    clauses_cleared: GateLine = Field(title="判定条款逐条消除")
    evidence_verified: GateLine = Field(title="佐证材料校验一致")
    principals_informed: GateLine = Field(title="主要负责人和实际控制人均已告知")
    interim_control_lifted: GateLine = Field(title="临时管控措施已解除")
    penalties_recorded: GateLine = Field(title="处罚案号已登记或无处罚")
    reporter_answered: GateLine = Field(title="已答复举报人或不适用")
    listing_removed: GateLine = Field(title="已摘牌公布或不适用")
    rebound_searched: GateLine = Field(title="已查询同类反弹")


class Closure(Form):
    """销号: struck off the register by a second person of another unit.

    Source: 临江府发〔2024〕37号 三(二)3 审核把关销号机制.
    """

    checklist: Checklist = Field(title="销号审核清单")
    opinion: Text = Field(title="审核意见")


class ClosureReturn(LimitFields):
    """退回重新整改 from the gate, with a new limit."""

    reason: Text = Field(title="退回理由")
