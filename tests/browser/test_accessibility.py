"""Whoever hears the pages, or has only a keyboard or a thumb, can use them: axe-core, key strokes and sizes."""

import json
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Route

import npm
from browser.screens import DESKTOP, PHONE, Screen, sit_down
from busy_office import office_at_work
from cli.demo.run import run_demo
from databases import SqliteDatabases
from installation import Installation
from rounds import whole_round
from web import app
from witness import Answer

AXE = "axe-core@4.14.1"
WHO = ("officer", "office", "head", "deputy", "principal", "villager", "auditor", "admin")
SHOWN = "http://round.test"
STYLE = Path(app.__file__).parent / "static" / "style.css"
_NOT_PAGES = ("/evidence/", "/export", "/sign-out", ".png", ".css", ".txt", ".zip", "/api/")
_ONE_OF = re.compile(
    r"[A-Z]{2}-\d{4}-\d{4}|[0-9a-f]{8}-?[0-9a-f-]{20,}|[0-9A-HJKMNP-TV-Z]{26}|\d+"
    r"|(?<=/interface/)\w+$|(?<=/interface/parts/)[\w-]+$"
)
_LEAST = 44
"""Pixels a thumb needs (WCAG 2.2, 2.5.5)."""
_SMALL = """least => [...document.querySelectorAll('a[href], button, input, select, textarea, summary')]
  .filter(one => one.offsetParent && !one.closest('p, dd, caption, .hidden') && one.type !== 'hidden')
  .map(one => (one.type === 'radio' || one.type === 'checkbox') && one.labels[0] ? one.labels[0] : one)
  .map(one => [one.getBoundingClientRect().height, one.outerHTML.slice(0, 90)])
  .filter(([high]) => high > 1 && high < least)"""


@pytest.fixture(scope="module")
def logins(installation: Installation) -> Mapping[str, Mapping[str, str]]:
    """The demonstration has run: real cases, one closed, one overdue."""
    assert run_demo(installation.url) == 0
    return json.loads((installation.data_dir / "demo.json").read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def axe() -> str:
    return (npm.package(AXE) / "node_modules/axe-core/axe.min.js").read_text(encoding="utf-8")


@pytest.mark.parametrize("kind", [DESKTOP, PHONE], ids=["desk", "phone"])
def test_no_page_keeps_anybody_out(
    browser: Browser, installation: Installation, logins: Mapping[str, Mapping[str, str]], axe: str, kind: dict[str, Any]
):  # fmt: skip
    seen: set[str] = set()
    for who in WHO:
        screen = sit_down(browser, installation.url, logins[who], **kind)
        for path in _kinds(screen, seen):
            assert _serious(screen, axe) == [], f"{who} {path}"
            assert screen.page.evaluate("document.documentElement.scrollWidth <= window.innerWidth"), f"{who} {path}"
            if kind is PHONE:
                assert screen.page.evaluate(_SMALL, _LEAST) == [], f"{who} {path}"
        screen.context.close()
    assert len(seen) > 40


@pytest.fixture(scope="module")
def round_(sqlite_databases: SqliteDatabases, tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, Answer]:
    """One page of each kind that people can bring about, rightly or wrongly, by an address of its own."""
    with office_at_work(sqlite_databases, tmp_path_factory.mktemp("round")) as story:
        kinds = {answer.kind: answer for answer in whole_round(story) if answer.is_page}
    return {f"{SHOWN}/{number}": answer for number, answer in enumerate(kinds.values())}


def test_no_page_of_a_whole_round_keeps_anybody_out(browser: Browser, round_: Mapping[str, Answer], axe: str):
    """Forms with errors, pages shown once, refusals and breakdowns too: as they were answered, shown as a phone and a desk show them."""
    context = browser.new_context(**PHONE)
    context.route("**/*", lambda asked: _show(asked, round_))
    screen = Screen(context, context.new_page(), SHOWN)
    wrong: dict[str, list[str]] = {}
    for address, answer in round_.items():
        screen.page.set_viewport_size(PHONE["viewport"])  # pyright: ignore[reportArgumentType]  # a size
        screen.page.goto(address)
        found = [*_serious(screen, axe), *_too_small(screen), *_too_wide(screen)]
        screen.page.set_viewport_size(DESKTOP["viewport"])  # pyright: ignore[reportArgumentType]  # a size
        if found := [*found, *_too_wide(screen)]:
            wrong[str(answer)] = found
    context.close()
    assert wrong == {}
    assert len(round_) > 200


def _show(asked: Route, pages: Mapping[str, Answer]) -> None:
    if answer := pages.get(asked.request.url):
        asked.fulfill(status=answer.status, body=answer.body, content_type="text/html; charset=utf-8")
    elif asked.request.url.endswith("/style.css"):
        asked.fulfill(body=STYLE.read_bytes(), content_type="text/css")
    else:
        asked.fulfill(status=404)


def _too_small(screen: Screen) -> list[str]:
    return [f"{high} px: {html}" for high, html in screen.page.evaluate(_SMALL, _LEAST)]


def _too_wide(screen: Screen) -> list[str]:
    wide, there = screen.page.evaluate("[document.documentElement.scrollWidth, window.innerWidth]")
    return [f"{wide} px wide on {there}"] if wide > there else []


@pytest.mark.parametrize(
    "path", ["/sign-in", "/first-password", "/public", "/public/report", "/public/follow", "/finance"]
)
def test_no_page_for_everybody_keeps_anybody_out(
    browser: Browser, installation: Installation, axe: str, path: str, tmp_path: Path
):  # fmt: skip
    page = browser.new_context(**PHONE).new_page()
    screen = Screen(page.context, page, installation.url)
    screen.go(path)
    assert _serious(screen, axe) == []
    assert page.evaluate(_SMALL, _LEAST) == []
    page.context.close()


def test_the_keyboard_reaches_the_content_first_and_shows_where_it_is(
    browser: Browser, installation: Installation, logins: Mapping[str, Mapping[str, str]]
):
    screen = sit_down(browser, installation.url, logins["office"], **DESKTOP)
    screen.go("/inbox")
    screen.page.keyboard.press("Tab")
    assert screen.page.evaluate("document.activeElement.textContent") == "跳到主要内容"
    assert screen.page.evaluate("document.activeElement.getBoundingClientRect().top >= 0")
    screen.page.keyboard.press("Enter")
    assert screen.page.evaluate("document.activeElement.id") == "main"
    for _ in range(4):
        screen.page.keyboard.press("Tab")
        shown = "getComputedStyle(document.activeElement)"
        assert screen.page.evaluate(f"{shown}.outlineStyle !== 'none' || {shown}.boxShadow !== 'none'")
    screen.context.close()


def test_a_form_with_errors_leads_to_its_fields(
    browser: Browser, installation: Installation, logins: Mapping[str, Mapping[str, str]], axe: str
):
    screen = sit_down(browser, installation.url, logins["officer"], **PHONE)
    screen.go("/report")
    screen.press("继续")
    assert screen.page.evaluate("document.activeElement.className") == "errors"
    first = screen.page.locator(".errors a").first
    name = (first.get_attribute("href") or "").removeprefix("#")
    first.click()
    assert screen.page.evaluate("document.activeElement.closest('.wrong') !== null"), name
    assert _serious(screen, axe) == []
    screen.context.close()


def _kinds(screen: Screen, seen: set[str]) -> Iterator[str]:
    """One page of each kind this person is led to and nobody was before; the screen is on it."""
    waiting = ["/"]
    mine: set[str] = set()
    while waiting:
        path = waiting.pop(0)
        screen.go(path)
        if (kind := _kind(path)) not in seen:
            seen.add(kind)
            yield path
        for found in screen.page.eval_on_selector_all(
            "a[href^='/']", "all => all.map(one => one.getAttribute('href'))"
        ):
            clean = found.partition("#")[0]
            if _kind(clean) not in mine and not any(part in clean for part in _NOT_PAGES):
                mine.add(_kind(clean))
                waiting.append(clean)


def _kind(path: str) -> str:
    return _ONE_OF.sub("*", path.partition("?")[0])


def _serious(screen: Screen, axe: str) -> list[str]:
    screen.page.evaluate(axe)
    found = screen.page.evaluate("axe.run({resultTypes: ['violations']}).then(all => all.violations)")
    return [
        f"{one['impact']} {one['id']}: {one['nodes'][0]['html'][:160]}"
        for one in found
        if one["impact"] in {"serious", "critical"}
    ]
