"""Reports by the public: sources, the reporter vault, unsealing, the blind relay, photographs, rewards."""

import sqlalchemy as sa
from alembic import op

from models.columns import UtcDateTime

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

_AT = UtcDateTime(timezone=True)


def upgrade() -> None:
    _allow_nobody()
    _add_sources()
    _add_vault()
    _add_unsealing()
    _add_messages_and_photos()
    _add_rewards()
    _register_known_sources()


def downgrade() -> None:
    raise NotImplementedError("sealed reports cannot be told by an older program: restore a backup")


def _allow_nobody() -> None:
    """A report without an account has no person. SQLite writes a table anew for that, and its triggers go with the old one."""
    with op.batch_alter_table("hazard") as batch:
        batch.alter_column("reported_by", existing_type=sa.String(), nullable=True)
    with op.batch_alter_table("decision") as batch:
        batch.alter_column("person_id", existing_type=sa.String(), nullable=True)
    if op.get_bind().dialect.name == "sqlite":
        for what in ("update", "delete"):
            op.execute(
                f"CREATE TRIGGER IF NOT EXISTS decision_no_{what} BEFORE {what.upper()} ON decision "
                f"BEGIN SELECT RAISE(ABORT, 'decision is append-only'); END"
            )


def _add_sources() -> None:
    op.create_table(
        "hazard_source",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("hazard_id", sa.String(), nullable=False),
        sa.Column("original_hazard_id", sa.String(), nullable=False),
        sa.Column("channel", sa.String(), nullable=False),
        sa.Column("source", sa.String(), nullable=False),
        sa.Column("source_no", sa.String(), nullable=True),
        sa.Column("reported_at", _AT, nullable=False),
        sa.Column("reported_by", sa.String(), nullable=True),
        sa.Column("named", sa.Boolean(), nullable=False),
        sa.Column("answer_due_at", _AT, nullable=True),
        sa.Column("answered_at", _AT, nullable=True),
        sa.Column("answered_by", sa.String(), nullable=True),
        sa.Column("answer", sa.String(), nullable=True),
        sa.Column("query_code_hash", sa.String(), nullable=True),
        sa.CheckConstraint(
            "(answered_at IS NULL) = (answer IS NULL) AND (answered_at IS NULL) = (answered_by IS NULL)",
            name=op.f("ck_hazard_source_answered_with_answer"),
        ),
        sa.CheckConstraint("query_code_hash IS NULL OR length(query_code_hash) = 64",
                           name=op.f("ck_hazard_source_code_as_hash")),
        sa.ForeignKeyConstraint(["hazard_id"], ["hazard.id"], name=op.f("fk_hazard_source_hazard_id_hazard")),
        sa.ForeignKeyConstraint(["original_hazard_id"], ["hazard.id"],
                                name=op.f("fk_hazard_source_original_hazard_id_hazard")),
        sa.ForeignKeyConstraint(["reported_by"], ["person.id"], name=op.f("fk_hazard_source_reported_by_person")),
        sa.ForeignKeyConstraint(["answered_by"], ["person.id"], name=op.f("fk_hazard_source_answered_by_person")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_hazard_source")),
        sa.UniqueConstraint("query_code_hash", name=op.f("uq_hazard_source_query_code_hash")),
    )  # fmt: skip
    op.create_index("ix_hazard_source_hazard", "hazard_source", ["hazard_id", "reported_at"])
    op.create_index(op.f("ix_hazard_source_original_hazard_id"), "hazard_source", ["original_hazard_id"])


def _add_vault() -> None:
    op.create_table(
        "reporter_vault",
        sa.Column("source_id", sa.String(), nullable=False),
        sa.Column("part", sa.String(), nullable=False),
        sa.Column("epoch", sa.Integer(), nullable=False),
        sa.Column("wrapped_key", sa.LargeBinary(), nullable=True),
        sa.Column("sealed", sa.LargeBinary(), nullable=True),
        sa.Column("sealed_at", _AT, nullable=False),
        sa.Column("erased_at", _AT, nullable=True),
        sa.CheckConstraint("(wrapped_key IS NULL) = (erased_at IS NOT NULL)",
                           name=op.f("ck_reporter_vault_erased_without_key")),
        sa.CheckConstraint("epoch >= 1", name=op.f("ck_reporter_vault_epoch")),
        sa.ForeignKeyConstraint(["source_id"], ["hazard_source.id"],
                                name=op.f("fk_reporter_vault_source_id_hazard_source")),
        sa.PrimaryKeyConstraint("source_id", "part", name=op.f("pk_reporter_vault")),
    )  # fmt: skip


def _add_unsealing() -> None:
    op.create_table(
        "unsealing",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("source_id", sa.String(), nullable=False),
        sa.Column("ground", sa.String(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("requested_by", sa.String(), nullable=False),
        sa.Column("requester_unit_id", sa.String(), nullable=False),
        sa.Column("requested_at", _AT, nullable=False),
        sa.Column("approved_by", sa.String(), nullable=True),
        sa.Column("approver_unit_id", sa.String(), nullable=True),
        sa.Column("approved_at", _AT, nullable=True),
        sa.Column("readable_until", _AT, nullable=True),
        sa.CheckConstraint("approved_by IS NULL OR approved_by <> requested_by",
                           name=op.f("ck_unsealing_second_person")),
        sa.CheckConstraint("approver_unit_id IS NULL OR approver_unit_id <> requester_unit_id",
                           name=op.f("ck_unsealing_another_unit")),
        sa.CheckConstraint(
            "(approved_by IS NULL) = (approved_at IS NULL) AND (approved_by IS NULL) = (approver_unit_id IS NULL) "
            "AND (approved_by IS NULL) = (readable_until IS NULL)",
            name=op.f("ck_unsealing_approved_whole"),
        ),
        sa.CheckConstraint("readable_until IS NULL OR readable_until > approved_at", name=op.f("ck_unsealing_window")),
        sa.ForeignKeyConstraint(["source_id"], ["hazard_source.id"], name=op.f("fk_unsealing_source_id_hazard_source")),
        sa.ForeignKeyConstraint(["requested_by"], ["person.id"], name=op.f("fk_unsealing_requested_by_person")),
        sa.ForeignKeyConstraint(["requester_unit_id"], ["unit.id"], name=op.f("fk_unsealing_requester_unit_id_unit")),
        sa.ForeignKeyConstraint(["approved_by"], ["person.id"], name=op.f("fk_unsealing_approved_by_person")),
        sa.ForeignKeyConstraint(["approver_unit_id"], ["unit.id"], name=op.f("fk_unsealing_approver_unit_id_unit")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_unsealing")),
    )  # fmt: skip
    op.create_index("ix_unsealing_source", "unsealing", ["source_id", "requested_at"])


def _add_messages_and_photos() -> None:
    op.create_table(
        "report_message",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("source_id", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("person_id", sa.String(), nullable=True),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.Column("sent_at", _AT, nullable=False),
        sa.Column("settled_at", _AT, nullable=True),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_report_message_person_id_person")),
        sa.ForeignKeyConstraint(["source_id"], ["hazard_source.id"],
                                name=op.f("fk_report_message_source_id_hazard_source")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_report_message")),
    )  # fmt: skip
    op.create_index("ix_report_message_source", "report_message", ["source_id", "sent_at"])
    op.create_table(
        "report_photo",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("source_id", sa.String(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("media_type", sa.String(), nullable=False),
        sa.Column("copy_sha256", sa.String(), nullable=False),
        sa.Column("copy_size", sa.Integer(), nullable=False),
        sa.Column("sealed_sha256", sa.String(), nullable=False),
        sa.Column("added_at", _AT, nullable=False),
        sa.ForeignKeyConstraint(["source_id"], ["hazard_source.id"],
                                name=op.f("fk_report_photo_source_id_hazard_source")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_report_photo")),
    )  # fmt: skip
    op.create_index("uq_report_photo_number", "report_photo", ["source_id", "number"], unique=True)
    op.create_index(op.f("ix_report_photo_copy_sha256"), "report_photo", ["copy_sha256"])
    op.create_index(op.f("ix_report_photo_sealed_sha256"), "report_photo", ["sealed_sha256"])


def _add_rewards() -> None:
    op.create_table(
        "reward",
        sa.Column("source_id", sa.String(), nullable=False),
        sa.Column("amount_yuan", sa.Integer(), nullable=False),
        sa.Column("basis", sa.String(), nullable=False),
        sa.Column("proposed_by", sa.String(), nullable=False),
        sa.Column("proposed_at", _AT, nullable=False),
        sa.Column("decided_by", sa.String(), nullable=True),
        sa.Column("decided_at", _AT, nullable=True),
        sa.Column("token_hash", sa.String(), nullable=True),
        sa.Column("drawn_at", _AT, nullable=True),
        sa.Column("paid_at", _AT, nullable=True),
        sa.CheckConstraint("amount_yuan BETWEEN 1 AND 300000", name=op.f("ck_reward_amount")),
        sa.CheckConstraint("decided_by IS NULL OR decided_by <> proposed_by", name=op.f("ck_reward_second_person")),
        sa.CheckConstraint("(decided_by IS NULL) = (decided_at IS NULL)", name=op.f("ck_reward_decided_whole")),
        sa.CheckConstraint("(token_hash IS NULL) = (drawn_at IS NULL)", name=op.f("ck_reward_drawn_whole")),
        sa.CheckConstraint("drawn_at IS NULL OR decided_at IS NOT NULL", name=op.f("ck_reward_drawn_after_decision")),
        sa.CheckConstraint("paid_at IS NULL OR drawn_at IS NOT NULL", name=op.f("ck_reward_paid_by_token")),
        sa.ForeignKeyConstraint(["source_id"], ["hazard_source.id"], name=op.f("fk_reward_source_id_hazard_source")),
        sa.ForeignKeyConstraint(["proposed_by"], ["person.id"], name=op.f("fk_reward_proposed_by_person")),
        sa.ForeignKeyConstraint(["decided_by"], ["person.id"], name=op.f("fk_reward_decided_by_person")),
        sa.PrimaryKeyConstraint("source_id", name=op.f("pk_reward")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_reward_token_hash")),
    )


def _register_known_sources() -> None:
    """Every hazard on the ledger was reported once; its report takes the hazard's own id."""
    op.execute(
        "INSERT INTO hazard_source (id, hazard_id, original_hazard_id, channel, source, source_no, reported_at, "
        "reported_by, named) SELECT id, coalesce(merged_into, id), id, channel, source, source_no, reported_at, "
        "reported_by, false FROM hazard"
    )
