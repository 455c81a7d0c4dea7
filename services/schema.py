"""Bring the database to this program's schema, and refuse to work on any other."""

import sqlite3
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import cast

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Engine

from models.errors import DatabaseUnsafe

_HOME = Path(__file__).resolve().parents[1]
_LOCK = 0x68617A66
"""PostgreSQL advisory lock: of two programs that migrate at once, one waits."""


def migrate(engine: Engine) -> None:
    """Upgrade to the newest schema in one transaction: afterwards it is either the old one or the new one."""
    config = _config()
    with _upgrading(engine) as connection:
        if engine.dialect.name == "postgresql":
            connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({_LOCK})")
        config.attributes["connection"] = connection
        _refuse_newer(MigrationContext.configure(connection).get_current_revision())
        command.upgrade(config, "head")


@contextmanager
def _upgrading(engine: Engine) -> Generator[Connection]:
    """One transaction. SQLite changes a constraint by writing the table anew, which foreign keys would forbid
    half-way: they rest meanwhile, and every reference is checked before the commit."""
    with engine.connect() as connection:
        if engine.dialect.name != "sqlite":
            with connection.begin():
                yield connection
            return
        raw = cast(sqlite3.Connection, connection.connection.driver_connection)
        raw.execute("PRAGMA foreign_keys=OFF")
        try:
            with connection.begin():
                yield connection
                if broken := connection.exec_driver_sql("PRAGMA foreign_key_check").all():
                    raise DatabaseUnsafe(
                        f"数据库升级后有{len(broken)}处引用不符，未作任何改动。", remedy="请恢复备份并报告。"
                    )
        finally:
            raw.execute("PRAGMA foreign_keys=ON")


def require_current(engine: Engine) -> None:
    """The database has exactly this program's schema.

    Raises: DatabaseUnsafe, telling an unmigrated database from one newer than the program.
    """
    head = _script().get_current_head()
    with engine.connect() as connection:
        present = MigrationContext.configure(connection).get_current_revision()
    if present == head:
        return
    _refuse_newer(present)
    raise DatabaseUnsafe("数据库尚未升级到本程序的版本。", remedy="请先运行 hazardflow migrate。")


def _refuse_newer(present: str | None) -> None:
    known = {script.revision for script in _script().walk_revisions()}
    if present is not None and present not in known:
        raise DatabaseUnsafe(f"数据库版本 {present} 比本程序新。", remedy="请升级程序，或恢复与本程序版本相符的备份。")


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(_HOME / "migrations"))
    return config


def _script() -> ScriptDirectory:
    return ScriptDirectory.from_config(_config())
