"""Saved filters 常用筛选 of the ledger: a person's own, and those shared with a unit."""

from datetime import datetime

from sqlalchemy import Index
from sqlmodel import Field, SQLModel

from models.columns import UtcDateTime
from models.ids import new_id


class SavedFilter(SQLModel, table=True):
    """常用筛选. Its query narrows what the reader may see; it shows nobody more than that."""

    __tablename__ = "saved_filter"  # pyright: ignore[reportAssignmentType]  # SQLModel declares it as a descriptor
    __table_args__ = (
        Index("uq_saved_filter_name", "person_id", "name", unique=True),
        Index("ix_saved_filter_unit", "unit_id"),
    )

    id: str = Field(default_factory=new_id, primary_key=True)
    person_id: str = Field(foreign_key="person.id")
    unit_id: str | None = Field(default=None, foreign_key="unit.id")
    """Whose people see it too; None: nobody's."""
    name: str
    query: str
    """The ledger's own query string, without a leading question mark."""
    saved_at: datetime = Field(sa_type=UtcDateTime)
