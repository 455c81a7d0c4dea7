"""Saved filters of the inbox, subscriptions to those of the ledger, and channels a person turns off."""

import sqlalchemy as sa
from alembic import op

from models.columns import UtcDateTime

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("person") as batch:
        batch.add_column(sa.Column("channels_off", sa.String(), nullable=False, server_default="[]"))
    with op.batch_alter_table("saved_filter") as batch:
        batch.add_column(sa.Column("narrows", sa.String(), nullable=False, server_default="ledger"))
        batch.drop_index("uq_saved_filter_name")
        batch.create_index("uq_saved_filter_name", ["person_id", "narrows", "name"], unique=True)
    _subscriptions("subscription", sa.Column("subscribed_at", UtcDateTime(timezone=True), nullable=False))
    _subscriptions(
        "subscription_seen",
        sa.Column("hazard_id", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(["hazard_id"], ["hazard.id"], name=op.f("fk_subscription_seen_hazard_id_hazard")),
        key=("hazard_id",),
    )


def _subscriptions(name: str, *columns: sa.Column | sa.Constraint, key: tuple[str, ...] = ()) -> None:
    op.create_table(
        name,
        sa.Column("person_id", sa.String(), nullable=False),
        sa.Column("filter_id", sa.String(), nullable=False),
        *columns,
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f(f"fk_{name}_person_id_person")),
        sa.ForeignKeyConstraint(["filter_id"], ["saved_filter.id"], name=op.f(f"fk_{name}_filter_id_saved_filter")),
        sa.PrimaryKeyConstraint("person_id", "filter_id", *key, name=op.f(f"pk_{name}")),
    )
    op.create_index(op.f(f"ix_{name}_filter_id"), name, ["filter_id"])


def downgrade() -> None:
    op.drop_table("subscription_seen")
    op.drop_table("subscription")
    with op.batch_alter_table("saved_filter") as batch:
        batch.drop_index("uq_saved_filter_name")
        batch.drop_column("narrows")
        batch.create_index("uq_saved_filter_name", ["person_id", "name"], unique=True)
    with op.batch_alter_table("person") as batch:
        batch.drop_column("channels_off")
