"""Somebody begins a form at a browser and leaves it."""

from typing import Any

from sqlalchemy import func, select

from browsing import Browser, Page
from models.engine import reading
from models.tables import DRAFT
from story import Story

TYPED = "磁选装置到货后立即安装，另行清灰"


def how_many(story: Story) -> int:
    with reading(story.engine) as session:
        return session.execute(select(func.count(DRAFT.c.id))).scalar_one()


def acceptance(no: str) -> str:
    return f"/hazards/{no}/decisions/acceptance"


def left_unfinished(browser: Browser, path: str, **typed: Any) -> Page:
    browser.open(path)
    return browser.send(path, press="存草稿", **typed)
