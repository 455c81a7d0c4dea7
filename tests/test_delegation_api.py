"""Delegation: a colleague decides on somebody's behalf, for days; four eyes count both."""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import delete, func, select, update
from sqlmodel import Session, col
from starlette.testclient import TestClient

from colleagues import days, events, id_of, join, now, pass_review
from escalated import carry_out, fire_level, race, told_by
from flows import announcement, effects
from models import Account, LoginSession, RoleGrant
from models.audit import OFFICE
from models.outbox import Topic
from models.permissions import Role
from models.process import DecisionCode
from models.stage import Step
from models.tables import DELEGATION_DAY, HAZARD, NOTICE, OUTBOX, SIGNATURE
from office_api import Caller, assert_refused
from services import accounts, organization
from test_announcements import last_message
from town import NOON, Town, carry_to, decide

UNDER_PAUSE = {"ground": "PUBLIC_WORKS", "reason": "道路封闭施工通告", "interim": "继续停产"}


def lend(caller: Caller, town: Town, to: str, **changes: Any) -> Any:
    return caller.post("/delegations", {"delegate": id_of(town, to), **days(), **changes})


@pytest.fixture
def stand_in(session: Session, town: Town, client: TestClient) -> Caller:
    """Of the department and of a head's rank, but not its head: alone this person passes no review."""
    return join(session, town, client, "stand_in", Role.SC, "YJB")


@pytest.fixture
def judged(session: Session, town: Town) -> Any:
    hazard = carry_to(session, town, Step.JUDGE)
    session.commit()
    return hazard


def test_a_delegate_decides_on_behalf_until_the_delegation_is_revoked(
    session: Session, town: Town, people: dict[str, Caller], stand_in: Caller, judged: Any
):
    before = pass_review(stand_in, judged)
    made = lend(people["head"], town, "stand_in")

    assert_refused(before, 403, "not-permitted")
    assert (made.status_code, made.json()["undecidable"]) == (201, [])
    assert [row["delegate_name"] for row in stand_in.get("/delegations").json()] == ["stand_in甲"]
    revoked = people["head"].delete(f"/delegations/{made.json()['id']}")
    assert revoked.status_code == 200
    assert_refused(pass_review(stand_in, judged), 403, "not-permitted")

    assert lend(people["head"], town, "stand_in").status_code == 201
    assert pass_review(stand_in, judged).status_code == 201
    [event] = events(session, judged.id, "PASS")
    assert event["actor"]["person"] == id_of(town, "stand_in")
    assert event["actor"]["on_behalf_of"] == [{"person": id_of(town, "head"), "name": "应急办负责人甲"}]
    assert len(events(session, OFFICE, "DELEGATED")) == 2
    assert len(events(session, OFFICE, "DELEGATION_REVOKED")) == 1


def test_what_a_delegate_signs_binds_the_delegator_as_well(
    session: Session, town: Town, people: dict[str, Caller], stand_in: Caller, judged: Any
):
    organization.grant_role(session, town.persons["head"], Role.SC, unit=town.units["AWB"], by=None, at=NOON)
    session.commit()
    lend(people["head"], town, "stand_in", unit="YJB")
    pass_review(stand_in, judged)

    [hazard] = now(session, select(HAZARD).where(HAZARD.c.id == judged.id))
    back = {"reason": "佐证不足，须补充照片", "limit_days": 5, "limit_basis": "销号退回"}
    closed = people["head"].post(f"/hazards/{hazard.no}/closure-return", back, version=hazard.version)

    assert_refused(closed, 409, "four-eyes")
    mine = select(SIGNATURE.c.signer).where(SIGNATURE.c.hazard_id == hazard.id, SIGNATURE.c.part == "review")
    signers = {row.signer for row in now(session, mine)}
    assert signers == {id_of(town, "head"), id_of(town, "stand_in"), town.units["YJB"].id}


def test_a_delegate_cannot_take_the_other_part_of_what_the_delegator_signed_and_is_told_beforehand(
    session: Session, town: Town, people: dict[str, Caller], client: TestClient
):
    second = join(session, town, client, "second_head", Role.DH, "YJB")
    hazard = decide(session, town, carry_to(session, town, Step.CLASSIFY), DecisionCode.MAJOR, "head", at=NOON)
    session.commit()
    confirmation = f"/hazards/{hazard.no}/finding-confirmation"

    made = lend(people["head"], town, "second_head")
    refused = second.post(confirmation, {"comment": "同意"}, version=hazard.version)
    people["head"].delete(f"/delegations/{made.json()['id']}")
    alone = second.post(confirmation, {"comment": "同意"}, version=hazard.version)

    assert [row["no"] for row in made.json()["undecidable"]] == [hazard.no]
    assert_refused(refused, 409, "four-eyes")
    assert "委托您代办的应急办负责人甲" in refused.json()["detail"]
    assert alone.status_code == 201


def test_what_was_asked_for_on_somebodys_behalf_is_not_theirs_to_grant(
    session: Session, town: Town, people: dict[str, Caller], client: TestClient
):
    second = join(session, town, client, "second_clerk", Role.SC, "AWB")
    third = join(session, town, client, "third_clerk", Role.SC, "AWB")
    hazard = carry_to(session, town, Step.WORK, at=datetime.now(UTC))
    session.commit()
    lend(people["clerk"], town, "second_clerk")
    form = UNDER_PAUSE | {"until": days(0, 10)["until_on"]}
    asked = second.post(f"/hazards/{hazard.no}/pause-request", form, version=hazard.version)

    grants = [
        caller.post(f"/hazards/{hazard.no}/pause-grant", {"comment": "同意"}, version=hazard.version + 1)
        for caller in (people["clerk"], third)
    ]

    assert asked.status_code == 201, asked.text
    assert_refused(grants[0], 409, "four-eyes")
    assert grants[1].status_code == 201, grants[1].text


def test_what_was_lent_is_not_lent_on(
    session: Session, town: Town, people: dict[str, Caller], client: TestClient, stand_in: Caller, judged: Any
):
    further = join(session, town, client, "further", Role.SC, "YJB")
    lend(people["head"], town, "stand_in")
    assert lend(stand_in, town, "further").status_code == 201

    assert_refused(pass_review(further, judged), 403, "not-permitted")


def test_a_delegator_whose_account_is_disabled_lends_nothing(
    session: Session, town: Town, people: dict[str, Caller], stand_in: Caller, judged: Any
):
    lend(people["head"], town, "stand_in")
    session.execute(update(Account).where(col(Account.person_id) == id_of(town, "head")).values(disabled_at=NOON))
    session.commit()

    assert_refused(pass_review(stand_in, judged), 403, "not-permitted")


def test_a_delegate_who_has_left_the_unit_holds_nothing_there(
    session: Session, town: Town, people: dict[str, Caller], stand_in: Caller, judged: Any
):
    lend(people["head"], town, "stand_in")
    session.execute(delete(RoleGrant).where(col(RoleGrant.person_id) == id_of(town, "stand_in")))
    session.commit()
    organization.grant_role(session, town.persons["stand_in"], Role.SC, unit=town.units["AWB"], by=None, at=NOON)
    session.commit()

    assert_refused(pass_review(stand_in, judged), 403, "not-permitted")


def test_a_machine_s_key_carries_nothing_that_was_lent(
    session: Session, town: Town, people: dict[str, Caller], stand_in: Caller
):
    lend(people["head"], town, "stand_in")
    of_person = select(Account.id).where(col(Account.person_id) == id_of(town, "stand_in"))  # pyright: ignore[reportArgumentType, reportCallIssue]
    account = session.execute(of_person).scalar_one()
    at, hour = datetime.now(UTC), timedelta(hours=1)
    key = accounts.make_key(session, account, "接口", by=town.actors["admin"], at=at, valid=hour)

    acting = accounts.actor_for(session, key, at=at, idle=hour, longest=hour)

    assert (acting.roles, acting.on_behalf_of) == ({Role.SC}, ())


def test_a_delegation_that_has_not_begun_lends_nothing(
    town: Town, people: dict[str, Caller], stand_in: Caller, judged: Any
):
    assert lend(people["head"], town, "stand_in", **days(1, 3)).status_code == 201

    assert_refused(pass_review(stand_in, judged), 403, "not-permitted")


def test_a_delegation_outside_the_rule_is_refused_in_words(
    session: Session, town: Town, people: dict[str, Caller], stand_in: Caller
):
    head, before = people["head"], len(events(session, OFFICE, "DELEGATED"))
    wrong: tuple[dict[str, Any], ...] = (
        {"delegate": id_of(town, "head")}, {"delegate": id_of(town, "officer")}, {"delegate": id_of(town, "other_head")},
        {"delegate": id_of(town, "principal")}, {"delegate": "nobody"}, days(0, 14), days(-1, 3), days(3, 1),
        {"unit": "NOWHERE"}, {"reason": ""}, {"from_on": "tomorrow"}, {"unknown": 1},
    )  # fmt: skip

    for changes in wrong:
        assert_refused(lend(head, town, "stand_in", **changes), 422, "invalid-input")

    assert_refused(lend(head, town, "stand_in", unit="JFB"), 403, "not-permitted")
    for who in ("officer", "villager", "principal", "auditor", "admin"):
        assert_refused(lend(people[who], town, "stand_in"), 403, "not-permitted")
    assert lend(head, town, "stand_in", **days(0, 13)).status_code == 201
    assert len(events(session, OFFICE, "DELEGATED")) == before + 1


def test_a_disabled_colleague_is_no_delegate_and_a_stale_password_delegates_nothing(
    session: Session, town: Town, people: dict[str, Caller], stand_in: Caller
):
    session.execute(update(LoginSession).values(verified_at=NOON))
    session.commit()
    assert_refused(lend(people["head"], town, "stand_in"), 403, "step-up-required")

    session.execute(update(LoginSession).values(verified_at=datetime.now(UTC)))
    session.execute(update(Account).where(col(Account.person_id) == id_of(town, "stand_in")).values(disabled_at=NOON))
    session.commit()
    assert_refused(lend(people["head"], town, "stand_in"), 422, "invalid-input")


def test_of_two_delegations_for_the_same_days_one_is_refused(
    session: Session, town: Town, people: dict[str, Caller], client: TestClient, stand_in: Caller
):
    join(session, town, client, "second_head", Role.DH, "YJB")

    answers = race(
        lambda: lend(people["head"], town, "stand_in", **days(0, 4)),
        lambda: lend(people["head"], town, "second_head", **days(3, 6)),
    )

    assert sorted(answer.status_code for answer in answers) == [201, 422]
    assert now(session, select(func.count()).select_from(DELEGATION_DAY))[0][0] in {4, 5}


def test_two_heads_cannot_delegate_to_one_another_at_once(
    session: Session, town: Town, people: dict[str, Caller], client: TestClient
):
    second = join(session, town, client, "second_head", Role.DH, "YJB")

    answers = race(lambda: lend(people["head"], town, "second_head"), lambda: lend(second, town, "head"))

    assert sorted(answer.status_code for answer in answers) == [201, 422]


def test_only_the_delegator_revokes(town: Town, people: dict[str, Caller], stand_in: Caller):
    made = lend(people["head"], town, "stand_in").json()["id"]

    for caller in (stand_in, people["clerk"], people["other_head"]):
        assert_refused(caller.delete(f"/delegations/{made}"), 403, "not-permitted")
    assert people["head"].delete(f"/delegations/{made}").status_code == 200
    assert_refused(people["head"].delete(f"/delegations/{made}"), 404, "not-found")


@pytest.mark.usefixtures("flows_here")
def test_an_escalation_reaches_the_delegate_with_a_copy_to_the_head(
    session: Session, town: Town, people: dict[str, Caller], stand_in: Caller
):
    hazard = carry_to(session, town, Step.RECHECK)
    session.commit()
    assert lend(people["head"], town, "stand_in").status_code == 201

    carry_out(session, fire_level(session, hazard, 1)[-1:])

    assert {id_of(town, "stand_in"), id_of(town, "head")} <= told_by(session, "escalation_1")


@pytest.mark.usefixtures("flows_here")
def test_both_are_told_of_a_delegation_and_of_its_end(
    session: Session, town: Town, people: dict[str, Caller], stand_in: Caller
):
    made = lend(people["head"], town, "stand_in").json()["id"]
    message = last_message(session, Topic.DELEGATED)
    asyncio.run(announcement.announce_untracked("", message))
    assert now(session, select(OUTBOX.c.done_at).where(OUTBOX.c.id == message))[0][0] is not None
    people["head"].delete(f"/delegations/{made}")
    effects.carry_out("tell_delegated", last_message(session, Topic.DELEGATED))

    both = {id_of(town, "head"), id_of(town, "stand_in")}
    assert (told_by(session, "delegated"), told_by(session, "delegation_ended")) == (both, both)
    assert [row.hazard_id for row in now(session, select(NOTICE.c.hazard_id).distinct())] == [None]
    assert next(line["subject"] for line in stand_in.get("/notices").json()).endswith("的委托已撤销")
