"""Text that means something to somebody else - a browser, a template, a spreadsheet, a mail server, a terminal - in every
field that takes text, of every operation: taken as the text it is or refused in words, and never a fault of the program."""

import json
from collections.abc import Iterator
from itertools import count, cycle, islice
from typing import Any
from urllib.parse import quote

import pytest
from sqlmodel import Session
from starlette.testclient import TestClient

from api.examples import EXAMPLES
from models.hazard import Hazard
from models.permissions import Operation, Role, roles_for
from models.process import MOVES
from models.stage import Step
from office_api import Caller
from town import Town, carry_to

TEXTS = {
    "script": "<script>alert(1)</script><img src=x onerror=alert(1)>\"'><svg/onload=alert(1)>",
    "template": "{{7*7}}${7*7}<%= 7*7 %>{% raw %}#{7*7}{0.__class__}",
    "lookup": "${jndi:ldap://127.0.0.1/a}",
    "header": "甲\r\nBcc: everybody@linjiang.test\r\n\r\n乙",
    "formula": "=cmd|'/C calc'!A0",
    "tab": "\t+1-1@SUM(A1)",
    "query": "'; DROP TABLE hazard; -- % _ \\",
    "nul": "甲\x00乙",
    "surrogate": "甲\ud800乙",
    "megabyte": "长" * (1024 * 1024 // 3),
    "bidi": "甲\u202e乙\u2066丙\u200b",
    "digits": "２０２６０９０９",
    "noncharacter": "\uffff\ufeff\U0010ffff",
}
WHO = {Role.SC: "clerk", Role.TL: "leader", Role.DH: "head", Role.DO: "officer", Role.VC: "villager", Role.EN: "principal",
       Role.AU: "auditor", Role.AD: "admin"}  # fmt: skip
EXAMPLE = {f"/api/v1/hazards/{{no}}/{move.resource}": EXAMPLES[move.decision] for move in MOVES}


class Asked:
    """One operation of the OpenAPI document and a body for it."""

    def __init__(self, document: dict[str, Any], path: str, method: str):
        route = document["paths"][path][method]
        self.path, self.method, name = path, method, route["x-operation"]
        roles = roles_for(Operation(name)) if name in set(Operation) else {}
        self.who = next((who for role, who in WHO.items() if role in roles), "officer")
        content = route.get("requestBody", {}).get("content", {})
        self.schemas = document.get("components", {}).get("schemas", {})
        schema = content.get("application/json", {}).get("schema")
        self.body = EXAMPLE.get(path) or (self._sample(schema) if schema else None)
        self.query = [one["name"] for one in route.get("parameters", ()) if one["in"] == "query"]

    def _sample(self, schema: dict[str, Any]) -> Any:
        """A value this schema describes, with everything optional filled in."""
        if "$ref" in schema:
            return self._sample(self.schemas[schema["$ref"].rsplit("/", 1)[1]])
        if found := schema.get("anyOf") or schema.get("oneOf"):
            return self._sample(found[0])
        if "enum" in schema or "const" in schema:
            return schema.get("const", schema.get("enum", [None])[0])
        dated = {"date": "2026-12-01", "date-time": "2026-09-09T12:00:00+08:00"}
        kinds: dict[str, Any] = {
            "object": lambda: {name: self._sample(one) for name, one in schema.get("properties", {}).items()},
            "array": lambda: [self._sample(schema["items"])] if "items" in schema else [],
            "string": lambda: dated.get(schema.get("format", ""), "甲" * max(2, schema.get("minLength", 2))),
            "integer": lambda: schema.get("minimum", 1), "number": lambda: schema.get("minimum", 1), "boolean": lambda: True,
        }  # fmt: skip
        return kinds.get(schema.get("type", ""), lambda: None)()


def spoiled(body: Any, text: str) -> Any:
    """The body with this text in every place for text."""
    if isinstance(body, dict):
        return {key: spoiled(inner, text) for key, inner in body.items()}
    if isinstance(body, list):
        return [spoiled(inner, text) for inner in body]
    return text if isinstance(body, str) else body


def spoiled_in_one(body: Any, texts: Iterator[str]) -> Iterator[Any]:
    """The body with the next text in one of its places for text, each in turn: what is right beside it lets it further in."""
    if isinstance(body, str):
        yield next(texts)
    pairs = body.items() if isinstance(body, dict) else enumerate(body) if isinstance(body, list) else ()
    for key, inner in pairs:
        for changed in spoiled_in_one(inner, texts):
            copy: Any = dict(body) if isinstance(body, dict) else list(body)
            copy[key] = changed
            yield copy


@pytest.fixture
def hazard(session: Session, town: Town) -> Hazard:
    found = carry_to(session, town, Step.WORK)
    session.commit()
    return found


@pytest.fixture
def operations(client: TestClient) -> list[Asked]:
    document = client.get("/api/v1/openapi.json").json()
    return [
        Asked(document, path, method)
        for path, methods in document["paths"].items()
        for method, route in methods.items()
        if path.startswith("/api/v1/") and "/session" not in path and "x-operation" in route
    ]


def sent(people: dict[str, Caller], hazard: Hazard, asked: Asked, path: str, body: Any, **more: Any) -> Any:
    caller = people[asked.who]
    headers = {"Authorization": f"Bearer {caller.token}", "Content-Type": "application/json"}
    headers |= {"If-Match": f'"{hazard.version}"', "Idempotency-Key": f"hostile-{next(_NUMBERS)}"}
    content = json.dumps(body).encode("utf-8", "surrogatepass") if body is not None else None
    return caller.client.request(asked.method, path, headers=headers, content=content, **more)


_NUMBERS = count()


def test_hostile_text_in_every_field_of_every_operation_is_text_or_refused(
    people: dict[str, Caller], hazard: Hazard, operations: list[Asked]
):
    faults, texts = [], cycle(TEXTS.values())
    for asked in operations:
        path = asked.path.replace("{no}", hazard.no)
        everywhere = (spoiled(asked.body, text) for name, text in TEXTS.items() if name != "megabyte")
        for body in (*everywhere, *spoiled_in_one(asked.body, texts)) if asked.body else ():
            answer = sent(people, hazard, asked, path, body)
            if answer.status_code >= 500:
                faults.append((asked.method, asked.path, answer.status_code, str(body)[:200]))

    assert len(operations) > 150
    assert faults == []


def test_hostile_text_in_every_address_and_question_is_not_found_or_refused(
    people: dict[str, Caller], hazard: Hazard, operations: list[Asked]
):
    faults, texts = [], cycle(text for name, text in TEXTS.items() if name not in {"megabyte", "surrogate"})
    for asked in operations:
        for text in islice(texts, 3):
            parts = [quote(text, safe="") if part.startswith("{") else part for part in asked.path.split("/")]
            query = dict.fromkeys(asked.query, text)
            for path in {"/".join(parts), asked.path.replace("{no}", hazard.no)}:
                answer = sent(people, hazard, asked, path, asked.body, params=query)
                if answer.status_code >= 500:
                    faults.append((asked.method, path[:80], list(query), answer.status_code))

    assert faults == []
