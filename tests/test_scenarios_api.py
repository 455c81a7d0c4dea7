"""Scenes from real cases, over HTTP. Each is named after its number in the list of acceptance scenarios."""

from datetime import UTC, datetime, timedelta

import pytest

from browsing import Browser
from models.engine import writing
from models.organization import UnitKind
from models.permissions import Role
from models.process import DecisionCode as D
from models.requests import RequestKind as K
from services import organization
from services.more_time import EXTENSIONS
from serving import with_pages
from story import Case, Story
from town import NOON, add_person

LOCAL_9 = timedelta(hours=1)
"""09:00 there is 01:00 UTC."""


def day(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC) + LOCAL_9


def settle(case: Case, kind: K, asker: str, decider: str, **form: object) -> None:
    case.step(asker, kind.ask, **form)
    if kind in EXTENSIONS:
        case.step("officer", D.EXTENSION_OPINION)
    case.step(decider, kind.grant)


def test_scenario_01_stopped_equipment_runs_again(story: Story):
    """湖州: a patrol finds the stopped equipment running; within the hour the case is at the top and with enforcement."""
    case = story.report().carry_to("CLASSIFY")
    case.step("officer", D.MAJOR, interim_control="STOP_EQUIPMENT", interim_document="临应急停〔2026〕2号")
    case.carry_to("WORK")
    story.later(hours=20)
    seen = story.at

    case.step("villager", D.CONFIRM_CONTROL, holds=False, finding="巡查发现停用的设备擅自运行")
    story.later(minutes=30)
    case.step("officer", D.TO_ENFORCEMENT, ground="擅自恢复生产")
    case.step("officer", D.ENFORCE, kind="SEALING")
    case.step("officer", D.ENFORCE, kind="CRIMINAL_CHECK", content="经核查，移送公安机关")

    assert case.shown()["interim_control"] == "STOP_EQUIPMENT"
    top = [row for row in case.shown()["escalations"] if row["level"] == 4]
    assert min(datetime.fromisoformat(row["fired_at"]) for row in top) - seen < timedelta(hours=1)
    told = [event["type"] for event in case.events()]
    assert [kind for kind in told if kind != "ESCALATED"][-3:] == ["TO_ENFORCEMENT", "ENFORCE", "ENFORCE"]
    assert told[told.index("CONFIRM_CONTROL") + 1 :][:5] == ["ESCALATED"] * 5
    printed = Browser(with_pages(story.client.app)).signed_in(story.people["auditor"].token)  # pyright: ignore[reportArgumentType]
    assert printed.open(f"/hazards/{case.no}/record").sees("停用的设备擅自运行", "转入执法", "移送公安机关")


def test_scenario_02_stopped_replaced_inspected_and_struck_off(story: Story):
    """鄂州: stopped by the street office, replaced, inspected by a third party, accepted, struck off."""
    case = story.report().carry_to("PLAN_REVIEW")
    case.step("officer", D.STOP_FIRST, reason="未停用即整改，不能保证安全", document_no="街办停〔2026〕1号")
    case.carry_to("WORK")
    story.later(days=20)
    pair = [story.photo("principal"), story.photo("principal")]
    done = {"photo_pairs": [pair], "done": "更换全部设备"}

    assert "自行验收" in case.refused("principal", D.COMPLETE, **done, self_acceptance="")
    case.step("principal", D.COMPLETE, **done, self_acceptance="第三方检验机构出具合格报告")
    story.later(days=2)
    case.step("officer", D.RECHECK)
    case.step("head", D.PASS)
    assert "停产停用措施尚未经审查同意解除" in case.attempt("clerk", D.CLOSE).text
    settle(case, K.LIFTING, "head", "leader")
    case.step("clerk", D.CLOSE)

    assert (case.shown()["stage"], case.shown()["interim_control"]) == ("CLOSED", None)


def test_scenario_03_a_batch_of_listed_hazards(story: Story):
    """广元: 24 hazards, 21 rectifying enterprises, 12 supervising units besides the lead, listed in one batch."""
    with writing(story.engine) as session, session.begin():
        for number in range(12):
            name, kind = f"部门{number}", UnitKind.DEPARTMENT
            organization.add_unit(session, code=f"D{number}", name=name, kind=kind, by=None, at=NOON)
        for number in range(21):
            organization.add_enterprise(
                session, credit_code=f"9150011800000000{number:02d}", name=f"企业{number}", address="某某村", sector="工贸",
                village="CUN1", by=None, at=NOON,
            )  # fmt: skip
    leader = story.town.persons["leader"].id

    for number in range(24):
        case = story.report(enterprise=f"9150011800000000{number % 21:02d}").carry_to("ASSIGN")
        case.step("clerk", D.ASSIGN, lead_unit="YJB", supervising_unit=f"D{number % 12}", leader=leader)
        case.step("leader", K.LISTING.ask, document_no="临安委〔2026〕3号")

    ledger = story.get("auditor", "/hazards", params={"limit": 200})["items"]
    whole = [story.get("auditor", f"/hazards/{line['no']}") for line in ledger]
    assert {line["listing_level"] for line in ledger} == {"TOWN"}
    assert {one["requests"][0]["form"]["document_no"] for one in whole} == {"临安委〔2026〕3号"}
    assert {one["lead_unit"] for one in whole} == {"应急办"}
    rectifying, supervising = ({one[part] for one in whole} for part in ("enterprise", "supervising_unit"))
    assert (len(whole), len(rectifying), len(supervising)) == (24, 21, 12)


def test_scenario_04_the_rate_by_the_original_and_by_the_approved_limit(story: Story):
    """湖北: of 18 due in the year 17 are closed and one is extended to 30 June for a design change."""
    story.go_to(day("2026-03-02"))
    cases = [story.report().carry_to("WORK", limit_days=60) for _ in range(18)]
    story.later(days=20)
    late, *others = cases
    evidence = [story.photo("principal")]
    settle(late, K.LISTING, "clerk", "leader")
    why = {"reason_code": "DESIGN_CHANGE", "new_limit_on": "2026-06-30"}
    settle(late, K.EXTENSION, "principal", "head", evidence=evidence, **why)
    for case in others:
        case.carry_to("CLOSED")

    story.go_to(day("2026-06-01"))
    counted = story.get("auditor", "/statistics", params={"first": "2026-01-01", "last": "2026-12-31"})["total"]
    assert (counted["due"], counted["on_time_by_original_limit"], counted["on_time_by_approved_limit"]) == (18, 17, 18)
    stages = [line["stage"] for line in story.get("auditor", "/hazards", params={"limit": 200})["items"]]
    assert (stages.count("CLOSED"), stages.count("RECTIFICATION")) == (17, 1)
    [first, *_] = [row for row in late.shown()["deadlines"] if row["clock"] == "rectification"]
    assert (first["outcome"], late.clock("rectification")["due_at"][:10]) == ("SUPERSEDED", "2026-06-30")


def test_scenario_05_two_listed_on_one_day_closed_after_17_and_44(story: Story):
    """雨花: two fire hazards listed on the same day, closed after 17 and 44 days."""
    cases = [story.report(sector="消防").carry_to("WORK", limit_days=60) for _ in range(2)]
    for case in cases:
        settle(case, K.LISTING, "clerk", "leader")
    listed = story.at

    for case, days in zip(cases, (17, 44), strict=True):
        story.go_to(listed + timedelta(days=days))
        case.carry_to("GATE")
        assert "尚未摘牌" in case.refused("clerk", D.CLOSE)
        settle(case, K.DELISTING, "clerk", "leader")
        case.step("clerk", D.CLOSE)
        case.step("clerk", D.PUBLISH_LISTING, what="publish_delisting")

    on = [
        {event["type"]: datetime.fromisoformat(event["recorded_at"]).date() for event in case.events()}
        for case in cases
    ]
    assert len({one["GRANT_LISTING"] for one in on}) == 1
    assert [(one["CLOSE"] - one["GRANT_LISTING"]).days for one in on] == [17, 44]


def test_scenario_07_a_downgrade_needs_the_second_approver_and_the_auditor_lists_it(story: Story):
    case = story.report().carry_to("CLASSIFY")
    case.step("officer", D.GENERAL)
    case.step("head", D.CONFIRM)
    assert case.shown()["stage"] == "VERIFICATION"

    case.step("clerk", D.APPROVE_DOWNGRADE)

    listed = story.get("auditor", "/hazards", params={"stage": "DOWNGRADED"})["items"]
    assert [line["no"] for line in listed] == [case.no]


def test_scenario_08_a_municipal_road_without_an_owner(story: Story):
    """青化路: no enterprise owns it; a unit is named that rectifies, another one leads, time by the project's plan."""
    with writing(story.engine) as session, session.begin():
        add_person(session, story.town, "builder", "经发办经办人乙", Role.DO, "JFB", None, NOON)
    case = story.report(subject_type="PUBLIC_PLACE", enterprise=None).carry_to("CLASSIFY")
    case.step("officer", D.MAJOR, external_factor=True)
    case.step("head", D.CONFIRM)
    leader = story.town.persons["leader"].id
    assert "不能同时是牵头单位" in case.refused(
        "clerk", D.ASSIGN, lead_unit="YJB", rectifying_unit="YJB", leader=leader
    )
    case.step("clerk", D.ASSIGN, lead_unit="YJB", rectifying_unit="JFB", leader=leader, limit_days=60)
    case.step("officer", D.SIGN)

    case.step("other_officer", D.SUBMIT_PLAN)
    case.step("officer", D.APPROVE_PLAN)
    settle(case, K.LONG_LIMIT, "clerk", "leader", new_limit_on="2027-06-30")

    assert case.shown()["due_at"] == "2027-06-30T23:59:59+08:00"


def test_scenario_09_failed_twice_it_stays_on_the_books_and_owes_an_explanation(story: Story):
    """广元: failed acceptance twice; it stays on the books, a written explanation is owed."""
    case = story.report().carry_to("WORK")
    for _ in range(2):
        story.later(days=1)
        case.step("principal", D.COMPLETE, photo_pairs=[[story.photo("principal"), story.photo("principal")]])
        case.step("officer", D.RECHECK, results=[{"clause": "GM-11.8", "cleared": False, "finding": "仍有积尘"}])
        case.step("head", D.FAIL)

    shown = case.shown()
    assert (shown["failure_count"], shown["closed_at"], shown["step"]) == (2, None, "WORK")
    assert "EXPLAIN_FAILURE" in {item["kind"] for item in shown["work_items"]}
    case.step("principal", D.EXPLAIN_FAILURE)
    assert "EXPLAIN_FAILURE" not in {item["kind"] for item in case.shown()["work_items"]}


@pytest.mark.parametrize(
    ("signed", "due"),
    [
        ("2026-02-13", "2026-02-27"), ("2026-09-18", "2026-09-24"), ("2026-09-30", "2026-10-13"), ("2026-04-24", "2026-05-06"),
    ],
)  # fmt: skip
def test_scenario_11_five_working_days_across_the_holidays(story: Story, signed: str, due: str):
    """Spring Festival, Mid-Autumn, National Day, Labour Day: holidays are skipped, days worked in exchange count."""
    story.go_to(day(signed))
    case = story.report().carry_to("PLAN")

    plan = case.clock("plan")
    assert plan["due_at"][:10] == due
    assert plan["reason"].startswith(f"自{signed}起5个工作日，当日不计")


def test_scenario_12_what_is_written_later_never_restarts_the_limit(story: Story):
    case = story.report().carry_to("WORK")
    before = case.clock("rectification")
    story.later(days=3)

    case.step(
        "officer", D.CORRECT, description="造粒设备前无铁石去除装置，除尘风管未设火花探测", reason="原描述漏写火花探测"
    )
    case.step("officer", D.RECORD_DOCUMENT, evidence=[story.photo("officer")])
    case.step("principal", D.PROGRESS)

    assert case.clock("rectification") == before
    assert case.shown()["description"].endswith("未设火花探测")
    [changed] = [event for event in case.events() if event["type"] == "CORRECT"]
    [reported] = [event for event in case.events() if event["type"] == "REPORT"]
    assert reported["after"]["description"] != changed["after"]["description"] == case.shown()["description"]
    assert "相同" in case.refused("officer", D.CORRECT, description=case.shown()["description"])


def test_scenario_13_an_assignment_decided_late_gives_no_less_time(story: Story):
    case = story.report().carry_to("ASSIGN")
    waited = case.clock("assigning")
    story.later(days=3)
    case.step("clerk", D.ASSIGN, lead_unit="YJB", leader=story.town.persons["leader"].id, limit_days=30)
    story.later(days=2)

    case.step("officer", D.SIGN)

    [late] = [row for row in case.shown()["deadlines"] if row["id"] == waited["id"]]
    assert (late["outcome"], late["against"]) == ("LATE", "committee")
    assert case.clock("rectification")["start_at"][:10] == "2026-09-12"
    assert case.clock("rectification")["due_at"][:10] == "2026-10-12"


def test_scenario_14_a_deregistered_enterprise_leaves_no_danger_behind(story: Story):
    case = story.report().carry_to("WORK")
    case.step("officer", D.UNIT_CLOSED)
    assert "不能办理“报告整改完成”" in case.refused("principal", D.COMPLETE)
    assert "不能办理“销号”" in case.refused("clerk", D.CLOSE)

    case.step("officer", D.PROVE_REMOVAL, evidence=[story.photo("officer")])
    case.step("second_officer", D.RECHECK)
    settle(case, K.LIFTING, "head", "leader")
    case.step("head", D.PASS)
    case.step("clerk", D.CLOSE)

    assert case.shown()["stage"] == "CLOSED"


@pytest.mark.parametrize(("found", "status"), [("2025-10-20", 201), ("2025-11-02", 422)])
def test_scenario_15_the_standard_in_force_on_the_day_it_was_found(story: Story, found: str, status: int):
    """消防: what was found before 2025-11-01 is judged by GB 35181-2017, what is found later is not."""
    old = story.get("officer", "/standards", params={"on": "2025-10-20", "sector": "消防"})
    clause = next(row["code"] for row in old if row["repealed_on"] == "2025-11-01")
    case = story.report(discovered_at=f"{found}T09:00:00+08:00").carry_to("CLASSIFY")

    assert case.attempt("officer", D.MAJOR, clause=clause).status_code == status


def test_scenario_16_a_total_is_the_sum_of_its_parts(story: Story):
    """湖南: a published total of 479 over parts that make 469 cannot happen here."""
    for unit in ("YJB", "JFB", "YJB"):
        story.report().carry_to("ASSIGN").step(
            "clerk", D.ASSIGN, lead_unit=unit, leader=story.town.persons["leader"].id
        )
    story.report()

    counted = story.get("auditor", "/statistics", params={"first": "2026-01-01", "last": "2026-12-31"})

    total = counted["total"]
    assert {name: sum(line[name] for line in counted["lines"]) for name in total} == total
    assert (total["found"], total["open"]) == (3, 3)
