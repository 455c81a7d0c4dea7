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
OWN_LADDERS = {**dict.fromkeys(("plan", "progress"), ((-1, 0.5), (0, 1), (3, 1), (5, 1), (15, 1))),
               "urgent_verification": ((-1, 0.5), (0, 1), (0, 1), (0, 1), (1, 1))}  # fmt: skip
MISSED = timedelta(minutes=15)


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
    warned: bool = False

    def rungs(self) -> list[datetime]:
        ladder = LADDER_FOR_ENTERPRISES if self.clock in AGAINST_ENTERPRISE else LADDER
        ladder = OWN_LADDERS.get(self.clock, ladder)
        return [max(self.start, self._rung(days, share)) for days, share in ladder]

    def _rung(self, days: int, share: float) -> datetime:
        if days == 0:
            return self.due
        counted = night(workday(self.due.astimezone(CHINA).date(), days))
        return counted if days > 0 else max(counted, self.start + (self.due - self.start) * share)

    def waits_until(self) -> datetime:
        """When its next level falls due."""
        return next(
            (rung for level, rung in enumerate(self.rungs()) if level not in self.said),
            datetime.max.replace(tzinfo=UTC),
        )

    @staticmethod
    def forgive(runs: "list[Run]") -> None:
        """A new cycle begins: warnings of the one before count no longer."""
        for run in runs:
            run.warned = False

    def sweep(self, until: datetime, at: datetime, *, others: "list[Run]") -> list[tuple[int, datetime, bool]]:
        """(level, when it fell due, late) of each level that is said now: what fell due until then while the clock ran, once.
        Warned of one of the `others` before, the enterprise gets a letter."""
        due = [
            (level, rung) for level, rung in enumerate(self.rungs())
            if rung <= until and (self.closed is None or rung < self.closed) and level not in self.said
        ]  # fmt: skip
        newest = due[-1][0] if due and self.closed is None else None
        warned = any(one.warned for one in others if one is not self and one.clock in AGAINST_ENTERPRISE)
        if newest == 1 and warned and self.clock in AGAINST_ENTERPRISE:
            return self.raise_to(2, at)
        self.said |= {level for level, _ in due}
        self.warned |= newest == 1
        return [(level, rung, at - rung > MISSED) for level, rung in due]

    def raise_to(self, level: int, at: datetime) -> list[tuple[int, datetime, bool]]:
        """The same of every level up to this one, said at once although its time has not come."""
        now = [
            (number, min(rung, at))
            for number, rung in enumerate(self.rungs())
            if number <= level and number not in self.said
        ]
        self.said |= {number for number, _ in now}
        return [(number, rung, at - rung > MISSED) for number, rung in now]


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
