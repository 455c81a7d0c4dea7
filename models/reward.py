"""Rewards 举报奖励: decided by two persons who know the case, paid by a third who knows the amount only."""

from datetime import datetime

from sqlalchemy import CheckConstraint
from sqlmodel import Field, SQLModel

from models.columns import UtcDateTime

MOST_YUAN = 300_000
"""安全生产领域举报奖励办法（安监总财〔2018〕19号）; quoted from press, so the table of one's own city goes first."""


class Reward(SQLModel, table=True):
    """举报奖励: one for a report. Its reporter draws a blind token (兑付码) by the query code; whoever brings it is paid."""

    __table_args__ = (
        CheckConstraint(f"amount_yuan BETWEEN 1 AND {MOST_YUAN}", name="amount"),
        CheckConstraint("decided_by IS NULL OR decided_by <> proposed_by", name="second_person"),
        CheckConstraint("(decided_by IS NULL) = (decided_at IS NULL)", name="decided_whole"),
        CheckConstraint("(token_hash IS NULL) = (drawn_at IS NULL)", name="drawn_whole"),
        CheckConstraint("drawn_at IS NULL OR decided_at IS NOT NULL", name="drawn_after_decision"),
        CheckConstraint("paid_at IS NULL OR drawn_at IS NOT NULL", name="paid_by_token"),
    )

    source_id: str = Field(primary_key=True, foreign_key="hazard_source.id")
    amount_yuan: int
    basis: str
    proposed_by: str = Field(foreign_key="person.id")
    proposed_at: datetime = Field(sa_type=UtcDateTime)
    decided_by: str | None = Field(default=None, foreign_key="person.id")
    decided_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    token_hash: str | None = Field(default=None, unique=True)
    """Hex SHA-256 of the token; the token itself is kept nowhere."""
    drawn_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    paid_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
