"""When the levels of a deadline fall due, its hold counted in; and where the ladder of a changed deadline goes on."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import bindparam, func, select
from sqlmodel import Session

from models.calendar import WorkCalendar
from models.ladder import Ladder, Rung, first_rung, rungs
from models.ladder_hold import Span, held_back
from models.stage import Clock
from models.tables import DEADLINE, ESCALATION, LADDER_HOLD
from services import policies

UNANSWERED_LEVEL = 3
"""A supervision letter nobody answered leads to the talk and the public list (临江府发〔2024〕37号 三(三), design of the ladder)."""
_HOLD = select(LADDER_HOLD.c.held_at, LADDER_HOLD.c.until).where(LADDER_HOLD.c.deadline_id == bindparam("of_deadline"))
_SAME_CLOCK = (
    DEADLINE.c.hazard_id == bindparam("of_hazard"), DEADLINE.c.clock == bindparam("of_clock"),
    DEADLINE.c.subject == bindparam("of_subject"), DEADLINE.c.cycle == bindparam("of_cycle"),
    DEADLINE.c.start_at == bindparam("of_start"),
)  # fmt: skip
_HIGHEST = (
    select(func.max(ESCALATION.c.level)).join(DEADLINE, DEADLINE.c.id == ESCALATION.c.deadline_id).where(*_SAME_CLOCK)
)


def times(session: Session, deadline: Any) -> list[Rung]:
    """Every level of a deadline with when it falls due; those that fall due in its hold, at the hold's end."""
    return held_back(computed(session, deadline._mapping), hold_of(session, deadline.id))


def hold_of(session: Session, deadline_id: str) -> Span | None:
    """From when to when the ladder of a deadline is held."""
    held = session.execute(_HOLD, {"of_deadline": deadline_id}).one_or_none()
    return Span(*held) if held else None


def computed(session: Session, row: Mapping[str, Any]) -> list[Rung]:
    """Every level by the inputs frozen on the deadline's row."""
    ladder = policies.ladder(session, row["ladder_version"])
    return levels_of(row, ladder, policies.calendar(session, row["calendar_version"]))


def levels_of(row: Mapping[str, Any], ladder: Ladder, calendar: WorkCalendar) -> list[Rung]:
    """Every level under this ladder and calendar. A letter's answer has one: the level its silence leads to."""
    if row["clock"] == Clock.ANSWER:
        return [Rung(UNANSWERED_LEVEL, row["due_at"])]
    return rungs(row["start_at"], row["due_at"], ladder.of(row["clock"], row["against"]), calendar)


def first(row: Mapping[str, Any], ladder: Ladder, calendar: WorkCalendar) -> Rung:
    """The rung a new deadline waits for, without working out the others."""
    if row["clock"] == Clock.ANSWER:
        return Rung(UNANSWERED_LEVEL, row["due_at"])
    return first_rung(row["start_at"], row["due_at"], ladder.of(row["clock"], row["against"]), calendar)


def resumed(session: Session, old: Any, row: Mapping[str, Any], *, at: datetime) -> dict[str, Any]:
    """Where the ladder of `row` begins, which takes the place of `old` at this instant."""
    return following(session, old, computed(session, row), at=at)


def following(session: Session, old: Any, levels: Iterable[Rung], *, at: datetime) -> dict[str, Any]:
    """Where a ladder of these levels goes on that takes the place of `old`'s.

    A level whose new time has passed and that was fired before, or that `old` still has to record, is not fired
    again; every later one comes at its new time.
    """
    told = _highest_told(session, old, at=at)
    return waiting_for(next((rung for rung in levels if rung.at > at or rung.level > told), None))


def waiting_for(rung: Rung | None) -> dict[str, Any]:
    """The deadline's columns that say which rung it waits for."""
    return {"next_level": rung.level if rung else None, "next_rung_at": rung.at if rung else None}


def _highest_told(session: Session, old: Any, *, at: datetime) -> int:
    clock = {"of_hazard": old.hazard_id, "of_clock": old.clock, "of_subject": old.subject, "of_cycle": old.cycle,
             "of_start": old.start_at}  # fmt: skip
    fired = session.execute(_HIGHEST, clock).scalar_one()
    left = [rung.level for rung in times(session, old) if rung.at < at]
    return max([-1 if fired is None else fired, *left])
