"""A held ladder 暂缓督办, and who acknowledged a level 签收督办. The table of the hold, and what it does to the levels."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import CheckConstraint, Index
from sqlmodel import Field, SQLModel

from models.columns import UtcDateTime
from models.ids import new_id
from models.ladder import Rung
from models.stage import Clock

MOST_WORKING_DAYS = 10
NEVER_HELD = frozenset({Clock.INTERIM_CHECK})
"""Clocks of interim control: people's safety hangs on them, so their ladder waits for nobody."""
GOES_ON_FROZEN = NEVER_HELD | {Clock.FREEZE_REVIEW}
"""Clocks whose ladder goes on while an accident is looked into."""


class Span(NamedTuple):
    """From when until when a ladder is held; the end does not belong to it."""

    start: datetime
    end: datetime


class LadderHold(SQLModel, table=True):
    """暂缓督办: the ladder of one deadline held with a reason until an instant. A deadline is held once."""

    __tablename__ = "ladder_hold"  # pyright: ignore[reportAssignmentType]  # SQLModel declares it as a descriptor
    __table_args__ = (
        Index("uq_ladder_hold_deadline", "deadline_id", unique=True),
        Index("ix_ladder_hold_hazard", "hazard_id"),
        CheckConstraint("until > held_at", name="hold_has_length"),
    )

    id: str = Field(default_factory=new_id, primary_key=True)
    hazard_id: str = Field(foreign_key="hazard.id")
    deadline_id: str = Field(foreign_key="deadline.id")
    reason: str
    held_by: str = Field(foreign_key="person.id")
    held_at: datetime = Field(sa_type=UtcDateTime)
    until: datetime = Field(sa_type=UtcDateTime)
    """When it ends: the expiry named with it, or the instant it was ended before that."""


class EscalationReceipt(SQLModel, table=True):
    """签收督办: somebody who was addressed has taken note of a level."""

    __tablename__ = "escalation_receipt"  # pyright: ignore[reportAssignmentType]  # SQLModel declares it as a descriptor

    escalation_id: str = Field(primary_key=True, foreign_key="escalation.id")
    person_id: str = Field(primary_key=True, foreign_key="person.id")
    received_at: datetime = Field(sa_type=UtcDateTime)


def held_back(rungs: Sequence[Rung], span: Span | None) -> list[Rung]:
    """The rungs with a hold: those that fall due in it fall due at its end, in their order; the others stay."""
    if span is None:
        return list(rungs)
    return [replace(rung, at=span.end) if span.start <= rung.at < span.end else rung for rung in rungs]
