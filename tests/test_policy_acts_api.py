"""Rules, ladder and calendar change in new versions: tried out first, proposed by one, approved by another, moving nothing."""

import copy
import json
from datetime import UTC, date, datetime
from typing import Any

import pytest
from sqlalchemy import Engine, select
from sqlmodel import Session

from api.examples import EXAMPLES
from models.engine import reading
from models.process import DecisionCode
from models.stage import Clock, Step
from models.tables import AUDIT_EVENT, DEADLINE, POLICY
from office_api import Caller, assert_refused, counts
from town import Town, carry_to, report

SOURCE = "国办发明电〔2026〕9号"
NEXT_YEAR = datetime.now(UTC).year + 1
HOLIDAY = next(day for number in range(3, 6) if (day := date(NEXT_YEAR, 3, number)).weekday() < 5).isoformat()
"""A weekday of next year: the office's own day is today's, and days that have passed are not revised."""


def newest(caller: Caller, kind: str) -> dict[str, Any]:
    return caller.get(f"/policies/{kind}").json()[0]


def changed(caller: Caller, kind: str) -> dict[str, Any]:
    """The version in force, with one thing changed: a day off, a longer limit, an earlier level."""
    body = copy.deepcopy(newest(caller, kind)["body"])
    if kind == "calendar":
        body["years"] = sorted({*body["years"], NEXT_YEAR})
        body["rest"][HOLIDAY] = "临时放假"
    elif kind == "rules":
        next(row for row in body["rules"] if row["key"] == Clock.TRIAGE)["number"] = 3
    else:
        body["ladders"]["committee"][1]["offset"] = 1
        for row in body["ladders"]["committee"][2:]:
            row["offset"] += 1
    return body


def propose(caller: Caller, kind: str, body: dict[str, Any] | None = None) -> str:
    answer = caller.post(f"/policies/{kind}/versions", {"body": body or changed(caller, kind), "source": SOURCE})
    assert answer.status_code == 202, answer.text
    return answer.json()["proposal"]


def deadlines(engine: Engine) -> list[Any]:
    with reading(engine) as session:
        return list(session.execute(select(DEADLINE).order_by(DEADLINE.c.id)).all())


@pytest.mark.parametrize("kind", ["calendar", "rules", "ladder"])
def test_a_new_version_is_in_force_when_a_second_person_agrees_and_moves_nothing(
    session: Session, town: Town, office: dict[str, Caller], engine: Engine, kind: str
):
    report(session, town)
    carry_to(session, town, Step.WORK)
    session.commit()
    before, version = deadlines(engine), newest(office["clerk"], kind)["version"]
    proposal = propose(office["clerk"], kind)
    assert newest(office["clerk"], kind)["version"] == version

    assert office["second_clerk"].post(f"/proposals/{proposal}/approval", {}).status_code == 201

    now = newest(office["clerk"], kind)
    assert (now["version"], now["source"]) == (version + 1, SOURCE)
    assert deadlines(engine) == before
    after = office["officer"].post("/hazards", _report()).json()["no"]
    shown = office["clerk"].get(f"/hazards/{after}").json()
    assert shown["versions"][kind] == version + 1
    with reading(engine) as other:
        [event] = other.execute(select(AUDIT_EVENT.c.body).where(AUDIT_EVENT.c.type == "POLICY_CHANGED")).scalars()
        assert json.loads(event)["after"]["version"] == version + 1


def _report() -> dict[str, Any]:
    return dict(EXAMPLES[DecisionCode.REPORT]) | {"source_no": None, "enterprise": "91500118MA5TEST001"}


@pytest.mark.parametrize("kind", ["calendar", "rules", "ladder"])
def test_whoever_proposed_a_version_does_not_approve_it(office: dict[str, Caller], engine: Engine, kind: str):
    proposal, before = propose(office["clerk"], kind), counts(engine)

    assert_refused(office["clerk"].post(f"/proposals/{proposal}/approval", {}), 409, "four-eyes")

    assert counts(engine) == before


def test_the_dry_run_lists_every_date_that_would_move_and_writes_nothing(
    session: Session, town: Town, office: dict[str, Caller], engine: Engine
):
    first, second = (report(session, town, at=datetime.now(UTC)) for _ in range(2))
    report(session, town)  # long overdue, and so it stays
    carry_to(session, town, Step.WORK)
    session.commit()
    before = counts(engine)

    tried = office["clerk"].post("/policies/rules/dry-run", {"body": changed(office["clerk"], "rules")})

    moved = tried.json()
    assert {(row["hazard_no"], row["clock"]) for row in moved} == {(first.no, "triage"), (second.no, "triage")}
    assert all(row["would_be_due_at"] > row["due_at"] and "3个工作日" in row["reason"] for row in moved)
    assert counts(engine) == before


def test_a_day_off_more_moves_what_is_counted_over_it_and_the_proposal_shows_it(
    session: Session, town: Town, office: dict[str, Caller]
):
    hazard = report(session, town, at=datetime.now(UTC))
    session.commit()
    [due] = office["clerk"].get(f"/hazards/{hazard.no}").json()["deadlines"]
    body = changed(office["clerk"], "calendar")
    body["rest"][due["due_at"][:10]] = "临时放假"

    proposal = propose(office["clerk"], "calendar", body)

    shown = office["second_clerk"].get(f"/proposals/{proposal}").json()
    assert hazard.no in {row["hazard_no"] for row in shown["would_move"]}
    assert SOURCE in shown["summary"]
    office["second_clerk"].post(f"/proposals/{proposal}/approval", {})
    assert office["second_clerk"].get(f"/proposals/{proposal}").json()["would_move"] == []


def test_an_earlier_level_shows_when_it_would_come(session: Session, town: Town, office: dict[str, Caller]):
    hazard = carry_to(session, town, Step.CLASSIFY, at=datetime.now(UTC))
    session.commit()
    body = copy.deepcopy(newest(office["clerk"], "ladder")["body"])
    body["ladders"]["department"][0]["offset"] = -2
    body["ladders"]["department"][0]["share"] = 0.1

    moved = office["clerk"].post("/policies/ladder/dry-run", {"body": body}).json()

    [row] = [row for row in moved if row["hazard_no"] == hazard.no and row["clock"] == "verification"]
    assert row["due_at"] == row["would_be_due_at"]
    assert row["would_be_next_level_at"] != row["next_level_at"]


def test_a_proposal_from_an_overtaken_version_is_refused(office: dict[str, Caller]):
    first, second = propose(office["clerk"], "rules"), propose(office["clerk"], "rules")
    office["second_clerk"].post(f"/proposals/{first}/approval", {})

    answer = office["second_clerk"].post(f"/proposals/{second}/approval", {})

    assert_refused(answer, 422, "gate-not-met")
    assert "重新提出" in answer.json()["remedy"]


BROKEN: dict[str, tuple[str, Any]] = {
    "nothing": ("rules", {}),
    "a list": ("rules", {"rules": [1]}),
    "a clock gone": ("rules", {"rules": []}),
    "no ladders": ("ladder", {"ladders": {}}),
    "no years": ("calendar", {"years": [], "rest": {}, "work": []}),
    "a date that is none": ("calendar", {"years": [2026], "rest": {"2026-13-40": "x"}, "work": []}),
    "a number that is none": ("ladder", {"ladders": {"unit": None}}),
    "a name no text can hold": ("calendar", {"years": [2026], "rest": {"\ud800": "x"}, "work": []}),
    "a number that is endless": ("ladder", {"ladders": {"unit": [{"share": float("inf")}]}}),
    "a number of many digits": ("rules", {"rules": [{"number": 10**3000}]}),
}


@pytest.mark.parametrize("case", sorted(BROKEN))
@pytest.mark.parametrize("route", ["versions", "dry-run"])
def test_a_body_that_cannot_be_a_version_is_refused_naming_the_field(
    office: dict[str, Caller], engine: Engine, case: str, route: str
):
    kind, body = BROKEN[case]
    before = counts(engine)

    sent = {"body": body} | ({"source": SOURCE} if route == "versions" else {})
    answer = office["clerk"].post(f"/policies/{kind}/{route}", content=json.dumps(sent).encode())

    assert_refused(answer, 422, "invalid-input")
    assert answer.json()["errors"][0]["field"] == "body"
    assert answer.json()["rule"]
    assert counts(engine) == before


@pytest.mark.parametrize("route", ["versions", "dry-run"])
def test_a_limit_that_would_never_end_or_run_is_refused_naming_the_place(
    office: dict[str, Caller], engine: Engine, route: str
):
    body, before = changed(office["clerk"], "rules"), counts(engine)
    endless, unknown = copy.deepcopy(body), copy.deepcopy(body)
    endless["rules"][4]["number"] = 10**9
    unknown["rules"].append(unknown["rules"][0] | {"key": "lunch"})

    for hostile, said in ((endless, "rules[4].number：单位为WD时不能大于750"), (unknown, "没有名为lunch的时限")):
        sent = {"body": hostile} | ({"source": SOURCE} if route == "versions" else {})
        answer = office["clerk"].post(f"/policies/rules/{route}", sent)
        assert_refused(answer, 422, "invalid-input")
        assert said in answer.json()["detail"]

    assert counts(engine) == before


def test_days_that_have_passed_stay_as_they_were_counted(office: dict[str, Caller]):
    body = changed(office["clerk"], "calendar")
    body["rest"]["2025-03-03"] = "追认放假"

    answer = office["clerk"].post("/policies/calendar/versions", {"body": body, "source": SOURCE})

    assert_refused(answer, 422, "invalid-input")
    assert "2025-03-03" in answer.json()["detail"]


def test_the_version_in_force_is_no_new_version(office: dict[str, Caller]):
    body = newest(office["clerk"], "rules")["body"]

    answer = office["clerk"].post("/policies/rules/versions", {"body": body, "source": SOURCE})

    assert_refused(answer, 422, "invalid-input")


@pytest.mark.parametrize(
    ("who", "kind"), [("officer", "rules"), ("admin", "calendar"), ("leader", "calendar"), ("auditor", "ladder")]
)
def test_only_who_may_edit_it_tries_or_proposes_it(office: dict[str, Caller], engine: Engine, who: str, kind: str):
    body = newest(office["clerk"], kind)["body"]
    before = counts(engine)

    for route, sent in (("dry-run", {"body": body}), ("versions", {"body": body, "source": SOURCE})):
        assert_refused(office[who].post(f"/policies/{kind}/{route}", sent), 403, "not-permitted")

    assert counts(engine) == before
    with reading(engine) as session:
        assert session.execute(select(POLICY.c.version).where(POLICY.c.kind == kind)).scalars().all() == [1]
