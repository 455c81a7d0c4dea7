"""Whether somebody can be told at all: their accounts, and the channels that lead to them."""

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from sqlalchemy import case, func, select
from sqlmodel import Session, col

from models import Account, NoticeChannel, Person
from notifications import channels


class Reach(NamedTuple):
    """Of the persons asked about: who works no more, and whom no channel reaches."""

    disabled: frozenset[str]
    unreached: frozenset[str]

    def heard(self, people: Iterable[str]) -> list[str]:
        """Those of whom one may expect that they learn of it."""
        return [person for person in people if person not in self.disabled and person not in self.unreached]

    def at_work(self, people: Iterable[str]) -> list[str]:
        return [person for person in people if person not in self.disabled]


def of(session: Session, people: Iterable[str]) -> Reach:
    wanted = sorted(set(people))
    ways = channels.enabled(session)
    known = contact(session, wanted)
    unreached = {one for one in wanted if ways and not usable(ways, known.get(one))}
    return Reach(frozenset(_disabled(session, wanted)), frozenset(unreached))


def usable(ways: Sequence[NoticeChannel], person: Person | None) -> list[str]:
    """The channels that lead to this person, and that the person has not turned off."""
    if person is None:
        return []
    off = json.loads(person.channels_off)
    return [way.id for way in ways if getattr(person, way.needs or "id") and way.id not in off]


def contact(session: Session, person_ids: Iterable[str]) -> Mapping[str, Person]:
    rows = session.execute(select(Person).where(col(Person.id).in_(list(person_ids)))).scalars()
    return {row.id: row for row in rows}


def _disabled(session: Session, people: Sequence[str]) -> set[str]:
    """Persons who have accounts, every one of them disabled."""
    active = func.sum(case((col(Account.disabled_at).is_(None), 1), else_=0))
    rows = select(col(Account.person_id)).where(col(Account.person_id).in_(people))
    return set(session.execute(rows.group_by(col(Account.person_id)).having(active == 0)).scalars())
