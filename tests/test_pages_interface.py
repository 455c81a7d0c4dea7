"""The interface's description as pages: every operation, who may, what it takes, in two languages, from nowhere else."""

import re
from typing import Any, cast

import pytest
from starlette.testclient import TestClient

from browsing import Browser
from catalogue import is_chinese
from serving import with_pages
from web.cookies import LANGUAGE
from web.interface_schema import calls
from web.interface_words import NOTES, PARAMETERS, PARTS

HEAVIEST = 60_000


@pytest.fixture
def somebody(client: TestClient) -> Browser:
    return Browser(with_pages(client.app))  # pyright: ignore[reportArgumentType]  # the FastAPI application


def test_everybody_finds_it_at_the_foot_of_every_page(somebody: Browser):
    assert somebody.open("/sign-in").links["接口说明"] == "/interface"

    page = somebody.open("/interface")

    assert page.sees("怎么调用", "Idempotency-Key", "If-Match", "application/problem+json")
    assert page.links["决定"] == "/interface/parts/decisions"


def test_every_operation_has_its_page_in_both_languages(somebody: Browser, client: TestClient):
    known = calls(cast(Any, client.app).openapi())
    assert len(known) > 200
    for language in ("zh", "en"):
        somebody.client.cookies.set(LANGUAGE, language, domain="hazard.test", path="/")
        listed = {href for part in PARTS for href in somebody.open(f"/interface/parts/{part.replace(' ', '-')}").hrefs}
        for call in known:
            assert f"/interface/{call.id}" in listed
            page = somebody.open(f"/interface/{call.id}")
            assert (page.status, call.path in page.text) == (200, True), call.id
            assert len(page.answer.content) < HEAVIEST, call.id
            said = page.html.partition("<main")[2].partition("</main")[0]
            if language == "en":
                assert not is_chinese(re.sub(r"<pre.*?</pre>", "", said, flags=re.DOTALL)), call.id


def test_a_decision_is_told_with_its_fields_its_example_and_who_may(somebody: Browser):
    page = somebody.open("/interface/decide_plan")

    assert page.sees(
        "报送整改方案",
        "POST /api/v1/hazards/{no}/plan",
        "企业用户、部门经办人",
        "治理目标和任务",
        "必填",
        "消除粉尘爆炸危险",
    )
    assert somebody.open("/interface/decide_closure").sees(
        "须在近期再次验证过密码或动态口令", "须有第二人参与", "checklist.clauses_cleared.met"
    )
    assert somebody.open("/interface/report_anonymously").sees("任何人，不用登录", "查询码只给这一次")


def test_nothing_is_loaded_from_elsewhere(somebody: Browser):
    page = somebody.open("/interface/decide_plan")

    assert not [href for href in page.hrefs if "//" in href]
    assert "<script" not in page.html
    assert page.answer.headers["content-security-policy"].startswith("default-src 'none'")


def test_what_the_interface_lacks_is_not_found(somebody: Browser):
    assert somebody.open("/interface/no_such_thing").status == 404
    assert somebody.open("/interface/parts/nothing").status == 404


def test_what_is_told_beside_the_description_is_about_what_exists(client: TestClient):
    known = calls(cast(Any, client.app).openapi())
    told = {
        call.id for call in known if call.about.get("description") and not call.about["description"].startswith("可由")
    }

    assert set(NOTES) == told
    assert set(PARTS) == {call.tag for call in known}
    assert {one["name"].lower() for call in known for one in call.about.get("parameters", ())} == set(PARAMETERS)
