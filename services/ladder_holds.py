"""The ladder's human side: hold it with a reason, raise it early, acknowledge a level.

Each is an event of the hazard's history. The sweep alone fires what falls due.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import exists, insert, select, update
from sqlmodel import Session

from models.actor import Actor
from models.errors import GateNotMet, InvalidInput, NotFound, NotPermitted
from models.hazard import Hazard
from models.ids import new_id
from models.ladder_hold import MOST_WORKING_DAYS, NEVER_HELD
from models.limits import ZONE, add_working_days
from models.once import insert_once
from models.outbox import Topic
from models.stage import Clock
from models.tables import DEADLINE, ESCALATION, ESCALATION_RECEIPT, HAZARD, LADDER_HOLD, NOTICE, OUTBOX
from services import chain, escalations, ladder_times, policies, trail

_INSERT_RECEIPT = insert_once(ESCALATION_RECEIPT, "escalation_id")
_RULE = f"暂缓督办：写明理由和到期日，最长{MOST_WORKING_DAYS}个工作日；临时管控的时限不得暂缓"


def hold_ladder(
    session: Session, hazard: Hazard, deadline_id: str, *, until: datetime, reason: str, by: Actor, at: datetime
) -> str:
    """Hold the ladder of one running deadline (暂缓督办); the hold's id. The deadline itself does not move.

    Levels that fall due in the hold fire at its end, in order. The caller holds the hazard's row lock.

    Raises: NotFound, GateNotMet (a clock of interim control, held before), InvalidInput (no end, or too late a one).
    """
    deadline = _running(session, hazard, deadline_id)
    at = trail.after(hazard.changed_at, at)
    _check_hold(session, deadline, until, at=at)
    hold_id = new_id()
    session.execute(
        insert(LADDER_HOLD),
        {"id": hold_id, "hazard_id": hazard.id, "deadline_id": deadline_id, "reason": reason, "held_by": by.person_id,
         "held_at": at, "until": until},
    )  # fmt: skip
    _look_again(session, deadline)
    facts = {"hold_id": hold_id, "deadline_id": deadline_id, "clock": deadline.clock,
             "form": {"reason": reason, "until": trail.stamp(until)}}  # fmt: skip
    chain.record(session, hazard.id, "LADDER_HELD", by=by, at=at, facts=facts)
    return hold_id


def end_hold(session: Session, hazard: Hazard, deadline_id: str, *, reason: str, by: Actor, at: datetime) -> None:
    """End a hold before its expiry: what fell due in it is due now.

    Raises: NotFound, GateNotMet when the ladder is not held now.
    """
    deadline = _running(session, hazard, deadline_id)
    at = trail.after(hazard.changed_at, at)
    mine = (LADDER_HOLD.c.deadline_id == deadline_id, LADDER_HOLD.c.until > at)
    if session.execute(update(LADDER_HOLD).where(*mine).values(until=at)).rowcount != 1:  # pyright: ignore[reportAttributeAccessIssue]
        raise GateNotMet("该时限的督办没有暂缓。", rule=_RULE, remedy="无须恢复。")
    _look_again(session, deadline)
    facts = {"deadline_id": deadline_id, "clock": deadline.clock, "form": {"reason": reason}}
    chain.record(session, hazard.id, "LADDER_HOLD_ENDED", by=by, at=at, facts=facts)


def escalate_by_hand(
    session: Session, hazard: Hazard, deadline_id: str, level: int, *, reason: str, by: Actor, at: datetime
) -> str:
    """Raise a running deadline to a level before its time (人工提级); the escalation's id.

    The sweep does not fire that level again: a level of a deadline has one row.

    Raises: NotFound, InvalidInput (no such level), GateNotMet (fired before).
    """
    deadline = _running(session, hazard, deadline_id)
    if level not in {rung.level for rung in ladder_times.times(session, deadline)}:
        raise InvalidInput(
            f"督办没有第{level}级。", rule="督办级别为0至4级", remedy="请填写已有的级别。",
            extra={"errors": [{"field": "level", "message": "没有该级别"}]},
        )  # fmt: skip
    at = trail.after(hazard.changed_at, at)
    if escalations.raise_to(session, hazard.id, deadline_id, level, reason=reason, by=by, at=at) is None:
        raise GateNotMet(f"第{level}级督办已发出。", rule="同一时限的每级督办只发一次", remedy="可提到更高一级。")
    key = (ESCALATION.c.deadline_id == deadline_id, ESCALATION.c.level == level)
    return session.execute(select(ESCALATION.c.id).where(*key)).scalar_one()


def acknowledge(session: Session, escalation_id: str, *, by: Actor, at: datetime) -> bool:
    """Take note of a level one was addressed by (签收督办): it is not told again. The next level comes all the same.

    False when this person had acknowledged it before.

    Raises: NotFound, NotPermitted.
    """
    found = select(ESCALATION.c.hazard_id).where(ESCALATION.c.id == escalation_id)
    hazard_id = session.execute(found).scalar_one_or_none()
    if hazard_id is None:
        raise NotFound("没有找到该督办。", remedy="请刷新通知列表。")
    session.execute(select(HAZARD.c.id).where(HAZARD.c.id == hazard_id).with_for_update())
    row = session.execute(select(ESCALATION).where(ESCALATION.c.id == escalation_id)).one()
    if not _was_addressed(session, row, by.person_id):
        raise NotPermitted("该督办不是发给您的。", rule="督办由被督办人签收", remedy="请由收到该督办的人员签收。")
    receipt = {"escalation_id": escalation_id, "person_id": by.person_id, "received_at": at}
    if session.execute(_INSERT_RECEIPT, receipt).first() is None:
        return False
    session.execute(update(ESCALATION).where(ESCALATION.c.id == escalation_id).values(repeat_at=None))
    facts = {"escalation_id": escalation_id, "deadline_id": row.deadline_id, "level": row.level}
    chain.record(session, hazard_id, "ESCALATION_ACKNOWLEDGED", by=by, at=at, facts=facts)
    return True


def limits_of(session: Session, hazard: Hazard) -> Sequence[Any]:
    """The running limits of a hazard, soonest due first, each with the end of its hold (`until`; None: never held)."""
    columns = (DEADLINE.c.id, DEADLINE.c.clock, DEADLINE.c.against, DEADLINE.c.due_at, LADDER_HOLD.c.until)
    held = select(*columns).outerjoin(LADDER_HOLD, LADDER_HOLD.c.deadline_id == DEADLINE.c.id)
    running = held.where(DEADLINE.c.hazard_id == hazard.id, DEADLINE.c.closed_at.is_(None))
    return session.execute(running.order_by(DEADLINE.c.due_at, DEADLINE.c.id)).all()


def hazard_no_of(session: Session, deadline_id: str) -> str:
    """The number of the hazard a deadline runs on.

    Raises: NotFound.
    """
    rows = select(HAZARD.c.no).join(DEADLINE, DEADLINE.c.hazard_id == HAZARD.c.id).where(DEADLINE.c.id == deadline_id)
    no = session.execute(rows).scalar_one_or_none()
    if no is None:
        raise _no_such_deadline()
    return no


def _running(session: Session, hazard: Hazard, deadline_id: str) -> Any:
    live = (DEADLINE.c.id == deadline_id, DEADLINE.c.hazard_id == hazard.id, DEADLINE.c.closed_at.is_(None))
    deadline = session.execute(select(DEADLINE).where(*live)).one_or_none()
    if deadline is None:
        raise _no_such_deadline()
    return deadline


def _no_such_deadline() -> NotFound:
    return NotFound("没有找到正在计时的该时限。", remedy="请刷新隐患详情，核对时限。")


def _check_hold(session: Session, deadline: Any, until: datetime, *, at: datetime) -> None:
    if Clock(deadline.clock) in NEVER_HELD:
        raise GateNotMet("临时管控的时限不得暂缓督办。", rule=_RULE, remedy="请按时核实管控措施。")
    if session.execute(select(exists().where(LADDER_HOLD.c.deadline_id == deadline.id))).scalar_one():
        raise GateNotMet("该时限已暂缓过一次。", rule=f"{_RULE}；每个时限一次", remedy="请按期办理，或申请延期。")
    calendar = policies.calendar(session, deadline.calendar_version)
    latest = add_working_days(at, MOST_WORKING_DAYS, calendar)
    if not at < until <= latest:
        raise InvalidInput(
            f"暂缓到期时间须晚于现在，且不晚于{latest.astimezone(ZONE):%Y-%m-%d} 24:00。", rule=_RULE,
            remedy="请改填到期时间。", extra={"errors": [{"field": "until", "message": f"最长{MOST_WORKING_DAYS}个工作日"}]},
        )  # fmt: skip


def _look_again(session: Session, deadline: Any) -> None:
    """The rung the deadline waits for, by its hold as it now is."""
    if deadline.next_level is None:
        return
    waited = next(rung for rung in ladder_times.times(session, deadline) if rung.level == deadline.next_level)
    session.execute(update(DEADLINE).where(DEADLINE.c.id == deadline.id).values(**ladder_times.waiting_for(waited)))


def _was_addressed(session: Session, row: Any, person_id: str) -> bool:
    """A notice of this level, first or repeated, was written for this person."""
    messages = select(OUTBOX.c.id).where(
        OUTBOX.c.hazard_id == row.hazard_id,
        OUTBOX.c.topic.in_([Topic.ESCALATED, Topic.REPEATED]),
        OUTBOX.c.subject.like(f"{row.id}%"),
    )
    told = (NOTICE.c.person_id == person_id, NOTICE.c.topic == f"escalation_{row.level}")
    return session.execute(select(exists().where(*told, NOTICE.c.message_id.in_(messages)))).scalar_one()
