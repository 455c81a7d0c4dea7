"""Every Chinese text the pages say: from the templates, from the code of the pages, and from what the models name."""

import ast
import re
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import Any

from jinja2.nodes import Call
from pydantic import BaseModel

from api.app import make_app
from api.desk import Office
from models import decisions, forms, process, stage
from models.errors import DomainError
from models.forms import FORMS, organization
from models.permissions import Role
from notifications.channel_address import CONFIGS
from services import condition, following, missing
from settings import Settings
from web import questions, values
from web.fields import Field, fields_of
from web.interface_schema import body_of, calls, rows
from web.language import words
from web.rendering import environment

WEB = Path(values.__file__).parent
_ANY_CHOICE = {name: [("", "")] for name in (
    "verifying_unit", "lead_unit", "cooperating_units", "rectifying_unit", "village", "leader", "clause", "suspected_clause", "action", "against",
)}  # fmt: skip


def is_chinese(text: str) -> bool:
    return any("一" <= char <= "鿿" for char in text)


def every_text() -> set[str]:
    found = {*_templates(), *_code(), *_models(), *_findings(), *_forms(), *_interface()}
    return {text for text in found if is_chinese(text)}


def _templates() -> Iterator[str]:
    """What `_` and `say` are called with, in pages and macros."""
    for path in sorted((WEB / "templates").rglob("*.html")):
        tree = environment("zh").parse(path.read_text(encoding="utf-8"))
        for call in tree.find_all(Call):
            if getattr(call.node, "name", "") in {"_", "say"} and call.args and hasattr(call.args[0], "value"):
                yield call.args[0].value  # pyright: ignore[reportAttributeAccessIssue]


def _code() -> Iterator[str]:
    """What the pages' own code says: arguments of `say`, and the texts of its tables."""
    for path in sorted(WEB.glob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if (
                isinstance(node, ast.Call)
                and _name(node.func) == "say"
                and node.args
                and isinstance(node.args[0], ast.Constant)
            ):
                yield str(node.args[0].value)
            if (
                isinstance(node, ast.keyword)
                and node.arg in {"title", "detail", "rule", "remedy"}
                and isinstance(node.value, ast.Constant)
            ):
                yield str(node.value.value)
            if isinstance(node, ast.Call) and node.args and {one.arg for one in node.keywords} & {"rule", "remedy"}:
                yield from _constants(ast.Tuple(node.args[:1]))  # what a refusal says
            yield from _of_listings(node)
    for name in sorted(path.stem for path in WEB.glob("*.py") if path.stem != "__init__"):
        yield from _tables(import_module(f"web.{name}"))


def _of_listings(node: ast.AST) -> Iterator[str]:
    """What lists and forms of the office are given to say: their words are arguments."""
    if isinstance(node, ast.keyword) and node.arg in {"lead", "empty", "button", "facts", "about", "links", "filters"}:
        yield from _constants(node.value)
    if isinstance(node, ast.Call) and _name(node.func) in {"tag", "word", "button", "Filter"}:
        for one in node.args[:2]:
            yield from _constants(one)
    if isinstance(node, ast.Call) and _name(node.func) == "Cell" and any(one.arg == "coined" for one in node.keywords):
        yield from _constants(node.args[0])


def _constants(node: ast.expr) -> Iterator[str]:
    for one in ast.iter_child_nodes(node):
        if isinstance(one, ast.expr) and not isinstance(node, ast.JoinedStr):
            yield from _constants(one)
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        yield node.value


def _name(node: ast.expr) -> str:
    return node.attr if isinstance(node, ast.Attribute) else getattr(node, "id", "")


def _tables(module: ModuleType) -> Iterator[str]:
    """The names of languages stay in their own."""
    for name, value in vars(module).items():
        if name.isupper() and not name.startswith("__") and name != "LANGUAGES":
            yield from _strings(value)


def _strings(value: object) -> Iterator[str]:
    if isinstance(value, str):
        yield str(value)
    elif isinstance(value, dict):
        for one in value.values():
            yield from _strings(one)
    elif isinstance(value, tuple | list):
        for one in value:
            yield from _strings(one)


def _findings() -> Iterator[str]:
    """What the service says of itself, in whatever variable the words stand."""
    yield from (part.value for part in condition.Part)
    yield from (*_constants_of(condition), *_constants_of(missing))


def _interface() -> Iterator[str]:
    """What the interface calls its operations and their fields."""
    document = make_app(Office(Settings(), None)).openapi()  # pyright: ignore[reportArgumentType, reportCallIssue]  # described, not called
    for call in calls(document):
        yield call.summary
        for row in rows(document, body_of(document, call)[1], words("zh")):
            yield from (row.title, row.hint)


def _constants_of(module: ModuleType) -> Iterator[str]:
    for node in ast.walk(ast.parse(Path(str(module.__file__)).read_text(encoding="utf-8"))):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and is_chinese(node.value):
            yield node.value


def _models() -> Iterator[str]:
    yield from decisions.LABELS.values()
    yield from (*following._WORDS.values(), *following._BY_STEP.values())
    yield from (info.label for info in process.STEPS.values())
    yield from (one.label for kind in (stage.Stage, stage.Clock, stage.Part, Role) for one in kind)
    yield from (kind.title for kind in _errors(DomainError) if not kind.__module__.startswith("cli."))


def _errors(kind: type[DomainError]) -> Iterator[type[DomainError]]:
    yield kind
    for one in kind.__subclasses__():
        yield from _errors(one)


def _forms() -> Iterator[str]:
    for path in sorted(Path(forms.__file__).parent.glob("*.py")):
        yield from re.findall(r'raise ValueError\("([^"]+)"\)', path.read_text(encoding="utf-8"))
    yield from (label for fields in questions.QUESTIONS for label in _fields(fields.fields))
    for form, offered in _office_forms():
        for choices in ({}, offered):
            yield from _fields(fields_of(form, choices))
    for form in FORMS.values():
        for choices in ({}, {name: found for name, found in _ANY_CHOICE.items() if name in form.model_fields}):
            yield from _fields(fields_of(form, choices))


def _office_forms() -> Iterator[tuple[type[BaseModel], dict[str, Any]]]:
    """Forms that are no decision's: those of the pages' own modules, of the organisation, and of each channel."""
    offered = {name: [("", "")] for name in ("unit", "village", "principal", "actual_controller")}
    for module in (organization, *(import_module(f"web.{path.stem}") for path in sorted(WEB.glob("*.py")))):
        for one in vars(module).values():
            if isinstance(one, type) and issubclass(one, BaseModel) and one.__module__ == module.__name__:
                yield one, {name: found for name, found in offered.items() if name in one.model_fields}
    yield from ((config, {}) for config in CONFIGS.values())


def _fields(fields: tuple[Field, ...]) -> Iterator[str]:
    for field in fields:
        yield from (field.title, field.hint, *(label for _, label in field.options))
        yield from _fields(field.fields)
