"""督办: what is watched over all hazards, and the board that counts it by lead unit; each number is a list of the ledger."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import func, select
from sqlmodel import Session, col

from models import Unit
from models.actor import Actor
from models.operations import Operation
from models.tables import HAZARD
from services import access, policies, register, watches
from services.register import UNASSIGNED, Filters
from services.watches import Watch, Watching

WORST = 8
"""So many of the longest overdue are shown by name."""
_WORST = (
    HAZARD.c.no, HAZARD.c.place, HAZARD.c.step, HAZARD.c.due_at, col(Unit.name).label("lead_unit"),
)  # fmt: skip


class Line(NamedTuple):
    """A lead unit (code and name; unassigned hazards stand under a line of their own) and its numbers."""

    code: str
    name: str
    counts: Mapping[Watch, int]


class Board(NamedTuple):
    lines: Sequence[Line]
    total: Mapping[Watch, int]
    """Sums of the lines."""
    worst: Sequence[Any]
    """The longest overdue hazards."""


def watching(session: Session, what: Watch, *, at: datetime) -> Watching:
    """What is watched, with the instants that count as late and as soon now."""
    return Watching(what, at, watches.soon_until(at, policies.calendar(session, policies.newest(session).calendar)))


def board(session: Session, *, by: Actor, at: datetime) -> Board:
    """What this actor's ledger holds of everything watched.

    Raises: NotPermitted.
    """
    access.require(by, Operation.STATISTICS)
    access.require(by, Operation.LIST_HAZARDS)
    soon = watching(session, Watch.SOON, at=at)
    found: dict[str, dict[Watch, int]] = {}
    for what in Watch:
        for unit, count in _by_unit(session, soon._replace(what=what), by):
            found.setdefault(unit or "", {})[what] = count
    lines = sorted(_lines(session, found), key=lambda line: (-line.counts[Watch.OVERDUE], line.code))
    total = {what: sum(line.counts[what] for line in lines) for what in Watch}
    return Board(lines, total, _worst(session, soon._replace(what=Watch.OVERDUE), by))


def _by_unit(session: Session, watched: Watching, by: Actor) -> Sequence[Any]:
    chosen = register.chosen(Filters(watched=watched), by=by, operation=Operation.LIST_HAZARDS)
    unit = HAZARD.c.lead_unit_id
    return session.execute(select(unit, func.count()).where(*chosen).group_by(unit)).all()


def _lines(session: Session, found: Mapping[str, Mapping[Watch, int]]) -> list[Line]:
    rows = session.execute(select(col(Unit.id), col(Unit.code), col(Unit.name)).where(col(Unit.id).in_(sorted(found))))
    named = {row.id: (row.code, row.name) for row in rows} | {"": (UNASSIGNED, "")}
    return [Line(*named[unit], {what: counts.get(what, 0) for what in Watch}) for unit, counts in found.items()]


def _worst(session: Session, late: Watching, by: Actor) -> Sequence[Any]:
    chosen = register.chosen(Filters(watched=late), by=by, operation=Operation.LIST_HAZARDS)
    led = select(*_WORST).outerjoin(Unit, col(Unit.id) == HAZARD.c.lead_unit_id).where(*chosen)
    return session.execute(led.order_by(HAZARD.c.due_at, HAZARD.c.id).limit(WORST)).all()
