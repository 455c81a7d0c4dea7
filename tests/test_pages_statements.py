"""What a page asks of the database: as much for many hazards as for few, and along an index wherever rows grow with the years."""

import re
from collections.abc import Iterator
from typing import Any

import pytest
from sqlalchemy import Engine, event

from browsing import Browser
from serving import with_pages
from story import Story

MOST = {"/inbox": 14, "/hazards": 12, "/hazards?text=造粒": 12, "/hazards?watch=overdue": 13, "/supervision": 20, "/statistics": 12,
        "/hazards/{no}": 44, "/account": 18, "/report": 16}  # fmt: skip
"""Statements of one request, those included that say who asks, and how many items wait."""
OWN, MOST_OF_OWN = "/enterprise", 12
"""The enterprise's page, and as MOST its statements."""
GROWS = ("hazard", "hazard_party", "hazard_evidence", "hazard_request", "work_item", "deadline", "escalation", "letter", "evidence", "decision",
         "signature", "audit_event", "notice", "outbox_message", "hazard_source", "sub_action", "comment")  # fmt: skip
COUNTS_ALL = {"/statistics": {"hazard"}, "/hazards?text=造粒": {"hazard"}}
"""What looks at every hazard, as it must."""
Asked = list[tuple[str, Any]]


@pytest.fixture
def clerk(story: Story) -> Browser:
    return Browser(with_pages(story.client.app)).signed_in(story.people["clerk"].token)  # pyright: ignore[reportArgumentType]  # the FastAPI application


@pytest.fixture
def asked(engine: Engine) -> Iterator[Asked]:
    """The statements sent to the database."""
    found: Asked = []

    def note(_connection: Any, _cursor: Any, statement: str, parameters: Any, *_: Any) -> None:
        if statement.lstrip().startswith(("SELECT", "WITH")):
            found.append((statement, parameters))

    event.listen(engine, "before_cursor_execute", note)
    yield found
    event.remove(engine, "before_cursor_execute", note)


def statements(browser: Browser, path: str, asked: Asked) -> Asked:
    browser.open(path)  # the first request of a process fills what it keeps
    asked.clear()
    assert browser.open(path).status == 200, browser.page.text
    return list(asked)


def test_a_page_asks_no_more_where_there_is_more(story: Story, clerk: Browser, asked: Asked):
    no = story.report().carry_to("WORK").no
    story.report()
    few = {path: len(statements(clerk, path.format(no=no), asked)) for path in MOST}
    for _ in range(12):
        story.report()

    many = {path: len(statements(clerk, path.format(no=no), asked)) for path in MOST}

    assert many == few
    assert {path: count for path, count in many.items() if count > MOST[path]} == {}


def test_an_enterprise_s_page_asks_no_more_where_more_of_its_hazards_run(story: Story, asked: Asked):
    principal = Browser(with_pages(story.client.app)).signed_in(story.people["principal"].token)  # pyright: ignore[reportArgumentType]  # the FastAPI application
    for step in ("PLAN", "WORK"):
        story.report().carry_to(step)
    few = len(statements(principal, OWN, asked))
    for step in ("SIGN", "PLAN", "WORK", "WORK", "RECHECK"):
        story.report().carry_to(step)

    many = len(statements(principal, OWN, asked))

    assert many == few <= MOST_OF_OWN


@pytest.mark.parametrize("who", ["clerk", "officer", "villager", "leader", "principal", "auditor"])
def test_no_page_reads_a_whole_table_that_grows(story: Story, asked: Asked, engine: Engine, who: str):
    no = story.report().carry_to("WORK").no
    browser = Browser(with_pages(story.client.app)).signed_in(story.people[who].token)  # pyright: ignore[reportArgumentType]  # the FastAPI application

    found = {}
    for path in (*MOST, OWN):
        browser.open(path.format(no=no))
        asked.clear()
        if browser.open(path.format(no=no)).status == 200:
            found[path] = scanned(engine, list(asked)) - COUNTS_ALL.get(path, set())

    assert len(found) >= 4
    assert {path: tables for path, tables in found.items() if tables} == {}


def scanned(engine: Engine, asked: Asked) -> set[str]:
    """Tables that grow and are read from end to end, although the database was asked to avoid it."""
    explain = "EXPLAIN QUERY PLAN " if engine.dialect.name == "sqlite" else "EXPLAIN "
    whole = re.compile(r"SCAN (\w+)$" if engine.dialect.name == "sqlite" else r"Seq Scan on (\w+)", re.MULTILINE)
    found: set[str] = set()
    with engine.connect() as connection:
        if engine.dialect.name == "postgresql":
            connection.exec_driver_sql("SET enable_seqscan = off")  # where it has the choice; these tables are small
        for statement, parameters in asked:
            rows = connection.exec_driver_sql(explain + statement, parameters).all()
            found |= set(whole.findall("\n".join(str(row[-1]) for row in rows)))
    return found & set(GROWS)
