"""The pages in two languages: Chinese as they are written, English by the catalogue, with nothing left out."""

import re

import pytest
from sqlalchemy import Engine

from browsing import Browser
from catalogue import every_text, is_chinese
from refusals import refused_texts
from serving import with_pages
from settings import Settings
from story import Story
from town import Town
from web.language import catalogue_path, read_catalogue, words

_HOLES = re.compile(r"%\((\w+)\)s")
_OF_REFUSALS = re.compile(r"\{\w*\}")


@pytest.fixture
def clerk(engine: Engine, town: Town, app_settings: Settings) -> Browser:
    story = Story(engine, town, app_settings)
    story.report()
    return Browser(with_pages(story.client.app)).signed_in(story.people["clerk"].token)  # pyright: ignore[reportArgumentType]


def test_every_text_has_its_english():
    catalogue = read_catalogue(catalogue_path("en"))

    assert sorted(every_text() - catalogue.keys()) == []
    assert [text for text, english in catalogue.items() if not english or is_chinese(english)] == []


def test_a_translation_has_the_holes_of_its_text():
    catalogue = read_catalogue(catalogue_path("en"))

    assert [
        text for text, english in catalogue.items() if set(_HOLES.findall(text)) != set(_HOLES.findall(english))
    ] == []


def test_every_refusal_has_its_english():
    refusals, pages = read_catalogue(catalogue_path("en", "refusals")), read_catalogue(catalogue_path("en"))

    assert sorted(refused_texts() - refusals.keys() - pages.keys()) == []
    assert sorted(refusals.keys() - refused_texts()) == []
    assert sorted(refusals.keys() & pages.keys()) == []
    assert [text for text, english in refusals.items() if not english or is_chinese(english)] == []


def test_a_refusal_has_the_holes_of_its_text():
    """Numbered where English has them in another order."""
    refusals = read_catalogue(catalogue_path("en", "refusals"))
    holes = {text: (_OF_REFUSALS.findall(text), _OF_REFUSALS.findall(english)) for text, english in refusals.items()}

    assert [text for text, (mine, theirs) in holes.items()
            if mine != theirs and sorted(theirs) != [f"{{{n}}}" for n in range(len(mine))]] == []  # fmt: skip


def test_a_refusal_is_said_with_what_fills_it():
    say = words("en")

    assert say("没有找到隐患 ZY-2026-0001，或您无权查看。") == (
        "The hazard ZY-2026-0001 was not found, or you may not see it."
    )
    assert say("可由牵头单位或整改单位的镇安委办、部门负责人办理。") == (
        "Town safety committee office, Head of department of Lead unit or Rectifying unit can decide it."
    )
    assert (
        say("可由村（社区）干部、部门经办人办理。") == "Village (community) officer, Department officer can decide it."
    )
    assert say("内容不能采用：rules[3].number：须为整数；另有3处。") == (
        "The content cannot be taken: rules[3].number: must be a whole number; and 3 more."
    )
    assert say("密码过短、过于简单或过于常见。请换一个密码。") == (
        "The password is too short, too simple or too common. Choose another password."
    )


def test_the_next_step_is_said_whole():
    said = words("en")("“销号”在“销号审核”办理（镇安委办）。当前待办理：报送整改方案（企业用户）。")

    assert said == (
        "“Close out” is decided at “Close-out review” (Town safety committee office). "
        "Now waiting: Submit the rectification plan (Enterprise user)."
    )


def test_what_people_wrote_is_no_refusal():
    written = "有人说：没有找到隐患，或您无权查看。机器还在转、没人管。"

    assert words("en")(written) == written
    assert all(
        words("en")(text) == text for text in ("人" + "（人）" * 300, "人" + "“" * 900, "缺少规则" + "：人）" * 300)
    )
    assert words("zh")("没有找到该人员。") == "没有找到该人员。"


def test_a_text_the_catalogue_lacks_stays_chinese():
    assert words("en")("某某村") == "某某村"
    assert words("zh")("待办") == "待办"


def test_the_language_is_chosen_once_and_kept(clerk: Browser):
    assert clerk.open("/inbox").sees("待办事项", "受理登记")

    clerk.send("/language", press="English")

    assert clerk.page.sees("Inbox", "Triage", "working days left")
    assert 'lang="en"' in clerk.page.html
    assert clerk.open("/hazards").sees("Hazard ledger")
    assert clerk.send("/language", press="中文").sees("隐患台账")


def test_a_language_nobody_has_is_chinese(clerk: Browser):
    clerk.client.cookies.set("__Host-language", "xx", domain="hazard.test", path="/")

    assert clerk.open("/inbox").sees("待办事项")
