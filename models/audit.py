"""History 办理历史: audit events chained per stream, their places in the Merkle tree, and signed checkpoints."""

from datetime import datetime

from sqlalchemy import BigInteger, Index, Integer, text
from sqlmodel import Field, SQLModel

from models.columns import UtcDateTime

GENESIS = "0" * 64
_GID = BigInteger().with_variant(Integer, "sqlite")
OFFICE = "office"
"""The stream of events that belong to no hazard: accounts, organisation, rules, channels."""


class AuditEvent(SQLModel, table=True):
    """One event: canonical JSON as bytes, and the columns a query needs, which the verifier checks against the bytes.

    Append-only by trigger on both databases.
    """

    __tablename__ = "audit_event"  # pyright: ignore[reportAssignmentType]  # SQLModel declares it as a descriptor
    __table_args__ = (
        Index("uq_audit_event_stream_seq", "stream", "seq", unique=True),
        Index("ix_audit_event_recorded", "recorded_at", "gid"),
        Index("ix_audit_event_actor", "actor", "recorded_at", "gid"),
        Index("ix_audit_event_type", "type", "recorded_at", "gid"),
    )

    gid: int | None = Field(default=None, primary_key=True, sa_type=_GID)
    stream: str
    """A hazard's id, or `office`."""
    seq: int
    type: str
    actor: str
    recorded_at: datetime = Field(sa_type=UtcDateTime)
    body: bytes
    hash: str
    """Hex of SHA-256(0x00 ‖ body), the RFC 6962 leaf."""
    txid: int = Field(default=0, sa_type=BigInteger, sa_column_kwargs={"server_default": text("0")})
    """PostgreSQL's transaction number, so that the sealer never passes over a commit still under way; 0 on SQLite."""


class AuditStream(SQLModel, table=True):
    """The head of a stream that has no hazard row to keep it."""

    __tablename__ = "audit_stream"  # pyright: ignore[reportAssignmentType]  # SQLModel declares it as a descriptor

    stream: str = Field(primary_key=True)
    seq: int
    head: str


class AuditLeaf(SQLModel, table=True):
    """The place of an event in the tree. Append-only."""

    __tablename__ = "audit_leaf"  # pyright: ignore[reportAssignmentType]  # SQLModel declares it as a descriptor

    position: int = Field(primary_key=True, sa_type=_GID, sa_column_kwargs={"autoincrement": False})
    gid: int = Field(unique=True, foreign_key="audit_event.gid", sa_type=_GID)


class Checkpoint(SQLModel, table=True):
    """A signed note over the tree at one size and over the heads of all streams. Append-only."""

    size: int = Field(primary_key=True, sa_type=_GID, sa_column_kwargs={"autoincrement": False})
    root: str
    heads_root: str
    peaks: str
    """The peaks of the tree (JSON list of hex), so that sealing goes on without reading the tree again."""
    note: str
    sealed_at: datetime = Field(sa_type=UtcDateTime)
