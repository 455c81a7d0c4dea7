"""Open the domain database with the guarantees the promises rest on."""

import sqlite3
from threading import Lock
from typing import Any, cast

from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.engine import make_url
from sqlalchemy.exc import OperationalError
from sqlalchemy.pool import ConnectionPoolEntry
from sqlmodel import Session

from models.errors import DatabaseUnsafe

_SQLITE_PRAGMAS = ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON", "busy_timeout=10000", "secure_delete=ON")
_LONGEST_WAIT = 10.0
"""Seconds; the same as busy_timeout, which bounds the wait for other processes."""
_ITS_TURN = "its turn to write"
_POSTGRES_MUST_BE_ON = ("fsync", "full_page_writes", "synchronous_commit")


def open_engine(url: str, *, pool_size: int = 10) -> Engine:
    """The engine of the domain database.

    SQLite: WAL, full sync, foreign keys, and `BEGIN IMMEDIATE` for every transaction that may write; with
    pysqlite's own lazy BEGIN two sessions can both pass the four-eyes check and both commit.
    PostgreSQL: refuses to start when an acknowledged commit could be lost.
    What a statement was to write is never repeated by its error.

    Raises: DatabaseUnsafe.
    """
    address = make_url(url)
    if address.get_backend_name() == "sqlite":
        engine = create_engine(
            address, connect_args={"check_same_thread": False}, pool_size=pool_size, hide_parameters=True
        )
        event.listen(engine, "connect", _prepare_sqlite)
        _queue_writers(engine)
        return engine
    if address.get_backend_name() != "postgresql":
        raise DatabaseUnsafe(f"不支持的数据库 {address.get_backend_name()}：请使用 SQLite 或 PostgreSQL。")
    address = address.set(drivername="postgresql+psycopg")
    engine = create_engine(address, pool_size=pool_size, pool_pre_ping=True, hide_parameters=True)
    _refuse_unsafe_postgres(engine)
    return engine


def writing(engine: Engine) -> Session:
    """A session for one decision; on SQLite it holds the write lock from its first statement."""
    return Session(engine, expire_on_commit=False, autoflush=False)


def reading(engine: Engine) -> Session:
    """A session that only reads; on SQLite it never waits for a writer."""
    return Session(engine.execution_options(read_only=True), expire_on_commit=False, autoflush=False)


def _prepare_sqlite(connection: Any, _record: object) -> None:
    connection.isolation_level = None
    for pragma in _SQLITE_PRAGMAS:
        connection.execute(f"PRAGMA {pragma}")


def _queue_writers(engine: Engine) -> None:
    """Writers of one process wait in a queue: SQLite itself lets the waiting sleep in growing steps and wake by luck."""
    turn = Lock()

    def begin(connection: Connection) -> None:
        if connection.get_execution_options().get("read_only"):
            connection.exec_driver_sql("BEGIN")
            return
        if not turn.acquire(timeout=_LONGEST_WAIT):
            raise OperationalError("BEGIN IMMEDIATE", None, sqlite3.OperationalError("database is locked"))
        try:
            connection.exec_driver_sql("BEGIN IMMEDIATE")
        except BaseException:
            turn.release()
            raise
        connection.info[_ITS_TURN] = True

    def give_back(_connection: object, record: ConnectionPoolEntry) -> None:
        if record.info.pop(_ITS_TURN, False):
            turn.release()

    event.listen(engine, "begin", begin)
    event.listen(engine, "checkin", give_back)


def _refuse_unsafe_postgres(engine: Engine) -> None:
    with engine.connect() as connection:
        for name in _POSTGRES_MUST_BE_ON:
            value = cast(str, connection.exec_driver_sql(f"SHOW {name}").scalar_one())
            if value in {"off", "local"} and not (name == "synchronous_commit" and value == "local"):
                raise DatabaseUnsafe(f"PostgreSQL 的 {name} 为 {value}，断电会丢失已确认的决定；请设为 on 后再启动。")
