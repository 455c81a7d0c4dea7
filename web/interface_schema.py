"""The interface's own description (OpenAPI) read for people: its operations, and each field with what it takes."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from web.interface_words import KINDS
from web.language import Words

Document = Mapping[str, Any]
Describe = Callable[[], Document]
_REF = "#/components/schemas/"
_METHODS = ("get", "post", "put", "patch", "delete")
_DEEPEST = 4


class Call(NamedTuple):
    """One operation: how it is called, and its own part of the description."""

    id: str
    method: str
    path: str
    tag: str
    summary: str
    about: Mapping[str, Any]


class Row(NamedTuple):
    """One field: its place in the body, what it means, what it takes, whether it must be there."""

    name: str
    title: str
    hint: str
    kind: str
    required: bool


def calls(document: Document) -> Sequence[Call]:
    return [
        Call(about["operationId"], method.upper(), path, about["tags"][0], about["summary"], about)
        for path, methods in document["paths"].items()
        for method, about in methods.items()
        if method in _METHODS
    ]


def body_of(document: Document, call: Call) -> tuple[str, Mapping[str, Any]]:
    """The media type and the schema of what is sent; nothing for most readings."""
    content = call.about.get("requestBody", {}).get("content", {})
    media = next(iter(content), "")
    return media, _resolved(document, content[media]["schema"]) if media else {}


def example_of(call: Call) -> Any:
    content = call.about.get("requestBody", {}).get("content", {})
    schema = next(iter(content.values()))["schema"] if content else {}
    return next(iter(schema.get("examples", ())), None)


def rows(document: Document, schema: Mapping[str, Any], say: Words, *, under: str = "", deep: int = 0) -> Iterator[Row]:
    """Every field of a body, those of inner groups beneath their own by a dotted name."""
    for name, held in schema.get("properties", {}).items():
        found = _resolved(document, _told(held))
        yield Row(
            under + name, say(_title(name, held)), say(held.get("description", "")), kind_of(document, held, say),
            name in schema.get("required", ()),
        )  # fmt: skip
        inner = _resolved(document, found.get("items", {})) if found.get("type") == "array" else found
        if deep < _DEEPEST and "properties" in inner:
            mark = "[]." if found.get("type") == "array" else "."
            yield from rows(document, inner, say, under=f"{under}{name}{mark}", deep=deep + 1)


def _title(name: str, held: Mapping[str, Any]) -> str:
    """What the form calls it; nothing where the description only repeats the name."""
    title = held.get("title", "")
    return "" if title.lower().replace(" ", "_") == name.lower() else title


def kind_of(document: Document, held: Mapping[str, Any], say: Words) -> str:
    """文字，2至4000字."""
    found = _resolved(document, _told(held))
    if "enum" in found:
        return say("其中之一：%(codes)s", codes=" ".join(map(str, found["enum"])))
    format_ = found.get("format", "")
    kind = KINDS.get(format_ if format_ in KINDS else found.get("type", ""), "")
    words = [say(kind)] if kind else []
    if found.get("type") == "array" and (inner := kind_of(document, found.get("items", {}), say)):
        words = [say("列表，每项为（%(what)s）", what=inner)]
    return say("，").join([*words, *_limits(found, say)])


def _limits(found: Mapping[str, Any], say: Words) -> Iterator[str]:
    if found.get("minLength", 0) > 1:
        yield say("至少%(n)s字", n=found["minLength"])
    if "maxLength" in found:
        yield say("最多%(n)s字", n=found["maxLength"])
    if "minimum" in found:
        yield say("不小于%(n)s", n=f"{found['minimum']:g}")
    if "maximum" in found:
        yield say("不大于%(n)s", n=f"{found['maximum']:g}")
    if found.get("minItems"):
        yield say("至少%(n)s项", n=found["minItems"])
    if "maxItems" in found:
        yield say("最多%(n)s项", n=found["maxItems"])


def _told(schema: Mapping[str, Any]) -> Mapping[str, Any]:
    """Without the null of what may be left out."""
    return next((one for one in schema.get("anyOf", ()) if one.get("type") != "null"), schema)


def _resolved(document: Document, schema: Mapping[str, Any]) -> Mapping[str, Any]:
    ref = schema.get("$ref", "")
    return document["components"]["schemas"][ref.removeprefix(_REF)] if ref else schema
