"""The ladder 督办升级: which rungs are due, firing each exactly once, and telling a level again that nobody heeds."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, cast

from sqlalchemy import Select, and_, exists, or_, select, update
from sqlmodel import Session

from models import Escalation
from models.actor import Actor
from models.hazard import Hazard
from models.ids import new_id
from models.ladder import Rung
from models.ladder_hold import GOES_ON_FROZEN
from models.once import insert_once
from models.outbox import Topic
from models.stage import Clock, Step
from models.tables import DEADLINE, ESCALATION, ESCALATION_RECEIPT, HAZARD
from services import chain, ladder_times, outbox, trail
from services.ladder_times import UNANSWERED_LEVEL

ESCALATED = "ESCALATED"
TELL_AGAIN_AFTER = timedelta(days=1)
MOST_REPEATS = 7
DANGER = "险情紧急，已责令立即管控"
"""Why an order against immediate danger raises its level: to tell, not to reproach anybody."""
DANGER_LEVEL = 2
WARNING_LEVEL = 1
HIGHEST_LEVEL = 4
"""提级督办: after it the program raises nothing by itself (shape of the ladder: design)."""
SECOND_WARNING = "同一隐患第二次预警"
"""Two yellow cards on one item are a letter of supervision (广元市环保督察整改预警, shape of the ladder; design)."""
LATE_AFTER = timedelta(minutes=15)
"""A level recorded so long after its time was missed: nobody swept."""
_HIGHER = ESCALATION.alias()
_WAS_TOLD = and_(
    or_(DEADLINE.c.closed_at.is_(None), DEADLINE.c.closed_at >= ESCALATION.c.fired_at),
    ~exists().where(
        _HIGHER.c.deadline_id == ESCALATION.c.deadline_id, _HIGHER.c.level > ESCALATION.c.level,
        _HIGHER.c.fired_at == ESCALATION.c.fired_at,
    ),
)  # fmt: skip
_INSERT = insert_once(ESCALATION, "id")


def due_deadlines(session: Session, *, at: datetime, limit: int = 100) -> Sequence[str]:
    """Deadlines with a rung due, oldest first. A probe of a partial index; it computes no date.

    While an accident is looked into (事故冻结) a hazard's ladder waits, but for what fell due before.
    """
    goes_on = or_(
        HAZARD.c.frozen_at.is_(None), DEADLINE.c.clock.in_(sorted(GOES_ON_FROZEN)),
        DEADLINE.c.next_rung_at <= HAZARD.c.frozen_at,
    )  # fmt: skip
    statement = (
        select(DEADLINE.c.id)
        .join(HAZARD, HAZARD.c.id == DEADLINE.c.hazard_id)
        .where(DEADLINE.c.next_rung_at <= at, goes_on)
        .order_by(DEADLINE.c.next_rung_at, DEADLINE.c.id)
        .limit(limit)
    )
    return session.execute(statement).scalars().all()


def fire_due_rungs(session: Session, deadline_id: str, *, at: datetime) -> list[tuple[str, str]]:
    """Fire every rung of one deadline that is due, each as its own escalation; (hazard number, message) of each.

    The hazard row is locked before the deadline is looked at, so a decision that stops the clock and a sweep that
    fires it cannot both win. After downtime the missed levels are recorded one by one, in order, each with the time
    it was due; on a deadline closed meanwhile, those that fell due before it closed; on a frozen hazard, those that fell
    due before the accident. The caller owns the transaction.
    """
    hazard = _locked_hazard(session, deadline_id)
    deadline = session.execute(select(DEADLINE).where(DEADLINE.c.id == deadline_id)).one_or_none()
    if hazard is None or deadline is None or deadline.next_rung_at is None:
        return []
    steps = [rung for rung in ladder_times.times(session, deadline) if rung.level >= deadline.next_level]
    upto = at if hazard.frozen_at is None or deadline.clock in GOES_ON_FROZEN else min(at, hazard.frozen_at)
    due = [rung for rung in steps if rung.at <= upto and (deadline.closed_at is None or rung.at < deadline.closed_at)]
    headline = None if deadline.closed_at or not due else due[-1]
    if headline and headline.level == WARNING_LEVEL and _was_warned(session, deadline):
        message = raise_to(session, hazard.id, deadline_id, WARNING_LEVEL + 1, reason=SECOND_WARNING, by=None, at=at)
        return [(hazard.no, message)] if message else []
    if deadline.clock == Clock.ANSWER:
        fired = [_raise_unanswered(session, hazard, deadline, at=at)] if due else []
    else:
        fired = [_fire(session, hazard, deadline, rung, told=rung is headline, at=at) for rung in due]
    later = None if deadline.closed_at else next((rung for rung in steps if rung.at > upto), None)
    _wait_for(session, deadline_id, later)
    return [(hazard.no, message) for message in fired if message]


def _was_warned(session: Session, deadline: Any) -> bool:
    """Whoever rectifies was warned of another limit of this hazard, in this cycle: the second warning is a letter."""
    if deadline.against != "unit":
        return False
    same = (
        DEADLINE.c.clock == deadline.clock,
        DEADLINE.c.subject == deadline.subject,
        DEADLINE.c.start_at == deadline.start_at,
    )
    warned = (
        exists()
        .where(ESCALATION.c.hazard_id == deadline.hazard_id, ESCALATION.c.level == WARNING_LEVEL, _WAS_TOLD)
        .where(DEADLINE.c.id == ESCALATION.c.deadline_id, DEADLINE.c.against == deadline.against)
        .where(DEADLINE.c.cycle == deadline.cycle, ~and_(*same))
    )
    return session.execute(select(warned)).scalar_one()


def was_told(session: Session, escalation_id: str) -> bool:
    """People hear of it: no higher level of its deadline was recorded with it, and its clock still ran."""
    of_deadline = (ESCALATION.c.id == escalation_id, DEADLINE.c.id == ESCALATION.c.deadline_id)
    return session.execute(select(exists().where(*of_deadline, _WAS_TOLD))).scalar_one()


def _raise_unanswered(session: Session, hazard: Hazard, answer: Any, *, at: datetime) -> str | None:
    """The deadline whose letter stays unanswered, or the one that took its place, goes on to the level of the talk, unless
    it is there already or met."""
    of_letter = select(ESCALATION.c.deadline_id).where(ESCALATION.c.id == answer.subject).scalar_subquery()
    about = session.execute(select(DEADLINE).where(DEADLINE.c.id == of_letter)).one()
    same = (DEADLINE.c.clock == about.clock, DEADLINE.c.subject == about.subject, DEADLINE.c.cycle == about.cycle)
    running = select(DEADLINE.c.id).where(DEADLINE.c.hazard_id == hazard.id, *same, DEADLINE.c.closed_at.is_(None))
    deadline_id = session.execute(running).scalar_one_or_none()
    return deadline_id and raise_to(
        session, hazard.id, deadline_id, UNANSWERED_LEVEL, reason="督办函逾期未书面答复", by=None, at=at
    )


def raise_to(
    session: Session, hazard_id: str, deadline_id: str, level: int, *, reason: str, by: Actor | None, at: datetime
) -> str | None:
    """Fire a level now, before its time, for a reason seen on the spot; levels below it are recorded as overtaken.

    The caller holds the hazard's row lock. The level is fired once, by hand or by the sweep; the message, or None when
    it was fired before or its clock has ended.
    """
    hazard = cast(Hazard, session.execute(select(HAZARD).where(HAZARD.c.id == hazard_id)).one())
    deadline = session.execute(select(DEADLINE).where(DEADLINE.c.id == deadline_id)).one()
    first = deadline.next_level
    if first is None or level < first or deadline.closed_at is not None:
        return None
    steps = ladder_times.times(session, deadline)
    message = None
    for rung in (rung for rung in steps if first <= rung.level <= level):
        now = Rung(rung.level, min(rung.at, at))
        message = _fire(session, hazard, deadline, now, told=rung.level == level, at=at, by=by, reason=reason)
    _wait_for(session, deadline_id, next((rung for rung in steps if rung.level > level), None))
    return message


def raise_clock(
    session: Session, hazard_id: str, clock: Clock, level: int, *, reason: str, by: Actor, at: datetime
) -> str | None:
    """`raise_to` on the live deadline of a clock; None where none runs."""
    live = (DEADLINE.c.hazard_id == hazard_id, DEADLINE.c.clock == clock, DEADLINE.c.closed_at.is_(None))
    deadline = session.execute(select(DEADLINE.c.id).where(*live).limit(1)).scalar_one_or_none()
    return deadline and raise_to(session, hazard_id, deadline, level, reason=reason, by=by, at=at)


def due_repeats(session: Session, *, at: datetime, limit: int = 100) -> Sequence[str]:
    """Escalations to be told again, oldest first."""
    due = select(ESCALATION.c.id).where(ESCALATION.c.repeat_at <= at).order_by(ESCALATION.c.repeat_at).limit(limit)
    return session.execute(due).scalars().all()


def tell_again(session: Session, escalation_id: str, *, at: datetime) -> tuple[str, str] | None:
    """Tell a level again that nobody acknowledged a day after it was last told, seven times at most.

    (hazard number, message), or None when its clock has ended meanwhile, or waits while an accident is looked into. Days missed in downtime are not made up for.
    """
    of_escalation = select(ESCALATION.c.deadline_id).where(ESCALATION.c.id == escalation_id)
    hazard = _locked_hazard(session, session.execute(of_escalation).scalar_one())
    row = session.execute(select(ESCALATION).where(ESCALATION.c.id == escalation_id)).one()
    if hazard is None or row.repeat_at is None or row.repeat_at > at:
        return None
    of_deadline = select(DEADLINE.c.closed_at, DEADLINE.c.clock).where(DEADLINE.c.id == row.deadline_id)
    closed, clock = session.execute(of_deadline).one()
    quiet = closed is not None or (hazard.frozen_at is not None and clock not in GOES_ON_FROZEN)
    number = row.repeats if quiet else row.repeats + 1
    over = closed is not None or number >= MOST_REPEATS
    again = {"repeats": number, "repeat_at": None if over else at + TELL_AGAIN_AFTER}
    session.execute(update(ESCALATION).where(ESCALATION.c.id == escalation_id).values(**again))
    if quiet:
        return None
    subject = f"{escalation_id}/{number}"
    return hazard.no, outbox.post(session, hazard, Topic.REPEATED, subject=subject, step=Step(hazard.step), at=at)


def is_acknowledged(session: Session, escalation_id: str) -> bool:
    """Somebody who was addressed has taken note of it."""
    receipt = exists().where(ESCALATION_RECEIPT.c.escalation_id == escalation_id)
    return session.execute(select(receipt)).scalar_one()


def escalation_for(session: Session, escalation_id: str) -> Escalation | None:
    found = session.execute(select(ESCALATION).where(ESCALATION.c.id == escalation_id)).one_or_none()
    return cast(Escalation | None, found)


def _wait_for(session: Session, deadline_id: str, rung: Rung | None) -> None:
    session.execute(update(DEADLINE).where(DEADLINE.c.id == deadline_id).values(**ladder_times.waiting_for(rung)))


def _locked_hazard(session: Session, deadline_id: str) -> Hazard | None:
    of_deadline = select(DEADLINE.c.hazard_id).where(DEADLINE.c.id == deadline_id).scalar_subquery()
    statement: Select[Any] = select(HAZARD).where(HAZARD.c.id == of_deadline).with_for_update()
    return cast(Hazard | None, session.execute(statement).one_or_none())


def _fire(
    session: Session, hazard: Hazard, deadline: Any, rung: Rung, *, told: bool, at: datetime, by: Actor | None = None,
    reason: str = "",
) -> str | None:  # fmt: skip
    """One rung: the escalation by its primary key, the event in the hazard's chain, the message. None if it was there.

    `told`: it is the one people hear of, and again until somebody acknowledges it; not one that a higher level overtook.
    """
    escalation_id, late = new_id(), at - rung.at > LATE_AFTER
    row = {"hazard_id": hazard.id, "deadline_id": deadline.id, "level": rung.level, "id": escalation_id,
           "level_due_at": rung.at, "fired_at": at, "late": late, "ladder_version": deadline.ladder_version,
           "raised_by": by.person_id if by else None, "because": reason, "repeats": 0, "repeat_at": at + TELL_AGAIN_AFTER if told else None}  # fmt: skip
    if session.execute(_INSERT, row).first() is None:
        return None
    facts: dict[str, Any] = {
        "escalation_id": escalation_id, "late": late, "deadline_id": deadline.id, "clock": deadline.clock,
        "level": rung.level, "level_due_at": trail.stamp(rung.at), "due_at": trail.stamp(deadline.due_at),
        "against": deadline.against,
        "rule": {"ladder": deadline.ladder_version, "calendar": deadline.calendar_version},
    }  # fmt: skip
    chain.record(
        session, hazard.id, ESCALATED, by=by, at=at, facts=facts | ({"form": {"reason": reason}} if reason else {})
    )
    return outbox.post(session, hazard, Topic.ESCALATED, subject=escalation_id, step=Step(hazard.step), at=at)
