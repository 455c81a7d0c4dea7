"""Claim outbox messages with a lease, and settle them. The lease is the whole recovery rule.

A message whose flow did not acknowledge it before its lease ended is simply due again, whatever became of the run.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, cast

from sqlalchemy import bindparam, exists, func, insert, or_, select, update
from sqlmodel import Session

from models import OutboxMessage
from models.actor import Actor
from models.errors import NotFound
from models.hazard import Hazard
from models.ids import new_id
from models.outbox import NoticeState, Topic
from models.stage import Step
from models.tables import DEADLINE, ESCALATION, NOTICE, OUTBOX
from services import trail

_LONGEST_WAIT = timedelta(hours=1)
INSERT_MESSAGE = insert(OUTBOX)


def message(hazard: Hazard, topic: Topic, *, subject: str, step: Step, at: datetime) -> dict[str, Any]:
    """A promise to be written in the decision's own transaction: what `INSERT_MESSAGE` takes."""
    return {
        "id": new_id(), "topic": topic, "hazard_id": hazard.id, "hazard_no": hazard.no, "subject": subject,
        "step": step, "created_at": at, "due_at": at, "attempts": 0, "last_error": "",
    }  # fmt: skip


def post(session: Session, hazard: Hazard, topic: Topic, *, subject: str, step: Step, at: datetime) -> str:
    """Promise, in the decision's transaction, that a flow will carry this out."""
    row = message(hazard, topic, subject=subject, step=step, at=at)
    session.execute(INSERT_MESSAGE, row)
    return row["id"]


def post_to_person(session: Session, topic: Topic, *, subject: str, at: datetime) -> None:
    """The same for what concerns persons of the office and no hazard."""
    row = {
        "id": new_id(), "topic": topic, "hazard_id": None, "hazard_no": "", "subject": subject, "step": "",
        "created_at": at, "due_at": at, "attempts": 0, "last_error": "",
    }  # fmt: skip
    session.execute(INSERT_MESSAGE, row)


def claim(session: Session, *, by: str, at: datetime, lease: timedelta, limit: int = 10) -> list[OutboxMessage]:
    """Take due messages, oldest first; the attempt is counted at the claim, so a killed run counts too.

    One transaction of the caller's. Messages of other dispatchers are passed over (SKIP LOCKED; on SQLite the
    write lock orders claims).
    """
    due = (
        select(OUTBOX.c.id)
        .where(OUTBOX.c.done_at.is_(None), OUTBOX.c.due_at <= at)
        .order_by(OUTBOX.c.due_at, OUTBOX.c.id)
        .limit(limit)
        .with_for_update(skip_locked=True)
    )
    taken = list(session.execute(due).scalars())
    if not taken:
        return []
    lease_out = update(OUTBOX).where(OUTBOX.c.id.in_(taken))
    session.execute(lease_out.values(attempts=OUTBOX.c.attempts + 1, leased_by=by, due_at=at + lease))
    rows = session.execute(select(OUTBOX).where(OUTBOX.c.id.in_(taken)).order_by(OUTBOX.c.created_at, OUTBOX.c.id))
    return cast(list[OutboxMessage], rows.all())


_ANYTHING = select(
    or_(
        exists().where(OUTBOX.c.done_at.is_(None), OUTBOX.c.due_at <= bindparam("at")),
        exists().where(DEADLINE.c.next_rung_at <= bindparam("at")),
        exists().where(ESCALATION.c.repeat_at <= bindparam("at")),
        exists().where(NOTICE.c.state == NoticeState.QUEUED, NOTICE.c.due_at <= bindparam("at")),
    )
)


def anything_due(session: Session, *, at: datetime) -> bool:
    """Whether a message, a rung of the ladder or a notice is due: one probe of partial indexes."""
    return bool(session.connection().execute(_ANYTHING, {"at": at}).scalar_one())


def acknowledge(session: Session, message_id: str, *, at: datetime) -> bool:
    """The flow has done all of it. False if somebody acknowledged it before; then nothing changes."""
    mine = update(OUTBOX).where(OUTBOX.c.id == message_id, OUTBOX.c.done_at.is_(None))
    return session.execute(mine.values(done_at=at, last_error="")).rowcount == 1  # pyright: ignore[reportAttributeAccessIssue]


def postpone(session: Session, message_id: str, *, at: datetime, error: str) -> None:
    """The flow failed: due again after a wait that doubles with each attempt, up to an hour."""
    attempts = session.execute(select(OUTBOX.c.attempts).where(OUTBOX.c.id == message_id)).scalar_one()
    wait = min(timedelta(seconds=2) * 2 ** min(attempts, 12), _LONGEST_WAIT)
    session.execute(
        update(OUTBOX)
        .where(OUTBOX.c.id == message_id, OUTBOX.c.done_at.is_(None))
        .values(due_at=at + wait, last_error=error[:500])
    )


def message_for(session: Session, message_id: str) -> OutboxMessage | None:
    return cast(OutboxMessage | None, session.execute(_BY_ID, {"wanted": message_id}).one_or_none())


def waiting(session: Session) -> tuple[int, datetime | None]:
    """How many messages wait, and since when the oldest does; for /readyz and /metrics."""
    row = session.execute(select(func.count(), func.min(OUTBOX.c.created_at)).where(OUTBOX.c.done_at.is_(None))).one()
    return row[0], row[1]


def stuck(session: Session, *, limit: int) -> Sequence[Any]:
    """Messages that still wait, those tried most often first: what a flow has not carried out."""
    rows = select(OUTBOX).where(OUTBOX.c.done_at.is_(None)).limit(limit)
    return session.execute(rows.order_by(OUTBOX.c.attempts.desc(), OUTBOX.c.due_at, OUTBOX.c.id)).all()


def repair(session: Session, message_id: str, *, by: Actor, at: datetime) -> None:
    """Make a waiting message due now, on a person's word. A run still under way is not disturbed: what it did is done once.

    Raises: NotFound when it was carried out meanwhile.
    """
    mine = update(OUTBOX).where(OUTBOX.c.id == message_id, OUTBOX.c.done_at.is_(None))
    if session.execute(mine.values(due_at=at)).rowcount != 1:  # pyright: ignore[reportAttributeAccessIssue]
        raise NotFound("没有找到等待办理的消息，可能已经办完。", remedy="请刷新流程列表。")
    trail.append_office(session, "MESSAGE_REPAIRED", by=by, at=at, facts={"message": message_id})


_BY_ID = select(OUTBOX).where(OUTBOX.c.id == bindparam("wanted"))
