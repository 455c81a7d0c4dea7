"""What is wrong with a form, said so that a person can put it right, each fault with the input it belongs to."""

from collections.abc import Mapping, Sequence
from typing import Any

from pydantic import ValidationError

from models.errors import DomainError
from web.fields import Field, leaves
from web.language import Words

Fault = tuple[str, str]
_FAULTS = {
    "string_too_short": "内容过短", "string_too_long": "内容过长", "enum": "请从所列选项中选择", "int_parsing": "请填写整数",
    "decimal_parsing": "请填写数字", "date_from_datetime_parsing": "请填写日期，如2026-11-23", "date_parsing": "请填写日期，如2026-11-23",
    "datetime_from_date_parsing": "请填写日期和时间", "datetime_parsing": "请填写日期和时间", "timezone_aware": "请填写日期和时间",
    "string_pattern_mismatch": "格式不对，或请从所列选项中选择", "decimal_max_places": "最多两位小数", "decimal_max_digits": "数字过大",
    "decimal_whole_digits": "数字过大", "bool_parsing": "请选择是或否",
}  # fmt: skip
_BOUNDS = {
    "greater_than_equal": ("ge", "不能小于%(bound)s"), "less_than_equal": ("le", "不能大于%(bound)s"),
    "too_short": ("min_length", "至少%(bound)s项"), "too_long": ("max_length", "最多%(bound)s项"),
}  # fmt: skip


def of_form(error: ValidationError, fields: Sequence[Field], counts: Mapping[str, int], say: Words) -> list[Fault]:
    titles = {field.name: field.title for field in _all(fields, counts)}
    found = []
    for fault in error.errors():
        name = _known(".".join(str(part) for part in fault["loc"]), titles)
        found.append((name, _message(fault, titles.get(name, ""), say)))
    return list(dict.fromkeys(found))


def of_refusal(refusal: DomainError, fields: Sequence[Field], say: Words) -> list[Fault]:
    """What a service refused: at its field where it names one, else for the whole form."""
    titles = {field.name: field.title for field in _all(fields, {})}
    named: Any = refusal.extra.get("errors", ())
    at_fields = [(_known(str(one["field"]), titles), say(str(one["message"]))) for one in named]
    return at_fields or [("", say(refusal.detail))]


def _all(fields: Sequence[Field], counts: Mapping[str, int]) -> list[Field]:
    return [
        *fields,
        *leaves(fields, counts),
        *(one for field in fields if field.kind == "group" for one in field.fields),
    ]


def _known(name: str, titles: Mapping[str, str]) -> str:
    """The input a fault belongs to: its own, that of this name in a group, or the one that holds it."""
    if within := next((one for one in titles if one.partition(".")[2] == name), None):
        return within
    while name and name not in titles:
        name = name.rpartition(".")[0]
    return name


def _message(fault: Any, title: str, say: Words) -> str:
    kind = fault["type"]
    if kind in {"missing", "string_type"} or (kind == "string_too_short" and not fault["input"]):
        return say("请填写“%(title)s”", title=say(title)) if title else say("请填写全部内容")
    if kind == "value_error":
        return say(str(fault["ctx"]["error"]))
    if bound := _BOUNDS.get(kind):
        text = say(bound[1], bound=fault["ctx"][bound[0]])
    else:
        text = say(_FAULTS.get(kind, "填写不符合要求"))
    return f"{say(title)}：{text}" if title else text
