"""What a second factor is asked for: proof anew, officers who need one, resets, and what the history says."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import time_machine
from sqlalchemy import Engine, select
from sqlmodel import Session
from starlette.testclient import TestClient

from models import LoginSession, RecoveryCode, SecondFactor
from models.engine import reading
from models.stage import Step
from office_api import PASSWORD, Caller, assert_refused
from settings import Settings
from signing_in import (
    STEP,
    account_id,
    caller,
    change,
    enrol,
    events,
    failures,
    log_in,
    office,
    officer_at_start,  # noqa: F401  # the fixture officer
    stopped_clock,  # noqa: F401  # the fixture clock
)
from town import Town, carry_to


@pytest.mark.parametrize("proof", ["password", "code"])
def test_password_or_code_entered_anew_allows_what_an_old_session_may_not(
    officer: Caller,
    session: Session,
    town: Town,
    client: TestClient,
    engine: Engine,
    clock: time_machine.Traveller,
    proof: str,
):
    hazard = carry_to(session, town, Step.CONFIRM_MAJOR)
    head = caller(session, town, client, "head")
    app, _ = enrol(head)
    change(engine, LoginSession, verified_at=datetime.now(UTC) - timedelta(minutes=31))
    clock.shift(STEP)
    path = f"/hazards/{hazard.no}/finding-confirmation"

    before = head.post(path, {}, version=hazard.version).status_code
    given = {"password": {"password": PASSWORD}, "code": {"code": app.code()}}[proof]
    verified = head.post("/session/verification", given).status_code

    assert (before, verified, head.post(path, {}, version=hazard.version).status_code) == (403, 204, 201)


@pytest.mark.parametrize(
    "proof", [{}, {"password": PASSWORD, "code": "000000"}, {"code": "000000"}, {"password": None}]
)
def test_a_proof_that_is_none_is_refused(officer: Caller, proof: dict[str, Any]):
    """Nothing, both at once, or a code where there is no second factor."""
    assert_refused(officer.post("/session/verification", proof), 422, "invalid-input")


def test_a_wrong_code_entered_anew_is_refused_and_counted(
    officer: Caller, engine: Engine, clock: time_machine.Traveller
):
    enrol(officer)
    clock.shift(STEP)

    assert_refused(officer.post("/session/verification", {"code": "000000"}), 401, "not-authenticated")
    assert failures(engine, "officer") == 1


def test_where_officers_need_one_an_officer_without_can_only_enrol(
    officer: Caller, engine: Engine, app_settings: Settings, clock: time_machine.Traveller
):
    with office(engine, app_settings, second_factor="officers") as strict:
        told = log_in(strict, "officer").json()
        limited = Caller(strict, told["token"])
        refused = [
            limited.get(path).status_code for path in ("/hazards", "/units", "/keys", "/work-items", "/sessions")
        ]
        who = limited.get("/me").json()

        enrol(limited)

        assert told["missing"] == "second_factor"
        assert set(refused) == {403}
        assert who["limited_to"] == ["own_authenticator", "own_session"]
        assert limited.get("/hazards").status_code == 200


@pytest.mark.parametrize("who", ["villager", "principal"])
def test_where_officers_need_one_others_do_not(
    session: Session, town: Town, client: TestClient, engine: Engine, app_settings: Settings, who: str
):
    caller(session, town, client, who)

    with office(engine, app_settings, second_factor="officers") as strict:
        told = log_in(strict, who).json()

        assert "missing" not in told
        assert Caller(strict, told["token"]).get("/hazards").status_code == 200


def test_a_limited_session_is_not_widened_by_its_password(officer: Caller, engine: Engine, app_settings: Settings):
    with office(engine, app_settings, second_factor="officers") as strict:
        limited = Caller(strict, log_in(strict, "officer").json()["token"])

        assert limited.post("/session/verification", {"password": PASSWORD}).status_code == 204

        assert_refused(limited.get("/hazards"), 403, "not-permitted")


def test_whoever_removes_theirs_where_officers_need_one_can_only_enrol_again(
    officer: Caller, engine: Engine, app_settings: Settings, clock: time_machine.Traveller
):
    app, _ = enrol(officer)
    clock.shift(STEP)
    with office(engine, app_settings, second_factor="officers") as strict:
        who = Caller(strict, officer.token)
        who.post("/second-factor/removal", {"code": app.code()})

        assert_refused(who.get("/hazards"), 403, "not-permitted")


def test_after_a_reset_the_second_factor_is_gone(
    officer: Caller, session: Session, town: Town, client: TestClient, engine: Engine, clock: time_machine.Traveller
):
    admin = caller(session, town, client, "admin")
    enrol(officer)

    token = admin.post(f"/accounts/{account_id(engine, 'officer')}/reset").json()["token"]
    client.post("/api/v1/first-password", json={"token": token, "password": "Kiln-Dust-Meadow-41"})

    assert log_in(client, "officer", "Kiln-Dust-Meadow-41").status_code == 201
    with reading(engine) as looking:
        assert looking.execute(select(SecondFactor)).first() is None
        assert looking.execute(select(RecoveryCode)).first() is None


def test_the_history_says_by_what_means_somebody_acted(
    officer: Caller, client: TestClient, engine: Engine, clock: time_machine.Traveller
):
    app, _ = enrol(officer)
    clock.shift(STEP)
    strong = Caller(client, log_in(client, "officer", code=app.code()).json()["token"])

    strong.delete("/sessions")

    assert b'"auth":"password+code"' in events(engine, "SESSIONS_ENDED")[-1]
    assert b'"means":"password+code"' in events(engine, "SIGNED_IN")[-1]
