"""Start and stop the time limits of a hazard. A deadline is frozen with everything it was computed from."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import bindparam, case, insert, select, update
from sqlmodel import Session

from models.errors import InvalidInput
from models.forms.rectification import LimitFields
from models.hazard import Hazard
from models.ids import new_id
from models.ladder import first_rung
from models.limits import Due, Limit, Unit, due, on_date
from models.stage import Clock
from models.tables import DEADLINE
from services import policies

LIMIT_COLUMNS = ("limit_days", "limit_on", "limit_basis")
_LEAST_NOTICE = timedelta(hours=4)
STOP_CLOCK = (
    update(DEADLINE)
    .where(DEADLINE.c.hazard_id == bindparam("of_hazard"), DEADLINE.c.clock == bindparam("of_clock"), DEADLINE.c.closed_at.is_(None))
    .values(
        closed_at=bindparam("at"),
        outcome=case((DEADLINE.c.due_at >= bindparam("at"), "MET"), else_="LATE"),
        next_rung_at=case((DEADLINE.c.next_rung_at < bindparam("at"), DEADLINE.c.next_rung_at), else_=None),
    )
)  # fmt: skip
INSERT_DEADLINE = insert(DEADLINE)
VOID_CLOCKS = (
    update(DEADLINE)
    .where(DEADLINE.c.hazard_id == bindparam("of_hazard"), DEADLINE.c.closed_at.is_(None))
    .values(
        closed_at=bindparam("at"), outcome="VOID",
        next_rung_at=case((DEADLINE.c.next_rung_at < bindparam("at"), DEADLINE.c.next_rung_at), else_=None),
    )
)  # fmt: skip
"""Ends every clock still running on a hazard that has come to its end."""
_URGENT = {Clock.TRIAGE: Clock.URGENT_TRIAGE, Clock.VERIFICATION: Clock.URGENT_VERIFICATION}


@dataclass(frozen=True, slots=True)
class NamedLimit:
    """A rectification limit as the assignment names it: days from receipt, or a last day; with its basis."""

    days: int | None
    on: date | None
    basis: str


def clock_of(clock: Clock, *, urgent: bool) -> Clock:
    """The clock that runs for a step: where people are in danger, the urgent one."""
    return _URGENT.get(clock, clock) if urgent else clock


def starting(
    session: Session, hazard: Hazard, clock: Clock, *, at: datetime, cycle: int, unit_id: str | None,
    named: NamedLimit | None = None,
) -> dict[str, Any]:  # fmt: skip
    """The deadline of a clock that starts now, as the row `INSERT_DEADLINE` writes; one of a clock lives on a hazard.

    The rectification clock takes its limit from the assignment (`named`); the others from the rules the hazard
    runs under.
    """
    calendar = policies.calendar(session, hazard.calendar_version)
    rule = policies.rules(session, hazard.rules_version).limit(clock)
    limit = rule.limit
    if named is not None and named.days is not None:
        limit = Limit(named.days, Unit.CALENDAR_DAYS, named.basis, "decided")
    computed = on_date(named.on, calendar) if named and named.on else due(at, limit, calendar)
    ladder = policies.ladder(session, hazard.ladder_version)
    first = first_rung(at, computed.due_at, rule.against, ladder, calendar)
    return {
        "id": new_id(), "hazard_id": hazard.id, "cycle": cycle, "clock": clock, "against": rule.against,
        "unit_id": unit_id if rule.against == "department" else None,
        "start_at": at, "number": limit.number, "unit_of_time": limit.unit,
        "basis": named.basis if named else limit.basis, "certainty": "decided" if named else limit.certainty,
        "due_at": computed.due_at, "reason": computed.reason, "provisional": computed.provisional,
        "rules_version": hazard.rules_version, "calendar_version": hazard.calendar_version,
        "ladder_version": hazard.ladder_version,
        "next_level": first.level, "next_rung_at": first.at,
    }  # fmt: skip


def stop(session: Session, hazard_id: str, clock: Clock, *, at: datetime) -> None:
    """Stop a clock; on time is judged by the instant of the decision, under the hazard's row lock."""
    session.execute(STOP_CLOCK, stopping(hazard_id, clock, at=at))


def stopping(hazard_id: str, clock: Clock, *, at: datetime) -> dict[str, Any]:
    """What `STOP_CLOCK` takes."""
    return {"of_hazard": hazard_id, "of_clock": clock, "at": at}


def running(session: Session, hazard_id: str, clock: Clock) -> datetime | None:
    """When the live deadline of this clock is due."""
    live = (DEADLINE.c.hazard_id == hazard_id, DEADLINE.c.clock == clock, DEADLINE.c.closed_at.is_(None))
    return session.execute(select(DEADLINE.c.due_at).where(*live)).scalar_one_or_none()


def named_limit(columns: Mapping[str, Any]) -> NamedLimit:
    """The limit that hazard columns or a form's fields (`LIMIT_COLUMNS`) name."""
    on = columns["limit_on"]
    return NamedLimit(
        columns["limit_days"], date.fromisoformat(on) if isinstance(on, str) else on, columns["limit_basis"]
    )


def check_named(session: Session, hazard: Hazard, named: NamedLimit, *, at: datetime) -> Due:
    """A named limit must leave time to act and stay within the longest one the rules allow.

    Raises: InvalidInput.
    """
    calendar = policies.calendar(session, hazard.calendar_version)
    limit = Limit(named.days or 1, Unit.CALENDAR_DAYS, named.basis, "decided")
    computed = on_date(named.on, calendar) if named.on else due(at, limit, calendar)
    longest = policies.rules(session, hazard.rules_version).limit("rectification_longest").limit
    if computed.due_at < at + _LEAST_NOTICE:
        raise InvalidInput(
            "整改截止日期已过或不足4小时。", rule="时限规则：期限不得设在过去", remedy="请填写今天以后的日期。",
            extra={"errors": [{"field": "limit_on", "message": "不能早于现在"}]},
        )  # fmt: skip
    if computed.due_at > due(at, longest, calendar).due_at:
        raise InvalidInput(
            f"整改期限超过{longest.number}天。", rule=longest.basis, remedy=f"请将期限定在{longest.number}天以内；确需更长的，由上级批准延期。",
            extra={"errors": [{"field": "limit_days", "message": f"最长{longest.number}天"}]},
        )  # fmt: skip
    return computed


def new_limit(session: Session, hazard: Hazard, form: LimitFields, *, at: datetime) -> dict[str, Any]:
    """The hazard's columns for a limit decided anew, once it is found possible.

    Raises: InvalidInput.
    """
    named = named_limit(dict(form))
    check_named(session, hazard, named, at=at)
    return {
        "limit_days": named.days,
        "limit_on": named.on.isoformat() if named.on else None,
        "limit_basis": named.basis,
    }
