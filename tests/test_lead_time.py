"""An extension is asked for early enough to be decided before the limit; who comes late says why."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlmodel import Session

from handling import live_clocks, take
from models.calendar import WorkCalendar, chinese_calendar_body
from models.errors import GateNotMet
from models.process import DecisionCode as D
from models.stage import Clock, Step
from services.lead_time import latest_time
from town import Town, carry_to, photo

A_DAY = timedelta(days=1)
CALENDAR = WorkCalendar.from_body("1", chinese_calendar_body())


def test_an_extension_asked_for_late_says_why(session: Session, town: Town):
    hazard = carry_to(session, town, Step.WORK)
    due = live_clocks(session, hazard)[Clock.RECTIFICATION].due_at
    late = due - A_DAY
    form: dict[str, Any] = {"new_limit_on": "2026-10-30", "evidence": [photo(session, town.principal, at=late)]}

    with pytest.raises(GateNotMet, match="最迟应在") as refused:
        take(session, town, hazard, D.ASK_EXTENSION, "principal", at=late, **form)
    assert "late_reason" in str(refused.value.extra)

    hazard = take(session, town, hazard, D.ASK_EXTENSION, "principal", at=late, late_reason="台风停运", **form)
    assert hazard.open_requests == 1


def test_an_extension_asked_for_in_good_time_needs_no_reason(session: Session, town: Town):
    hazard = carry_to(session, town, Step.WORK)
    due = live_clocks(session, hazard)[Clock.RECTIFICATION].due_at
    early = due - 15 * A_DAY

    hazard = take(
        session, town, hazard, D.ASK_EXTENSION, "principal", at=early, new_limit_on="2026-10-30",
        evidence=[photo(session, town.principal, at=early)],
    )  # fmt: skip

    assert hazard.open_requests == 1


def test_a_long_limit_takes_twenty_working_days_a_short_one_a_fifth_of_itself():
    start, due = datetime(2026, 3, 2, 1, tzinfo=UTC), datetime(2026, 5, 8, 15, 59, tzinfo=UTC)
    assert latest_time(start, due, 20, CALENDAR, share=0).date().isoformat() == "2026-04-07"

    short = start + 20 * A_DAY
    assert latest_time(start, short, 3, CALENDAR, share=0.2) == short - 4 * A_DAY
