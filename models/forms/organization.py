"""What is filled in about units, enterprises, persons and roles; the API and the pages ask the same."""

from pydantic import BaseModel, ConfigDict, Field

from models.organization import Duty, UnitKind
from models.permissions import Role


class Body(BaseModel):
    model_config = ConfigDict(extra="forbid", str_strip_whitespace=True)


class UnitBody(Body):
    code: str = Field(min_length=2, max_length=20, title="单位代码")
    name: str = Field(min_length=2, max_length=100, title="单位名称")
    kind: UnitKind = Field(title="单位类别")


class EnterpriseBody(Body):
    credit_code: str = Field(max_length=18, title="统一社会信用代码")
    name: str = Field(min_length=2, max_length=100, title="企业名称")
    address: str = Field(default="", max_length=200, title="地址")
    sector: str = Field(default="", max_length=100, title="行业领域")
    village: str | None = Field(default=None, max_length=20, title="所在村（社区）代码")


class PrincipalsBody(Body):
    principal: str = Field(max_length=36, title="主要负责人（人员编号）")
    actual_controller: str = Field(max_length=36, title="实际控制人（人员编号）")


class PersonBody(Body):
    name: str = Field(min_length=2, max_length=50, title="姓名")
    email: str = Field(default="", max_length=100, title="电子邮箱", pattern=r"^([^@\s]+@[^@\s]+)?$")
    phone: str = Field(default="", max_length=20, title="手机号", pattern=r"^[0-9+-]*$")
    enterprise: str | None = Field(default=None, max_length=18, title="所属企业统一社会信用代码")
    login: str = Field(min_length=3, max_length=50, pattern=r"^[a-z0-9._-]+$", title="登录名")


class GrantBody(Body):
    role: Role = Field(title="角色")
    unit: str | None = Field(default=None, max_length=20, title="单位代码")
    duty: Duty | None = Field(default=None, title="职务")
