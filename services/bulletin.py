"""Figures for the bulletin 晾晒通报: counted from the ledger, by lead unit; totals are sums, never typed in.

Each figure is defined once, here (`Figures`). A period is local days, the last one included.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, fields
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import Select, case, func, select
from sqlmodel import Session, col

from models import Unit
from models.actor import Actor
from models.hazard import Grade
from models.limits import end_of
from models.operations import Operation
from models.stage import Clock, Stage
from models.tables import DEADLINE, HAZARD
from services import access

_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Figures:
    """What a unit answers for. `due` counts rectification limits of cycles that fell due in the period."""

    found: int = 0
    """排查数: graded MAJOR, discovered in the period."""
    closed: int = 0
    """销号数: struck off in the period."""
    open: int = 0
    """存量: graded MAJOR, not closed at the end of the period."""
    overdue: int = 0
    """逾期数: of these, past the date of their present step."""
    due: int = 0
    """到期数: by the original limit."""
    on_time_by_original_limit: int = 0
    """按原期限按期整改数."""
    on_time_by_approved_limit: int = 0
    """按批准期限按期整改数: extensions counted; a limit extended beyond the period is on time so far."""

    def __add__(self, other: "Figures") -> "Figures":
        return Figures(*(getattr(self, each.name) + getattr(other, each.name) for each in fields(Figures)))


@dataclass(frozen=True, slots=True)
class Line:
    unit: str
    figures: Figures


@dataclass(frozen=True, slots=True)
class Bulletin:
    lines: Sequence[Line]
    total: Figures


def bulletin(session: Session, first: date, last: date, *, by: Actor, at: datetime) -> Bulletin:
    """The figures of a period for what this actor's reach covers. Its total is the sum of its lines."""
    names = {row[0]: row[1] for row in session.execute(select(col(Unit.id), col(Unit.name)))}
    figures: dict[str, Figures] = {}
    for unit, one in _of_hazards(session, first, last, by=by, at=at):
        figures[unit] = figures.get(unit, Figures()) + one
    for unit, one in _of_limits(session, first, last, by=by, at=at):
        figures[unit] = figures.get(unit, Figures()) + one
    lines = sorted((Line(names.get(unit, "未交办"), one) for unit, one in figures.items()), key=lambda line: line.unit)
    return Bulletin(lines, sum((line.figures for line in lines), Figures()))


def _of_hazards(session: Session, first: date, last: date, *, by: Actor, at: datetime) -> Iterable[tuple[str, Figures]]:
    before, until, hazard = end_of(first - _DAY), min(end_of(last), at), HAZARD.c
    still_open = hazard.closed_at.is_(None) | (hazard.closed_at > until)
    counted = {
        "found": (hazard.discovered_at > before) & (hazard.discovered_at <= end_of(last)),
        "closed": (hazard.stage == Stage.CLOSED) & (hazard.closed_at > before) & (hazard.closed_at <= until),
        "open": still_open & (hazard.discovered_at <= until),
        "overdue": still_open & (hazard.due_at < until),
    }
    sums = [func.sum(case((condition, 1), else_=0)).label(name) for name, condition in counted.items()]
    graded = (hazard.grade == Grade.MAJOR, hazard.stage != Stage.VOIDED, access.visible(by, Operation.STATISTICS))
    for row in session.execute(select(hazard.lead_unit_id, *sums).where(*graded).group_by(hazard.lead_unit_id)):
        yield row[0] or "", Figures(*(int(number) for number in row[1:]))


def _of_limits(session: Session, first: date, last: date, *, by: Actor, at: datetime) -> Iterable[tuple[str, Figures]]:
    """Each cycle's rectification limits: the earliest date is the original one, the last one is the one that counts.

    Counted in the database: a province has more limits than a page has time to read. Only hazards with a limit in the
    period are looked at: the original one lies in it.
    """
    before, until = end_of(first - _DAY), end_of(last)
    one = _limits_of(before, until, by=by).subquery().c
    met = case((one.closed_at <= one.original, 1), else_=0)
    kept = case(
        (one.closed_at.is_(None), case((one.due_at >= at, 1), else_=0)), (one.closed_at <= one.due_at, 1), else_=0
    )
    fell_due = (one.place == 1, one.original > before, one.original <= min(until, at))
    sums = select(one.lead_unit_id, func.count(), func.sum(met), func.sum(kept)).where(*fell_due)
    for unit, due, original, approved in session.execute(sums.group_by(one.lead_unit_id)):
        yield (
            unit or "",
            Figures(due=due, on_time_by_original_limit=int(original), on_time_by_approved_limit=int(approved)),
        )


def _limits_of(before: datetime, until: datetime, *, by: Actor) -> Select[Any]:
    """Rectification limits with the original date of each, the one that counts in the first place."""
    limit = DEADLINE.alias()
    concerned = select(limit.c.hazard_id).where(
        limit.c.clock == Clock.RECTIFICATION, limit.c.due_at > before, limit.c.due_at <= until
    )
    row, same = DEADLINE.c, (DEADLINE.c.hazard_id, DEADLINE.c.cycle, DEADLINE.c.start_at)
    last_first = (case((row.outcome.is_(None), 0), else_=1), row.due_at.desc())
    return (
        select(
            HAZARD.c.lead_unit_id, row.due_at, row.closed_at, func.min(row.due_at).over(partition_by=same).label("original"),
            func.row_number().over(partition_by=same, order_by=last_first).label("place"),
        )
        .join(HAZARD, HAZARD.c.id == row.hazard_id)
        .where(row.clock == Clock.RECTIFICATION, row.hazard_id.in_(concerned), access.visible(by, Operation.STATISTICS))
    )  # fmt: skip
