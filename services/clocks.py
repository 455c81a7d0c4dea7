"""Start and stop the time limits of a hazard. A deadline is frozen with everything it was computed from."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, bindparam, case, insert, select, update
from sqlmodel import Session

from models.calendar import WorkCalendar
from models.errors import InvalidInput
from models.forms.rectification import LimitFields
from models.hazard import Hazard, ListingLevel
from models.ids import new_id
from models.limits import Due, Limit, Pause, Unit, add_working_days, due, end_of, on_date, working_time_between
from models.stage import Clock
from models.standard import PolicyKind
from models.tables import DEADLINE
from services import ladder_times, policies

LIMIT_COLUMNS = ("limit_days", "limit_on", "limit_basis")
_LEAST_NOTICE = timedelta(hours=4)
"""Office hours (09:00 to 12:00, 14:00 to 18:00)."""
_FURTHEST = timedelta(days=3653)
"""A date ten years ahead is a slip of the pen, and days are counted one by one wherever it is shown."""
_YEAR_IN_SIGHT = timedelta(days=120)
"""So long before the end of its years a calendar may be too short for a clock that starts."""
SHORT_LIMIT_DAYS = 60
"""An extension of a limit shorter than this is decided within days, not weeks."""
_LEFT_BEHIND = case((DEADLINE.c.next_rung_at < bindparam("at"), DEADLINE.c.next_rung_at), else_=None)
"""A rung that fell due before the clock ended and that no sweep has recorded yet stays to be recorded."""
_LIVE = (DEADLINE.c.hazard_id == bindparam("of_hazard"), DEADLINE.c.closed_at.is_(None))
_OF_CLOCK = (*_LIVE, DEADLINE.c.clock == bindparam("of_clock"), DEADLINE.c.subject == bindparam("of_subject"))
STOP_CLOCK = (
    update(DEADLINE)
    .where(*_OF_CLOCK)
    .values(
        closed_at=bindparam("at"), outcome=case((DEADLINE.c.due_at >= bindparam("at"), "MET"), else_="LATE"),
        next_rung_at=_LEFT_BEHIND,
    )
)  # fmt: skip
INSERT_DEADLINE = insert(DEADLINE)
VOID_CLOCKS = (
    update(DEADLINE).where(*_LIVE).values(closed_at=bindparam("at"), outcome="VOID", next_rung_at=_LEFT_BEHIND)
)
"""Ends every clock still running on a hazard that has come to its end."""
_SUPERSEDE = (
    update(DEADLINE)
    .where(DEADLINE.c.id == bindparam("of_deadline"))
    .values(closed_at=bindparam("at"), outcome="SUPERSEDED", next_rung_at=_LEFT_BEHIND)
)
_LIVE_DEADLINE = select(DEADLINE).where(*_OF_CLOCK)
_URGENT = {Clock.TRIAGE: Clock.URGENT_TRIAGE, Clock.VERIFICATION: Clock.URGENT_VERIFICATION}


@dataclass(frozen=True, slots=True)
class NamedLimit:
    """A limit as a decision names it: days from its start, a last day, or hours; with its basis."""

    days: int | None
    on: date | None
    basis: str
    hours: int | None = None


def clock_of(clock: Clock, *, urgent: bool) -> Clock:
    """The clock that runs for a step: where people are in danger, the urgent one."""
    return _URGENT.get(clock, clock) if urgent else clock


def starting(
    session: Session, hazard: Hazard, clock: Clock, *, at: datetime, cycle: int, unit_id: str | None,
    named: NamedLimit | None = None, subject: str = "", rule: str = "", lateness: str = "",
) -> dict[str, Any]:  # fmt: skip
    """The deadline of a clock that starts now, as the row `INSERT_DEADLINE` writes; one of a clock (and subject) lives
    on a hazard.

    The limit is the one a decision names (`named`), or the rule of the clock (`rule` for another one) in the version
    the hazard runs under; `lateness`: whose it is where that is not the rule's to say.
    """
    against, limit, version = limit_of(session, hazard, rule or clock)
    against = lateness or against
    if named is not None and named.hours is not None:
        limit = Limit(named.hours, Unit.HOURS, named.basis, "decided")
    elif named is not None and named.days is not None:
        limit = Limit(named.days, Unit.CALENDAR_DAYS, named.basis, "decided")
    row = {
        "id": new_id(), "hazard_id": hazard.id, "cycle": cycle, "clock": clock, "subject": subject, "against": against,
        "unit_id": unit_id if against in {"department", "approver"} else None,
        "start_at": at, "number": limit.number, "unit_of_time": limit.unit,
        "on_day": named.on.isoformat() if named and named.on else None, "pauses": "[]",
        "basis": named.basis if named else limit.basis, "certainty": "decided" if named else limit.certainty,
        "rules_version": version, "calendar_version": calendar_version_of(session, hazard, at=at),
        "ladder_version": hazard.ladder_version,
    }  # fmt: skip
    return row | _computed(session, row)


def superseding(session: Session, deadline: Any, *, at: datetime, **changes: Any) -> dict[str, Any]:
    """End a live deadline as superseded and start the one that takes its place, from the same instant; the new row.

    `changes` are columns of the new row (`on_day`, `pauses`, `basis`, `clock`, …). What the old one fired stays and is
    not fired again.
    """
    row = dict(deadline._mapping) | {"id": new_id(), "closed_at": None, "outcome": None} | changes
    row |= _computed(session, row)
    row |= ladder_times.resumed(session, deadline, row, at=at)
    replace(session, deadline, row, at=at)
    return row


def go_on(session: Session, ended: Any) -> None:
    """A deadline that should not have ended runs on, in a row of its own with the same dates; what its ladder had not
    said yet, the new row says."""
    row = superseding(session, ended, at=ended.closed_at)
    left = next((rung for rung in ladder_times.times(session, ended) if rung.level == ended.next_level), None)
    for deadline_id, waits in ((ended.id, {"next_rung_at": None}), (row["id"], ladder_times.waiting_for(left))):
        session.execute(update(DEADLINE).where(DEADLINE.c.id == deadline_id).values(**waits))


def replace(session: Session, deadline: Any, row: dict[str, Any], *, at: datetime) -> None:
    """Another clock takes the place of a live one."""
    session.execute(_SUPERSEDE, {"of_deadline": deadline.id, "at": at})
    session.execute(INSERT_DEADLINE, row)


def recomputed(row: Mapping[str, Any], calendar: WorkCalendar) -> Due:
    """When a deadline is due by the inputs frozen on its row, under this calendar."""
    pauses = [Pause(*map(datetime.fromisoformat, span)) for span in json.loads(row["pauses"])]
    if row["on_day"]:
        return on_date(date.fromisoformat(row["on_day"]), calendar, pauses=pauses)
    limit = Limit(row["number"], Unit(row["unit_of_time"]), row["basis"], row["certainty"])
    return due(row["start_at"], limit, calendar, pauses=pauses)


def _computed(session: Session, row: Mapping[str, Any]) -> dict[str, Any]:
    calendar = policies.calendar(session, row["calendar_version"])
    found = recomputed(row, calendar)
    ladder = policies.ladder(session, row["ladder_version"])
    first = ladder_times.first({**row, "due_at": found.due_at}, ladder, calendar)
    return {
        "due_at": found.due_at, "reason": found.reason, "provisional": found.provisional,
        "next_level": first.level, "next_rung_at": first.at,
    }  # fmt: skip


def calendar_version_of(session: Session, hazard: Hazard, *, at: datetime) -> int:
    """The calendar a clock goes by that starts now: the hazard's own; near the end of what that knows, the newest one, if
    it knows a later year. No date that runs moves with it.
    """
    known = policies.calendar(session, hazard.calendar_version).last_known
    if (at + _YEAR_IN_SIGHT).year <= known:
        return hazard.calendar_version
    newest = policies.newest_of(session, PolicyKind.CALENDAR)
    return newest if policies.calendar(session, newest).last_known > known else hazard.calendar_version


def calendar_of(session: Session, hazard: Hazard, *, at: datetime) -> WorkCalendar:
    return policies.calendar(session, calendar_version_of(session, hazard, at=at))


def limit_of(session: Session, hazard: Hazard, key: str) -> tuple[str, Limit, int]:
    """Against whom, the limit, and the version it is from: a rule younger than the hazard comes from the newest."""
    version = hazard.rules_version
    rules = policies.rules(session, version)
    if key not in rules.rules:
        version = policies.newest(session).rules
        rules = policies.rules(session, version)
    found = rules.limit(key)
    return found.against, found.limit, version


def stop(session: Session, hazard_id: str, clock: Clock, *, at: datetime, subject: str = "") -> None:
    """Stop a clock; on time is judged by the instant of the decision, under the hazard's row lock."""
    session.execute(STOP_CLOCK, stopping(hazard_id, clock, at=at, subject=subject))


def stopping(hazard_id: str, clock: Clock, *, at: datetime, subject: str = "") -> dict[str, Any]:
    """What `STOP_CLOCK` takes."""
    return {"of_hazard": hazard_id, "of_clock": clock, "of_subject": subject, "at": at}


def void(session: Session, *of: ColumnElement[bool], at: datetime) -> None:
    """End live clocks without a verdict; what fell due before stays to be recorded."""
    ended = update(DEADLINE).where(*of, DEADLINE.c.closed_at.is_(None))
    session.execute(ended.values(closed_at=bindparam("at"), outcome="VOID", next_rung_at=_LEFT_BEHIND), {"at": at})


def live(session: Session, hazard_id: str, clock: Clock, *, subject: str = "") -> Any:
    """The live deadline of this clock, or None."""
    wanted = {"of_hazard": hazard_id, "of_clock": clock, "of_subject": subject}
    return session.execute(_LIVE_DEADLINE, wanted).one_or_none()


def live_of(session: Session, hazard_id: str, clock: Clock) -> Any:
    """The oldest live deadline of this clock, whatever its subject, or None."""
    wanted = (DEADLINE.c.hazard_id == hazard_id, DEADLINE.c.clock == clock, DEADLINE.c.closed_at.is_(None))
    return session.execute(select(DEADLINE).where(*wanted).order_by(DEADLINE.c.start_at).limit(1)).one_or_none()


def running(session: Session, hazard_id: str, clock: Clock) -> datetime | None:
    """When the live deadline of this clock is due."""
    found = live(session, hazard_id, clock)
    return found.due_at if found else None


def named_limit(columns: Mapping[str, Any]) -> NamedLimit:
    """The limit that hazard columns or a form's fields (`LIMIT_COLUMNS`) name."""
    on = columns["limit_on"]
    return NamedLimit(
        columns["limit_days"], date.fromisoformat(on) if isinstance(on, str) else on, columns["limit_basis"]
    )


def check_named(
    session: Session, hazard: Hazard, named: NamedLimit, *, at: datetime, since: datetime | None = None
) -> Due:
    """A named limit must leave time to act and stay within the longest one the rules allow, counted from `since`.

    Raises: InvalidInput.
    """
    calendar = calendar_of(session, hazard, at=at)
    limit = Limit(named.days or 1, Unit.CALENDAR_DAYS, named.basis, "decided")
    computed = on_date(named.on, calendar) if named.on else due(at, limit, calendar)
    listed = hazard.listing_level != ListingLevel.NONE or hazard.external_factor
    _, longest, _ = limit_of(session, hazard, "listed_long_works" if listed else "rectification_longest")
    refuse_short_notice(session, hazard, computed.due_at, at=at, field="limit_on")
    if computed.due_at > due(since or at, longest, calendar).due_at:
        raise InvalidInput(
            f"整改期限超过{longest.number}天。", rule=longest.basis, remedy=f"请将期限定在{longest.number}天以内；确需更长的，由上级批准延期。",
            extra={"errors": [{"field": "limit_days", "message": f"最长{longest.number}天"}]},
        )  # fmt: skip
    return computed


def refuse_short_notice(session: Session, hazard: Hazard, due_at: datetime, *, at: datetime, field: str) -> None:
    """A date somebody names leaves time to act, four office hours at least, and lies within ten years.

    Raises: InvalidInput, naming the field.
    """
    if due_at > at + _FURTHEST:
        raise InvalidInput(
            "所填日期在十年以后。", rule="所填期限须在十年以内", remedy="请核对年份。",
            extra={"errors": [{"field": field, "message": "须在十年以内"}]},
        )  # fmt: skip
    if working_time_between(at, due_at, calendar_of(session, hazard, at=at)) < _LEAST_NOTICE:
        raise InvalidInput(
            "所填期限已过或不足4个工作小时。", rule="时限规则：期限不得设在过去，至少留4个工作小时", remedy="请填写更晚的日期。",
            extra={"errors": [{"field": field, "message": "至少留4个工作小时"}]},
        )  # fmt: skip


def limit_of_rework(session: Session, hazard: Hazard, form: LimitFields, *, at: datetime) -> dict[str, Any]:
    """`new_limit` of what is sent back: whoever must do it again has a working day at least.

    Raises: InvalidInput.
    """
    columns = new_limit(session, hazard, form, at=at)
    a_day = add_working_days(at, 1, calendar_of(session, hazard, at=at))
    if form.limit_on is not None and end_of(form.limit_on) < a_day:
        raise InvalidInput(
            "重新整改的期限不足1个工作日。", rule="时限规则：退回整改另行起算，至少留1个工作日", remedy="请填写更晚的日期。",
            extra={"errors": [{"field": "limit_on", "message": "至少留1个工作日"}]},
        )  # fmt: skip
    return columns


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
