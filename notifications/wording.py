"""The words of each notice: a folder per topic, filled with facts. Never narrative, never who reported."""

import unicodedata
from collections.abc import Mapping
from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

from jinja2 import FileSystemLoader, StrictUndefined, Template, TemplateError, TemplateRuntimeError, meta, nodes
from jinja2.sandbox import SandboxedEnvironment

_FOLDER = Path(__file__).parent / "templates"
TOPICS = frozenset(folder.name for folder in _FOLDER.iterdir() if folder.is_dir())


class Words(NamedTuple):
    subject: str
    """One line."""
    body: str


def speak(topic: str, own: Words | None, **facts: Any) -> Words:
    """A topic in the office's own words where it has any; where they fail, in the shipped ones."""
    if own is not None:
        with suppress(TemplateError):
            return render_own(own, facts)
    return render(topic, **facts)


def render(topic: str, **facts: Any) -> Words:
    """The subject and body of a topic. A fact the template asks for and nobody gave is an error, not a blank."""
    shipped = _environment()
    return _spoken(shipped.get_template(f"{topic}/subject.txt"), shipped.get_template(f"{topic}/body.txt"), facts)


def render_own(own: Words, facts: Mapping[str, Any]) -> Words:
    """Raises: TemplateError, whatever it is that cannot be rendered."""
    try:
        return _spoken(_environment().from_string(own.subject), _environment().from_string(own.body), facts)
    except (ArithmeticError, LookupError, RecursionError, SyntaxError, TypeError, ValueError) as wrong:
        raise TemplateRuntimeError(type(wrong).__name__) from wrong


def facts_of(topic: str) -> frozenset[str]:
    """The facts the shipped template of a topic names, and so every notice of it has."""
    return frozenset(name for text in shipped(topic) for name in meta.find_undeclared_variables(parse(text)))


def shipped(topic: str) -> Words:
    """The words a topic comes with, as they are written."""
    return Words(*((_FOLDER / topic / f"{part}.txt").read_text(encoding="utf-8").strip() for part in Words._fields))


def parse(text: str) -> nodes.Template:
    """Raises: TemplateSyntaxError."""
    return _environment().parse(text)


def _spoken(subject: Template, body: Template, facts: Mapping[str, Any]) -> Words:
    clean = {name: _clean(value) for name, value in facts.items()}
    return Words(" ".join(subject.render(clean).split()), body.render(clean).strip())


@cache
def _environment() -> SandboxedEnvironment:
    # Plain text goes out, never HTML; values are stripped of control characters instead of escaped.
    return SandboxedEnvironment(loader=FileSystemLoader(_FOLDER), undefined=StrictUndefined, autoescape=False)


def _clean(value: Any) -> Any:
    if isinstance(value, str):
        return "".join(" " if unicodedata.category(char) in {"Cc", "Cf", "Zl", "Zp"} else char for char in value)
    return [_clean(item) for item in value] if isinstance(value, list | tuple) else value
