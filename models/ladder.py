"""The escalation ladder 督办升级: which level falls due when, and whom it addresses. Pure; the numbers are data."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from itertools import pairwise
from typing import Any, Self

from models.calendar import WorkCalendar
from models.limits import add_working_days
from models.rules import AGAINST
from models.stage import Clock

OWN_LADDERS = frozenset(Clock) - {Clock.ANSWER}
"""Clocks that a version may give levels of their own. A letter's answer has one level, the one its silence leads to."""


class Recipient(StrEnum):
    """Whom a level addresses; turned into persons by the organisation as it is when the level fires."""

    HANDLER = "handler"
    DEPARTMENT_HEAD = "department_head"
    DEPUTY_LEADER = "deputy_leader"
    COMMITTEE_OFFICE = "committee_office"
    COMMITTEE_DIRECTOR = "committee_director"
    DISTRICT_DEPARTMENT = "district_department"
    TOWN_LEADER = "town_leader"
    DISTRICT_OFFICE = "district_office"
    PRINCIPAL = "principal"
    ACTUAL_CONTROLLER = "actual_controller"
    RECTIFIER = "rectifier"
    APPROVER = "approver"
    """Who should have decided a request: whoever holds the roles its work item lies with."""


@dataclass(frozen=True, slots=True)
class Level:
    """One level: its trigger relative to the due date in working days, its name, its letter, its recipients.

    A negative offset lies before the due date. For short limits it never comes before `share` of the limit has
    passed, so a one-day limit does not warn on the day it starts.
    """

    level: int
    name: str
    offset: int
    share: float
    action: str
    letter: str
    """Kind of letter drafted; empty for none."""
    answer_days: int
    """Working days to answer the letter; 0 where no answer is asked."""
    recipients: tuple[Recipient, ...]


@dataclass(frozen=True, slots=True)
class Rung:
    """When a level of a deadline falls due."""

    level: int
    at: datetime


@dataclass(frozen=True)
class Ladder:
    """One version of the ladder: levels 0 to 4 for each party whose lateness it may be, and for the clocks that have
    their own (a report of progress that is missed is no rectification that is)."""

    version: str
    levels: Mapping[str, tuple[Level, ...]]
    """By party or clock."""

    def of(self, clock: str, against: str) -> tuple[Level, ...]:
        """The levels of a clock: its own, else those against whoever is late."""
        return self.levels.get(clock, self.levels[against])

    @classmethod
    def from_body(cls, version: str, body: Mapping[str, Any]) -> Self:
        """Raises: ValueError naming what is wrong."""
        ladders = body.get("ladders", {})
        if not set(AGAINST) <= set(ladders) <= OWN_LADDERS | set(AGAINST):
            raise ValueError(f"ladder: levels are needed against {', '.join(AGAINST)}; found {', '.join(ladders)}")
        levels = {against: tuple(_level(against, row) for row in rows) for against, rows in ladders.items()}
        for against, rows in levels.items():
            if [row.level for row in rows] != list(range(len(rows))):
                raise ValueError(f"ladder against {against}: levels must be 0, 1, 2, … without gaps")
            if any(a.offset > b.offset or a.share > b.share for a, b in pairwise(rows)):
                raise ValueError(f"督办升级规则（{against}）：高一级不能早于低一级")
        return cls(version, levels)


def first_rung(start_at: datetime, due_at: datetime, levels: Sequence[Level], calendar: WorkCalendar) -> Rung:
    """The rung a new deadline waits for; every ladder has one."""
    return _rung(levels[0], start_at, due_at, calendar)


def rungs(start_at: datetime, due_at: datetime, levels: Sequence[Level], calendar: WorkCalendar) -> list[Rung]:
    """When each level falls due, ascending in level and never descending in time, none before the start."""
    return [_rung(level, start_at, due_at, calendar) for level in levels]


def _rung(level: Level, start_at: datetime, due_at: datetime, calendar: WorkCalendar) -> Rung:
    return Rung(level.level, max(start_at, _at(level, start_at, due_at, calendar)))


def _at(level: Level, start_at: datetime, due_at: datetime, calendar: WorkCalendar) -> datetime:
    if level.offset == 0:
        return due_at
    moved = add_working_days(due_at, level.offset, calendar)
    return moved if level.offset > 0 else max(moved, start_at + (due_at - start_at) * level.share)


def _level(against: str, row: Mapping[str, Any]) -> Level:
    where = f"ladder against {against}, level {row.get('level')}"
    if missing := {"level", "name", "offset", "action", "recipients"} - set(row):
        raise ValueError(f"{where}: {', '.join(sorted(missing))} missing")
    if unknown := set(row["recipients"]) - set(Recipient):
        raise ValueError(f"{where}: nobody is called {', '.join(sorted(unknown))}")
    share, days = row.get("share", 1.0), (row["offset"], row.get("answer_days", 0))
    if not 0 <= share <= 1 or not all(isinstance(number, int) for number in days) or not row["recipients"]:
        raise ValueError(f"{where}: share is from 0 to 1, days are whole, somebody is told")
    return Level(
        row["level"], row["name"], row["offset"], share, row["action"], row.get("letter", ""),
        row.get("answer_days", 0), tuple(Recipient(name) for name in row["recipients"]),
    )  # fmt: skip
