"""Password profiles: what is asked, what expires, what may not come back."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
from sqlalchemy import Engine, func, select
from sqlmodel import Session
from starlette.testclient import TestClient

from models import Account, PastPassword
from models.engine import reading
from office_api import PASSWORD, Caller, assert_refused
from settings import Settings
from signing_in import caller, change, events, failures, log_in, office
from town import Town

NEW = "Kiln-Dust-Meadow-41"


@pytest.fixture
def officer(session: Session, town: Town, client: TestClient) -> Caller:
    return caller(session, town, client, "officer")


@pytest.fixture
def dengbao(officer: Caller, engine: Engine, app_settings: Settings) -> Iterator[TestClient]:
    """The office under the profile of 等保; the officer has an account in it."""
    with office(engine, app_settings, password_profile="dengbao") as client:
        yield client


def renew(who: Caller, current: str, new: str) -> int:
    return who.post("/password", {"current": current, "password": new}).status_code


def test_a_person_changes_their_password_and_their_other_sessions_end(officer: Caller, client: TestClient):
    other = Caller(client, log_in(client, "officer").json()["token"])

    assert renew(officer, PASSWORD, NEW) == 204

    assert (other.get("/me").status_code, officer.get("/me").status_code) == (401, 200)
    assert [log_in(client, "officer", entered).status_code for entered in (PASSWORD, NEW)] == [401, 201]


def test_a_wrong_present_password_changes_nothing_and_is_counted(officer: Caller, client: TestClient, engine: Engine):
    assert renew(officer, "wrong", NEW) == 401

    assert failures(engine, "officer") == 1
    assert log_in(client, "officer").status_code == 201


def test_a_stolen_session_cannot_try_passwords_without_end(officer: Caller):
    assert [renew(officer, "wrong", NEW) for _ in range(6)] == [401] * 5 + [429]


@pytest.mark.parametrize(
    ("profile", "password", "status"),
    [("standard", "elevenchars", 422), ("standard", "twelve-chars", 204), ("dengbao", "Twelve-12", 422),
     ("dengbao", "Twelve-123", 204), ("dengbao", "only-lower-case", 422), ("dengbao", "lower-and-123", 204),
     ("dengbao", "lower9and9123", 422), ("dengbao", "Aa1Aa1Aa1Aa1", 422), ("dengbao", "My-Password-1", 422),
     ("dengbao", "Officer-2026-x", 422), ("standard", "x" * 201, 422), ("standard", "长江边上有一座山叫石宝寨", 204)],
)  # fmt: skip
def test_each_profile_asks_what_it_says(
    officer: Caller, engine: Engine, app_settings: Settings, profile: str, password: str, status: int
):
    with office(engine, app_settings, password_profile=profile) as client:
        assert renew(Caller(client, officer.token), PASSWORD, password) == status


def test_a_refusal_names_the_profile_s_rule(officer: Caller, dengbao: TestClient):
    answer = Caller(dengbao, officer.token).post("/password", {"current": PASSWORD, "password": "short"})

    assert_refused(answer, 422, "invalid-input")
    assert "至少10个字符" in answer.json()["rule"]
    assert "最近5次" in answer.json()["rule"]


def test_the_last_five_passwords_may_not_come_back(officer: Caller, dengbao: TestClient, engine: Engine):
    who, used = Caller(dengbao, officer.token), [PASSWORD, *(f"Meadow-{number}-Kiln" for number in range(1, 7))]
    for current, new in pairwise(used):
        assert renew(who, current, new) == 204

    assert [renew(who, used[-1], old) for old in used[2:]] == [422] * 5
    assert renew(who, used[-1], used[1]) == 204
    with reading(engine) as session:
        assert session.execute(select(func.count()).select_from(PastPassword)).scalar_one() == 5


def test_under_the_standard_profile_no_past_password_is_kept(officer: Caller, engine: Engine):
    assert [renew(officer, PASSWORD, NEW), renew(officer, NEW, PASSWORD)] == [204, 204]
    with reading(engine) as session:
        assert session.execute(select(func.count()).select_from(PastPassword)).scalar_one() == 0


def test_after_ninety_days_a_password_is_good_only_for_changing_it(dengbao: TestClient, engine: Engine):
    change(engine, Account, password_set_at=datetime.now(UTC) - timedelta(days=90))
    told = log_in(dengbao, "officer").json()
    who = Caller(dengbao, told["token"])

    before = who.get("/hazards")
    changed = renew(who, PASSWORD, NEW)

    assert told["missing"] == "new_password"
    assert_refused(before, 403, "not-permitted")
    assert (changed, who.get("/hazards").status_code) == (204, 200)


def test_until_then_it_is_good_for_everything(dengbao: TestClient, engine: Engine):
    change(engine, Account, password_set_at=datetime.now(UTC) - timedelta(days=89, hours=23))

    assert "missing" not in log_in(dengbao, "officer").json()


def test_a_password_older_than_the_profile_counts_from_the_account_s_first_day(dengbao: TestClient, engine: Engine):
    change(engine, Account, password_set_at=None, created_at=datetime.now(UTC) - timedelta(days=91))

    assert log_in(dengbao, "officer").json()["missing"] == "new_password"


def test_under_the_standard_profile_nothing_expires(officer: Caller, client: TestClient, engine: Engine):
    change(engine, Account, password_set_at=datetime.now(UTC) - timedelta(days=9000))

    assert "missing" not in log_in(client, "officer").json()


def test_a_first_password_is_held_to_the_profile(session: Session, town: Town, client: TestClient, dengbao: TestClient):
    admin = Caller(dengbao, caller(session, town, client, "admin").token)
    token = admin.post("/people", {"name": "新来的", "login": "newcomer"}).json()["token"]

    def first(password: str) -> int:
        return dengbao.post("/api/v1/first-password", json={"token": token, "password": password}).status_code

    assert [first("all-lower-case-words"), first("Meadow-Kiln-1")] == [422, 204]


def test_a_change_of_password_is_in_the_history_without_it(officer: Caller, engine: Engine):
    renew(officer, PASSWORD, NEW)

    (event,) = events(engine, "PASSWORD_SET")
    assert NEW.encode() not in event
    assert PASSWORD.encode() not in event
