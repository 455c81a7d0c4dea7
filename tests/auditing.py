"""An auditor at the pages, and a town with a history that was sealed at two moments."""

from typing import Any

import pytest
from sqlalchemy import Engine

from browsing import Browser
from models.engine import writing
from models.stage import Step
from services import keys, sealing
from serving import with_pages
from settings import Settings
from story import Story
from town import Town


@pytest.fixture(name="story")
def audited_story(engine: Engine, town: Town, app_settings: Settings) -> Story:
    """Two hazards, sealed at two moments."""
    story = Story(engine, town, app_settings)
    story.report().carry_to(Step.WORK)
    sealed(story)
    story.report().carry_to(Step.CLASSIFY)
    story.later(days=1)
    sealed(story)
    return story


@pytest.fixture(name="auditing")
def auditing_browser(story: Story) -> Browser:
    return Browser(with_pages(story.client.app)).signed_in(story.people["auditor"].token)  # pyright: ignore[reportArgumentType]


def key_of(story: Story) -> Any:
    return keys.signing_key(story.office.settings.key_dir)


def sealed(story: Story) -> None:
    with writing(story.engine) as session, session.begin():
        sealing.seal(session, key_of(story), at=story.at)
