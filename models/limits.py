"""Time limits 时限: when something is due, and the reason in words a person can check. Pure functions.

The day of the start never counts; working days end at midnight local time; a limit in calendar days whose last
day is a rest day runs to the next working day.

Source: 民法典 第二百零一条、第二百零三条; 行政处罚法 第八十五条.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from itertools import groupby, pairwise
from zoneinfo import ZoneInfo

from models.calendar import WorkCalendar, days_between

ZONE = ZoneInfo("Asia/Shanghai")
_END_OF_DAY = time(23, 59, 59, 999_999)
A_DAY = timedelta(days=1)
_OFFICE_HOURS = ((time(9), time(12)), (time(14), time(18)))
_WEEKDAYS = "一二三四五六日"


class Unit(StrEnum):
    WORKING_DAYS = "WD"
    CALENDAR_DAYS = "CD"
    HOURS = "H"


_UNIT_NAMES = {Unit.WORKING_DAYS: "个工作日", Unit.CALENDAR_DAYS: "日", Unit.HOURS: "小时"}


@dataclass(frozen=True, slots=True)
class Limit:
    """`number` of `unit`, with the legal basis and how certain it is (verified, partly, memory, design, decided)."""

    number: int
    unit: Unit
    basis: str
    certainty: str

    def __post_init__(self) -> None:
        if not isinstance(self.number, int) or self.number < 1:
            raise ValueError(f"a limit of {self.number!r} units: it must be a whole number, at least one")


@dataclass(frozen=True, slots=True)
class Due:
    """The last instant in time (UTC); why; and whether it rests on a year not yet published."""

    due_at: datetime
    reason: str
    provisional: bool


@dataclass(frozen=True, slots=True)
class Pause:
    """A stop of the clock from `start` to `end` on a legal ground."""

    start: datetime
    end: datetime


def due(start: datetime, limit: Limit, calendar: WorkCalendar, *, pauses: Sequence[Pause] = ()) -> Due:
    """When a limit that starts at `start` ends. The same arguments give the same answer anywhere, at any time.

    Raises: ValueError for a naive start or overlapping pauses.
    """
    begun = _local(start)
    extra = _paused(pauses, limit.unit, calendar)
    if limit.unit == Unit.HOURS:
        ends = start.astimezone(UTC) + timedelta(hours=limit.number) + extra
        reason = f"自{begun:%Y-%m-%d %H:%M}起{limit.number}小时，至{ends.astimezone(ZONE):%Y-%m-%d %H:%M}止"
        return Due(ends, reason + _paused_words(pauses, "%m-%d %H:%M"), provisional=False)
    first = begun.date()
    if limit.unit == Unit.WORKING_DAYS:
        planned = last = working_day_after(first, limit.number + extra.days, calendar)
    else:
        planned = first + timedelta(days=limit.number) + extra
        last = _rolled(planned, calendar)
    reason = _reason(first, planned, last, limit, calendar)
    unknown = [year for year in range(first.year, last.year + 1) if not calendar.knows(date(year, 1, 1))]
    if unknown:
        reason += f"；{'、'.join(map(str, unknown))}年节假日安排尚未公布，暂定"
    return Due(end_of(last), reason + _paused_words(pauses, "%m-%d"), provisional=bool(unknown))


def on_date(day: date, calendar: WorkCalendar, *, pauses: Sequence[Pause] = ()) -> Due:
    """A limit named as a date: the end of that day, rest day or not; later by the days the clock stood still."""
    last = day + _paused(pauses, Unit.CALENDAR_DAYS, calendar)
    reason = f"决定中写明截止日期{_paused_words(pauses, '%m-%d')}，至{last.isoformat()} 24:00止"
    return Due(end_of(last), reason, provisional=not calendar.knows(last))


def end_of(day: date) -> datetime:
    """The last instant of a local day, in UTC."""
    return datetime.combine(day, _END_OF_DAY, ZONE).astimezone(UTC)


def working_day_after(day: date, number: int, calendar: WorkCalendar) -> date:
    """The `number`-th working day after `day`; with a negative number, before it; with zero, `day`."""
    step = A_DAY if number > 0 else -A_DAY
    left = abs(number)
    while left:
        day += step
        left -= calendar.is_working_day(day)
    return day


def add_working_days(moment: datetime, number: int, calendar: WorkCalendar) -> datetime:
    """The end of the `number`-th working day after (or, negative, before) the local day of `moment`."""
    return end_of(working_day_after(_local(moment).date(), number, calendar))


def working_days_between(earlier: datetime, later: datetime, calendar: WorkCalendar) -> int:
    """Working days after the day of `earlier` up to the day of `later`; negative if `later` comes first."""
    first, last = _local(earlier).date(), _local(later).date()
    if last < first:
        return -working_days_between(later, earlier, calendar)
    return sum(calendar.is_working_day(day) for day in days_between(first + A_DAY, last))


def working_time_between(earlier: datetime, later: datetime, calendar: WorkCalendar) -> timedelta:
    """Office hours (09:00 to 12:00 and 14:00 to 18:00 on working days) from one instant to another; zero if reversed."""
    begun, over = _local(earlier), _local(later)
    worked = timedelta()
    for day in days_between(begun.date(), over.date()):
        if calendar.is_working_day(day):
            spans = (
                (datetime.combine(day, start, ZONE), datetime.combine(day, end, ZONE)) for start, end in _OFFICE_HOURS
            )
            worked += sum((max(min(over, end) - max(begun, start), timedelta()) for start, end in spans), timedelta())
    return worked


def gap_text(claimed: datetime, recorded: datetime) -> str:
    """How long after the claimed time something was recorded, shown when it is more than a day; else empty."""
    gap = recorded - claimed
    return f"登记晚于发生{gap.days}天{gap.seconds // 3600}小时" if gap > A_DAY else ""


def _local(moment: datetime) -> datetime:
    if moment.tzinfo is None:
        raise ValueError(f"naive time {moment!r}: a limit starts at an instant")
    return moment.astimezone(ZONE)


def _rolled(day: date, calendar: WorkCalendar) -> date:
    return day if calendar.is_working_day(day) else working_day_after(day, 1, calendar)


def _paused(pauses: Sequence[Pause], unit: Unit, calendar: WorkCalendar) -> timedelta:
    """How much the pauses add, in the unit of the limit."""
    # in UTC: two local times of one zone are compared and subtracted by the wall, an hour off where summer time began
    spans = sorted((_local(pause.start).astimezone(UTC), _local(pause.end).astimezone(UTC)) for pause in pauses)
    if any(end <= start for start, end in spans) or any(a[1] > b[0] for a, b in pairwise(spans)):
        raise ValueError("pauses must have a length and must not overlap")
    if unit == Unit.WORKING_DAYS:
        return timedelta(days=sum(working_days_between(start, end, calendar) for start, end in spans))
    if unit == Unit.CALENDAR_DAYS:
        return timedelta(days=sum((_local(end).date() - _local(start).date()).days for start, end in spans))
    return sum((end - start for start, end in spans), timedelta())


def _paused_words(pauses: Sequence[Pause], form: str) -> str:
    return "".join(f"；{_local(pause.start):{form}}至{_local(pause.end):{form}}依法中止计时" for pause in pauses)


def _reason(first: date, planned: date, last: date, limit: Limit, calendar: WorkCalendar) -> str:
    parts = [f"自{first.isoformat()}起{limit.number}{_UNIT_NAMES[limit.unit]}，当日不计"]
    if limit.unit == Unit.WORKING_DAYS:
        parts += _exceptions(days_between(first + A_DAY, last), calendar)
    elif planned < last:
        parts.append(f"{planned:%m-%d}为休息日，顺延至下一工作日")
    return "；".join([*parts, f"至{last.isoformat()} 24:00止"])


def _exceptions(days: Iterable[date], calendar: WorkCalendar) -> list[str]:
    """Holidays skipped and make-up days counted, as a person would tick them off."""
    off, words = [], []
    for day in days:
        if name := calendar.holiday_name(day):
            off.append((day, name))
        elif day.weekday() >= 5 and calendar.is_working_day(day):
            words.append(f"{day:%m-%d}（周{_WEEKDAYS[day.weekday()]}）上班")
    spans = [(name, [day for day, _ in group]) for name, group in groupby(off, key=lambda item: item[1])]
    return [_span(name, span) for name, span in spans] + words


def _span(name: str, days: Sequence[date]) -> str:
    when = f"{days[0]:%m-%d}" if len(days) == 1 else f"{days[0]:%m-%d}至{days[-1]:%m-%d}"
    return f"{when}{name}休息"
