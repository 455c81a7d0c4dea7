"""Rewards: two persons decide without knowing whom, a third pays without knowing why, and a token is paid once."""

from typing import Any

import pytest
from sqlalchemy import insert
from sqlalchemy.exc import IntegrityError
from sqlmodel import Session

from models.engine import writing
from models.process import DecisionCode as D
from models.requests import RequestKind as K
from models.tables import REWARD
from office_api import assert_refused
from services.keys import finance_token
from settings import Settings
from story import Case, Story
from tip_off import ABSTRACT, TIP, Reporter
from town import NOON

AMOUNT = {"amount_yuan": 3000, "basis": "区安全生产举报奖励标准"}


@pytest.fixture
def reporter(story: Story) -> Reporter:
    return Reporter(story.client)


def verified(story: Story, reporter: Reporter, *, named: bool = True) -> Case:
    case = Case(story, reporter.report(named=named)["no"])
    case.step("clerk", D.ABSTRACT, **ABSTRACT)
    return case.carry_to("ASSIGN")


def source_of(case: Case, number: int = 0) -> str:
    return case.story.get("clerk", f"/hazards/{case.no}/reports")[number]["id"]


def decided(case: Case) -> str:
    source = source_of(case)
    case.story.post("clerk", f"/reports/{source}/reward", AMOUNT)
    case.story.post("second_clerk", f"/reports/{source}/reward/approval")
    return source


def payment(story: Story, settings: Settings, token: str, method: str = "POST") -> Any:
    headers = {"X-Finance-Token": finance_token(settings.key_dir), "X-Reward-Token": token}
    return story.client.request(method, "/api/v1/rewards/payment", headers=headers)


def test_a_token_is_worth_its_amount_and_is_paid_once(story: Story, reporter: Reporter, app_settings: Settings):
    decided(verified(story, reporter))
    token = reporter.post("/report/reward-token").json()["token"]

    before = payment(story, app_settings, token, "GET").json()
    paid, again = (payment(story, app_settings, token) for _ in range(2))

    assert before == {"amount_yuan": 3000, "paid_at": None}
    assert (paid.status_code, paid.json()["amount_yuan"]) == (201, 3000)
    assert_refused(again, 422, "gate-not-met")
    assert payment(story, app_settings, token, "GET").json()["paid_at"] is not None
    assert reporter.get("/report").json()["reward_yuan"] is None
    assert reporter.post("/report/reward-token").status_code == 422


def test_a_token_drawn_anew_voids_the_former(story: Story, reporter: Reporter, app_settings: Settings):
    decided(verified(story, reporter))
    former, token = (reporter.post("/report/reward-token").json()["token"] for _ in range(2))

    assert_refused(payment(story, app_settings, former), 404, "not-found")
    assert payment(story, app_settings, token).status_code == 201


def test_the_same_request_sent_again_does_not_show_the_token_twice(story: Story, reporter: Reporter):
    decided(verified(story, reporter))

    first, second = (reporter.post("/report/reward-token", key="drawn-by-the-client-1").json() for _ in range(2))

    assert "token" in first
    assert second == {"amount_yuan": 3000, "note": first["note"]}


def test_whoever_proposed_a_reward_does_not_decide_it(story: Story, reporter: Reporter):
    source = source_of(verified(story, reporter))
    story.post("clerk", f"/reports/{source}/reward", AMOUNT)

    for what in ("approval", "refusal"):
        answer = story.people["clerk"].post(
            f"/reports/{source}/reward/{what}", {"text": "不予奖励"} if what == "refusal" else None
        )
        assert_refused(answer, 409, "four-eyes")

    assert story.get("clerk", "/rewards") == []
    assert [row["source_id"] for row in story.get("second_clerk", "/rewards")] == [source]


def test_the_database_knows_that_two_persons_decide(session: Session, story: Story, reporter: Reporter):
    source, clerk = source_of(verified(story, reporter)), story.town.clerk.person_id
    row = {"source_id": source, "amount_yuan": 3000, "basis": "标准", "proposed_by": clerk, "proposed_at": NOON}

    with pytest.raises(IntegrityError), writing(story.engine) as other, other.begin():
        other.execute(insert(REWARD), row | {"decided_by": clerk, "decided_at": NOON})


def test_a_refused_reward_may_be_proposed_anew(story: Story, reporter: Reporter):
    source = source_of(verified(story, reporter))
    story.post("clerk", f"/reports/{source}/reward", AMOUNT)
    assert_refused(story.people["clerk"].post(f"/reports/{source}/reward", AMOUNT), 422, "gate-not-met")

    story.post("second_clerk", f"/reports/{source}/reward/refusal", {"text": "金额不符合标准"})

    story.post("clerk", f"/reports/{source}/reward", AMOUNT | {"amount_yuan": 1000})
    assert reporter.post("/report/reward-token").status_code == 422


def test_a_reward_is_for_the_first_report_by_name_of_a_hazard_that_was_one(story: Story, reporter: Reporter):
    unverified = source_of(Case(story, reporter.report(named=True)["no"]))
    nameless = source_of(verified(story, Reporter(story.client), named=False))
    first, later = Reporter(story.client), Reporter(story.client)
    kept = Case(story, first.report(named=True)["no"])
    story.later(minutes=5)
    twin = Case(story, later.report(named=True)["no"])
    twin.step("clerk", K.MERGE.ask, into=kept.no)
    twin.step("second_clerk", K.MERGE.grant)
    kept.step("clerk", D.ABSTRACT, **ABSTRACT)
    kept.carry_to("ASSIGN")

    for source in (unverified, nameless, source_of(kept, 1)):
        assert_refused(story.people["clerk"].post(f"/reports/{source}/reward", AMOUNT), 422, "gate-not-met")
    story.post("clerk", f"/reports/{source_of(kept)}/reward", AMOUNT)


@pytest.mark.parametrize("amount", [0, -1, 300_001, 10**12, 2.5, "三千", True, None])
def test_an_amount_is_a_whole_number_of_yuan_within_the_rule(story: Story, reporter: Reporter, amount: Any):
    source = source_of(verified(story, reporter))

    answer = story.people["clerk"].post(f"/reports/{source}/reward", AMOUNT | {"amount_yuan": amount})

    assert_refused(answer, 422, "invalid-input")


@pytest.mark.parametrize("headers", [{}, {"X-Finance-Token": "0" * 64}, {"X-Finance-Token": ""}])
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_only_the_finance_window_pays(story: Story, reporter: Reporter, headers: dict[str, str], method: str):
    decided(verified(story, reporter))
    token = reporter.post("/report/reward-token").json()["token"]

    answer = story.client.request(method, "/api/v1/rewards/payment", headers=headers | {"X-Reward-Token": token})

    assert_refused(answer, 401, "not-authenticated")
    assert reporter.get("/report").json()["reward_yuan"] == 3000


def test_guessing_tokens_ends_soon(story: Story, app_settings: Settings):
    codes = {payment(story, app_settings, f"GUESS-{number}", "GET").status_code for number in range(40)}

    assert codes == {404, 429}


@pytest.mark.parametrize("who", ["officer", "leader", "principal", "villager", "admin", "auditor"])
def test_a_reward_is_the_committee_offices_alone(story: Story, reporter: Reporter, who: str):
    source = source_of(verified(story, reporter))

    assert story.people[who].post(f"/reports/{source}/reward", AMOUNT).status_code in {403, 404}
    assert story.people[who].get("/rewards").status_code == 403


def test_nobody_without_an_account_draws_what_was_never_decided(reporter: Reporter):
    reporter.report(TIP)

    assert_refused(reporter.post("/report/reward-token"), 422, "gate-not-met")
