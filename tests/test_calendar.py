"""The working-day calendar, against the State Council's notices and a second package that reads them."""

import json
from datetime import date

import holidays
import pytest

from models.calendar import WorkCalendar, chinese_calendar_body, days_between

CALENDAR = WorkCalendar.from_body("1", chinese_calendar_body())
MADE_UP = ["2024-02-04", "2024-02-09", "2025-01-26", "2025-02-08", "2025-04-27", "2025-09-28", "2025-10-11", "2026-01-04",
           "2026-02-14", "2026-02-28", "2026-05-09", "2026-09-20", "2026-10-10"]  # fmt: skip
OFF = [*days_between(date(2026, 2, 15), date(2026, 2, 23)), *days_between(date(2026, 10, 1), date(2026, 10, 7))]


def test_another_reading_of_the_notices_agrees_on_every_day():
    """F-4."""
    other = holidays.country_holidays("CN", years=range(2019, 2027))

    days = days_between(date(2019, 1, 1), date(2026, 12, 31))

    assert [day for day in days if CALENDAR.is_working_day(day) != other.is_working_day(day)] == []


@pytest.mark.parametrize("day", MADE_UP)
def test_a_make_up_day_is_worked(day: str):
    """F-4: 2024-02-09 is New Year's Eve, not yet a holiday that year."""
    assert CALENDAR.is_working_day(date.fromisoformat(day))


@pytest.mark.parametrize("day", OFF, ids=str)
def test_a_holiday_is_off(day: date):
    """F-4."""
    assert not CALENDAR.is_working_day(day)


def test_the_year_2026_has_248_working_days():
    assert sum(map(CALENDAR.is_working_day, days_between(date(2026, 1, 1), date(2026, 12, 31)))) == 248


@pytest.mark.parametrize(
    ("day", "name"),
    [
        ("2026-02-17", "春节"),
        ("2026-10-07", "国庆节"),
        ("2026-02-14", None),
        ("2026-03-07", None),
        ("2026-03-09", None),
    ],
)
def test_a_holiday_has_a_name_and_a_plain_weekend_has_none(day: str, name: str | None):
    assert CALENDAR.holiday_name(date.fromisoformat(day)) == name


def test_every_day_off_in_a_published_year_has_a_chinese_name():
    assert {name for name in CALENDAR.rest.values() if not name or name.isascii()} == set()


@pytest.mark.parametrize(
    ("day", "works"),
    [("2027-01-01", False), ("2027-01-04", True), ("2027-05-01", False), ("2027-05-03", True), ("2028-05-02", False),
     ("2027-10-01", False), ("2029-10-02", False), ("2029-10-03", False), ("2029-10-04", True), ("2027-02-08", True),
     ("2027-02-27", False)],
)  # fmt: skip
def test_an_unpublished_year_is_judged_by_weekends_and_the_days_fixed_by_law(day: str, works: bool):
    """F-4: neither the spring festival nor a make-up day is guessed."""
    unpublished = date.fromisoformat(day)

    assert not CALENDAR.knows(unpublished)
    assert CALENDAR.is_working_day(unpublished) is works


def test_only_a_fixed_holiday_of_an_unpublished_year_has_a_name():
    assert CALENDAR.holiday_name(date(2027, 1, 1)) == "元旦"
    assert CALENDAR.holiday_name(date(2027, 2, 8)) is None


def test_a_calendar_comes_back_from_its_json_unchanged():
    body = json.loads(json.dumps(CALENDAR.to_body(), ensure_ascii=False))

    again = WorkCalendar.from_body("7", body)

    assert again.version == "7"
    assert (again.years, again.rest, again.work, again.source) == (
        CALENDAR.years, CALENDAR.rest, CALENDAR.work, CALENDAR.source,
    )  # fmt: skip


def test_the_calendar_says_where_it_comes_from():
    assert CALENDAR.source.startswith("chinesecalendar ")
    assert CALENDAR.last_known == 2026


def test_make_up_days_are_weekend_days_and_days_off_are_weekdays():
    assert {day for day in CALENDAR.work if day.weekday() < 5} == set()
    assert {day for day in CALENDAR.rest if day.weekday() >= 5} == set()
