"""The standing deputy of a unit stands in while its head is marked absent."""

from typing import Any

import pytest
from sqlmodel import Session

from colleagues import days, events, id_of, pass_review
from models.audit import OFFICE
from models.stage import Step
from office_api import Caller, assert_refused
from town import Town, carry_to


@pytest.fixture
def judged(session: Session, town: Town) -> Any:
    hazard = carry_to(session, town, Step.JUDGE)
    session.commit()
    return hazard


def name(caller: Caller, town: Town, who: str, unit: str = "YJB") -> Any:
    return caller.put(f"/units/{unit}/deputy", {"person": id_of(town, who)})


def mark(caller: Caller, town: Town, who: str = "head", unit: str = "YJB", **changes: Any) -> Any:
    return caller.post(f"/units/{unit}/absences", {"person": id_of(town, who), **days(), **changes})


def test_the_deputy_decides_on_the_head_s_behalf_while_the_head_is_absent(
    session: Session, town: Town, people: dict[str, Caller], judged: Any
):
    deputy = people["second_officer"]
    assert name(people["head"], town, "second_officer").json()["name"] == "应急办经办人乙"
    assert_refused(pass_review(deputy, judged), 403, "not-permitted")

    absence = mark(people["clerk"], town)
    assert absence.status_code == 201, absence.text
    assert pass_review(deputy, judged).status_code == 201
    [event] = events(session, judged.id, "PASS")
    assert [one["person"] for one in event["actor"]["on_behalf_of"]] == [id_of(town, "head")]
    assert deputy.get("/units/YJB/deputy").json()["person"] == id_of(town, "second_officer")


def test_an_absence_ended_ends_the_deputy_s_powers_at_once(town: Town, people: dict[str, Caller], judged: Any):
    name(people["head"], town, "second_officer")
    absence = mark(people["clerk"], town).json()["id"]

    assert_refused(people["other_head"].delete(f"/delegations/{absence}"), 403, "not-permitted")
    assert people["clerk"].delete(f"/delegations/{absence}").status_code == 200
    assert_refused(pass_review(people["second_officer"], judged), 403, "not-permitted")


def test_a_deputy_who_has_rechecked_does_not_judge_for_the_head(town: Town, people: dict[str, Caller], judged: Any):
    name(people["head"], town, "officer")

    absence = mark(people["clerk"], town)

    assert [row["no"] for row in absence.json()["undecidable"]] == [judged.no]
    assert_refused(pass_review(people["officer"], judged), 409, "four-eyes")


def test_an_absence_under_way_goes_on_with_a_new_deputy(town: Town, people: dict[str, Caller], judged: Any):
    name(people["head"], town, "officer")
    mark(people["head"], town)

    name(people["clerk"], town, "second_officer")

    assert_refused(pass_review(people["officer"], judged), 403, "not-permitted")
    assert pass_review(people["second_officer"], judged).status_code == 201


def test_who_may_name_a_deputy_and_mark_an_absence(session: Session, town: Town, people: dict[str, Caller]):
    assert_refused(mark(people["clerk"], town), 422, "gate-not-met")
    assert_refused(name(people["other_head"], town, "second_officer"), 403, "not-permitted")
    assert_refused(name(people["officer"], town, "officer"), 403, "not-permitted")
    for who in ("other_officer", "principal", "villager"):
        assert_refused(name(people["head"], town, who), 422, "invalid-input")
    assert_refused(name(people["clerk"], town, "second_officer", unit="NOWHERE"), 422, "invalid-input")

    assert name(people["clerk"], town, "second_officer").status_code == 200
    assert_refused(mark(people["other_head"], town), 403, "not-permitted")
    for who, changes in (("officer", {}), ("second_officer", {}), ("head", days(0, 60)), ("head", days(2, 1))):
        assert_refused(mark(people["clerk"], town, who, **changes), 422, "invalid-input")
    assert mark(people["head"], town).status_code == 201
    assert_refused(mark(people["clerk"], town), 422, "invalid-input")
    assert len(events(session, OFFICE, "DEPUTY_NAMED")) == 1


def test_a_deputy_does_not_prolong_the_head_s_absence(town: Town, people: dict[str, Caller]):
    name(people["head"], town, "second_officer")
    mark(people["head"], town, **days(0, 1))

    assert_refused(mark(people["second_officer"], town, **days(2, 9)), 403, "not-permitted")


def test_a_deputy_withdrawn_ends_the_absence_and_is_on_record(
    session: Session, town: Town, people: dict[str, Caller], judged: Any
):
    name(people["head"], town, "second_officer")
    mark(people["clerk"], town)
    assert_refused(people["other_head"].delete("/units/YJB/deputy"), 403, "not-permitted")

    answer = people["head"].delete("/units/YJB/deputy")

    assert (answer.status_code, answer.json()["person"]) == (200, None)
    assert_refused(pass_review(people["second_officer"], judged), 403, "not-permitted")
    assert_refused(people["head"].delete("/units/YJB/deputy"), 404, "not-found")
    assert len(events(session, OFFICE, "DEPUTY_WITHDRAWN")) == 1
