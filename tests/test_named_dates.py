"""Dates that somebody names: they leave time to act, come before the limit has passed, and take no lateness away."""

from datetime import date, datetime, timedelta
from typing import Any

import pytest
from sqlmodel import Session

from handling import live_clocks, local_day, outcomes, settle, take
from models.errors import GateNotMet, InvalidInput
from models.limits import ZONE
from models.process import DecisionCode as D
from models.requests import RequestKind as K
from models.stage import Clock, Step
from services import instructions
from town import NOON, Town, carry_to, decide, fetch, form_for

A_DAY, TICK = timedelta(days=1), timedelta(microseconds=1)
MORNING = datetime(2026, 9, 8, 8, tzinfo=ZONE)
"""A Tuesday with a whole day of work ahead."""
EVENING = datetime(2026, 9, 11, 17, tzinfo=ZONE)
"""A Friday with one hour of work left."""
SATURDAY = EVENING.date() + A_DAY


@pytest.mark.parametrize(
    ("step", "code", "who"),
    [(Step.JUDGE, D.FAIL, "head"), (Step.JUDGE, D.PARTIAL, "head"), (Step.GATE, D.RETURN_REDO, "clerk")],
)
def test_what_is_sent_back_leaves_a_working_day(session: Session, town: Town, step: Step, code: D, who: str):
    """F-16."""
    hazard = carry_to(session, town, step)
    named: dict[str, Any] = {"limit_days": None, "limit_basis": "复查意见书", "at": MORNING}

    with pytest.raises(InvalidInput, match="1个工作日"):
        take(session, town, hazard, code, who, limit_on=MORNING.date(), **named)
    hazard = take(session, town, fetch(session, hazard), code, who, limit_on=MORNING.date() + A_DAY, **named)

    assert local_day(live_clocks(session, hazard)[Clock.RECTIFICATION].due_at) == "2026-09-09"


@pytest.mark.parametrize("decided", [False, True], ids=["asked", "granted"])
def test_a_long_limit_takes_no_lateness_away(session: Session, town: Town, decided: bool):
    """F-18: after the limit it is neither asked for nor granted, and the old date stands."""
    hazard = carry_to(session, town, Step.WORK)
    passed = live_clocks(session, hazard)[Clock.RECTIFICATION].due_at + TICK
    if decided:
        hazard = take(session, town, hazard, K.LONG_LIMIT.ask, "clerk", at=passed - A_DAY)
    code, who = (K.LONG_LIMIT.grant, "leader") if decided else (K.LONG_LIMIT.ask, "clerk")

    with pytest.raises(GateNotMet, match="期限已过"):
        take(session, town, fetch(session, hazard), code, who, at=passed)

    assert outcomes(session, hazard, Clock.RECTIFICATION) == [None]


def test_a_long_limit_leaves_four_working_hours(session: Session, town: Town):
    """F-31."""
    hazard = carry_to(session, town, Step.ASSIGN)
    form = form_for(session, town, D.ASSIGN, NOON).model_copy(update={"limit_days": None, "limit_on": EVENING.date()})
    hazard = decide(session, town, hazard, D.ASSIGN, "clerk", at=NOON, form=form)
    hazard = take(session, town, hazard, D.SIGN, "officer")

    with pytest.raises(InvalidInput, match="4个工作小时"):
        take(session, town, hazard, K.LONG_LIMIT.ask, "clerk", at=EVENING, new_limit_on=SATURDAY)


@pytest.mark.parametrize(("on", "refused"), [(EVENING.date(), True), (SATURDAY, True), (SATURDAY + 2 * A_DAY, False)])
def test_a_sub_action_leaves_four_working_hours(session: Session, town: Town, on: date, refused: bool):
    """F-31."""
    hazard = carry_to(session, town, Step.WORK)

    def add() -> Any:
        return take(session, town, hazard, D.ADD_ACTION, "officer", at=EVENING, due_on=on)

    if refused:
        with pytest.raises(InvalidInput, match="4个工作小时"):
            add()
    else:
        assert add().open_actions == 1


@pytest.mark.parametrize(("on", "refused"), [(EVENING.date(), True), (SATURDAY, True), (SATURDAY + 2 * A_DAY, False)])
def test_an_instruction_leaves_four_working_hours_for_the_report(session: Session, town: Town, on: date, refused: bool):
    """F-31."""
    hazard = carry_to(session, town, Step.WORK)

    def instruct() -> Any:
        return instructions.instruct(
            session, hazard, "请抓紧整改", unit="YJB", due_on=on, by=town.actors["mayor"], at=EVENING
        )

    if refused:
        with pytest.raises(InvalidInput, match="4个工作小时"):
            instruct()
    else:
        assert instruct().due_at.astimezone(ZONE).date() == on


def test_stops_of_the_clock_are_counted_by_the_days_the_date_moves(session: Session, town: Town):
    """F-19: two hours over midnight move the date by a day, so they count as one; thirty in all."""
    hazard = carry_to(session, town, Step.WORK)
    due_at = live_clocks(session, hazard)[Clock.RECTIFICATION].due_at
    begun, ended = datetime(2026, 9, 8, 23, tzinfo=ZONE), datetime(2026, 9, 24, 1, tzinfo=ZONE)
    hazard = settle(session, town, hazard, K.PAUSE, "clerk", "leader", at=begun, until=date(2026, 9, 30))
    hazard = take(session, town, hazard, D.RESUME_CLOCK, "clerk", at=ended)
    assert (
        live_clocks(session, hazard)[Clock.RECTIFICATION].due_at - due_at == 15 * A_DAY
    )  # the old end had rolled by one

    with pytest.raises(GateNotMet, match="30天"):
        take(session, town, hazard, K.PAUSE.ask, "clerk", at=ended, until=date(2026, 10, 9))

    assert take(session, town, hazard, K.PAUSE.ask, "clerk", at=ended, until=date(2026, 10, 8))


@pytest.mark.parametrize("on", [date(9999, 12, 31), date(2062, 9, 11)])
def test_a_date_more_than_ten_years_ahead_is_a_slip_of_the_pen(session: Session, town: Town, on: date):
    hazard = carry_to(session, town, Step.WORK)

    with pytest.raises(InvalidInput, match="十年以后"):
        take(session, town, hazard, D.ADD_ACTION, "officer", at=EVENING, due_on=on)
    with pytest.raises(InvalidInput, match="十年以后"):
        instructions.instruct(session, hazard, "请抓紧整改", unit="YJB", due_on=on, by=town.actors["mayor"], at=EVENING)
