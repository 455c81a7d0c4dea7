"""Reports by the public 群众举报: the report, who reported it, what passes afterwards, and the office's abstract."""

from datetime import date
from typing import Annotated, Self

from pydantic import Field, StringConstraints, model_validator

from models.forms.fields import Form, Line, OptionalLine, Text
from models.hazard import SubjectType
from models.vault import UnsealingGround

_TELLING = (
    "举报",
    "群众反映",
    "群众来电",
    "来电反映",
    "来信",
    "反映人",
    "投诉",
    "信访",
    "12350",
    "12345",
    "匿名",
    "实名",
)
"""Words that would tell an enterprise where the office knows it from."""
_NO_NUL = r"^[^\x00]*$"


class PublicReport(Form):
    """群众举报. Place, unit and words go into the vault as they are; officers read the committee office's abstract."""

    description: str = Field(title="反映的情况", min_length=10, max_length=4000, pattern=_NO_NUL)
    place: Line = Field(title="地点")
    about: OptionalLine = Field(default="", title="被反映的单位名称", description="写名称即可，不知道可以不填")
    village: OptionalLine = Field(default="", title="所在村（社区）")
    seen_on: date | None = Field(default=None, title="看到的日期")
    urgent: bool = Field(default=False, title="人员正受威胁")


class Identity(Form):
    """Who reports by name; sealed at once and never shown again but by the rules of unsealing."""

    name: Annotated[str, StringConstraints(min_length=2, max_length=50, pattern=_NO_NUL)] = Field(title="姓名")
    phone: Annotated[str, StringConstraints(pattern=r"^\+?[0-9][0-9 \-]{4,18}[0-9]$")] = Field(title="联系电话")
    id_no: Annotated[str, StringConstraints(pattern=r"^[0-9A-Za-z]{0,30}$")] = Field(default="", title="证件号码")


class NamedReport(PublicReport):
    """实名举报."""

    reporter: Identity = Field(title="举报人")


class ReporterText(Form):
    """What a reporter adds, objects or writes."""

    text: Annotated[str, StringConstraints(min_length=2, max_length=4000, pattern=_NO_NUL)] = Field(title="内容")


class Abstract(Form):
    """举报摘要: what officers may know of a tip-off, in the committee office's own words."""

    description: str = Field(title="隐患描述（摘要）", min_length=10, max_length=4000, pattern=_NO_NUL)
    place: Line = Field(title="地点")
    sector: Line = Field(title="行业领域")
    subject_type: SubjectType | None = Field(default=None, title="责任主体类型")
    enterprise: Line | None = Field(default=None, title="企业统一社会信用代码")
    village: Line | None = Field(default=None, title="所在村（社区）单位代码")

    @model_validator(mode="after")
    def complete(self) -> Self:
        if any(word in self.description + self.place for word in _TELLING):
            raise ValueError("摘要企业也会看到，不得写明来自举报，请去掉“举报”“群众反映”“来电”等字样")
        if self.subject_type in {SubjectType.ENTERPRISE, SubjectType.SOLE_TRADER} and not self.enterprise:
            raise ValueError("责任主体为企业或个体工商户时，须填写统一社会信用代码")
        return self


class UnsealingRequest(Form):
    """申请启封."""

    ground: UnsealingGround = Field(title="启封事由")
    reason: Text = Field(title="具体理由")


class ReporterAnswer(Form):
    """答复举报人, in words the reporter will read."""

    text: Text = Field(title="答复内容")
