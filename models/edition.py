"""A new edition of judgement standards 判定标准 as it is proposed: its clauses, and the older ones that end with it."""

from collections.abc import Sequence
from datetime import date
from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, StrictBool

from models.forms.fields import Line, Text

_FIRST_DAY, _LAST_DAY = date(2000, 1, 1), date(2100, 12, 31)


def _written(value: Any) -> Any:
    """A day is written as one; a number is no day."""
    if not isinstance(value, str | date):
        raise ValueError("须为日期（年-月-日）")
    return value


def _codes_once(clauses: Sequence["ClauseBody"]) -> Sequence["ClauseBody"]:
    codes = [clause.code for clause in clauses]
    if len(set(codes)) < len(codes):
        raise ValueError("条款代码重复")
    return clauses


def _once(codes: Sequence[str]) -> Sequence[str]:
    if len(set(codes)) < len(codes):
        raise ValueError("条款代码重复")
    return codes


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", str_strip_whitespace=True)


class ClauseBody(_Strict):
    code: Line = Field(title="条款代码")
    sector: Line = Field(title="行业领域")
    text: Text = Field(title="条款内容（概述）")
    verified: StrictBool = Field(title="已与正式文本核对")


class EditionBody(_Strict):
    title: Line = Field(title="标准名称")
    doc_no: Line = Field(title="文号")
    effective_on: Annotated[date, BeforeValidator(_written)] = Field(ge=_FIRST_DAY, le=_LAST_DAY, title="生效日期")
    clauses: Annotated[list[ClauseBody], AfterValidator(_codes_once)] = Field(
        min_length=1, max_length=500, title="条款"
    )
    repeals: Annotated[list[Line], AfterValidator(_once)] = Field(
        default=[], max_length=500, title="同时废止的旧条款代码"
    )
    source: Line = Field(title="依据")
