"""Acts of the office that need a second person: nobody does both halves, whoever they are and however they hurry."""

import json
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from sqlalchemy import Engine, delete, insert, select, update
from sqlalchemy.exc import IntegrityError
from sqlmodel import Session, col
from starlette.testclient import TestClient

from models import Person, RoleGrant
from models.engine import reading, writing
from models.ids import new_id
from models.permissions import Role
from models.tables import AUDIT_EVENT, PROPOSAL, ROLE_GRANT
from office_api import Caller, assert_refused, sign_in
from town import NOON, Town, add_person


@pytest.fixture
def admins(session: Session, town: Town, people: dict[str, Caller]) -> dict[str, Caller]:
    """Everybody signed in, and two more administrators: set-up mode is over."""
    client = people["admin"].client
    for key in ("second_admin", "third_admin"):
        add_person(session, town, key, key, Role.AD, None, None, NOON)
        people[key] = Caller(client, sign_in(session, town, key))
    session.commit()
    return people


def newcomer(people: dict[str, Caller]) -> str:
    """A person registered without any role."""
    return people["admin"].post("/people", {"name": "新人甲", "login": "newcomer"}).json()["id"]


def officer_of_yjb(people: dict[str, Caller], who: str = "admin") -> tuple[str, str]:
    """A new person, and the proposal to make them an officer."""
    person = newcomer(people)
    answer = people[who].post(f"/people/{person}/roles", {"role": "DO", "unit": "YJB"})
    assert answer.status_code == 202, answer.text
    return person, answer.json()["proposal"]


def roles_of(engine: Engine, person: str) -> set[str]:
    with reading(engine) as session:
        return set(session.execute(select(ROLE_GRANT.c.role).where(ROLE_GRANT.c.person_id == person)).scalars())


def events(engine: Engine, kind: str) -> list[dict[str, Any]]:
    with reading(engine) as session:
        rows = session.execute(select(AUDIT_EVENT.c.body).where(AUDIT_EVENT.c.type == kind)).scalars()
        return [json.loads(row) for row in rows]


def test_a_role_is_held_only_when_a_second_administrator_has_approved_it(admins: dict[str, Caller], engine: Engine):
    person, proposal = officer_of_yjb(admins)
    before = roles_of(engine, person)

    answer = admins["second_admin"].post(f"/proposals/{proposal}/approval", {"reason": "人事文件齐备"})

    assert (answer.status_code, before, roles_of(engine, person)) == (201, set(), {"DO"})
    [approved] = events(engine, "PROPOSAL_APPROVED")
    assert (approved["proposal"], approved["alone"], approved["reason"]) == (proposal, False, "人事文件齐备")
    assert [event["after"]["person_id"] for event in events(engine, "ROLE_GRANTED")][-1] == person


@pytest.mark.parametrize("word", ["approval", "refusal"])
def test_nobody_decides_what_they_proposed(admins: dict[str, Caller], engine: Engine, word: str):
    person, proposal = officer_of_yjb(admins)

    answer = admins["admin"].post(f"/proposals/{proposal}/{word}", {"reason": "本人意见"})

    assert_refused(answer, 409, "four-eyes")
    assert roles_of(engine, person) == set()


def test_a_second_account_makes_no_second_person(session: Session, town: Town, admins: dict[str, Caller]):
    _, proposal = officer_of_yjb(admins)
    again = Caller(admins["admin"].client, sign_in(session, town, "admin", login="admin-again"))
    session.commit()

    assert_refused(again.post(f"/proposals/{proposal}/approval", {}), 409, "four-eyes")


def test_the_grantee_neither_proposes_nor_approves(town: Town, admins: dict[str, Caller], engine: Engine):
    me = town.persons["third_admin"].id
    own = admins["third_admin"].post(f"/people/{me}/roles", {"role": "AD"})
    of_me = admins["admin"].delete(f"/people/{me}/roles/AD").json()["proposal"]

    approved_by_me = admins["third_admin"].post(f"/proposals/{of_me}/approval", {})

    assert {own.status_code, approved_by_me.status_code} <= {403, 422}
    assert_refused(approved_by_me, 403, "not-permitted")
    assert roles_of(engine, me) == {"AD"}


@pytest.mark.parametrize("who", ["clerk", "leader", "head"])
def test_others_do_not_even_find_an_administrators_proposal(admins: dict[str, Caller], who: str):
    _, proposal = officer_of_yjb(admins)

    assert admins[who].post(f"/proposals/{proposal}/approval", {}).status_code in {403, 404}
    assert admins[who].get(f"/proposals/{proposal}").status_code in {403, 404}


def test_of_two_who_approve_at_once_one_does(admins: dict[str, Caller], engine: Engine):
    person, proposal = officer_of_yjb(admins)

    def approve(who: str) -> int:
        return admins[who].post(f"/proposals/{proposal}/approval", {}).status_code

    with ThreadPoolExecutor(2) as both:
        answers = sorted(both.map(approve, ("second_admin", "third_admin")))

    assert answers == [201, 409]
    assert len(events(engine, "PROPOSAL_APPROVED")) == 1
    assert roles_of(engine, person) == {"DO"}


def test_approval_and_refusal_at_once_leave_one_outcome(admins: dict[str, Caller], engine: Engine):
    person, proposal = officer_of_yjb(admins)

    def decide(who: str, word: str) -> int:
        return admins[who].post(f"/proposals/{proposal}/{word}", {"reason": "意见"}).status_code

    with ThreadPoolExecutor(2) as both:
        answers = list(both.map(decide, ("second_admin", "third_admin"), ("approval", "refusal")))

    assert sorted(answers) == [201, 409]
    assert roles_of(engine, person) == ({"DO"} if answers[0] == 201 else set())


def test_what_was_possible_when_proposed_is_checked_again_when_approved(admins: dict[str, Caller], engine: Engine):
    person = newcomer(admins)
    officer = admins["admin"].post(f"/people/{person}/roles", {"role": "DO", "unit": "YJB"}).json()["proposal"]
    auditor = admins["admin"].post(f"/people/{person}/roles", {"role": "AU", "unit": "SJ"}).json()["proposal"]
    admins["second_admin"].post(f"/proposals/{officer}/approval", {})

    answer = admins["second_admin"].post(f"/proposals/{auditor}/approval", {})

    assert_refused(answer, 403, "not-permitted")
    assert roles_of(engine, person) == {"DO"}


def test_a_refused_or_withdrawn_proposal_changes_nothing_and_stays_decided(admins: dict[str, Caller], engine: Engine):
    person, refused = officer_of_yjb(admins)
    withdrawn = admins["admin"].post(f"/people/{person}/roles", {"role": "DH", "unit": "YJB"}).json()["proposal"]

    admins["second_admin"].post(f"/proposals/{refused}/refusal", {"reason": "材料不全"})
    others = admins["second_admin"].post(f"/proposals/{withdrawn}/withdrawal", {"reason": "不再需要"})
    own = admins["admin"].post(f"/proposals/{withdrawn}/withdrawal", {"reason": "不再需要"})

    assert (others.status_code, own.status_code) == (403, 201)
    for proposal in (refused, withdrawn):
        assert_refused(admins["third_admin"].post(f"/proposals/{proposal}/approval", {}), 409, "already-decided")
    assert roles_of(engine, person) == set()


def test_a_role_withdrawn_is_held_until_the_approval_and_not_a_request_longer(town: Town, admins: dict[str, Caller]):
    officer = town.persons["officer"].id
    before = admins["officer"].get("/hazards").status_code
    proposal = admins["admin"].delete(f"/people/{officer}/roles/DO?unit=YJB").json()["proposal"]
    meanwhile = admins["officer"].get("/hazards").status_code

    admins["second_admin"].post(f"/proposals/{proposal}/approval", {})

    assert (before, meanwhile, admins["officer"].get("/hazards").status_code) == (200, 200, 401)


def test_the_list_shows_what_waits_and_who_asked(town: Town, admins: dict[str, Caller]):
    first, second = officer_of_yjb(admins)[1], admins["admin"].delete(
        f"/people/{town.persons['villager'].id}/roles/VC?unit=CUN1"
    ).json()["proposal"]  # fmt: skip

    page = admins["second_admin"].get("/proposals?limit=1").json()
    rest = admins["second_admin"].get("/proposals", params={"cursor": page["next_cursor"]}).json()

    assert [line["id"] for line in page["items"] + rest["items"]] == [first, second]
    assert page["items"][0]["summary"] == "授予新人甲的“部门经办人”角色（应急办）"
    assert page["items"][0]["proposed_by"] == town.persons["admin"].name
    assert admins["clerk"].get("/proposals").json()["items"] == []
    assert len(admins["auditor"].get("/proposals").json()["items"]) == 2


def test_the_one_administrator_of_a_new_installation_starts_alone(people: dict[str, Caller], engine: Engine):
    person = newcomer(people)

    answer = people["admin"].post(f"/people/{person}/roles", {"role": "DO", "unit": "YJB"})

    assert (answer.status_code, answer.json()["applied"], roles_of(engine, person)) == (201, True, {"DO"})
    assert [event["alone"] for event in events(engine, "PROPOSAL_APPROVED")] == [True]
    assert "初装模式" in people["admin"].client.get("/readyz").text


def test_set_up_mode_ends_with_the_second_administrator_and_never_comes_back(
    town: Town, admins: dict[str, Caller], engine: Engine, client: TestClient
):
    ended = "初装模式" not in client.get("/readyz").text
    for key in ("second_admin", "third_admin"):
        gone = admins["admin"].delete(f"/people/{town.persons[key].id}/roles/AD").json()["proposal"]
        other = {"second_admin": "third_admin"}.get(key)
        if other:
            assert admins[other].post(f"/proposals/{gone}/approval", {}).status_code == 201

    with writing(engine) as session, session.begin():
        session.execute(delete(RoleGrant).where(col(RoleGrant.person_id) == town.persons["third_admin"].id))
    person = newcomer(admins)
    answer = admins["admin"].post(f"/people/{person}/roles", {"role": "DO", "unit": "YJB"})

    assert ended
    assert (answer.status_code, roles_of(engine, person)) == (202, set())


def test_even_alone_nobody_grants_to_themselves(town: Town, people: dict[str, Caller]):
    answer = people["admin"].post(f"/people/{town.persons['admin'].id}/roles", {"role": "DO", "unit": "YJB"})

    assert_refused(answer, 403, "not-permitted")


@pytest.mark.parametrize(
    ("key", "role", "unit"),
    [("admin", "AU", None), ("admin", "DO", "YJB"), ("auditor", "AD", None), ("auditor", "SC", "AWB"), ("officer", "AD", None),
     ("officer", "AU", "SJ"), ("principal", "DO", "YJB"), ("principal", "AD", None), ("officer", "EN", None)],
)  # fmt: skip
def test_the_database_itself_refuses_roles_that_exclude_one_another(
    town: Town, engine: Engine, key: str, role: str, unit: str | None
):
    row = {"id": new_id(), "person_id": town.persons[key].id, "role": role, "unit_id": town.units[unit].id if unit else None,
           "granted_at": NOON}  # fmt: skip

    with pytest.raises(IntegrityError), writing(engine) as session, session.begin():
        session.execute(insert(ROLE_GRANT), row)


def test_the_database_itself_lets_no_officer_become_an_enterprises_person(town: Town, engine: Engine):
    with pytest.raises(IntegrityError), writing(engine) as session, session.begin():
        session.execute(
            update(Person).where(col(Person.id) == town.persons["officer"].id).values(enterprise_id=town.enterprise.id)
        )


@pytest.mark.parametrize("values", [
    {"decided_by": "admin", "outcome": "APPROVED"}, {"decided_by": "second_admin", "outcome": "WITHDRAWN"},
    {"decided_by": None, "outcome": "APPROVED"}, {"decided_by": "grantee", "outcome": "APPROVED"},
    {"decided_by": "second_admin", "outcome": "PERHAPS"}, {"summary": "另一件事"}, {"payload": "{}"},
])  # fmt: skip
def test_the_database_itself_refuses_a_decision_by_the_wrong_person(
    town: Town, admins: dict[str, Caller], engine: Engine, values: dict[str, Any]
):
    grantee, proposal = officer_of_yjb(admins)
    ids = {key: person.id for key, person in town.persons.items()} | {"grantee": grantee}
    if "outcome" in values:
        values = values | {"decided_by": ids.get(values["decided_by"] or ""), "decided_at": NOON}

    with pytest.raises(IntegrityError), writing(engine) as session, session.begin():
        session.execute(update(PROPOSAL).where(PROPOSAL.c.id == proposal).values(**values))


def test_the_database_itself_keeps_a_decided_proposal(admins: dict[str, Caller], engine: Engine):
    _, proposal = officer_of_yjb(admins)
    admins["second_admin"].post(f"/proposals/{proposal}/approval", {})

    for change in (update(PROPOSAL).values(reason="改写"), delete(PROPOSAL)):
        with pytest.raises(Exception, match=r"once|append-only"), writing(engine) as session, session.begin():
            session.execute(change.where(PROPOSAL.c.id == proposal))
