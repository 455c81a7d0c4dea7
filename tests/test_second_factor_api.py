"""The second factor: enrolled by the person, asked for from then on, each code once, and codes for a lost phone."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import time_machine
from sqlalchemy import Engine, select
from sqlmodel import Session, col
from starlette.testclient import TestClient

from models import LoginSession, RecoveryCode, SecondFactor
from models.engine import reading
from models.sealed import unseal
from models.stage import Step
from office_api import PASSWORD, Caller, assert_refused
from services import keys
from settings import Settings
from signing_in import START, STEP, App, account_id, caller, change, enrol, events, failures, log_in, office
from town import Town, carry_to


@pytest.fixture
def clock() -> Iterator[time_machine.Traveller]:
    with time_machine.travel(START, tick=False) as traveller:
        yield traveller


@pytest.fixture
def officer(clock: time_machine.Traveller, session: Session, town: Town, client: TestClient) -> Caller:
    return caller(session, town, client, "officer")


def sign_in_with(client: TestClient, code: str) -> int:
    return log_in(client, "officer", code=code).status_code


def test_once_enrolled_the_password_alone_lets_nobody_in(
    officer: Caller, client: TestClient, clock: time_machine.Traveller
):
    before = log_in(client, "officer").status_code
    app, _ = enrol(officer)
    clock.shift(STEP)

    alone, with_code = log_in(client, "officer"), log_in(client, "officer", code=app.code())

    assert (before, with_code.status_code) == (201, 201)
    assert_refused(alone, 401, "second-factor-required")


def test_an_enrolment_not_confirmed_asks_nothing_of_anybody(officer: Caller, client: TestClient):
    officer.post("/second-factor")

    assert log_in(client, "officer").status_code == 201


def test_the_secret_is_shown_once_and_a_new_one_replaces_it(officer: Caller):
    first, second = (App(officer.post("/second-factor").json()["uri"]) for _ in range(2))

    wrong = officer.post("/second-factor/confirmation", {"code": first.code()})
    right = officer.post("/second-factor/confirmation", {"code": second.code()})

    assert (wrong.status_code, right.status_code) == (401, 201)
    assert_refused(officer.post("/second-factor"), 422, "invalid-input")


def test_the_address_names_service_and_login(officer: Caller):
    uri = officer.post("/second-factor").json()["uri"]

    assert uri.startswith("otpauth://totp/hazardflow:officer?secret=")


def test_a_code_is_accepted_once(officer: Caller, client: TestClient, clock: time_machine.Traveller):
    app, _ = enrol(officer)
    confirmed_with = app.code()
    clock.shift(STEP)

    statuses = [sign_in_with(client, code) for code in (confirmed_with, app.code(), app.code())]

    assert statuses == [401, 201, 401]


def test_an_older_code_is_not_accepted_after_a_newer_one(
    officer: Caller, client: TestClient, clock: time_machine.Traveller
):
    app, _ = enrol(officer)
    clock.shift(3 * STEP)
    older = app.code(datetime.now(UTC) - STEP)

    assert [sign_in_with(client, code) for code in (app.code(), older)] == [201, 401]


@pytest.mark.parametrize(("off", "status"), [(-2, 401), (-1, 201), (0, 201), (1, 201), (2, 401)])
def test_a_phone_s_clock_may_be_off_by_one_step(
    officer: Caller, client: TestClient, clock: time_machine.Traveller, off: int, status: int
):
    app, _ = enrol(officer)
    clock.shift(10 * STEP)

    assert sign_in_with(client, app.code(datetime.now(UTC) + off * STEP)) == status


@pytest.mark.parametrize(
    "wrong", ["000000", "12345", "1234567", "abcdef", "１２３４５６", "-1", " ", "\x00\x00\x00\x00\x00\x00", "😀😀😀😀😀😀", "\udc80"]
)  # fmt: skip
def test_what_is_no_code_is_refused(officer: Caller, client: TestClient, clock: time_machine.Traveller, wrong: str):
    enrol(officer)
    clock.shift(STEP)

    answer = client.post(
        "/api/v1/session", content=f'{{"login":"officer","password":"{PASSWORD}","code":{_json(wrong)}}}',
        headers={"Content-Type": "application/json"},
    )  # fmt: skip

    assert answer.status_code in {401, 422}, answer.text
    assert answer.headers["content-type"] == "application/problem+json"


def _json(text: str) -> str:
    return (
        '"'
        + "".join(f"\\u{unit:04x}" for unit in memoryview(text.encode("utf-16-le", "surrogatepass")).cast("H"))
        + '"'
    )


def test_wrong_codes_count_as_wrong_passwords_and_the_right_password_does_not_clear_them(
    officer: Caller, client: TestClient, engine: Engine, clock: time_machine.Traveller
):
    app, _ = enrol(officer)
    clock.shift(STEP)
    for _ in range(4):
        sign_in_with(client, "000000")
        log_in(client, "officer")
    counted = failures(engine, "officer")

    sign_in_with(client, "000000")

    assert counted == 4
    assert_refused(log_in(client, "officer", code=app.code()), 429, "too-many-attempts")


def test_a_recovery_code_stands_in_once(
    officer: Caller, client: TestClient, engine: Engine, clock: time_machine.Traveller
):
    _, codes = enrol(officer)
    clock.shift(STEP)

    assert len(set(codes)) == 10
    assert [sign_in_with(client, code) for code in (codes[0], codes[0], codes[1].lower().replace("-", ""))] == [
        201,
        401,
        201,
    ]
    assert len(events(engine, "RECOVERY_CODE_USED")) == 2


def test_somebody_else_s_recovery_code_is_worth_nothing(
    officer: Caller, session: Session, town: Town, client: TestClient, clock: time_machine.Traveller
):
    enrol(officer)
    _, others = enrol(caller(session, town, client, "head"))
    clock.shift(STEP)

    assert sign_in_with(client, others[0]) == 401


def test_neither_secret_nor_recovery_code_lies_in_the_database_as_it_is(
    officer: Caller, engine: Engine, app_settings: Settings
):
    app, codes = enrol(officer)

    with reading(engine) as session:
        factor = session.execute(select(SecondFactor)).scalar_one()
        hashes = set(session.execute(select(col(RecoveryCode.code_hash))).scalars())
    secret = app.totp.secret.encode()
    assert secret not in factor.sealed
    assert not {part for code in codes for part in (code, code.replace("-", ""))} & hashes
    assert unseal(keys.factor_key(app_settings.key_dir), factor.sealed, belongs_to=factor.account_id) == secret


def test_other_sessions_end_when_a_second_factor_is_enrolled(officer: Caller, client: TestClient):
    without_code = Caller(client, log_in(client, "officer").json()["token"])

    enrol(officer)

    assert (without_code.get("/me").status_code, officer.get("/me").status_code) == (401, 200)


def test_an_old_session_cannot_enrol_a_second_factor(officer: Caller, engine: Engine):
    change(engine, LoginSession, verified_at=datetime.now(UTC) - timedelta(minutes=31))

    assert_refused(officer.post("/second-factor"), 403, "step-up-required")


def test_a_second_factor_is_removed_with_a_code_of_it(
    officer: Caller, client: TestClient, engine: Engine, clock: time_machine.Traveller
):
    app, codes = enrol(officer)
    clock.shift(STEP)

    wrong = officer.post("/second-factor/removal", {"code": "000000"})
    right = officer.post("/second-factor/removal", {"code": app.code()})

    assert (wrong.status_code, right.status_code, log_in(client, "officer").status_code) == (401, 204, 201)
    assert_refused(officer.post("/second-factor/removal", {"code": codes[0]}), 422, "invalid-input")
    assert len(events(engine, "SECOND_FACTOR_ENROLLED", "SECOND_FACTOR_REMOVED")) == 2


def test_a_code_without_an_enrolment_confirms_nothing(officer: Caller):
    assert_refused(officer.post("/second-factor/confirmation", {"code": "000000"}), 422, "invalid-input")


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
