"""Everybody follows every link they are shown: none is dead, no page fails, is too heavy, or is badly built."""

from collections import Counter
from datetime import datetime

import pytest
from sqlalchemy import Engine, select
from sqlmodel import Session

from browsing import Browser, Page
from models.engine import writing
from models.tables import HAZARD
from services import drafts, keys, phrases, sealing
from serving import with_pages
from settings import Settings
from story import Story
from town import Town
from web.cookies import LANGUAGE

HEAVIEST = 60_000
STEPS = ("CLASSIFY", "ASSIGN", "PLAN", "PLAN_REVIEW", "WORK", "JUDGE", "GATE", "CLOSED")
ASIDE = ("/public", "/finance")
"""Where no link of the office leads."""
ONE_OF_MANY = ("/audit/events/", "/interface/")
"""Pages of one kind of which those linked from one list are enough."""
WHO = ("clerk", "officer", "head", "leader", "principal", "villager", "auditor", "admin")


@pytest.fixture
def story(engine: Engine, town: Town, app_settings: Settings) -> Story:
    story = Story(engine, town, app_settings)
    no = story.report().no
    for step in STEPS:
        story.report().carry_to(step)
    story.later(days=3)
    story.sweep()
    with writing(engine) as session, session.begin():
        sealing.seal(session, keys.signing_key(app_settings.key_dir), at=story.at)
        leave_unfinished(session, town, no, at=story.at)
    story.go_to(story.at)
    return story


def leave_unfinished(session: Session, town: Town, no: str, *, at: datetime) -> None:
    """The clerk has a draft of a decision and of a report, and keeps phrases."""
    clerk = town.actors["clerk"]
    about = session.execute(select(HAZARD.c.id).where(HAZARD.c.no == no)).scalar_one()
    for place in (drafts.Place(about, "acceptance"), drafts.TO_REPORT):
        drafts.keep(session, place, {"comment": ["写了一半"]}, version=1, by=clerk, at=at)
    phrases.keep_own(session, "请先断电挂牌。", decision="ACCEPT", by=clerk, at=at)
    phrases.share(session, "请先断电挂牌。", decision="", by=clerk, at=at)


@pytest.mark.parametrize("language", ["zh", "en"])
def test_everybody_can_follow_every_link(story: Story, language: str):
    app = with_pages(story.client.app)  # pyright: ignore[reportArgumentType]  # the FastAPI application
    for who in (*WHO, ""):
        browser = Browser(app).signed_in(story.people[who].token) if who else Browser(app)
        browser.client.cookies.set(LANGUAGE, language, domain="hazard.test", path="/")
        seen, waiting = {"/", *ASIDE}, ["/", *ASIDE]
        while waiting:
            path = waiting.pop()
            page = browser.open(path)
            check(page, f"{who} {path}")
            found = {
                href.partition("#")[0]
                for href in page.hrefs
                if href.startswith("/") and not any(part in href for part in ("/evidence/", "/export", ".zip"))
            } - seen
            if any(href.startswith(ONE_OF_MANY) for href in seen):
                found = {href for href in found if not href.startswith(ONE_OF_MANY)}
            seen |= found
            waiting += sorted(found)
        assert len(seen) > 3


def check(page: Page, where: str) -> None:
    assert page.status == 200, (where, page.status, page.text[:300])
    if "text/html" not in page.answer.headers["content-type"]:
        return
    twice = [name for name, times in Counter(page.ids).items() if times > 1]
    assert not twice, (where, twice)
    assert len(page.answer.content) < HEAVIEST, (where, len(page.answer.content))
    assert not [href for href in page.hrefs if href.startswith("#") and href[1:] not in page.ids], where
    assert not set(page.labels) - set(page.ids), where
    assert all(form.values.get("token") for form in page.forms if form.method == "post"), where
    assert page.title, where
    assert "None" not in page.text, where
