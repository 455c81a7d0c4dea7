"""The first schema."""

import sqlalchemy as sa
from alembic import op

import models.columns

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "audit_event",
        sa.Column("gid", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("stream", sa.String(), nullable=False),
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("type", sa.String(), nullable=False),
        sa.Column("actor", sa.String(), nullable=False),
        sa.Column("recorded_at", models.columns.UtcDateTime(timezone=True), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.Column("hash", sa.String(), nullable=False),
        sa.Column("txid", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        sa.PrimaryKeyConstraint("gid", name=op.f("pk_audit_event")),
    )
    with op.batch_alter_table("audit_event", schema=None) as batch_op:
        batch_op.create_index("uq_audit_event_stream_seq", ["stream", "seq"], unique=True)

    op.create_table(
        "audit_stream",
        sa.Column("stream", sa.String(), nullable=False),
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("head", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("stream", name=op.f("pk_audit_stream")),
    )
    op.create_table(
        "checkpoint",
        sa.Column("size", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=False, nullable=False),
        sa.Column("root", sa.String(), nullable=False),
        sa.Column("heads_root", sa.String(), nullable=False),
        sa.Column("peaks", sa.String(), nullable=False),
        sa.Column("note", sa.String(), nullable=False),
        sa.Column("sealed_at", models.columns.UtcDateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("size", name=op.f("pk_checkpoint")),
    )
    op.create_table(
        "hazard_number",
        sa.Column("series", sa.String(), nullable=False),
        sa.Column("last", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("series", name=op.f("pk_hazard_number")),
    )
    op.create_table(
        "idempotency_key",
        sa.Column("scope", sa.String(), nullable=False),
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("request_hash", sa.String(), nullable=False),
        sa.Column("status", sa.Integer(), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.Column("etag", sa.String(), nullable=False),
        sa.Column("created_at", models.columns.UtcDateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("scope", "key", name=op.f("pk_idempotency_key")),
    )
    with op.batch_alter_table("idempotency_key", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_idempotency_key_created_at"), ["created_at"], unique=False)

    op.create_table(
        "notice_channel",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("config", sa.LargeBinary(), nullable=False),
        sa.Column("enabled", sa.Boolean(), nullable=False),
        sa.Column("created_at", models.columns.UtcDateTime(timezone=True), nullable=False),
        sa.Column("created_by", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_notice_channel")),
        sa.UniqueConstraint("name", name=op.f("uq_notice_channel_name")),
    )
    op.create_table(
        "person",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("email", sa.String(), nullable=False),
        sa.Column("phone", sa.String(), nullable=False),
        sa.Column("enterprise_id", sa.String(), nullable=True),
        sa.Column("created_at", models.columns.UtcDateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_person")),
    )
    with op.batch_alter_table("person", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_person_enterprise_id"), ["enterprise_id"], unique=False)

    op.create_table(
        "policy",
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("body", sa.String(), nullable=False),
        sa.Column("source", sa.String(), nullable=False),
        sa.Column("created_at", models.columns.UtcDateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("kind", "version", name=op.f("pk_policy")),
    )
    op.create_table(
        "standard_clause",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("code", sa.String(), nullable=False),
        sa.Column("sector", sa.String(), nullable=False),
        sa.Column("title", sa.String(), nullable=False),
        sa.Column("doc_no", sa.String(), nullable=False),
        sa.Column("effective_on", sa.String(), nullable=True),
        sa.Column("repealed_on", sa.String(), nullable=True),
        sa.Column("text", sa.String(), nullable=False),
        sa.Column("verified", sa.Boolean(), nullable=False),
        sa.Column("note", sa.String(), nullable=False),
        sa.Column("usable", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_standard_clause")),
    )
    with op.batch_alter_table("standard_clause", schema=None) as batch_op:
        batch_op.create_index("uq_standard_clause_code_doc", ["code", "doc_no"], unique=True)

    op.create_table(
        "unit",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("code", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("created_at", models.columns.UtcDateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_unit")),
        sa.UniqueConstraint("code", name=op.f("uq_unit_code")),
    )
    op.create_table(
        "account",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("person_id", sa.String(), nullable=False),
        sa.Column("login", sa.String(), nullable=False),
        sa.Column("password_hash", sa.String(), nullable=True),
        sa.Column("disabled_at", models.columns.UtcDateTime(timezone=True), nullable=True),
        sa.Column("failed_attempts", sa.Integer(), nullable=False),
        sa.Column("wait_until", models.columns.UtcDateTime(timezone=True), nullable=True),
        sa.Column("created_at", models.columns.UtcDateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_account_person_id_person")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_account")),
        sa.UniqueConstraint("login", name=op.f("uq_account_login")),
    )
    with op.batch_alter_table("account", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_account_person_id"), ["person_id"], unique=False)

    op.create_table(
        "audit_leaf",
        sa.Column(
            "position", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=False, nullable=False
        ),
        sa.Column("gid", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.ForeignKeyConstraint(["gid"], ["audit_event.gid"], name=op.f("fk_audit_leaf_gid_audit_event")),
        sa.PrimaryKeyConstraint("position", name=op.f("pk_audit_leaf")),
        sa.UniqueConstraint("gid", name=op.f("uq_audit_leaf_gid")),
    )
    op.create_table(
        "enterprise",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("credit_code", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("address", sa.String(), nullable=False),
        sa.Column("sector", sa.String(), nullable=False),
        sa.Column("village_unit_id", sa.String(), nullable=True),
        sa.Column("principal_id", sa.String(), nullable=True),
        sa.Column("actual_controller_id", sa.String(), nullable=True),
        sa.Column("created_at", models.columns.UtcDateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["actual_controller_id"], ["person.id"], name=op.f("fk_enterprise_actual_controller_id_person")
        ),
        sa.ForeignKeyConstraint(["principal_id"], ["person.id"], name=op.f("fk_enterprise_principal_id_person")),
        sa.ForeignKeyConstraint(["village_unit_id"], ["unit.id"], name=op.f("fk_enterprise_village_unit_id_unit")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_enterprise")),
        sa.UniqueConstraint("credit_code", name=op.f("uq_enterprise_credit_code")),
    )
    with op.batch_alter_table("enterprise", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_enterprise_name"), ["name"], unique=False)

    op.create_table(
        "evidence",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("sha256", sa.String(), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("media_type", sa.String(), nullable=False),
        sa.Column("filename", sa.String(), nullable=False),
        sa.Column("captured_at", sa.String(), nullable=True),
        sa.Column("uploaded_by", sa.String(), nullable=False),
        sa.Column("uploaded_at", models.columns.UtcDateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["uploaded_by"], ["person.id"], name=op.f("fk_evidence_uploaded_by_person")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_evidence")),
    )
    with op.batch_alter_table("evidence", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_evidence_sha256"), ["sha256"], unique=False)
        batch_op.create_index(batch_op.f("ix_evidence_uploaded_by"), ["uploaded_by"], unique=False)

    op.create_table(
        "notice",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("message_id", sa.String(), nullable=False),
        sa.Column("topic", sa.String(), nullable=False),
        sa.Column("hazard_id", sa.String(), nullable=True),
        sa.Column("person_id", sa.String(), nullable=False),
        sa.Column("channel_id", sa.String(), nullable=False),
        sa.Column("subject", sa.String(), nullable=False),
        sa.Column("body", sa.String(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("due_at", models.columns.UtcDateTime(timezone=True), nullable=False),
        sa.Column("last_error", sa.String(), nullable=False),
        sa.Column("created_at", models.columns.UtcDateTime(timezone=True), nullable=False),
        sa.Column("settled_at", models.columns.UtcDateTime(timezone=True), nullable=True),
        sa.Column("read_at", models.columns.UtcDateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_notice_person_id_person")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_notice")),
    )
    with op.batch_alter_table("notice", schema=None) as batch_op:
        batch_op.create_index(
            "ix_notice_due",
            ["due_at", "id"],
            unique=False,
            sqlite_where=sa.text("state = 'queued'"),
            postgresql_where=sa.text("state = 'queued'"),
        )
        batch_op.create_index("ix_notice_hazard", ["hazard_id"], unique=False)
        batch_op.create_index("ix_notice_person", ["person_id", "created_at"], unique=False)
        batch_op.create_index("uq_notice_once", ["message_id", "topic", "person_id", "channel_id"], unique=True)

    op.create_table(
        "role_grant",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("person_id", sa.String(), nullable=False),
        sa.Column("role", sa.String(), nullable=False),
        sa.Column("unit_id", sa.String(), nullable=True),
        sa.Column("duty", sa.String(), nullable=True),
        sa.Column("granted_by", sa.String(), nullable=True),
        sa.Column("granted_at", models.columns.UtcDateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_role_grant_person_id_person")),
        sa.ForeignKeyConstraint(["unit_id"], ["unit.id"], name=op.f("fk_role_grant_unit_id_unit")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_role_grant")),
    )
    with op.batch_alter_table("role_grant", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_role_grant_person_id"), ["person_id"], unique=False)
        batch_op.create_index("ix_role_grant_unit_role", ["unit_id", "role"], unique=False)
        batch_op.create_index("uq_role_grant_person_role_unit", ["person_id", "role", "unit_id"], unique=True)

    op.create_table(
        "api_key",
        sa.Column("token_hash", sa.String(), nullable=False),
        sa.Column("account_id", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("created_at", models.columns.UtcDateTime(timezone=True), nullable=False),
        sa.Column("expires_at", models.columns.UtcDateTime(timezone=True), nullable=False),
        sa.Column("revoked_at", models.columns.UtcDateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name=op.f("fk_api_key_account_id_account")),
        sa.PrimaryKeyConstraint("token_hash", name=op.f("pk_api_key")),
    )
    with op.batch_alter_table("api_key", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_api_key_account_id"), ["account_id"], unique=False)

    op.create_table(
        "hazard",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("no", sa.String(), nullable=False),
        sa.Column("stage", sa.String(), nullable=False),
        sa.Column("step", sa.String(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("cycle", sa.Integer(), nullable=False),
        sa.Column("channel", sa.String(), nullable=False),
        sa.Column("source", sa.String(), nullable=False),
        sa.Column("source_no", sa.String(), nullable=True),
        sa.Column("discovered_at", models.columns.UtcDateTime(timezone=True), nullable=False),
        sa.Column("reported_at", models.columns.UtcDateTime(timezone=True), nullable=False),
        sa.Column("reported_by", sa.String(), nullable=False),
        sa.Column("subject_type", sa.String(), nullable=False),
        sa.Column("enterprise_id", sa.String(), nullable=True),
        sa.Column("sector", sa.String(), nullable=False),
        sa.Column("place", sa.String(), nullable=False),
        sa.Column("description", sa.String(), nullable=False),
        sa.Column("urgent", sa.Boolean(), nullable=False),
        sa.Column("persons_exposed", sa.Integer(), nullable=True),
        sa.Column("village_unit_id", sa.String(), nullable=True),
        sa.Column("reporting_unit_id", sa.String(), nullable=True),
        sa.Column("verifying_unit_id", sa.String(), nullable=True),
        sa.Column("lead_unit_id", sa.String(), nullable=True),
        sa.Column("leader_id", sa.String(), nullable=True),
        sa.Column("grade", sa.String(), nullable=True),
        sa.Column("clause_id", sa.String(), nullable=True),
        sa.Column("listing_level", sa.String(), nullable=False),
        sa.Column("limit_days", sa.Integer(), nullable=True),
        sa.Column("limit_on", sa.String(), nullable=True),
        sa.Column("limit_basis", sa.String(), nullable=False),
        sa.Column("failure_count", sa.Integer(), nullable=False),
        sa.Column("due_at", models.columns.UtcDateTime(timezone=True), nullable=True),
        sa.Column("changed_at", models.columns.UtcDateTime(timezone=True), nullable=False),
        sa.Column("closed_at", models.columns.UtcDateTime(timezone=True), nullable=True),
        sa.Column("chain_seq", sa.Integer(), nullable=False),
        sa.Column("chain_head", sa.String(), nullable=False),
        sa.Column("process_version", sa.Integer(), nullable=False),
        sa.Column("rules_version", sa.Integer(), nullable=False),
        sa.Column("ladder_version", sa.Integer(), nullable=False),
        sa.Column("calendar_version", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "(step = 'TRIAGE' AND stage = 'REPORTED') OR (step = 'CLASSIFY' AND stage = 'VERIFICATION') OR (step = 'CONFIRM_MAJOR' AND stage = 'VERIFICATION') OR (step = 'CONFIRM_GENERAL' AND stage = 'VERIFICATION') OR (step = 'CONFIRM_NOT_HAZARD' AND stage = 'VERIFICATION') OR (step = 'APPROVE_GENERAL' AND stage = 'VERIFICATION') OR (step = 'APPROVE_NOT_HAZARD' AND stage = 'VERIFICATION') OR (step = 'ASSIGN' AND stage = 'ASSIGNMENT') OR (step = 'SIGN' AND stage = 'ASSIGNMENT') OR (step = 'PLAN' AND stage = 'RECTIFICATION') OR (step = 'PLAN_REVIEW' AND stage = 'RECTIFICATION') OR (step = 'WORK' AND stage = 'RECTIFICATION') OR (step = 'RECHECK' AND stage = 'REVIEW') OR (step = 'JUDGE' AND stage = 'REVIEW') OR (step = 'GATE' AND stage = 'CLOSE_OUT') OR (step = 'CLOSED' AND stage = 'CLOSED') OR (step = 'DISMISSED' AND stage = 'DISMISSED') OR (step = 'DOWNGRADED' AND stage = 'DOWNGRADED')",
            name=op.f("ck_hazard_step_belongs_to_stage"),
        ),
        sa.CheckConstraint("version >= 1 AND cycle >= 1 AND failure_count >= 0", name=op.f("ck_hazard_counters")),
        sa.ForeignKeyConstraint(
            ["clause_id"], ["standard_clause.id"], name=op.f("fk_hazard_clause_id_standard_clause")
        ),
        sa.ForeignKeyConstraint(["enterprise_id"], ["enterprise.id"], name=op.f("fk_hazard_enterprise_id_enterprise")),
        sa.ForeignKeyConstraint(["lead_unit_id"], ["unit.id"], name=op.f("fk_hazard_lead_unit_id_unit")),
        sa.ForeignKeyConstraint(["leader_id"], ["person.id"], name=op.f("fk_hazard_leader_id_person")),
        sa.ForeignKeyConstraint(["reported_by"], ["person.id"], name=op.f("fk_hazard_reported_by_person")),
        sa.ForeignKeyConstraint(["reporting_unit_id"], ["unit.id"], name=op.f("fk_hazard_reporting_unit_id_unit")),
        sa.ForeignKeyConstraint(["verifying_unit_id"], ["unit.id"], name=op.f("fk_hazard_verifying_unit_id_unit")),
        sa.ForeignKeyConstraint(["village_unit_id"], ["unit.id"], name=op.f("fk_hazard_village_unit_id_unit")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_hazard")),
        sa.UniqueConstraint("no", name=op.f("uq_hazard_no")),
    )
    with op.batch_alter_table("hazard", schema=None) as batch_op:
        batch_op.create_index("ix_hazard_enterprise", ["enterprise_id", "id"], unique=False)
        batch_op.create_index("ix_hazard_reported", ["reported_at", "id"], unique=False)
        batch_op.create_index("ix_hazard_stage_due", ["stage", "due_at", "id"], unique=False)
        batch_op.create_index(
            "uq_hazard_source",
            ["source", "source_no"],
            unique=True,
            sqlite_where=sa.text("source_no IS NOT NULL"),
            postgresql_where=sa.text("source_no IS NOT NULL"),
        )

    op.create_table(
        "login_session",
        sa.Column("token_hash", sa.String(), nullable=False),
        sa.Column("account_id", sa.String(), nullable=False),
        sa.Column("opened_at", models.columns.UtcDateTime(timezone=True), nullable=False),
        sa.Column("verified_at", models.columns.UtcDateTime(timezone=True), nullable=False),
        sa.Column("last_seen_at", models.columns.UtcDateTime(timezone=True), nullable=False),
        sa.Column("ended_at", models.columns.UtcDateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name=op.f("fk_login_session_account_id_account")),
        sa.PrimaryKeyConstraint("token_hash", name=op.f("pk_login_session")),
    )
    with op.batch_alter_table("login_session", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_login_session_account_id"), ["account_id"], unique=False)

    op.create_table(
        "one_time_token",
        sa.Column("token_hash", sa.String(), nullable=False),
        sa.Column("account_id", sa.String(), nullable=False),
        sa.Column("expires_at", models.columns.UtcDateTime(timezone=True), nullable=False),
        sa.Column("used_at", models.columns.UtcDateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name=op.f("fk_one_time_token_account_id_account")),
        sa.PrimaryKeyConstraint("token_hash", name=op.f("pk_one_time_token")),
    )
    with op.batch_alter_table("one_time_token", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_one_time_token_account_id"), ["account_id"], unique=False)

    op.create_table(
        "deadline",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("hazard_id", sa.String(), nullable=False),
        sa.Column("cycle", sa.Integer(), nullable=False),
        sa.Column("clock", sa.String(), nullable=False),
        sa.Column("against", sa.String(), nullable=False),
        sa.Column("unit_id", sa.String(), nullable=True),
        sa.Column("start_at", models.columns.UtcDateTime(timezone=True), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("unit_of_time", sa.String(), nullable=False),
        sa.Column("basis", sa.String(), nullable=False),
        sa.Column("certainty", sa.String(), nullable=False),
        sa.Column("due_at", models.columns.UtcDateTime(timezone=True), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("provisional", sa.Boolean(), nullable=False),
        sa.Column("rules_version", sa.Integer(), nullable=False),
        sa.Column("calendar_version", sa.Integer(), nullable=False),
        sa.Column("ladder_version", sa.Integer(), nullable=False),
        sa.Column("next_level", sa.Integer(), nullable=True),
        sa.Column("next_rung_at", models.columns.UtcDateTime(timezone=True), nullable=True),
        sa.Column("closed_at", models.columns.UtcDateTime(timezone=True), nullable=True),
        sa.Column("outcome", sa.String(), nullable=True),
        sa.CheckConstraint("outcome IS NULL OR closed_at IS NOT NULL", name=op.f("ck_deadline_outcome_when_closed")),
        sa.ForeignKeyConstraint(["hazard_id"], ["hazard.id"], name=op.f("fk_deadline_hazard_id_hazard")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_deadline")),
    )
    with op.batch_alter_table("deadline", schema=None) as batch_op:
        batch_op.create_index("ix_deadline_hazard", ["hazard_id"], unique=False)
        batch_op.create_index(
            "ix_deadline_next_rung",
            ["next_rung_at", "id"],
            unique=False,
            sqlite_where=sa.text("next_rung_at IS NOT NULL"),
            postgresql_where=sa.text("next_rung_at IS NOT NULL"),
        )
        batch_op.create_index(
            "uq_deadline_live_clock",
            ["hazard_id", "clock"],
            unique=True,
            sqlite_where=sa.text("closed_at IS NULL"),
            postgresql_where=sa.text("closed_at IS NULL"),
        )

    op.create_table(
        "decision",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("hazard_id", sa.String(), nullable=False),
        sa.Column("cycle", sa.Integer(), nullable=False),
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("code", sa.String(), nullable=False),
        sa.Column("from_step", sa.String(), nullable=True),
        sa.Column("to_step", sa.String(), nullable=False),
        sa.Column("person_id", sa.String(), nullable=False),
        sa.Column("unit_id", sa.String(), nullable=True),
        sa.Column("form", sa.String(), nullable=False),
        sa.Column("decided_at", models.columns.UtcDateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["hazard_id"], ["hazard.id"], name=op.f("fk_decision_hazard_id_hazard")),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_decision_person_id_person")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_decision")),
    )
    with op.batch_alter_table("decision", schema=None) as batch_op:
        batch_op.create_index("ix_decision_hazard", ["hazard_id", "seq"], unique=True)
        batch_op.create_index(batch_op.f("ix_decision_person_id"), ["person_id"], unique=False)

    op.create_table(
        "hazard_party",
        sa.Column("unit_id", sa.String(), nullable=False),
        sa.Column("hazard_id", sa.String(), nullable=False),
        sa.Column("part", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(["hazard_id"], ["hazard.id"], name=op.f("fk_hazard_party_hazard_id_hazard")),
        sa.ForeignKeyConstraint(["unit_id"], ["unit.id"], name=op.f("fk_hazard_party_unit_id_unit")),
        sa.PrimaryKeyConstraint("unit_id", "hazard_id", "part", name=op.f("pk_hazard_party")),
    )
    with op.batch_alter_table("hazard_party", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_hazard_party_hazard_id"), ["hazard_id"], unique=False)

    op.create_table(
        "letter",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("hazard_id", sa.String(), nullable=False),
        sa.Column("origin", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("number", sa.String(), nullable=False),
        sa.Column("title", sa.String(), nullable=False),
        sa.Column("body", sa.String(), nullable=False),
        sa.Column("drafted_at", models.columns.UtcDateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["hazard_id"], ["hazard.id"], name=op.f("fk_letter_hazard_id_hazard")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_letter")),
        sa.UniqueConstraint("number", name=op.f("uq_letter_number")),
    )
    with op.batch_alter_table("letter", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_letter_hazard_id"), ["hazard_id"], unique=False)
        batch_op.create_index("uq_letter_origin", ["origin", "kind"], unique=True)

    op.create_table(
        "outbox_message",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("topic", sa.String(), nullable=False),
        sa.Column("hazard_id", sa.String(), nullable=False),
        sa.Column("hazard_no", sa.String(), nullable=False),
        sa.Column("subject", sa.String(), nullable=False),
        sa.Column("step", sa.String(), nullable=False),
        sa.Column("created_at", models.columns.UtcDateTime(timezone=True), nullable=False),
        sa.Column("due_at", models.columns.UtcDateTime(timezone=True), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("leased_by", sa.String(), nullable=True),
        sa.Column("last_error", sa.String(), nullable=False),
        sa.Column("done_at", models.columns.UtcDateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["hazard_id"], ["hazard.id"], name=op.f("fk_outbox_message_hazard_id_hazard")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_outbox_message")),
    )
    with op.batch_alter_table("outbox_message", schema=None) as batch_op:
        batch_op.create_index(
            "ix_outbox_message_due",
            ["due_at", "id"],
            unique=False,
            sqlite_where=sa.text("done_at IS NULL"),
            postgresql_where=sa.text("done_at IS NULL"),
        )
        batch_op.create_index(batch_op.f("ix_outbox_message_hazard_id"), ["hazard_id"], unique=False)

    op.create_table(
        "signature",
        sa.Column("hazard_id", sa.String(), nullable=False),
        sa.Column("cycle", sa.Integer(), nullable=False),
        sa.Column("chain", sa.String(), nullable=False),
        sa.Column("signer", sa.String(), nullable=False),
        sa.Column("part", sa.String(), nullable=False),
        sa.Column("signed_at", models.columns.UtcDateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["hazard_id"], ["hazard.id"], name=op.f("fk_signature_hazard_id_hazard")),
        sa.PrimaryKeyConstraint("hazard_id", "cycle", "chain", "signer", name=op.f("pk_signature")),
    )
    op.create_table(
        "work_item",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("hazard_id", sa.String(), nullable=True),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("is_move", sa.Boolean(), nullable=False),
        sa.Column("origin", sa.String(), nullable=False),
        sa.Column("roles", sa.String(), nullable=False),
        sa.Column("unit_id", sa.String(), nullable=True),
        sa.Column("enterprise_id", sa.String(), nullable=True),
        sa.Column("assignee_id", sa.String(), nullable=True),
        sa.Column("due_at", models.columns.UtcDateTime(timezone=True), nullable=True),
        sa.Column("opened_at", models.columns.UtcDateTime(timezone=True), nullable=False),
        sa.Column("closed_at", models.columns.UtcDateTime(timezone=True), nullable=True),
        sa.Column("closed_by", sa.String(), nullable=True),
        sa.ForeignKeyConstraint(["assignee_id"], ["person.id"], name=op.f("fk_work_item_assignee_id_person")),
        sa.ForeignKeyConstraint(
            ["enterprise_id"], ["enterprise.id"], name=op.f("fk_work_item_enterprise_id_enterprise")
        ),
        sa.ForeignKeyConstraint(["hazard_id"], ["hazard.id"], name=op.f("fk_work_item_hazard_id_hazard")),
        sa.ForeignKeyConstraint(["unit_id"], ["unit.id"], name=op.f("fk_work_item_unit_id_unit")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_work_item")),
    )
    with op.batch_alter_table("work_item", schema=None) as batch_op:
        batch_op.create_index(
            "ix_work_item_assignee_due",
            ["assignee_id", "due_at", "id"],
            unique=False,
            sqlite_where=sa.text("closed_at IS NULL"),
            postgresql_where=sa.text("closed_at IS NULL"),
        )
        batch_op.create_index(
            "ix_work_item_enterprise_due",
            ["enterprise_id", "due_at", "id"],
            unique=False,
            sqlite_where=sa.text("closed_at IS NULL"),
            postgresql_where=sa.text("closed_at IS NULL"),
        )
        batch_op.create_index("ix_work_item_hazard", ["hazard_id"], unique=False)
        batch_op.create_index(
            "ix_work_item_unit_due",
            ["unit_id", "due_at", "id"],
            unique=False,
            sqlite_where=sa.text("closed_at IS NULL"),
            postgresql_where=sa.text("closed_at IS NULL"),
        )
        batch_op.create_index(
            "uq_work_item_one_move",
            ["hazard_id"],
            unique=True,
            sqlite_where=sa.text("closed_at IS NULL AND is_move"),
            postgresql_where=sa.text("closed_at IS NULL AND is_move"),
        )
        batch_op.create_index("uq_work_item_origin", ["origin", "kind"], unique=True)

    op.create_table(
        "escalation",
        sa.Column("hazard_id", sa.String(), nullable=False),
        sa.Column("deadline_id", sa.String(), nullable=False),
        sa.Column("level", sa.Integer(), nullable=False),
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("level_due_at", models.columns.UtcDateTime(timezone=True), nullable=False),
        sa.Column("fired_at", models.columns.UtcDateTime(timezone=True), nullable=False),
        sa.Column("late", sa.Boolean(), nullable=False),
        sa.Column("ladder_version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["deadline_id"], ["deadline.id"], name=op.f("fk_escalation_deadline_id_deadline")),
        sa.ForeignKeyConstraint(["hazard_id"], ["hazard.id"], name=op.f("fk_escalation_hazard_id_hazard")),
        sa.PrimaryKeyConstraint("hazard_id", "deadline_id", "level", name=op.f("pk_escalation")),
        sa.UniqueConstraint("id", name=op.f("uq_escalation_id")),
    )
    with op.batch_alter_table("escalation", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_escalation_fired_at"), ["fired_at"], unique=False)

    op.create_table(
        "hazard_evidence",
        sa.Column("hazard_id", sa.String(), nullable=False),
        sa.Column("evidence_id", sa.String(), nullable=False),
        sa.Column("decision_id", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(["decision_id"], ["decision.id"], name=op.f("fk_hazard_evidence_decision_id_decision")),
        sa.ForeignKeyConstraint(["evidence_id"], ["evidence.id"], name=op.f("fk_hazard_evidence_evidence_id_evidence")),
        sa.ForeignKeyConstraint(["hazard_id"], ["hazard.id"], name=op.f("fk_hazard_evidence_hazard_id_hazard")),
        sa.PrimaryKeyConstraint("hazard_id", "evidence_id", "decision_id", name=op.f("pk_hazard_evidence")),
    )


def downgrade() -> None:
    op.drop_table("hazard_evidence")
    with op.batch_alter_table("escalation", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_escalation_fired_at"))

    op.drop_table("escalation")
    with op.batch_alter_table("work_item", schema=None) as batch_op:
        batch_op.drop_index("uq_work_item_origin")
        batch_op.drop_index(
            "uq_work_item_one_move",
            sqlite_where=sa.text("closed_at IS NULL AND is_move"),
            postgresql_where=sa.text("closed_at IS NULL AND is_move"),
        )
        batch_op.drop_index(
            "ix_work_item_unit_due",
            sqlite_where=sa.text("closed_at IS NULL"),
            postgresql_where=sa.text("closed_at IS NULL"),
        )
        batch_op.drop_index("ix_work_item_hazard")
        batch_op.drop_index(
            "ix_work_item_enterprise_due",
            sqlite_where=sa.text("closed_at IS NULL"),
            postgresql_where=sa.text("closed_at IS NULL"),
        )
        batch_op.drop_index(
            "ix_work_item_assignee_due",
            sqlite_where=sa.text("closed_at IS NULL"),
            postgresql_where=sa.text("closed_at IS NULL"),
        )

    op.drop_table("work_item")
    op.drop_table("signature")
    with op.batch_alter_table("outbox_message", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_outbox_message_hazard_id"))
        batch_op.drop_index(
            "ix_outbox_message_due",
            sqlite_where=sa.text("done_at IS NULL"),
            postgresql_where=sa.text("done_at IS NULL"),
        )

    op.drop_table("outbox_message")
    with op.batch_alter_table("letter", schema=None) as batch_op:
        batch_op.drop_index("uq_letter_origin")
        batch_op.drop_index(batch_op.f("ix_letter_hazard_id"))

    op.drop_table("letter")
    with op.batch_alter_table("hazard_party", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_hazard_party_hazard_id"))

    op.drop_table("hazard_party")
    with op.batch_alter_table("decision", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_decision_person_id"))
        batch_op.drop_index("ix_decision_hazard")

    op.drop_table("decision")
    with op.batch_alter_table("deadline", schema=None) as batch_op:
        batch_op.drop_index(
            "uq_deadline_live_clock",
            sqlite_where=sa.text("closed_at IS NULL"),
            postgresql_where=sa.text("closed_at IS NULL"),
        )
        batch_op.drop_index(
            "ix_deadline_next_rung",
            sqlite_where=sa.text("next_rung_at IS NOT NULL"),
            postgresql_where=sa.text("next_rung_at IS NOT NULL"),
        )
        batch_op.drop_index("ix_deadline_hazard")

    op.drop_table("deadline")
    with op.batch_alter_table("one_time_token", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_one_time_token_account_id"))

    op.drop_table("one_time_token")
    with op.batch_alter_table("login_session", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_login_session_account_id"))

    op.drop_table("login_session")
    with op.batch_alter_table("hazard", schema=None) as batch_op:
        batch_op.drop_index(
            "uq_hazard_source",
            sqlite_where=sa.text("source_no IS NOT NULL"),
            postgresql_where=sa.text("source_no IS NOT NULL"),
        )
        batch_op.drop_index("ix_hazard_stage_due")
        batch_op.drop_index("ix_hazard_reported")
        batch_op.drop_index("ix_hazard_enterprise")

    op.drop_table("hazard")
    with op.batch_alter_table("api_key", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_api_key_account_id"))

    op.drop_table("api_key")
    with op.batch_alter_table("role_grant", schema=None) as batch_op:
        batch_op.drop_index("uq_role_grant_person_role_unit")
        batch_op.drop_index("ix_role_grant_unit_role")
        batch_op.drop_index(batch_op.f("ix_role_grant_person_id"))

    op.drop_table("role_grant")
    with op.batch_alter_table("notice", schema=None) as batch_op:
        batch_op.drop_index("uq_notice_once")
        batch_op.drop_index("ix_notice_person")
        batch_op.drop_index("ix_notice_hazard")
        batch_op.drop_index(
            "ix_notice_due", sqlite_where=sa.text("state = 'queued'"), postgresql_where=sa.text("state = 'queued'")
        )

    op.drop_table("notice")
    with op.batch_alter_table("evidence", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_evidence_uploaded_by"))
        batch_op.drop_index(batch_op.f("ix_evidence_sha256"))

    op.drop_table("evidence")
    with op.batch_alter_table("enterprise", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_enterprise_name"))

    op.drop_table("enterprise")
    op.drop_table("audit_leaf")
    with op.batch_alter_table("account", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_account_person_id"))

    op.drop_table("account")
    op.drop_table("unit")
    with op.batch_alter_table("standard_clause", schema=None) as batch_op:
        batch_op.drop_index("uq_standard_clause_code_doc")

    op.drop_table("standard_clause")
    op.drop_table("policy")
    with op.batch_alter_table("person", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_person_enterprise_id"))

    op.drop_table("person")
    op.drop_table("notice_channel")
    with op.batch_alter_table("idempotency_key", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_idempotency_key_created_at"))

    op.drop_table("idempotency_key")
    op.drop_table("hazard_number")
    op.drop_table("checkpoint")
    op.drop_table("audit_stream")
    with op.batch_alter_table("audit_event", schema=None) as batch_op:
        batch_op.drop_index("uq_audit_event_stream_seq")

    op.drop_table("audit_event")
