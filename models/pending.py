"""What waits beside the move: requests 申请 for a second person, and the sub-actions 整改子项 of a rectification."""

from datetime import datetime

from sqlalchemy import CheckConstraint, Index, text
from sqlmodel import Field, SQLModel

from models.columns import UtcDateTime
from models.ids import new_id

_UNDECIDED = text("decided_at IS NULL")


class HazardRequest(SQLModel, table=True):
    """申请: asked by one person, granted or denied by another. One of a kind waits at a time."""

    __tablename__ = "hazard_request"  # pyright: ignore[reportAssignmentType]  # SQLModel declares it as a descriptor
    __table_args__ = (
        CheckConstraint("decided_by IS NULL OR decided_by <> asked_by OR outcome = 'LAPSED'", name="second_person"),
        CheckConstraint("(outcome IS NULL) = (decided_at IS NULL)", name="decided_with_outcome"),
        Index("uq_hazard_request_waiting", "hazard_id", "kind", unique=True,
              sqlite_where=_UNDECIDED, postgresql_where=_UNDECIDED),
        Index("ix_hazard_request_hazard", "hazard_id", "asked_at"),
        Index("ix_hazard_request_asked", "asked_at", "id"),
    )  # fmt: skip

    id: str = Field(default_factory=new_id, primary_key=True)
    hazard_id: str = Field(foreign_key="hazard.id")
    cycle: int
    kind: str
    form: str
    """What was asked for, as JSON."""
    asked_by: str = Field(foreign_key="person.id")
    asked_at: datetime = Field(sa_type=UtcDateTime)
    decided_by: str | None = Field(default=None, foreign_key="person.id")
    decided_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    outcome: str | None = None
    """GRANTED, DENIED, or LAPSED when the hazard moved on before anybody decided."""


class SubAction(SQLModel, table=True):
    """整改子项: one piece of the rectification with its owner and date."""

    __tablename__ = "sub_action"  # pyright: ignore[reportAssignmentType]  # SQLModel declares it as a descriptor
    __table_args__ = (Index("ix_sub_action_hazard", "hazard_id", "due_on"),)

    id: str = Field(default_factory=new_id, primary_key=True)
    hazard_id: str = Field(foreign_key="hazard.id")
    cycle: int
    work: str
    owner: str
    """Who does it, as the enterprise names them."""
    due_on: str
    added_at: datetime = Field(sa_type=UtcDateTime)
    done_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    dropped_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    """When it ended undone, because whoever was to do it exists no more."""
