"""What the committee office does with a report besides accepting it: supplement 补正, transfer 移送."""

from datetime import date

from pydantic import Field

from models.forms.fields import EvidenceIds, Form, Line, OptionalLine, OptionalText, Text


class SupplementRequest(Form):
    """退回补正: what is missing, in words the reporter can act on."""

    reason: Text = Field(title="需要补正的内容")


class Supplement(Form):
    """补正: added to the report, which itself is never changed."""

    added: Text = Field(title="补正内容")
    place: OptionalLine = Field(default="", title="更正后的地点")
    evidence: EvidenceIds = Field(default=(), title="补充材料")


class Transfer(Form):
    """移送 to the department that has the authority.

    Source: 安全生产法 第六十九条 (移送并形成记录备查).
    """

    to_department: Line = Field(title="接收部门")
    reason: Text = Field(title="移送理由")
    document_no: Line = Field(title="移送函编号")
    sent_on: date = Field(title="移送日期")
    interim: OptionalText = Field(default="", title="移送期间的管控措施")
    evidence: EvidenceIds = Field(default=(), title="移送材料")


class TransferReceipt(Form):
    received_on: date = Field(title="接收日期")
    receiver: Line = Field(title="接收人")
    receipt_no: OptionalLine = Field(default="", title="回执编号")
    evidence: EvidenceIds = Field(default=(), title="回执扫描件")


class TransferEnd(Form):
    """The receiver has reported its end; only now the item leaves the list."""

    ended_on: date = Field(title="办结日期")
    result: Text = Field(title="办理结果")
    document_no: OptionalLine = Field(default="", title="反馈文号")
    control_document_no: OptionalLine = Field(
        default="", title="接管停产停用措施的文书编号", description="正在停产停用的必填"
    )
    evidence: EvidenceIds = Field(default=(), title="反馈材料")


class ExpertRequest(Form):
    question: Text = Field(title="需要专家回答的问题")
    expert: OptionalLine = Field(default="", title="拟聘专家或机构")


class ExpertOpinion(Form):
    expert: Line = Field(title="专家姓名或机构")
    opinion: Text = Field(title="专家意见")
    evidence: EvidenceIds = Field(default=(), title="意见书")


class VerificationFailure(Form):
    """无法核实: the place or unit was not found; what was tried. The second time it goes back to the office."""

    tried: Text = Field(title="核查经过")
    evidence: EvidenceIds = Field(default=(), title="材料")
