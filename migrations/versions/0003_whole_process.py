"""The whole process: more steps, requests for a second person, sub-actions, clocks with a subject."""

import sqlalchemy as sa
from alembic import op

from models.columns import UtcDateTime

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

_STEPS = {
    "REPORTED": "TRIAGE SUPPLEMENT",
    "VERIFICATION": "CLASSIFY CONFIRM_MAJOR CONFIRM_GENERAL CONFIRM_NOT_HAZARD APPROVE_GENERAL APPROVE_NOT_HAZARD",
    "ASSIGNMENT": "ASSIGN SIGN ARBITRATE",
    "RECTIFICATION": "PLAN PLAN_REVIEW WORK DANGER_REMOVAL",
    "REVIEW": "RECHECK DISTRICT_REVIEW JUDGE",
    "CLOSE_OUT": "GATE",
    "CLOSED": "CLOSED",
    "DISMISSED": "DISMISSED REFUSED",
    "DOWNGRADED": "DOWNGRADED",
    "MERGED": "MERGED",
    "TRANSFERRED": "TRANSFER_RECEIPT TRANSFER_FOLLOW TRANSFER_DONE",
    "VOIDED": "VOIDED",
}
_STEP_IN_STAGE = " OR ".join(
    f"(step = '{step}' AND stage = '{stage}')" for stage, steps in _STEPS.items() for step in steps.split()
)
_COUNTERS = ("returned", "extensions", "open_actions", "open_requests")
_FLAGS = ("arbitrated", "external_factor")
_UNDECIDED, _OPEN = sa.text("decided_at IS NULL"), sa.text("closed_at IS NULL")


def upgrade() -> None:
    _widen_hazard()
    with op.batch_alter_table("deadline") as batch:
        batch.drop_index("uq_deadline_live_clock")
        batch.add_column(sa.Column("subject", sa.String(), nullable=False, server_default=""))
        batch.add_column(sa.Column("on_day", sa.String(), nullable=True))
        batch.add_column(sa.Column("pauses", sa.String(), nullable=False, server_default="[]"))
        batch.create_index(
            "uq_deadline_live_clock", ["hazard_id", "clock", "subject"], unique=True, sqlite_where=_OPEN,
            postgresql_where=_OPEN,
        )  # fmt: skip
    _add_requests()
    op.create_table(
        "sub_action",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("hazard_id", sa.String(), nullable=False),
        sa.Column("cycle", sa.Integer(), nullable=False),
        sa.Column("work", sa.String(), nullable=False),
        sa.Column("owner", sa.String(), nullable=False),
        sa.Column("due_on", sa.String(), nullable=False),
        sa.Column("added_at", UtcDateTime(timezone=True), nullable=False),
        sa.Column("done_at", UtcDateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["hazard_id"], ["hazard.id"], name=op.f("fk_sub_action_hazard_id_hazard")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sub_action")),
    )
    op.create_index("ix_sub_action_hazard", "sub_action", ["hazard_id", "due_on"])


def downgrade() -> None:
    raise NotImplementedError(
        "history written under the whole process cannot be told by the first one: restore a backup"
    )


def _widen_hazard() -> None:
    with op.batch_alter_table("hazard") as batch:
        batch.drop_constraint(op.f("ck_hazard_step_belongs_to_stage"), type_="check")
        batch.create_check_constraint(op.f("ck_hazard_step_belongs_to_stage"), _STEP_IN_STAGE)
        for name in _COUNTERS:
            batch.add_column(sa.Column(name, sa.Integer(), nullable=False, server_default="0"))
        for name in _FLAGS:
            batch.add_column(sa.Column(name, sa.Boolean(), nullable=False, server_default=sa.false()))
        for name in ("rectifying_unit_id", "interim_control", "unit_closed_on", "merged_into"):
            batch.add_column(sa.Column(name, sa.String(), nullable=True))
        for name in ("interim_hours", "progress_percent"):
            batch.add_column(sa.Column(name, sa.Integer(), nullable=True))
        for name in ("enforcement_at", "frozen_at"):
            batch.add_column(sa.Column(name, UtcDateTime(timezone=True), nullable=True))
        batch.create_foreign_key("fk_hazard_rectifying_unit_id_unit", "unit", ["rectifying_unit_id"], ["id"])
        batch.create_foreign_key("fk_hazard_merged_into_hazard", "hazard", ["merged_into"], ["id"])


def _add_requests() -> None:
    op.create_table(
        "hazard_request",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("hazard_id", sa.String(), nullable=False),
        sa.Column("cycle", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("form", sa.String(), nullable=False),
        sa.Column("asked_by", sa.String(), nullable=False),
        sa.Column("asked_at", UtcDateTime(timezone=True), nullable=False),
        sa.Column("decided_by", sa.String(), nullable=True),
        sa.Column("decided_at", UtcDateTime(timezone=True), nullable=True),
        sa.Column("outcome", sa.String(), nullable=True),
        sa.CheckConstraint("decided_by IS NULL OR decided_by <> asked_by OR outcome = 'LAPSED'",
                           name=op.f("ck_hazard_request_second_person")),
        sa.CheckConstraint("(outcome IS NULL) = (decided_at IS NULL)",
                           name=op.f("ck_hazard_request_decided_with_outcome")),
        sa.ForeignKeyConstraint(["asked_by"], ["person.id"], name=op.f("fk_hazard_request_asked_by_person")),
        sa.ForeignKeyConstraint(["decided_by"], ["person.id"], name=op.f("fk_hazard_request_decided_by_person")),
        sa.ForeignKeyConstraint(["hazard_id"], ["hazard.id"], name=op.f("fk_hazard_request_hazard_id_hazard")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_hazard_request")),
    )  # fmt: skip
    op.create_index("ix_hazard_request_hazard", "hazard_request", ["hazard_id", "asked_at"])
    op.create_index(
        "uq_hazard_request_waiting", "hazard_request", ["hazard_id", "kind"], unique=True, sqlite_where=_UNDECIDED,
        postgresql_where=_UNDECIDED,
    )  # fmt: skip
