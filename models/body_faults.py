"""What is wrong with a proposed body, place by place, in words an official can act on."""

from collections.abc import Iterable, Mapping
from typing import Any

from pydantic import ValidationError

from models.errors import InvalidInput

_MOST_NAMED = 5
_FAULTS = {
    "missing": "缺少这一项", "extra_forbidden": "没有这一项，请删去", "string_too_short": "不能为空",
    "string_too_long": "文字不能超过{max_length}个字", "string_type": "须为文字", "string_unicode": "含有不能识别的字符",
    "string_pattern_mismatch": "格式或字符不符", "int_type": "须为整数", "float_type": "须为数字", "finite_number": "须为有限的数字",
    "bool_type": "须为是或否", "list_type": "须为列表", "dict_type": "须为一组字段", "model_type": "须为一组字段",
    "literal_error": "只能是：{expected}", "greater_than_equal": "不能小于{ge}", "less_than_equal": "不能大于{le}",
    "less_than": "须小于{lt}", "too_short": "至少{min_length}项", "too_long": "最多{max_length}项", "value_error": "{error}",
    "date_type": "须为日期", "date_parsing": "须为日期（年-月-日）", "date_from_datetime_parsing": "须为日期（年-月-日）",
    "date_from_datetime_inexact": "须为日期（年-月-日）",
}  # fmt: skip


def refusal(wrong: ValidationError, *, rule: str, field: str = "body") -> InvalidInput:
    """Every fault with its place; the first few in the sentence."""
    faults = [(_place(fault["loc"]), _words(fault)) for fault in wrong.errors(include_url=False, include_input=False)]
    return refused(faults, rule=rule, field=field)


def refused(faults: Iterable[tuple[str, str]], *, rule: str, field: str = "body") -> InvalidInput:
    """A body refused at these places: (place, what is wrong there)."""
    found = list(faults)
    named = [f"{place}：{what}" if place else what for place, what in found[:_MOST_NAMED]]
    if len(found) > _MOST_NAMED:
        named.append(f"另有{len(found) - _MOST_NAMED}处")
    errors = [
        {"field": field, "place": place, "message": f"{place}：{what}" if place else what} for place, what in found[:50]
    ]
    return InvalidInput(
        f"内容不能采用：{'；'.join(named)}。",
        rule=rule,
        remedy="请在现行版本上按所示位置更正后重新提出。",
        extra={"errors": errors},
    )


def _place(parts: tuple[Any, ...]) -> str:
    """`rules[3].number`; what a stranger chose as a name is shown cut and printable."""
    text = ""
    for part in parts:
        text += f"[{part}]" if isinstance(part, int) else f".{_printable(part)}"
    return text.removeprefix(".")


def _printable(name: Any) -> str:
    shown = "".join(letter if letter.isprintable() else "�" for letter in str(name)[:40])
    return shown if len(str(name)) <= 40 else f"{shown}…"


def _words(fault: Mapping[str, Any]) -> str:
    template = _FAULTS.get(fault["type"], "填写不符合要求")
    return template.format(**{name: str(value) for name, value in fault.get("ctx", {}).items()})
