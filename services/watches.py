"""What supervision watches for, each as a condition on the ledger."""

from datetime import datetime, timedelta
from enum import StrEnum
from typing import NamedTuple

from sqlalchemy import ColumnElement, literal_column, select

from models.calendar import WorkCalendar
from models.limits import ZONE, end_of
from models.stage import Clock
from models.tables import DEADLINE, HAZARD, WORK_ITEM

SOON = 2
"""临期: so many working days or fewer are left."""
_LETTER = literal_column(f"'{Clock.ANSWER}'")
"""Written out, as its index has it (ix_work_item_answer)."""


class Watch(StrEnum):
    """督办事项."""

    OVERDUE = "overdue"
    """Past the date of the present step."""
    SOON = "soon"
    LISTED = "listed"
    """挂牌督办, not yet closed."""
    UNANSWERED = "unanswered"
    """A letter of supervision waits for its answer."""
    SILENT = "silent"
    """A report of progress is overdue."""
    UNCONTROLLED = "uncontrolled"
    """The interim control was not confirmed in time."""


class Watching(NamedTuple):
    what: Watch
    at: datetime
    soon: datetime
    """Until when a date is soon."""


def soon_until(at: datetime, calendar: WorkCalendar) -> datetime:
    """The end of the last day that is at most `SOON` working days away."""
    day, left = at.astimezone(ZONE).date(), SOON
    while True:
        following = day + timedelta(days=1)
        left -= calendar.is_working_day(following)
        if left < 0:
            return end_of(day)
        day = following


def conditions(watched: Watching) -> list[ColumnElement[bool]]:
    open_ones = HAZARD.c.closed_at.is_(None)
    match watched.what:
        case Watch.OVERDUE:
            return [open_ones, HAZARD.c.due_at < watched.at]
        case Watch.SOON:
            return [open_ones, HAZARD.c.due_at >= watched.at, HAZARD.c.due_at <= watched.soon]
        case Watch.LISTED:
            return [open_ones, HAZARD.c.listing_level != literal_column("'NONE'")]
        case Watch.UNANSWERED:
            waiting = (WORK_ITEM.c.kind == _LETTER, WORK_ITEM.c.closed_at.is_(None))
            return [HAZARD.c.id.in_(select(WORK_ITEM.c.hazard_id).where(*waiting))]
        case Watch.SILENT:
            return [_late(Clock.PROGRESS, Clock.LONG_PROGRESS, at=watched.at)]
        case Watch.UNCONTROLLED:
            return [_late(Clock.INTERIM_CHECK, at=watched.at)]


def _late(*clocks: Clock, at: datetime) -> ColumnElement[bool]:
    """A clock of these runs on the hazard and is past due."""
    late = (DEADLINE.c.clock.in_(clocks), DEADLINE.c.closed_at.is_(None), DEADLINE.c.due_at < at)
    return HAZARD.c.id.in_(select(DEADLINE.c.hazard_id).where(*late))
