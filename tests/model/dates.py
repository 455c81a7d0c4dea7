"""Time limits and the ladder in the model's own words: the days of this one calendar, and dates counted on fingers."""

from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, time, timedelta, timezone

from services.seeding import read_data

CHINA = timezone(timedelta(hours=8))
REST = {date(2026, 9, 25), date(2026, 10, 1), date(2026, 10, 2), *(date(2026, 10, day) for day in (5, 6, 7))}
WORKED = {date(2026, 9, 20), date(2026, 10, 10)}
EVERY_YEAR = {(1, 1), (5, 1), (5, 2), (10, 1), (10, 2), (10, 3)}
_RULES = read_data("deadline_rules.json")["rules"]
LIMITS = {row["key"]: (row["number"], row["unit"]) for row in _RULES}
AGAINST_ENTERPRISE = {row["key"] for row in _RULES if row["against"] == "unit"}
LADDER = ((-1, 0.5), (0, 1), (2, 1), (5, 1), (15, 1))
LADDER_FOR_ENTERPRISES = ((-5, 0.5), (-3, 0.75), (0, 1), (5, 1), (15, 1))
OWN_LADDERS = {**dict.fromkeys(("plan", "progress"), ((-1, 0.5), (0, 1), (3, 1), (5, 1), (15, 1))),
               "urgent_verification": ((-1, 0.5), (0, 1), (0, 1), (0, 1), (1, 1))}  # fmt: skip


@dataclass
class Run:
    """One running of a clock, what it was counted from, and what the ladder has said about it."""

    clock: str
    start: datetime
    subject: str = ""
    days: int | None = None
    on: date | None = None
    rule: str = ""
    source: object = None
    pauses: list[tuple[datetime, datetime]] = field(default_factory=list)
    closed: datetime | None = None
    lapsed: bool = False
    said: set[int] = field(default_factory=set)
    warned: bool = False
    told: int = -1  # the highest level told before this run took another's place

    @property
    def due(self) -> datetime:
        extra = sum(((local(end) - local(start)).days for start, end in self.pauses), 0)
        if self.on:
            return night(self.on + timedelta(days=extra))
        number, unit = (self.days, "CD") if self.days else LIMITS[self.rule or self.clock]
        if unit == "H":
            return self.start + timedelta(hours=number)
        if unit == "WD":
            return night(workday(local(self.start), number))
        last = local(self.start) + timedelta(days=number + extra)
        return night(last if works(last) else workday(last, 1))

    def rungs(self) -> list[datetime]:
        due, found, usual = self.due, [], LADDER_FOR_ENTERPRISES if self.clock in AGAINST_ENTERPRISE else LADDER
        for days, share in OWN_LADDERS.get(self.clock, usual):
            counted = night(workday(local(due), days))
            early = max(counted, self.start + (due - self.start) * share)
            found.append(max(self.start, due if days == 0 else counted if days > 0 else early))
        return found

    def waits_until(self) -> datetime:
        unsaid = (rung for level, rung in enumerate(self.rungs()) if level not in self.said)
        return next(unsaid, datetime.max.replace(tzinfo=UTC))

    def sweep(
        self, until: datetime, at: datetime, others: list["Run"], raised: int = -1
    ) -> list[tuple[int, datetime, bool]]:
        """(level, when due, late) of what is said now: what fell due while the clock ran, or a raised level and those below.
        Warned of one of the `others` before, the enterprise gets a letter."""
        until = until if self.closed is None else min(until, self.closed - timedelta(microseconds=1))
        levels = [(level, rung) for level, rung in enumerate(self.rungs()) if level not in self.said]
        due = [(level, min(rung, at)) for level, rung in levels if (level <= raised if raised >= 0 else rung <= until)]
        newest, theirs = due[-1][0] if due and self.closed is None else None, self.clock in AGAINST_ENTERPRISE
        before = any(one.warned and (one.clock, one.start) != (self.clock, self.start) for one in others)
        if raised < 0 and newest == 1 and theirs and before:
            return self.sweep(until, at, others, raised=2)
        self.said, self.warned = self.said | {level for level, _ in due}, self.warned or (newest == 1 and theirs)
        return [(level, rung, at - rung > timedelta(minutes=15)) for level, rung in due]

    def replaced(self, at: datetime, **changes: object) -> "Run":
        """The run that takes this one's place, from the same start: what is past and was told is not told again."""
        told = max(self.told, *self.said, *(level for level, rung in enumerate(self.rungs()) if rung < at), -1)
        new = replace(self, **changes, said=set(), told=told)  # pyright: ignore[reportArgumentType]
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
    step = timedelta(days=1 if number > 0 else -1)
    for _ in range(abs(number)):
        day = next(later for later in (day + step * far for far in range(1, 15)) if works(later))
    return day


def night(day: date) -> datetime:
    return datetime.combine(day, time(23, 59, 59, 999_999), CHINA).astimezone(UTC)
