"""Saved filters of the ledger, and the indexes of the supervision board and the inbox."""

import sqlalchemy as sa
from alembic import op

from models.columns import UtcDateTime

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

_OPEN = sa.text("closed_at IS NULL")
_LISTED = sa.text("closed_at IS NULL AND listing_level <> 'NONE'")
_OFFICE = sa.text("closed_at IS NULL AND coalesce(unit_id, enterprise_id) IS NULL")
_ANSWER = sa.text("closed_at IS NULL AND kind = 'answer_letter'")


def upgrade() -> None:
    op.create_table(
        "saved_filter",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("person_id", sa.String(), nullable=False),
        sa.Column("unit_id", sa.String(), nullable=True),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("query", sa.String(), nullable=False),
        sa.Column("saved_at", UtcDateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_saved_filter_person_id_person")),
        sa.ForeignKeyConstraint(["unit_id"], ["unit.id"], name=op.f("fk_saved_filter_unit_id_unit")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_saved_filter")),
    )
    op.create_index("uq_saved_filter_name", "saved_filter", ["person_id", "name"], unique=True)
    op.create_index("ix_saved_filter_unit", "saved_filter", ["unit_id"])
    op.create_index(
        "ix_hazard_open_due", "hazard", ["due_at", "lead_unit_id"], sqlite_where=_OPEN, postgresql_where=_OPEN
    )
    op.create_index("ix_hazard_listed", "hazard", ["lead_unit_id"], sqlite_where=_LISTED, postgresql_where=_LISTED)
    op.create_index(
        "ix_deadline_running", "deadline", ["clock", "due_at", "hazard_id"], sqlite_where=_OPEN, postgresql_where=_OPEN
    )
    op.create_index(
        "ix_work_item_office_due",
        "work_item",
        ["due_at", "id", "roles"],
        sqlite_where=_OFFICE,
        postgresql_where=_OFFICE,
    )
    op.create_index("ix_work_item_answer", "work_item", ["hazard_id"], sqlite_where=_ANSWER, postgresql_where=_ANSWER)


def downgrade() -> None:
    op.drop_index("ix_work_item_answer", "work_item")
    op.drop_index("ix_work_item_office_due", "work_item")
    op.drop_index("ix_deadline_running", "deadline")
    op.drop_index("ix_hazard_listed", "hazard")
    op.drop_index("ix_hazard_open_due", "hazard")
    op.drop_table("saved_filter")
