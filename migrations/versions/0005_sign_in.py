"""How people prove who they are: profiles, second factors, the identity provider, what a session or key is good for."""

from typing import Any

import sqlalchemy as sa
from alembic import op

from models.columns import UtcDateTime

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("account") as batch:
        batch.add_column(sa.Column("password_set_at", UtcDateTime(timezone=True), nullable=True))
        batch.add_column(sa.Column("oidc_subject", sa.String(), nullable=True))
        batch.create_unique_constraint("uq_account_oidc_subject", ["oidc_subject"])
    with op.batch_alter_table("login_session") as batch:
        batch.add_column(sa.Column("means", sa.String(), nullable=False, server_default="password"))
        batch.add_column(sa.Column("scope", sa.String(), nullable=True))
    with op.batch_alter_table("api_key") as batch:
        batch.add_column(sa.Column("scope", sa.String(), nullable=True))
    op.create_table(
        "second_factor",
        sa.Column("account_id", sa.String(), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.Column("enrolled_at", UtcDateTime(timezone=True), nullable=False),
        sa.Column("confirmed_at", UtcDateTime(timezone=True), nullable=True),
        sa.Column("last_step", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name=op.f("fk_second_factor_account_id_account")),
        sa.PrimaryKeyConstraint("account_id", name=op.f("pk_second_factor")),
    )
    _of_account("recovery_code", "code_hash", sa.Column("used_at", UtcDateTime(timezone=True), nullable=True))
    _of_account(
        "past_password", "id", sa.Column("password_hash", sa.String(), nullable=False),
        sa.Column("set_at", UtcDateTime(timezone=True), nullable=False),
    )  # fmt: skip
    op.create_table(
        "oidc_request",
        sa.Column("state_hash", sa.String(), nullable=False),
        sa.Column("browser_hash", sa.String(), nullable=False),
        sa.Column("nonce", sa.String(), nullable=False),
        sa.Column("code_verifier", sa.String(), nullable=False),
        sa.Column("expires_at", UtcDateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("state_hash", name=op.f("pk_oidc_request")),
    )
    op.create_index("ix_oidc_request_expires_at", "oidc_request", ["expires_at"])


def downgrade() -> None:
    for table in ("oidc_request", "past_password", "recovery_code", "second_factor"):
        op.drop_table(table)
    with op.batch_alter_table("api_key") as batch:
        batch.drop_column("scope")
    with op.batch_alter_table("login_session") as batch:
        batch.drop_column("scope")
        batch.drop_column("means")
    with op.batch_alter_table("account") as batch:
        batch.drop_constraint("uq_account_oidc_subject", type_="unique")
        batch.drop_column("oidc_subject")
        batch.drop_column("password_set_at")


def _of_account(table: str, key: str, *columns: sa.Column[Any]) -> None:
    """A table of rows that belong to an account."""
    op.create_table(
        table,
        sa.Column(key, sa.String(), nullable=False),
        sa.Column("account_id", sa.String(), nullable=False),
        *columns,
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name=op.f(f"fk_{table}_account_id_account")),
        sa.PrimaryKeyConstraint(key, name=op.f(f"pk_{table}")),
    )
    op.create_index(f"ix_{table}_account_id", table, ["account_id"])
