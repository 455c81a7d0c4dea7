"""Saved filters 常用筛选 of the ledger and the inbox, a person's own or shared with a unit; and subscriptions 订阅 to them."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from urllib.parse import urlencode

from sqlalchemy import Index
from sqlmodel import Field, SQLModel

from models.columns import UtcDateTime
from models.ids import new_id


class FilteredList(StrEnum):
    """Which list a filter narrows."""

    LEDGER = "ledger"
    INBOX = "inbox"


@dataclass(frozen=True)
class Choice:
    """What a person narrows a list by, one text for each filter; empty: left open."""

    @property
    def query(self) -> str:
        """The address of this choice, without what was left open."""
        return urlencode([(name, value) for name, value in vars(self).items() if value])


class SavedFilter(SQLModel, table=True):
    """常用筛选. Its query narrows what the reader may see; it shows nobody more than that."""

    __tablename__ = "saved_filter"  # pyright: ignore[reportAssignmentType]  # SQLModel declares it as a descriptor
    __table_args__ = (
        Index("uq_saved_filter_name", "person_id", "narrows", "name", unique=True),
        Index("ix_saved_filter_unit", "unit_id"),
    )

    id: str = Field(default_factory=new_id, primary_key=True)
    person_id: str = Field(foreign_key="person.id")
    unit_id: str | None = Field(default=None, foreign_key="unit.id")
    """Whose people see it too; None: nobody's."""
    narrows: str = FilteredList.LEDGER
    name: str
    query: str
    """The list's own query string, without a leading question mark."""
    saved_at: datetime = Field(sa_type=UtcDateTime)


class Subscription(SQLModel, table=True):
    """订阅: on working days a person is told what has newly come under a filter of the ledger."""

    person_id: str = Field(primary_key=True, foreign_key="person.id")
    filter_id: str = Field(primary_key=True, foreign_key="saved_filter.id", index=True)
    subscribed_at: datetime = Field(sa_type=UtcDateTime)


class SubscriptionSeen(SQLModel, table=True):
    """A hazard that was under the filter when its subscriber was last told, and so is no news."""

    __tablename__ = "subscription_seen"  # pyright: ignore[reportAssignmentType]  # SQLModel declares it as a descriptor

    person_id: str = Field(primary_key=True, foreign_key="person.id")
    filter_id: str = Field(primary_key=True, foreign_key="saved_filter.id", index=True)
    hazard_id: str = Field(primary_key=True, foreign_key="hazard.id")
