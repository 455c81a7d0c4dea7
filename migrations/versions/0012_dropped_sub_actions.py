"""Sub-actions that end undone with the unit that was to do them."""

import sqlalchemy as sa
from alembic import op

from models.columns import UtcDateTime

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("sub_action") as batch:
        batch.add_column(sa.Column("dropped_at", UtcDateTime(timezone=True), nullable=True))


def downgrade() -> None:
    with op.batch_alter_table("sub_action") as batch:
        batch.drop_column("dropped_at")
