"""The two acceptance scenarios in which somebody without an account reports, over HTTP."""

import json

from models.process import DecisionCode as D
from models.requests import RequestKind as K
from services.keys import finance_token
from settings import Settings
from story import Case, Story
from tip_off import ABSTRACT, ID_NO, NAME, PHONE, PLACE, WORDS, Reporter


def test_scenario_06_a_reward_months_later_and_the_mine_never_learns_who(story: Story, app_settings: Settings):
    """呼伦贝尔: a miner reports by name; the reward is paid months later, and nobody who handles the case knows to whom."""
    reporter = Reporter(story.client)
    case = Case(story, reporter.report(named=True)["no"])
    case.step("clerk", D.ABSTRACT, **ABSTRACT)
    case.carry_to("CLOSED")
    (source,) = story.get("clerk", f"/hazards/{case.no}/reports")
    story.post("clerk", f"/reports/{source['id']}/answer", {"text": "已查证属实并整改完成"})
    story.later(days=120)

    amount = {"amount_yuan": 3000, "basis": "区安全生产举报奖励标准"}
    story.post("clerk", f"/reports/{source['id']}/reward", amount)
    assert story.people["clerk"].post(f"/reports/{source['id']}/reward/approval").status_code == 409
    story.post("second_clerk", f"/reports/{source['id']}/reward/approval")
    assert reporter.get("/report").json()["reward_yuan"] == 3000
    token = reporter.post("/report/reward-token").json()["token"]
    finance = {"X-Finance-Token": finance_token(app_settings.key_dir), "X-Reward-Token": token}
    paid = story.client.post("/api/v1/rewards/payment", headers=finance)

    assert (paid.status_code, paid.json()["amount_yuan"], len(paid.json())) == (201, 3000, 2)
    seen = [case.shown("principal"), case.events("principal"), story.get("principal", "/notices")]
    for whole in [*seen, case.shown("officer"), case.events("officer"), case.events("auditor")]:
        assert not [
            secret for secret in (NAME, PHONE, ID_NO, WORDS, PLACE) if secret in json.dumps(whole, ensure_ascii=False)
        ]
    told = json.dumps(seen, ensure_ascii=False)
    assert not [word for word in ("举报", "PUBLIC_REPORT", "REPORTER", "奖励") if word in told]


def test_scenario_10_three_sources_one_hazard_three_duties_to_answer(story: Story):
    """The same hazard is reported by the enterprise, by a grid worker and by a call to 12350."""
    own = story.report("principal", channel="SELF_REPORT")
    patrol = story.report("villager", source="网格巡查")
    reporter = Reporter(story.client)
    call = Case(story, reporter.report(named=True)["no"])
    for twin in (patrol, call):
        twin.step("clerk", K.MERGE.ask, into=own.no)
        twin.step("second_clerk", K.MERGE.grant)

    own.carry_to("CLOSED")

    reports = story.get("clerk", f"/hazards/{own.no}/reports")
    assert [report["channel"] for report in reports] == ["SELF_REPORT", "INSPECTION", "PUBLIC_REPORT"]
    duties = [row for row in own.shown("clerk")["deadlines"] if row["clock"] == "reporter_answer"]
    assert [row["closed_at"] for row in duties] == [None] * 3
    for number, report in enumerate(reports):
        story.post("clerk", f"/reports/{report['id']}/answer", {"text": f"第{number + 1}件已办结"})
    duties = [row for row in own.shown("clerk")["deadlines"] if row["clock"] == "reporter_answer"]
    assert [row["outcome"] for row in duties] == ["MET"] * 3
    assert reporter.get("/report").json()["answer"] == "第3件已办结"
    assert story.get("villager", f"/hazards/{patrol.no}")["own_reports"][0]["answer"] == "第2件已办结"
    assert story.get("principal", f"/hazards/{own.no}")["own_reports"][0]["answer"] == "第1件已办结"
    assert "群众" not in json.dumps(own.shown("principal"), ensure_ascii=False)
