"""What is filled in about a new edition of judgement standards; the API and the pages ask the same."""

from datetime import date

from pydantic import BaseModel, ConfigDict, Field

from models.forms.fields import Line, Text


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", str_strip_whitespace=True)


class ClauseBody(_Strict):
    code: Line = Field(title="条款代码")
    sector: Line = Field(title="行业领域")
    text: Text = Field(title="条款内容（概述）")
    verified: bool = Field(title="已与正式文本核对")


class EditionBody(_Strict):
    title: Line = Field(title="标准名称")
    doc_no: Line = Field(title="文号")
    effective_on: date = Field(title="生效日期")
    clauses: list[ClauseBody] = Field(min_length=1, max_length=500, title="条款")
    repeals: list[Line] = Field(default=[], max_length=500, title="同时废止的旧条款代码")
    source: Line = Field(title="依据")
