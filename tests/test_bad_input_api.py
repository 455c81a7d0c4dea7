"""Bad input: refused as a problem a person can act on, and nothing is written."""

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import Engine, func, select
from sqlmodel import Session

from models.engine import reading
from models.process import DecisionCode
from models.stage import Step
from models.tables import AUDIT_EVENT, DECISION, HAZARD, OUTBOX, TABLES
from office_api import Caller
from town import NOON, Town, carry_to, form_for

REPORT: dict[str, Any] = {
    "channel": "INSPECTION", "source": "镇级检查", "source_no": "1", "discovered_at": "2026-09-07T10:00:00+08:00",
    "enterprise": "91500118MA5TEST001", "sector": "工贸/粉尘涉爆", "place": "造粒车间",
    "description": "造粒设备前无铁石去除装置，木粉尘正压除尘", "no_evidence_reason": "随后补传",
}  # fmt: skip
CHECKLIST: dict[str, Any] = {
    line: {"met": True} for line in (
        "clauses_cleared", "evidence_verified", "principals_informed", "interim_control_lifted", "penalties_recorded",
        "reporter_answered", "listing_removed", "rebound_searched",
    )
}  # fmt: skip


def counts(engine: Engine) -> list[int]:
    """How many rows a decision would add to."""
    tables = (HAZARD, DECISION, AUDIT_EVENT, OUTBOX, TABLES["idempotency_key"])
    with reading(engine) as session:
        return [session.execute(select(func.count()).select_from(table)).scalar_one() for table in tables]


def assert_refused(answer: Any, status: int, slug: str) -> None:
    problem = answer.json()
    assert (answer.status_code, problem["type"]) == (status, f"/problems/{slug}"), answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    assert is_chinese(problem["detail"]), problem["detail"]
    assert is_chinese(problem["remedy"])


def is_chinese(text: str) -> bool:
    return any("一" <= char <= "鿿" for char in text)


def major_finding(session: Session, town: Town, **changes: Any) -> dict[str, Any]:
    return form_for(session, town, DecisionCode.MAJOR, NOON + timedelta(hours=3)).model_dump(mode="json") | changes


def assignment(session: Session, town: Town, **changes: Any) -> dict[str, Any]:
    return form_for(session, town, DecisionCode.ASSIGN, NOON).model_dump(mode="json") | changes


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


@pytest.mark.parametrize("unit", ["NOWHERE", "CUN1", "ZZF", ""])
def test_a_report_cannot_be_accepted_for_a_unit_that_cannot_verify(
    session: Session, town: Town, people: dict[str, Caller], engine: Engine, unit: str
):
    hazard = carry_to(session, town, Step.TRIAGE)
    session.commit()
    before = counts(engine)

    answer = people["clerk"].post(f"/hazards/{hazard.no}/acceptance", {"verifying_unit": unit}, version=hazard.version)

    assert_refused(answer, 422, "invalid-input")
    assert counts(engine) == before


@pytest.mark.parametrize(
    "change",
    [
        lambda form: form.pop("clause"),
        lambda form: form.update(clause="NO-SUCH-1"),
        lambda form: form.update(clause="FR17-6.1"),
        lambda form: form.update(inspectors=["独自一人"]),
        lambda form: form.update(interim_control="NONE"),
        lambda form: form.update(interim_since=None),
    ],
    ids=["missing clause", "unknown clause", "repealed clause", "one inspector", "no control", "control without start"],
)
def test_a_major_finding_without_its_grounds_is_refused(
    session: Session, town: Town, people: dict[str, Caller], engine: Engine, change: Callable[[dict[str, Any]], object]
):
    hazard = carry_to(session, town, Step.CLASSIFY)
    form = major_finding(session, town)
    change(form)
    session.commit()
    before = counts(engine)

    answer = people["officer"].post(f"/hazards/{hazard.no}/major-finding", form, version=hazard.version)

    assert_refused(answer, 422, "invalid-input")
    assert counts(engine) == before


@pytest.mark.parametrize(
    ("found", "status"), [("2025-12-01", 422), ("2025-11-01", 422), ("2025-10-31", 201), ("2024-06-01", 201)]
)
def test_a_clause_counts_as_it_stood_on_the_day_of_discovery(
    session: Session, town: Town, people: dict[str, Caller], found: str, status: int
):
    hazard = carry_to(session, town, Step.CLASSIFY, discovered_at=datetime.fromisoformat(f"{found}T00:30:00+08:00"))
    form = major_finding(session, town, clause="FR17-6.1")
    session.commit()

    answer = people["officer"].post(f"/hazards/{hazard.no}/major-finding", form, version=hazard.version)

    assert answer.status_code == status, answer.text


@pytest.mark.parametrize(
    "changes",
    [
        {"limit_days": None, "limit_on": "2020-01-01"},
        {"limit_days": None, "limit_on": str((datetime.now(UTC) + timedelta(days=120)).date())},
        {"limit_days": 91},
        {"limit_days": 0},
        {"limit_days": 10_000},
        {"limit_on": "2026-12-01"},
        {"limit_days": None},
        {"limit_basis": ""},
        {"limit_days": None, "limit_on": "9999-12-31"},
        {"lead_unit": "NOWHERE"},
        {"lead_unit": "CUN1"},
        {"cooperating_units": ["NOWHERE"]},
        {"leader": "00000000-0000-0000-0000-000000000000"},
        {"enterprise": "91500118MA5UNKNOWN"},
    ],
    ids=json.dumps,
)
def test_an_assignment_with_an_impossible_limit_unit_or_leader_is_refused(
    session: Session, town: Town, people: dict[str, Caller], engine: Engine, changes: dict[str, Any]
):
    hazard = carry_to(session, town, Step.ASSIGN)
    form = assignment(session, town, **changes)
    session.commit()
    before = counts(engine)

    answer = people["clerk"].post(f"/hazards/{hazard.no}/assignment", form, version=hazard.version)

    assert_refused(answer, 422, "invalid-input")
    assert counts(engine) == before


def test_the_responsible_leader_must_lead_the_town(
    session: Session, town: Town, people: dict[str, Caller], engine: Engine
):
    hazard = carry_to(session, town, Step.ASSIGN)
    form = assignment(session, town, leader=town.persons["officer"].id)
    session.commit()
    before = counts(engine)

    answer = people["clerk"].post(f"/hazards/{hazard.no}/assignment", form, version=hazard.version)

    assert_refused(answer, 422, "invalid-input")
    assert counts(engine) == before


@pytest.mark.parametrize("line", CHECKLIST)
def test_a_gate_line_neither_met_nor_waived_keeps_the_hazard_open(
    session: Session, town: Town, people: dict[str, Caller], engine: Engine, line: str
):
    hazard = carry_to(session, town, Step.GATE)
    session.commit()
    before = counts(engine)

    form = {"checklist": CHECKLIST | {line: {"met": False}}, "opinion": "同意销号"}
    answer = people["clerk"].post(f"/hazards/{hazard.no}/closure", form, version=hazard.version)

    assert_refused(answer, 422, "invalid-input")
    assert f"checklist.{line}" in {fault["field"] for fault in answer.json()["errors"]}
    assert counts(engine) == before


def test_a_gate_line_may_be_waived_with_a_reason(session: Session, town: Town, people: dict[str, Caller]):
    hazard = carry_to(session, town, Step.GATE)
    session.commit()

    form = {
        "checklist": CHECKLIST | {"listing_removed": {"met": False, "waiver": "未挂牌督办，不适用"}},
        "opinion": "同意销号",
    }
    answer = people["clerk"].post(f"/hazards/{hazard.no}/closure", form, version=hazard.version)

    assert answer.status_code == 201, answer.text


@pytest.mark.parametrize("path", ["/units", "/enterprises", "/people", "/keys", "/session"])
def test_every_form_refuses_fields_it_does_not_know(people: dict[str, Caller], engine: Engine, path: str):
    before = counts(engine)

    answer = people["admin"].post(path, {"is_admin": True})

    assert_refused(answer, 422, "invalid-input")
    assert counts(engine) == before
