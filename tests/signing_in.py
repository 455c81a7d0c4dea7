"""Steps of signing in that several tests take: an office under other settings, codes of an app, an administrator's work."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
import time_machine
from pyotp.totp import TOTP
from sqlalchemy import Engine, select, update
from sqlmodel import Session, col
from starlette.testclient import TestClient

from api.app import make_app
from api.desk import Office
from models import Account
from models.engine import reading, writing
from models.permissions import Role
from models.tables import AUDIT_EVENT
from office_api import PASSWORD, Caller, sign_in
from services import organization, sessions
from settings import Settings
from town import Town

START = datetime(2026, 11, 23, 4, 0, 5, tzinfo=UTC)
"""Five seconds into a time step."""
STEP = timedelta(seconds=30)


@pytest.fixture(name="clock")
def stopped_clock() -> Iterator[time_machine.Traveller]:
    with time_machine.travel(START, tick=False) as traveller:
        yield traveller


@pytest.fixture(name="officer")
def officer_at_start(clock: time_machine.Traveller, session: Session, town: Town, client: TestClient) -> Caller:
    return caller(session, town, client, "officer")


@contextmanager
def office(engine: Engine, settings: Settings, **changes: Any) -> Iterator[TestClient]:
    """The application under other settings."""
    app = make_app(Office(settings.model_copy(update=changes), engine))
    with TestClient(app, raise_server_exceptions=False) as client:
        yield client


def log_in(client: TestClient, login: str, password: str = PASSWORD, **more: str) -> Any:
    return client.post("/api/v1/session", json={"login": login, "password": password, **more})


def caller(session: Session, town: Town, client: TestClient, key: str) -> Caller:
    """One person of the town, signed in."""
    token = sign_in(session, town, key)
    session.commit()
    return Caller(client, token)


def sign_in_anew(session: Session, who: Caller, person_id: str) -> None:
    """The person signs in again, after a change of roles has ended what they were signed in with."""
    account = session.execute(select(Account).where(col(Account.person_id) == person_id)).scalar_one()
    who.token = sessions.open_session(session, account, at=datetime.now(UTC))
    session.commit()


class App:
    """A person's authenticator app: it has scanned the address and shows the code of any moment."""

    def __init__(self, uri: str):
        self.totp = TOTP(parse_qs(urlsplit(uri).query)["secret"][0])

    def code(self, at: datetime | None = None) -> str:
        return self.totp.at(at or datetime.now(UTC))


def enrol(who: Caller) -> tuple[App, list[str]]:
    """The person scans and confirms; their app and their recovery codes."""
    app = App(who.post("/second-factor").json()["uri"])
    confirmed = who.post("/second-factor/confirmation", {"code": app.code()})
    assert confirmed.status_code == 201, confirmed.text
    return app, confirmed.json()["recovery_codes"]


def later(clock: time_machine.Traveller, by: timedelta = STEP) -> None:
    clock.shift(by)


def account_id(engine: Engine, login: str) -> str:
    with reading(engine) as session:
        return session.execute(select(col(Account.id)).where(col(Account.login) == login)).scalar_one()


def failures(engine: Engine, login: str) -> int:
    with reading(engine) as session:
        return session.execute(select(col(Account.failed_attempts)).where(col(Account.login) == login)).scalar_one()


def change(engine: Engine, table: Any, **changes: Any) -> None:
    with writing(engine) as session, session.begin():
        session.execute(update(table).values(**changes))


def events(engine: Engine, *kinds: str) -> list[bytes]:
    """What the office's history says of these, oldest first."""
    wanted = select(AUDIT_EVENT.c.body).where(AUDIT_EVENT.c.type.in_(kinds)).order_by(AUDIT_EVENT.c.gid)
    with reading(engine) as session:
        return list(session.execute(wanted).scalars())


def withdraw_role(engine: Engine, town: Town, who: str, role: Role, unit: str) -> None:
    """As when two administrators have agreed."""
    with writing(engine) as session, session.begin():
        organization.withdraw_role(
            session, town.persons[who], role, unit=town.units[unit], by=None, at=datetime.now(UTC)
        )
