"""A work item and its people: laid on one person, urged, kept in mind; many at once."""

from typing import Any

import pytest
from sqlalchemy import select, update
from sqlmodel import Session, col

from colleagues import days, events, how_many_events, id_of, move_item, now, today
from escalated import race, told_by
from flows import effects
from models import Account
from models.outbox import Topic
from models.process import DecisionCode
from models.stage import Step
from models.tables import HAZARD, URGING, WORK_ITEM
from office_api import Caller, assert_refused
from test_announcements import last_message
from town import NOON, Town, carry_to, decide, report

ACCEPTANCE = {"verifying_unit": "YJB", "comment": "请核查"}


@pytest.fixture
def hazard(session: Session, town: Town) -> Any:
    found = carry_to(session, town, Step.CLASSIFY)
    session.commit()
    return found


def assign(caller: Caller, item: str, person: str) -> Any:
    return caller.put(f"/work-items/{item}/assignee", {"person": person})


@pytest.mark.usefixtures("flows_here")
def test_the_head_lays_an_item_on_a_person_whoever_held_it(
    session: Session, town: Town, people: dict[str, Caller], hazard: Any
):
    item = move_item(session, hazard)
    people["officer"].post(f"/work-items/{item.id}/claim")

    answer = assign(people["head"], item.id, id_of(town, "second_officer"))

    assert answer.status_code == 200, answer.text
    after = move_item(session, hazard)
    assert (after.assignee_id, after.due_at) == (id_of(town, "second_officer"), item.due_at)
    [event] = events(session, hazard.id, "PERSON_ASSIGNED")
    assert event["form"] == {"from": id_of(town, "officer"), "person": id_of(town, "second_officer")}
    effects.carry_out("tell_assigned_person", last_message(session, Topic.PERSON_ASSIGNED))
    assert told_by(session, "person_assigned") == {id_of(town, "second_officer")}


def test_only_the_unit_s_head_assigns_and_only_whom_the_item_is_for(
    session: Session, town: Town, people: dict[str, Caller], hazard: Any
):
    item, before = move_item(session, hazard).id, how_many_events(session)

    for who in ("officer", "clerk", "leader", "principal", "villager"):
        assert_refused(assign(people[who], item, id_of(town, "officer")), 403, "not-permitted")
    assert_refused(assign(people["other_head"], item, id_of(town, "officer")), 404, "not-found")
    for who in ("other_officer", "villager", "principal", "clerk", "admin"):
        assert_refused(assign(people["head"], item, id_of(town, who)), 422, "invalid-input")
    session.execute(update(Account).where(col(Account.person_id) == id_of(town, "officer")).values(disabled_at=NOON))
    session.commit()
    assert_refused(assign(people["head"], item, id_of(town, "officer")), 422, "invalid-input")
    assert_refused(assign(people["head"], item, "nobody"), 422, "invalid-input")
    assert_refused(assign(people["head"], "nothing", id_of(town, "head")), 404, "not-found")
    assert how_many_events(session) == before


@pytest.mark.usefixtures("flows_here")
def test_an_item_is_urged_once_a_day_by_each(session: Session, town: Town, people: dict[str, Caller], hazard: Any):
    item = move_item(session, hazard).id
    people["officer"].post(f"/work-items/{item}/claim")

    first = race(*[lambda: people["clerk"].post(f"/work-items/{item}/urging", {"words": "请抓紧"})] * 2)
    again = people["leader"].post(f"/work-items/{item}/urging", {})

    assert sorted(answer.status_code for answer in first) == [201, 409]
    assert_refused(next(answer for answer in first if answer.status_code == 409), 409, "already-urged")
    assert again.status_code == 201
    assert len(events(session, hazard.id, "URGED")) == len(now(session, select(URGING))) == 2
    effects.carry_out("tell_urged", last_message(session, Topic.URGED))
    assert told_by(session, "urged") == {id_of(town, "officer")}


def test_who_cannot_see_an_item_cannot_urge_it_nor_anybody_themselves(
    session: Session, people: dict[str, Caller], hazard: Any
):
    item = move_item(session, hazard).id
    people["officer"].post(f"/work-items/{item}/claim")

    assert_refused(people["other_head"].post(f"/work-items/{item}/urging", {}), 404, "not-found")
    assert_refused(people["officer"].post(f"/work-items/{item}/urging", {}), 403, "not-permitted")
    assert_refused(people["principal"].post(f"/work-items/{item}/urging", {}), 403, "not-permitted")
    assert_refused(people["clerk"].post("/work-items/nothing/urging", {}), 404, "not-found")
    assert_refused(people["clerk"].post(f"/work-items/{item}/urging", {"words": "x" * 201}), 422, "invalid-input")


def test_a_follow_up_date_is_one_s_own_and_moves_no_deadline(session: Session, town: Town, people: dict[str, Caller]):
    items = []
    for _ in range(3):
        hazard = carry_to(session, town, Step.CLASSIFY)
        session.commit()
        items.append(move_item(session, hazard))

    for item, ahead in ((items[2], 1), (items[0], 2)):
        answer = people["officer"].put(f"/work-items/{item.id}/follow-up", {"on": days(0, ahead)["until_on"]})
        assert answer.status_code == 200

    mine = people["officer"].get("/work-items?followed=true").json()["items"]
    assert [line["id"] for line in mine] == [items[2].id, items[0].id]
    assert mine[0]["follow_up_on"] == days(0, 1)["until_on"]
    page = people["officer"].get("/work-items?followed=true&limit=1").json()
    rest = (
        people["officer"]
        .get("/work-items", params={"followed": True, "limit": 1, "cursor": page["next_cursor"]})
        .json()
    )
    assert [line["id"] for line in page["items"] + rest["items"]] == [items[2].id, items[0].id]
    assert people["second_officer"].get("/work-items?followed=true").json()["items"] == []
    due = {row.id: row.due_at for row in now(session, select(WORK_ITEM).where(WORK_ITEM.c.closed_at.is_(None)))}
    assert due == {item.id: item.due_at for item in items}

    people["officer"].put(f"/work-items/{items[0].id}/follow-up", {"on": str(today())})
    assert people["officer"].delete(f"/work-items/{items[2].id}/follow-up").status_code == 200
    assert [line["id"] for line in people["officer"].get("/work-items?followed=true").json()["items"]] == [items[0].id]
    for body in ({"on": days(-1, 0)["from_on"]}, {"on": "soon"}, {}):
        assert_refused(people["officer"].put(f"/work-items/{items[0].id}/follow-up", body), 422, "invalid-input")
    foreign = people["other_officer"].put(f"/work-items/{items[0].id}/follow-up", {"on": str(today())})
    assert_refused(foreign, 404, "not-found")


def test_many_hazards_are_accepted_each_by_itself(session: Session, town: Town, people: dict[str, Caller]):
    fresh = [report(session, town, place=f"某某村{number}组") for number in range(3)]
    gone = decide(session, town, report(session, town, place="某某村9组"), DecisionCode.ACCEPT, "clerk", at=NOON)
    session.commit()
    rows = [{"no": hazard.no, "version": 1} for hazard in fresh] + [
        {"no": gone.no, "version": 2}, {"no": "ZY-2026-9999", "version": 1},
    ]  # fmt: skip
    rows[1]["version"] = 7

    answer = people["clerk"].post("/hazards/acceptances", {"form": ACCEPTANCE, "rows": rows}, key="bulk")

    results = answer.json()
    assert [row["status"] for row in results] == [201, 412, 201, 409, 404], answer.text
    assert [row["problem"]["type"] for row in results if "problem" in row] == [
        "/problems/stale-version", "/problems/wrong-stage", "/problems/not-found",
    ]  # fmt: skip
    steps = dict(tuple(row) for row in now(session, select(HAZARD.c.no, HAZARD.c.step)))
    assert [steps[hazard.no] for hazard in fresh] == [Step.CLASSIFY, Step.TRIAGE, Step.CLASSIFY]

    before = how_many_events(session)
    again = people["clerk"].post("/hazards/acceptances", {"form": ACCEPTANCE, "rows": rows}, key="bulk")
    assert [row["status"] for row in again.json()] == [201, 412, 201, 409, 404]
    assert again.json()[0] == results[0]
    assert how_many_events(session) == before


def test_many_hazards_are_assigned_to_a_unit(session: Session, town: Town, people: dict[str, Caller]):
    waiting = [carry_to(session, town, Step.ASSIGN, place=f"某某村{number}组") for number in range(2)]
    session.commit()
    form = {"lead_unit": "YJB", "leader": id_of(town, "leader"), "requirements": "加装装置", "limit_days": 30,
            "limit_basis": "责令限期整改指令书"}  # fmt: skip
    rows = [{"no": hazard.no, "version": hazard.version} for hazard in waiting]

    answer = people["clerk"].post("/hazards/assignments", {"form": form, "rows": rows})

    assert [(row["status"], row["answer"]["step"]) for row in answer.json()] == [(201, Step.SIGN)] * 2
    assert_refused(people["officer"].post("/hazards/assignments", {"form": form, "rows": rows}), 403, "not-permitted")


def test_many_items_are_laid_on_persons_each_by_itself(session: Session, town: Town, people: dict[str, Caller]):
    hazards = [carry_to(session, town, Step.CLASSIFY) for _ in range(3)]
    session.commit()
    items = [move_item(session, hazard).id for hazard in hazards]
    officer, version = id_of(town, "officer"), hazards[0].version
    rows = [
        {"item": items[0], "person": officer, "version": version}, {"item": items[1], "person": officer, "version": 99},
        {"item": items[2], "person": id_of(town, "villager"), "version": version},
        {"item": "nothing", "person": officer, "version": version},
    ]  # fmt: skip

    answer = people["head"].post("/work-items/assignments", {"rows": rows})

    assert [row["status"] for row in answer.json()] == [201, 412, 422, 404], answer.text
    assert [move_item(session, hazard).assignee_id for hazard in hazards] == [officer, None, None]


def test_a_bulk_request_of_none_or_of_too_many_or_of_nonsense_is_refused(people: dict[str, Caller]):
    row = {"no": "ZY-2026-0001", "version": 1}

    for body in (
        {"form": ACCEPTANCE, "rows": []}, {"form": ACCEPTANCE, "rows": [row] * 201}, {"form": {}, "rows": [row]},
        {"form": ACCEPTANCE, "rows": [{"no": "ZY-2026-0001"}]}, {"form": ACCEPTANCE, "rows": [row | {"version": 0}]},
        {"form": ACCEPTANCE, "rows": row}, {"rows": [row]}, [],
    ):  # fmt: skip
        assert_refused(people["clerk"].post("/hazards/acceptances", body), 422, "invalid-input")
    assert_refused(people["head"].post("/work-items/assignments", {"rows": []}), 422, "invalid-input")
    assert_refused(people["clerk"].post("/work-items/assignments", {"rows": [{"item": "x", "person": "y", "version": 1}]}), 403, "not-permitted")  # fmt: skip
