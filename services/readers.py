"""Who of the office reads a hazard: whom one may mention in a comment, and to whom a copy would be news."""

from collections.abc import Iterator
from typing import NamedTuple

from sqlmodel import Session

from models.actor import Actor
from models.hazard import Hazard
from models.permissions import Operation
from services import access, organization, standing_in


class Colleague(NamedTuple):
    id: str
    name: str
    places: str
    """The units they work in."""


def of(session: Session, hazard: Hazard, *, by: Actor) -> list[Colleague]:
    """Colleagues with an account who see this hazard, by name."""
    return [one for one in _colleagues(session, by) if access.sees(session, hazard, by=_as_actor(session, one))]


def beside(session: Session, hazard: Hazard, *, by: Actor) -> list[Colleague]:
    """Colleagues with an account who read hazards, and not this one."""
    return [
        one
        for one in _colleagues(session, by)
        for actor in [_as_actor(session, one)]
        if actor.grant_for(Operation.READ_HAZARD) and not access.sees(session, hazard, by=actor)
    ]


def _as_actor(session: Session, one: Colleague) -> Actor:
    return standing_in.as_actor(session, one.id)


def _colleagues(session: Session, by: Actor) -> Iterator[Colleague]:
    """Persons of the office other than this one."""
    places: dict[str, list[str]] = {}
    names: dict[str, str] = {}
    for row in organization.people(session, role=None):
        names[row.id] = row.name
        places.setdefault(row.id, [])
        if row.unit_name and row.unit_name not in places[row.id]:
            places[row.id].append(row.unit_name)
    for person, name in names.items():
        actor = standing_in.as_actor(session, person)
        if person != by.person_id and not actor.enterprise_id and standing_in.is_active(session, person):
            yield Colleague(person, name, "、".join(places[person]))
