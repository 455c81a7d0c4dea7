"""Assignment 交办, informing 告知, plan 整改方案 and completion 整改完成."""

from datetime import date
from decimal import Decimal
from enum import StrEnum
from typing import Annotated, Self

from pydantic import Field, model_validator

from models.forms.fields import EvidenceIds, Form, Line, Moment, OptionalLine, OptionalText, Text


class LimitFields(Form):
    """A rectification limit: a number of calendar days, or a named last day; one of the two, with its basis."""

    limit_days: int | None = Field(default=None, title="整改期限（自签收起自然日）", ge=1, le=365)
    limit_on: date | None = Field(default=None, title="整改截止日期")
    limit_basis: Line = Field(title="期限依据")

    @model_validator(mode="after")
    def one_limit(self) -> Self:
        if (self.limit_days is None) == (self.limit_on is None):
            raise ValueError("整改期限请填天数或截止日期，二者填一项")
        return self


class Assignment(LimitFields):
    """交办: lead, cooperating and supervising units, responsible leader, requirements, limit with basis."""

    lead_unit: Line = Field(title="牵头单位代码")
    cooperating_units: tuple[Line, ...] = Field(default=(), title="配合单位代码", max_length=20)
    supervising_unit: Line | None = Field(default=None, title="督办单位代码", description="不填即由牵头单位督办")
    leader: Line = Field(title="包案领导（人员编号）")
    enterprise: Line | None = Field(default=None, title="整改单位统一社会信用代码", description="上报时已填写的可不填")
    rectifying_unit: Line | None = Field(default=None, title="整改责任单位代码（无责任企业时）")
    requirements: Text = Field(title="整改要求")
    document_no: OptionalLine = Field(default="", title="交办文书编号")


class Informed(StrEnum):
    """Whom the law of the town wants told: 主要负责人 and 实际控制人, each with its own proof."""

    PRINCIPAL = "PRINCIPAL"
    ACTUAL_CONTROLLER = "ACTUAL_CONTROLLER"


class Informing(Form):
    """告知 one of the two persons. Source: 临江府发〔2024〕37号 三(二)3."""

    informed: Informed = Field(title="告知对象")
    name: Line = Field(title="被告知人姓名")
    means: Line = Field(title="告知方式")
    informed_at: Moment = Field(title="告知时间")
    proof: Text = Field(title="告知凭证说明")
    same_person: bool = Field(default=False, title="主要负责人和实际控制人为同一人，一次告知")
    evidence: EvidenceIds = Field(default=(), title="告知凭证")


class Milestone(Form):
    """A phase of the work, and what keeps people safe while it lasts."""

    on: date = Field(title="完成日期")
    work: Line = Field(title="工作内容")
    interim: Line = Field(title="本阶段临时管控")


class Plan(Form):
    """整改方案 with its six elements: goals, measures, funds, people, limit, safety measures."""

    goals: Text = Field(title="治理目标和任务")
    measures: Text = Field(title="方法和措施")
    funds_yuan: Decimal = Field(title="资金（元）", ge=0, max_digits=14, decimal_places=2)
    funds_source: Line = Field(title="资金来源")
    materials: OptionalText = Field(default="", title="所需物资")
    responsible: Line = Field(title="负责治理的机构和人员")
    limit_and_requirements: Text = Field(title="时限和要求")
    safety_measures: Text = Field(title="安全措施和应急预案")
    acceptance_criteria: Text = Field(title="验收标准")
    milestones: tuple[Milestone, ...] = Field(default=(), title="进度安排", max_length=50)
    principal_signed_on: date = Field(title="主要负责人签字日期")
    evidence: EvidenceIds = Field(default=(), title="方案附件")


class PlanApproval(Form):
    comment: OptionalText = Field(default="", title="审查意见")
    conditions: OptionalText = Field(default="", title="附加条件")


PhotoPair = Annotated[tuple[Line, Line], Field(description="[整改前, 整改后] evidence ids of the same spot")]


class Completion(Form):
    """报告整改完成: what was done, its cost, and photo pairs of the same spot before and after."""

    done: Text = Field(title="整改情况（逐条）")
    completed_on: date = Field(title="完成日期")
    cost_yuan: Decimal = Field(title="整改费用（元）", ge=0, max_digits=14, decimal_places=2)
    photo_pairs: tuple[PhotoPair, ...] = Field(title="整改前后对比照片", min_length=1, max_length=20)
    self_acceptance: OptionalText = Field(default="", title="自行验收或评估情况", description="停产停用整改的必填")
    evidence: EvidenceIds = Field(default=(), title="其他佐证材料")

    @model_validator(mode="after")
    def two_photographs(self) -> Self:
        if {before for before, _ in self.photo_pairs} & {after for _, after in self.photo_pairs}:
            raise ValueError("整改前、后照片不能是同一份材料，请分别上传整改前和整改后的照片")
        return self

    @property
    def all_evidence(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys((*(item for pair in self.photo_pairs for item in pair), *self.evidence)))
