"""Evidence 佐证材料: immutable, found by what it contains."""

from datetime import datetime

from sqlmodel import Field, SQLModel

from models.columns import UtcDateTime
from models.ids import new_id


class Evidence(SQLModel, table=True):
    """A file handed in. The bytes lie under their SHA-256; a corrected file is a new row."""

    id: str = Field(default_factory=new_id, primary_key=True)
    sha256: str = Field(index=True)
    size: int
    """Bytes."""
    media_type: str
    filename: str
    captured_at: str | None = None
    """What the file itself claims (EXIF), shown and never trusted."""
    uploaded_by: str = Field(foreign_key="person.id", index=True)
    uploaded_at: datetime = Field(sa_type=UtcDateTime)


class HazardEvidence(SQLModel, table=True):
    """A piece of evidence attached to a hazard by a decision."""

    __tablename__ = "hazard_evidence"  # pyright: ignore[reportAssignmentType]  # SQLModel declares it as a descriptor

    hazard_id: str = Field(primary_key=True, foreign_key="hazard.id")
    evidence_id: str = Field(primary_key=True, foreign_key="evidence.id", index=True)
    decision_id: str = Field(primary_key=True, foreign_key="decision.id")
