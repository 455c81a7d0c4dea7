"""Judgement standards 判定标准 and versioned policies (deadline rules, ladder, calendar)."""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import Index
from sqlmodel import Field, SQLModel

from models.columns import UtcDateTime
from models.ids import new_id


class StandardClause(SQLModel, table=True):
    """One clause of a judgement standard in one edition; applies to hazards discovered while it is in force."""

    __tablename__ = "standard_clause"  # pyright: ignore[reportAssignmentType]  # SQLModel declares it as a descriptor
    __table_args__ = (Index("uq_standard_clause_code_doc", "code", "doc_no", unique=True),)

    id: str = Field(default_factory=new_id, primary_key=True)
    code: str
    sector: str
    title: str
    doc_no: str
    effective_on: str | None = None
    """First day in force (ISO date); None where the source did not give it."""
    repealed_on: str | None = None
    """First day no longer in force."""
    text: str
    """A paraphrase, not the official wording."""
    verified: bool
    """False: from memory; must be checked against the official text before use."""
    note: str = ""
    usable: bool = True
    """False for rows that only record a standard's existence."""


class PolicyKind(StrEnum):
    RULES = "rules"
    LADDER = "ladder"
    CALENDAR = "calendar"


class Policy(SQLModel, table=True):
    """A version of the deadline rules, the ladder or the calendar. Never changed; a change is the next version."""

    kind: str = Field(primary_key=True)
    version: int = Field(primary_key=True)
    body: str
    """JSON."""
    source: str
    created_at: datetime = Field(sa_type=UtcDateTime)


class NoticeTemplate(SQLModel, table=True):
    """通知模板: the office's own words for a topic, in place of the shipped ones. Never changed; the newest version
    speaks, and one with an empty body gives the word back to the shipped template."""

    __tablename__ = "notice_template"  # pyright: ignore[reportAssignmentType]  # SQLModel declares it as a descriptor

    topic: str = Field(primary_key=True)
    version: int = Field(primary_key=True)
    subject: str
    body: str
    created_at: datetime = Field(sa_type=UtcDateTime)
