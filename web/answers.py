"""A form as the history kept it, told by the titles of its fields."""

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from models.forms import Form
from web.fields import Field, fields_of
from web.language import Words
from web.moments import moment


def told(form: type[Form] | None, body: Any, names: Mapping[str, str], say: Words) -> Iterator[tuple[str, str]]:
    """Title and answer; what was left blank is left out, and evidence is listed elsewhere."""
    if form is None or not isinstance(body, dict):
        return
    for field in fields_of(form, {}):
        if field.kind != "files" and (text := _text(field, body.get(field.key), names, say)):
            yield say(field.title), text


def _text(field: Field, value: Any, names: Mapping[str, str], say: Words) -> str:
    if value is None or value in ("", [], {}):
        return ""
    if isinstance(value, bool):
        return say("是") if value else say("否")
    if isinstance(value, dict):
        return "\n".join(_pairs(field.fields, value, names, say))
    if isinstance(value, list):
        return _listed(field, value, names, say)
    if field.kind == "moment":
        return _moment(str(value))
    labels = dict(field.options)
    return say(labels[value]) if value in labels else names.get(str(value), str(value))


def _listed(field: Field, value: list[Any], names: Mapping[str, str], say: Words) -> str:
    if field.fields and field.fields[0].kind == "file":
        return say("%(n)s 对照片", n=len(value))
    if field.fields:
        return "\n".join(say("；").join(_pairs(field.fields, row, names, say)) for row in value)
    return say("、").join(names.get(str(one), str(one)) for one in value)


def _pairs(fields: tuple[Field, ...], row: Mapping[str, Any], names: Mapping[str, str], say: Words) -> list[str]:
    found = [(field, _text(field, row.get(field.key), names, say)) for field in fields]
    return [f"{say(field.title)}：{text}" for field, text in found if text]


def _moment(text: str) -> str:
    return moment(datetime.fromisoformat(text))
