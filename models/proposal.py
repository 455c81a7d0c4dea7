"""Proposals 待批事项: acts of the office itself that one person proposes and another decides."""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import CheckConstraint, Index, text
from sqlmodel import Field, SQLModel

from models.columns import UtcDateTime
from models.ids import new_id

_UNDECIDED = text("decided_at IS NULL")


class ActKind(StrEnum):
    """What can be proposed. Which operation each asks for stands with the act itself."""

    GRANT_ROLE = "GRANT_ROLE"
    WITHDRAW_ROLE = "WITHDRAW_ROLE"
    ADD_CHANNEL = "ADD_CHANNEL"
    EDIT_CALENDAR = "EDIT_CALENDAR"
    EDIT_RULES = "EDIT_RULES"
    EDIT_LADDER = "EDIT_LADDER"
    EDIT_STANDARDS = "EDIT_STANDARDS"
    EDIT_TEMPLATE = "EDIT_TEMPLATE"

    @property
    def label(self) -> str:
        return _LABELS[self]


_LABELS = {
    ActKind.GRANT_ROLE: "授予角色", ActKind.WITHDRAW_ROLE: "撤销角色", ActKind.ADD_CHANNEL: "添加通知渠道",
    ActKind.EDIT_CALENDAR: "修订工作日历", ActKind.EDIT_RULES: "修订时限规则", ActKind.EDIT_LADDER: "修订督办升级规则",
    ActKind.EDIT_STANDARDS: "修订判定标准", ActKind.EDIT_TEMPLATE: "修订通知模板",
}  # fmt: skip


class Outcome(StrEnum):
    APPROVED = "APPROVED"
    REFUSED = "REFUSED"
    WITHDRAWN = "WITHDRAWN"


class Proposal(SQLModel, table=True):
    """One proposed act. Decided once and never changed otherwise, by trigger on both databases.

    Source: GB/T 22239-2019 管理权限分离.
    """

    __table_args__ = (
        CheckConstraint("(outcome IS NULL) = (decided_at IS NULL)", name="decided_with_outcome"),
        CheckConstraint("outcome IN ('APPROVED', 'REFUSED', 'WITHDRAWN')", name="outcome_known"),
        CheckConstraint("(decided_by IS NULL) = (outcome IS NULL OR alone)", name="somebody_decided"),
        CheckConstraint(
            "decided_by IS NULL OR (decided_by = proposed_by) = (outcome = 'WITHDRAWN')", name="second_person"
        ),
        CheckConstraint(
            "concerns IS NULL OR (concerns <> proposed_by AND (decided_by IS NULL OR concerns <> decided_by))",
            name="third_person",
        ),
        Index("ix_proposal_waiting", "proposed_at", "id", sqlite_where=_UNDECIDED, postgresql_where=_UNDECIDED),
        Index("ix_proposal_proposed", "proposed_at", "id"),
    )

    id: str = Field(default_factory=new_id, primary_key=True)
    kind: str
    payload: str
    """Everything the act needs, as canonical JSON; secrets in it are sealed."""
    summary: str
    """What is proposed, in one Chinese sentence."""
    concerns: str | None = Field(default=None, foreign_key="person.id")
    """The person a role is granted to or withdrawn from: a third one beside proposer and approver."""
    proposed_by: str = Field(foreign_key="person.id")
    proposed_at: datetime = Field(sa_type=UtcDateTime)
    decided_by: str | None = Field(default=None, foreign_key="person.id")
    """None also when an administrator acted alone in set-up mode."""
    decided_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    outcome: str | None = None
    reason: str = ""
    alone: bool = False
    """Applied at once, without a second person: the installation was in set-up mode (docs/adr/0012)."""
    result: str = "{}"
    """What applying it made, as canonical JSON."""
