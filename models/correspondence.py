"""What people of the office say to one another about a hazard: urging, copies, instructions, comments, own reminders."""

from datetime import datetime

from sqlalchemy import CheckConstraint, Index, text
from sqlmodel import Field, SQLModel

from models.columns import UtcDateTime
from models.ids import new_id

INSTRUCTION = "instruction"
"""The kind of the work item that asks for a report on a leader's instruction."""
_IN_FORCE = text("revoked_at IS NULL")


class Urging(SQLModel, table=True):
    """催办: somebody asked whoever holds a work item to get on with it; once a day each."""

    __table_args__ = (Index("uq_urging_day", "item_id", "urger_id", "day", unique=True),)

    id: str = Field(default_factory=new_id, primary_key=True)
    item_id: str = Field(foreign_key="work_item.id")
    urger_id: str = Field(foreign_key="person.id")
    day: str
    """ISO date, local."""
    urged_at: datetime = Field(sa_type=UtcDateTime)
    words: str


class HazardCopy(SQLModel, table=True):
    """抄送: a person reads a hazard in which their unit has no part, until it is revoked. It permits nothing else."""

    __tablename__ = "hazard_copy"  # pyright: ignore[reportAssignmentType]  # SQLModel declares it as a descriptor
    __table_args__ = (
        Index("uq_hazard_copy_in_force", "person_id", "hazard_id", unique=True,
              sqlite_where=_IN_FORCE, postgresql_where=_IN_FORCE),
        Index("ix_hazard_copy_hazard", "hazard_id"),
    )  # fmt: skip

    id: str = Field(default_factory=new_id, primary_key=True)
    hazard_id: str = Field(foreign_key="hazard.id")
    person_id: str = Field(foreign_key="person.id")
    words: str
    copied_by: str = Field(foreign_key="person.id")
    copied_at: datetime = Field(sa_type=UtcDateTime)
    revoked_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    revoked_by: str | None = Field(default=None, foreign_key="person.id")


class Instruction(SQLModel, table=True):
    """批示 of a town leader. Where it names a unit, that unit reports how it carried it out."""

    __table_args__ = (
        Index("ix_instruction_hazard", "hazard_id", "instructed_at"),
        CheckConstraint("(answered_at IS NULL) = (answer IS NULL)", name="answered_with_words"),
    )

    id: str = Field(default_factory=new_id, primary_key=True)
    hazard_id: str = Field(foreign_key="hazard.id")
    leader_id: str = Field(foreign_key="person.id")
    words: str
    unit_id: str | None = Field(default=None, foreign_key="unit.id")
    due_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    instructed_at: datetime = Field(sa_type=UtcDateTime)
    answer: str | None = None
    answered_by: str | None = Field(default=None, foreign_key="person.id")
    answered_at: datetime | None = Field(default=None, sa_type=UtcDateTime)


class Comment(SQLModel, table=True):
    """留言. Never changed; the enterprise sees those marked for it."""

    __table_args__ = (Index("ix_comment_hazard", "hazard_id", "written_at"),)

    id: str = Field(default_factory=new_id, primary_key=True)
    hazard_id: str = Field(foreign_key="hazard.id")
    person_id: str = Field(foreign_key="person.id")
    words: str
    for_enterprise: bool
    mentioned: str
    """Persons who are told of it, as a JSON list of ids; only who might see it when it was written."""
    written_at: datetime = Field(sa_type=UtcDateTime)


class FollowUp(SQLModel, table=True):
    """个人跟进日期: when a person wants to look at a work item again. It moves no deadline and is nobody else's matter."""

    __tablename__ = "follow_up"  # pyright: ignore[reportAssignmentType]  # SQLModel declares it as a descriptor

    person_id: str = Field(primary_key=True, foreign_key="person.id")
    item_id: str = Field(primary_key=True, foreign_key="work_item.id")
    at: datetime = Field(sa_type=UtcDateTime)
    """The end of the day chosen."""
