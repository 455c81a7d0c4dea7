"""Report 上报, acceptance 受理, and the findings of a verification 核查."""

from enum import StrEnum
from typing import Self

from pydantic import Field, model_validator

from models.forms.controls import InterimDecision
from models.forms.fields import EvidenceIds, Form, Line, Moment, Names, OptionalLine, OptionalText, Point, Text
from models.hazard import Channel, SubjectType


class Report(Form):
    """上报 a hazard. Fields after `domain` appendix A.1; the public report without account is another form."""

    channel: Channel = Field(title="来源渠道")
    source: Line = Field(title="来源系统或单位", description="与来源编号一起识别同一报告")
    source_no: Line | None = Field(default=None, title="来源编号")
    discovered_at: Moment = Field(title="发现时间")
    subject_type: SubjectType = Field(default=SubjectType.ENTERPRISE, title="责任主体类型")
    enterprise: Line | None = Field(default=None, title="企业统一社会信用代码")
    village: Line | None = Field(default=None, title="所在村（社区）单位代码")
    sector: Line = Field(title="行业领域")
    place: Line = Field(title="地点")
    point: Point = Field(default="", title="坐标（经度,纬度）")
    description: str = Field(title="隐患描述", min_length=15, max_length=4000, pattern=r"^[^\x00]*$")
    persons_exposed: int | None = Field(default=None, title="受威胁人数", ge=0, le=1_000_000)
    consequence: OptionalText = Field(default="", title="可能后果")
    urgent: bool = Field(default=False, title="人员正受威胁")
    immediate_measures: OptionalText = Field(default="", title="已采取措施")
    suspected_clause: OptionalLine = Field(default="", title="疑似判定条款")
    evidence: EvidenceIds = Field(default=(), title="佐证材料", description="没有的，须填写无佐证材料的原因")
    no_evidence_reason: OptionalLine = Field(default="", title="无佐证材料的原因")

    @model_validator(mode="after")
    def complete(self) -> Self:
        if self.subject_type in {SubjectType.ENTERPRISE, SubjectType.SOLE_TRADER} and not self.enterprise:
            raise ValueError("责任主体为企业或个体工商户时，须填写统一社会信用代码；无责任单位的请选“公共场所”")
        if not self.evidence and not self.no_evidence_reason:
            raise ValueError("须附佐证材料，或填写无佐证材料的原因")
        return self


class Acceptance(Form):
    """受理: the committee office names the department that verifies on site."""

    verifying_unit: Line = Field(title="核查单位代码")
    comment: OptionalText = Field(default="", title="受理意见")


class Signed(StrEnum):
    """Whether the checked unit signed the record; a refusal is recorded (安全生产法 第六十八条)."""

    SIGNED = "SIGNED"
    REFUSED = "REFUSED"
    ABSENT = "ABSENT"


class Correction(Form):
    """更正登记内容: at least one of the words, and why."""

    description: OptionalText = Field(default="", title="隐患描述")
    place: OptionalLine = Field(default="", title="隐患部位")
    sector: OptionalLine = Field(default="", title="行业领域")
    reason: Text = Field(title="更正理由")

    @model_validator(mode="after")
    def something(self) -> Self:
        if not (self.description or self.place or self.sector):
            raise ValueError("请至少填写一项需要更正的内容")
        if self.description and len(self.description) < 15:
            raise ValueError("隐患描述不少于15个字")
        return self


class SiteCheck(Form):
    """What every on-site verification records; domain appendix A.2."""

    checked_at: Moment = Field(title="核查时间")
    checked_place: OptionalLine = Field(default="", title="核查地点", description="与登记地点不同的填写")
    inspectors: Names = Field(title="核查人员（不少于2人）")
    certificates: OptionalLine = Field(default="", title="执法证件号", description="属执法检查的填写")
    facts: Text = Field(title="查明事实")
    unit_opinion: OptionalText = Field(default="", title="被检查单位意见")
    unit_signature: Signed = Field(title="被检查单位签字情况")
    evidence: EvidenceIds = Field(default=(), title="核查照片和材料")
    no_evidence_reason: OptionalLine = Field(default="", title="无照片和材料的原因")

    @model_validator(mode="after")
    def shown(self) -> Self:
        if not self.evidence and not self.no_evidence_reason:
            raise ValueError("须附核查照片或材料，或填写没有的原因")
        return self


class Finding(InterimDecision, SiteCheck):
    """A finding of any grade: its reason, and the interim control decided on site, be it none with a reason."""

    grading_reason: Text = Field(title="认定理由")


class MajorFinding(Finding):
    """认定为重大事故隐患: needs the clause of the standard in force on the discovery date."""

    clause: Line = Field(title="判定条款代码")
    further_clauses: tuple[Line, ...] = Field(
        default=(), max_length=20, title="同时符合的其他条款代码", description="每行一条"
    )
    grading_reason: Text = Field(title="判定理由")
    persons_exposed: int = Field(title="受威胁人数", ge=0, le=1_000_000)
    external_factor: bool = Field(default=False, title="因外部因素单位自身难以排除")
    no_owner: bool = Field(default=False, title="无责任单位", description="交办时须指定整改责任单位")


class LesserFinding(Finding):
    """认定为一般隐患 or 不属隐患: a second approver must agree."""

    persons_exposed: int | None = Field(default=None, title="受威胁人数", ge=0, le=1_000_000)


class Opinion(Form):
    """A decision that needs no more than an opinion."""

    comment: OptionalText = Field(default="", title="办理意见")


class Refusal(Form):
    """A return or refusal; the reason goes to the person who must act next."""

    reason: Text = Field(title="退回或不同意的理由")
