"""Notices on their way out: a channel to leave by, a report to tell of, and one turn of the sender."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import select, update
from sqlmodel import Session

from flows import context, delivery, effects
from models import Person
from models.engine import writing
from models.stage import Step
from models.tables import NOTICE, OUTBOX
from notifications import channels, notices
from notifications.channel_address import ChannelKind, check_config
from town import Town, report

LEASE = timedelta(seconds=60)


def open_channel(session: Session, kind: ChannelKind, fields: dict[str, Any]) -> str:
    """A channel to everybody in town, who may be disturbed at any hour."""
    session.execute(update(Person).values(quiet_from="00:00", quiet_until="00:00"))
    config = check_config(kind, fields, frozenset({"127.0.0.1"}))
    channel = channels.add_channel(
        session, kind, f"{kind}渠道", config, key=context.channel_key(), by="admin", at=datetime.now(UTC)
    )
    session.commit()
    return channel.id


def tell_of_a_report(session: Session, town: Town) -> None:
    """A report, and what its flow tells the committee office."""
    report(session, town)
    carry_out_entries(session)


def carry_out_entries(session: Session) -> None:
    """Carry out what was posted, as if it had been posted just now."""
    session.execute(update(OUTBOX).where(OUTBOX.c.done_at.is_(None)).values(created_at=datetime.now(UTC)))
    messages = session.execute(
        select(OUTBOX.c.id, OUTBOX.c.step).where(OUTBOX.c.done_at.is_(None)).order_by(OUTBOX.c.created_at)
    ).all()
    session.commit()
    for message in messages:
        for effect in effects.effects_of(Step(message.step)):
            effects.carry_out(effect, message.id)
        effects.acknowledge(message.id)


def deliver_due(at: datetime | None = None) -> None:
    """One turn of the sender, at the time when the next attempt is due."""
    with writing(context.engine()) as session, session.begin():
        due = notices.claim(session, at=at or datetime.now(UTC), lease=LEASE)
    for one in due:
        delivery.hand_over(one)


def rows_of(session: Session, channel_id: str) -> Sequence[Any]:
    return [row for row in all_rows(session) if row.channel_id == channel_id]


def all_rows(session: Session) -> Sequence[Any]:
    rows = session.execute(select(NOTICE).order_by(NOTICE.c.created_at, NOTICE.c.id)).all()
    session.commit()
    return rows
