"""A request nobody decides in time is told to whoever may decide it and goes against them, never against the lead unit."""

from collections.abc import Sequence
from typing import Any

import pytest
from sqlalchemy import select
from sqlmodel import Session

from escalated import carry_out, live_deadlines, rungs_of, told_by
from handling import live_clocks, take
from histories import A_DAY
from models.errors import NotPermitted
from models.hazard import Hazard
from models.ladder import Ladder, Recipient
from models.permissions import Role
from models.requests import RequestKind as K
from models.stage import Clock, Step
from models.tables import HAZARD, LETTER, WORK_ITEM
from services import duties, escalations, policies
from services.seeding import read_data
from town import NOON, Town, add_person, carry_to, fetch, photo


@pytest.fixture
def voiding(session: Session, town: Town) -> Hazard:
    """A hazard in rectification whose voiding the committee office's clerk has asked for."""
    add_person(session, town, "second_clerk", "安委办经办人乙", Role.SC, "AWB", None, NOON - A_DAY)
    return take(session, town, carry_to(session, town, Step.WORK), K.VOIDING.ask, "clerk", at=NOON + 2 * A_DAY)


@pytest.mark.usefixtures("flows_here")
@pytest.mark.parametrize("level", [0, 1, 2, 3])
def test_each_level_tells_the_approvers_and_nobody_of_the_lead_unit(
    session: Session, town: Town, voiding: Hazard, level: int
):
    carry_out(session, _let_run(session, voiding, Clock.REQUEST, level)[-1:])

    told = told_by(session, f"escalation_{level}")
    assert {town.persons[who].id for who in ("second_clerk", "leader", "mayor", "director")} <= told
    assert not told & {town.persons[who].id for who in ("officer", "second_officer", "head", "principal")}


@pytest.mark.usefixtures("flows_here")
def test_the_one_who_asked_is_not_pressed_to_decide(session: Session, town: Town, voiding: Hazard):
    carry_out(session, _let_run(session, voiding, Clock.REQUEST, 1))

    assert town.persons["clerk"].id not in told_by(session, "escalation_1")


@pytest.mark.usefixtures("flows_here")
def test_the_letter_goes_to_the_approvers_who_answer_it(session: Session, town: Town, voiding: Hazard):
    carry_out(session, _let_run(session, voiding, Clock.REQUEST, 2))

    [letter] = session.execute(select(LETTER.c.body).where(LETTER.c.kind == "督办函")).scalars()
    [item] = _answers(session)
    assert letter.startswith("镇安委办、镇领导：")
    assert (set(item.roles.split()), item.unit_id) == ({Role.SC, Role.TL}, None)
    with pytest.raises(NotPermitted):
        duties.answer_letter(session, item.id, "不归我", by=town.head, at=NOON + 40 * A_DAY)
    duties.answer_letter(session, item.id, "材料不齐，本周决定", by=town.leader, at=NOON + 40 * A_DAY)


@pytest.mark.usefixtures("flows_here")
def test_an_extension_the_head_does_not_decide_goes_against_the_head(session: Session, town: Town):
    form = {"new_limit_on": "2026-10-20", "evidence": [photo(session, town.principal)]}
    hazard = take(
        session, town, carry_to(session, town, Step.WORK), K.EXTENSION.ask, "principal", at=NOON + A_DAY, **form
    )

    carry_out(session, _let_run(session, hazard, Clock.EXTENSION, 1)[-1:])

    assert told_by(session, "escalation_1") == {town.persons["head"].id}
    assert live_clocks(session, hazard)[Clock.EXTENSION].unit_id == town.units["YJB"].id


@pytest.mark.usefixtures("flows_here")
def test_under_a_ladder_of_before_the_approver_was_named_it_is_told_the_same(
    session: Session, town: Town, voiding: Hazard
):
    body = read_data("ladder.json")
    for row in body["ladders"]["approver"]:
        row["recipients"] = ["handler", "department_head"]
    assert Recipient.APPROVER not in Ladder.from_body("1", body).level("approver", 1).recipients
    version = policies.add_version(session, policies.PolicyKind.LADDER, body, source="修订前", at=NOON)
    session.execute(HAZARD.update().where(HAZARD.c.id == voiding.id).values(ladder_version=version))
    hazard = take(session, town, fetch(session, voiding), K.LONG_LIMIT.ask, "clerk", at=NOON + 3 * A_DAY)

    deadline = next(row for row in _requests(session, hazard) if row.ladder_version == version)
    carry_out(session, escalations.fire_due_rungs(session, deadline.id, at=rungs_of(session, deadline)[1].at)[-1:])

    told = told_by(session, "escalation_1")
    assert town.persons["leader"].id in told
    assert not told & {town.persons["officer"].id, town.persons["head"].id}


def _let_run(session: Session, hazard: Hazard, clock: Clock, level: int) -> list[tuple[str, str]]:
    deadline = live_clocks(session, hazard)[clock]
    return escalations.fire_due_rungs(session, deadline.id, at=rungs_of(session, deadline)[level].at)


def _requests(session: Session, hazard: Hazard) -> Sequence[Any]:

    return [row for row in live_deadlines(session, hazard) if row.clock == Clock.REQUEST]


def _answers(session: Session) -> Sequence[Any]:
    return session.execute(select(WORK_ITEM).where(WORK_ITEM.c.kind == Clock.ANSWER)).all()
