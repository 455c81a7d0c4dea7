"""The ladder 督办升级: which rungs are due, and firing each exactly once."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, cast

from sqlalchemy import Select, bindparam, func, select, update
from sqlmodel import Session

from models import Escalation
from models.actor import Actor
from models.hazard import Hazard
from models.ids import new_id
from models.ladder import Rung, rungs
from models.once import insert_once
from models.outbox import Topic
from models.stage import Step
from models.tables import DEADLINE, ESCALATION, HAZARD
from services import outbox, policies, trail

ESCALATED = "ESCALATED"


def due_deadlines(session: Session, *, at: datetime, limit: int = 100) -> Sequence[str]:
    """Deadlines with a rung due, oldest first. A probe of a partial index; it computes no date."""
    statement = (
        select(DEADLINE.c.id)
        .where(DEADLINE.c.next_rung_at <= at)
        .order_by(DEADLINE.c.next_rung_at, DEADLINE.c.id)
        .limit(limit)
    )
    return session.execute(statement).scalars().all()


def fire_due_rungs(session: Session, deadline_id: str, *, at: datetime) -> list[tuple[str, str]]:
    """Fire every rung of one deadline that is due, each as its own escalation; (hazard number, message) of each.

    The hazard row is locked before the deadline is looked at, so a decision that stops the clock and a sweep that
    fires it cannot both win. After downtime the missed levels are recorded one by one, in order, each with the time
    it was due; on a deadline closed meanwhile, those that fell due before it closed. The caller owns the transaction.
    """
    hazard = _locked_hazard(session, deadline_id)
    deadline = session.execute(select(DEADLINE).where(DEADLINE.c.id == deadline_id)).one_or_none()
    if hazard is None or deadline is None or deadline.next_level is None:
        return []
    ladder = policies.ladder(session, deadline.ladder_version)
    calendar = policies.calendar(session, deadline.calendar_version)
    steps = [
        rung
        for rung in rungs(deadline.start_at, deadline.due_at, deadline.against, ladder, calendar)
        if rung.level >= deadline.next_level
    ]
    due = [rung for rung in steps if rung.at <= at and (deadline.closed_at is None or rung.at < deadline.closed_at)]
    headline = None if deadline.closed_at or not due else due[-1]
    fired = [_fire(session, hazard, deadline, rung, late=rung is not headline, at=at) for rung in due]
    later = None if deadline.closed_at else next((rung for rung in steps if rung.at > at), None)
    session.execute(
        update(DEADLINE)
        .where(DEADLINE.c.id == deadline_id)
        .values(next_level=later.level if later else None, next_rung_at=later.at if later else None)
    )
    return [(hazard.no, message) for message in fired if message]


def raise_to(
    session: Session, hazard_id: str, deadline_id: str, level: int, *, reason: str, by: Actor, at: datetime
) -> str | None:
    """Fire a level now, before its time, for a reason seen on the spot; levels below it are recorded as overtaken.

    The caller holds the hazard's row lock. The level is fired once, by hand or by the sweep; the message, or None when
    it was fired before.
    """
    hazard = cast(Hazard, session.execute(select(HAZARD).where(HAZARD.c.id == hazard_id)).one())
    deadline = session.execute(select(DEADLINE).where(DEADLINE.c.id == deadline_id)).one()
    first = deadline.next_level
    if first is None or level < first:
        return None
    message = None
    for number in range(first, level + 1):
        rung = Rung(number, at)
        message = _fire(session, hazard, deadline, rung, late=number < level, at=at, by=by, reason=reason)
    ladder = policies.ladder(session, deadline.ladder_version)
    calendar = policies.calendar(session, deadline.calendar_version)
    all_rungs = rungs(deadline.start_at, deadline.due_at, deadline.against, ladder, calendar)
    later = next((rung for rung in all_rungs if rung.level > level), None)
    session.execute(
        update(DEADLINE)
        .where(DEADLINE.c.id == deadline_id)
        .values(next_level=later.level if later else None, next_rung_at=later.at if later else None)
    )
    return message


def go_on(session: Session, ended: Any, row: Mapping[str, Any]) -> None:
    """`row` runs on in the place of a deadline that should not have ended: what the ladder has said of it is not said
    again, and what it has missed is said once, of the new one."""
    same = [DEADLINE.c[name] == row[name] for name in ("hazard_id", "clock", "subject", "start_at", "due_at")]
    said = select(func.max(ESCALATION.c.level)).join(DEADLINE, DEADLINE.c.id == ESCALATION.c.deadline_id).where(*same)
    highest = session.execute(said).scalar_one()
    ladder = policies.ladder(session, row["ladder_version"])
    calendar = policies.calendar(session, row["calendar_version"])
    ahead = rungs(row["start_at"], row["due_at"], row["against"], ladder, calendar)
    later = next((rung for rung in ahead if highest is None or rung.level > highest), None)
    session.execute(update(DEADLINE).where(DEADLINE.c.id == ended.id).values(next_level=None, next_rung_at=None))
    going = {"next_level": later.level if later else None, "next_rung_at": later.at if later else None}
    session.execute(update(DEADLINE).where(DEADLINE.c.id == row["id"]).values(**going))


def escalation_for(session: Session, escalation_id: str) -> Escalation | None:
    found = session.execute(select(ESCALATION).where(ESCALATION.c.id == escalation_id)).one_or_none()
    return cast(Escalation | None, found)


def _locked_hazard(session: Session, deadline_id: str) -> Hazard | None:
    of_deadline = select(DEADLINE.c.hazard_id).where(DEADLINE.c.id == deadline_id).scalar_subquery()
    statement: Select[Any] = select(HAZARD).where(HAZARD.c.id == of_deadline).with_for_update()
    return cast(Hazard | None, session.execute(statement).one_or_none())


def _fire(
    session: Session, hazard: Hazard, deadline: Any, rung: Rung, *, late: bool, at: datetime, by: Actor | None = None,
    reason: str = "",
) -> str | None:  # fmt: skip
    """One rung: the escalation by its primary key, the event in the hazard's chain, the message. None if it was there."""
    escalation_id = new_id()
    row = {"hazard_id": hazard.id, "deadline_id": deadline.id, "level": rung.level, "id": escalation_id,
           "level_due_at": rung.at, "fired_at": at, "late": late,
           "ladder_version": deadline.ladder_version}  # fmt: skip
    if session.execute(_INSERT, row).first() is None:
        return None
    facts = (
        {"escalation_id": escalation_id, "late": late, "form": {"reason": reason}}
        if reason
        else {"escalation_id": escalation_id, "late": late}
    )
    _write_event(session, hazard, deadline, rung, facts, by=by, at=at)
    return outbox.post(session, hazard, Topic.ESCALATED, subject=escalation_id, step=Step(hazard.step), at=at)


def _write_event(
    session: Session,
    hazard: Hazard,
    deadline: Any,
    rung: Rung,
    facts: dict[str, Any],
    *,
    by: Actor | None,
    at: datetime,
) -> None:
    head = session.execute(_HEAD, {"of_hazard": hazard.id}).one()
    recorded = max(head.changed_at, at)
    link = trail.append(
        session, hazard.id, trail.Link(head.chain_seq, head.chain_head), ESCALATED, by=by, at=recorded,
        facts=facts | {
            "cycle": hazard.cycle, "deadline_id": deadline.id, "clock": deadline.clock,
            "level": rung.level, "level_due_at": trail.stamp(rung.at), "due_at": trail.stamp(deadline.due_at),
            "against": deadline.against, "before": {}, "after": {},
            "rule": {"ladder": deadline.ladder_version, "calendar": deadline.calendar_version},
        },
    )  # fmt: skip
    session.execute(
        update(HAZARD)
        .where(HAZARD.c.id == hazard.id)
        .values(chain_seq=link.seq, chain_head=link.head, changed_at=recorded)
    )


_HEAD = select(HAZARD.c.chain_seq, HAZARD.c.chain_head, HAZARD.c.changed_at).where(
    HAZARD.c.id == bindparam("of_hazard")
)


_INSERT = insert_once(ESCALATION, "id")
