"""One's own lists: what one was told here, what one has dealt with, what was copied to one."""

import pytest

from browsing import Browser
from models.engine import writing
from models.operations import Operation
from models.stage import Step
from notifications import notices
from services import access
from story import Case, Story
from web import own_record


def tell(story: Story, case: Case, who: str, words: str) -> str:
    """A notice to one person within the application; its id."""
    facts = {"sender": "安委办经办人甲", "hazard_no": case.no, "stage": words, "link": "https://hazard.test"}
    person = story.town.actors[who].person_id
    with writing(story.engine) as session, session.begin():
        hazard = access.hazard_for(session, case.no, Operation.READ_HAZARD, by=story.town.actors["auditor"])
        notices.queue(session, words, "copied", hazard, (person,), facts, at=story.at)
    return notices.id_of(words, "copied", person, "inapp")


def test_what_one_is_told_is_counted_read_once_and_leads_to_the_hazard(story: Story, browsers: dict[str, Browser]):
    case = story.report().carry_to(Step.CLASSIFY)
    tell(story, case, "officer", "核查")
    tell(story, case, "officer", "交办")
    officer = browsers["officer"]

    page = officer.open("/notices")
    assert page.sees("通知 2 条未读", "核查环节", "交办环节")
    assert f"/hazards/{case.no}" in page.hrefs

    officer.send("/notices/readings", press="本页全部")
    assert officer.page.sees("条未读") is False
    assert officer.open("/notices?view=unread").sees("没有未读的通知")
    assert officer.open("/notices").sees("核查环节")


def test_one_notice_is_read_by_its_own_button(story: Story, browsers: dict[str, Browser]):
    case = story.report().carry_to(Step.CLASSIFY)
    tell(story, case, "officer", "核查")
    tell(story, case, "officer", "交办")
    officer = browsers["officer"]
    officer.open("/notices")

    officer.send("/notices/readings", press="标为已读")

    assert officer.page.sees("通知 1 条未读")


def test_nobody_reads_anothers_notices(story: Story, browsers: dict[str, Browser]):
    case = story.report().carry_to(Step.CLASSIFY)
    for who in ("officer", "head"):
        tell(story, case, who, f"{who}一")
    tell(story, case, "officer", "officer二")
    strange = tell(story, case, "head", "另一条")

    assert browsers["officer"].open("/notices").sees("另一条") is False
    assert browsers["officer"].send("/notices/readings", press="本页全部", notice=strange).status == 404
    assert browsers["head"].open("/notices").sees("通知 2 条未读")


def test_a_notice_of_a_hazard_one_may_not_open_leads_nowhere(story: Story, browsers: dict[str, Browser]):
    case = story.report().carry_to(Step.CLASSIFY)
    tell(story, case, "other_officer", "核查")

    page = browsers["other_officer"].open("/notices")

    assert page.sees(case.no)
    assert f"/hazards/{case.no}" not in page.hrefs


def test_one_finds_what_one_has_dealt_with_and_where_it_stands(
    story: Story, browsers: dict[str, Browser], monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(own_record, "PAGE", 1)
    case = story.report().carry_to(Step.PLAN)

    page = browsers["clerk"].open("/done")

    assert page.sees(case.no, "交办", "报送整改方案")
    assert browsers["clerk"].open(page.links["下一页"]).sees("受理")
    assert browsers["villager"].open("/done").sees("还没有办理过")


def test_a_copy_is_found_until_it_is_taken_back(story: Story, browsers: dict[str, Browser]):
    case = story.report().carry_to(Step.CLASSIFY)
    reader = story.town.actors["other_officer"].person_id
    story.post("clerk", f"/hazards/{case.no}/copies", {"people": [reader], "words": "请知悉"})

    assert browsers["other_officer"].open("/copies").sees(case.no, "请知悉", "安委办经办人甲", "现场核查认定")

    assert story.people["clerk"].delete(f"/hazards/{case.no}/copies/{reader}").status_code == 200
    assert browsers["other_officer"].open("/copies").sees("没有抄送给您的隐患")
