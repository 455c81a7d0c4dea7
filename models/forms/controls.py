"""Interim control 临时管控 while a hazard lasts: ordered, confirmed, lifted; and papers that come from outside."""

from datetime import date
from enum import StrEnum
from typing import Self

from pydantic import Field, model_validator

from models.forms.fields import EvidenceIds, Form, Line, Moment, OptionalLine, OptionalText, Text


class InterimControl(StrEnum):
    """临时管控措施 while the hazard lasts."""

    NONE = "NONE"
    WARN_BARRIER = "WARN_BARRIER"
    WITHDRAW = "WITHDRAW"
    STOP_EQUIPMENT = "STOP_EQUIPMENT"
    PARTIAL_STOP = "PARTIAL_STOP"
    FULL_STOP = "FULL_STOP"
    SEAL = "SEAL"
    GUARD_24H = "GUARD_24H"
    LOAD_LIMIT = "LOAD_LIMIT"
    MONITOR = "MONITOR"

    @property
    def stops_production(self) -> bool:
        """Production may then resume only after review and consent (安全生产法 第六十五条)."""
        return self in _STOPS

    def is_milder_than(self, other: "InterimControl") -> bool:
        return _STRENGTH[self] < _STRENGTH[other]

    @property
    def label(self) -> str:
        return _LABELS[self]


_STOPS = frozenset(
    {InterimControl.STOP_EQUIPMENT, InterimControl.PARTIAL_STOP, InterimControl.FULL_STOP, InterimControl.SEAL}
)
_STRENGTH = {
    InterimControl.NONE: 0, InterimControl.WARN_BARRIER: 1, InterimControl.GUARD_24H: 1, InterimControl.LOAD_LIMIT: 1,
    InterimControl.MONITOR: 1, InterimControl.WITHDRAW: 2, InterimControl.STOP_EQUIPMENT: 3, InterimControl.PARTIAL_STOP: 3,
    InterimControl.FULL_STOP: 4, InterimControl.SEAL: 4,
}  # fmt: skip
_LABELS = {
    InterimControl.NONE: "无", InterimControl.WARN_BARRIER: "警示围挡", InterimControl.WITHDRAW: "撤出人员",
    InterimControl.STOP_EQUIPMENT: "停用设备", InterimControl.PARTIAL_STOP: "局部停产停业",
    InterimControl.FULL_STOP: "全部停产停业", InterimControl.SEAL: "查封", InterimControl.GUARD_24H: "24小时值守",
    InterimControl.LOAD_LIMIT: "限载限员", InterimControl.MONITOR: "监测监控",
}  # fmt: skip


class InterimDecision(Form):
    """管控决定: the interim control decided on site, be it none with a reason."""

    interim_control: InterimControl = Field(title="临时管控措施")
    interim_since: Moment | None = Field(default=None, title="管控起始时间")
    interim_document: OptionalLine = Field(default="", title="管控文书编号")
    interim_responsible: OptionalLine = Field(default="", title="管控责任人")
    interim_hours: int = Field(default=24, title="核实间隔（小时）", ge=1, le=720)
    interim_reason: OptionalLine = Field(default="", title="不采取管控的理由")

    @model_validator(mode="after")
    def controlled(self) -> Self:
        if self.interim_control == InterimControl.NONE:
            if not self.interim_reason:
                raise ValueError("不采取临时管控措施的，须填写理由")
        elif self.interim_since is None or not self.interim_responsible:
            raise ValueError("采取临时管控措施的，须填写起始时间和管控责任人")
        return self


class ControlOrder(Form):
    """What is ordered, since when, by which document, who answers for it, how often it is confirmed."""

    control: InterimControl = Field(title="临时管控措施")
    since: Moment = Field(title="管控起始时间")
    document_no: OptionalLine = Field(default="", title="管控文书编号")
    responsible: Line = Field(title="管控责任人")
    check_hours: int = Field(default=24, title="核实间隔（小时）", ge=1, le=720)
    reason: Text = Field(title="管控理由")
    evidence: EvidenceIds = Field(default=(), title="照片和材料")

    @model_validator(mode="after")
    def real(self) -> Self:
        if self.control == InterimControl.NONE:
            raise ValueError("请选择具体的管控措施；解除管控请另行申请")
        return self


class ControlCheck(Form):
    """核实: the control still holds, or it does not, as seen on the spot."""

    seen_at: Moment = Field(title="核实时间")
    holds: bool = Field(title="管控措施仍在落实")
    finding: Text = Field(title="现场情况")
    evidence: EvidenceIds = Field(default=(), title="照片和材料")


class Consent(Form):
    """审查同意: by whom, under which number, on which day. Needed wherever a stop of production ends or is relaxed.

    Source: 安全生产法 第六十五条第一款第三项 经审查同意，方可恢复生产经营和使用.
    """

    consent_by: OptionalLine = Field(default="", title="审查同意的部门")
    consent_no: OptionalLine = Field(default="", title="审查同意文书编号")
    consent_on: date | None = Field(default=None, title="审查同意日期")


class ControlChange(ControlOrder, Consent):
    """变更临时管控; a stop of production gives way to something milder only with the consent."""


class Lifting(Consent):
    """解除临时管控."""

    reason: Text = Field(title="解除理由")
    evidence: EvidenceIds = Field(default=(), title="文书扫描件")


class OutsideDocument(Form):
    """A document issued outside the system: its number, date and scan."""

    kind: Line = Field(title="文书种类")
    number: Line = Field(title="文书编号")
    issued_on: date = Field(title="签发日期")
    issuer: Line = Field(title="签发单位")
    summary: OptionalText = Field(default="", title="内容摘要")
    evidence: EvidenceIds = Field(title="扫描件", min_length=1)


class ResumptionConsent(Form):
    """复产审查同意 given by the department with the power to give it."""

    consent_by: Line = Field(title="审查同意的部门")
    consent_no: Line = Field(title="文书编号")
    consent_on: date = Field(title="日期")
    evidence: EvidenceIds = Field(title="扫描件", min_length=1)


class Publication(Form):
    """Proof that a listing or delisting was filed or published."""

    what: str = Field(title="事项", pattern="^(report_listing|publish_listing|publish_delisting)$")
    where: Line = Field(title="报备单位或公布载体")
    on: date = Field(title="日期")
    number: OptionalLine = Field(default="", title="文号")
    evidence: EvidenceIds = Field(default=(), title="公布截图或文件")


class Listing(Form):
    """挂牌督办: level, ground, requirement. The district or the city lists by a document of its own, which is named."""

    level: str = Field(title="挂牌级别", pattern="^(TOWN|DISTRICT|CITY)$")
    reason: Text = Field(title="挂牌理由")
    requirement: Text = Field(title="督办要求")
    document_no: OptionalLine = Field(default="", title="文号", description="区级、市级挂牌的必填")

    @model_validator(mode="after")
    def listed_by(self) -> Self:
        if self.level != "TOWN" and not self.document_no:
            raise ValueError("区级、市级挂牌须填写其挂牌文件的文号")
        return self
