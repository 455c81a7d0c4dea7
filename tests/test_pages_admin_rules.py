"""Rules, ladder and calendar as pages: read, revised on a form, tried out, proposed by one and approved by another."""

from typing import Any

import pytest

from administering import SOURCE, approve, browsers
from browsing import Browser, Page
from story import Story

RULES = "/admin/rules/revision"
LADDER = "/admin/ladder/revision/committee"
YEAR = "/admin/calendar/revision/2027"


@pytest.fixture
def people(story: Story) -> dict[str, Browser]:
    return browsers(story)


def tried(browser: Browser, path: str, **answers: Any) -> Page:
    """The dry run of a revision filled in at this address."""
    browser.open(path)
    return browser.send(path.partition("?")[0], **answers)


def proposed(browser: Browser, path: str, **answers: Any) -> Page:
    page = tried(browser, path, source=SOURCE, **answers)
    assert page.status == 200, page.text
    return browser.send(f"{path.partition('?')[0]}/taken")


def test_the_rules_in_force_are_there_to_read_for_every_official(people: dict[str, Browser]):
    for who in ("clerk", "officer", "auditor", "admin"):
        page = people[who].open("/admin/rules")
        assert page.sees("第1版", "（现行）", "整改最长期限", "90日", "系统默认，待确认")
    assert "修订所选" not in people["admin"].page.html


def test_a_longer_limit_is_tried_out_with_every_date_that_would_move(story: Story, people: dict[str, Browser]):
    waiting, assigned = story.report(), story.report().carry_to("ASSIGN")

    page = tried(people["clerk"], f"{RULES}?keys=triage", triage__number="3", source=SOURCE)

    assert page.sees("原为", "1个工作日", "3个工作日", "有 1 个在办期限可以随新版本变动", waiting.no)
    assert assigned.no not in page.text
    assert people["auditor"].open("/admin/proposals").sees("没有待批事项。")


def test_a_revision_is_in_force_when_a_second_person_approves_and_moves_what_they_tick(
    story: Story, people: dict[str, Browser]
):
    stays, moves = story.report(), story.report()
    before = {case.no: case.clock("triage") for case in (stays, moves)}
    proposal = proposed(people["clerk"], f"{RULES}?keys=triage", triage__number="3")
    assert proposal.sees("修订时限规则（第2版）", "待批", "3个工作日", stays.no, moves.no)

    done = approve(people["second_clerk"], proposal, which="ticked", moves=before[moves.no]["id"])

    assert done.sees("已批准并生效。")
    assert people["clerk"].open("/admin/rules").sees("第2版", SOURCE, "3个工作日")
    assert stays.clock("triage")["due_at"] == before[stays.no]["due_at"]
    assert moves.clock("triage")["due_at"] > before[moves.no]["due_at"]
    assert people["clerk"].open("/admin/rules?version=1").sees("（已被新版本取代）")


def test_nobody_approves_a_revision_of_their_own(people: dict[str, Browser]):
    proposal = proposed(people["clerk"], f"{RULES}?keys=triage", triage__number="3")
    assert proposal.sees("由您提出，须由另一人决定")

    refused = approve(people["clerk"], proposal)

    assert refused.status == 409
    assert refused.sees("该事项由您本人提出，不能由您决定。")


def test_what_was_typed_stays_when_another_version_has_come_meanwhile(people: dict[str, Browser]):
    clerk, path = people["clerk"], f"{RULES}?keys=plan"
    clerk.open(path)
    approve(people["leader"], proposed(people["second_clerk"], f"{RULES}?keys=triage", triage__number="3"))

    page = clerk.send(RULES, plan__number="8", source=SOURCE)

    assert (page.status, page.sees("您填写期间已有第2版。")) == (422, True)
    assert page.form(RULES).values["plan.number"] == ["8"]
    assert clerk.send(RULES).sees("8个工作日")


@pytest.mark.parametrize(
    ("answers", "says"),
    [({"triage__number": "很快"}, "请填写整数"), ({"triage__number": "0"}, "不能小于1"), ({}, "没有修改任何内容。")],
)
def test_a_revision_that_is_none_is_refused_at_its_field(
    people: dict[str, Browser], answers: dict[str, str], says: str
):
    page = tried(people["clerk"], f"{RULES}?keys=triage", source=SOURCE, **answers)

    assert page.status == 422
    assert page.sees(says)


def test_a_revision_needs_one_limit_at_least(people: dict[str, Browser]):
    page = people["clerk"].open(RULES)

    assert (page.status, page.sees("请选择要修订的时限")) == (422, True)


def test_a_level_of_the_ladder_comes_later_and_tells_another(people: dict[str, Browser]):
    page = tried(people["clerk"], LADDER, level_1__offset="1", level_1__recipients=["committee_office", "town_leader"],
                 source=SOURCE)  # fmt: skip

    assert page.sees("镇安委办 · 预警 · 触发时间", "到期时", "逾期 1 个工作日", "镇安委办、镇主要领导")


def test_a_higher_level_cannot_come_before_a_lower_one(people: dict[str, Browser]):
    page = tried(people["clerk"], LADDER, level_1__offset="9", source=SOURCE)

    assert page.status == 422
    assert page.sees("级不能早于第")


def test_next_year_s_calendar_is_copied_from_its_notice(people: dict[str, Browser]):
    proposal = proposed(
        people["clerk"], YEAR, rest="2027年1月1日 元旦\n2027-02-06 至 2027-02-12 春节", work="2027-02-20"
    )

    assert proposal.sees("2027年", "已公布", "2027-02-08 周一", "放假 春节", "2027-02-20 周六")
    assert "2027-02-06" not in proposal.text  # a Saturday rests anyhow
    approve(people["second_clerk"], proposal)
    assert people["officer"].open("/admin/calendar?year=2027").sees("第2版", "2027-02-12", "调休上班")


@pytest.mark.parametrize(
    ("days", "says"),
    [
        ("下周一", "第1行不是日期"),
        ("2027-02-30", "第1行没有这一天"),
        ("2027-01-01 元旦\n2028-01-03 元旦", "第2行不在2027年内"),
    ],
)
def test_a_line_that_is_no_day_of_the_year_is_named(people: dict[str, Browser], days: str, says: str):
    page = tried(people["clerk"], YEAR, rest=days, source=SOURCE)

    assert (page.status, page.sees(says)) == (422, True)
    assert page.form(YEAR).values["rest"] == [days]


def test_a_day_that_has_passed_stays_as_it_was_counted(people: dict[str, Browser]):
    page = tried(people["clerk"], "/admin/calendar/revision/2026", rest="2026-01-05 元旦", source=SOURCE)

    assert (page.status, page.sees("已过去的日期不能修订")) == (422, True)


@pytest.mark.parametrize("path", [f"{RULES}?keys=triage", LADDER, YEAR])
def test_who_may_not_revise_is_refused_and_shown_no_way(people: dict[str, Browser], path: str):
    for who in ("officer", "head", "auditor", "admin"):
        assert people[who].open(path).status == 403
    for page in ("rules", "ladder", "calendar"):
        assert not any("revision" in href for href in people["admin"].open(f"/admin/{page}").hrefs)
