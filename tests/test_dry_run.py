"""What a draft of rules, ladder or calendar would move, and what it must leave alone."""

import copy
from datetime import timedelta
from typing import Any

import pytest
from sqlmodel import Session

from escalated import carry_out, fire_level
from handling import live_clocks
from models.calendar import WorkCalendar, chinese_calendar_body
from models.ladder import Ladder
from models.rules import DeadlineRules
from models.stage import Clock, Step
from services import dry_run
from services.dry_run import Draft
from services.seeding import read_data
from town import NOON, Town, carry_to, report

TICK = timedelta(microseconds=1)


def ladder(**offsets: int) -> Draft:
    """The ladder that ships, the first level of these parties or limits at another time."""
    body = copy.deepcopy(read_data("ladder.json"))
    for key, offset in offsets.items():
        body["ladders"][key][0]["offset"] = offset
        body["ladders"][key][0]["share"] = 0.1
    return Draft(ladder=Ladder.from_body("草案", body))


def rules(**numbers: int) -> Draft:
    body = copy.deepcopy(read_data("deadline_rules.json"))
    for row in body["rules"]:
        row["number"] = numbers.get(row["key"], row["number"])
    return Draft(rules=DeadlineRules.from_body("草案", body))


def moved(session: Session, draft: Draft, *, at: Any) -> set[Clock]:
    return {shift.clock for shift in dry_run.shifts(session, draft, at=at)}


@pytest.mark.usefixtures("flows_here")
@pytest.mark.parametrize("draft", [ladder(), Draft(calendar=WorkCalendar.from_body("草案", chinese_calendar_body()))])
def test_a_draft_that_says_the_same_moves_nothing_not_even_a_letters_answer(session: Session, town: Town, draft: Draft):
    hazard = carry_to(session, town, Step.RECHECK)
    carry_out(session, fire_level(session, hazard, 2)[-1:])
    answer = live_clocks(session, hazard)[Clock.ANSWER]

    assert moved(session, draft, at=answer.start_at) == set()


def test_only_the_limits_whose_levels_the_draft_changes_are_listed(session: Session, town: Town):
    carry_to(session, town, Step.PLAN)

    assert moved(session, ladder(plan=-3), at=NOON) == {Clock.PLAN}
    assert moved(session, ladder(unit=-9), at=NOON) == {Clock.RECTIFICATION}


def test_a_limit_that_has_passed_stays_passed(session: Session, town: Town):
    """F-18: what is late is not made timely by a longer limit, however many agree."""
    due_at = live_clocks(session, report(session, town))[Clock.TRIAGE].due_at

    assert moved(session, rules(triage=9), at=due_at) == {Clock.TRIAGE}
    assert moved(session, rules(triage=9), at=due_at + TICK) == set()
