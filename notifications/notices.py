"""The delivery ledger 通知送达: one row per message, person and channel, from queued to sent or dead."""

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from sqlalchemy import select, update
from sqlmodel import Session

from models.hazard import Hazard
from models.ids import new_id
from models.once import insert_once
from models.outbox import INAPP, NoticeState
from models.tables import NOTICE
from notifications import channels, recipients
from notifications.wording import Words, render

MOST_ATTEMPTS = 12
_FIRST_WAIT = timedelta(seconds=30)
_LONGEST_WAIT = timedelta(hours=1)
_NOT_BY_PERSON = {"MAIL": "email"}


class Delivery(NamedTuple):
    """Everything that waits for one person on one channel, sent together."""

    person_id: str
    channel_id: str
    notice_ids: tuple[str, ...]
    words: Words
    attempts: int


def queue(
    session: Session,
    message_id: str,
    topic: str,
    hazard: Hazard | None,
    people: Iterable[str],
    facts: Mapping[str, Any],
    *,
    at: datetime,
) -> int:
    """Write what each person is to be told, once per message however often its flow runs; returns how many were new.

    The in-app notice is there at once and needs no provider; the others wait for `deliver_notices`.
    """
    wanted = list(people)
    reach = recipients.contact(session, wanted)
    ways = channels.enabled(session)
    rows = []
    for person_id in wanted:
        person = reach.get(person_id)
        usable = [way.id for way in ways if person is not None and getattr(person, _NOT_BY_PERSON.get(way.kind, "id"))]
        rows += [_row(message_id, topic, hazard, person_id, channel, facts, at) for channel in (INAPP, *usable)]
    statement = _INSERT
    return sum(session.execute(statement, row).first() is not None for row in rows)


def number_of(message_id: str, topic: str, person_id: str, channel_id: str) -> str:
    """The notice's number: the same for every attempt, so a duplicate is recognised as one."""
    return hashlib.sha256("|".join((message_id, topic, person_id, channel_id)).encode()).hexdigest()[:12].upper()


def claim(session: Session, *, at: datetime, lease: timedelta, limit: int = 200) -> list[Delivery]:
    """Take what is due, grouped by person and channel; several notices waiting for one person go as one digest.

    The attempt is counted at the claim. One transaction of the caller's.
    """
    due = (
        select(NOTICE.c.id)
        .where(NOTICE.c.state == NoticeState.QUEUED, NOTICE.c.due_at <= at)
        .order_by(NOTICE.c.due_at, NOTICE.c.id)
        .limit(limit)
        .with_for_update(skip_locked=True)
    )
    taken = list(session.execute(due).scalars())
    if not taken:
        return []
    session.execute(
        update(NOTICE).where(NOTICE.c.id.in_(taken)).values(attempts=NOTICE.c.attempts + 1, due_at=at + lease)
    )
    rows = session.execute(
        select(NOTICE).where(NOTICE.c.id.in_(taken)).order_by(NOTICE.c.created_at, NOTICE.c.id)
    ).all()
    groups: dict[tuple[str, str], list[Any]] = {}
    for row in rows:
        groups.setdefault((row.person_id, row.channel_id), []).append(row)
    return [_delivery(person, channel, group) for (person, channel), group in groups.items()]


def has_due(session: Session, *, at: datetime) -> bool:
    due = select(NOTICE.c.id).where(NOTICE.c.state == NoticeState.QUEUED, NOTICE.c.due_at <= at).limit(1)
    return session.execute(due).first() is not None


def settle_sent(session: Session, delivery: Delivery, *, at: datetime) -> None:
    session.execute(_waiting(delivery).values(state=NoticeState.SENT, settled_at=at, last_error=""))


def settle_failed(session: Session, delivery: Delivery, *, at: datetime, error: str, permanent: bool) -> None:
    """Wait 30 s, then twice as long each time up to an hour; after the last attempt, or at once where trying again
    cannot help, it is a dead letter for a person to look at."""
    dead = permanent or delivery.attempts >= MOST_ATTEMPTS
    values = (
        {"state": NoticeState.DEAD, "settled_at": at}
        if dead
        else {"due_at": at + wait_after(delivery.attempts, delivery.notice_ids[0])}
    )
    session.execute(_waiting(delivery).values(last_error=error[:300], **values))


def wait_after(attempts: int, salt: str) -> timedelta:
    """The pause after this many attempts, spread by ±20 % so that a provider is not hit by all at once."""
    wait = min(_FIRST_WAIT * 2 ** max(attempts - 1, 0), _LONGEST_WAIT)
    spread = hashlib.sha256(f"{salt}{attempts}".encode()).digest()[0] / 255
    return wait * (0.8 + 0.4 * spread)


def retry_dead(session: Session, notice_id: str, *, at: datetime) -> bool:
    """Queue a dead letter again, on a person's word."""
    dead = update(NOTICE).where(NOTICE.c.id == notice_id, NOTICE.c.state == NoticeState.DEAD)
    done = session.execute(dead.values(state=NoticeState.QUEUED, due_at=at, attempts=0, settled_at=None))
    return done.rowcount == 1  # pyright: ignore[reportAttributeAccessIssue]


def _waiting(delivery: Delivery) -> Any:
    return update(NOTICE).where(NOTICE.c.id.in_(delivery.notice_ids), NOTICE.c.state == NoticeState.QUEUED)


def _delivery(person_id: str, channel_id: str, group: Sequence[Any]) -> Delivery:
    words = Words(group[0].subject, group[0].body)
    if len(group) > 1:
        link = group[0].body.rsplit("办理入口：", 1)[-1].split("\n", 1)[0].rsplit("/hazards/", 1)[0]
        words = render("digest", lines=[row.subject for row in group], link=link)
    return Delivery(person_id, channel_id, tuple(row.id for row in group), words, max(row.attempts for row in group))


def _row(
    message_id: str,
    topic: str,
    hazard: Hazard | None,
    person_id: str,
    channel_id: str,
    facts: Mapping[str, Any],
    at: datetime,
) -> dict[str, Any]:
    words = render(topic, **facts, notice_no=number_of(message_id, topic, person_id, channel_id))
    here = channel_id == INAPP
    return {
        "id": new_id(), "message_id": message_id, "topic": topic, "hazard_id": hazard.id if hazard else None, "person_id": person_id,
        "channel_id": channel_id, "subject": words.subject, "body": words.body,
        "state": NoticeState.SENT if here else NoticeState.QUEUED, "attempts": 0, "due_at": at, "last_error": "",
        "created_at": at, "settled_at": at if here else None, "read_at": None,
    }  # fmt: skip


_INSERT = insert_once(NOTICE, "id")
