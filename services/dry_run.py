"""What a new version of the rules, the ladder or the calendar would change 试算: every running deadline whose date, or whose
next level, would be another one, or whose date would be settled (暂定 no longer). What has passed stays passed. Nothing is
moved by asking, and nothing by the version itself (`services/date_moves.py`)."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import select
from sqlmodel import Session

from models.calendar import WorkCalendar
from models.ladder import Ladder, Rung
from models.ladder_hold import held_back
from models.limits import Limit
from models.rules import DeadlineRules
from models.stage import Clock
from models.tables import DEADLINE, HAZARD
from services import clocks, ladder_times, policies


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
    columns: Mapping[str, Any]
    """What the deadline that took its place would hold instead."""


@dataclass(frozen=True, slots=True)
class Draft:
    """The version that is proposed; None: as the deadline has it."""

    rules: DeadlineRules | None = None
    ladder: Ladder | None = None
    calendar: WorkCalendar | None = None


def shifts(session: Session, draft: Draft, *, at: datetime, among: Collection[str] | None = None) -> list[Shift]:
    """Every running deadline (of those in `among`, if given) that the draft would move, the next due first."""
    running = select(DEADLINE, HAZARD.c.no).join(HAZARD, HAZARD.c.id == DEADLINE.c.hazard_id)
    running = running.where(DEADLINE.c.closed_at.is_(None)).order_by(DEADLINE.c.due_at, DEADLINE.c.id)
    rows = session.execute(running if among is None else running.where(DEADLINE.c.id.in_(among))).all()
    return [found for row in rows for found in _shift(session, row, draft, at)]


def _shift(session: Session, row: Any, draft: Draft, at: datetime) -> Iterator[Shift]:
    held: Mapping[str, Any] = dict(row._mapping)
    limit = _limit_under(session, held, draft.rules) if draft.rules else {}
    calendar = draft.calendar or policies.calendar(session, row.calendar_version)
    ladder = draft.ladder or policies.ladder(session, row.ladder_version)
    new = clocks.recomputed({**held, **limit}, calendar)
    if (draft.rules and new.due_at == row.due_at) or (row.due_at < at and new.due_at != row.due_at):
        return
    levels = ladder_times.levels_of({**held, "due_at": new.due_at}, ladder, calendar)
    waits = _waits(session, row, levels, at)
    settled = (new.due_at, new.provisional) != (row.due_at, row.provisional)
    if settled or waits != _waits(session, row, ladder_times.computed(session, held), at):
        columns = {**limit, "due_at": new.due_at, "reason": new.reason, "provisional": new.provisional, **waits}
        yield Shift(
            row.no, row.id, Clock(row.clock), row.due_at, new.due_at, row.next_rung_at, waits["next_rung_at"],
            new.reason, columns,
        )  # fmt: skip


def _waits(session: Session, row: Any, levels: Sequence[Rung], at: datetime) -> dict[str, Any]:
    """The level a deadline would wait for in the place of this one, its hold counted in."""
    return ladder_times.following(session, row, held_back(levels, ladder_times.hold_of(session, row.id)), at=at)


def _limit_under(session: Session, held: Mapping[str, Any], rules: DeadlineRules) -> Mapping[str, Any]:
    """The limit of the deadline's rule in the draft; what a person decided stays as decided."""
    key = _rule_of(policies.rules(session, held["rules_version"]), held)
    if key is None or key not in rules.rules:
        return {}
    limit = rules.rules[key].limit
    return {"number": limit.number, "unit_of_time": limit.unit, "basis": limit.basis, "certainty": limit.certainty}


def _rule_of(rules: DeadlineRules, held: Mapping[str, Any]) -> str | None:
    """Which rule the deadline's limit is from: its clock's, or another one with the very same limit."""
    if held["on_day"] or held["certainty"] == "decided":
        return None
    same = [key for key, rule in rules.rules.items() if _is(rule.limit, held)]
    return held["clock"] if held["clock"] in same else next(iter(same), None)


def _is(limit: Limit, held: Mapping[str, Any]) -> bool:
    return (limit.number, limit.unit, limit.basis) == (held["number"], held["unit_of_time"], held["basis"])
