"""The ladder's human side, quiet hours and digests, incidents, and when the sweep was last done."""

import sqlalchemy as sa
from alembic import op

from models.columns import UtcDateTime

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

_AGAIN, _OPEN = sa.text("repeat_at IS NOT NULL"), sa.text("settled_at IS NULL")


def upgrade() -> None:
    with op.batch_alter_table("escalation") as batch:
        batch.add_column(sa.Column("raised_by", sa.String(), nullable=True))
        batch.add_column(sa.Column("because", sa.String(), nullable=False, server_default=""))
        batch.create_foreign_key("fk_escalation_raised_by_person", "person", ["raised_by"], ["id"])
        batch.add_column(sa.Column("repeats", sa.Integer(), nullable=False, server_default="0"))
        batch.add_column(sa.Column("repeat_at", UtcDateTime(timezone=True), nullable=True))
        batch.create_index("ix_escalation_repeat", ["repeat_at"], sqlite_where=_AGAIN, postgresql_where=_AGAIN)
    with op.batch_alter_table("person") as batch:
        batch.add_column(sa.Column("quiet_from", sa.String(), nullable=False, server_default="22:00"))
        batch.add_column(sa.Column("quiet_until", sa.String(), nullable=False, server_default="07:00"))
    with op.batch_alter_table("notice") as batch:
        for name in ("gathered", "pressing"):
            batch.add_column(sa.Column(name, sa.Boolean(), nullable=False, server_default=sa.false()))
        batch.create_index("ix_notice_gathered", ["person_id", "channel_id", "due_at"])
    _add_holds()
    _add_incidents()


def downgrade() -> None:
    raise NotImplementedError("holds and receipts are part of the history: restore a backup")


def _add_holds() -> None:
    op.create_table(
        "ladder_hold",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("hazard_id", sa.String(), nullable=False),
        sa.Column("deadline_id", sa.String(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("held_by", sa.String(), nullable=False),
        sa.Column("held_at", UtcDateTime(timezone=True), nullable=False),
        sa.Column("until", UtcDateTime(timezone=True), nullable=False),
        sa.CheckConstraint("until > held_at", name=op.f("ck_ladder_hold_hold_has_length")),
        sa.ForeignKeyConstraint(["deadline_id"], ["deadline.id"], name=op.f("fk_ladder_hold_deadline_id_deadline")),
        sa.ForeignKeyConstraint(["hazard_id"], ["hazard.id"], name=op.f("fk_ladder_hold_hazard_id_hazard")),
        sa.ForeignKeyConstraint(["held_by"], ["person.id"], name=op.f("fk_ladder_hold_held_by_person")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_ladder_hold")),
    )
    op.create_index("uq_ladder_hold_deadline", "ladder_hold", ["deadline_id"], unique=True)
    op.create_index("ix_ladder_hold_hazard", "ladder_hold", ["hazard_id"])
    op.create_table(
        "escalation_receipt",
        sa.Column("escalation_id", sa.String(), nullable=False),
        sa.Column("person_id", sa.String(), nullable=False),
        sa.Column("received_at", UtcDateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["escalation_id"], ["escalation.id"],
                                name=op.f("fk_escalation_receipt_escalation_id_escalation")),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_escalation_receipt_person_id_person")),
        sa.PrimaryKeyConstraint("escalation_id", "person_id", name=op.f("pk_escalation_receipt")),
    )  # fmt: skip


def _add_incidents() -> None:
    op.create_table(
        "incident",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("subject", sa.String(), nullable=False),
        sa.Column("hazard_id", sa.String(), nullable=True),
        sa.Column("what", sa.String(), nullable=False),
        sa.Column("opened_at", UtcDateTime(timezone=True), nullable=False),
        sa.Column("settled_at", UtcDateTime(timezone=True), nullable=True),
        sa.Column("settled_by", sa.String(), nullable=True),
        sa.Column("remark", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(["hazard_id"], ["hazard.id"], name=op.f("fk_incident_hazard_id_hazard")),
        sa.ForeignKeyConstraint(["settled_by"], ["person.id"], name=op.f("fk_incident_settled_by_person")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_incident")),
    )
    op.create_index("ix_incident_opened", "incident", ["opened_at", "id"])
    op.create_index(
        "uq_incident_open", "incident", ["kind", "subject"], unique=True, sqlite_where=_OPEN, postgresql_where=_OPEN
    )
    op.create_table(
        "heartbeat",
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("beaten_at", UtcDateTime(timezone=True), nullable=False),
        sa.Column("by", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_heartbeat")),
    )
