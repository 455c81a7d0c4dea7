"""Judgement standards and the words of notices as pages: read, filled in, proposed and approved."""

import pytest
from sqlalchemy import Engine

from administering import approve, browsers, filled_in
from browsing import Browser
from settings import Settings
from story import Story
from town import Town

NEW = "/admin/standards/new"
TRIAGE = "/admin/templates/triage"
EDITION = {
    "title": "工贸企业重大事故隐患判定标准", "doc_no": "应急管理部令第99号", "effective_on": "2027-01-01",
    "clauses": "GM-99.1\t工贸/粉尘涉爆\t未设置泄爆装置\nGM-99.2 | 工贸/粉尘涉爆 | 未按规定清灰", "verified": "yes", "source": "正式文本",
}  # fmt: skip


@pytest.fixture
def people(engine: Engine, town: Town, app_settings: Settings) -> dict[str, Browser]:
    return browsers(Story(engine, town, app_settings))


def test_the_clauses_of_a_day_are_found_by_their_words(people: dict[str, Browser]):
    page = people["officer"].open("/admin/standards?sector=粉尘&on=2026-09-07")

    assert page.sees("2026-09-07 适用的条款", "GM-11.8", "工贸/粉尘涉爆")
    assert not page.sees("GM-3.1")
    assert people["officer"].open("/admin/standards?on=1999-01-01").status == 200


def test_every_clause_can_be_leafed_to(people: dict[str, Browser]):
    page, seen = people["clerk"].open("/admin/standards"), 0
    while "下一页" in page.links:
        seen += page.html.count("<tr") - 1
        page = people["clerk"].open(page.links["下一页"])
    seen += page.html.count("<tr") - 1

    assert page.sees(f"适用的条款共 {seen} 条")


def test_a_new_edition_is_pasted_from_a_table_and_applies_once_approved(people: dict[str, Browser]):
    proposal = filled_in(people["clerk"], NEW, **EDITION, repeals="GM-11.8")

    assert proposal.sees("待批", "GM-99.1", "未设置泄爆装置", "GM-99.2", "应急管理部令第99号", "已与正式文本核对")
    approve(people["second_clerk"], proposal)
    assert people["officer"].open("/admin/standards?on=2027-01-02&text=泄爆装置").sees("GM-99.1")
    assert not people["officer"].open("/admin/standards?on=2027-01-02&sector=粉尘").sees("GM-11.8")


@pytest.mark.parametrize(
    ("clauses", "says"),
    [("GM-99.1 未设置泄爆装置", "第1行不是三列"), ("GM-99.1|粉尘|未清灰\nGM-99.2||未清灰", "第2行有一列是空的")],
)
def test_a_line_that_is_no_clause_is_named_at_its_field(people: dict[str, Browser], clauses: str, says: str):
    page = filled_in(people["clerk"], NEW, **EDITION | {"clauses": clauses})

    assert (page.status, page.sees(says)) == (422, True)
    assert "#clauses" in page.hrefs
    assert page.form(NEW).values["clauses"] == [clauses]


def test_the_words_of_a_notice_are_read_before_they_are_proposed(people: dict[str, Browser]):
    clerk = people["clerk"]
    assert clerk.open("/admin/templates").sees("待受理", "出厂文字")
    assert clerk.open(TRIAGE).form(TRIAGE).values["subject"] == ["【待受理】隐患 {{ hazard_no }}"]

    page = clerk.send(TRIAGE, press="预览", body="请受理 {{ hazard_no }}，{{ notice_no }}。")

    assert page.sees("请受理 〔隐患编号〕，〔通知编号〕。")
    assert people["auditor"].open("/admin/proposals").sees("没有待批事项。")


def test_the_office_s_own_words_speak_once_approved_and_the_shipped_ones_can_come_back(people: dict[str, Browser]):
    proposal = filled_in(people["clerk"], TRIAGE, press="提出", body="请受理 {{ hazard_no }}，{{ notice_no }}。")
    assert proposal.sees("待受理", "正文", "请受理 {{ hazard_no }}")
    approve(people["second_clerk"], proposal)
    assert people["clerk"].open("/admin/templates").sees("本单位文字")

    back = filled_in(people["clerk"], TRIAGE, press="恢复出厂文字")
    approve(people["second_clerk"], back)

    assert not people["clerk"].open("/admin/templates").sees("本单位文字")


@pytest.mark.parametrize(
    ("body", "says"),
    [
        ("{{ reporter }} {{ notice_no }}", "这类通知没有：reporter"),
        ("请受理", "正文须有通知编号"),
        ("{% for x %}", "写法有误"),
    ],
)
@pytest.mark.parametrize("press", ["预览", "提出"])
def test_words_that_say_more_than_they_may_are_refused(people: dict[str, Browser], press: str, body: str, says: str):
    page = filled_in(people["clerk"], TRIAGE, press=press, body=body)

    assert (page.status, page.sees(says)) == (422, True)
    assert page.form(TRIAGE).values["body"] == [body]


def test_who_may_not_change_standards_or_words_is_refused_and_shown_no_way(people: dict[str, Browser]):
    for who in ("officer", "leader", "auditor", "admin"):
        assert people[who].open(NEW).status == 403
        assert people[who].open("/admin/templates").status == 403
        assert people[who].open(TRIAGE).status == 403
        assert "/admin/templates" not in people[who].open("/admin").hrefs
        assert NEW not in people[who].open("/admin/standards").hrefs
