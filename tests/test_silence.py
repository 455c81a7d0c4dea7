"""Nobody answers, nobody decides, nobody may move: who hears of it, and who does not."""

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select, update
from sqlmodel import Session

from escalated import carry_out, fire_level, fired_levels, live_deadlines, rungs_of, told_by
from handling import live_clocks, open_duties, settle, take
from histories import A_DAY
from models.hazard import Hazard
from models.process import DecisionCode as D
from models.requests import RequestKind as K
from models.stage import Clock, Step
from models.tables import DEADLINE, ESCALATION, HAZARD, LETTER
from services import escalations, policies
from services.seeding import read_data
from town import NOON, Town, add_second_clerk, carry_to, fetch, photo

HOUR = timedelta(hours=1)


@pytest.fixture
def asked(session: Session, town: Town) -> Hazard:
    """At verification; the committee office's clerk has asked for the entry to be voided."""
    add_second_clerk(session, town, NOON - A_DAY)
    return take(session, town, carry_to(session, town, Step.CLASSIFY), K.VOIDING.ask, "clerk", at=NOON + A_DAY)


@pytest.mark.usefixtures("flows_here")
@pytest.mark.parametrize("level", [0, 1, 2, 3])
def test_each_level_of_a_late_decision_tells_the_approvers_and_nobody_of_the_unit(
    session: Session, town: Town, asked: Hazard, level: int
):
    carry_out(session, _let_run(session, asked, Clock.REQUEST, level)[-1:])

    told = told_by(session, f"escalation_{level}")
    assert _people(town, "second_clerk", "leader", "mayor", "director") <= told
    assert not told & _people(town, "officer", "second_officer", "head", "principal")


@pytest.mark.usefixtures("flows_here")
def test_the_one_who_asked_is_not_pressed_to_decide(session: Session, town: Town, asked: Hazard):
    carry_out(session, _let_run(session, asked, Clock.REQUEST, 0))

    assert town.persons["clerk"].id not in told_by(session, "escalation_0")


@pytest.mark.usefixtures("flows_here")
def test_under_a_ladder_of_before_the_approver_was_named_they_are_told_the_same(
    session: Session, town: Town, asked: Hazard
):
    body = read_data("ladder.json")
    for row in body["ladders"]["approver"]:
        row["recipients"] = ["handler", "department_head"]
    version = policies.add_version(session, policies.PolicyKind.LADDER, body, source="修订前", at=NOON)
    session.execute(update(HAZARD).where(HAZARD.c.id == asked.id).values(ladder_version=version))
    session.execute(update(DEADLINE).where(DEADLINE.c.hazard_id == asked.id).values(ladder_version=version))

    carry_out(session, _let_run(session, asked, Clock.REQUEST, 1)[-1:])

    told = told_by(session, "escalation_1")
    assert town.persons["leader"].id in told
    assert not told & _people(town, "officer", "second_officer", "head")


@pytest.mark.usefixtures("flows_here")
def test_a_letter_carried_out_after_the_hazards_end_asks_nobody_for_an_answer(session: Session, town: Town):
    hazard = carry_to(session, town, Step.CLASSIFY)
    messages = fire_level(session, hazard, 2)
    settle(session, town, hazard, K.VOIDING, "clerk", "leader", at=NOON + 60 * A_DAY)

    carry_out(session, messages)

    assert open_duties(session, hazard) == {}
    assert live_deadlines(session, hazard) == []


@pytest.mark.usefixtures("flows_here")
def test_an_unanswered_letter_raises_the_limit_that_took_the_place_of_the_one_it_is_about(session: Session, town: Town):
    hazard = carry_to(session, town, Step.WORK)
    old = _limit(session, hazard)
    form = {"new_limit_on": "2026-11-10", "evidence": [photo(session, town.principal)]}
    hazard = take(session, town, hazard, K.EXTENSION.ask, "principal", at=NOON + 2 * A_DAY, **form)
    carry_out(session, _raised(session, town, hazard, old))
    hazard = take(session, town, hazard, D.EXTENSION_OPINION, "officer", at=NOON + 3 * A_DAY)
    hazard = take(session, town, fetch(session, hazard), K.EXTENSION.grant, "head", at=NOON + 4 * A_DAY)
    answer = live_clocks(session, hazard)[Clock.ANSWER]

    carry_out(session, escalations.fire_due_rungs(session, answer.id, at=answer.due_at + HOUR))

    newest = fired_levels(session, hazard, Clock.RECTIFICATION)[-1]
    assert (newest.level, newest.deadline_id) == (3, _limit(session, hazard).id)
    bodies = session.execute(select(LETTER.c.body).where(LETTER.c.kind == "约谈通知")).scalars().all()
    assert ["逾期" in body for body in bodies] == [False]


def test_a_level_nobody_acknowledged_is_not_repeated_while_an_accident_is_looked_into(session: Session, town: Town):
    open_one = carry_to(session, town, Step.WORK)
    first = rungs_of(session, _limit(session, open_one))[0].at
    escalations.fire_due_rungs(session, _limit(session, open_one).id, at=first)
    frozen = take(session, town, open_one, D.FREEZE, "officer", at=first + HOUR)
    [row] = fired_levels(session, frozen, Clock.RECTIFICATION)

    assert escalations.tell_again(session, row.id, at=first + 2 * A_DAY) is None

    take(session, town, fetch(session, frozen), D.UNFREEZE, "leader", at=first + 3 * A_DAY)
    assert escalations.tell_again(session, row.id, at=first + 4 * A_DAY) is not None
    assert session.execute(select(ESCALATION.c.repeats).where(ESCALATION.c.id == row.id)).scalar_one() == 1


def _let_run(session: Session, hazard: Hazard, clock: Clock, level: int) -> list[tuple[str, str]]:
    deadline = live_clocks(session, hazard)[clock]
    return escalations.fire_due_rungs(session, deadline.id, at=rungs_of(session, deadline)[level].at)


def _raised(session: Session, town: Town, hazard: Hazard, deadline: Any) -> list[tuple[str, str]]:
    """The letter's level of a limit, raised before its time."""
    message = escalations.raise_to(
        session, hazard.id, deadline.id, 2, reason="整改停滞", by=town.head, at=NOON + 3 * A_DAY
    )
    return [(hazard.no, message)] if message else []


def _limit(session: Session, hazard: Hazard) -> Any:
    return live_clocks(session, hazard)[Clock.RECTIFICATION]


def _people(town: Town, *who: str) -> set[str]:
    return {town.persons[one].id for one in who}
