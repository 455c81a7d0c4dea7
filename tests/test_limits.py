"""Time limits: the vectors worked out by hand from the notices, and what must hold for every limit."""

import random
import time
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.calendar import WorkCalendar, chinese_calendar_body
from models.limits import ZONE, Due, Limit, Pause, Unit, add_working_days, due, end_of, on_date, working_days_between

BODY = chinese_calendar_body()
CALENDAR = WorkCalendar.from_body("1", BODY)
VECTORS = [
    ("2026-02-13", 5, "WD", "2026-02-27"), ("2026-02-12", 10, "WD", "2026-03-04"), ("2026-02-27", 1, "WD", "2026-02-28"),
    ("2026-04-30", 3, "WD", "2026-05-08"), ("2026-04-30", 4, "WD", "2026-05-09"), ("2026-09-18", 5, "WD", "2026-09-24"),
    ("2026-09-24", 10, "WD", "2026-10-15"), ("2026-09-30", 5, "WD", "2026-10-13"), ("2026-09-21", 10, "CD", "2026-10-08"),
    ("2026-02-05", 10, "CD", "2026-02-24"), ("2026-02-04", 10, "CD", "2026-02-14"), ("2026-06-10", 10, "CD", "2026-06-22"),
    ("2026-09-15", 60, "CD", "2026-11-16"),
]  # fmt: skip
"""The domain reference's own, for 2026."""
OTHER_YEARS = [
    ("2019-04-30", 1, "WD", "2019-05-05"), ("2020-01-23", 1, "WD", "2020-02-03"), ("2023-01-20", 2, "WD", "2023-01-29"),
    ("2024-02-08", 1, "WD", "2024-02-09"), ("2024-02-08", 2, "WD", "2024-02-18"), ("2024-02-28", 1, "WD", "2024-02-29"),
    ("2024-02-29", 365, "CD", "2025-02-28"), ("2025-01-24", 1, "WD", "2025-01-26"), ("2025-01-27", 1, "WD", "2025-02-05"),
    ("2025-12-31", 1, "WD", "2026-01-04"), ("2025-12-31", 1, "CD", "2026-01-04"),
]  # fmt: skip
"""F-28: the lengthened spring festival of 2020, New Year's Eve worked in 2024, a leap day, the year's end."""
INSTANTS = st.datetimes(datetime(1985, 1, 1), datetime(2035, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001  # the zone is the strategy's
NUMBERS, UNITS = st.integers(1, 120), st.sampled_from(Unit)


@pytest.mark.parametrize(("start", "number", "unit", "last"), VECTORS + OTHER_YEARS)
def test_a_limit_ends_with_the_last_day_that_counts(start: str, number: int, unit: str, last: str):
    """F-2, F-4, F-28."""
    assert _due(f"{start}T10:00", number, unit) == (end_of(date.fromisoformat(last)), False)


def test_a_limit_into_an_unpublished_year_is_provisional_and_does_not_end_on_new_years_day():
    """F-4: 2027-01-01 would be the naive answer."""
    assert _due("2026-12-31T10:00", 1, "WD") == (end_of(date(2027, 1, 4)), True)


@pytest.mark.parametrize("unit", ["WD", "CD"])
def test_the_last_millisecond_of_a_day_still_belongs_to_it(unit: str):
    """F-2, F-28: midnight in Shanghai is 16:00 UTC."""
    ends = [
        due(datetime.fromisoformat(start), _limit(1, unit), CALENDAR).due_at.isoformat()
        for start in ("2026-03-02T15:59:59+00:00", "2026-03-02T15:59:59.999+00:00", "2026-03-02T16:00:00+00:00")
    ]

    assert ends == ["2026-03-03T15:59:59.999999+00:00"] * 2 + ["2026-03-04T15:59:59.999999+00:00"]


def test_hours_run_from_the_hour_through_nights_and_holidays():
    assert _due("2026-09-30T18:30", 24, "H") == (_local("2026-10-01T18:30"), False)


def test_a_day_of_summer_time_ends_an_hour_earlier_in_utc():
    """F-2: no fixed offset is right for 1986 to 1991."""
    assert _due("1986-07-01T10:00", 10, "CD")[0] == datetime(1986, 7, 11, 14, 59, 59, 999_999, UTC)
    assert _due("1986-05-03T12:00", 24, "H")[0] == datetime(1986, 5, 4, 4, tzinfo=UTC)


def test_the_zone_of_the_machine_changes_nothing(in_zone: Callable[[str], None]):
    """F-1: 10,000 cases in each of four zones."""
    answers = []
    for zone in ("UTC", "Asia/Shanghai", "America/New_York", "Pacific/Kiritimati"):
        in_zone(zone)
        answers.append(_many_dues(10_000))

    assert answers.count(answers[0]) == 4


@given(INSTANTS, INSTANTS, NUMBERS, NUMBERS, UNITS)
def test_a_later_start_or_a_longer_limit_never_ends_earlier(one, other, few, many, unit):
    """F-3."""
    (first, second), (short, long) = sorted([one, other]), sorted([few, many])

    assert due(first, _limit(short, unit), CALENDAR).due_at <= due(second, _limit(long, unit), CALENDAR).due_at


@given(INSTANTS, NUMBERS)
def test_as_many_working_days_lie_before_the_end_as_the_limit_has(start, number):
    ends = due(start, _limit(number, Unit.WORKING_DAYS), CALENDAR).due_at

    assert working_days_between(start, ends, CALENDAR) == number
    assert add_working_days(start, number, CALENDAR) == ends


@given(INSTANTS, INSTANTS)
def test_working_days_are_counted_alike_in_both_directions(one, other):
    assert working_days_between(one, other, CALENDAR) == -working_days_between(other, one, CALENDAR)


def test_working_days_late_and_left_skip_what_is_off():
    ends = end_of(date(2026, 9, 30))

    assert working_days_between(ends, _local("2026-10-10T09:00"), CALENDAR) == 3
    assert working_days_between(_local("2026-09-24T09:00"), ends, CALENDAR) == 3


def test_a_negative_count_of_working_days_goes_back():
    assert add_working_days(_local("2026-10-13T10:00"), -5, CALENDAR) == end_of(date(2026, 9, 30))


def test_a_limit_named_as_a_date_ends_with_that_day():
    named = on_date(date(2026, 10, 3), CALENDAR)

    assert named == Due(end_of(date(2026, 10, 3)), "决定中写明截止日期，至2026-10-03 24:00止", provisional=False)


@pytest.mark.parametrize("number", [0, -1, 1.5])
def test_a_limit_is_a_whole_number_of_units(number):
    with pytest.raises(ValueError, match="whole number"):
        Limit(number, Unit.HOURS, "", "design")


@pytest.mark.parametrize("unit", list(Unit))
def test_a_limit_from_no_certain_instant_is_refused(unit: Unit):
    with pytest.raises(ValueError, match="naive"):
        due(datetime(2026, 3, 2, 10), _limit(1, unit), CALENDAR)  # noqa: DTZ001  # what is refused


@pytest.mark.parametrize(
    ("start", "number", "unit", "reason"),
    [
        ("2026-09-30T10:00", 5, "WD", "自2026-09-30起5个工作日，当日不计；10-01至10-07国庆节休息；10-10（周六）上班；至2026-10-13 24:00止"),
        ("2026-02-27T10:00", 1, "WD", "自2026-02-27起1个工作日，当日不计；02-28（周六）上班；至2026-02-28 24:00止"),
        ("2026-09-21T10:00", 10, "CD", "自2026-09-21起10日，当日不计；10-01为休息日，顺延至下一工作日；至2026-10-08 24:00止"),
        ("2026-02-04T10:00", 10, "CD", "自2026-02-04起10日，当日不计；至2026-02-14 24:00止"),
        ("2026-03-02T10:15", 2, "H", "自2026-03-02 10:15起2小时，至2026-03-02 12:15止"),
        ("2026-12-31T10:00", 1, "WD",
         "自2026-12-31起1个工作日，当日不计；01-01元旦休息；至2027-01-04 24:00止；2027年节假日安排尚未公布，暂定"),
    ],
)  # fmt: skip
def test_a_person_can_check_the_reason(start: str, number: int, unit: str, reason: str):
    assert due(_local(start), _limit(number, unit), CALENDAR).reason == reason


def test_the_reason_names_the_year_that_is_not_known():
    reason = due(_local("2003-12-20T10:00"), _limit(10, "WD"), CALENDAR).reason

    assert "2003年节假日安排" in reason
    assert "2004年节假日安排" not in reason


@pytest.mark.parametrize(("unit", "number", "shift"), [("WD", 10, 4), ("CD", 10, 6), ("CD", 60, 6)])
def test_a_pause_moves_the_end_by_its_length_in_the_limits_own_unit(unit: str, number: int, shift: int):
    """F-19: the weekend within it counts in calendar days only."""
    paused = due(
        _local("2026-03-02T10:00"),
        _limit(number, unit),
        CALENDAR,
        pauses=[_pause("2026-03-05T09:00", "2026-03-11T17:00")],
    )

    assert paused.due_at == due(_local("2026-03-02T10:00"), _limit(number + shift, unit), CALENDAR).due_at


def test_a_pause_of_a_limit_in_hours_moves_it_by_its_exact_length():
    """F-19: also where the clocks of 1986 were put forward within it."""
    pauses = [_pause("1986-05-03T12:00", "1986-05-04T12:00"), _pause("1986-05-05T09:00", "1986-05-05T09:30")]

    ends = due(_local("1986-05-01T08:00"), _limit(1, "H"), CALENDAR, pauses=pauses).due_at

    assert ends == datetime(1986, 5, 2, 0, 30, tzinfo=UTC)


@pytest.mark.parametrize("unit", list(Unit))
@pytest.mark.parametrize(
    "spans",
    [
        [("2026-03-05T09:00", "2026-03-11T17:00"), ("2026-03-10T09:00", "2026-03-12T17:00")],
        [("2026-03-05T09:00", "2026-03-05T09:00")],
        [("2026-03-05T09:00", "2026-03-04T09:00")],
    ],
    ids=["overlapping", "empty", "backwards"],
)  # fmt: skip
def test_pauses_that_overlap_or_have_no_length_are_refused(unit: Unit, spans: list[tuple[str, str]]):
    """F-19."""
    with pytest.raises(ValueError, match="pauses"):
        due(_local("2026-03-02T10:00"), _limit(10, unit), CALENDAR, pauses=[_pause(*span) for span in spans])


@pytest.mark.parametrize(
    ("number", "unit", "reason"),
    [
        (10, "CD", "自2026-03-02起10日，当日不计；至2026-03-18 24:00止；03-05至03-11依法中止计时"),
        (7, "CD", "自2026-03-02起7日，当日不计；03-15为休息日，顺延至下一工作日；至2026-03-16 24:00止；03-05至03-11依法中止计时"),
        (2, "H", "自2026-03-02 10:00起2小时，至2026-03-08 20:00止；03-05 09:00至03-11 17:00依法中止计时"),
    ],
)  # fmt: skip
def test_the_reason_tells_a_pause_from_a_rest_day(number: int, unit: str, reason: str):
    paused = due(
        _local("2026-03-02T10:00"),
        _limit(number, unit),
        CALENDAR,
        pauses=[_pause("2026-03-05T09:00", "2026-03-11T17:00")],
    )

    assert paused.reason == reason


@pytest.fixture
def in_zone(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[str], None]]:
    with monkeypatch.context() as patch:

        def move(zone: str) -> None:
            patch.setenv("TZ", zone)
            time.tzset()

        yield move
    time.tzset()


def _many_dues(count: int) -> list[Due]:
    """The same pseudo-random limits each time, computed with a calendar that remembers nothing."""
    chance, calendar = random.Random(2026), WorkCalendar.from_body("1", BODY)  # cases, not secrets
    first = datetime(1985, 1, 1, tzinfo=UTC)
    return [
        due(first + timedelta(minutes=chance.randrange(26_000_000)), _limit(chance.randint(1, 60), chance.choice(list(Unit))), calendar)
        for _ in range(count)
    ]  # fmt: skip


def _due(start: str, number: int, unit: str) -> tuple[datetime, bool]:
    found = due(_local(start), _limit(number, unit), CALENDAR)
    return found.due_at, found.provisional


def _limit(number: int, unit: str) -> Limit:
    return Limit(number, Unit(unit), "本系统默认", "design")


def _pause(start: str, end: str) -> Pause:
    return Pause(_local(start), _local(end))


def _local(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=ZONE)
