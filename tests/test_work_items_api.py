"""The inbox: whose items, in which order, and who takes one on."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
from sqlmodel import Session

from models.stage import Step
from office_api import Caller
from town import NOON, Town, carry_to


def inbox(caller: Caller, query: str = "") -> list[dict[str, Any]]:
    return caller.get(f"/work-items{query}").json()["items"]


def only_item(session: Session, town: Town, people: dict[str, Caller], step: Step, who: str) -> str:
    carry_to(session, town, step)
    session.commit()
    return next(item["id"] for item in inbox(people[who]) if item["kind"] == step)


def test_the_inbox_shows_the_unit_s_own_items(session: Session, town: Town, people: dict[str, Caller]):
    hazard = carry_to(session, town, Step.CLASSIFY)
    session.commit()

    with_inbox = {who: caller for who, caller in people.items() if who not in {"auditor", "district"}}
    shown = {who: [item["hazard_no"] for item in inbox(caller)] for who, caller in with_inbox.items()}

    assert {who for who, items in shown.items() if items} == {"officer", "second_officer", "head"}
    assert shown["officer"] == [hazard.no]


def test_the_inbox_is_ordered_by_due_time(session: Session, town: Town, people: dict[str, Caller]):
    for days in (5, 1, 9):
        carry_to(session, town, Step.TRIAGE, at=NOON + timedelta(days=days))
    carry_to(session, town, Step.TRIAGE, at=NOON + timedelta(days=1), urgent=True)
    session.commit()

    due = [item["due_at"] for item in inbox(people["clerk"])]

    assert len(due) == 4
    assert due == sorted(due)


@pytest.mark.parametrize("size", [1, 3, 7])
def test_pages_walk_every_item_once(session: Session, town: Town, people: dict[str, Caller], size: int):
    for hours in (1, 1, 1, 2, 3, 3, 4):
        carry_to(session, town, Step.TRIAGE, at=NOON + timedelta(hours=hours))
    session.commit()

    seen, cursor, pages = [], "", 0
    while cursor is not None:
        answer = people["clerk"].get("/work-items", params={"limit": size, "cursor": cursor}).json()
        seen += [item["id"] for item in answer["items"]]
        cursor, pages = answer["next_cursor"], pages + 1

    assert seen == [item["id"] for item in inbox(people["clerk"])]
    assert (len(set(seen)), pages) == (7, -(-7 // size))


@pytest.mark.parametrize("size", [1, 2, 5])
def test_pages_of_the_ledger_walk_every_hazard_once(session: Session, town: Town, people: dict[str, Caller], size: int):
    for hours in (1, 1, 2, 2, 3):
        carry_to(session, town, Step.TRIAGE, at=NOON + timedelta(hours=hours))
    session.commit()

    seen, address = [], f"/hazards?limit={size}"
    while address:
        answer = people["clerk"].get(address)
        seen += [line["no"] for line in answer.json()["items"]]
        address = answer.links["next"]["url"].partition("/api/v1")[2] if "next" in answer.links else ""

    assert (len(seen), len(set(seen))) == (5, 5)


@pytest.mark.parametrize(
    "cursor",
    [
        "x",
        "%%%",
        "bm90IGpzb24=",
        "WzEsIDJd",
        "W10=",
        "e30=",
        "NQ==",
        "WyIwMDAxLTAxLTAxVDAwOjAwOjAwKzE0OjAwIiwgIngiXQ==",
        "WyJ4IiwgIngiXQ==",
        "5",
        "\u4e2d",
    ],
)
@pytest.mark.parametrize("path", ["/work-items", "/hazards"])
def test_a_cursor_that_is_not_ours_is_refused(people: dict[str, Caller], path: str, cursor: str):
    answer = people["clerk"].get(path, params={"cursor": cursor})

    assert (answer.status_code, answer.json()["type"]) == (422, "/problems/invalid-input")


def test_a_cursor_without_a_zone_is_no_fault_of_the_program(people: dict[str, Caller]):
    answer = people["clerk"].get("/work-items", params={"cursor": "WyIyMDI2LTAxLTAxVDAwOjAwOjAwIiwgIngiXQ=="})

    assert answer.status_code in {200, 422}


def test_of_two_who_claim_at_once_one_wins_and_the_other_learns_the_name(
    session: Session, town: Town, people: dict[str, Caller]
):
    item = only_item(session, town, people, Step.CLASSIFY, "officer")

    def claim(who: str) -> Any:
        return people[who].post(f"/work-items/{item}/claim")

    with ThreadPoolExecutor(2) as pool:
        first, second = pool.map(claim, ("officer", "second_officer"))

    won, lost = (first, second) if first.status_code == 201 else (second, first)
    assert (won.status_code, lost.status_code, lost.json()["type"]) == (201, 409, "/problems/already-claimed")
    assert lost.json()["claimed_by"] == won.json()["claimed_by"]
    assert won.json()["claimed_by"] in lost.json()["detail"]


def test_claiming_one_s_own_item_again_changes_nothing(session: Session, town: Town, people: dict[str, Caller]):
    item = only_item(session, town, people, Step.CLASSIFY, "officer")

    statuses = [people["officer"].post(f"/work-items/{item}/claim").status_code for _ in range(2)]

    assert statuses == [201, 201]


def test_a_claimed_item_is_among_mine(session: Session, town: Town, people: dict[str, Caller]):
    item = only_item(session, town, people, Step.CLASSIFY, "officer")
    people["officer"].post(f"/work-items/{item}/claim")

    assert [line["id"] for line in inbox(people["officer"], "?mine=true")] == [item]
    assert inbox(people["second_officer"], "?mine=true") == []
    assert [line["claimed"] for line in inbox(people["second_officer"])] == [True]


def test_only_the_holder_releases_an_item(session: Session, town: Town, people: dict[str, Caller]):
    item = only_item(session, town, people, Step.CLASSIFY, "officer")
    people["officer"].post(f"/work-items/{item}/claim")

    refused = people["second_officer"].delete(f"/work-items/{item}/claim")
    released = people["officer"].delete(f"/work-items/{item}/claim")

    assert (refused.status_code, refused.json()["claimed_by"]) == (409, "应急办经办人甲")
    assert released.status_code == 200
    assert people["second_officer"].post(f"/work-items/{item}/claim").status_code == 201


@pytest.mark.parametrize("who", ["other_officer", "clerk", "principal", "villager"])
def test_an_item_of_another_inbox_is_not_found(session: Session, town: Town, people: dict[str, Caller], who: str):
    item = only_item(session, town, people, Step.CLASSIFY, "officer")

    answers = [people[who].post(f"/work-items/{item}/claim"), people[who].delete(f"/work-items/{item}/claim")]

    assert [answer.status_code for answer in answers] == [404, 404]


def test_an_item_vanishes_when_its_decision_is_taken(session: Session, town: Town, people: dict[str, Caller]):
    item = only_item(session, town, people, Step.TRIAGE, "clerk")
    no = inbox(people["clerk"])[0]["hazard_no"]

    people["clerk"].post(f"/hazards/{no}/acceptance", {"verifying_unit": "YJB"}, version=1)

    assert inbox(people["clerk"]) == []
    assert people["clerk"].post(f"/work-items/{item}/claim").status_code == 404


def test_an_enterprise_finds_only_its_own_items(session: Session, town: Town, people: dict[str, Caller]):
    carry_to(session, town, Step.CLASSIFY)
    planned = carry_to(session, town, Step.PLAN)
    session.commit()

    assert [item["hazard_no"] for item in inbox(people["principal"])] == [planned.no]
    assert [item["hazard_no"] for item in inbox(people["controller"])] == [planned.no]


@pytest.mark.parametrize("who", ["auditor", "district"])
def test_who_has_no_inbox_is_told_so(people: dict[str, Caller], who: str):
    answer = people[who].get("/work-items")

    assert (answer.status_code, answer.json()["type"]) == (403, "/problems/not-permitted")
