"""The pages in two languages: Chinese as they are written, English by the catalogue, with nothing left out."""

import re

import pytest
from sqlalchemy import Engine

from browsing import Browser
from catalogue import every_text, is_chinese
from serving import with_pages
from settings import Settings
from story import Story
from town import Town
from web.language import catalogue_path, read_catalogue, words

_HOLES = re.compile(r"%\((\w+)\)s")


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
