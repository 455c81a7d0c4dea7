"""What a form sent, as values by input, and as the form model's own fields."""

from collections.abc import Mapping, Sequence
from typing import Any

from starlette.datastructures import FormData

from web.fields import Field

Values = Mapping[str, Sequence[str]]
_NOT_CONTENT = frozenset({"token", "key", "step", "version", "password", "code", "back"})
MOST_ROWS = 20


def values_of(form: FormData) -> dict[str, list[str]]:
    """The texts a person typed or chose, by input; files are taken in elsewhere."""
    values: dict[str, list[str]] = {}
    for name, value in form.multi_items():
        if isinstance(value, str) and name not in _NOT_CONTENT:
            values.setdefault(name, []).append(value)
    return values


def counts_of(fields: Sequence[Field], values: Values, more: str = "") -> dict[str, int]:
    """How many rows each table has: as many as were sent, one at least, and one more where asked for."""
    counts: dict[str, int] = {}
    for field in fields:
        if field.kind == "rows":
            sent = [_number(name, field.name) for name in values]
            counts[field.name] = min(max([0, *sent]) + 1 + (field.name == more), MOST_ROWS)
    return counts


def _number(name: str, table: str) -> int:
    head, _, _ = name.removeprefix(f"{table}.").partition(".")
    return int(head) if name.startswith(f"{table}.") and head.isdigit() and len(head) < 4 else 0


def raw_of(fields: Sequence[Field], values: Values) -> dict[str, Any]:
    """The fields as the form model takes them; what was left blank is left out."""
    raw: dict[str, Any] = {}
    for field in fields:
        value = _value(field, values)
        if value is not None:
            raw[field.key] = value
    return raw


def _value(field: Field, values: Values) -> Any:
    sent = [one.strip() for one in values.get(field.name, ()) if one.strip()]
    if field.kind == "group":
        return raw_of(field.fields, values)
    if field.kind == "rows":
        return _rows(field, values)
    if field.kind in {"files", "several"}:
        return sent or None
    if field.kind == "lines":
        return [line.strip() for text in sent for line in text.splitlines() if line.strip()] or None
    if field.kind == "tick":
        return bool(sent)
    return _single(field, sent[-1]) if sent else None


def _single(field: Field, text: str) -> Any:
    if field.kind == "moment":
        return f"{text}+08:00"
    if field.kind == "yes_no":
        return text == "yes"
    if field.kind == "money":
        return text.replace(",", "").replace("，", "")
    return text.replace("\r\n", "\n")


def _rows(field: Field, values: Values) -> list[Any] | None:
    """Rows left blank at the end are no rows."""
    rows = [raw_of(field.row(number), values) for number in range(counts_of([field], values)[field.name])]
    while rows and not rows[-1]:
        rows.pop()
    if field.fields[0].kind == "file":
        return [[row.get("0", ""), row.get("1", "")] for row in rows] or None
    return rows or None
