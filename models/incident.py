"""Incidents 异常 of the installation: what went wrong that a person must put right. The administrator sees them."""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import Index, text
from sqlmodel import Field, SQLModel

from models.columns import UtcDateTime
from models.ids import new_id

_OPEN = text("settled_at IS NULL")


class IncidentKind(StrEnum):
    NOBODY_TO_TELL = "NOBODY_TO_TELL"
    """Whoever a notice was for cannot be told: no holder, account disabled, no channel."""
    CLOCK_SKEW = "CLOCK_SKEW"
    """A host's clock and the database's clock differ by more than a minute; its sweeper does not sweep."""

    NO_SWEEP = "NO_SWEEP"
    """Nobody swept the ladder for ten minutes; the API process did, and told the administrators by itself."""

    STANDS_STILL = "STANDS_STILL"
    """An open hazard that waits for nobody, or for no date: nothing would ever remind of it."""

    @property
    def label(self) -> str:
        return {
            "NOBODY_TO_TELL": "责任人无法告知",
            "CLOCK_SKEW": "时钟不一致",
            "NO_SWEEP": "督办巡查停止",
            "STANDS_STILL": "隐患无人办理",
        }[self]


class Incident(SQLModel, table=True):
    """异常: one of a kind and subject is open at a time, however often it is noticed."""

    __table_args__ = (
        Index("uq_incident_open", "kind", "subject", unique=True, sqlite_where=_OPEN, postgresql_where=_OPEN),
        Index("ix_incident_opened", "opened_at", "id"),
    )

    id: str = Field(default_factory=new_id, primary_key=True)
    kind: str
    subject: str
    """What it is about: an office and its unit, a host."""
    hazard_id: str | None = Field(default=None, foreign_key="hazard.id")
    what: str
    opened_at: datetime = Field(sa_type=UtcDateTime)
    settled_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    settled_by: str | None = Field(default=None, foreign_key="person.id")
    remark: str = ""


class Heartbeat(SQLModel, table=True):
    """When a recurring duty of the program was last done to the end."""

    name: str = Field(primary_key=True)
    beaten_at: datetime = Field(sa_type=UtcDateTime)
    by: str
    """Host and process."""
