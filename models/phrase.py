"""Common phrases 常用语: words one writes often, a person's own and those the committee office gives everybody."""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import Index
from sqlmodel import Field, SQLModel

from models.columns import UtcDateTime
from models.ids import new_id

OFFICE = ""
"""The owner of the phrases the committee office gives everybody."""
EVERYWHERE = ""
"""The decision of a phrase that fits every decision."""


class Writing(StrEnum):
    """What is written beside the decisions and has phrases of its own."""

    INSTRUCTION = "INSTRUCTION"
    LETTER_ANSWER = "LETTER_ANSWER"
    INSTRUCTION_REPORT = "INSTRUCTION_REPORT"

    @property
    def label(self) -> str:
        return _LABELS[self]


_LABELS = {
    Writing.INSTRUCTION: "批示", Writing.LETTER_ANSWER: "答复督办函", Writing.INSTRUCTION_REPORT: "报告批示落实情况",
}  # fmt: skip


class Phrase(SQLModel, table=True):
    """常用语. A suggestion: whoever puts it into a form answers for it as for their own words."""

    __table_args__ = (Index("uq_phrase_words", "owner", "decision", "words", unique=True),)

    id: str = Field(default_factory=new_id, primary_key=True)
    owner: str = OFFICE
    """Whose it is: a person's id, or empty for the office's."""
    decision: str = EVERYWHERE
    """The code of the decision, or of the writing, it is offered for; empty: for every one."""
    words: str
    written_by: str = Field(foreign_key="person.id")
    written_at: datetime = Field(sa_type=UtcDateTime)
