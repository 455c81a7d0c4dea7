"""A clock that was set back: recorded time goes on all the same, and the step is on record."""

from datetime import datetime, timedelta

from sqlmodel import Session

from models.hazard import Hazard
from services import trail

_NOISE = timedelta(seconds=1)
"""Clocks of two hosts differ by less; more is a step."""


def recorded(session: Session, hazard: Hazard, at: datetime) -> datetime:
    """The instant a decision on this hazard is recorded under: `at`, or just after its last fact.

    The caller holds the hazard's row lock.
    """
    moment = trail.after(hazard.changed_at, at)
    if hazard.changed_at - at > _NOISE:
        facts = {"hazard": hazard.no, "clock": trail.stamp(at), "last_recorded": trail.stamp(hazard.changed_at)}
        trail.append_office(session, "CLOCK_SET_BACK", by=None, at=moment, facts={"after": facts})
    return moment
