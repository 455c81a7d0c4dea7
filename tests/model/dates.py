"""Time limits and the ladder in the model's own words: the days of this one calendar, and dates counted on fingers."""

from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, time, timedelta, timezone
from typing import Any

from services.seeding import read_data

CHINA = timezone(timedelta(hours=8))
REST = {date(2026, 9, 25), date(2026, 10, 1), date(2026, 10, 2), *(date(2026, 10, day) for day in (5, 6, 7))}
WORKED = {date(2026, 9, 20), date(2026, 10, 10)}
EVERY_YEAR = {(1, 1), (5, 1), (5, 2), (10, 1), (10, 2), (10, 3)}
_RULES = read_data("deadline_rules.json")["rules"]
LIMITS = {row["key"]: (row["number"], row["unit"]) for row in _RULES}
LIMITS |= {"rectification": (30, "CD"), "next_visit": (3, "D")}  # as the forms name them
AGAINST_ENTERPRISE = {row["key"] for row in _RULES if row["against"] == "unit"}
LADDER, LADDER_FOR_ENTERPRISES = (-1, 0, 2, 5, 15), (-5, -3, 0, 5, 15)
OWN_LADDERS = {"plan": (-1, 0, 3, 5, 15), "progress": (-1, 0, 3, 5, 15), "urgent_verification": (-1, 0, 0, 0, 1)}
NOT_BEFORE = {-5: 0.5, -3: 0.75, -1: 0.5}  # of the time there is


@dataclass
class Run:
    """One running of a clock, what it was counted from, and what the ladder has said about it."""

    clock: str
    start: datetime
    subject: object = ""
    limit: tuple[int, str] | None = None
    on: date | None = None
    pauses: list[tuple[datetime, datetime]] = field(default_factory=list)
    closed: datetime | None = None
    said: set[int] = field(default_factory=set)
    warned: bool = False
    told: int = -1  # the highest level told before this run took another's place

    @property
    def due(self) -> datetime:
        extra = sum(((local(end) - local(start)).days for start, end in self.pauses), 0)
        if self.on:
            return night(self.on + timedelta(days=extra))
        number, unit = self.limit or LIMITS[self.clock]
        if unit == "H":
            return self.start + timedelta(hours=number)
        if unit == "WD":
            return night(workday(local(self.start), number))
        last = local(self.start) + timedelta(days=number + extra)
        return night(last if unit == "D" or works(last) else workday(last, 1))

    def rungs(self) -> list[datetime]:
        due, usual, found = self.due, LADDER_FOR_ENTERPRISES if self.clock in AGAINST_ENTERPRISE else LADDER, []
        for days in OWN_LADDERS.get(self.clock, usual):
            counted = night(workday(local(due), days)) if days else due
            found.append(max(counted, self.start + (due - self.start) * NOT_BEFORE.get(days, 0)))
        return found

    def unsaid(self) -> dict[int, datetime]:
        return {level: rung for level, rung in enumerate(self.rungs()) if level not in self.said}

    def sweep(self, until: datetime, at: datetime, others: list["Run"]) -> list[tuple[int, datetime, bool]]:
        """What fell due while the clock ran. Warned of one of the `others` before, the enterprise gets a letter."""
        until = min(until, self.closed - timedelta(microseconds=1)) if self.closed else until
        due = [level for level, rung in self.unsaid().items() if rung <= until]
        warns = due[-1:] == [1] and self.clock in AGAINST_ENTERPRISE and not self.closed
        before = any(one.warned and (one.clock, one.start) != (self.clock, self.start) for one in others)
        self.warned = self.warned or (warns and not before)
        return self.say(range(3) if warns and before else due, at)

    def say(self, levels: list[int] | range, at: datetime) -> list[tuple[int, datetime, bool]]:
        """(level, when due, late) of those of the levels that were not said."""
        told = [(level, min(rung, at)) for level, rung in self.unsaid().items() if level in levels]
        self.said = self.said | {*levels}
        return [(level, rung, at - rung > timedelta(minutes=15)) for level, rung in told]

    def replaced(self, at: datetime, **changes: Any) -> "Run":
        """The run that takes this one's place, from the same start: what is past and was told is not told again."""
        told = max([self.told, *self.said, *(level for level, rung in enumerate(self.rungs()) if rung < at)])
        new = replace(self, **changes, said=set(), told=told)
        new.said = {level for level, rung in enumerate(new.rungs()) if rung <= at and level <= told}
        self.closed = at
        return new


def local(moment: datetime) -> date:
    return moment.astimezone(CHINA).date()


def works(day: date) -> bool:
    if day.year > 2026:
        return day.weekday() < 5 and (day.month, day.day) not in EVERY_YEAR
    return day in WORKED if day.weekday() >= 5 else day not in REST


def workday(day: date, number: int) -> date:
    for _ in range(abs(number)):
        day = next(one for one in (day + timedelta(far if number > 0 else -far) for far in range(1, 15)) if works(one))
    return day


def night(day: date) -> datetime:
    return datetime.combine(day, time(23, 59, 59, 999_999), CHINA).astimezone(UTC)
