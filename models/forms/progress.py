"""While a hazard is being rectified: progress 进展, sub-actions 子项, who owns it, closed units, enforcement 执法."""

from datetime import date
from decimal import Decimal
from enum import StrEnum
from typing import Self

from pydantic import Field, model_validator

from models.forms.fields import EvidenceIds, Form, Line, Moment, OptionalLine, OptionalText, Text
from models.forms.rectification import LimitFields


class Obstacle(StrEnum):
    """延误原因; the same codes as for an extension."""

    DESIGN_CHANGE = "DESIGN_CHANGE"
    PROCUREMENT = "PROCUREMENT"
    WEATHER_SEASON = "WEATHER_SEASON"
    PUBLIC_WORKS = "PUBLIC_WORKS"
    OWNERSHIP = "OWNERSHIP"
    FUNDS = "FUNDS"
    THIRD_PARTY = "THIRD_PARTY"
    EPIDEMIC_DISASTER = "EPIDEMIC_DISASTER"
    OTHER = "OTHER"


class Progress(Form):
    """整改进展: what was done, how far it is, and whether the interim control still holds."""

    reported_on: date = Field(title="报告日期")
    done: Text = Field(title="已完成工作")
    percent: int = Field(title="完成比例（%）", ge=0, le=100)
    fallen_because: OptionalText = Field(default="", title="比例下降的原因")
    money_yuan: Decimal | None = Field(default=None, title="已用资金（元）", ge=0, max_digits=14, decimal_places=2)
    control_holds: bool = Field(title="临时管控措施仍在落实")
    obstacle: Obstacle | None = Field(default=None, title="延误原因")
    next_step: Text = Field(title="下一步工作")
    new_risk: OptionalText = Field(default="", title="新出现的风险")
    evidence: EvidenceIds = Field(default=(), title="进展照片")
    no_photo_reason: OptionalLine = Field(
        default="", title="无照片的原因", description="正在实施临时管控的，照片和原因填一项"
    )


class Question(Form):
    question: Text = Field(title="质询内容")


class Answer(Form):
    answer: Text = Field(title="答复")
    evidence: EvidenceIds = Field(default=(), title="材料")


class ExtensionOpinion(Form):
    """核查延期申请: the supervising unit has been there, and says whether more time is right and the danger is controlled."""

    checked_at: Moment = Field(title="现场核查时间")
    agrees: bool = Field(title="同意延期")
    opinion: Text = Field(title="督办单位意见")
    evidence: EvidenceIds = Field(default=(), title="核查照片和材料")


class NewAction(Form):
    """整改子项 with its owner and date."""

    work: Line = Field(title="工作内容")
    owner: Line = Field(title="责任人")
    due_on: date = Field(title="完成期限")


class FinishedAction(Form):
    action: Line = Field(title="子项编号")
    done: Text = Field(title="完成情况")
    evidence: EvidenceIds = Field(default=(), title="材料")


class ResumedClock(Form):
    reason: Text = Field(title="恢复计时的理由")


class OwnerChange(Form):
    """变更整改责任单位: another enterprise, or the unit that rectifies where none owns the hazard."""

    enterprise: Line | None = Field(default=None, title="新责任单位统一社会信用代码")
    rectifying_unit: Line | None = Field(default=None, title="整改责任单位代码（无责任企业时）")
    reason: Text = Field(title="变更理由")
    evidence: EvidenceIds = Field(default=(), title="证明材料")

    @model_validator(mode="after")
    def one_owner(self) -> Self:
        if (self.enterprise is None) == (self.rectifying_unit is None):
            raise ValueError("新的责任单位请填企业或整改责任单位，二者填一项")
        return self


class UnitClosed(Form):
    """单位关闭、搬迁或注销: the danger must still be shown to be gone."""

    closed_on: date = Field(title="关闭日期")
    basis: Line = Field(title="依据（注销登记、公告等）")
    situation: Text = Field(title="现场情况")
    evidence: EvidenceIds = Field(default=(), title="材料")


class RemovalProof(Form):
    """证明危险已消除, for a unit that no longer exists: seen on the spot, with photographs."""

    seen_at: Moment = Field(title="查看时间")
    finding: Text = Field(title="危险消除情况（逐条）")
    evidence: EvidenceIds = Field(title="现场照片和证明材料", min_length=1)


class EnforcementStart(Form):
    """转入执法: by whom, why, under which number."""

    to_department: Line = Field(title="执法部门")
    ground: Text = Field(title="事由（拒不整改、擅自恢复生产、弄虚作假等）")
    document_no: OptionalLine = Field(default="", title="移交文书编号")
    evidence: EvidenceIds = Field(default=(), title="材料")


class EnforcementKind(StrEnum):
    """执法措施."""

    ORDER = "ORDER"
    STOP_ORDER = "STOP_ORDER"
    STOP_DEFIED = "STOP_DEFIED"
    """拒不执行停产停业整顿决定, as seen and recorded by the department that ordered the stop."""
    PENALTY = "PENALTY"
    POWER_CUT_NOTICE = "POWER_CUT_NOTICE"
    POWER_CUT = "POWER_CUT"
    POWER_RESTORED = "POWER_RESTORED"
    SEALING = "SEALING"
    CLOSURE_PROPOSAL = "CLOSURE_PROPOSAL"
    CRIMINAL_CHECK = "CRIMINAL_CHECK"


class EnforcementAct(Form):
    """登记执法措施. Decided by persons outside; the system records it and checks what the law asks first."""

    kind: EnforcementKind = Field(title="措施")
    decided_by: Line = Field(title="决定单位")
    document_no: Line = Field(title="文书编号")
    taken_at: Moment = Field(title="作出时间")
    content: Text = Field(title="内容或结论")
    amount_yuan: Decimal | None = Field(default=None, title="罚款（元）", ge=0, max_digits=14, decimal_places=2)
    approved_by: OptionalLine = Field(default="", title="批准人（决定部门主要负责人，停止供电必填）")
    emergency: bool = Field(default=False, title="紧急情形（危及生命，来不及提前通知）")
    evidence: EvidenceIds = Field(default=(), title="文书扫描件")

    @model_validator(mode="after")
    def approved(self) -> Self:
        if self.kind == EnforcementKind.POWER_CUT and not self.approved_by:
            raise ValueError("停止供电须经本部门主要负责人批准（安全生产法第七十条），请填写批准人")
        return self


class Freeze(Form):
    """事故冻结: an accident happened; everything is preserved as it stands."""

    happened_at: Moment = Field(title="事故发生时间")
    what: Text = Field(title="事故简况")
    evidence: EvidenceIds = Field(default=(), title="材料")


class Unfreeze(Form):
    reason: Text = Field(title="解除冻结的理由")
    document_no: OptionalLine = Field(default="", title="文号")


class ClueGround(StrEnum):
    """为何移送问责线索."""

    UNANSWERED = "UNANSWERED"
    """The letter of the highest level was not answered in its time."""
    DEPARTMENT = "DEPARTMENT"
    """A department, not the enterprise, is the cause."""


class Clue(Form):
    """移送问责线索: whose conduct, the facts, and the document by which a leader hands them to the discipline organ.

    It takes no scan: a hazard's evidence is read by its enterprise as well.
    """

    ground: ClueGround = Field(title="移送依据")
    against: Line = Field(title="线索涉及的单位代码")
    facts: Text = Field(title="事实经过")
    to_organ: Line = Field(title="移送机关")
    document_no: Line = Field(title="移送文书编号")
    handed_on: date = Field(title="移送日期")


class Reassignment(Form):
    """改派牵头单位; the limit does not start again."""

    lead_unit: Line = Field(title="新牵头单位代码")
    reason: Text = Field(title="改派理由")


class Arbitration(Form):
    """裁定责任单位: the final word; it cannot be returned again."""

    lead_unit: Line = Field(title="裁定的牵头单位代码")
    reason: Text = Field(title="裁定理由")


class DeemedReceipt(Form):
    """视为签收: the lead unit did not sign in time, and delivery is proved."""

    proof: Text = Field(title="送达凭证")
    evidence: EvidenceIds = Field(default=(), title="送达材料")


class StopFirst(Form):
    """责令先行停产: nothing is rectified while people stay in danger; then the plan is redone."""

    reason: Text = Field(title="理由")
    document_no: OptionalLine = Field(default="", title="文书编号")
    responsible: Line = Field(title="管控责任人")


class RecheckFailure(Form):
    """无法复查: the visit was made and the place was shut."""

    visited_at: Moment = Field(title="到场时间")
    reason: Text = Field(title="无法复查的原因")
    next_visit_on: date = Field(title="拟再次复查日期")
    evidence: EvidenceIds = Field(default=(), title="材料")


class DistrictReferral(Form):
    to_department: Line = Field(title="区级部门")
    reason: Text = Field(title="提请理由")
    document_no: OptionalLine = Field(default="", title="文号")


class PartialPass(LimitFields):
    """部分合格: what remains, with its own limit; it is no failure."""

    cleared: Text = Field(title="已整改到位的部分")
    remaining: Text = Field(title="遗留问题")


class LookBack(Form):
    """回头看: visited again after the close-out, and it holds."""

    round: int = Field(title="第几次（30或90日）", json_schema_extra={"enum": [30, 90]})
    visited_at: Moment = Field(title="到场时间")
    finding: Text = Field(title="回头看情况")
    evidence: EvidenceIds = Field(default=(), title="照片")
    no_photo_reason: OptionalLine = Field(default="", title="无照片的原因", description="没有照片的必填")

    @model_validator(mode="after")
    def seen(self) -> Self:
        if not self.evidence and not self.no_photo_reason:
            raise ValueError("回头看须附照片，或填写无照片的原因")
        return self
