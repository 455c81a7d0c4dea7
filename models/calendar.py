"""The working-day calendar 工作日历: public holidays and make-up working days, as versioned data.

Source: 国务院办公厅's yearly notice, by way of the package chinesecalendar; 全国年节及纪念日放假办法.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from functools import cached_property
from typing import Any, Self

_FIXED = {(1, 1): "元旦", (5, 1): "劳动节", (5, 2): "劳动节", (10, 1): "国庆节", (10, 2): "国庆节", (10, 3): "国庆节"}
"""Statutory days whose date needs no notice; all that is known of a year not yet published."""


@dataclass(frozen=True, eq=False)
class WorkCalendar:
    """One version of the calendar.

    `rest`: weekdays off, with the holiday's name; `work`: weekend days worked. Both only for `years`.
    """

    version: str
    years: frozenset[int]
    rest: Mapping[date, str]
    work: frozenset[date]
    source: str = ""
    _known: dict[date, bool] = field(default_factory=dict, repr=False)

    def knows(self, day: date) -> bool:
        """Whether the day's year is published; what rests on another year is provisional."""
        return day.year in self.years

    def is_working_day(self, day: date) -> bool:
        found = self._known.get(day)
        if found is None:
            found = self._known[day] = self._judge(day)
        return found

    def holiday_name(self, day: date) -> str | None:
        """The holiday a day off belongs to, None for a plain weekend or a working day."""
        return self.rest.get(day) or (None if self.knows(day) else _FIXED.get((day.month, day.day)))

    def _judge(self, day: date) -> bool:
        if not self.knows(day):
            return day.weekday() < 5 and (day.month, day.day) not in _FIXED
        return day in self.work if day.weekday() >= 5 else day not in self.rest

    @cached_property
    def last_known(self) -> int:
        return max(self.years, default=0)

    @classmethod
    def from_body(cls, version: str, body: Mapping[str, Any]) -> Self:
        return cls(
            version,
            frozenset(body["years"]),
            {date.fromisoformat(day): name for day, name in body["rest"].items()},
            frozenset(date.fromisoformat(day) for day in body["work"]),
            body.get("source", ""),
        )

    def to_body(self) -> dict[str, Any]:
        return {
            "source": self.source,
            "years": sorted(self.years),
            "rest": {day.isoformat(): name for day, name in sorted(self.rest.items())},
            "work": sorted(day.isoformat() for day in self.work),
        }


_NAMES = {
    "New Year's Day": "元旦", "Spring Festival": "春节", "Tomb-sweeping Day": "清明节", "Labour Day": "劳动节",
    "Dragon Boat Festival": "端午节", "National Day": "国庆节", "Mid-autumn Festival": "中秋节",
    "Anti-Fascist 70th Day": "抗战胜利纪念日",
}  # fmt: skip


def chinese_calendar_body() -> dict[str, Any]:
    """The body of a calendar version with every year the installed chinesecalendar knows."""
    from importlib.metadata import version  # noqa: PLC0415  # only where a calendar is seeded

    from chinese_calendar import holidays, workdays  # noqa: PLC0415  # only where a calendar is seeded

    years = sorted({day.year for day in holidays})
    rest = {day: _NAMES.get(name or "", name or "") for day, name in holidays.items() if day.weekday() < 5}
    made_up = frozenset(day for day in workdays if day.weekday() >= 5)
    source = f"chinesecalendar {version('chinesecalendar')}（依据国务院办公厅历年节假日安排通知）"
    return WorkCalendar("", frozenset(years), rest, made_up, source).to_body()


def days_between(first: date, last: date) -> list[date]:
    """Every day from `first` to `last`, both included."""
    return [first + timedelta(days=count) for count in range((last - first).days + 1)]
