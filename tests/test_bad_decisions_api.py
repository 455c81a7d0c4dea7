"""Bad decisions: what the forms of finding, assignment and close-out refuse, and nothing is written."""

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import Engine
from sqlmodel import Session

from models.process import DecisionCode
from models.stage import Step
from office_api import Caller, assert_refused, counts
from town import NOON, Town, carry_to, form_for

CHECKLIST: dict[str, Any] = {
    line: {"met": True} for line in (
        "clauses_cleared", "evidence_verified", "principals_informed", "interim_control_lifted", "penalties_recorded",
        "reporter_answered", "listing_removed", "rebound_searched",
    )
}  # fmt: skip


def major_finding(session: Session, town: Town, **changes: Any) -> dict[str, Any]:
    return form_for(session, town, DecisionCode.MAJOR, NOON + timedelta(hours=3)).model_dump(mode="json") | changes


def assignment(session: Session, town: Town, **changes: Any) -> dict[str, Any]:
    return form_for(session, town, DecisionCode.ASSIGN, NOON).model_dump(mode="json") | changes


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
