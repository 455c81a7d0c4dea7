"""Who gets in and how far: every route, every role, every answer's headers, and no success without a commit."""

from typing import Any

import pytest
from sqlalchemy import Engine
from sqlmodel import Session
from starlette.testclient import TestClient

from api.examples import EXAMPLES
from models.engine import writing
from models.hazard import Hazard
from models.permissions import Operation, Role, roles_for
from models.process import MOVES
from models.stage import Step
from office_api import Caller, counts
from town import Town, carry_to, photo, report

PUBLIC = {
    ("post", "/api/v1/session"),
    ("post", "/api/v1/first-password"),
    ("get", "/api/v1/oidc/start"),
    ("get", "/api/v1/oidc/callback"),
    ("get", "/healthz"),
    ("get", "/healthz/sweep"),
    ("get", "/readyz"),
    ("get", "/metrics"),
}
DOOR_OF_THE_PUBLIC = "/api/v1/public/"
"""Asks nobody who they are; what needs a query code is not found without one (`tests/test_public_api.py`)."""
OPERATION = {move.resource: move.operation for move in MOVES}
FORMS: dict[str, Any] = {move.resource: EXAMPLES[move.decision] for move in MOVES}


@pytest.fixture
def under_review(session: Session, town: Town) -> Hazard:
    """A hazard that department, village, enterprise and office can all see."""
    hazard = carry_to(session, town, Step.JUDGE)
    session.commit()
    return hazard


def routes(client: TestClient) -> list[tuple[str, str, str]]:
    """(method, path, operation) of everything the OpenAPI document offers."""
    paths = client.get("/api/v1/openapi.json").json()["paths"]
    return [
        (method, path, route["x-operation"]) for path, methods in paths.items() for method, route in methods.items()
    ]


BESIDE_THE_PROCESS = {"comments", "copies", "instructions"}
"""What people say to one another about a hazard; it decides nothing."""


def allowed(town: Town, who: str, operation: Operation) -> bool:
    return not town.actors[who].roles.isdisjoint(roles_for(operation))


def test_every_route_but_the_public_ones_asks_who_is_there(client: TestClient):
    offered = routes(client)
    bodies = {f"/api/v1/hazards/{{no}}/{resource}": FORMS.get(resource, {}) for resource in OPERATION}

    open_doors = {
        (method, path) for method, path, _ in offered
        if client.request(method, path, json=bodies.get(path, {})).status_code != 401
    }  # fmt: skip

    assert len(offered) > 40
    of_the_public = {(method, path) for method, path, _ in offered if path.startswith(DOOR_OF_THE_PUBLIC)}
    assert len(of_the_public) > 5
    assert open_doors == PUBLIC | of_the_public


def test_the_door_of_the_public_opens_only_to_operations_of_the_public(client: TestClient):
    operations = {operation for _, path, operation in routes(client) if path.startswith(DOOR_OF_THE_PUBLIC)}

    assert {operation for operation in operations if Role.PR not in roles_for(Operation(operation))} == set()


def test_every_route_names_an_operation_of_the_permission_table(client: TestClient):
    named = {(method, path): operation for method, path, operation in routes(client)}

    assert {place for place, operation in named.items() if operation == "public"} == PUBLIC
    assert set(named.values()) <= {*Operation, "public"}


def test_every_decision_of_the_process_has_a_route_and_no_other_has(client: TestClient):
    offered = {
        path.rsplit("/", 1)[1]
        for method, path, _ in routes(client)
        if method == "post" and path.startswith("/api/v1/hazards/{no}/")
    }

    assert offered == set(OPERATION) | BESIDE_THE_PROCESS


def test_a_decision_is_open_to_exactly_the_roles_of_its_operation(
    town: Town, people: dict[str, Caller], under_review: Hazard, engine: Engine
):
    before = counts(engine)

    let_in = {
        (resource, who)
        for resource in OPERATION
        for who, caller in people.items()
        if caller.post(f"/hazards/{under_review.no}/{resource}", FORMS[resource]).status_code == 428
    }

    assert let_in == {
        (resource, who) for resource, operation in OPERATION.items() for who in people if allowed(town, who, operation)
    }
    assert counts(engine) == before


@pytest.mark.parametrize(
    ("path", "operation"),
    [
        ("/hazards", Operation.LIST_HAZARDS),
        ("/hazards/{no}", Operation.READ_HAZARD),
        ("/hazards/{no}/timeline", Operation.READ_HISTORY),
        ("/hazards/{no}/notices", Operation.VIEW_DELIVERIES),
        ("/work-items", Operation.WORK_ITEMS),
        ("/channels", Operation.CONFIGURE_CHANNELS),
        ("/units", Operation.READ_REFERENCE),
        ("/enterprises", Operation.READ_REFERENCE),
        ("/people", Operation.READ_REFERENCE),
        ("/standards", Operation.READ_REFERENCE),
        ("/process", Operation.READ_REFERENCE),
    ],
)
def test_a_view_is_open_to_exactly_the_roles_of_its_operation(
    town: Town, people: dict[str, Caller], under_review: Hazard, path: str, operation: Operation
):
    answers = {who: caller.get(path.format(no=under_review.no)).status_code for who, caller in people.items()}

    assert {who for who, status in answers.items() if status == 200} == {
        who for who in people if allowed(town, who, operation)
    }
    assert set(answers.values()) <= {200, 403, 404}


@pytest.mark.parametrize("who", ["officer", "clerk", "leader", "auditor", "principal"])
def test_only_an_administrator_manages_accounts(people: dict[str, Caller], who: str):
    answer = people[who].post("/people", {"name": "新人", "login": "newcomer"})

    assert (answer.status_code, answer.json()["type"]) == (403, "/problems/not-permitted")


def test_nobody_grants_a_role_to_themselves(town: Town, people: dict[str, Caller]):
    answer = people["admin"].post(f"/people/{town.persons['admin'].id}/roles", {"role": "AU"})

    assert (answer.status_code, answer.json()["type"]) == (403, "/problems/not-permitted")


def test_an_enterprise_learns_nothing_of_who_reported_it(session: Session, town: Town, people: dict[str, Caller]):
    told: dict[str, Any] = {
        "who": "clerk",
        "channel": "PUBLIC_REPORT",
        "source": "12350举报热线",
        "source_no": "热线-0042",
    }
    hazard = carry_to(session, town, Step.WORK, evidence=(photo(session, town.clerk, "热线截图.jpg"),), **told)
    session.commit()

    seen = [people["principal"].get(f"/hazards{path}").text for path in ("", f"/{hazard.no}", f"/{hazard.no}/timeline")]

    assert all(hazard.no in text for text in seen[:2])
    for secret in ("PUBLIC_REPORT", "12350", "热线-0042", "热线截图", '"source', '"channel', town.clerk.person_id):
        assert not [text for text in seen if secret in text], secret
    assert people["clerk"].get(f"/hazards/{hazard.no}").json()["from_public"] is True


def test_a_tip_off_does_not_exist_for_its_enterprise_before_it_is_assigned(
    session: Session, town: Town, people: dict[str, Caller]
):
    hazard = carry_to(session, town, Step.ASSIGN, who="clerk", channel="PUBLIC_REPORT")
    session.commit()

    assert people["principal"].get("/hazards").json()["items"] == []
    assert people["principal"].get(f"/hazards/{hazard.no}").status_code == 404


def test_an_enterprise_cannot_sift_its_hazards_by_channel(session: Session, town: Town, people: dict[str, Caller]):
    report(session, town, who="clerk", channel="PUBLIC_REPORT")
    session.commit()

    answer = people["principal"].get("/hazards?channel=PUBLIC_REPORT")

    assert (answer.status_code, answer.json()["type"]) == (403, "/problems/not-permitted")


def test_an_enterprise_sees_no_other_enterprise_and_no_people(people: dict[str, Caller]):
    people["clerk"].post("/enterprises", {"credit_code": "91500118MA5TEST002", "name": "别家企业"})

    assert [row["credit_code"] for row in people["principal"].get("/enterprises").json()] == ["91500118MA5TEST001"]
    assert people["principal"].get("/people").json() == []


@pytest.mark.parametrize("path", ["/healthz", "/readyz", "/metrics"])
def test_those_who_run_the_service_are_answered_without_a_token(client: TestClient, path: str):
    assert client.get(path).status_code == 200


def test_metrics_name_no_person_and_no_hazard(session: Session, town: Town, client: TestClient):
    hazard = report(session, town)
    session.commit()

    text = client.get("/metrics").text

    assert "hazardflow_hazards 1.0" in text
    assert hazard.no not in text


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [("GET", "/healthz", 200), ("GET", "/api/v1/openapi.json", 200), ("GET", "/api/v1/hazards", 401), ("GET", "/nowhere", 404),
     ("DELETE", "/healthz", 405), ("POST", "/api/v1/session", 422)],
)  # fmt: skip
def test_every_answer_forbids_sniffing_framing_and_loading(client: TestClient, method: str, path: str, status: int):
    answer = client.request(method, path)

    assert answer.status_code == status
    assert_headers(answer)


def assert_headers(answer: Any) -> None:
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["content-security-policy"].startswith("default-src 'none'")
    assert answer.headers["x-frame-options"] == "DENY"
    assert answer.headers["referrer-policy"] == "no-referrer"


@pytest.mark.parametrize("claimed", ["9999999999", "-1", "many", ""])
def test_a_body_that_claims_too_much_is_refused_unread(client: TestClient, claimed: str):
    answer = client.post(
        "/api/v1/session", content=b"{}", headers={"Content-Length": claimed, "Content-Type": "application/json"}
    )

    assert (answer.status_code, answer.json()["type"]) == (413, "/problems/too-large")
    assert_headers(answer)


def break_outbox(engine: Engine) -> None:
    """From now on the database itself refuses every message, so no decision can commit."""
    statements = {
        "sqlite": ["CREATE TRIGGER broken BEFORE INSERT ON outbox_message BEGIN SELECT RAISE(ABORT, 'broken'); END"],
        "postgresql": [
            "CREATE FUNCTION broken() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'broken'; END $$",
            "CREATE CONSTRAINT TRIGGER broken AFTER INSERT ON outbox_message DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION broken()",
        ],
    }
    with writing(engine) as session, session.begin():
        for statement in statements[engine.dialect.name]:
            session.connection().exec_driver_sql(statement)


@pytest.mark.parametrize("what", ["report", "decision"])
def test_a_commit_that_fails_is_never_answered_as_done(
    session: Session, town: Town, people: dict[str, Caller], engine: Engine, what: str
):
    hazard = report(session, town)
    session.commit()
    body = {"channel": "INSPECTION", "source": "检查", "discovered_at": "2026-09-07T10:00:00+08:00", "enterprise": "91500118MA5TEST001",
            "sector": "粉尘", "place": "车间", "description": "造粒设备前无铁石去除装置，木粉尘正压除尘", "no_evidence_reason": "后补"}  # fmt: skip
    break_outbox(engine)
    before = counts(engine)

    if what == "report":
        answer = people["officer"].post("/hazards", body)
    else:
        answer = people["clerk"].post(f"/hazards/{hazard.no}/acceptance", {"verifying_unit": "YJB"}, version=1)

    assert answer.status_code >= 500
    assert answer.headers["content-type"] == "application/problem+json"
    assert "没有生效" in answer.json()["detail"]
    assert_headers(answer)
    assert counts(engine) == before


def test_a_database_that_is_gone_is_said_by_readyz(client: TestClient, engine: Engine):
    with writing(engine) as session, session.begin():
        cascade = " CASCADE" if engine.dialect.name == "postgresql" else ""
        session.connection().exec_driver_sql(f"DROP TABLE outbox_message{cascade}")

    answer = client.get("/readyz")

    assert (answer.status_code, answer.json()["ready"]) == (503, False)
    assert answer.json()["findings"]
