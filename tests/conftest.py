"""Shared by all tests: real databases, a town with its people, and hazards on their way."""

from collections.abc import Iterator

import pytest
from databases import Databases, PostgresqlDatabases, SqliteDatabases, opened, postgresql_server
from sqlalchemy import Engine
from sqlmodel import Session
from town import Town, build_town

from models.engine import writing


@pytest.fixture(scope="session")
def sqlite_databases(tmp_path_factory: pytest.TempPathFactory) -> SqliteDatabases:
    return SqliteDatabases(tmp_path_factory.mktemp("sqlite"))


@pytest.fixture(scope="session")
def postgresql_databases(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PostgresqlDatabases]:
    with postgresql_server(tmp_path_factory.mktemp("pg")) as url:
        yield PostgresqlDatabases(url)


@pytest.fixture(params=["sqlite", "postgresql"])
def databases(request: pytest.FixtureRequest) -> Databases:
    return request.getfixturevalue(f"{request.param}_databases")


@pytest.fixture
def engine(databases: Databases) -> Iterator[Engine]:
    with opened(databases) as engine:
        yield engine


@pytest.fixture
def session(engine: Engine) -> Iterator[Session]:
    with writing(engine) as session:
        yield session


@pytest.fixture
def town(session: Session) -> Town:
    town = build_town(session)
    session.commit()
    return town
