"""The auditor's pages: the history across hazards and persons, what to look at first, and nobody else's business."""

import json
from datetime import timedelta

import pytest
from sqlalchemy import Engine, event, select

from browsing import Browser
from models.decisions import DecisionCode as D
from models.engine import reading
from models.stage import Step
from models.tables import AUDIT_EVENT, DECISION, HAZARD_SOURCE
from office_api import PASSWORD
from signing_in import log_in
from story import Case, Story
from tip_off import ID_NO, NAME, PHONE, Reporter
from web import audit_findings, audit_four_eyes, auditor

PAGES = (
    "/audit", "/audit/history", "/audit/events/1", "/audit/unsealings", "/audit/downgrades", "/audit/waivers", "/audit/voids",
    "/audit/corrections", "/audit/late", "/audit/late/limits?against=committee", "/audit/four-eyes", "/audit/four-eyes/requests",
    "/audit/bundles", "/audit/bundles/everything.zip",
)  # fmt: skip
OPEN_TO_THE_OFFICE = ("/audit/checkpoints", "/audit/verification", "/audit/checkpoints/1.txt")
MOST_STATEMENTS = 9
"""With the three that say who asks, and whether the session still holds."""


@pytest.fixture
def auditing(browsers: dict[str, Browser]) -> Browser:
    return browsers["auditor"]


def all_pages(browser: Browser, path: str) -> list[str]:
    """The text of this page and of every one after it."""
    found = [browser.open(path).text]
    while "下一页" in browser.page.links:
        found.append(browser.open(browser.page.links["下一页"]).text)
    return found


def test_the_auditor_has_a_tab_that_leads_to_everything(story: Story, auditing: Browser):
    story.report()

    home = auditing.open(auditing.open("/hazards").links["审计"])

    assert home.status == 200
    assert all(auditing.open(href).status == 200 for href in home.hrefs if href.startswith("/audit/"))


@pytest.mark.parametrize("who", ["clerk", "officer", "head", "leader", "principal", "villager", "admin"])
def test_nobody_else_opens_an_auditors_page_or_is_shown_the_way(story: Story, browsers: dict[str, Browser], who: str):
    case = story.report()

    answers = {path: browsers[who].open(path).status for path in (*PAGES, f"/hazards/{case.no}/bundle.zip")}

    assert set(answers.values()) == {403}
    assert "审计" not in browsers[who].open("/account").links


def test_what_no_person_did_and_what_belongs_to_no_hazard_is_found_by_the_pages_own_words(
    story: Story, auditing: Browser
):
    case = story.report()
    story.later(days=3)
    story.sweep()

    assert auditing.open("/audit/history?person=系统").sees(case.no, "逾期升级")
    office = auditing.open("/audit/history?no=机关事务")
    assert office.sees("机关事务")
    assert case.no not in office.text


def test_whose_account_signed_in_is_told_by_name(story: Story, auditing: Browser):
    whose = f"{story.town.persons['officer'].name}的账号"
    log_in(story.client, "officer")

    page = auditing.open("/audit/history?kind=SIGNED_IN")

    assert page.sees("登录", whose)
    assert all(auditing.open(href).sees(whose) for href in page.hrefs if href.startswith("/audit/events/"))


@pytest.mark.parametrize("who", ["officer", "head", "principal", "villager"])
def test_who_may_not_verify_sees_no_checkpoints(browsers: dict[str, Browser], who: str):
    assert {browsers[who].open(path).status for path in OPEN_TO_THE_OFFICE} == {403}


def test_searching_asks_for_the_password_when_it_was_given_long_ago(story: Story, auditing: Browser):
    story.report()
    for _ in range(2):
        story.office.present[0] += timedelta(minutes=20)
        auditing.open("/hazards")

    asked = auditing.open("/audit/history?no=office")
    assert asked.form("/verification").values["next"] == ["/audit/history?no=office"]
    found = auditing.send("/verification", password=PASSWORD)

    assert found.sees("检索历史", "机关事务")


def test_history_is_found_by_person_hazard_decision_and_day(story: Story, auditing: Browser):
    mine, other = story.report().carry_to(Step.CLASSIFY), story.report()
    story.later(days=3)
    other.step("clerk", D.ACCEPT)

    def rows(asked: str) -> str:
        return auditing.open(f"/audit/history?{asked}").html.partition("<tbody>")[2].partition("</tbody>")[0]

    assert "受理" in rows(f"no={mine.no}&kind=ACCEPT")
    assert other.no not in rows(f"no={mine.no}")
    assert rows("kind=ACCEPT").count("<tr") == 2
    assert rows("kind=ACCEPT&since=2026-11-01&until=2026-11-01").count("<tr") == 0
    assert rows(f"kind=ACCEPT&since={story.at:%Y-%m-%d}").count("<tr") == 1
    officer = story.town.actors["officer"]
    assert mine.no in rows(f"person={officer.name}")
    assert rows(f"person={officer.name}") == rows(f"person={officer.person_id}")
    assert rows("person=没有这个人") == ""


def test_a_row_of_the_history_leads_to_its_place_in_the_timeline_and_to_what_was_written(
    story: Story, auditing: Browser
):
    case = story.report().carry_to(Step.CLASSIFY)

    auditing.open(f"/audit/history?no={case.no}&kind=ACCEPT")
    place = auditing.page.links[case.no]
    record = auditing.page.links["第 2 条"]

    assert place == f"/hazards/{case.no}#event-2"
    assert "event-2" in auditing.open(place).ids
    written = auditing.open(record)
    assert written.sees("受理", case.no, "前一条", '"type": "ACCEPT"')


def test_the_history_goes_on_where_the_page_ended(story: Story, auditing: Browser, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(auditor, "PAGE", 4)
    case = story.report().carry_to(Step.CLASSIFY)

    pages = all_pages(auditing, f"/audit/history?no={case.no}")

    count = len(case.events())
    assert [sum(f"第 {number} 条" in text for text in pages) for number in range(1, count + 1)] == [1] * count


@pytest.mark.parametrize(
    "path", ["/audit/history", "/audit/voids", "/audit/four-eyes", "/audit/unsealings", "/audit/late/limits"]
)
def test_a_made_up_place_in_a_list_is_refused_in_words(auditing: Browser, path: str):
    for cursor in (
        ("nonsense", "WyIyMDI2LTExLTI0IiwgIngiXQ==")
        if path in {"/audit/history", "/audit/four-eyes"}
        else ("nonsense",)
    ):
        assert auditing.open(f"{path}?cursor={cursor}").sees("翻页位置无效")


def test_downgrades_refusals_and_voided_entries_are_listed_with_who_and_why(story: Story, auditing: Browser):
    refused, voided = story.report(), story.report()
    refused.step("clerk", D.ASK_REFUSAL)
    refused.step("second_clerk", D.GRANT_REFUSAL)
    voided.step("clerk", D.ASK_VOIDING)
    voided.step("leader", D.GRANT_VOIDING)

    assert auditing.open("/audit/downgrades").sees(refused.no, "同意不予受理", "安委办经办人乙")
    assert not auditing.page.sees(voided.no)
    assert auditing.open("/audit/voids").sees(voided.no, "同意作废误录")
    assert auditing.open("/audit/four-eyes/requests").sees(refused.no, voided.no, "申请不予受理", "安委办经办人乙")


def test_a_correction_and_a_decision_taken_back_are_listed(story: Story, auditing: Browser):
    case = story.report()
    case.step("clerk", D.ACCEPT)
    case.step("clerk", D.WITHDRAW, reason="点错了")
    case.step("clerk", D.ACCEPT)
    case.step("clerk", D.CORRECT, description="造粒设备前无铁石去除装置，除尘风管未设火花探测", reason="原描述有误")

    page = auditing.open("/audit/corrections")

    assert page.sees("更正登记内容", "原描述有误", "撤回", "点错了")
    assert f"/hazards/{case.no}#event-5" in page.hrefs


def test_only_closures_that_waive_something_are_listed_with_the_item(story: Story, auditing: Browser):
    for _ in range(2):
        story.report().carry_to(Step.CLOSED)
    assert auditing.open("/audit/waivers").sees("没有记录")

    case = story.report().carry_to(Step.GATE)
    with reading(story.engine) as session:
        form = json.loads(
            session.execute(select(DECISION.c.form).where(DECISION.c.code == D.CLOSE)).scalars().first() or ""
        )
    name = next(iter(form["checklist"]))
    form["checklist"][name] |= {"met": False, "waiver": "原件已移交区局"}
    case.step("clerk", D.CLOSE, checklist=form["checklist"])

    assert auditing.open("/audit/waivers").sees(case.no, "原件已移交区局")
    assert auditing.page.html.count("<tr") == 2


def test_lateness_is_told_by_unit_in_working_days_from_the_deadlines(story: Story, auditing: Browser):
    on_time, late = story.report(), story.report()
    on_time.step("clerk", D.ACCEPT)
    story.later(days=7)
    late.step("clerk", D.ACCEPT)

    page = auditing.open("/audit/late")
    assert page.sees("镇安委办", "个工作日")
    limits = auditing.open(page.links["镇安委办"])

    assert limits.sees(late.no, "逾期 4 个工作日")
    assert not limits.sees(on_time.no)
    assert auditing.open("/audit/late?since=2025-01-01&until=2025-12-31").sees("没有到期的时限")


def test_a_chain_shows_who_signed_each_of_its_parts(story: Story, auditing: Browser, monkeypatch: pytest.MonkeyPatch):
    case = story.report().carry_to(Step.CLOSED)

    page = auditing.open("/audit/four-eyes")

    assert page.sees(
        case.no, "完成、复查和销号", "复查验收：应急办负责人甲、应急办", "销号审核：安委办经办人甲、镇安委办"
    )
    chains = page.html.count("<tr") - 1
    monkeypatch.setattr(audit_four_eyes, "PAGE", 1)
    assert [text.count(case.no) for text in all_pages(auditing, "/audit/four-eyes")] == [1] * chains


def opened_identity(story: Story) -> Case:
    """A report by name, its reporter's identity asked for, approved and read twice."""
    case = Case(story, Reporter(story.client).report(named=True)["no"])
    with reading(story.engine) as session:
        source = session.execute(select(HAZARD_SOURCE.c.id)).scalars().one()
    asked = story.post("clerk", f"/reports/{source}/unsealings", {"ground": "REWARD", "reason": f"发奖金给{NAME}"})[
        "id"
    ]
    story.post("leader", f"/unsealings/{asked}/approval")
    for _ in range(2):
        assert story.get("clerk", f"/unsealings/{asked}/identity")["name"] == NAME
    return case


def test_an_opening_of_the_vault_says_who_when_and_how_often_and_never_whose_identity(story: Story, auditing: Browser):
    case = opened_identity(story)

    page = auditing.open("/audit/unsealings")
    assert page.sees(case.no, "安委办经办人甲", "发放奖励", "分管领导甲", "2 次")
    every = [page.text, *(auditing.open(href).text for href in page.hrefs if href.startswith("/audit/history"))]
    with reading(story.engine) as session:
        records = session.execute(select(AUDIT_EVENT.c.gid)).scalars().all()
    every += [auditing.open(f"/audit/events/{gid}").text for gid in records]

    assert not any(secret in text for text in every for secret in (NAME, PHONE, ID_NO))


def test_no_page_asks_the_database_more_for_more_rows(story: Story, auditing: Browser, engine: Engine):
    opened_identity(story)
    for step in (Step.CLOSED, Step.GATE, Step.WORK):
        story.report().carry_to(step)
    story.later(days=40)
    asked: list[str] = []
    event.listen(engine, "before_cursor_execute", lambda *given: asked.append(given[2]))

    counted = {}
    for path in (one for one in PAGES if not one.endswith(".zip")):
        asked.clear()
        assert auditing.open(path).status == 200
        counted[path] = len([one for one in asked if one.lstrip().startswith("SELECT")])

    assert max(counted.values()) <= MOST_STATEMENTS, counted


def test_lists_of_findings_go_on_where_the_page_ended(story: Story, auditing: Browser, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(audit_findings, "PAGE", 1)
    cases = [story.report() for _ in range(3)]
    for case in cases:
        case.step("clerk", D.ASK_VOIDING)
        case.step("leader", D.GRANT_VOIDING)

    pages = all_pages(auditing, "/audit/voids")

    numbers = [case.no for case in cases]
    assert [next(no for no in numbers if no in text) for text in pages] == list(reversed(numbers))
