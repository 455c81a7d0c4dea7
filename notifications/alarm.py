"""An alarm 告警 that waits for no queue: handed over at once, by the process that noticed, to every administrator."""

from collections.abc import Sequence

from sqlalchemy import select
from sqlmodel import Session, col

from models import NoticeChannel, Person, RoleGrant
from models.errors import InvalidInput
from models.permissions import Role
from notifications import channels, reach
from notifications.channel_address import ChannelKind, ChannelUnusable, address_for


def addresses(session: Session, *, key: bytes, private_hosts: frozenset[str]) -> list[str]:
    """Where the administrators are reached: every usable channel of each, once."""
    admins = select(Person).join(RoleGrant, col(RoleGrant.person_id) == col(Person.id))
    people = session.execute(admins.where(col(RoleGrant.role) == Role.AD).distinct()).scalars().all()
    ways = channels.enabled(session)
    found = [
        _address(way, person, key, private_hosts)
        for person in people
        for way in ways
        if way.id in reach.usable(ways, person)
    ]
    return list(dict.fromkeys(address for address in found if address))


def raise_alarm(addresses: Sequence[str], *, subject: str, body: str) -> int:
    """One attempt at each address; how many took it. Nothing is kept: the incident on record is the memory."""
    from notifications.sending import send  # noqa: PLC0415  # Apprise loads slowly and only senders need it

    return sum(send(address, subject=subject, body=body).ok for address in addresses)


def _address(way: NoticeChannel, person: Person, key: bytes, private_hosts: frozenset[str]) -> str:
    try:
        return address_for(ChannelKind(way.kind), channels.config_of(way, key), person, private_hosts)
    except (ChannelUnusable, InvalidInput):
        return ""
