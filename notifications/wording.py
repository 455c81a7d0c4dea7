"""The words of each notice: a folder per topic, filled with facts. Never narrative, never who reported."""

import unicodedata
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

from jinja2 import Environment, FileSystemLoader, StrictUndefined

_FOLDER = Path(__file__).parent / "templates"
TOPICS = frozenset(folder.name for folder in _FOLDER.iterdir() if folder.is_dir())


class Words(NamedTuple):
    subject: str
    """One line."""
    body: str


def render(topic: str, **facts: Any) -> Words:
    """The subject and body of a topic. A fact the template asks for and nobody gave is an error, not a blank."""
    clean = {name: _clean(value) for name, value in facts.items()}
    templates = _environment()
    subject = templates.get_template(f"{topic}/subject.txt").render(clean)
    return Words(" ".join(subject.split()), templates.get_template(f"{topic}/body.txt").render(clean).strip())


@cache
def _environment() -> Environment:
    # Plain text goes out, never HTML; values are stripped of control characters instead of escaped.
    return Environment(loader=FileSystemLoader(_FOLDER), undefined=StrictUndefined, autoescape=False)  # noqa: S701


def _clean(value: Any) -> Any:
    if isinstance(value, str):
        return "".join(" " if unicodedata.category(char) in {"Cc", "Cf", "Zl", "Zp"} else char for char in value)
    return [_clean(item) for item in value] if isinstance(value, list | tuple) else value
