"""Limits that have levels of their own, and the second warning on one hazard, which is a letter."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select
from sqlmodel import Session

from escalated import carry_out, rungs_of, told_by
from handling import live_clocks, outcomes, settle, take
from models.hazard import Hazard
from models.ladder import OWN_LADDERS, Ladder
from models.limits import add_working_days
from models.process import DecisionCode as D
from models.requests import RequestKind as K
from models.rules import AGAINST
from models.stage import Clock, Step
from models.tables import ESCALATION, LETTER, NOTICE
from services import escalations, policies
from services.escalations import SECOND_WARNING
from services.seeding import read_data
from town import NOON, Town, carry_to, photo

A_DAY, TICK = timedelta(days=1), timedelta(microseconds=1)


@pytest.fixture
def hazard(session: Session, town: Town) -> Hazard:
    return carry_to(session, town, Step.WORK)


def fire(session: Session, hazard: Hazard, clock: Clock, *, at: datetime | None = None) -> list[tuple[str, str]]:
    """Sweep one clock, by default when it warns."""
    deadline = live_clocks(session, hazard)[clock]
    return escalations.fire_due_rungs(session, deadline.id, at=at or rungs_of(session, deadline)[1].at)


def told(session: Session, deadline: Any) -> list[tuple[int, str]]:
    """The levels of a deadline that people heard of, and why before their time."""
    rows = session.execute(
        select(ESCALATION).where(ESCALATION.c.deadline_id == deadline.id).order_by(ESCALATION.c.level)
    )
    return [(row.level, row.because) for row in rows if escalations.was_told(session, row.id)]


@pytest.mark.parametrize(("step", "clock"), [(Step.PLAN, Clock.PLAN), (Step.WORK, Clock.PROGRESS)])
def test_a_plan_or_a_report_not_handed_in_is_a_warning_and_after_three_working_days_a_letter(
    session: Session, town: Town, step: Step, clock: Clock
):
    deadline = live_clocks(session, carry_to(session, town, step))[clock]

    times = {rung.level: rung.at for rung in rungs_of(session, deadline)}

    calendar = policies.calendar(session, deadline.calendar_version)
    assert (times[1], times[2]) == (deadline.due_at, add_working_days(deadline.due_at, 3, calendar))
    assert deadline.against == "unit"


@pytest.mark.usefixtures("flows_here")
def test_where_people_are_in_danger_a_verification_not_made_goes_to_the_third_level_at_once(
    session: Session, town: Town
):
    hazard = carry_to(session, town, Step.CLASSIFY, urgent=True, persons_exposed=3, immediate_measures="已撤人")
    deadline = live_clocks(session, hazard)[Clock.URGENT_VERIFICATION]

    carry_out(session, fire(session, hazard, Clock.URGENT_VERIFICATION, at=deadline.due_at))

    assert told(session, deadline) == [(3, "")]
    assert {town.director.person_id, town.leader.person_id} <= told_by(session, "escalation_3")
    assert [row.kind for row in session.execute(select(LETTER))] == ["约谈通知"]


@pytest.mark.usefixtures("flows_here")
def test_the_second_warning_on_a_hazard_is_a_letter(session: Session, town: Town, hazard: Hazard):
    first, second = (live_clocks(session, hazard)[clock] for clock in (Clock.PROGRESS, Clock.RECTIFICATION))
    carry_out(session, fire(session, hazard, Clock.PROGRESS))

    carry_out(session, fire(session, hazard, Clock.RECTIFICATION))

    assert (told(session, first), told(session, second)) == ([(1, "")], [(2, SECOND_WARNING)])
    [letter] = session.execute(select(LETTER)).all()
    assert (letter.kind, "“整改”" in letter.body, "逾期" in letter.body) == ("督办函", True, False)
    bodies = session.execute(select(NOTICE.c.body).where(NOTICE.c.topic == "escalation_1")).scalars().all()
    assert all("“报告进展”的期限" in body for body in bodies)


def test_after_the_second_warning_the_later_levels_come_in_their_time(session: Session, hazard: Hazard):
    fire(session, hazard, Clock.PROGRESS)
    fire(session, hazard, Clock.RECTIFICATION)
    limit = live_clocks(session, hazard)[Clock.RECTIFICATION]
    third = rungs_of(session, limit)[3].at

    assert escalations.fire_due_rungs(session, limit.id, at=third - TICK) == []
    escalations.fire_due_rungs(session, limit.id, at=third)

    assert [level for level, _ in told(session, limit)] == [2, 3]


def test_a_warning_of_a_limit_reported_in_time_since_counts_all_the_same(session: Session, town: Town, hazard: Hazard):
    fire(session, hazard, Clock.PROGRESS)
    hazard = take(session, town, hazard, D.PROGRESS, "principal", at=NOON + 9 * A_DAY)
    assert outcomes(session, hazard, Clock.PROGRESS) == ["LATE", None]

    fire(session, hazard, Clock.RECTIFICATION)

    assert told(session, live_clocks(session, hazard)[Clock.RECTIFICATION]) == [(2, SECOND_WARNING)]


def test_one_limit_warned_of_before_and_after_its_extension_is_one_warning(
    session: Session, town: Town, hazard: Hazard
):
    """F-17."""
    at = rungs_of(session, live_clocks(session, hazard)[Clock.RECTIFICATION])[1].at
    fire(session, hazard, Clock.RECTIFICATION, at=at)
    form = {"new_limit_on": "2026-11-20", "late_reason": "设备到货推迟", "evidence": [photo(session, town.principal)]}
    hazard = settle(session, town, hazard, K.EXTENSION, "principal", "head", at=at + timedelta(hours=9), **form)

    fire(session, hazard, Clock.RECTIFICATION)

    assert told(session, live_clocks(session, hazard)[Clock.RECTIFICATION]) == [(1, "")]


def test_a_departments_warning_and_the_enterprises_are_not_counted_together(session: Session, town: Town):
    hazard = carry_to(session, town, Step.PLAN_REVIEW)
    fire(session, hazard, Clock.PLAN_REVIEW)

    fire(session, hazard, Clock.RECTIFICATION)

    assert told(session, live_clocks(session, hazard)[Clock.RECTIFICATION]) == [(1, "")]


def test_a_missed_warning_that_a_letter_overtook_is_none(session: Session, hazard: Hazard):
    """After downtime people hear of the highest level; what they did not hear of warned nobody."""
    late = rungs_of(session, live_clocks(session, hazard)[Clock.PROGRESS])[2].at
    fire(session, hazard, Clock.PROGRESS, at=late)

    fire(session, hazard, Clock.RECTIFICATION)

    assert told(session, live_clocks(session, hazard)[Clock.RECTIFICATION]) == [(1, "")]


def test_who_asks_for_a_second_extension_is_asked_to_the_talk(session: Session, town: Town, hazard: Hazard):
    form = {"late_reason": "设备到货推迟", "evidence": [photo(session, town.principal)]}
    at = NOON + 2 * A_DAY
    first = form | {"new_limit_on": "2026-10-20"}
    hazard = settle(session, town, hazard, K.EXTENSION, "principal", "head", at=at, **first)

    hazard = take(session, town, hazard, K.LAST_EXTENSION.ask, "principal", at=at, new_limit_on="2026-10-30", **form)

    assert told(session, live_clocks(session, hazard)[Clock.RECTIFICATION]) == [(3, "申请第二次延期")]


def test_refusal_goes_to_the_highest_level_at_once(session: Session, town: Town, hazard: Hazard):
    hazard = take(session, town, hazard, D.TO_ENFORCEMENT, "officer")

    assert [level for level, _ in told(session, live_clocks(session, hazard)[Clock.RECTIFICATION])] == [4]


def test_a_feigned_removal_goes_to_the_highest_level_at_once(session: Session, town: Town):
    hazard = carry_to(session, town, Step.CLOSED)

    hazard = settle(
        session, town, hazard, K.REOPENING, "officer", "clerk", at=NOON + 9 * A_DAY, ground="FALSE_RECTIFICATION"
    )

    assert told(session, live_clocks(session, hazard)[Clock.ENFORCEMENT]) == [(4, "虚假整改")]


def test_a_ladder_of_before_needs_no_levels_of_single_limits():
    body = read_data("ladder.json")
    old = Ladder.from_body("1", {"ladders": {party: body["ladders"][party] for party in AGAINST}})

    assert old.of(Clock.PLAN, "unit") == old.of("", "unit") == Ladder.from_body("2", body).of("", "unit")
    assert set(body["ladders"]) - set(AGAINST) <= OWN_LADDERS


@pytest.mark.parametrize("key", ["tea_break", Clock.ANSWER])
def test_levels_for_a_limit_nobody_knows_are_refused(key: str):
    body = read_data("ladder.json")
    body["ladders"][key] = body["ladders"]["unit"]

    with pytest.raises(ValueError, match="levels are needed against"):
        Ladder.from_body("2", body)
