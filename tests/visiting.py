"""Somebody without an account at the pages: the questions answered, the report handed in, the code entered."""

from typing import Any

from sqlalchemy import Engine, func, select
from starlette.testclient import TestClient

from browsing import SITE, Browser, Page
from models.engine import reading
from models.process import DecisionCode as D
from models.tables import HAZARD
from serving import with_pages
from story import Case, Story
from tip_off import (
    ABSTRACT,
    ID_NO,
    NAME,
    PHONE,
    PLACE,
    WORDS,
)

ASK, TAKEN, FOLLOWED = "/public/report", "/public/report/taken", "/public/follow"
CALLER = "203.0.113.77"
IDENTITY = {"reporter__name": NAME, "reporter__phone": PHONE, "reporter__id_no": ID_NO}


def newcomer(story: Story, address: str = CALLER) -> Browser:
    app = with_pages(story.client.app)  # pyright: ignore[reportArgumentType]  # the FastAPI application
    browser = Browser(app)
    browser.client = TestClient(app, base_url=SITE, raise_server_exceptions=False, client=(address, 5000))
    return browser


def answered(browser: Browser, *, by_name: bool = False, **changes: Any) -> Page:
    """All the questions, up to the answers shown once more."""
    browser.open(ASK)
    browser.send(ASK, press="继续", description=changes.get("description", WORDS))
    browser.send(ASK, press="继续", place=PLACE)
    browser.send(ASK, press="继续", seen_on=changes.get("seen_on", ""))
    urgent = browser.page.form(ASK)
    urgent.values["urgent"] = ["no"]
    browser.send(ASK, press="继续")
    browser.page.form(ASK).values["named"] = ["yes" if by_name else "no"]
    browser.send(ASK, press="继续")
    return browser.send(ASK, press="继续", **IDENTITY) if by_name else browser.page


def code_on(page: Page) -> str:
    return page.html.partition('id="code">')[2].partition("<")[0]


def reported(browser: Browser, *, files: Any = None, **how: Any) -> str:
    """The query code of a report handed in."""
    answered(browser, **how)
    page = browser.send(TAKEN, files=files)
    assert page.sees("已收到您的举报"), page.text
    return code_on(page)


def following(browser: Browser, code: str) -> Page:
    browser.open(FOLLOWED)
    return browser.send(FOLLOWED, code=code)


def count(engine: Engine, table: Any) -> int:
    with reading(engine) as session:
        return session.execute(select(func.count()).select_from(table)).scalar_one()


def photos(*contents: bytes) -> list[Any]:
    return [("photos", ("IMG_0042.jpg", content, "image/jpeg")) for content in contents]


def number_of(story: Story) -> str:
    with reading(story.engine) as session:
        return session.execute(select(HAZARD.c.no)).scalars().one()


def reward_for(story: Story, no: str = "") -> None:
    """Of the report with this number, or of the only one there is."""
    case = Case(story, no or number_of(story))
    case.step("clerk", D.ABSTRACT, **ABSTRACT)
    case.carry_to("ASSIGN")
    source = story.get("clerk", f"/hazards/{case.no}/reports")[0]["id"]
    story.post("clerk", f"/reports/{source}/reward", {"amount_yuan": 3000, "basis": "区安全生产举报奖励标准"})
    story.post("second_clerk", f"/reports/{source}/reward/approval")
