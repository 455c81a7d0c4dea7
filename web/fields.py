"""A form model as the fields of a page: what kind of input each is, its title, what it may hold."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from types import NoneType, UnionType
from typing import Annotated, Any, Union, get_args, get_origin

from pydantic import AwareDatetime, BaseModel, StringConstraints
from pydantic.fields import FieldInfo

from web.values import CODED, LABELS

Options = Sequence[tuple[str, str]]
_LONGEST_LINE = 200
_NUMBERS = {int: "number", Decimal: "money", date: "day", datetime: "moment", AwareDatetime: "moment"}


_CODE = re.compile("代码|（人员编号）|编号")
"""What a title says of the code behind a name; on a page one chooses the name."""


@dataclass(frozen=True)
class Field:
    """One input, or a group or table of them; `name` is the dotted way to it."""

    name: str
    kind: str
    title: str
    required: bool
    hint: str = ""
    default: str = ""
    options: Options = ()
    fields: tuple["Field", ...] = ()
    """Of a group: its fields; of rows: those of one row, under the name of that row's number."""

    @property
    def key(self) -> str:
        return self.name.rpartition(".")[2]

    def row(self, number: int) -> tuple["Field", ...]:
        return tuple(renamed(one, f"{self.name}.{number}.{one.key}") for one in self.fields)


def renamed(field: Field, name: str) -> Field:
    return Field(name, field.kind, field.title, field.required, field.hint, field.default, field.options, field.fields)


def known(field: Field) -> Field:
    """The same field where it is not asked for: sent along unseen, and shown among the answers."""
    return replace(field, kind="known")


def fields_of(form: type[BaseModel], choices: Mapping[str, Options], prefix: str = "") -> tuple[Field, ...]:
    """The inputs of a form, in its own order. `choices`: what there is to choose from, by a field's last name."""
    return tuple(_field(f"{prefix}{name}", info, choices) for name, info in form.model_fields.items())


def _field(name: str, info: FieldInfo, choices: Mapping[str, Options]) -> Field:
    core, longest = _core(info.annotation, info.metadata)
    kind, options, inner = _kind(name, core, longest, info, choices)
    title = info.title or ""
    if name.rpartition(".")[2] in choices:
        title = _CODE.sub("", title)
    hint = info.description if info.description and info.description.isascii() is False else ""
    return Field(name, kind, title, info.is_required() and kind != "tick", hint, _default(info), options, inner)


def _kind(
    name: str, core: Any, longest: int, info: FieldInfo, choices: Mapping[str, Options]
) -> tuple[str, Options, tuple[Field, ...]]:
    key = name.rpartition(".")[2]
    if get_origin(core) is tuple:
        return _many(key, get_args(core)[0], choices)
    if isinstance(core, type) and issubclass(core, BaseModel):
        return "group", (), fields_of(core, choices, f"{name}.")
    options = choices.get(key) or _coded(core, info)
    if options:
        return "choice", options, ()
    if core is bool:
        return ("yes_no" if info.is_required() else "tick"), (), ()
    return _NUMBERS.get(core) or ("text" if longest > _LONGEST_LINE else "line"), (), ()


def _many(key: str, item: Any, choices: Mapping[str, Options]) -> tuple[str, Options, tuple[Field, ...]]:
    core, _ = _core(item, ())
    if isinstance(core, type) and issubclass(core, BaseModel):
        return "rows", (), fields_of(core, choices)
    if get_origin(core) is tuple:
        pair = (Field("0", "file", "整改前", required=True), Field("1", "file", "整改后", required=True))
        return "rows", (), pair
    if key == "evidence":
        return "files", (), ()
    return ("several", choices[key], ()) if key in choices else ("lines", (), ())


def _coded(core: Any, info: FieldInfo) -> Options:
    """What a coded value may be: an enumeration, a pattern of codes, or a list of numbers."""
    if isinstance(core, type) and issubclass(core, StrEnum):
        return [(one.value, LABELS[core][one]) for one in core if one in LABELS[core]]
    for known in info.metadata:
        if codes := CODED.get(str(getattr(known, "pattern", ""))):
            return list(codes.items())
    extra = info.json_schema_extra
    return [(str(one), str(one)) for one in extra.get("enum") or ()] if isinstance(extra, dict) else []  # pyright: ignore[reportGeneralTypeIssues]


def _core(annotation: Any, metadata: Sequence[Any]) -> tuple[Any, int]:
    """The type without its Annotated and its None; and how long its text may be."""
    longest = max((_longest(one) for one in metadata), default=0)
    while True:
        if get_origin(annotation) is Annotated:
            annotation, *more = get_args(annotation)
            longest = max([longest, *(_longest(one) for one in more)])
        elif get_origin(annotation) in {Union, UnionType}:
            annotation = next(one for one in get_args(annotation) if one is not NoneType)
        else:
            return annotation, longest


def _longest(constraint: Any) -> int:
    if isinstance(constraint, FieldInfo):
        return max((_longest(one) for one in constraint.metadata), default=0)
    return (
        (getattr(constraint, "max_length", 0) or 0)
        if isinstance(constraint, StringConstraints) or hasattr(constraint, "max_length")
        else 0
    )


def _default(info: FieldInfo) -> str:
    value = info.default
    return str(value) if isinstance(value, str | int) and not isinstance(value, bool) else ""


def leaves(fields: Sequence[Field], counts: Mapping[str, int]) -> Iterator[Field]:
    """Every single input, rows as often as `counts` says."""
    for field in fields:
        if field.kind == "group":
            yield from leaves(field.fields, counts)
        elif field.kind == "rows":
            for number in range(counts.get(field.name, 1)):
                yield from leaves(field.row(number), counts)
        else:
            yield field
