"""Figures for the bulletin 晾晒通报: counted from the ledger, by lead unit; totals are sums, never typed in.

Each figure is defined once, here (`Figures`). A period is local days, the last one included.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, fields
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import case, func, select
from sqlmodel import Session, col

from models import Unit
from models.actor import Actor
from models.hazard import Grade
from models.limits import ZONE, end_of
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
    """Each cycle's rectification limits in order: the first is the original one, the last the one that counts.

    Only hazards with a limit in the period are looked at: the original one lies in it.
    """
    limit, period = DEADLINE.alias(), (end_of(first - _DAY), end_of(last))
    concerned = select(limit.c.hazard_id).where(
        limit.c.clock == Clock.RECTIFICATION, limit.c.due_at > period[0], limit.c.due_at <= period[1]
    )
    ordered = (
        select(DEADLINE.c.hazard_id, DEADLINE.c.cycle, DEADLINE.c.start_at, DEADLINE.c.due_at, DEADLINE.c.closed_at,
               DEADLINE.c.outcome, HAZARD.c.lead_unit_id)
        .join(HAZARD, HAZARD.c.id == DEADLINE.c.hazard_id)
        .where(DEADLINE.c.clock == Clock.RECTIFICATION, DEADLINE.c.hazard_id.in_(concerned))
        .where(access.visible(by, Operation.STATISTICS))
        .order_by(DEADLINE.c.hazard_id, DEADLINE.c.cycle, DEADLINE.c.start_at)
    )  # fmt: skip
    limits: dict[tuple[str, int, datetime], list[Any]] = {}
    for row in session.execute(ordered):
        limits.setdefault((row.hazard_id, row.cycle, row.start_at), []).append(row)
    for rows in limits.values():
        original, final = (
            min(rows, key=lambda row: row.due_at),
            max(rows, key=lambda row: (row.outcome is None, row.due_at)),
        )
        if first <= _on(original.due_at) <= last and original.due_at <= at:
            yield (
                original.lead_unit_id or "",
                Figures(
                    due=1,
                    on_time_by_original_limit=int(final.closed_at is not None and final.closed_at <= original.due_at),
                    on_time_by_approved_limit=int((final.closed_at or at) <= final.due_at),
                ),
            )


def _on(moment: datetime) -> date:
    return moment.astimezone(ZONE).date()
