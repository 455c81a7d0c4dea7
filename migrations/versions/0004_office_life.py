"""Office life: delegations, deputies, hand-overs, urging, copies, instructions, comments, follow-ups; messages of no hazard."""

import sqlalchemy as sa
from alembic import op

from models.columns import UtcDateTime

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

_WAITING, _IN_FORCE = sa.text("done_at IS NULL"), sa.text("revoked_at IS NULL")


def upgrade() -> None:
    with op.batch_alter_table("outbox_message") as batch:
        batch.drop_index("ix_outbox_message_due")
        batch.alter_column("hazard_id", existing_type=sa.String(), nullable=True)
        batch.create_index("ix_outbox_message_due", ["due_at", "id"], sqlite_where=_WAITING, postgresql_where=_WAITING)
    _standing_in()
    _words()
    _protect_comments()


def downgrade() -> None:
    raise NotImplementedError("history that names delegations cannot be told by the earlier schema: restore a backup")


def _standing_in() -> None:
    op.create_table(
        "delegation",
        _id(), _person("delegator_id"), _person("delegate_id"), _text("unit_id"), _text("from_on"), _text("until_on"),
        _text("ground"), _text("reason"), _person("made_by"), _moment("made_at"), _moment("revoked_at", nullable=True),
        sa.CheckConstraint("delegate_id <> delegator_id", name=op.f("ck_delegation_two_persons")),
        sa.CheckConstraint("until_on >= from_on", name=op.f("ck_delegation_days_in_order")),
        *_to_persons("delegation", "delegator_id", "delegate_id", "made_by"), _to("delegation", "unit_id", "unit"),
        _key("delegation", "id"),
    )  # fmt: skip
    op.create_index(
        "ix_delegation_delegate", "delegation", ["delegate_id"], sqlite_where=_IN_FORCE, postgresql_where=_IN_FORCE
    )
    op.create_index("ix_delegation_delegator", "delegation", ["delegator_id"])
    op.create_table(
        "delegation_day",
        _person("delegator_id"), _text("unit_id"), _text("day"), _text("delegation_id"),
        *_to_persons("delegation_day", "delegator_id"), _to("delegation_day", "unit_id", "unit"),
        _to("delegation_day", "delegation_id", "delegation"), _key("delegation_day", "delegator_id", "unit_id", "day"),
    )  # fmt: skip
    op.create_index(op.f("ix_delegation_day_delegation_id"), "delegation_day", ["delegation_id"])
    op.create_table(
        "unit_deputy",
        _text("unit_id"), _person("person_id"), _person("named_by"), _moment("named_at"),
        _to("unit_deputy", "unit_id", "unit"), *_to_persons("unit_deputy", "person_id", "named_by"),
        _key("unit_deputy", "unit_id"),
    )  # fmt: skip
    op.create_index(op.f("ix_unit_deputy_person_id"), "unit_deputy", ["person_id"])
    op.create_table(
        "handover",
        _id(), _person("leaver_id"), _person("successor_id"), _text("reason"), sa.Column("moved", sa.Integer(), nullable=False),
        _person("made_by"), _moment("made_at"), *_to_persons("handover", "leaver_id", "successor_id", "made_by"),
        _key("handover", "id"),
    )  # fmt: skip
    op.create_index(op.f("ix_handover_leaver_id"), "handover", ["leaver_id"])


def _words() -> None:
    op.create_table(
        "urging",
        _id(), _text("item_id"), _person("urger_id"), _text("day"), _moment("urged_at"), _text("words"),
        _to("urging", "item_id", "work_item"), *_to_persons("urging", "urger_id"), _key("urging", "id"),
    )  # fmt: skip
    op.create_index("uq_urging_day", "urging", ["item_id", "urger_id", "day"], unique=True)
    op.create_table(
        "hazard_copy",
        _id(), _text("hazard_id"), _person("person_id"), _text("words"), _person("copied_by"), _moment("copied_at"),
        _moment("revoked_at", nullable=True), sa.Column("revoked_by", sa.String(), nullable=True),
        _to("hazard_copy", "hazard_id", "hazard"), *_to_persons("hazard_copy", "person_id", "copied_by", "revoked_by"),
        _key("hazard_copy", "id"),
    )  # fmt: skip
    op.create_index(
        "uq_hazard_copy_in_force", "hazard_copy", ["person_id", "hazard_id"], unique=True, sqlite_where=_IN_FORCE,
        postgresql_where=_IN_FORCE,
    )  # fmt: skip
    op.create_index("ix_hazard_copy_hazard", "hazard_copy", ["hazard_id"])
    op.create_table(
        "instruction",
        _id(), _text("hazard_id"), _person("leader_id"), _text("words"), sa.Column("unit_id", sa.String(), nullable=True),
        _moment("due_at", nullable=True), _moment("instructed_at"), sa.Column("answer", sa.String(), nullable=True),
        sa.Column("answered_by", sa.String(), nullable=True), _moment("answered_at", nullable=True),
        sa.CheckConstraint("(answered_at IS NULL) = (answer IS NULL)", name=op.f("ck_instruction_answered_with_words")),
        _to("instruction", "hazard_id", "hazard"), _to("instruction", "unit_id", "unit"),
        *_to_persons("instruction", "leader_id", "answered_by"), _key("instruction", "id"),
    )  # fmt: skip
    op.create_index("ix_instruction_hazard", "instruction", ["hazard_id", "instructed_at"])
    op.create_table(
        "comment",
        _id(), _text("hazard_id"), _person("person_id"), _text("words"), sa.Column("for_enterprise", sa.Boolean(), nullable=False),
        _text("mentioned"), _moment("written_at"), _to("comment", "hazard_id", "hazard"),
        *_to_persons("comment", "person_id"), _key("comment", "id"),
    )  # fmt: skip
    op.create_index("ix_comment_hazard", "comment", ["hazard_id", "written_at"])
    op.create_table(
        "follow_up",
        _person("person_id"), _text("item_id"), _moment("at"), *_to_persons("follow_up", "person_id"),
        _to("follow_up", "item_id", "work_item"), _key("follow_up", "person_id", "item_id"),
    )  # fmt: skip


def _protect_comments() -> None:
    """A comment is never changed, on both databases."""
    if op.get_bind().dialect.name == "sqlite":
        for what in ("update", "delete"):
            op.execute(
                f"CREATE TRIGGER comment_no_{what} BEFORE {what.upper()} ON comment "
                "BEGIN SELECT RAISE(ABORT, 'comment is append-only'); END"
            )
        return
    for what, each in (("update", "ROW"), ("delete", "ROW"), ("truncate", "STATEMENT")):
        op.execute(
            f"CREATE TRIGGER comment_no_{what} BEFORE {what.upper()} ON comment "
            f"FOR EACH {each} EXECUTE FUNCTION refuse_change()"
        )


def _id() -> sa.Column[str]:
    return _text("id")


def _text(name: str) -> sa.Column[str]:
    return sa.Column(name, sa.String(), nullable=False)


_person = _text
"""A column that names a person."""


def _moment(name: str, *, nullable: bool = False) -> sa.Column[object]:
    return sa.Column(name, UtcDateTime(timezone=True), nullable=nullable)


def _key(table: str, *columns: str) -> sa.PrimaryKeyConstraint:
    return sa.PrimaryKeyConstraint(*columns, name=op.f(f"pk_{table}"))


def _to(table: str, column: str, target: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint([column], [f"{target}.id"], name=op.f(f"fk_{table}_{column}_{target}"))


def _to_persons(table: str, *columns: str) -> list[sa.ForeignKeyConstraint]:
    return [_to(table, column, "person") for column in columns]
