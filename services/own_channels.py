"""Which notice channels lead to a person, and turning some of them off for oneself; one always stays on."""

import json
from collections.abc import Iterable
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import select, update
from sqlmodel import Session, col

from models import NoticeChannel, Person
from models.actor import Actor
from models.errors import InvalidInput
from services import trail


class OwnChannel(NamedTuple):
    """A channel of the office and whether it leads to this person."""

    id: str
    kind: str
    name: str
    lacks: str
    """What of the person it needs and is not there; empty: it reaches them."""
    is_on: bool


def of(session: Session, *, by: Actor) -> list[OwnChannel]:
    person = session.get_one(Person, by.person_id)
    off = json.loads(person.channels_off)
    rows = session.execute(select(NoticeChannel).where(col(NoticeChannel.enabled)).order_by(col(NoticeChannel.name)))
    return [
        OwnChannel(
            one.id, one.kind, one.name, "" if getattr(person, one.needs or "id") else one.needs, one.id not in off
        )
        for one in rows.scalars()
    ]


def turn_off(session: Session, off: Iterable[str], *, by: Actor, at: datetime) -> None:
    """Everything but these stays on for this person.

    Raises: InvalidInput when no channel would reach them any more.
    """
    known = of(session, by=by)
    chosen = sorted({one.id for one in known} & set(off))
    reaching = {one.id for one in known if not one.lacks}
    if reaching and reaching <= set(chosen):
        raise InvalidInput("至少要保留一个能送达您的渠道。", rule="通知须能送达", remedy="请保留一个渠道。",
                           extra={"errors": [{"field": "channels", "message": "至少保留一个能送达您的渠道"}]})  # fmt: skip
    session.execute(update(Person).where(col(Person.id) == by.person_id).values(channels_off=json.dumps(chosen)))
    trail.append_office(session, "CHANNELS_CHOSEN", by=by, at=at, facts={"after": {"id": by.person_id, "off": chosen}})
