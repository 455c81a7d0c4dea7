"""A revised rule, ladder or calendar moves the running deadlines its approver chose from the dry run, and no other."""

import copy
import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from sqlalchemy import Engine, select, update
from sqlmodel import Session

from api.views import local
from models.engine import reading
from models.hazard import Hazard
from models.stage import Clock, Step
from models.tables import AUDIT_EVENT, DEADLINE, HAZARD, LADDER_HOLD, WORK_ITEM
from office_api import Caller, assert_refused, counts
from services import history_check, ladder_holds, on_time, policies
from services.date_moves import DEADLINE_MOVED
from town import NOON, Town, carry_to, fetch, report

SOURCE = "国办发明电〔2026〕9号"
KINDS = ("calendar", "rules", "ladder")


@pytest.fixture
def hazards(session: Session, town: Town, office: dict[str, Caller]) -> list[Hazard]:
    """Two, reported a moment ago: everything they wait for lies ahead."""
    found = [report(session, town, at=datetime.now(UTC)) for _ in range(2)]
    session.commit()
    return found


def revised(caller: Caller, kind: str, due_on: str) -> dict[str, Any]:
    """The version in force with a change that moves a triage due on this day, or its first level."""
    body = copy.deepcopy(caller.get(f"/policies/{kind}").json()[0]["body"])
    if kind == "calendar":
        body["years"] = sorted({*body["years"], int(due_on[:4])})
        body["rest"][due_on] = "临时放假"
    elif kind == "rules":
        next(row for row in body["rules"] if row["key"] == Clock.TRIAGE)["number"] += 3
    else:
        body["ladders"]["committee"][0]["share"] = 0.9
    return body


def proposed(office: dict[str, Caller], kind: str, hazard: Hazard) -> tuple[str, list[dict[str, Any]]]:
    """A proposal by the one clerk, and what the other one is shown of it."""
    [due] = office["clerk"].get(f"/hazards/{hazard.no}").json()["deadlines"]
    body = {"body": revised(office["clerk"], kind, due["due_at"][:10]), "source": SOURCE}
    tried = office["clerk"].post(f"/policies/{kind}/dry-run", {"body": body["body"]}).json()
    answer = office["clerk"].post(f"/policies/{kind}/versions", body)
    assert answer.status_code == 202, answer.text
    shown = office["second_clerk"].get(f"/proposals/{answer.json()['proposal']}").json()["would_move"]
    assert shown == tried
    return answer.json()["proposal"], shown


def approve(office: dict[str, Caller], proposal: str, moves: list[str]) -> Any:
    return office["second_clerk"].post(f"/proposals/{proposal}/approval", {"reason": "同意", "moves": moves})


def rows(engine: Engine) -> dict[str, Any]:
    with reading(engine) as session:
        return {row.id: row for row in session.execute(select(DEADLINE))}


def findings(engine: Engine) -> list[str]:
    with reading(engine) as session:
        long_ago = NOON - timedelta(days=400)
        return history_check.verify_history(session, Ed25519PrivateKey.generate(), at=long_ago).findings


def events(engine: Engine, stream: str) -> list[dict[str, Any]]:
    with reading(engine) as session:
        mine = (AUDIT_EVENT.c.stream == stream, AUDIT_EVENT.c.type == DEADLINE_MOVED)
        return [json.loads(body) for body in session.execute(select(AUDIT_EVENT.c.body).where(*mine)).scalars()]


@pytest.mark.parametrize("kind", KINDS)
def test_the_chosen_deadline_moves_as_the_dry_run_said_and_no_other(
    hazards: list[Hazard], office: dict[str, Caller], engine: Engine, kind: str
):
    proposal, shown = proposed(office, kind, hazards[0])
    [said] = [line for line in shown if line["hazard_no"] == hazards[0].no]
    before = rows(engine)

    answer = approve(office, proposal, [said["deadline_id"]])

    assert answer.status_code == 201, answer.text
    [new_id] = answer.json()["result"]["moved"]
    after = rows(engine)
    assert after.keys() - before.keys() == {new_id}
    assert {key for key in before if after[key] != before[key]} == {said["deadline_id"]}
    old, new = after[said["deadline_id"]], after[new_id]
    assert (old.outcome, old.due_at, old.start_at) == ("SUPERSEDED", before[old.id].due_at, new.start_at)
    assert [local(new.due_at), local(new.next_rung_at)] == [said["would_be_due_at"], said["would_be_next_level_at"]]
    versions = {name: getattr(new, f"{name}_version") for name in KINDS}
    assert versions == {name: 2 if name == kind else 1 for name in KINDS}
    assert {line["hazard_no"] for line in shown} == {one.no for one in hazards}


@pytest.mark.parametrize("kind", KINDS)
def test_the_move_is_in_the_hazards_own_history_which_verifies(
    town: Town, hazards: list[Hazard], office: dict[str, Caller], engine: Engine, kind: str
):
    proposal, shown = proposed(office, kind, hazards[0])
    [said] = [line for line in shown if line["hazard_no"] == hazards[0].no]

    approve(office, proposal, [said["deadline_id"]])

    [event] = events(engine, hazards[0].id)
    assert (event["proposal"], event["version"]) == (proposal, {f"{kind}_version": 2})
    assert event["actor"]["name"] == town.persons["second_clerk"].name
    assert event["proposed_by"] == town.persons["clerk"].id
    assert event["due"]["superseded"] == said["deadline_id"]
    assert events(engine, hazards[1].id) == []
    assert findings(engine) == []


def test_the_ledger_and_the_inbox_show_the_date_that_counts(
    session: Session, hazards: list[Hazard], office: dict[str, Caller]
):
    proposal, shown = proposed(office, "rules", hazards[0])
    [said] = [line for line in shown if line["hazard_no"] == hazards[0].no]

    approve(office, proposal, [said["deadline_id"]])

    moves = session.execute(select(WORK_ITEM.c.hazard_id, WORK_ITEM.c.due_at).where(WORK_ITEM.c.is_move))
    dates = {row.hazard_id: row.due_at for row in moves}
    assert local(dates[hazards[0].id]) == said["would_be_due_at"]
    assert fetch(session, hazards[0]).due_at == dates[hazards[0].id]
    assert fetch(session, hazards[1]).due_at == dates[hazards[1].id] == hazards[1].due_at


@pytest.mark.parametrize("kind", KINDS)
def test_an_approval_that_chooses_nothing_moves_nothing(
    hazards: list[Hazard], office: dict[str, Caller], engine: Engine, kind: str
):
    proposal, _ = proposed(office, kind, hazards[0])
    before = rows(engine)

    assert approve(office, proposal, []).status_code == 201

    assert rows(engine) == before
    assert findings(engine) == []


def test_what_was_not_chosen_is_moved_later_by_the_same_words_proposed_again(
    hazards: list[Hazard], office: dict[str, Caller], engine: Engine
):
    first, shown = proposed(office, "rules", hazards[0])
    approve(office, first, [])
    body = {"body": office["clerk"].get("/policies/rules").json()[0]["body"], "source": SOURCE}
    again = office["clerk"].post("/policies/rules/versions", body).json()["proposal"]

    assert approve(office, again, [line["deadline_id"] for line in shown]).status_code == 201

    live = [row for row in rows(engine).values() if row.closed_at is None]
    assert [row.rules_version for row in live] == [3, 3]
    assert_refused(office["clerk"].post("/policies/rules/versions", body), 422, "invalid-input")


@pytest.mark.parametrize("moves", ["a stranger", "chosen twice", "met meanwhile"])
def test_a_choice_that_is_not_in_the_list_is_refused_whole(
    session: Session, town: Town, hazards: list[Hazard], office: dict[str, Caller], engine: Engine, moves: str
):
    proposal, shown = proposed(office, "rules", hazards[0])
    ids = [line["deadline_id"] for line in shown]
    if moves == "met meanwhile":
        session.execute(
            update(DEADLINE).where(DEADLINE.c.id == ids[0]).values(closed_at=datetime.now(UTC), outcome="MET")
        )
        session.commit()
    chosen = {"a stranger": [*ids, "nobody"], "chosen twice": [*ids, ids[0]], "met meanwhile": ids}[moves]
    before, count = rows(engine), counts(engine)

    answer = approve(office, proposal, chosen)

    assert answer.status_code == 422, answer.text
    assert answer.json()["errors"][0]["field"] == "moves"
    assert (rows(engine), counts(engine)) == (before, count)
    assert office["clerk"].get("/policies/rules").json()[0]["version"] == 1


def test_a_frozen_hazards_dates_stay(
    session: Session, hazards: list[Hazard], office: dict[str, Caller], engine: Engine
):
    proposal, shown = proposed(office, "rules", hazards[0])
    session.execute(update(HAZARD).where(HAZARD.c.id == hazards[0].id).values(frozen_at=datetime.now(UTC)))
    session.commit()
    before = rows(engine)

    answer = approve(office, proposal, [line["deadline_id"] for line in shown])

    assert_refused(answer, 409, "frozen")
    assert rows(engine) == before


def test_the_proposer_chooses_no_dates_either(hazards: list[Hazard], office: dict[str, Caller], engine: Engine):
    proposal, shown = proposed(office, "calendar", hazards[0])
    before = rows(engine)

    answer = office["clerk"].post(f"/proposals/{proposal}/approval", {"moves": [shown[0]["deadline_id"]]})

    assert_refused(answer, 409, "four-eyes")
    assert rows(engine) == before


def test_acts_without_dates_take_no_choice_of_dates(hazards: list[Hazard], office: dict[str, Caller]):
    words = {"subject": "请办", "body": "编号 {{ notice_no }}"}
    proposal = office["clerk"].post("/templates/triage", words).json()["proposal"]

    assert_refused(approve(office, proposal, ["any"]), 422, "invalid-input")


def test_a_held_ladder_stays_held(
    session: Session, town: Town, hazards: list[Hazard], office: dict[str, Caller], engine: Engine
):
    proposal, shown = proposed(office, "rules", hazards[0])
    [said] = [line for line in shown if line["hazard_no"] == hazards[0].no]
    hazard, until = fetch(session, hazards[0]), datetime.now(UTC) + timedelta(days=6)
    ladder_holds.hold_ladder(
        session, hazard, said["deadline_id"], until=until, reason="等待上级答复", by=town.clerk, at=datetime.now(UTC)
    )
    session.commit()

    [new] = approve(office, proposal, [said["deadline_id"]]).json()["result"]["moved"]

    held = session.execute(select(LADDER_HOLD.c.until).where(LADDER_HOLD.c.deadline_id == new)).scalar_one()
    assert held == until
    assert rows(engine)[new].next_rung_at >= until


def test_the_rate_is_the_same_from_rows_and_from_events_after_a_move(
    session: Session, town: Town, office: dict[str, Caller], engine: Engine
):
    hazard = carry_to(session, town, Step.WORK, at=datetime.now(UTC) - timedelta(days=20))
    session.commit()
    limit = next(
        row for row in rows(engine).values() if row.clock == Clock.RECTIFICATION and row.hazard_id == hazard.id
    )
    body = copy.deepcopy(office["clerk"].get("/policies/calendar").json()[0]["body"])
    local_due = next(
        line
        for line in office["clerk"].get(f"/hazards/{hazard.no}").json()["deadlines"]
        if line["clock"] == limit.clock
    )["due_at"][:10]
    body["rest"][local_due] = "临时放假"
    proposal = office["clerk"].post("/policies/calendar/versions", {"body": body, "source": SOURCE}).json()["proposal"]

    answer = approve(office, proposal, [limit.id])

    assert answer.status_code == 201, answer.text
    kept = on_time.from_rows(rows(engine).values())
    with reading(engine) as other:
        bodies = other.execute(
            select(AUDIT_EVENT.c.body).where(AUDIT_EVENT.c.stream == hazard.id).order_by(AUDIT_EVENT.c.seq)
        ).scalars()
        told = on_time.from_events(list(bodies), {number: policies.calendar(other, number) for number in (1, 2)})
    assert kept == told
    assert kept[0].due_at > limit.due_at
