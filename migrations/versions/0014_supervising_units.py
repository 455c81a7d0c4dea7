"""The unit that supervises where another one leads; sub-actions that end undone with the unit that was to do them."""

import sqlalchemy as sa
from alembic import op

from models.columns import UtcDateTime

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("hazard") as batch:
        batch.add_column(sa.Column("supervising_unit_id", sa.String(), nullable=True))
        batch.create_foreign_key("fk_hazard_supervising_unit_id_unit", "unit", ["supervising_unit_id"], ["id"])
    with op.batch_alter_table("sub_action") as batch:
        batch.add_column(sa.Column("dropped_at", UtcDateTime(timezone=True), nullable=True))


def downgrade() -> None:
    with op.batch_alter_table("sub_action") as batch:
        batch.drop_column("dropped_at")
    with op.batch_alter_table("hazard") as batch:
        batch.drop_constraint("fk_hazard_supervising_unit_id_unit", type_="foreignkey")
        batch.drop_column("supervising_unit_id")
