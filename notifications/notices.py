"""The delivery ledger 通知送达: one row per message, person and channel, from queued to sent or dead."""

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from sqlalchemy import select, tuple_, update
from sqlmodel import Session

from models.hazard import Hazard
from models.once import insert_once
from models.outbox import INAPP, NoticeState
from models.tables import NOTICE
from notifications import channels, own_words, pacing, reach
from notifications.digest import words_of
from notifications.pacing import Pace
from notifications.wording import Words, speak

MOST_ATTEMPTS = 12
_FIRST_WAIT = timedelta(seconds=30)
_LONGEST_WAIT = timedelta(hours=1)
_AT_ONCE = Pace()


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
    pace: Pace = _AT_ONCE,
    cause: str = "",
) -> int:
    """Write what each person is to be told, once per cause however often its flow runs; returns how many were new.

    `cause` tells what is told of in words that never change, where the message is not enough of a name (a level of a
    deadline, and which repeat of it). The in-app notice is there at once and needs no provider; the others wait for
    `deliver_notices`.
    """
    wanted = list(people)
    known = reach.contact(session, wanted)
    ways = channels.enabled(session)
    own = own_words.newest(session, topic) if wanted else None
    rows = [
        _row(message_id, topic, hazard, person_id, channel, facts, pace, cause or message_id, at, own)
        for person_id in wanted
        for channel in (INAPP, *reach.usable(ways, known.get(person_id)))
    ]
    return sum(session.execute(_INSERT, row).first() is not None for row in rows)


def id_of(cause: str, topic: str, person_id: str, channel_id: str) -> str:
    """The notice's id: the same for the same cause, person and channel, whoever computes it."""
    return hashlib.sha256("|".join((cause, topic, person_id, channel_id)).encode()).hexdigest()[:32]


def number_of(cause: str, topic: str, person_id: str, channel_id: str) -> str:
    """The notice's number in its text: the same for every attempt, so a duplicate is recognised as one."""
    return id_of(cause, topic, person_id, channel_id)[:12].upper()


def level_cause(hazard_id: str, deadline_id: str, level: int, repeat: int) -> str:
    """What a notice of the ladder is told of."""
    return f"{hazard_id}|{deadline_id}|{level}|{repeat}"


def claim(session: Session, *, at: datetime, lease: timedelta, limit: int = 100) -> list[Delivery]:
    """Take what is due and may leave now, by person and channel (`limit` of them); several notices go as one digest.

    The attempt is counted at the claim. What must wait, for quiet hours or the next digest, is put off. One transaction
    of the caller's.
    """
    due = (NOTICE.c.state == NoticeState.QUEUED, NOTICE.c.due_at <= at)
    ways = session.execute(
        select(NOTICE.c.person_id, NOTICE.c.channel_id)
        .where(*due)
        .group_by(NOTICE.c.person_id, NOTICE.c.channel_id)
        .limit(limit)
    ).all()
    if not ways:
        return []
    mine = tuple_(NOTICE.c.person_id, NOTICE.c.channel_id).in_([tuple(way) for way in ways])
    rows = session.execute(
        select(NOTICE).where(*due, mine).order_by(NOTICE.c.created_at, NOTICE.c.id).with_for_update(skip_locked=True)
    ).all()
    groups: dict[pacing.Way, list[Any]] = {}
    for row in rows:
        groups.setdefault((row.person_id, row.channel_id), []).append(row)
    leaving = _leaving(session, groups, at=at)
    taken = [row.id for group in leaving.values() for row in group]
    session.execute(
        update(NOTICE).where(NOTICE.c.id.in_(taken)).values(attempts=NOTICE.c.attempts + 1, due_at=at + lease)
    )
    return [_delivery(person, channel, group) for (person, channel), group in leaving.items()]


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


def _leaving(
    session: Session, groups: Mapping[pacing.Way, Sequence[Any]], *, at: datetime
) -> dict[pacing.Way, list[Any]]:
    """What leaves now; the rest is put off to when it may."""
    people = [person for person, _ in groups]
    quiet = pacing.quiet_hours(session, people)
    digests = pacing.last_digests(session, people, at=at)
    leaving: dict[pacing.Way, list[Any]] = {}
    later: dict[datetime, list[str]] = {}
    for way, rows in groups.items():
        for moment, row in pacing.leaves_at(rows, quiet[way[0]], digests.get(way), at=at):
            if moment <= at:
                leaving.setdefault(way, []).append(row)
            else:
                later.setdefault(moment, []).append(row.id)
    for moment, ids in later.items():
        session.execute(update(NOTICE).where(NOTICE.c.id.in_(ids)).values(due_at=moment))
    return leaving


def _waiting(delivery: Delivery) -> Any:
    return update(NOTICE).where(NOTICE.c.id.in_(delivery.notice_ids), NOTICE.c.state == NoticeState.QUEUED)


def _delivery(person_id: str, channel_id: str, group: Sequence[Any]) -> Delivery:
    ids = tuple(row.id for row in group)
    return Delivery(person_id, channel_id, ids, words_of(group), max(row.attempts for row in group) + 1)


def _row(
    message_id: str, topic: str, hazard: Hazard | None, person_id: str, channel_id: str, facts: Mapping[str, Any], pace: Pace,
    cause: str, at: datetime, own: Words | None,
) -> dict[str, Any]:  # fmt: skip
    words = speak(topic, own, **facts, notice_no=number_of(cause, topic, person_id, channel_id))
    here = channel_id == INAPP
    return {
        "id": id_of(cause, topic, person_id, channel_id), "message_id": message_id, "topic": topic,
        "hazard_id": hazard.id if hazard else None, "person_id": person_id, "channel_id": channel_id, "subject": words.subject,
        "body": words.body, "state": NoticeState.SENT if here else NoticeState.QUEUED, "attempts": 0,
        "due_at": at + pacing.GATHERING if pace.gathered and not here else at, "last_error": "", "created_at": at,
        "settled_at": at if here else None, "read_at": None, "gathered": pace.gathered, "pressing": pace.pressing,
    }  # fmt: skip


_INSERT = insert_once(NOTICE, "id")
