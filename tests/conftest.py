"""Shared by all tests: real databases, a town with its people, and hazards on their way."""

from collections.abc import Iterator
from pathlib import Path
from threading import Thread

import pytest
from sqlalchemy import Engine
from sqlmodel import Session
from starlette.testclient import TestClient

from api.app import make_app
from api.desk import Office
from browsing import Browser
from bundles import auditor, export, history, zipped
from databases import Databases, PostgresqlDatabases, SqliteDatabases, opened, postgresql_server
from flows import context
from models.engine import writing
from office_api import Caller, sign_in, sign_in_all
from receivers import Desk
from services.offline_verify import verify_bundle
from serving import with_pages
from settings import Settings, settings
from story import Story
from town import Town, add_second_clerk


@pytest.fixture(scope="session")
def sqlite_databases(tmp_path_factory: pytest.TempPathFactory) -> SqliteDatabases:
    return SqliteDatabases(tmp_path_factory.mktemp("sqlite"))


@pytest.fixture(scope="session")
def postgresql_databases() -> Iterator[PostgresqlDatabases]:
    with postgresql_server() as url:
        found = PostgresqlDatabases(url)
        yield found
        found.reset_engine.dispose()


@pytest.fixture(params=["sqlite", "postgresql"])
def databases(request: pytest.FixtureRequest) -> Databases:
    return request.getfixturevalue(f"{request.param}_databases")


@pytest.fixture
def engine(databases: Databases, request: pytest.FixtureRequest) -> Iterator[Engine]:
    with opened(databases, with_town="town" in request.fixturenames) as engine:
        yield engine


@pytest.fixture
def session(engine: Engine) -> Iterator[Session]:
    with writing(engine) as session:
        yield session


@pytest.fixture
def town(databases: Databases) -> Town:
    """The town that lies in this test's database."""
    settled = databases.town
    return Town(dict(settled.units), settled.enterprise, dict(settled.persons), dict(settled.actors))


@pytest.fixture
def app_settings(tmp_path: Path) -> Settings:
    return Settings(data_dir=tmp_path)  # pyright: ignore[reportCallIssue]  # the other fields have defaults


@pytest.fixture
def flows_here(engine: Engine, app_settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Flows of this process work on the test's database; they may send to this host."""
    monkeypatch.setenv("HAZARDFLOW_DATA_DIR", str(app_settings.data_dir))
    monkeypatch.setenv("HAZARDFLOW_DATABASE_URL", engine.url.render_as_string(hide_password=False))
    monkeypatch.setenv("HAZARDFLOW_PRIVATE_WEBHOOKS", "127.0.0.1")
    settings.cache_clear()
    context.engine.cache_clear()
    opened_once = context.engine()
    yield
    opened_once.dispose()
    context.engine.cache_clear()
    settings.cache_clear()


@pytest.fixture
def desk() -> Iterator[Desk]:
    with Desk() as server:
        thread = Thread(target=server.serve_forever, args=(0.02,))
        thread.start()
        yield server
        server.shutdown()
        thread.join()


@pytest.fixture
def client(engine: Engine, app_settings: Settings) -> TestClient:
    """The application without its life beside the requests: nothing sweeps the ladder while a test looks on."""
    return TestClient(make_app(Office(app_settings, engine)), raise_server_exceptions=False)


@pytest.fixture
def people(session: Session, town: Town, client: TestClient) -> dict[str, Caller]:
    """Everybody in town, signed in."""
    return sign_in_all(session, town, client)


@pytest.fixture
def office(session: Session, town: Town, people: dict[str, Caller]) -> dict[str, Caller]:
    """Everybody in town, signed in, and a second clerk: what one of the committee office proposes another approves."""
    add_second_clerk(session, town)
    people["second_clerk"] = Caller(people["clerk"].client, sign_in(session, town, "second_clerk"))
    session.commit()
    return people


@pytest.fixture
def story(engine: Engine, town: Town, app_settings: Settings) -> Story:
    """The office on a day that the test sets."""
    return Story(engine, town, app_settings)


@pytest.fixture
def browsers(story: Story) -> dict[str, Browser]:
    """Everybody of the story at a browser of their own, signed in."""
    app = with_pages(story.client.app)  # pyright: ignore[reportArgumentType]  # the FastAPI application
    return {key: Browser(app).signed_in(caller.token) for key, caller in story.people.items()}


@pytest.fixture
def files() -> dict[str, bytes]:
    return export(history())


@pytest.fixture
def run(tmp_path: Path):
    """Verify as the program does and as an auditor does, on bare Python; both must say the same."""

    def run(files, *anchors, keys=()):
        path = zipped(files, tmp_path / "bundle.zip")
        report = verify_bundle(path, anchors, keys)
        options = [part for anchor in anchors for part in ("--anchor", anchor)] + [
            part for key in keys for part in ("--key", key)
        ]
        alone = auditor([path, *options], tmp_path)
        assert (alone.returncode, alone.stdout.splitlines()) == (report.exit_code, report.lines), alone.stderr
        return report.exit_code, "\n".join(line for line in report.lines if line.startswith("✘"))

    return run
