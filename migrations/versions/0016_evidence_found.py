"""Which hazards have a piece of evidence, without reading what all of them have."""

from alembic import op

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index("ix_hazard_evidence_evidence_id", "hazard_evidence", ["evidence_id"])


def downgrade() -> None:
    op.drop_index("ix_hazard_evidence_evidence_id", table_name="hazard_evidence")
