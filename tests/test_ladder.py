"""The ladder as it is shipped, the times of its levels, and the deadline rules beside it."""

import json
from collections.abc import Callable
from copy import deepcopy
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.calendar import WorkCalendar, chinese_calendar_body
from models.errors import RuleUnknown
from models.ladder import Ladder, rungs
from models.limits import ZONE, Limit, Unit, due, end_of
from models.rules import AGAINST, DeadlineRules
from models.stage import Clock

CALENDAR = WorkCalendar.from_body("1", chinese_calendar_body())
DATA = Path(__file__).parents[1] / "models" / "data"
LADDER_BODY = json.loads((DATA / "ladder.json").read_text(encoding="utf-8"))
RULES_BODY = json.loads((DATA / "deadline_rules.json").read_text(encoding="utf-8"))
LADDER = Ladder.from_body("1", LADDER_BODY)
RULES = DeadlineRules.from_body("1", RULES_BODY)
MONDAY = datetime(2026, 3, 2, 10, tzinfo=ZONE)
INSTANTS = st.datetimes(datetime(2004, 1, 1), datetime(2030, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001  # the zone is the strategy's
LIMITS = st.builds(Limit, st.integers(1, 120), st.sampled_from(Unit), st.just("本系统默认"), st.just("design"))
Change = Callable[[dict[str, Any]], Any]


@given(INSTANTS, LIMITS, st.sampled_from(AGAINST))
def test_levels_come_in_order_and_none_before_the_start(start, limit, against):
    """F-13."""
    found = rungs(start, due(start, limit, CALENDAR).due_at, LADDER.of("", against), CALENDAR)

    assert [rung.level for rung in found] == [0, 1, 2, 3, 4]
    assert all(earlier.at <= later.at for earlier, later in pairwise(found))
    assert start <= found[0].at


@given(INSTANTS, st.timedeltas(timedelta(days=-30), timedelta(days=30)), st.sampled_from(AGAINST))
def test_levels_keep_their_order_whatever_the_due_time(start, length, against):
    """F-13, also for a due time that a paper form put before the start."""
    found = rungs(start, start + length, LADDER.of("", against), CALENDAR)

    assert all(earlier.at <= later.at for earlier, later in pairwise(found))
    assert start <= found[0].at


def test_a_long_limit_of_the_enterprise_warns_five_and_three_working_days_before():
    ends = due(MONDAY, RULES.limit("rectification").limit, CALENDAR).due_at

    days = [rung.at.astimezone(ZONE).date() for rung in rungs(MONDAY, ends, LADDER.of("", "unit"), CALENDAR)]

    assert ends == end_of(date(2026, 5, 6))
    assert days == [date(2026, 4, 24), date(2026, 4, 28), date(2026, 5, 6), date(2026, 5, 12), date(2026, 5, 26)]


def test_a_short_limit_warns_after_its_share_and_not_at_once():
    ends = MONDAY + timedelta(hours=8)

    assert [rung.at for rung in rungs(MONDAY, ends, LADDER.of("", "unit"), CALENDAR)][:3] == [
        MONDAY + timedelta(hours=4), MONDAY + timedelta(hours=6), ends,
    ]  # fmt: skip


@pytest.mark.parametrize("against", ["department", "committee", "approver"])
def test_an_offices_lateness_is_a_warning_when_it_begins_and_a_letter_two_working_days_later(against: str):
    ends = end_of(date(2026, 3, 13))

    found = {rung.level: rung.at for rung in rungs(MONDAY, ends, LADDER.of("", against), CALENDAR)}

    assert found[0] == end_of(date(2026, 3, 12))
    assert found[1] == ends
    assert [found[level] for level in (2, 3, 4)] == [
        end_of(day) for day in (date(2026, 3, 17), date(2026, 3, 20), date(2026, 4, 3))
    ]


@pytest.mark.parametrize("against", AGAINST)
def test_every_letter_has_a_limit_to_answer_it_and_nothing_else_has(against: str):
    levels = LADDER.of("", against)

    assert [bool(level.letter) for level in levels] == [False, False, True, True, True]
    assert [level.answer_days > 0 for level in levels] == [False, False, True, True, True]
    assert levels[2].answer_days == RULES.limit("answer_letter").limit.number


def _first(body: dict[str, Any]) -> dict[str, Any]:
    return body["ladders"]["unit"][1]


@pytest.mark.parametrize(
    ("change", "wrong"),
    [
        (lambda body: body["ladders"].pop("approver"), "against unit, department, committee, approver"),
        (lambda body: body["ladders"]["unit"].pop(1), "without gaps"),
        (lambda body: _first(body).pop("name"), "level 1: name missing"),
        (lambda body: _first(body).update(recipients=["boss"]), "level 1: nobody is called boss"),
        (lambda body: _first(body).update(recipients=[]), "level 1: .*somebody is told"),
        (lambda body: _first(body).update(share=1.5), "level 1: share is from 0 to 1"),
        (lambda body: _first(body).update(offset=-2.5), "level 1: .*days are whole"),
        (lambda body: _first(body).update(offset=-9), "高一级不能早于低一级"),
    ],
)
def test_a_ladder_that_cannot_work_is_refused_by_name(change: Change, wrong: str):
    body = deepcopy(LADDER_BODY)
    change(body)

    with pytest.raises(ValueError, match=wrong):
        Ladder.from_body("2", body)


@pytest.mark.parametrize(
    ("change", "wrong"),
    [
        (lambda row: row.pop("basis"), "'triage': basis missing"),
        (lambda row: row.update(unit="days"), "'triage': 'days'"),
        (lambda row: row.update(number=0), "'triage': a limit of 0 units"),
        (lambda row: row.update(against="nobody"), "'triage': against"),
        (lambda row: row.update(certainty="sure"), "'triage': .*certainty"),
        (lambda row: row.update(key="plan"), "'plan' is given twice"),
    ],
)
def test_a_rule_that_cannot_work_is_refused_by_name(change: Change, wrong: str):
    body = deepcopy(RULES_BODY)
    change(body["rules"][0])

    with pytest.raises(ValueError, match=wrong):
        DeadlineRules.from_body("2", body)


LIMITS_OF_THE_TABLE = {
    "triage": "1 WD", "urgent_triage": "2 H", "verification": "5 WD", "public_handling": "30 CD", "public_handling_longest": "90 CD",
    "reporter_answer": "5 WD", "receipt": "1 WD", "inform": "1 WD", "plan": "5 WD", "plan_review": "3 WD", "rectification": "60 CD",
    "rectification_longest": "90 CD", "listed_long_works": "365 CD", "progress": "7 CD", "long_works_progress": "30 CD",
    "extension_lead": "20 WD", "short_extension_lead": "3 WD", "extension_decision": "10 WD", "short_extension_decision": "3 WD",
    "review": "10 CD", "gate": "3 WD", "report_listing": "3 WD", "publish_listing": "5 WD", "publish_delisting": "5 WD",
    "warning_plate": "5 WD", "look_back_30": "30 CD", "look_back_90": "90 CD", "power_cut_notice": "24 H", "sealing": "30 CD",
    "sealing_extension": "30 CD", "quarterly_statistics": "15 CD", "annual_statistics": "31 CD", "campaign_progress": "92 CD",
    "principal_check": "92 CD", "principal_check_high_risk": "31 CD",
}  # fmt: skip
"""The table of time limits for configuration, row by row; what is due once a quarter or a month has its longest one."""


def test_every_row_of_the_table_of_limits_is_there_with_its_figure():
    shipped = {row["key"]: f"{row['number']} {row['unit']}" for row in RULES_BODY["rules"]}

    assert {key: shipped.get(key) for key in LIMITS_OF_THE_TABLE} == LIMITS_OF_THE_TABLE


@pytest.mark.parametrize("clock", list(Clock))
def test_every_clock_has_its_rule(clock: Clock):
    assert RULES.limit(clock).against in AGAINST


def test_a_rule_that_is_not_there_is_a_named_error():
    with pytest.raises(RuleUnknown, match="没有“tea_break”"):
        RULES.limit("tea_break")


def test_what_this_system_proposed_itself_never_passes_for_law():
    proposed = {key for key, rule in RULES.rules.items() if "本系统默认" in rule.limit.basis}

    assert {key for key, rule in RULES.rules.items() if rule.limit.certainty == "design"} == proposed
