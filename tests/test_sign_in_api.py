"""Signing in: tokens that work once, passwords that are counted, sessions that end, keys that cannot step up."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import Engine, func, select, update
from sqlmodel import Session, col
from starlette.testclient import TestClient

from models import Account, LoginSession, OneTimeToken
from models.engine import reading, writing
from models.errors import InvalidInput, NotAuthenticated, TooManyAttempts
from models.stage import Step
from office_api import PASSWORD, Caller, sign_in
from services import accounts, passwords, sessions
from services.sign_in import Rules, SignedIn
from services.sign_in import sign_in as sign_in_with
from town import NOON, Town, carry_to

IDLE, LONGEST = timedelta(minutes=30), timedelta(hours=12)
FIRST = "Kiln-Dust-Meadow-41"
NEWCOMER = {"name": "新来的经办人", "login": "newcomer"}


def log_in(client: TestClient, login: str, password: str = PASSWORD) -> Any:
    return client.post("/api/v1/session", json={"login": login, "password": password})


def set_password(client: TestClient, token: str, password: str = FIRST) -> Any:
    return client.post("/api/v1/first-password", json={"token": token, "password": password})


def failures(engine: Engine, login: str) -> int:
    with reading(engine) as session:
        return session.execute(select(col(Account.failed_attempts)).where(col(Account.login) == login)).scalar_one()


def age(engine: Engine, table: Any, **changes: datetime) -> None:
    with writing(engine) as session, session.begin():
        session.execute(update(table).values(**changes))


def enter(session: Session, password: str, at: datetime) -> Any:
    rules = Rules(passwords.STANDARD, officers_need_code=False, key=b"")
    return sign_in_with(session, "officer", password, "", rules=rules, at=at)


def test_a_fresh_database_has_no_account(engine: Engine):
    with reading(engine) as session:
        assert session.execute(select(func.count()).select_from(Account)).scalar_one() == 0


@pytest.mark.parametrize(("login", "password"), [("admin", "admin"), ("admin", ""), ("root", "root"), ("", "")])
def test_nobody_gets_into_a_fresh_installation(client: TestClient, login: str, password: str):
    answer = log_in(client, login, password)

    assert (answer.status_code, answer.json()["type"]) == (401, "/problems/not-authenticated")


def test_a_one_time_token_sets_a_password_once(people: dict[str, Caller], client: TestClient):
    token = people["admin"].post("/people", NEWCOMER).json()["token"]

    statuses = [set_password(client, token).status_code for _ in range(2)]

    assert statuses == [204, 401]
    assert log_in(client, "newcomer", FIRST).status_code == 201


def test_a_one_time_token_expires(people: dict[str, Caller], client: TestClient, engine: Engine):
    token = people["admin"].post("/people", NEWCOMER).json()["token"]
    age(engine, OneTimeToken, expires_at=datetime.now(UTC) - timedelta(seconds=1))

    answer = set_password(client, token)

    assert answer.status_code == 401
    assert log_in(client, "newcomer", FIRST).status_code == 401


@pytest.mark.parametrize(
    "weak", ["short", "aaaaaaaaaaaaaaaa", "newcomer-2026-x", "My-Password-2026", "linjiang-zhen-1"]
)
def test_a_weak_first_password_is_refused_and_the_token_stays_good(
    people: dict[str, Caller], client: TestClient, weak: str
):
    token = people["admin"].post("/people", NEWCOMER).json()["token"]

    refused = set_password(client, token, weak)

    assert (refused.status_code, refused.json()["type"]) == (422, "/problems/invalid-input")
    assert set_password(client, token).status_code == 204


def test_an_invitation_shows_its_token_once(people: dict[str, Caller]):
    shown, again = (people["admin"].post("/people", NEWCOMER, key="once") for _ in range(2))

    assert shown.json()["token"]
    assert (again.status_code, again.json()) == (201, {"id": shown.json()["id"], "login": "newcomer"})


def test_a_wrong_password_is_refused_and_counted(people: dict[str, Caller], client: TestClient, engine: Engine):
    answer = log_in(client, "officer", "wrong")

    assert (answer.status_code, answer.headers["www-authenticate"]) == (401, "Bearer")
    assert failures(engine, "officer") == 1


def test_an_unknown_login_is_answered_like_a_wrong_password(people: dict[str, Caller], client: TestClient):
    assert log_in(client, "nobody", "wrong").content == log_in(client, "officer", "wrong").content


def test_a_right_password_clears_the_count(people: dict[str, Caller], client: TestClient, engine: Engine):
    for _ in range(4):
        log_in(client, "officer", "wrong")

    assert log_in(client, "officer").status_code == 201
    assert failures(engine, "officer") == 0


def test_five_failures_make_the_account_wait_even_with_the_right_password(
    people: dict[str, Caller], client: TestClient
):
    for _ in range(5):
        log_in(client, "officer", "wrong")

    answer = log_in(client, "officer")

    assert (answer.status_code, answer.json()["type"]) == (429, "/problems/too-many-attempts")
    assert 0 < int(answer.headers["retry-after"]) <= 15 * 60
    assert log_in(client, "head").status_code == 201


def test_the_wait_ends_by_itself(session: Session, town: Town):
    sign_in(session, town, "officer")
    for _ in range(5):
        enter(session, "wrong", NOON)

    with pytest.raises(TooManyAttempts):
        enter(session, PASSWORD, NOON + timedelta(minutes=14, seconds=59))

    assert isinstance(enter(session, PASSWORD, NOON + timedelta(minutes=15)), SignedIn)


def test_the_wait_doubles_up_to_a_day(session: Session, town: Town):
    sign_in(session, town, "officer")
    account = session.execute(select(Account)).scalar_one()
    at, waits = NOON, []

    for _ in range(15):
        enter(session, "wrong", at)
        waits.append((account.wait_until or at) - at)
        at = account.wait_until or at

    assert waits[3:7] == [timedelta(0), timedelta(minutes=15), timedelta(minutes=30), timedelta(hours=1)]
    assert waits[-1] == timedelta(hours=24)


def test_a_disabled_account_s_session_ends_with_its_next_request(
    people: dict[str, Caller], engine: Engine, client: TestClient
):
    assert people["officer"].get("/me").status_code == 200

    age(engine, Account, disabled_at=datetime.now(UTC))

    assert people["officer"].get("/me").status_code == 401
    assert log_in(client, "officer").status_code == 401


def test_an_idle_session_ends(session: Session, town: Town):
    token = sign_in(session, town, "officer")
    seen = session.execute(select(col(LoginSession.last_seen_at))).scalar_one()

    sessions.actor_for(session, token, at=seen + timedelta(minutes=29), idle=IDLE, longest=LONGEST)
    with pytest.raises(NotAuthenticated):
        sessions.actor_for(session, token, at=seen + IDLE, idle=IDLE, longest=LONGEST)


def test_a_session_in_use_does_not_go_idle(people: dict[str, Caller], engine: Engine):
    age(engine, LoginSession, last_seen_at=datetime.now(UTC) - timedelta(minutes=29))

    people["officer"].get("/me")

    with reading(engine) as session:
        newest = session.execute(select(func.max(col(LoginSession.last_seen_at)))).scalar_one()
    assert datetime.now(UTC) - newest < timedelta(minutes=1)


def test_a_session_idle_too_long_is_refused_over_http(people: dict[str, Caller], engine: Engine):
    age(engine, LoginSession, last_seen_at=datetime.now(UTC) - timedelta(minutes=31))

    assert people["officer"].get("/me").status_code == 401


def test_a_session_ends_after_its_longest_time_however_busy(people: dict[str, Caller], engine: Engine):
    age(engine, LoginSession, opened_at=datetime.now(UTC) - timedelta(hours=12, seconds=1))

    assert people["officer"].get("/me").status_code == 401


def test_a_logged_out_token_is_refused(people: dict[str, Caller], client: TestClient):
    token = log_in(client, "officer").json()["token"]
    second = Caller(client, token)

    assert second.delete("/session").status_code == 204

    assert second.get("/me").status_code == 401
    assert people["officer"].get("/me").status_code == 200


def test_chance_never_draws_a_session_that_looks_like_a_machine_s_key(
    session: Session, town: Town, client: TestClient, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(sessions.secrets, "token_urlsafe", lambda _: f"{sessions.KEY_PREFIX}drawn")

    officer = Caller(client, sign_in(session, town, "officer"))
    session.commit()

    assert officer.get("/me").status_code == 200


@pytest.mark.parametrize(
    "header", ["", "Bearer", "Bearer ", "Bearer nonsense", "Basic b2ZmaWNlcjp4", "Bearer hf_nonsense"]
)
def test_a_request_without_a_good_token_is_refused(client: TestClient, header: str):
    answer = client.get("/api/v1/me", headers={"Authorization": header})

    assert (answer.status_code, answer.json()["type"]) == (401, "/problems/not-authenticated")


def test_the_password_entered_anew_allows_what_an_old_session_may_not(
    session: Session, town: Town, people: dict[str, Caller], engine: Engine
):
    hazard = carry_to(session, town, Step.CONFIRM_MAJOR)
    session.commit()
    age(engine, LoginSession, verified_at=datetime.now(UTC) - timedelta(minutes=31))

    def confirm() -> int:
        return people["head"].post(f"/hazards/{hazard.no}/finding-confirmation", {}, version=hazard.version).status_code

    before, verified, after = (
        confirm(),
        people["head"].post("/session/verification", {"password": PASSWORD}).status_code,
        confirm(),
    )

    assert (before, verified, after) == (403, 204, 201)


def test_a_wrong_password_entered_anew_is_refused_and_counted(people: dict[str, Caller], engine: Engine):
    answer = people["head"].post("/session/verification", {"password": "wrong"})

    assert answer.status_code == 401
    assert failures(engine, "head") == 1


def test_a_login_is_given_once(people: dict[str, Caller]):
    people["admin"].post("/people", NEWCOMER)

    answer = people["admin"].post("/people", NEWCOMER | {"name": "另一人"})

    assert (answer.status_code, answer.json()["type"]) == (422, "/problems/invalid-input")


def test_an_account_without_a_password_cannot_sign_in(people: dict[str, Caller], client: TestClient):
    people["admin"].post("/people", NEWCOMER)

    assert log_in(client, "newcomer", "").status_code == 401


def test_a_one_time_token_is_not_kept(session: Session, town: Town):
    token = accounts.invite(session, town.persons["officer"], "officer", by=None, at=NOON, valid=IDLE)

    with pytest.raises(InvalidInput):
        accounts.set_first_password(session, token, "short", at=NOON)

    assert token not in session.execute(select(col(OneTimeToken.token_hash))).scalar_one()
