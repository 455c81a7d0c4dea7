"""Hand-over: a person leaves; everything open goes to the successor, or nothing does."""

from datetime import UTC, datetime, timedelta
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from sqlalchemy import select, update
from sqlmodel import Session, col
from starlette.testclient import TestClient

from colleagues import days, events, how_many_events, id_of, join, move_item, now
from models import Account, Enterprise, RoleGrant
from models.audit import OFFICE
from models.organization import Duty
from models.permissions import Role
from models.stage import Step
from models.tables import HAZARD
from office_api import Caller, assert_refused
from services import history_check
from town import NOON, Town, carry_to


def hand_over(caller: Caller, town: Town, leaver: str, successor: str) -> Any:
    body = {"successor": id_of(town, successor), "reason": "调离"}
    return caller.post(f"/people/{id_of(town, leaver)}/handover", body)


def test_claimed_items_go_to_the_successor_and_the_leaver_is_out(
    session: Session, town: Town, people: dict[str, Caller]
):
    hazards = [carry_to(session, town, Step.CLASSIFY) for _ in range(2)]
    session.commit()
    for hazard in hazards:
        people["officer"].post(f"/work-items/{move_item(session, hazard).id}/claim")

    done = hand_over(people["admin"], town, "officer", "second_officer")

    assert (done.status_code, done.json()["moved"]) == (201, 2)
    assert {move_item(session, hazard).assignee_id for hazard in hazards} == {id_of(town, "second_officer")}
    for hazard in hazards:
        [event] = events(session, hazard.id, "ITEM_HANDED_OVER")
        assert event["form"] == {"from": id_of(town, "officer"), "to": id_of(town, "second_officer")}
    assert people["officer"].get("/work-items").status_code == 401
    login = people["officer"].client.post(
        "/api/v1/session", json={"login": "officer", "password": "Correct-Horse-7788"}
    )
    assert login.status_code == 401
    assert now(session, select(RoleGrant).where(col(RoleGrant.person_id) == id_of(town, "officer"))) == []


def test_cases_and_office_of_a_leader_go_to_the_successor_and_the_row_stays_what_its_history_says(
    session: Session, town: Town, people: dict[str, Caller], client: TestClient
):
    join(session, town, client, "new_leader", Role.TL, "ZZF")
    hazard = carry_to(session, town, Step.PLAN)
    session.commit()

    done = hand_over(people["admin"], town, "leader", "new_leader")

    assert (done.status_code, done.json()["moved"]) == (201, 2), done.text
    [row] = now(session, select(HAZARD).where(HAZARD.c.id == hazard.id))
    assert (row.leader_id, row.version) == (id_of(town, "new_leader"), hazard.version + 1)
    assert len(events(session, hazard.id, "LEADER_HANDED_OVER")) == 1
    duty = select(RoleGrant.duty).where(col(RoleGrant.person_id) == id_of(town, "new_leader"))  # pyright: ignore[reportArgumentType, reportCallIssue]
    assert now(session, duty)[0][0] == Duty.DEPUTY_LEADER
    assert _faults(session) == []


def test_a_decision_taken_back_after_a_hand_over_does_not_bring_the_leaver_back(
    session: Session, town: Town, people: dict[str, Caller], client: TestClient
):
    join(session, town, client, "new_leader", Role.TL, "ZZF")
    hazard = carry_to(session, town, Step.PLAN_REVIEW, at=datetime.now(UTC))
    session.commit()
    hand_over(people["admin"], town, "leader", "new_leader")

    back = people["principal"].post(
        f"/hazards/{hazard.no}/withdrawal", {"reason": "漏填应急措施"}, version=hazard.version + 1
    )

    assert back.status_code == 201, back.text
    [row] = now(session, select(HAZARD).where(HAZARD.c.id == hazard.id))
    assert (row.step, row.leader_id) == (Step.PLAN, id_of(town, "new_leader"))
    assert _faults(session) == []


def test_what_the_successor_cannot_hold_is_listed_and_nothing_moves(
    session: Session, town: Town, people: dict[str, Caller], client: TestClient
):
    hazard = carry_to(session, town, Step.PLAN)
    other = carry_to(session, town, Step.CLASSIFY)
    session.commit()
    people["officer"].post(f"/work-items/{move_item(session, other).id}/claim")
    before = how_many_events(session)

    leader = hand_over(people["admin"], town, "leader", "other_head")
    officer = hand_over(people["admin"], town, "officer", "other_officer")
    principal = hand_over(people["admin"], town, "principal", "officer")

    assert_refused(leader, 409, "left-over")
    assert [line.split("：")[0] for line in leader.json()["left_over"]] == ["包案", "职务"]
    assert hazard.no in leader.json()["left_over"][0]
    assert_refused(officer, 409, "left-over")
    assert other.no in officer.json()["left_over"][0]
    assert_refused(principal, 409, "left-over")
    assert how_many_events(session) == before
    assert people["leader"].get("/hazards").status_code == 200


def test_a_principal_of_the_enterprise_hands_over_within_it(session: Session, town: Town, people: dict[str, Caller]):
    done = hand_over(people["admin"], town, "principal", "controller")

    assert (done.status_code, done.json()["moved"]) == (201, 1)
    [row] = now(session, select(Enterprise.principal_id, Enterprise.actual_controller_id))  # pyright: ignore[reportArgumentType, reportCallIssue]
    assert tuple(row) == (id_of(town, "controller"), id_of(town, "controller"))


def test_deputyship_and_delegations_received_go_on_and_those_given_end(
    session: Session, town: Town, people: dict[str, Caller], client: TestClient
):
    join(session, town, client, "second_head", Role.DH, "YJB")
    join(session, town, client, "third_head", Role.DH, "YJB")
    people["clerk"].put("/units/YJB/deputy", {"person": id_of(town, "second_head")})
    lent = people["head"].post("/delegations", {"delegate": id_of(town, "second_head"), **days()})
    assert lent.status_code == 201, lent.text

    done = hand_over(people["admin"], town, "second_head", "third_head")

    assert (done.status_code, done.json()["moved"]) == (201, 2), done.text
    rows = people["head"].get("/delegations").json()
    assert {row["delegate"] for row in rows if row["revoked_at"] is None} == {id_of(town, "third_head")}
    assert people["clerk"].get("/units/YJB/deputy").json()["person"] == id_of(town, "third_head")
    assert len(events(session, OFFICE, "HANDED_OVER")) == 1


def test_copies_to_the_leaver_end(session: Session, town: Town, people: dict[str, Caller]):
    hazard = carry_to(session, town, Step.CLASSIFY)
    session.commit()
    copied = people["head"].post(f"/hazards/{hazard.no}/copies", {"people": [id_of(town, "other_officer")]})
    assert copied.status_code == 201

    assert hand_over(people["admin"], town, "other_officer", "other_head").json()["moved"] == 0

    assert people["head"].get(f"/hazards/{hazard.no}/copies").json() == []
    assert len(events(session, hazard.id, "COPY_REVOKED")) == 1
    assert _faults(session) == []


def test_only_the_administrator_hands_over_and_never_to_nobody(session: Session, town: Town, people: dict[str, Caller]):
    for who in ("clerk", "head", "leader", "officer", "auditor"):
        assert_refused(hand_over(people[who], town, "officer", "second_officer"), 403, "not-permitted")
    assert_refused(hand_over(people["admin"], town, "officer", "officer"), 403, "not-permitted")
    assert_refused(hand_over(people["admin"], town, "admin", "officer"), 403, "not-permitted")
    body = {"successor": "nobody", "reason": "调离"}
    assert_refused(people["admin"].post(f"/people/{id_of(town, 'officer')}/handover", body), 404, "not-found")
    assert_refused(people["admin"].post("/people/nobody/handover", body), 404, "not-found")
    assert_refused(people["admin"].post(f"/people/{id_of(town, 'officer')}/handover", {}), 422, "invalid-input")
    session.execute(
        update(Account)
        .where(col(Account.person_id) == id_of(town, "second_officer"))
        .values(disabled_at=datetime.now(UTC))
    )
    session.commit()
    assert_refused(hand_over(people["admin"], town, "officer", "second_officer"), 409, "left-over")


def _faults(session: Session) -> list[str]:
    session.rollback()
    found = history_check.verify_history(session, Ed25519PrivateKey.generate(), at=NOON - timedelta(days=400)).findings
    session.rollback()
    return found
