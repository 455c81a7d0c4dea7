"""Whom a level of the ladder tells: the offices it names, as they are held when it fires."""

from typing import Any

import pytest
from sqlalchemy import delete, select
from sqlmodel import Session, col

from escalated import LATE_AT, carry_out, fire_level, live_deadlines, rungs_of, told_by
from handling import take
from models import RoleGrant
from models.permissions import Role
from models.process import DecisionCode as D
from models.stage import Step
from models.tables import LETTER, NOTICE
from services import escalations
from services.seeding import read_data
from town import NOON, Town, add_person, carry_to

SEATS: dict[str, tuple[str, ...]] = {
    "rectifier": ("principal", "controller"), "principal": ("principal",), "actual_controller": ("controller",),
    "handler": ("officer", "second_officer"), "department_head": ("head",), "deputy_leader": ("leader",), "town_leader": ("mayor",),
    "committee_director": ("director",), "committee_office": ("clerk",), "district_department": ("district",), "district_office": (),
}  # fmt: skip
"""Who in 临江镇 holds the office a level addresses; the district's committee office is vacant."""
LEVELS = [(against, row) for against in LATE_AT for row in read_data("ladder.json")["ladders"][against]]


@pytest.mark.usefixtures("flows_here")
@pytest.mark.parametrize(
    ("against", "level"), LEVELS, ids=lambda value: value if isinstance(value, str) else str(value["level"])
)
def test_each_level_tells_the_people_the_ladder_names(
    session: Session, town: Town, against: str, level: dict[str, Any]
):
    hazard = carry_to(session, town, LATE_AT[against])
    messages = fire_level(session, hazard, level["level"])

    carry_out(session, messages[-1:])

    named = {town.actors[who].person_id for office in level["recipients"] for who in SEATS[office]}
    assert told_by(session, f"escalation_{level['level']}") == named


@pytest.mark.usefixtures("flows_here")
@pytest.mark.parametrize(
    "step", [Step.CLASSIFY, Step.CONFIRM_MAJOR, Step.SIGN, Step.PLAN_REVIEW, Step.RECHECK, Step.JUDGE]
)
def test_a_departments_lateness_addresses_the_department_never_the_enterprise(session: Session, town: Town, step: Step):
    hazard = carry_to(session, town, step)
    deadline = next(row for row in live_deadlines(session, hazard) if row.against == "department")

    for level in range(5):
        rung = rungs_of(session, deadline)[level]
        carry_out(session, escalations.fire_due_rungs(session, deadline.id, at=rung.at)[-1:])

    told = {row.person_id for row in session.execute(select(NOTICE))}
    letters = session.execute(select(LETTER)).all()
    assert told & {town.principal.person_id, town.controller.person_id} == set()
    assert {town.head.person_id, town.officer.person_id} <= told
    assert [letter.body.split("：")[0] for letter in letters] == ["应急办"] * 3


@pytest.mark.usefixtures("flows_here")
@pytest.mark.parametrize(
    ("step", "addressee"),
    [(Step.TRIAGE, "镇安委办"), (Step.ASSIGN, "镇安委办"), (Step.GATE, "镇安委办"), (Step.WORK, "某生物颗粒有限公司")],
)
def test_a_letter_addresses_whoever_is_late(session: Session, town: Town, step: Step, addressee: str):
    hazard = carry_to(session, town, step)

    carry_out(session, fire_level(session, hazard, 2)[-1:])

    [letter] = session.execute(select(LETTER)).all()
    assert (letter.kind, letter.body.split("：")[0]) == ("督办函", addressee)


@pytest.mark.usefixtures("flows_here")
def test_a_vacant_office_is_told_to_the_committee_office_and_the_leaders(session: Session, town: Town):
    hazard = carry_to(session, town, Step.RECHECK)
    session.execute(delete(RoleGrant).where(col(RoleGrant.person_id) == town.head.person_id))

    carry_out(session, fire_level(session, hazard, 1)[-1:])

    of_level, of_next = {"officer", "second_officer"}, {"leader", "clerk"}
    assert told_by(session, "escalation_1") == {town.actors[who].person_id for who in of_level | of_next}
    assert told_by(session, "vacancy") == {town.clerk.person_id, town.leader.person_id, town.director.person_id}
    assert (
        "部门负责人" in session.execute(select(NOTICE.c.body).where(NOTICE.c.topic == "vacancy").limit(1)).scalar_one()
    )


@pytest.mark.usefixtures("flows_here")
def test_with_nobody_left_to_tell_the_next_level_with_somebody_is_told(session: Session, town: Town):
    hazard = carry_to(session, town, Step.RECHECK)
    session.execute(delete(RoleGrant).where(col(RoleGrant.unit_id) == town.units["YJB"].id))

    carry_out(session, fire_level(session, hazard, 0)[-1:])

    assert told_by(session, "escalation_0") == {town.leader.person_id, town.clerk.person_id}


@pytest.mark.usefixtures("flows_here")
def test_a_new_holder_of_an_office_is_told_from_then_on(session: Session, town: Town):
    hazard = carry_to(session, town, Step.RECHECK)
    session.execute(delete(RoleGrant).where(col(RoleGrant.person_id) == town.head.person_id))
    add_person(session, town, "new_head", "应急办负责人乙", Role.DH, "YJB", None, NOON)

    carry_out(session, fire_level(session, hazard, 1)[-1:])

    assert town.new_head.person_id in told_by(session, "escalation_1")
    assert town.head.person_id not in told_by(session, "escalation_1")


@pytest.mark.usefixtures("flows_here")
@pytest.mark.parametrize("level", [0, 1, 2, 3])
def test_whoever_should_have_decided_a_request_is_told_of_its_lateness_not_the_lead_unit(
    session: Session, town: Town, level: int
):
    hazard = take(session, town, carry_to(session, town, Step.CLASSIFY), D.ASK_VOIDING, "clerk")
    deadline = next(row for row in live_deadlines(session, hazard) if row.against == "approver")

    messages = escalations.fire_due_rungs(session, deadline.id, at=rungs_of(session, deadline)[level].at)
    carry_out(session, messages[-1:])

    told = told_by(session, f"escalation_{level}")
    assert town.actors["leader"].person_id in told
    assert told & {town.actors[who].person_id for who in ("officer", "head", "principal")} == set()
    letters = session.execute(select(LETTER)).all()
    assert [letter.body.split("：")[0] for letter in letters] == (["镇安委办、镇领导"] if level > 1 else [])
