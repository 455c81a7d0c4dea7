"""The arithmetic of the clocks, for every instant, limit, pause, hold and night: what needs no database."""

import locale
import random
import time
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from datetime import time as of_day
from itertools import pairwise, product

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from models.calendar import WorkCalendar, chinese_calendar_body, days_between
from models.errors import ClockSkewed
from models.instant import MOST_SKEW, checked
from models.ladder import Ladder, rungs
from models.ladder_hold import Span, held_back
from models.limits import (
    ZONE,
    Limit,
    Pause,
    Unit,
    due,
    end_of,
    gap_text,
    on_date,
    working_days_between,
    working_time_between,
)
from models.quiet_hours import QuietHours
from models.rules import AGAINST
from services.seeding import read_data

CALENDAR = WorkCalendar.from_body("1", chinese_calendar_body())
LADDER = Ladder.from_body("1", read_data("ladder.json"))
INSTANTS = st.datetimes(datetime(2019, 1, 1), datetime(2028, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001  # the zone is the strategy's
NUMBERS = st.integers(1, 90)
A_DAY, TICK = timedelta(days=1), timedelta(microseconds=1)
NIGHTS = st.builds(QuietHours, st.times(), st.times())


@pytest.fixture
def zones(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    before = locale.setlocale(locale.LC_ALL)
    yield ["UTC", "Asia/Shanghai", "America/Los_Angeles", "Pacific/Kiritimati"]
    monkeypatch.undo()
    time.tzset()
    locale.setlocale(locale.LC_ALL, before)


def test_the_same_inputs_give_the_same_date_in_any_zone_and_locale(zones: list[str], monkeypatch: pytest.MonkeyPatch):
    """F-1: 10,000 cases in four zones and the two locales that every machine has."""
    chance = random.Random(37)
    cases = [
        (datetime(2019, 1, 1, tzinfo=UTC) + timedelta(seconds=chance.randrange(280_000_000)),
         Limit(chance.randrange(1, 91), chance.choice(list(Unit)), "测试", "design"))
        for _ in range(10_000)
    ]  # fmt: skip

    told = []
    for zone, place in product(zones, ("C", "C.UTF-8")):
        monkeypatch.setenv("TZ", zone)
        time.tzset()
        locale.setlocale(locale.LC_ALL, place)
        told.append([due(start, limit, CALENDAR) for start, limit in cases])

    assert all(one == told[0] for one in told)


@given(INSTANTS, NUMBERS)
def test_calendar_days_end_with_the_nth_day_and_roll_off_rest_days_only(start: datetime, number: int):
    """F-2."""
    found = due(start, _limit(number, Unit.CALENDAR_DAYS), CALENDAR).due_at

    nth = start.astimezone(ZONE).date() + number * A_DAY
    last = found.astimezone(ZONE).date()
    assert found == end_of(last)
    assert last >= nth
    assert CALENDAR.is_working_day(last)
    assert [day for day in days_between(nth, last - A_DAY) if CALENDAR.is_working_day(day)] == []


@given(INSTANTS, INSTANTS, NUMBERS, NUMBERS, st.sampled_from(Unit))
def test_later_starts_and_longer_limits_never_end_earlier(a: datetime, b: datetime, few: int, many: int, unit: Unit):
    """F-3."""
    first, second = sorted((a, b))
    short, long = sorted((few, many))

    ends = [due(start, _limit(number, unit), CALENDAR).due_at for start in (first, second) for number in (short, long)]

    assert ends[0] <= ends[1]
    assert ends[0] <= ends[2]
    assert ends[1] <= ends[3]


@pytest.mark.parametrize(
    ("start", "number", "unit", "last", "provisional"),
    [
        ("2019-01-31T10:00", 4, "WD", "2019-02-11", False),  # 02-02 and 02-03 are worked for the festival
        ("2021-02-07T10:00", 3, "WD", "2021-02-10", False),
        ("2021-02-07T10:00", 4, "WD", "2021-02-18", False),
        ("2022-01-28T10:00", 3, "WD", "2022-02-07", False),  # 01-29 and 01-30 are worked
        ("2025-12-31T23:59:59.999", 1, "WD", "2026-01-04", False),
        ("2026-02-12T10:00", 3, "WD", "2026-02-24", False),  # 02-14 is worked, the festival lasts to 02-23
        ("2028-02-28T10:00", 1, "CD", "2028-02-29", True),
        ("2026-12-31T23:59:59.999", 1, "CD", "2027-01-04", True),
        ("2027-02-01T10:00", 5, "WD", "2027-02-08", True),  # the festival of 2027 is not announced
    ],
)
def test_published_schedules_from_2019_on_and_a_year_not_yet_published(
    start: str, number: int, unit: str, last: str, provisional: bool
):
    """F-28, F-4: leap day, year's end, spring festivals with make-up days; 2027 is provisional."""
    found = due(datetime.fromisoformat(start).replace(tzinfo=ZONE), _limit(number, Unit(unit)), CALENDAR)

    assert (found.due_at, found.provisional) == (end_of(date.fromisoformat(last)), provisional)


@given(INSTANTS, NUMBERS, st.integers(0, 40), st.integers(1, 30), st.sampled_from(Unit))
def test_a_pause_shifts_the_date_by_its_length_in_the_limits_unit(
    start: datetime, number: int, after: int, length: int, unit: Unit
):
    """F-19."""
    begun = start + after * A_DAY
    pause = Pause(begun, begun + length * A_DAY)
    lengths = {
        Unit.WORKING_DAYS: working_days_between(pause.start, pause.end, CALENDAR),
        Unit.CALENDAR_DAYS: length,
        Unit.HOURS: 24 * length,
    }

    paused = due(start, _limit(number, unit), CALENDAR, pauses=[pause]).due_at

    longer = number + lengths[unit]
    assert paused == due(start, _limit(longer, unit), CALENDAR).due_at


@given(INSTANTS, NUMBERS, st.lists(st.tuples(st.integers(0, 6), st.integers(1, 6)), max_size=4), st.randoms())
def test_the_order_in_which_pauses_are_told_changes_nothing(
    start: datetime, number: int, gaps: list[tuple[int, int]], chance: random.Random
):
    """F-19."""
    pauses, at = [], start
    for gap, length in gaps:
        pauses.append(Pause(at + gap * A_DAY, at + (gap + length) * A_DAY))
        at = pauses[-1].end
    mixed = chance.sample(pauses, len(pauses))
    limit = _limit(number, Unit.WORKING_DAYS)

    assert due(start, limit, CALENDAR, pauses=mixed).due_at == due(start, limit, CALENDAR, pauses=pauses).due_at


@given(st.dates(date(2019, 1, 1), date(2027, 12, 1)), INSTANTS, st.integers(1, 30))
def test_a_pause_moves_a_named_date_by_its_days(day: date, begun: datetime, length: int):
    """F-19: also where an extension named the date."""
    paused = on_date(day, CALENDAR, pauses=[Pause(begun, begun + length * A_DAY)])

    assert paused.due_at >= end_of(day + length * A_DAY)
    assert (paused.due_at - end_of(day + length * A_DAY)) < timedelta(days=12)


@given(INSTANTS, NUMBERS, st.sampled_from(AGAINST), st.integers(-20, 60), st.integers(1, 14 * 24))
def test_a_hold_moves_what_falls_due_in_it_to_its_end_and_nothing_else(
    start: datetime, number: int, against: str, days: int, hours: int
):
    """F-13: also with a hold, no level comes before a lower one."""
    ends = due(start, _limit(number, Unit.CALENDAR_DAYS), CALENDAR).due_at
    before = rungs(start, ends, LADDER.of("", against), CALENDAR)
    held_at = ends + days * A_DAY
    span = Span(held_at, held_at + timedelta(hours=hours))

    after = held_back(before, span)

    assert [rung.level for rung in after] == [0, 1, 2, 3, 4]
    assert all(one.at <= two.at for one, two in pairwise(after))
    for one, two in zip(before, after, strict=True):
        assert two.at == (span.end if span.start <= one.at < span.end else one.at)


@given(NIGHTS, INSTANTS)
def test_what_waits_for_the_end_of_the_quiet_hours_leaves_at_that_end(night: QuietHours, moment: datetime):
    end = night.over(moment)

    assert not night.covers(end)
    assert end == moment or (end.astimezone(ZONE).time() == night.end and moment < end <= moment + A_DAY)
    assert (end == moment) == (not night.covers(moment))


def test_the_night_of_the_office_is_from_ten_to_seven():
    night = QuietHours.of("22:00", "07:00")

    told = {hour: night.covers(datetime(2026, 9, 7, hour, tzinfo=ZONE)) for hour in (6, 7, 12, 21, 22, 23)}

    assert told == {6: True, 7: False, 12: False, 21: False, 22: True, 23: True}
    assert not QuietHours(of_day(8), of_day(8)).covers(datetime(2026, 9, 7, 8, tzinfo=ZONE))


@given(INSTANTS, st.timedeltas(timedelta(days=-2), timedelta(days=2)))
def test_a_host_whose_clock_is_more_than_a_minute_off_judges_nothing(database: datetime, skew: timedelta):
    """F-12."""
    if abs(skew) <= MOST_SKEW:
        assert checked(database + skew, database) == database
    else:
        with pytest.raises(ClockSkewed, match="时钟"):
            checked(database + skew, database)


@settings(max_examples=60)
@given(INSTANTS, st.timedeltas(timedelta(), timedelta(days=20)), st.timedeltas(timedelta(), timedelta(days=20)))
def test_office_hours_add_up_and_come_to_seven_a_day(start: datetime, first: timedelta, second: timedelta):
    """F-31: the measure of the minimum notice."""
    middle, end = start + first, start + first + second
    assume(first + second < timedelta(days=40))

    whole = working_time_between(start, end, CALENDAR)

    assert whole == working_time_between(start, middle, CALENDAR) + working_time_between(middle, end, CALENDAR)
    days = days_between(start.astimezone(ZONE).date(), end.astimezone(ZONE).date())
    assert whole <= timedelta(hours=7) * sum(map(CALENDAR.is_working_day, days))
    assert working_time_between(end, start, CALENDAR) <= timedelta()


@given(INSTANTS, st.timedeltas(timedelta(), timedelta(days=40)))
def test_a_gap_is_shown_when_it_is_more_than_a_day(claimed: datetime, gap: timedelta):
    """F-9."""
    assert bool(gap_text(claimed, claimed + gap)) == (gap > A_DAY)


def _limit(number: int, unit: Unit) -> Limit:
    return Limit(number, unit, "测试", "design")
