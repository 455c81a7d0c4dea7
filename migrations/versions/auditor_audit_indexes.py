"""Indexes of the auditor's pages."""

from alembic import op

revision = "auditor"
down_revision = "0010"
branch_labels = None
depends_on = None

_INDEXES = (
    ("ix_audit_event_recorded", "audit_event", ["recorded_at", "gid"]),
    ("ix_audit_event_actor", "audit_event", ["actor", "recorded_at", "gid"]),
    ("ix_audit_event_type", "audit_event", ["type", "recorded_at", "gid"]),
    ("ix_decision_code", "decision", ["code", "decided_at", "id"]),
    ("ix_signature_signed", "signature", ["signed_at", "hazard_id", "cycle", "chain", "signer"]),
    ("ix_deadline_due", "deadline", ["due_at", "id"]),
    ("ix_unsealing_requested", "unsealing", ["requested_at", "id"]),
    ("ix_hazard_request_asked", "hazard_request", ["asked_at", "id"]),
)


def upgrade() -> None:
    for name, table, columns in _INDEXES:
        op.create_index(name, table, columns)


def downgrade() -> None:
    for name, table, _ in reversed(_INDEXES):
        op.drop_index(name, table_name=table)
