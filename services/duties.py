"""Duties beside the process: a clock and a work item each, opened and closed by decisions; letters to answer; a
calendar year to import."""

from collections.abc import Iterable
from datetime import date, datetime
from typing import Any, NamedTuple, cast

from sqlalchemy import Executable, bindparam, insert, or_, select, update
from sqlmodel import Session

from models.actor import Actor
from models.decisions import DecisionCode
from models.errors import NotFound, NotPermitted
from models.hazard import Hazard
from models.ids import new_id
from models.limits import ZONE
from models.once import insert_once
from models.outbox import Topic
from models.permissions import Role
from models.process import REVIEWS
from models.stage import Clock, Step
from models.tables import DEADLINE, HAZARD, WORK_ITEM
from services import chain, clocks, outbox, trail

Writes = list[tuple[Executable, dict[str, Any]]]
"""Statements with their rows, in the order they are to be written."""

CALENDAR_YEAR = "calendar_year"
_OF_YEAR = "calendar-"
INSERT_ITEM = insert(WORK_ITEM)
_RECURRING = frozenset({
    DecisionCode.CONFIRM_CONTROL, DecisionCode.PROGRESS, DecisionCode.LOOK_BACK_HOLDS, DecisionCode.INFORM,
    DecisionCode.FINISH_ACTION,
})  # fmt: skip
"""Duties that come round by themselves or with the step's own notice: the ladder reminds of them, no notice announces them."""
_CLOSE_DUTY = (
    update(WORK_ITEM)
    .where(
        WORK_ITEM.c.hazard_id == bindparam("of_hazard"), WORK_ITEM.c.kind == bindparam("of_kind"),
        WORK_ITEM.c.closed_at.is_(None), ~WORK_ITEM.c.is_move,
        or_(bindparam("of_origin") == "", WORK_ITEM.c.origin == bindparam("of_origin")),
    )
    .values(closed_at=bindparam("at"), closed_by=bindparam("by"))
)  # fmt: skip
_NOBODY = {"unit_id": None, "enterprise_id": None, "assignee_id": None, "closed_at": None, "closed_by": None}


class Bearer(NamedTuple):
    """Who bears a duty: these roles of a unit, of an enterprise, or (neither) of the office as a whole."""

    roles: str
    unit_id: str | None = None
    enterprise_id: str | None = None


def opening(
    session: Session, hazard: Hazard, clock: Clock, code: DecisionCode | Clock, bearer: Bearer, *, origin: str, at: datetime,
    subject: str = "", named: clocks.NamedLimit | None = None, rule: str = "", cycle: int = 0,
) -> tuple[datetime, Writes]:  # fmt: skip
    """A duty that `code` fulfils: when it is due, and its clock and work item to be written.

    `subject` tells duties of one kind apart (a sub-action, a request); the item is found again by it.
    """
    row = clocks.starting(
        session, hazard, clock, at=at, cycle=cycle or hazard.cycle, unit_id=bearer.unit_id, named=named, subject=subject,
        rule=rule,
    )  # fmt: skip
    item = {
        "id": new_id(), "hazard_id": hazard.id, "kind": code, "is_move": False, "origin": subject or origin,
        "roles": bearer.roles, "unit_id": bearer.unit_id, "enterprise_id": bearer.enterprise_id,
        "due_at": row["due_at"], "opened_at": at,
    }  # fmt: skip
    return row["due_at"], [(clocks.INSERT_DEADLINE, row), (INSERT_ITEM, item)]


def closing(
    hazard_id: str, clock: Clock, code: DecisionCode | Clock, *, by: str, at: datetime, subject: str = ""
) -> Writes:
    """What ends a duty: its clock stopped, its work item closed."""
    return [
        (clocks.STOP_CLOCK, clocks.stopping(hazard_id, clock, at=at, subject=subject)),
        (_CLOSE_DUTY, {"of_hazard": hazard_id, "of_kind": code, "of_origin": subject, "at": at, "by": by}),
    ]


def open_duty(
    session: Session, hazard: Hazard, clock: Clock, code: DecisionCode | Clock, bearer: Bearer, *, origin: str, at: datetime,
    **more: Any,
) -> datetime:  # fmt: skip
    """Write what `opening` says; when the duty is due."""
    due_at, writes = opening(session, hazard, clock, code, bearer, origin=origin, at=at, **more)
    write(session, writes)
    if code not in _RECURRING:
        outbox.post(session, hazard, Topic.DUTY, subject=writes[-1][1]["id"], step=Step(hazard.step), at=at)
    return due_at


def open_review(
    session: Session, hazard: Hazard, clock: Clock, bearer: Bearer, on: date, *, origin: str, by: Actor, at: datetime
) -> None:
    """Somebody said on which day it is looked at again (复核日期); an earlier such day is done with."""
    code = REVIEWS[clock]
    close_duty(session, hazard.id, clock, code, by=by, at=at)
    named = clocks.NamedLimit(None, on, f"{clock.label}：办理时写明的日期")
    open_duty(session, hazard, clock, code, bearer, origin=origin, at=at, named=named)


def close_duty(
    session: Session,
    hazard_id: str,
    clock: Clock,
    code: DecisionCode | Clock,
    *,
    by: Actor,
    at: datetime,
    subject: str = "",
) -> None:
    write(session, closing(hazard_id, clock, code, by=by.person_id, at=at, subject=subject))


def drop_duty(
    session: Session, hazard_id: str, clock: Clock, code: DecisionCode, *, by: Actor, at: datetime, subject: str = ""
) -> None:
    """A duty that nobody can or need fulfil any more ends without a verdict."""
    same = (DEADLINE.c.hazard_id == hazard_id, DEADLINE.c.clock == clock, DEADLINE.c.subject == subject)
    clocks.void(session, *same, at=at)
    closed = {"of_hazard": hazard_id, "of_kind": code, "of_origin": subject, "at": at, "by": by.person_id}
    write(session, [(_CLOSE_DUTY, closed)])


def release_rectifier(session: Session, hazard: Hazard, *, by: Actor, at: datetime) -> None:
    """Whoever rectified exists no more: what it still had to do beside the move ends without a verdict."""
    theirs = (DEADLINE.c.hazard_id == hazard.id, DEADLINE.c.against == "unit", DEADLINE.c.clock != Clock.RECTIFICATION)
    clocks.void(session, *theirs, at=at)
    bearer = rectifier(hazard)
    same = (WORK_ITEM.c.unit_id == bearer.unit_id, WORK_ITEM.c.enterprise_id == bearer.enterprise_id)
    open_items = (WORK_ITEM.c.hazard_id == hazard.id, WORK_ITEM.c.closed_at.is_(None), ~WORK_ITEM.c.is_move, *same)
    session.execute(update(WORK_ITEM).where(*open_items).values(closed_at=at, closed_by=by.person_id))


def write(session: Session, writes: Writes) -> None:
    execute = session.connection().execute
    for statement, row in writes:
        execute(statement, row)


def rectifier(hazard: Hazard) -> Bearer:
    """Whoever rectifies: the enterprise's people, or the unit named where no enterprise owns the hazard."""
    if hazard.enterprise_id is None and hazard.rectifying_unit_id:
        return Bearer(f"{Role.DH} {Role.DO}", unit_id=hazard.rectifying_unit_id)
    return Bearer(Role.EN, enterprise_id=hazard.enterprise_id)


def in_charge(hazard: Hazard) -> Bearer:
    """The unit in charge out there: the lead, before the assignment the verifying one, before that the office."""
    unit_id = hazard.lead_unit_id or hazard.verifying_unit_id
    return Bearer(f"{Role.DH} {Role.DO}", unit_id=unit_id) if unit_id else Bearer(Role.SC)


def open_answer(
    session: Session, hazard: Hazard, deadline: Any, *, origin: str, unit_id: str | None, due_at: datetime, at: datetime
) -> None:
    """Whoever is late must answer the letter in writing, within a clock of its own: who rectifies, who should have
    decided, or the department's head. `origin`: the escalation the letter is of. A hazard at its end waits for nothing."""
    late = _late(session, hazard, deadline, unit_id)
    item = {"kind": Clock.ANSWER, "origin": origin, "due_at": due_at, "opened_at": at}
    if hazard.closed_at is None and _open_once(session, hazard_id=hazard.id, **item, **late._asdict()):
        named = clocks.NamedLimit(None, due_at.astimezone(ZONE).date(), "督办函载明的答复期限")
        row = clocks.starting(
            session, hazard, Clock.ANSWER, at=at, cycle=hazard.cycle, unit_id=late.unit_id, named=named, subject=origin,
            lateness=deadline.against,
        )  # fmt: skip
        session.execute(clocks.INSERT_DEADLINE, row)


def _late(session: Session, hazard: Hazard, deadline: Any, unit_id: str | None) -> Bearer:
    if deadline.against == "unit":
        return rectifier(hazard)
    waiting = item_of(session, deadline) if deadline.against == "approver" else None
    return Bearer(waiting.roles, waiting.unit_id) if waiting else Bearer(Role.DH, unit_id=unit_id)


def item_of(session: Session, deadline: Any) -> Any:
    """The work item that waits for whoever this deadline's duty lies with, or None."""
    same = (WORK_ITEM.c.hazard_id == deadline.hazard_id, WORK_ITEM.c.origin == deadline.subject)
    found = select(WORK_ITEM).where(*same, WORK_ITEM.c.closed_at.is_(None), ~WORK_ITEM.c.is_move)
    return session.execute(found.limit(1)).one_or_none()


def open_calendar_year(session: Session, year: int, *, due_at: datetime, at: datetime) -> bool:
    """A task for the administrator and for the committee office, which alone may propose the calendar: deadlines reach
    into a year whose holidays are not known. False if it was there."""
    return _open_once(
        session,
        hazard_id=None,
        kind=CALENDAR_YEAR,
        origin=f"{_OF_YEAR}{year}",
        roles=f"{Role.AD} {Role.SC}",
        due_at=due_at,
        opened_at=at,
    )


def close_calendar_years(session: Session, years: Iterable[int], *, by: Actor, at: datetime) -> None:
    """These years are in force now: nobody is asked for them any longer."""
    asked = (WORK_ITEM.c.kind == CALENDAR_YEAR, WORK_ITEM.c.origin.in_([f"{_OF_YEAR}{year}" for year in years]))
    done = update(WORK_ITEM).where(*asked, WORK_ITEM.c.closed_at.is_(None))
    session.execute(done.values(closed_at=at, closed_by=by.person_id))


def year_asked_for(origin: str) -> str:
    return origin.removeprefix(_OF_YEAR)


def lock_hazard_of(session: Session, item_id: str) -> None:
    """Before the clock is read that judges an answer: whoever waits for the hazard is judged when they have it."""
    of_item = select(WORK_ITEM.c.hazard_id).where(WORK_ITEM.c.id == item_id).scalar_subquery()
    session.execute(select(HAZARD.c.id).where(HAZARD.c.id == of_item).with_for_update())


def answer_letter(session: Session, item_id: str, text: str, *, by: Actor, at: datetime) -> None:
    """Answer a supervision letter in writing; the answer goes into the hazard's history.

    Raises: NotFound, NotPermitted.
    """
    open_answers = (WORK_ITEM.c.id == item_id, WORK_ITEM.c.kind == Clock.ANSWER, WORK_ITEM.c.closed_at.is_(None))
    item = session.execute(select(WORK_ITEM).where(*open_answers)).one_or_none()
    if item is None:
        raise _nothing_to_answer()
    if not _lies_with(item, by):
        raise NotPermitted(
            "该督办函须由被督办单位答复。", rule="督办函由被督办单位答复", remedy="请由被督办单位的人员办理。"
        )
    locked = select(HAZARD).where(HAZARD.c.id == item.hazard_id).with_for_update()
    hazard = cast(Hazard, session.execute(locked).one())
    answered = session.execute(update(WORK_ITEM).where(*open_answers).values(closed_at=at, closed_by=by.person_id))
    if answered.rowcount != 1:  # pyright: ignore[reportAttributeAccessIssue]  # a cursor result
        raise _nothing_to_answer()
    clocks.stop(session, hazard.id, Clock.ANSWER, at=at, subject=item.origin)
    facts = {"escalation_id": item.origin, "form": {"answer": text}}
    chain.record(session, hazard.id, "LETTER_ANSWERED", by=by, at=trail.after(hazard.changed_at, at), facts=facts)


def _lies_with(item: Any, by: Actor) -> bool:
    if item.enterprise_id:
        return item.enterprise_id == by.enterprise_id
    return item.unit_id in by.unit_ids if item.unit_id else bool(by.roles & set(item.roles.split()))


def _nothing_to_answer() -> NotFound:
    return NotFound("没有找到待答复的督办函，或已答复。", remedy="请刷新待办列表。")


def _open_once(session: Session, **columns: Any) -> bool:
    row = _NOBODY | {"id": new_id(), "is_move": False} | columns
    return session.execute(_INSERT, row).first() is not None


_INSERT = insert_once(WORK_ITEM, "id")
