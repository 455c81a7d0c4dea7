"""Drafts 草稿: what a person has typed on a form and not yet decided."""

from datetime import datetime

from sqlalchemy import Index
from sqlmodel import Field, SQLModel

from models.columns import UtcDateTime
from models.ids import new_id

REPORT = "report"
"""The form of a report, which is about no hazard yet."""
INSTRUCTION = "instruction"
"""The form of an instruction 批示."""


class Draft(SQLModel, table=True):
    """草稿. Its person's alone: no history, list, export or other person reads it; it never holds a password."""

    __table_args__ = (Index("uq_draft_form", "person_id", "about", "resource", unique=True),)

    id: str = Field(default_factory=new_id, primary_key=True)
    person_id: str = Field(foreign_key="person.id")
    about: str = ""
    """The hazard's id; empty for a report, so that there too the index allows only one."""
    resource: str
    """Which form: a decision's by the name it has in addresses, `report`, `instruction`, or the id of the work item that
    is being answered."""
    answers: str
    """JSON: the texts by input, as typed, right or wrong; files by the id under which they were received."""
    version: int
    """The hazard's version its person had before them; 0 for a report."""
    saved_at: datetime = Field(sa_type=UtcDateTime)
