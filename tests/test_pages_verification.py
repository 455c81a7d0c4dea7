"""The verification page: everything checked in parts, what was changed behind the service named."""

from typing import Any

import pytest
from sqlalchemy import Engine

from browsing import Browser, Page
from models.decisions import DecisionCode as D
from models.engine import reading
from models.stage import Step
from models.tables import AUDIT_LEAF, CHECKPOINT
from services.history_check import verify_history
from services.history_parts import begin, go_on
from serving import with_pages
from settings import Settings
from story import Story
from tampering import TAMPERINGS, a_changed_event, a_changed_row, behind_the_service, key_of, sealed
from town import Town
from web import audit_checks

HOLDS, DOES_NOT = "历史相符，没有发现问题", "历史不相符"


@pytest.fixture
def story(engine: Engine, town: Town, app_settings: Settings) -> Story:
    """Two hazards, sealed at two moments."""
    story = Story(engine, town, app_settings)
    story.report().carry_to(Step.WORK)
    sealed(story)
    story.report().carry_to(Step.CLASSIFY)
    story.later(days=1)
    sealed(story)
    return story


@pytest.fixture
def auditing(story: Story) -> Browser:
    return Browser(with_pages(story.client.app)).signed_in(story.people["auditor"].token)  # pyright: ignore[reportArgumentType]


def to_the_end(browser: Browser) -> tuple[Page, int]:
    """The last page of a verification, and how many parts it took."""
    page, parts = browser.open("/audit/verification"), 1
    while page.sees("接着校验"):
        page, parts = browser.send("/audit/verification"), parts + 1
    return page, parts


def test_an_untouched_history_holds(story: Story, auditing: Browser):
    page = auditing.open("/audit/checkpoints")
    assert page.html.count("下载<span") == 2
    page, parts = to_the_end(auditing)

    assert (parts, page.sees(HOLDS, "已核对 2 个隐患")) == (1, True)


def test_a_long_history_is_verified_in_parts_that_go_on_where_the_last_one_ended(
    story: Story, auditing: Browser, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(audit_checks, "PART", 7)
    with reading(story.engine) as session:
        count = len(session.execute(AUDIT_LEAF.select()).all())

    first = auditing.open("/audit/verification")
    assert first.sees("尚未校验完", f"已校验 7 条，共 {count} 条")
    assert not first.sees(HOLDS)
    page, parts = to_the_end(auditing)

    assert page.sees(HOLDS, f"已校验 {count} 条，共 {count} 条")
    assert parts > count // 7


def test_a_part_made_up_by_somebody_begins_again(story: Story, auditing: Browser, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(audit_checks, "PART", 7)
    auditing.open("/audit/verification")

    page = auditing.send("/audit/verification", so_far="bm90IG91cnM=")

    assert page.sees("已校验 7 条")


@pytest.mark.parametrize("most", [5, 20_000])
@pytest.mark.parametrize("tamper", TAMPERINGS)
def test_what_was_changed_in_the_database_is_a_finding_on_the_page(
    story: Story, auditing: Browser, monkeypatch: pytest.MonkeyPatch, tamper: Any, most: int
):
    monkeypatch.setattr(audit_checks, "PART", most)
    behind_the_service(story.engine, *tamper(story))

    page, _ = to_the_end(auditing)

    assert page.sees("发现的问题", "请立即报告镇领导")
    assert not page.sees(HOLDS)


def test_the_page_names_the_hazard_and_what_its_row_and_its_history_say(story: Story, auditing: Browser):
    behind_the_service(story.engine, *a_changed_row(story))

    page, _ = to_the_end(auditing)

    assert page.sees(DOES_NOT, "ZY-2026-0001：台账的“复查不合格次数”为3，历史为0", "发现问题1")


def test_both_ways_of_verifying_find_the_same(story: Story, auditing: Browser):
    behind_the_service(story.engine, *a_changed_event(story), *a_changed_row(story))
    with reading(story.engine) as session:
        whole, first = verify_history(session, key_of(story), at=story.at), begin(session)
    with reading(story.engine) as session:
        parts = go_on(session, key_of(story), first, at=story.at, most=20_000)

    assert {one for one in whole.findings if one.startswith(("事件", "ZY-"))} <= set(parts.findings)
    assert whole.exit_code == parts.exit_code == 1
    assert to_the_end(auditing)[0].sees("ZY-2026-0002 第2条，受理）：内容与哈希不符")


def test_events_no_checkpoint_holds_yet_are_told_and_verified_as_well(story: Story, auditing: Browser):
    story.report().step("clerk", D.ACCEPT)
    assert to_the_end(auditing)[0].sees(HOLDS)
    story.later(minutes=5)

    assert to_the_end(auditing)[0].sees("尚未编入检查点", "超过60秒未编入检查点")
    behind_the_service(story.engine, *a_changed_event(story))
    assert to_the_end(auditing)[0].sees(DOES_NOT)


def test_a_checkpoint_is_taken_along_as_it_was_signed(story: Story, auditing: Browser):
    href = auditing.open("/audit/checkpoints").links["下载"]

    answer = auditing.client.get(href)

    with reading(story.engine) as session:
        assert answer.text in session.execute(CHECKPOINT.select().with_only_columns(CHECKPOINT.c.note)).scalars().all()
    assert answer.headers["content-disposition"].startswith("attachment")
    assert auditing.open("/audit/checkpoints/999999.txt").status == 404
