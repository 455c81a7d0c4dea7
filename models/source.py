"""Sources 来源登记: every report, whatever its channel, linked to the hazard that carries it, and how it was answered."""

from datetime import datetime

from sqlalchemy import CheckConstraint, Index
from sqlmodel import Field, SQLModel

from models.columns import UtcDateTime
from models.hazard import Channel, Hazard
from models.ids import new_id
from models.stage import Clock

PUBLIC_SOURCE = "群众举报"
NEUTRAL_PLACE = "（待镇安委办摘要）"
NEUTRAL_TEXT = "（群众反映的情况，举报原文密封，待镇安委办摘要后显示）"
"""What everybody sees until the committee office has written its abstract: the reporter's own words could give them away."""
CLOCKS_OF_REPORTERS = frozenset({Clock.REPORTER_ANSWER, Clock.OBJECTION})
"""Clocks that run only because somebody reported; an enterprise that saw one would know."""
EVENTS_OF_REPORTERS = frozenset({
    "ABSTRACT", "REPORTER_ANSWERED", "REPORT_ADDED", "OBJECTION_RAISED", "OBJECTION_SETTLED", "MERGED_IN", "MERGE_UNDONE",
})  # fmt: skip
"""Events an enterprise never sees, for the same reason."""


def exists_for_enterprise(hazard: Hazard) -> bool:
    """Its own report from the beginning; what others found, whoever they were, from the assignment on."""
    return hazard.channel == Channel.SELF_REPORT or hazard.lead_unit_id is not None


class HazardSource(SQLModel, table=True):
    """来源登记: one report. Where several reports tell of one hazard, each is answered by itself."""

    __tablename__ = "hazard_source"  # pyright: ignore[reportAssignmentType]  # SQLModel declares it as a descriptor
    __table_args__ = (
        CheckConstraint(
            "(answered_at IS NULL) = (answer IS NULL) AND (answered_at IS NULL) = (answered_by IS NULL)",
            name="answered_with_answer",
        ),
        CheckConstraint("query_code_hash IS NULL OR length(query_code_hash) = 64", name="code_as_hash"),
        Index("ix_hazard_source_hazard", "hazard_id", "reported_at"),
    )

    id: str = Field(default_factory=new_id, primary_key=True)
    hazard_id: str = Field(foreign_key="hazard.id")
    """The hazard that carries it now; merging moves it, undoing the merge moves it back."""
    original_hazard_id: str = Field(foreign_key="hazard.id", index=True)
    channel: str
    source: str
    source_no: str | None = None
    reported_at: datetime = Field(sa_type=UtcDateTime)
    reported_by: str | None = Field(default=None, foreign_key="person.id")
    """None for the public, who have no account."""
    named: bool = False
    """The reporter said who they are; the identity lies in the vault (`reporter_vault`)."""
    answer_due_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    answered_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    answered_by: str | None = Field(default=None, foreign_key="person.id")
    answer: str | None = None
    query_code_hash: str | None = Field(default=None, unique=True)
    """Hex SHA-256 of the query code 查询码; the code itself is shown once and kept nowhere."""
