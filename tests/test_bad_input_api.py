"""Bad input: refused as a problem a person can act on, and nothing is written."""

import json
from typing import Any

import pytest
from sqlalchemy import Engine
from sqlmodel import Session

from office_api import Caller, assert_refused, counts
from town import Town

REPORT: dict[str, Any] = {
    "channel": "INSPECTION", "source": "镇级检查", "source_no": "1", "discovered_at": "2026-09-07T10:00:00+08:00",
    "enterprise": "91500118MA5TEST001", "sector": "工贸/粉尘涉爆", "place": "造粒车间",
    "description": "造粒设备前无铁石去除装置，木粉尘正压除尘", "no_evidence_reason": "随后补传",
}  # fmt: skip


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"colour": "red"}, "colour"),
        ({"colour\ud800": "red"}, "body"),
        ({"persons_exposed": "many"}, "persons_exposed"),
        ({"persons_exposed": 1.5}, "persons_exposed"),
        ({"persons_exposed": -1}, "persons_exposed"),
        ({"persons_exposed": 10**400}, "persons_exposed"),
        ({"urgent": "perhaps"}, "urgent"),
        ({"place": ["造粒车间"]}, "place"),
        ({"place": ""}, "place"),
        ({"place": "\ud800"}, "place"),
        ({"place": "长" * 201}, "place"),
        ({"description": "太短"}, "description"),
        ({"description": None}, "description"),
        ({"channel": "PIGEON"}, "channel"),
        ({"discovered_at": "2026-09-07T10:00:00"}, "discovered_at"),
        ({"discovered_at": "yesterday"}, "discovered_at"),
        ({"discovered_at": {}}, "discovered_at"),
        ({"evidence": "not-a-list"}, "evidence"),
        ({"evidence": ["x"] * 51}, "evidence"),
        ({"evidence": ["no-such-evidence"]}, "evidence"),
        ({"enterprise": "91500118MA5UNKNOWN"}, "enterprise"),
        ({"village": "NOWHERE"}, "village"),
        ({"village": "YJB"}, "village"),
        ({"discovered_at": "2999-01-01T00:00:00+08:00"}, "discovered_at"),
    ],
)
def test_a_report_with_a_wrong_field_is_refused_naming_the_field(
    people: dict[str, Caller], engine: Engine, changes: dict[str, Any], field: str
):
    before = counts(engine)

    answer = people["officer"].post("/hazards", content=json.dumps(REPORT | changes).encode(), key="k")

    assert_refused(answer, 422, "invalid-input")
    assert field in {fault["field"] for fault in answer.json()["errors"]}
    assert counts(engine) == before


@pytest.mark.parametrize("field", ["place", "description", "source_no", "immediate_measures", "no_evidence_reason"])
def test_text_with_a_nul_is_refused(people: dict[str, Caller], engine: Engine, field: str):
    before = counts(engine)

    answer = people["officer"].post("/hazards", REPORT | {field: "造粒车间木粉尘积尘严重，须立即清理\0。"})

    assert_refused(answer, 422, "invalid-input")
    assert counts(engine) == before


def test_a_backslash_followed_by_u0000_is_ordinary_text(people: dict[str, Caller]):
    answer = people["officer"].post("/hazards", REPORT | {"place": "车间\\u0000"})

    assert answer.status_code == 201
    assert answer.json()["place"] == "车间\\u0000"


@pytest.mark.parametrize("body", [b"", b"[]", b"3", b'"text"', b"null", b"{", b'{"channel": }', b"<report/>"])
def test_a_body_that_is_not_a_json_object_is_refused(people: dict[str, Caller], engine: Engine, body: bytes):
    before = counts(engine)

    answer = people["officer"].post("/hazards", content=body)

    assert_refused(answer, 422, "invalid-input")
    assert counts(engine) == before


@pytest.mark.parametrize(
    "body", [b"\xff\xfe{\x00}", b'{"place": "\xff"}', b"[" * 100_000, b'{"persons_exposed": 1' + b"0" * 5000 + b"}"]
)
def test_a_body_that_no_parser_can_read_is_refused(people: dict[str, Caller], engine: Engine, body: bytes):
    before = counts(engine)

    answer = people["officer"].post("/hazards", content=body)

    assert answer.status_code in {400, 422}
    assert_refused(answer, answer.status_code, answer.json()["type"].removeprefix("/problems/"))
    assert counts(engine) == before


@pytest.mark.parametrize("field", [field for field in REPORT if field != "source_no"])
def test_a_report_without_a_required_field_is_refused(people: dict[str, Caller], engine: Engine, field: str):
    before = counts(engine)

    answer = people["officer"].post("/hazards", {name: value for name, value in REPORT.items() if name != field})

    assert_refused(answer, 422, "invalid-input")
    assert counts(engine) == before


@pytest.mark.parametrize(
    "path", ["/hazards/%00", "/hazards?text=%00", "/hazards?lead_unit=%00", "/standards?sector=%00"]
)
def test_a_nul_in_an_address_is_never_a_fault_of_the_program(people: dict[str, Caller], path: str):
    answer = people["clerk"].get(path)

    assert answer.status_code in {200, 404, 422}


@pytest.mark.parametrize(
    "path",
    [
        "/hazards?limit=0",
        "/hazards?limit=201",
        "/hazards?stage=NOWHERE",
        "/hazards?overdue=perhaps",
        "/standards?on=never",
    ],
)
def test_a_query_with_a_wrong_value_is_refused(people: dict[str, Caller], path: str):
    answer = people["clerk"].get(path)

    assert_refused(answer, 422, "invalid-input")


def test_an_address_that_does_not_exist_is_a_problem_in_chinese(people: dict[str, Caller]):
    answer = people["clerk"].get("/nowhere")

    assert_refused(answer, 404, "http")


def test_a_method_that_is_not_offered_is_a_problem_in_chinese(people: dict[str, Caller]):
    answer = people["clerk"].delete("/hazards")

    assert_refused(answer, 405, "http")


def test_an_enterprise_cannot_report_for_another_enterprise(
    session: Session, town: Town, people: dict[str, Caller], engine: Engine
):
    other = {"credit_code": "91500118MA5TEST002", "name": "别家企业", "address": "", "sector": "", "village": None}
    people["clerk"].post("/enterprises", other)
    before = counts(engine)

    answer = people["principal"].post(
        "/hazards", REPORT | {"channel": "SELF_REPORT", "enterprise": "91500118MA5TEST002"}
    )

    assert_refused(answer, 403, "not-permitted")
    assert counts(engine) == before


@pytest.mark.parametrize("path", ["/units", "/enterprises", "/people", "/keys", "/session"])
def test_every_form_refuses_fields_it_does_not_know(people: dict[str, Caller], engine: Engine, path: str):
    before = counts(engine)

    answer = people["admin"].post(path, {"is_admin": True})

    assert_refused(answer, 422, "invalid-input")
    assert counts(engine) == before
