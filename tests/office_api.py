"""The office over HTTP: the application on a test database, and people who are signed in."""

from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import count
from typing import Any

from pwdlib import PasswordHash
from pwdlib.hashers.argon2 import Argon2Hasher
from sqlalchemy import Engine, func, select
from sqlmodel import Session
from starlette.testclient import TestClient

from models import Account
from models.engine import reading
from models.tables import AUDIT_EVENT, DECISION, HAZARD, OUTBOX, TABLES
from services import accounts
from town import Town

PASSWORD = "Correct-Horse-7788"
QUICK = PasswordHash((Argon2Hasher(time_cost=1, memory_cost=8, parallelism=1),))
_KEYS = count(1)


@dataclass
class Caller:
    """A signed-in person's HTTP client; a fresh Idempotency-Key for each request unless told."""

    client: TestClient
    token: str
    headers: dict[str, str] = field(default_factory=dict)

    def get(self, path: str, **options: Any):
        return self.client.get(f"/api/v1{path}", headers=self._headers({}), **options)

    def post(self, path: str, body: Any = None, *, key: str | None = None, version: int | None = None, **options: Any):
        extra = {"Idempotency-Key": key or f"test-{next(_KEYS)}"}
        extra |= {"If-Match": f'"{version}"'} if version else {}
        if "content" in options:
            extra |= {"Content-Type": "application/json"}
        else:
            options["json"] = body
        return self.client.post(f"/api/v1{path}", headers=self._headers(extra), **options)

    def upload(self, name: str, content: bytes, *, key: str | None = None):
        extra = {"Idempotency-Key": key or f"test-{next(_KEYS)}"}
        return self.client.post("/api/v1/evidence", files={"file": (name, content)}, headers=self._headers(extra))

    def put(self, path: str, body: Any = None, *, key: str | None = None):
        extra = {"Idempotency-Key": key or f"test-{next(_KEYS)}"}
        return self.client.put(f"/api/v1{path}", headers=self._headers(extra), json=body)

    def delete(self, path: str, **options: Any):
        extra = {"Idempotency-Key": f"test-{next(_KEYS)}"}
        return self.client.delete(f"/api/v1{path}", headers=self._headers(extra), **options)

    def _headers(self, extra: dict[str, str]) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.token}"} | self.headers | extra


def sign_in(session: Session, town: Town, key: str, *, login: str | None = None) -> str:
    """An account with a password for this person, and a session of it."""
    at = datetime.now(UTC)
    account = Account(
        person_id=town.persons[key].id,
        login=login or key.replace("_", "-"),
        password_hash=QUICK.hash(PASSWORD),
        created_at=at,
    )
    session.add(account)
    session.flush()
    return accounts.open_session(session, account, at=at)


def sign_in_all(session: Session, town: Town, client: TestClient) -> dict[str, Caller]:
    callers = {key: Caller(client, sign_in(session, town, key)) for key in town.persons}
    session.commit()
    return callers


def engine_of(session: Session) -> Engine:
    return session.get_bind().engine


def counts(engine: Engine) -> list[int]:
    """How many rows a decision would add to."""
    tables = (HAZARD, DECISION, AUDIT_EVENT, OUTBOX, TABLES["idempotency_key"])
    with reading(engine) as session:
        return [session.execute(select(func.count()).select_from(table)).scalar_one() for table in tables]


def assert_refused(answer: Any, status: int, slug: str) -> None:
    problem = answer.json()
    assert (answer.status_code, problem["type"]) == (status, f"/problems/{slug}"), answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    assert is_chinese(problem["detail"]), problem["detail"]
    assert is_chinese(problem["remedy"])


def is_chinese(text: str) -> bool:
    return any("一" <= char <= "鿿" for char in text)
