"""Versions, keys, and refusals that name who may: what keeps two people from overwriting each other."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from typing import Any

import pytest
from sqlalchemy import Engine, func, select
from sqlmodel import Session
from starlette.testclient import TestClient

from models.engine import reading
from models.hazard import Hazard
from models.permissions import Role
from models.process import DecisionCode
from models.stage import Step
from models.tables import DECISION, HAZARD
from office_api import Caller, sign_in
from town import NOON, Town, add_person, carry_to, form_for, report

ACCEPTANCE = {"verifying_unit": "YJB"}


@pytest.fixture
def reported(session: Session, town: Town) -> Hazard:
    hazard = report(session, town)
    session.commit()
    return hazard


def filled(session: Session, town: Town, code: DecisionCode) -> Any:
    form = form_for(session, town, code, datetime.now(UTC)).model_dump(mode="json")
    session.commit()
    return form


def decisions(engine: Engine, hazard: Hazard) -> int:
    with reading(engine) as session:
        return session.execute(select(func.count()).where(DECISION.c.hazard_id == hazard.id)).scalar_one()


def step(engine: Engine, hazard: Hazard) -> str:
    with reading(engine) as session:
        return session.execute(select(HAZARD.c.step).where(HAZARD.c.id == hazard.id)).scalar_one()


def test_a_decision_without_a_version_is_asked_for_one(people: dict[str, Caller], engine: Engine, reported: Hazard):
    answer = people["clerk"].post(f"/hazards/{reported.no}/acceptance", ACCEPTANCE)

    assert (answer.status_code, answer.json()["type"]) == (428, "/problems/version-required")
    assert decisions(engine, reported) == 1


def test_a_decision_on_a_stale_version_is_refused_naming_the_present_one(
    session: Session, town: Town, people: dict[str, Caller], engine: Engine
):
    hazard = carry_to(session, town, Step.CLASSIFY)
    session.commit()

    answer = people["clerk"].post(f"/hazards/{hazard.no}/acceptance", ACCEPTANCE, version=1)

    assert (answer.status_code, answer.json()["type"], answer.json()["version"]) == (412, "/problems/stale-version", 2)
    assert "第2版" in answer.json()["detail"]
    assert decisions(engine, hazard) == 2


@pytest.mark.parametrize("version", ["1", "*", 'W/"1"', '"2", "1"', "abc"])
def test_only_the_etag_itself_is_a_version(people: dict[str, Caller], reported: Hazard, version: str):
    people["clerk"].headers = {"If-Match": version}

    answer = people["clerk"].post(f"/hazards/{reported.no}/acceptance", ACCEPTANCE)

    assert answer.status_code == 412


@pytest.mark.parametrize("key", [None, "", "k" * 201])
def test_a_decision_without_a_proper_key_is_refused(
    people: dict[str, Caller], engine: Engine, reported: Hazard, key: str | None
):
    clerk = people["clerk"]
    headers = {"Authorization": f"Bearer {clerk.token}", "If-Match": '"1"'} | (
        {} if key is None else {"Idempotency-Key": key}
    )

    answer = clerk.client.post(f"/api/v1/hazards/{reported.no}/acceptance", json=ACCEPTANCE, headers=headers)

    assert (answer.status_code, answer.json()["type"]) == (400, "/problems/idempotency-key-required")
    assert decisions(engine, reported) == 1


def test_a_retry_gets_the_same_answer_and_decides_nothing(people: dict[str, Caller], engine: Engine, reported: Hazard):
    first = people["clerk"].post(f"/hazards/{reported.no}/acceptance", ACCEPTANCE, key="once", version=1)

    again = [
        people["clerk"].post(f"/hazards/{reported.no}/acceptance", ACCEPTANCE, key="once", version=1) for _ in range(3)
    ]

    assert first.status_code == 201
    assert {(answer.status_code, answer.content, answer.headers["etag"]) for answer in again} == {
        (201, first.content, '"2"')
    }
    assert decisions(engine, reported) == 2


def test_the_same_request_sent_many_times_at_once_decides_once(
    people: dict[str, Caller], engine: Engine, reported: Hazard
):
    def send(_: int) -> tuple[int, bytes]:
        answer = people["clerk"].post(f"/hazards/{reported.no}/acceptance", ACCEPTANCE, key="once", version=1)
        return answer.status_code, answer.content

    with ThreadPoolExecutor(6) as pool:
        answers = list(pool.map(send, range(6)))

    assert len(set(answers)) == 1, answers
    assert answers[0][0] == 201
    assert decisions(engine, reported) == 2


def test_two_people_deciding_on_the_same_version_leave_one_decision(
    session: Session, town: Town, people: dict[str, Caller], engine: Engine
):
    hazard = carry_to(session, town, Step.CLASSIFY)
    form = filled(session, town, DecisionCode.MAJOR)

    def send(who: str) -> int:
        return people[who].post(f"/hazards/{hazard.no}/major-finding", form, version=hazard.version).status_code

    with ThreadPoolExecutor(2) as pool:
        statuses = sorted(pool.map(send, ("officer", "second_officer")))

    assert statuses == [201, 412]
    assert decisions(engine, hazard) == 3


def test_a_key_used_for_another_body_is_refused(people: dict[str, Caller], engine: Engine, reported: Hazard):
    people["clerk"].post(f"/hazards/{reported.no}/acceptance", ACCEPTANCE, key="once", version=1)

    answer = people["clerk"].post(
        f"/hazards/{reported.no}/acceptance", {"verifying_unit": "JFB"}, key="once", version=1
    )

    assert (answer.status_code, answer.json()["type"]) == (422, "/problems/idempotency-key-reused")
    assert decisions(engine, reported) == 2


def test_a_key_belongs_to_one_person(session: Session, town: Town, people: dict[str, Caller], engine: Engine):
    body = {"channel": "INSPECTION", "source": "检查", "discovered_at": "2026-09-07T10:00:00+08:00", "enterprise": "91500118MA5TEST001",
            "sector": "粉尘", "place": "车间", "description": "造粒设备前无铁石去除装置，木粉尘正压除尘", "no_evidence_reason": "后补"}  # fmt: skip

    numbers = [people[who].post("/hazards", body, key="shared").json()["no"] for who in ("officer", "villager")]

    assert len(set(numbers)) == 2


def test_a_refused_request_does_not_use_up_its_key(people: dict[str, Caller], reported: Hazard):
    refused = people["clerk"].post(f"/hazards/{reported.no}/acceptance", ACCEPTANCE, key="once", version=9)

    answer = people["clerk"].post(f"/hazards/{reported.no}/acceptance", ACCEPTANCE, key="once", version=1)

    assert (refused.status_code, answer.status_code) == (412, 201)


def test_a_wrong_stage_names_the_decisions_open_and_their_roles(
    session: Session, town: Town, people: dict[str, Caller], reported: Hazard
):
    answer = people["clerk"].post(f"/hazards/{reported.no}/downgrade-approval", {}, version=1)

    assert (answer.status_code, answer.json()["type"]) == (409, "/problems/wrong-stage")
    assert answer.json()["remedy"].endswith(
        "当前待办理：受理（镇安委办）；退回补正（镇安委办）；移送（镇安委办、镇领导）。"
    )


def test_a_role_that_may_not_decide_is_told_who_may(people: dict[str, Caller], engine: Engine, reported: Hazard):
    answer = people["officer"].post(f"/hazards/{reported.no}/acceptance", ACCEPTANCE, version=1)

    assert (answer.status_code, answer.json()["type"]) == (403, "/problems/not-permitted")
    assert answer.json()["remedy"] == "可由镇安委办办理。"
    assert decisions(engine, reported) == 1


def test_another_department_may_not_decide_for_the_verifying_one(
    session: Session, town: Town, people: dict[str, Caller], engine: Engine
):
    hazard = report(session, town, who="other_officer")
    accepted = people["clerk"]
    session.commit()
    accepted.post(f"/hazards/{hazard.no}/acceptance", ACCEPTANCE, version=1)

    answer = people["other_officer"].post(
        f"/hazards/{hazard.no}/major-finding", filled(session, town, DecisionCode.MAJOR), version=2
    )

    assert (answer.status_code, answer.json()["type"]) == (403, "/problems/not-permitted")
    assert "核查单位" in answer.json()["remedy"]
    assert decisions(engine, hazard) == 2


@pytest.mark.parametrize("path", ["", "/timeline", "/evidence/none", "/notices"])
def test_a_foreign_hazard_reads_like_one_that_does_not_exist(people: dict[str, Caller], reported: Hazard, path: str):
    foreign = people["other_head"].get(f"/hazards/{reported.no}{path}")

    missing = people["other_head"].get(f"/hazards/ZY-2026-9999{path}")

    assert foreign.status_code == missing.status_code == 404
    assert foreign.text.replace(reported.no, "#") == missing.text.replace("ZY-2026-9999", "#")


def test_a_decision_on_a_foreign_hazard_reads_like_one_that_does_not_exist(
    session: Session, town: Town, people: dict[str, Caller], reported: Hazard
):
    form = filled(session, town, DecisionCode.MAJOR)
    foreign = people["other_officer"].post(f"/hazards/{reported.no}/major-finding", form, version=1)

    missing = people["other_officer"].post("/hazards/ZY-2026-9999/major-finding", form, version=1)

    assert foreign.status_code == missing.status_code == 404
    assert foreign.text.replace(reported.no, "#") == missing.text.replace("ZY-2026-9999", "#")


def test_who_proposed_the_grade_cannot_confirm_it(
    session: Session, town: Town, people: dict[str, Caller], engine: Engine
):
    hazard = carry_to(session, town, Step.CLASSIFY)
    people["head"].post(
        f"/hazards/{hazard.no}/major-finding", filled(session, town, DecisionCode.MAJOR), version=hazard.version
    )

    answer = people["head"].post(f"/hazards/{hazard.no}/finding-confirmation", {}, version=hazard.version + 1)

    assert (answer.status_code, answer.json()["type"], answer.json()["held_part"]) == (
        409,
        "/problems/four-eyes",
        "propose",
    )
    assert decisions(engine, hazard) == 3


def test_review_and_close_out_in_one_unit_are_refused(
    session: Session, town: Town, people: dict[str, Caller], engine: Engine, client: TestClient
):
    add_person(session, town, "in_both", "安委办驻应急办甲", Role.SC, "YJB", None, NOON)
    hazard = carry_to(session, town, Step.GATE)
    both = Caller(client, sign_in(session, town, "in_both"))
    form = filled(session, town, DecisionCode.CLOSE)

    answer = both.post(f"/hazards/{hazard.no}/closure", form, version=hazard.version)

    assert (answer.status_code, answer.json()["type"]) == (409, "/problems/four-eyes")
    assert "您所在单位" in answer.json()["detail"]
    assert step(engine, hazard) == Step.GATE


def test_the_etag_of_a_hazard_is_the_version_its_next_decision_takes(people: dict[str, Caller], reported: Hazard):
    shown = people["clerk"].get(f"/hazards/{reported.no}")
    people["clerk"].headers = {"If-Match": shown.headers["etag"]}

    answer = people["clerk"].post(f"/hazards/{reported.no}/acceptance", ACCEPTANCE)

    assert (answer.status_code, answer.headers["etag"], answer.json()["version"]) == (201, '"2"', 2)
