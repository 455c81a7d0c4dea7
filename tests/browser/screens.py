"""People at a real browser: Debian's Chromium, driven as they would, by what they see on the page."""

import re
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from playwright.sync_api import Browser, BrowserContext, ElementHandle, Locator, Page, sync_playwright

Answers = Mapping[str, Any]
"""By the name of the input: words; the value or the label of a choice, or several; `True` for a tick; a file to hand in."""
DESKTOP = {"viewport": {"width": 1280, "height": 900}}
PHONE = {"viewport": {"width": 390, "height": 844}, "is_mobile": True, "has_touch": True, "device_scale_factor": 2}
NO_SCRIPTS = DESKTOP | {"java_script_enabled": False}
_PATIENCE = 60_000
"""Milliseconds for a page; these machines are shared."""
_NEEDED = "Chromium is needed for this test: apt-get install chromium fonts-noto-cjk"
_NAMES = ("chromium", "chromium-browser", "google-chrome")


@contextmanager
def chromium() -> Iterator[Browser]:
    path = next(filter(None, map(shutil.which, _NAMES)), None)
    assert path, _NEEDED
    with sync_playwright() as running:
        browser = running.chromium.launch(executable_path=path, args=["--no-sandbox"])
        yield browser
        browser.close()


@dataclass
class Screen:
    """One person at one browser, signed in through the page."""

    context: BrowserContext
    page: Page
    site: str

    def go(self, path: str) -> None:
        answer = self.page.goto(f"{self.site}{path}")
        assert answer, path
        assert answer.ok, f"{path}: {answer.status} {self.words[:600]}"

    @property
    def words(self) -> str:
        return " ".join(self.page.inner_text("body").split())

    @property
    def path(self) -> str:
        return self.page.url.removeprefix(self.site)

    def sees(self, *words: str) -> bool:
        shown = self.words
        return all(word in shown for word in words)

    def follow(self, words: str) -> None:
        """The link or the opened fold that says so."""
        link = self.page.locator("a", has_text=words).filter(has_text=re.compile(rf"^\s*{words}\s*$"))
        assert link.count(), f"{self.path} offers no {words}: {self.words[:1500]}"
        if not link.first.is_visible():
            link.first.locator("xpath=ancestor::details/summary").click()
        self._to_next_page(link.first)

    def press(self, words: str) -> None:
        self._to_next_page(self.page.get_by_role("button", name=words, exact=True).first)

    def _to_next_page(self, way: Locator) -> None:
        """Also on a slow machine it is not the page before that is read next."""
        with self.page.expect_navigation():
            way.click()

    def fill(self, answers: Answers) -> None:
        """What is typed, chosen, ticked and handed in on the page as it stands."""
        for name, answer in answers.items():
            found = self.page.query_selector_all(f'[name="{name}"]')
            assert found, f"the page has no {name}: {self.words[:400]}"
            _answer(found, answer)


def sit_down(browser: Browser, site: str, login: Mapping[str, str], **kind: Any) -> Screen:
    """Somebody with a browser of their own signs in."""
    context = browser.new_context(locale="zh-CN", timezone_id="Asia/Shanghai", **kind)
    context.set_default_timeout(_PATIENCE)
    found = Screen(context, context.new_page(), site)
    found.go("/sign-in")
    found.fill(login)
    found.press("登录")
    assert found.sees("退出"), found.words[:400]
    return found


def _answer(found: list[ElementHandle], answer: Any) -> None:
    first = found[0]
    kind = first.get_attribute("type") or ""
    if kind == "file":
        first.set_input_files(answer)
    elif kind in {"radio", "checkbox"}:
        wanted = {"yes"} if answer is True else {answer} if isinstance(answer, str) else set(answer)
        for one in found:
            if {one.get_attribute("value"), _label(one)} & wanted:
                one.check()
    elif first.evaluate("one => one.tagName") == "SELECT":
        first.select_option(answer)
    else:
        first.fill(answer)


def _label(box: ElementHandle) -> str:
    return box.evaluate("one => one.labels[0] ? one.labels[0].textContent.trim() : ''")
