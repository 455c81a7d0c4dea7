"""The outbox 发件箱, the notices it leads to, and the channels they go by."""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import Index, text
from sqlmodel import Field, SQLModel

from models.columns import UtcDateTime
from models.ids import new_id

_WAITING = text("done_at IS NULL")
_QUEUED = text("state = 'queued'")
_UNREAD = text("channel_id = 'inapp' AND read_at IS NULL")


class Topic(StrEnum):
    """What an outbox message announces."""

    ENTERED = "hazard.entered"
    """A hazard reached a step; runs `enter_stage`."""
    ESCALATED = "hazard.escalated"
    """A rung of the ladder fired; runs `escalate`."""
    DUTY = "hazard.duty"
    """Something beside the move was laid on somebody; runs `announce`. Its subject is the work item."""
    ANSWERED = "hazard.answered"
    """A request was granted, denied, or lapsed when the hazard moved on; runs `announce`, which tells whoever asked. Its subject is the request."""
    REPORT_ANSWERED = "hazard.report_answered"
    """A report of somebody with an account was answered; runs `announce`. Its subject is the report (来源)."""
    REPORTER_WROTE = "hazard.reporter_wrote"
    """A reporter without account added to their report; runs `announce`, which tells the committee office. Its subject is
    the report (来源)."""
    REPEATED = "hazard.repeated"
    """A level nobody acknowledged is told again; runs `announce`. Its subject is the escalation and which time it is."""
    PERSON_ASSIGNED = "hazard.person_assigned"
    """A head laid a work item on one person. This and the following run `announce`; their subject is the row they are of."""
    URGED = "hazard.urged"
    COPIED = "hazard.copied"
    INSTRUCTED = "hazard.instructed"
    INSTRUCTION_ANSWERED = "hazard.instruction_answered"
    MENTIONED = "hazard.mentioned"
    DELEGATED = "office.delegated"
    """A delegation was made or revoked; of no hazard."""
    HANDED_OVER = "office.handed_over"
    """Somebody's open work went to a successor; of no hazard."""


class OutboxMessage(SQLModel, table=True):
    """A promise made in a decision's own transaction: this will be carried out, at least once, by a flow."""

    __tablename__ = "outbox_message"  # pyright: ignore[reportAssignmentType]  # SQLModel declares it as a descriptor
    __table_args__ = (Index("ix_outbox_message_due", "due_at", "id", sqlite_where=_WAITING, postgresql_where=_WAITING),)

    id: str = Field(default_factory=new_id, primary_key=True)
    topic: str
    hazard_id: str | None = Field(default=None, foreign_key="hazard.id", index=True)
    """None for what concerns persons of the office and no hazard."""
    hazard_no: str
    subject: str
    """The id of the decision, escalation, work item or request announced."""
    step: str
    created_at: datetime = Field(sa_type=UtcDateTime)
    due_at: datetime = Field(sa_type=UtcDateTime)
    """When it may next be taken: creation, end of the present lease, or the next attempt."""
    attempts: int = 0
    leased_by: str | None = None
    last_error: str = ""
    done_at: datetime | None = Field(default=None, sa_type=UtcDateTime)


class NoticeState(StrEnum):
    QUEUED = "queued"
    SENT = "sent"
    DEAD = "dead"
    """Given up after the last attempt or a permanent failure; a person must look."""


class Notice(SQLModel, table=True):
    """通知: one message to one person by one channel. The delivery ledger."""

    __table_args__ = (
        Index("uq_notice_once", "message_id", "topic", "person_id", "channel_id", unique=True),
        Index("ix_notice_due", "due_at", "id", sqlite_where=_QUEUED, postgresql_where=_QUEUED),
        Index("ix_notice_person", "person_id", "created_at"),
        Index("ix_notice_hazard", "hazard_id"),
        Index("ix_notice_unread", "person_id", "id", sqlite_where=_UNREAD, postgresql_where=_UNREAD),
        Index("ix_notice_gathered", "person_id", "channel_id", "due_at"),
    )

    id: str = Field(default_factory=new_id, primary_key=True)
    message_id: str
    topic: str
    hazard_id: str | None = None
    person_id: str = Field(foreign_key="person.id")
    channel_id: str
    """A channel's id, or `inapp`."""
    subject: str
    body: str
    state: str
    attempts: int = 0
    due_at: datetime = Field(sa_type=UtcDateTime)
    last_error: str = ""
    created_at: datetime = Field(sa_type=UtcDateTime)
    settled_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    read_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    gathered: bool = False
    """It may wait to leave with others of this person and channel as one digest."""
    pressing: bool = False
    """People are in danger, or the highest level was reached: quiet hours do not hold it."""


INAPP = "inapp"


class NoticeChannel(SQLModel, table=True):
    """通知渠道, configured by the administrator only; its secrets are encrypted at rest."""

    __tablename__ = "notice_channel"  # pyright: ignore[reportAssignmentType]  # SQLModel declares it as a descriptor

    id: str = Field(default_factory=new_id, primary_key=True)
    kind: str
    name: str = Field(unique=True)
    config: bytes
    """AES-256-GCM over the JSON of its fields; nonce first."""
    enabled: bool = True
    created_at: datetime = Field(sa_type=UtcDateTime)
    created_by: str = ""

    @property
    def needs(self) -> str:
        """What a person must have for it; empty for a group robot, which reaches everybody in its group."""
        return {"MAIL": "email"}.get(self.kind, "")
