"""The vault 举报人密封: identities and original texts, encrypted under keys that lie outside the database."""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import CheckConstraint, Index
from sqlmodel import Field, SQLModel

from models.columns import UtcDateTime
from models.ids import new_id

IDENTITY, ORIGINAL = "identity", "original"
"""Parts of a report in the vault; a photograph's original lies under its own id."""


class ReporterVault(SQLModel, table=True):
    """举报人密封: one sealed part of one report, under a data key of its own.

    The data key is wrapped by a key-encryption key outside the database; deleting the wrapped key makes the part
    unreadable for good, in every copy of the database made afterwards (crypto-shredding).
    """

    __tablename__ = "reporter_vault"  # pyright: ignore[reportAssignmentType]  # SQLModel declares it as a descriptor
    __table_args__ = (
        CheckConstraint("(wrapped_key IS NULL) = (erased_at IS NOT NULL)", name="erased_without_key"),
        CheckConstraint("epoch >= 1", name="epoch"),
    )

    source_id: str = Field(primary_key=True, foreign_key="hazard_source.id")
    part: str = Field(primary_key=True)
    epoch: int
    """Which key-encryption key wraps the data key."""
    wrapped_key: bytes | None = None
    sealed: bytes | None = None
    """AES-256-GCM, nonce first, bound to the report's id. None for a photograph, whose bytes lie in the evidence store."""
    sealed_at: datetime = Field(sa_type=UtcDateTime)
    erased_at: datetime | None = Field(default=None, sa_type=UtcDateTime)


class UnsealingGround(StrEnum):
    """Why an identity is asked for, from a closed list, so that the history can say it and nothing else."""

    VERIFY_ON_SITE = "VERIFY_ON_SITE"
    REWARD = "REWARD"
    RETALIATION = "RETALIATION"
    COURT = "COURT"
    DANGER_TO_REPORTER = "DANGER_TO_REPORTER"

    @property
    def label(self) -> str:
        return _GROUNDS[self]


_GROUNDS = {
    UnsealingGround.VERIFY_ON_SITE: "核查必须当面询问", UnsealingGround.REWARD: "发放奖励",
    UnsealingGround.RETALIATION: "查处打击报复", UnsealingGround.COURT: "司法机关依法调取",
    UnsealingGround.DANGER_TO_REPORTER: "举报人人身安全",
}  # fmt: skip


class Unsealing(SQLModel, table=True):
    """启封: one person asks, another of another unit approves, and then only who asked may read, for 15 minutes."""

    __table_args__ = (
        CheckConstraint("approved_by IS NULL OR approved_by <> requested_by", name="second_person"),
        CheckConstraint("approver_unit_id IS NULL OR approver_unit_id <> requester_unit_id", name="another_unit"),
        CheckConstraint(
            "(approved_by IS NULL) = (approved_at IS NULL) AND (approved_by IS NULL) = (approver_unit_id IS NULL) "
            "AND (approved_by IS NULL) = (readable_until IS NULL)",
            name="approved_whole",
        ),
        CheckConstraint("readable_until IS NULL OR readable_until > approved_at", name="window"),
        Index("ix_unsealing_source", "source_id", "requested_at"),
        Index("ix_unsealing_requested", "requested_at", "id"),
    )

    id: str = Field(default_factory=new_id, primary_key=True)
    source_id: str = Field(foreign_key="hazard_source.id")
    ground: str
    reason: str
    requested_by: str = Field(foreign_key="person.id")
    requester_unit_id: str = Field(foreign_key="unit.id")
    requested_at: datetime = Field(sa_type=UtcDateTime)
    approved_by: str | None = Field(default=None, foreign_key="person.id")
    approver_unit_id: str | None = Field(default=None, foreign_key="unit.id")
    approved_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    readable_until: datetime | None = Field(default=None, sa_type=UtcDateTime)


class MessageKind(StrEnum):
    """What passes between the reporter and the office: additions, objections after the end, and the blind relay."""

    ADDITION = "ADDITION"
    OBJECTION = "OBJECTION"
    MESSAGE = "MESSAGE"


class ReportMessage(SQLModel, table=True):
    """举报人往来: sealed like the original text. `person_id` is the officer who wrote it; None: the reporter did."""

    __tablename__ = "report_message"  # pyright: ignore[reportAssignmentType]  # SQLModel declares it as a descriptor
    __table_args__ = (Index("ix_report_message_source", "source_id", "sent_at"),)

    id: str = Field(default_factory=new_id, primary_key=True)
    source_id: str = Field(foreign_key="hazard_source.id")
    kind: str
    person_id: str | None = Field(default=None, foreign_key="person.id")
    sealed: bytes
    """Under the data key of the report's original text, bound to this row's id."""
    sent_at: datetime = Field(sa_type=UtcDateTime)
    settled_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    """When the office had looked into an objection."""


class ReportPhoto(SQLModel, table=True):
    """举报照片: a copy without the camera's data and without the file's name is shown; the original stays sealed."""

    __tablename__ = "report_photo"  # pyright: ignore[reportAssignmentType]  # SQLModel declares it as a descriptor
    __table_args__ = (Index("uq_report_photo_number", "source_id", "number", unique=True),)

    id: str = Field(default_factory=new_id, primary_key=True)
    source_id: str = Field(foreign_key="hazard_source.id")
    number: int
    media_type: str
    copy_sha256: str = Field(index=True)
    copy_size: int
    sealed_sha256: str = Field(index=True)
    """Where the encrypted original lies in the evidence store."""
    added_at: datetime = Field(sa_type=UtcDateTime)
