"""Standing in for one another: delegations of approvals, a unit's standing deputy, hand-overs when a person leaves."""

from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum

from sqlalchemy import CheckConstraint, Index, text
from sqlmodel import Field, SQLModel

from models.columns import UtcDateTime
from models.ids import new_id
from models.permissions import Role

RANK: Mapping[Role, int] = {Role.VC: 1, Role.DO: 1, Role.DH: 2, Role.SC: 2, Role.TL: 3}
"""职级 as far as delegation asks for it: approvals go to a person of the same rank. Other roles delegate nothing."""
APPROVERS = frozenset({Role.DH, Role.SC, Role.TL})
"""Whose approvals can be delegated; what their holders hold besides stays theirs."""
_IN_FORCE = text("revoked_at IS NULL")


class Ground(StrEnum):
    """Why somebody stands in: the person's own delegation, or the absence of a unit's head."""

    DELEGATED = "DELEGATED"
    ABSENCE = "ABSENCE"


class Delegation(SQLModel, table=True):
    """委托代办: for these days the delegate holds the delegator's approvals in one unit, on the delegator's behalf."""

    __table_args__ = (
        CheckConstraint("delegate_id <> delegator_id", name="two_persons"),
        CheckConstraint("until_on >= from_on", name="days_in_order"),
        Index("ix_delegation_delegate", "delegate_id", sqlite_where=_IN_FORCE, postgresql_where=_IN_FORCE),
        Index("ix_delegation_delegator", "delegator_id"),
    )

    id: str = Field(default_factory=new_id, primary_key=True)
    delegator_id: str = Field(foreign_key="person.id")
    delegate_id: str = Field(foreign_key="person.id")
    unit_id: str = Field(foreign_key="unit.id")
    from_on: str
    """First day (ISO date, local); `until_on` is the last one."""
    until_on: str
    ground: str
    reason: str
    made_by: str = Field(foreign_key="person.id")
    made_at: datetime = Field(sa_type=UtcDateTime)
    revoked_at: datetime | None = Field(default=None, sa_type=UtcDateTime)


class DelegationDay(SQLModel, table=True):
    """A day on which somebody's approvals in a unit lie with another: its primary key forbids two at once."""

    __tablename__ = "delegation_day"  # pyright: ignore[reportAssignmentType]  # SQLModel declares it as a descriptor

    delegator_id: str = Field(primary_key=True, foreign_key="person.id")
    unit_id: str = Field(primary_key=True, foreign_key="unit.id")
    day: str = Field(primary_key=True)
    delegation_id: str = Field(foreign_key="delegation.id", index=True)


class UnitDeputy(SQLModel, table=True):
    """常设代理人: who stands in for a unit's head while the head is marked absent."""

    __tablename__ = "unit_deputy"  # pyright: ignore[reportAssignmentType]  # SQLModel declares it as a descriptor

    unit_id: str = Field(primary_key=True, foreign_key="unit.id")
    person_id: str = Field(foreign_key="person.id", index=True)
    named_by: str = Field(foreign_key="person.id")
    named_at: datetime = Field(sa_type=UtcDateTime)


class Handover(SQLModel, table=True):
    """工作交接: everything open of a person who leaves went to the successor, at once."""

    id: str = Field(default_factory=new_id, primary_key=True)
    leaver_id: str = Field(foreign_key="person.id", index=True)
    successor_id: str = Field(foreign_key="person.id")
    reason: str
    moved: int
    """How many things changed hands."""
    made_by: str = Field(foreign_key="person.id")
    made_at: datetime = Field(sa_type=UtcDateTime)
