"""Time limits and the ladder in the model's own words: the days of this one calendar, and dates counted on fingers."""

from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta, timezone

from services.seeding import read_data

CHINA = timezone(timedelta(hours=8))
REST = {date(2026, 9, 25), date(2026, 10, 1), date(2026, 10, 2), *(date(2026, 10, day) for day in (5, 6, 7))}
WORKED = {date(2026, 9, 20), date(2026, 10, 10)}
EVERY_YEAR = {(1, 1), (5, 1), (5, 2), (10, 1), (10, 2), (10, 3)}

_UNITS = {"WD": "working", "CD": "days", "H": "hours"}
_RULES = read_data("deadline_rules.json")["rules"]
LIMITS = {row["key"]: (row["number"], _UNITS[row["unit"]]) for row in _RULES}
AGAINST_ENTERPRISE = {row["key"] for row in _RULES if row["against"] == "unit"}
LADDER = ((-1, 0.5), (0, 1), (2, 1), (5, 1), (15, 1))
LADDER_FOR_ENTERPRISES = ((-5, 0.5), (-3, 0.75), (0, 1), (5, 1), (15, 1))


@dataclass
class Run:
    """One running of a clock, and what the ladder has said about it."""

    clock: str
    start: datetime
    due: datetime
    subject: str = ""
    closed: datetime | None = None
    lapsed: bool = False
    said: set[int] = field(default_factory=set)

    def rungs(self) -> list[datetime]:
        ladder = LADDER_FOR_ENTERPRISES if self.clock in AGAINST_ENTERPRISE else LADDER
        dates = [max(self.start, self._rung(days, share)) for days, share in ladder]
        return [min(one, self.due) for one in dates[:4]] + dates[4:] if self.clock == "urgent_verification" else dates

    def _rung(self, days: int, share: float) -> datetime:
        if days == 0:
            return self.due
        counted = night(workday(self.due.astimezone(CHINA).date(), days))
        return counted if days > 0 else max(counted, self.start + (self.due - self.start) * share)

    def sweep(self, at: datetime) -> list[tuple[int, datetime, bool]]:
        """(level, when it fell due, late) of each level that is said now: what fell due while the clock ran, once."""
        due = [
            (level, rung) for level, rung in enumerate(self.rungs())
            if rung <= at and (self.closed is None or rung < self.closed) and level not in self.said
        ]  # fmt: skip
        self.said |= {level for level, _ in due}
        newest = due[-1][0] if due and self.closed is None else None
        return [(level, rung, level != newest) for level, rung in due]

    def raise_to(self, level: int, at: datetime) -> list[tuple[int, datetime, bool]]:
        """The same of every level up to this one, said at once although its time has not come."""
        now = [(number, min(rung, at), number != level) for number, rung in enumerate(self.rungs()) if number <= level]
        self.said |= {number for number, _, _ in now}
        return now


def running(clock: str, at: datetime, days: int | None = None, subject: str = "") -> Run:
    """A clock that starts now; `days` where the decision names the limit, or the day of a visit as it stands."""
    if clock == "next_visit":
        return Run(clock, at, night(at.astimezone(CHINA).date() + timedelta(days=days or 0)), subject)
    number, unit = (days, "days") if days else LIMITS[clock]
    if unit == "hours":
        return Run(clock, at, at + timedelta(hours=number), subject)
    today = at.astimezone(CHINA).date()
    if unit == "working":
        return Run(clock, at, night(workday(today, number)), subject)
    last = today + timedelta(days=number)
    return Run(clock, at, night(last if works(last) else workday(last, 1)), subject)


def works(day: date) -> bool:
    if day.year > 2026:
        return day.weekday() < 5 and (day.month, day.day) not in EVERY_YEAR
    return day in WORKED if day.weekday() >= 5 else day not in REST


def workday(day: date, number: int) -> date:
    for _ in range(abs(number)):
        day += timedelta(days=1 if number > 0 else -1)
        while not works(day):
            day += timedelta(days=1 if number > 0 else -1)
    return day


def night(day: date) -> datetime:
    return datetime.combine(day, time(23, 59, 59, 999_999), CHINA).astimezone(UTC)
