"""What a new version of the rules, the ladder or the calendar would change 试算: every running deadline whose date, or whose
next level, would be another one. Nothing is moved by asking, and nothing by the version itself."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import select
from sqlmodel import Session

from models.calendar import WorkCalendar
from models.ladder import Ladder, rungs
from models.limits import Limit
from models.rules import DeadlineRules
from models.stage import Clock
from models.tables import DEADLINE, HAZARD
from services import clocks, policies


class Shift(NamedTuple):
    """One running deadline, as it is and as it would be under the draft."""

    hazard_no: str
    deadline_id: str
    clock: Clock
    due_at: datetime
    would_be_due_at: datetime
    next_level_at: datetime | None
    would_be_next_level_at: datetime | None
    reason: str
    """How the new date comes about."""


@dataclass(frozen=True, slots=True)
class Draft:
    """The version that is proposed; None: as the deadline has it."""

    rules: DeadlineRules | None = None
    ladder: Ladder | None = None
    calendar: WorkCalendar | None = None


def shifts(session: Session, draft: Draft, *, at: datetime, hazard_id: str = "") -> Sequence[Shift]:
    """Every running deadline the draft would move, the next due first."""
    running = select(DEADLINE, HAZARD.c.no).join(HAZARD, HAZARD.c.id == DEADLINE.c.hazard_id)
    running = running.where(DEADLINE.c.closed_at.is_(None)).order_by(DEADLINE.c.due_at, DEADLINE.c.id)
    rows = session.execute(running.where(DEADLINE.c.hazard_id == hazard_id) if hazard_id else running)
    return [found for row in rows for found in _shift(session, row, draft, at)]


def _shift(session: Session, row: Any, draft: Draft, at: datetime) -> Iterator[Shift]:
    held: Mapping[str, Any] = dict(row._mapping)
    calendar = draft.calendar or policies.calendar(session, row.calendar_version)
    limited = _under(session, held, draft.rules) if draft.rules else held
    new = clocks.recomputed(limited, calendar)
    ladder = draft.ladder or policies.ladder(session, row.ladder_version)
    ahead = [rung.at for rung in rungs(row.start_at, new.due_at, row.against, ladder, calendar) if rung.at > at]
    next_at = min(ahead, default=None)
    moved_level = draft.ladder is not None and row.next_rung_at is not None and next_at != row.next_rung_at
    if new.due_at != row.due_at or moved_level:
        yield Shift(row.no, row.id, Clock(row.clock), row.due_at, new.due_at, row.next_rung_at, next_at, new.reason)


def _under(session: Session, held: Mapping[str, Any], rules: DeadlineRules) -> Mapping[str, Any]:
    """The deadline's inputs with the limit of its rule in the draft; what a person decided stays as decided."""
    key = _rule_of(policies.rules(session, held["rules_version"]), held)
    if key is None or key not in rules.rules:
        return held
    limit = rules.rules[key].limit
    return {**held, "number": limit.number, "unit_of_time": limit.unit, "basis": limit.basis}


def _rule_of(rules: DeadlineRules, held: Mapping[str, Any]) -> str | None:
    """Which rule the deadline's limit is from: its clock's, or another one with the very same limit."""
    if held["on_day"] or held["certainty"] == "decided":
        return None
    same = [key for key, rule in rules.rules.items() if _is(rule.limit, held)]
    return held["clock"] if held["clock"] in same else next(iter(same), None)


def _is(limit: Limit, held: Mapping[str, Any]) -> bool:
    return (limit.number, limit.unit, limit.basis) == (held["number"], held["unit_of_time"], held["basis"])
