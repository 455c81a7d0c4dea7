"""Accounts in the administrator's hands: disabled, enabled, reset; and whose sessions end with it."""

from typing import Any

import pytest
from sqlalchemy import Engine, select
from sqlmodel import Session, col
from starlette.testclient import TestClient

from models import Account, LoginSession, OneTimeToken
from models.engine import reading
from models.permissions import Role
from office_api import PASSWORD, Caller, assert_refused
from signing_in import account_id, enrol, events, log_in, withdraw_role
from town import Town

FIRST = "Kiln-Dust-Meadow-41"


def of(people: dict[str, Caller], engine: Engine, login: str, what: str) -> Any:
    return people["admin"].post(f"/accounts/{account_id(engine, login)}/{what}")


def set_password(client: TestClient, token: str, password: str = FIRST) -> Any:
    return client.post("/api/v1/first-password", json={"token": token, "password": password})


def key_of(who: Caller) -> Caller:
    made = who.post("/keys", {"name": "大屏", "operations": ["list_hazards"]})
    return Caller(who.client, made.json()["key"])


def test_a_disabled_account_is_out_with_its_next_request(people: dict[str, Caller], client: TestClient, engine: Engine):
    key = key_of(people["officer"])

    assert of(people, engine, "officer", "disabling").status_code == 201

    assert (people["officer"].get("/me").status_code, key.get("/hazards").status_code) == (401, 401)
    assert log_in(client, "officer").status_code == 401
    assert people["head"].get("/me").status_code == 200


def test_an_enabled_account_signs_in_again_but_nothing_old_comes_back(
    people: dict[str, Caller], client: TestClient, engine: Engine
):
    key = key_of(people["officer"])
    of(people, engine, "officer", "disabling")

    assert of(people, engine, "officer", "enabling").status_code == 201

    assert (people["officer"].get("/me").status_code, key.get("/hazards").status_code) == (401, 401)
    assert log_in(client, "officer").status_code == 201


def test_disabling_voids_an_invitation(people: dict[str, Caller], client: TestClient, engine: Engine):
    token = people["admin"].post("/people", {"name": "新来的", "login": "newcomer"}).json()["token"]

    of(people, engine, "newcomer", "disabling")
    of(people, engine, "newcomer", "enabling")

    assert set_password(client, token).status_code == 401


def test_after_a_reset_nothing_old_works_and_the_person_chooses_the_password(
    people: dict[str, Caller], client: TestClient, engine: Engine
):
    key = key_of(people["officer"])
    enrol(people["officer"])

    token = of(people, engine, "officer", "reset").json()["token"]

    assert (people["officer"].get("/me").status_code, key.get("/hazards").status_code) == (401, 401)
    assert log_in(client, "officer").status_code == 401
    assert set_password(client, token).status_code == 204
    assert log_in(client, "officer", FIRST).status_code == 201
    assert log_in(client, "officer", PASSWORD).status_code == 401


def test_a_reset_shows_its_token_once_and_voids_the_one_before(
    people: dict[str, Caller], client: TestClient, engine: Engine
):
    path = f"/accounts/{account_id(engine, 'officer')}/reset"
    shown, again = (people["admin"].post(path, key="once").json() for _ in range(2))

    newer = people["admin"].post(path).json()["token"]

    assert "token" not in again
    assert [set_password(client, token).status_code for token in (shown["token"], newer)] == [401, 204]


def test_the_administrator_cannot_send_a_password_along(people: dict[str, Caller], client: TestClient, engine: Engine):
    people["admin"].post(f"/accounts/{account_id(engine, 'officer')}/reset", {"password": "Chosen-By-Admin-1"})

    assert log_in(client, "officer", "Chosen-By-Admin-1").status_code == 401


def test_a_reset_ends_a_wait(people: dict[str, Caller], client: TestClient, engine: Engine):
    for _ in range(5):
        log_in(client, "officer", "wrong")

    token = of(people, engine, "officer", "reset").json()["token"]
    set_password(client, token)

    assert log_in(client, "officer", FIRST).status_code == 201


def test_a_disabled_account_is_not_reset(people: dict[str, Caller], engine: Engine):
    of(people, engine, "officer", "disabling")

    assert_refused(of(people, engine, "officer", "reset"), 422, "invalid-input")


@pytest.mark.parametrize("what", ["disabling", "reset"])
def test_no_administrator_does_it_to_themselves(people: dict[str, Caller], engine: Engine, what: str):
    assert_refused(of(people, engine, "admin", what), 403, "not-permitted")
    assert people["admin"].get("/me").status_code == 200


@pytest.mark.parametrize("what", ["disabling", "enabling", "reset"])
@pytest.mark.parametrize("who", ["officer", "clerk", "leader", "auditor", "principal"])
def test_nobody_else_manages_accounts(people: dict[str, Caller], engine: Engine, who: str, what: str):
    answer = people[who].post(f"/accounts/{account_id(engine, 'head')}/{what}")

    assert_refused(answer, 403, "not-permitted")
    assert people["head"].get("/me").status_code == 200


@pytest.mark.parametrize("no_one", ["nobody", "00000000-0000-0000-0000-000000000000", "%00", "x" * 300, "'; --"])
def test_an_account_that_is_not_there_is_not_found(people: dict[str, Caller], no_one: str):
    for method, path in (("post", "disabling"), ("post", "reset"), ("delete", "sessions")):
        answer = getattr(people["admin"], method)(f"/accounts/{no_one}/{path}")
        assert answer.status_code in {404, 422}, answer.text
        assert answer.headers["content-type"] == "application/problem+json"


def test_the_list_of_accounts_shows_no_secret(people: dict[str, Caller], engine: Engine):
    enrol(people["officer"])

    rows = {row["login"]: row for row in people["admin"].get("/accounts").json()}

    assert set(rows) == {key.replace("_", "-") for key in people}
    assert (rows["officer"]["second_factor"], rows["head"]["second_factor"]) == (True, False)
    assert set(rows["officer"]) == {
        "id", "login", "person", "name", "disabled", "has_password", "second_factor", "linked",
    }  # fmt: skip
    assert_refused(people["clerk"].get("/accounts"), 403, "not-permitted")


def test_a_new_role_ends_what_the_person_was_signed_in_with(people: dict[str, Caller], town: Town, client: TestClient):
    key = key_of(people["officer"])

    granted = people["admin"].post(f"/people/{town.persons['officer'].id}/roles", {"role": "DH", "unit": "YJB"})

    assert granted.status_code == 201
    assert (people["officer"].get("/me").status_code, key.get("/hazards").status_code) == (401, 401)
    assert Caller(client, log_in(client, "officer").json()["token"]).get("/me").json()["roles"] == ["DH", "DO"]


def test_a_role_withdrawn_is_gone_with_the_next_request(
    people: dict[str, Caller], town: Town, client: TestClient, engine: Engine
):
    withdraw_role(engine, town, "officer", Role.DO, "YJB")

    assert people["officer"].get("/hazards").status_code == 401
    assert_refused(Caller(client, log_in(client, "officer").json()["token"]).get("/hazards"), 403, "not-permitted")
    again = people["admin"].delete(f"/people/{town.persons['officer'].id}/roles/DO?unit=YJB")
    assert_refused(again, 404, "not-found")


@pytest.mark.parametrize("query", ["", "?unit=JFB", "?unit=NOPE"])
def test_a_role_is_withdrawn_only_where_it_is_held(people: dict[str, Caller], town: Town, query: str):
    answer = people["admin"].delete(f"/people/{town.persons['officer'].id}/roles/DO{query}")

    assert answer.status_code in {404, 422}
    assert people["officer"].get("/hazards").status_code == 200


def test_nobody_withdraws_their_own_role(people: dict[str, Caller], town: Town):
    answer = people["admin"].delete(f"/people/{town.persons['admin'].id}/roles/AD")

    assert_refused(answer, 403, "not-permitted")


def test_the_administrator_ends_all_sessions_of_an_account(
    people: dict[str, Caller], client: TestClient, engine: Engine
):
    second = Caller(client, log_in(client, "officer").json()["token"])

    answer = people["admin"].delete(f"/accounts/{account_id(engine, 'officer')}/sessions")

    assert answer.json() == {"ended": 2}
    assert (people["officer"].get("/me").status_code, second.get("/me").status_code) == (401, 401)
    assert log_in(client, "officer").status_code == 201


def test_others_end_only_their_own_sessions(people: dict[str, Caller], engine: Engine):
    refused = people["head"].delete(f"/accounts/{account_id(engine, 'officer')}/sessions")

    assert_refused(refused, 403, "not-permitted")
    assert people["officer"].get("/me").status_code == 200
    assert people["head"].delete(f"/accounts/{account_id(engine, 'head')}/sessions").json() == {"ended": 1}
    assert people["head"].get("/me").status_code == 401


def test_a_person_sees_their_sessions_and_ends_one(people: dict[str, Caller], client: TestClient):
    second = Caller(client, log_in(client, "officer").json()["token"])
    listed = second.get("/sessions").json()
    other = next(row for row in listed if not row["this_one"])

    assert second.delete(f"/sessions/{other['id']}").status_code == 200

    assert len(listed) == 2
    assert (people["officer"].get("/me").status_code, second.get("/me").status_code) == (401, 200)
    assert len(second.get("/sessions").json()) == 1


def test_a_person_ends_all_other_sessions(people: dict[str, Caller], client: TestClient):
    others = [Caller(client, log_in(client, "officer").json()["token"]) for _ in range(2)]

    assert people["officer"].delete("/sessions").json() == {"ended": 2}

    assert [who.get("/me").status_code for who in (*others, people["officer"])] == [401, 401, 200]
    assert people["head"].get("/me").status_code == 200


@pytest.mark.parametrize("guess", ["0", "%", "_" * 16, "f" * 16, "f" * 64])
def test_a_session_is_not_ended_by_a_guess(people: dict[str, Caller], guess: str):
    assert_refused(people["officer"].delete(f"/sessions/{guess}"), 404, "not-found")
    assert people["officer"].get("/me").status_code == 200


def test_nobody_ends_somebody_else_s_session_by_its_id(people: dict[str, Caller]):
    known = people["officer"].get("/sessions").json()[0]["id"]

    assert_refused(people["head"].delete(f"/sessions/{known}"), 404, "not-found")
    assert people["officer"].get("/me").status_code == 200


def test_the_history_says_what_happened_to_an_account_and_names_nobody(
    people: dict[str, Caller], town: Town, client: TestClient, engine: Engine
):
    log_in(client, "officer", "wrong")
    log_in(client, "nobody-at-all", "wrong")
    log_in(client, "officer")
    of(people, engine, "officer", "reset")

    failed, let_in, reset = (events(engine, kind) for kind in ("SIGN_IN_FAILED", "SIGNED_IN", "AUTHENTICATOR_RESET"))

    assert (len(failed), len(let_in), len(reset)) == (1, 1, 1)
    known = account_id(engine, "officer").encode()
    for body in (*failed, *let_in, *reset):
        assert known in body
        for personal in (town.persons["officer"].name, town.persons["officer"].email, PASSWORD, "nobody-at-all"):
            assert personal.encode() not in body


def test_no_token_lies_in_the_database_as_it_is(people: dict[str, Caller], engine: Engine, session: Session):
    token = of(people, engine, "officer", "reset").json()["token"]

    with reading(engine) as looking:
        kept = [
            str(row)
            for column in (OneTimeToken.token_hash, LoginSession.token_hash, Account.password_hash)
            for row in looking.execute(select(col(column))).scalars()
        ]
    assert not [row for row in kept if token in row or people["head"].token in row or PASSWORD in row]
