"""The second factor: enrolled by the person, asked for from then on, each code once, and codes for a lost phone."""

from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from sqlalchemy import Engine, select
from sqlmodel import Session, col
from starlette.testclient import TestClient

from models import LoginSession, RecoveryCode, SecondFactor
from models.engine import reading
from models.sealed import unseal
from office_api import PASSWORD, Caller, assert_refused
from services import keys
from settings import Settings
from signing_in import (
    STEP,
    App,
    caller,
    change,
    enrol,
    events,
    failures,
    log_in,
    officer_at_start,  # noqa: F401  # the fixture officer
    stopped_clock,  # noqa: F401  # the fixture clock
)
from town import Town


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
