"""When a notice may leave: danger at once, catching up as one digest, everything else outside quiet hours.

Pure but for two reads. What must wait is decided when it is taken, so a retry keeps to it as well.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from sqlalchemy import and_, bindparam, func, or_, select
from sqlmodel import Session, col

from models import Person
from models.hazard import Hazard
from models.outbox import NoticeState
from models.quiet_hours import QuietHours
from models.tables import NOTICE

GATHERING = timedelta(minutes=5)
"""So long the first notice of a digest waits for the others."""
DIGEST_EVERY = timedelta(minutes=15)
"""At most one digest per person and channel in so long."""
CATCHING_UP = timedelta(minutes=15)
"""What is told so late after its time is told among many others: this program was down."""
_DANGER_LEVEL = 4
_REMINDER_LEVEL = 0

Way = tuple[str, str]
"""Person and channel."""


class Pace(NamedTuple):
    """How a notice leaves."""

    pressing: bool = False
    """People are in danger, or the highest level: quiet hours do not hold it."""
    gathered: bool = False
    """It may wait for others and leave with them as one digest."""


def pace_of(hazard: Hazard, *, since: datetime, at: datetime, level: int | None = None, repeat: int = 0) -> Pace:
    """The pace of a notice about something that was due to be told at `since`."""
    late = at - since > CATCHING_UP
    return Pace(
        pressing=hazard.urgent or (level or 0) >= _DANGER_LEVEL,
        gathered=late or repeat > 0 or level == _REMINDER_LEVEL,
    )


def leaves_at(
    rows: Sequence[Any], quiet: QuietHours, last_digest: datetime | None, *, at: datetime
) -> list[tuple[datetime, Any]]:
    """When each of the due notices of one person and channel leaves: now, or not before the instant given."""
    soonest = at if last_digest is None else max(at, last_digest + DIGEST_EVERY)
    alone = all(row.gathered for row in rows)
    plan = []
    for row in rows:
        moment = soonest if row.gathered and alone else at
        plan.append((moment if row.pressing else quiet.over(moment), row))
    return plan


def quiet_hours(session: Session, people: Iterable[str]) -> Mapping[str, QuietHours]:
    wanted = select(col(Person.id), col(Person.quiet_from), col(Person.quiet_until))
    rows = session.execute(wanted.where(col(Person.id).in_(sorted(set(people))))).all()
    return {row[0]: QuietHours.of(row[1], row[2]) for row in rows}


def last_digests(session: Session, people: Iterable[str], *, at: datetime) -> Mapping[Way, datetime]:
    """When gathered notices last left, for whoever got some lately; now, where some are on their way."""
    left = and_(NOTICE.c.state == NoticeState.SENT, NOTICE.c.settled_at > at - DIGEST_EVERY)
    on_the_way = and_(NOTICE.c.state == NoticeState.QUEUED, NOTICE.c.due_at > at)
    lately = (NOTICE.c.person_id.in_(sorted(set(people))), NOTICE.c.gathered, NOTICE.c.attempts > 0)
    last = func.max(func.coalesce(NOTICE.c.settled_at, bindparam("at", at, type_=NOTICE.c.settled_at.type)))
    rows = select(NOTICE.c.person_id, NOTICE.c.channel_id, last).where(*lately, or_(left, on_the_way))
    found = session.execute(rows.group_by(NOTICE.c.person_id, NOTICE.c.channel_id)).all()
    return {(row[0], row[1]): row[2] for row in found}
