"""What was done late 逾期办理: by unit and limit by limit, and by how many working days, from the deadlines' own record."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import date, datetime, time, timedelta
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, and_, func, or_, select, tuple_
from sqlmodel import Session, col

from models import Enterprise, Unit
from models.actor import Actor
from models.calendar import WorkCalendar, days_between
from models.limits import ZONE
from models.permissions import Operation
from models.tables import DEADLINE, HAZARD
from services import access, policies
from services.findings import Position

_NOT_COUNTED = ("SUPERSEDED", "VOID")


class Span(NamedTuple):
    """The days on which a limit fell due, both included."""

    since: date
    until: date


class Whose(NamedTuple):
    """Whose lateness it is: a department by its id, or one of the sides a limit runs against."""

    unit_id: str | None
    against: str


class Lateness(NamedTuple):
    """How somebody kept their limits. `days`: working days late, all together; `longest`: of the latest one."""

    whose: Whose
    name: str
    counted: int
    late: int
    still: int
    days: int
    longest: int


def by_unit(session: Session, span: Span, *, by: Actor, at: datetime) -> Sequence[Lateness]:
    """Every unit's limits that are over, and those of them it did not keep; the latest first.

    Raises: NotPermitted.
    """
    access.require(by, Operation.SEARCH_TRAIL)
    late, count = _is_late(at), func.count()
    statement = (
        select(
            DEADLINE.c.unit_id, DEADLINE.c.against, col(Unit.name).label("name"), count.label("counted"),  # pyright: ignore[reportAttributeAccessIssue]
            count.filter(late).label("late"), count.filter(late, DEADLINE.c.closed_at.is_(None)).label("still"),
        )
        .outerjoin(Unit, col(Unit.id) == DEADLINE.c.unit_id)
        .where(_within(span), _counts(), or_(DEADLINE.c.closed_at.is_not(None), DEADLINE.c.due_at < at))
        .group_by(DEADLINE.c.unit_id, DEADLINE.c.against, col(Unit.name))
    )  # fmt: skip
    days = _days_by_whose(session, span, at)
    found = [_told(row, days[Whose(row.unit_id, row.against)]) for row in session.execute(statement)]
    return sorted(found, key=lambda one: (-one.days, -one.late, one.name, one.whose.against))


def limits(
    session: Session, whose: Whose, span: Span, *, by: Actor, at: datetime, after: Position | None, limit: int
) -> Sequence[Any]:
    """The limits somebody did not keep, the latest due first.

    Raises: NotPermitted.
    """
    access.require(by, Operation.SEARCH_TRAIL)
    statement = (
        select(
            DEADLINE.c.id, DEADLINE.c.clock, DEADLINE.c.due_at, DEADLINE.c.closed_at, DEADLINE.c.reason, HAZARD.c.no,
            HAZARD.c.place, col(Enterprise.name).label("enterprise"),  # pyright: ignore[reportAttributeAccessIssue]
        )
        .join(HAZARD, HAZARD.c.id == DEADLINE.c.hazard_id)
        .outerjoin(Enterprise, col(Enterprise.id) == HAZARD.c.enterprise_id)
        .where(_within(span), _counts(), _is_late(at), DEADLINE.c.against == whose.against)
        .where(DEADLINE.c.unit_id == whose.unit_id if whose.unit_id else DEADLINE.c.unit_id.is_(None))
        .order_by(DEADLINE.c.due_at.desc(), DEADLINE.c.id.desc())
    )  # fmt: skip
    if after is not None:
        statement = statement.where(tuple_(DEADLINE.c.due_at, DEADLINE.c.id) < after)
    return session.execute(statement.limit(limit)).all()


def working_days_late(due_at: datetime, ended_at: datetime, calendar: WorkCalendar) -> int:
    """Working days after the day it was due, up to the day it was done."""
    span = days_between(due_at.astimezone(ZONE).date() + timedelta(days=1), ended_at.astimezone(ZONE).date())
    return sum(calendar.is_working_day(day) for day in span)


def _days_by_whose(session: Session, span: Span, at: datetime) -> defaultdict[Whose, list[int]]:
    rows = session.execute(
        select(DEADLINE.c.unit_id, DEADLINE.c.against, DEADLINE.c.due_at, DEADLINE.c.closed_at).where(
            _within(span), _counts(), _is_late(at)
        )
    ).all()
    calendar = policies.calendar(session, policies.newest(session).calendar)
    found: defaultdict[Whose, list[int]] = defaultdict(list)
    for row in rows:
        days = working_days_late(row.due_at, row.closed_at or at, calendar)
        found[Whose(row.unit_id, row.against)].append(days)
    return found


def _told(row: Any, days: Iterable[int]) -> Lateness:
    days = list(days)
    whose = Whose(row.unit_id, row.against)
    return Lateness(whose, row.name or "", row.counted, row.late, row.still, sum(days), max(days, default=0))


def _within(span: Span) -> ColumnElement[bool]:
    first, last = (datetime.combine(day, time.min, ZONE) for day in span)
    return and_(DEADLINE.c.due_at >= first, DEADLINE.c.due_at < last + timedelta(days=1))


def _counts() -> ColumnElement[bool]:
    return or_(DEADLINE.c.outcome.is_(None), DEADLINE.c.outcome.not_in(_NOT_COUNTED))


def _is_late(at: datetime) -> ColumnElement[bool]:
    still = and_(DEADLINE.c.closed_at.is_(None), DEADLINE.c.due_at < at)
    return or_(DEADLINE.c.closed_at > DEADLINE.c.due_at, still)
