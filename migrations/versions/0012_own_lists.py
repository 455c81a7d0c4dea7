"""Indexes of what is one's own: unread notices, what one has decided."""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

_UNREAD = sa.text("channel_id = 'inapp' AND read_at IS NULL")


def upgrade() -> None:
    op.create_index("ix_notice_unread", "notice", ["person_id", "id"], sqlite_where=_UNREAD, postgresql_where=_UNREAD)
    op.create_index("ix_decision_person", "decision", ["person_id", "decided_at", "id"])
    op.drop_index("ix_decision_person_id", table_name="decision")


def downgrade() -> None:
    op.create_index("ix_decision_person_id", "decision", ["person_id"])
    op.drop_index("ix_decision_person", table_name="decision")
    op.drop_index("ix_notice_unread", table_name="notice")
