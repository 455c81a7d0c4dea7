"""What the database itself guarantees: history is only ever added to, on both databases."""

from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

_APPEND_ONLY = ("audit_event", "audit_leaf", "checkpoint", "decision", "evidence", "policy")


def upgrade() -> None:
    if op.get_bind().dialect.name == "sqlite":
        _protect_sqlite()
    else:
        _protect_postgresql()


def downgrade() -> None:
    postgresql = op.get_bind().dialect.name != "sqlite"
    for table in _APPEND_ONLY:
        suffix = f" ON {table}" if postgresql else ""
        for what in ("update", "delete", *(["truncate"] if postgresql else [])):
            op.execute(f"DROP TRIGGER {table}_no_{what}{suffix}")
    if postgresql:
        op.execute("DROP FUNCTION refuse_change()")
        op.execute("ALTER TABLE audit_event ALTER COLUMN txid SET DEFAULT 0")


def _protect_sqlite() -> None:
    for table in _APPEND_ONLY:
        for what in ("update", "delete"):
            op.execute(
                f"CREATE TRIGGER {table}_no_{what} BEFORE {what.upper()} ON {table} "
                f"BEGIN SELECT RAISE(ABORT, '{table} is append-only'); END"
            )


def _protect_postgresql() -> None:
    op.execute(
        "CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS "
        "$$ BEGIN RAISE EXCEPTION '% is append-only', TG_TABLE_NAME; END $$"
    )
    for table in _APPEND_ONLY:
        for what, each in (("update", "ROW"), ("delete", "ROW"), ("truncate", "STATEMENT")):
            op.execute(
                f"CREATE TRIGGER {table}_no_{what} BEFORE {what.upper()} ON {table} "
                f"FOR EACH {each} EXECUTE FUNCTION refuse_change()"
            )
    # The sealer seals only what lies below the oldest transaction still running.
    op.execute("ALTER TABLE audit_event ALTER COLUMN txid SET DEFAULT pg_current_xact_id()::text::bigint")
