"""Keys for machines: shown once, for named operations, and never for a person's own affairs."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import Engine, event
from sqlmodel import Session

from models import ApiKey
from models.permissions import Role
from models.stage import Step
from office_api import PASSWORD, Caller, assert_refused, counts
from signing_in import change, withdraw_role
from town import Town, carry_to, report

LEDGER = {"name": "台账大屏", "operations": ["list_hazards"]}


def key_of(who: Caller, *operations: str) -> Caller:
    made = who.post("/keys", {"name": "巡查终端", "operations": operations})
    assert made.status_code == 201, made.text
    return Caller(who.client, made.json()["key"])


def test_a_key_is_shown_once(people: dict[str, Caller]):
    shown, again = (people["officer"].post("/keys", LEDGER, key="once") for _ in range(2))

    assert shown.json()["key"].startswith("hf_")
    assert (again.status_code, again.json()) == (201, LEDGER | {"key": None})


def test_a_key_says_whom_it_acts_for_and_what_it_is_limited_to(people: dict[str, Caller]):
    seen = key_of(people["officer"], "list_hazards").get("/me").json()

    assert seen == people["officer"].get("/me").json() | {"limited_to": ["list_hazards", "own_session"]}


def test_a_key_ends(people: dict[str, Caller], engine: Engine):
    key = key_of(people["officer"], "list_hazards")
    before = key.get("/hazards").status_code
    change(engine, ApiKey, expires_at=datetime.now(UTC) - timedelta(seconds=1))

    assert (before, key.get("/hazards").status_code) == (200, 401)


def test_a_key_does_what_it_names_and_nothing_else(session: Session, town: Town, people: dict[str, Caller]):
    hazard = report(session, town)
    session.commit()
    key = key_of(people["clerk"], "list_hazards")

    assert key.get("/hazards").json()["items"][0]["no"] == hazard.no
    for path in (
        f"/hazards/{hazard.no}",
        f"/hazards/{hazard.no}/timeline",
        "/units",
        "/people",
        "/work-items",
        "/notices",
    ):
        assert_refused(key.get(path), 403, "not-permitted")


def test_a_decision_outside_the_key_s_operations_is_refused_and_leaves_nothing(
    session: Session, town: Town, people: dict[str, Caller], engine: Engine
):
    hazard = report(session, town)
    session.commit()
    key = key_of(people["clerk"], "list_hazards", "read_hazard")
    before = counts(engine)

    answer = key.post(f"/hazards/{hazard.no}/acceptance", {"verifying_unit": "YJB"}, version=1)

    assert_refused(answer, 403, "not-permitted")
    assert counts(engine) == before


def test_a_decision_the_key_names_is_taken(session: Session, town: Town, people: dict[str, Caller]):
    hazard = report(session, town)
    session.commit()

    answer = key_of(people["clerk"], "accept_report").post(
        f"/hazards/{hazard.no}/acceptance", {"verifying_unit": "YJB"}, version=1
    )

    assert answer.status_code == 201, answer.text


def test_an_enterprise_s_key_reports_though_reporting_has_several_operations(people: dict[str, Caller]):
    body = {"channel": "INSPECTION", "source": "检查", "discovered_at": "2026-09-07T10:00:00+08:00", "enterprise": "91500118MA5TEST001",
            "sector": "粉尘", "place": "车间", "description": "造粒设备前无铁石去除装置，木粉尘正压除尘", "no_evidence_reason": "后补"}  # fmt: skip
    key = key_of(people["principal"], "self_report")

    assert key.post("/hazards", body | {"channel": "SELF_REPORT"}).status_code == 201
    assert_refused(key.post("/hazards", body), 403, "not-permitted")


@pytest.mark.parametrize("operations", [["close_out"], ["own_account"], ["own_authenticator"], ["manage_accounts"]])
def test_a_key_never_gets_more_than_its_person_has(people: dict[str, Caller], operations: list[str]):
    answer = people["officer"].post("/keys", {"name": "巡查终端", "operations": operations})

    assert_refused(answer, 422, "invalid-input")
    assert answer.json()["errors"][0]["field"] == "operations"


@pytest.mark.parametrize(
    "wrong",
    [{}, {"operations": []}, {"operations": ["everything"]}, {"operations": "list_hazards"}, {"operations": None},
     {"operations": ["list_hazards"], "days": 0}, {"operations": ["list_hazards"], "days": 366}],
)  # fmt: skip
def test_a_key_without_good_operations_or_days_is_refused(people: dict[str, Caller], wrong: dict[str, Any]):
    assert_refused(people["officer"].post("/keys", {"name": "巡查终端"} | wrong), 422, "invalid-input")


def test_a_key_cannot_do_what_asks_for_the_password(session: Session, town: Town, people: dict[str, Caller]):
    hazard = carry_to(session, town, Step.CONFIRM_MAJOR)
    session.commit()
    key = key_of(people["head"], "confirm_grade")

    answer = key.post(f"/hazards/{hazard.no}/finding-confirmation", {}, version=hazard.version)

    assert_refused(answer, 403, "step-up-required")


@pytest.mark.parametrize("scope", [None, "list_hazards"])
@pytest.mark.parametrize(
    ("method", "path", "body"),
    [("DELETE", "/session", None), ("POST", "/session/verification", {"password": PASSWORD}),
     ("POST", "/keys", LEDGER), ("GET", "/keys", None), ("DELETE", "/sessions", None),
     ("POST", "/second-factor", None), ("POST", "/password", {"current": PASSWORD, "password": "Kiln-Dust-Meadow-41"})],
)  # fmt: skip
def test_a_key_cannot_settle_its_person_s_own_affairs(
    people: dict[str, Caller], engine: Engine, method: str, path: str, body: Any, scope: str | None
):
    """Whether it names its operations or comes from the first release and names none."""
    key = key_of(people["officer"], "list_hazards")
    change(engine, ApiKey, scope=scope)

    answer = key.client.request(method, f"/api/v1{path}", json=body, headers=key._headers({"Idempotency-Key": "k"}))

    ones_own = scope is None or path in {"/session", "/session/verification"}
    assert_refused(answer, 403, "not-for-machines" if ones_own else "not-permitted")
    assert people["officer"].get("/me").status_code == 200


def test_a_key_of_the_first_release_goes_on_as_it_was(people: dict[str, Caller], engine: Engine):
    key = key_of(people["officer"], "list_hazards")
    change(engine, ApiKey, scope=None)

    assert key.get("/units").status_code == 200
    assert key.get("/me").json()["limited_to"] is None


def test_a_person_sees_and_revokes_their_own_keys(people: dict[str, Caller]):
    key = key_of(people["officer"], "list_hazards")
    listed = people["officer"].get("/keys").json()

    revoked = people["officer"].delete(f"/keys/{listed[0]['id']}")

    assert (listed[0]["name"], listed[0]["operations"]) == ("巡查终端", ["list_hazards"])
    assert "hf_" not in str(listed)
    assert (revoked.status_code, key.get("/hazards").status_code, people["officer"].get("/keys").json()) == (
        200,
        401,
        [],
    )


@pytest.mark.parametrize("guess", ["", "0", "%", "_" * 16, "f" * 16, "f" * 64])
def test_a_key_is_not_revoked_by_a_guess_nor_by_somebody_else(people: dict[str, Caller], guess: str):
    key = key_of(people["officer"], "list_hazards")
    known = people["officer"].get("/keys").json()[0]["id"]

    answers = people["officer"].delete(f"/keys/{guess}"), people["head"].delete(f"/keys/{known}")

    assert answers[0].status_code in {404, 405}
    assert_refused(answers[1], 404, "not-found")
    assert key.get("/hazards").status_code == 200


def test_what_the_person_may_no_longer_do_the_key_may_not_either(people: dict[str, Caller], town: Town, engine: Engine):
    key = key_of(people["officer"], "list_hazards")

    withdraw_role(engine, town, "officer", Role.DO, "YJB")

    assert key.get("/hazards").status_code == 401


def test_who_a_token_stands_for_is_asked_with_one_statement(people: dict[str, Caller], engine: Engine):
    key, said, questions = key_of(people["officer"], "list_hazards"), [], ("SELECT", "WITH")
    event.listen(engine, "before_cursor_execute", lambda *about: said.append(about[2]))

    for who in (key, people["officer"]):
        said.clear()
        who.get("/me")
        assert len([statement for statement in said if statement.startswith(questions)]) == 1
        assert [statement for statement in said if not statement.startswith((*questions, "BEGIN"))] == []
