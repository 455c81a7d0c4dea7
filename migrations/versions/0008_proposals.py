"""Proposals that a second person decides, the office's own notice templates, and roles that exclude one another."""

import sqlalchemy as sa
from alembic import op

from models.columns import UtcDateTime

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

_UNDECIDED = sa.text("decided_at IS NULL")
_FIXED = ("id", "kind", "payload", "summary", "concerns", "proposed_by", "proposed_at")
_CONFLICT = """(NEW.role = 'EN') <> (SELECT enterprise_id IS NOT NULL FROM person WHERE id = NEW.person_id)
    OR EXISTS (SELECT 1 FROM role_grant g WHERE g.person_id = NEW.person_id AND g.id <> NEW.id AND g.role <> NEW.role
               AND (g.role IN ('AD', 'AU', 'EN') OR NEW.role IN ('AD', 'AU', 'EN')))"""
_ESTRANGED = """EXISTS (SELECT 1 FROM role_grant g
    WHERE g.person_id = NEW.id AND (g.role = 'EN') <> (NEW.enterprise_id IS NOT NULL))"""
_ROLES = "roles that exclude one another"


def upgrade() -> None:
    op.create_table(
        "proposal",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("payload", sa.String(), nullable=False),
        sa.Column("summary", sa.String(), nullable=False),
        sa.Column("concerns", sa.String(), nullable=True),
        sa.Column("proposed_by", sa.String(), nullable=False),
        sa.Column("proposed_at", UtcDateTime(timezone=True), nullable=False),
        sa.Column("decided_by", sa.String(), nullable=True),
        sa.Column("decided_at", UtcDateTime(timezone=True), nullable=True),
        sa.Column("outcome", sa.String(), nullable=True),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("alone", sa.Boolean(), nullable=False),
        sa.Column("result", sa.String(), nullable=False),
        sa.CheckConstraint("(outcome IS NULL) = (decided_at IS NULL)", name=op.f("ck_proposal_decided_with_outcome")),
        sa.CheckConstraint("outcome IN ('APPROVED', 'REFUSED', 'WITHDRAWN')", name=op.f("ck_proposal_outcome_known")),
        sa.CheckConstraint(
            "(decided_by IS NULL) = (outcome IS NULL OR alone)", name=op.f("ck_proposal_somebody_decided")
        ),
        sa.CheckConstraint(
            "decided_by IS NULL OR (decided_by = proposed_by) = (outcome = 'WITHDRAWN')",
            name=op.f("ck_proposal_second_person"),
        ),
        sa.CheckConstraint(
            "concerns IS NULL OR (concerns <> proposed_by AND (decided_by IS NULL OR concerns <> decided_by))",
            name=op.f("ck_proposal_third_person"),
        ),
        *(
            sa.ForeignKeyConstraint([name], ["person.id"], name=op.f(f"fk_proposal_{name}_person"))
            for name in ("concerns", "proposed_by", "decided_by")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_proposal")),
    )
    op.create_index(
        "ix_proposal_waiting", "proposal", ["proposed_at", "id"], sqlite_where=_UNDECIDED, postgresql_where=_UNDECIDED
    )
    op.create_index("ix_proposal_proposed", "proposal", ["proposed_at", "id"])
    op.create_table(
        "notice_template",
        sa.Column("topic", sa.String(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("subject", sa.String(), nullable=False),
        sa.Column("body", sa.String(), nullable=False),
        sa.Column("created_at", UtcDateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("topic", "version", name=op.f("pk_notice_template")),
    )
    if op.get_bind().dialect.name == "sqlite":
        _guard_sqlite()
    else:
        _guard_postgresql()


def downgrade() -> None:
    raise NotImplementedError("what two persons decided cannot be told by the schema before it: restore a backup")


def _changed(differs: str) -> str:
    """Decided before, or anything but its decision touched; `differs` is the comparison that minds NULL."""
    return " OR ".join(["OLD.decided_at IS NOT NULL", *(f"NEW.{name} {differs} OLD.{name}" for name in _FIXED)])


def _guard_sqlite() -> None:
    _on_sqlite("proposal_decided_once", "UPDATE ON proposal", "a proposal is decided once", _changed("IS NOT"))
    _on_sqlite("proposal_no_delete", "DELETE ON proposal", "proposal is append-only")
    for what in ("update", "delete"):
        _on_sqlite(f"notice_template_no_{what}", f"{what.upper()} ON notice_template", "notice_template is append-only")
    for what in ("insert", "update"):
        _on_sqlite(f"role_grant_apart_{what}", f"{what.upper()} ON role_grant", _ROLES, _CONFLICT)
    _on_sqlite("person_apart", "UPDATE OF enterprise_id ON person", _ROLES, _ESTRANGED)


def _on_sqlite(name: str, what: str, message: str, when: str = "") -> None:
    condition = f"WHEN {when} " if when else ""
    op.execute(f"CREATE TRIGGER {name} BEFORE {what} {condition}BEGIN SELECT RAISE(ABORT, '{message}'); END")


def _guard_postgresql() -> None:
    changed = _changed("IS DISTINCT FROM")
    _on_postgresql("proposal_decided_once", "UPDATE ON proposal", "a proposal is decided once", changed)
    for what, each in (("update", "ROW"), ("delete", "ROW"), ("truncate", "STATEMENT")):
        for table in ("proposal", "notice_template"):
            if (table, what) != ("proposal", "update"):
                op.execute(
                    f"CREATE TRIGGER {table}_no_{what} BEFORE {what.upper()} ON {table} "
                    f"FOR EACH {each} EXECUTE FUNCTION refuse_change()"
                )
    # Of two grants to one person at once the second waits for the first and then sees it.
    lock = "PERFORM 1 FROM person WHERE id = NEW.person_id FOR UPDATE;"
    _on_postgresql("role_grant_apart", "INSERT OR UPDATE ON role_grant", _ROLES, _CONFLICT, before=lock)
    _on_postgresql("person_apart", "UPDATE OF enterprise_id ON person", _ROLES, _ESTRANGED)


def _on_postgresql(name: str, what: str, message: str, when: str, *, before: str = "") -> None:
    op.execute(
        f"CREATE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN {before} IF {when} THEN "
        f"RAISE EXCEPTION '{message}' USING ERRCODE = 'check_violation'; END IF; RETURN NEW; END $$"
    )
    op.execute(f"CREATE TRIGGER {name} BEFORE {what} FOR EACH ROW EXECUTE FUNCTION {name}()")
