"""What every page promises: only what is one's own, nothing loaded from elsewhere, plain words when it goes wrong."""

import pytest
from fastapi import APIRouter, FastAPI
from starlette.routing import Route

from browsing import SITE, Browser
from models.forms import FORMS
from models.process import MOVES, DecisionCode
from office_api import PASSWORD
from serving import with_pages
from story import Story
from web.app import include
from web.cookies import SESSION
from web.fields import fields_of, leaves
from web.tabs import TABS


def test_only_what_is_open_to_a_person_is_offered(story: Story, browsers: dict[str, Browser]):
    case = story.report()

    clerk = browsers["clerk"].open(f"/hazards/{case.no}")
    head = browsers["head"].open(f"/hazards/{case.no}")

    assert clerk.sees("您可以办理", "受理")
    assert f"/hazards/{case.no}/decisions/acceptance" in clerk.links.values()
    assert head.status == 404 or f"/hazards/{case.no}/decisions/acceptance" not in head.links.values()


def test_who_has_no_page_here_is_told_so_at_the_front_door(story: Story, browsers: dict[str, Browser]):
    page = browsers["district"].open("/")

    assert page.status == 403
    assert page.sees("您的岗位在本系统没有可办理的页面", "联系系统管理员")


def test_every_tab_opens_for_whoever_sees_it(browsers: dict[str, Browser]):
    tabs = {path for path, _, _ in TABS}

    shut = [
        (who, path)
        for who, browser in browsers.items()
        for path in browser.open("/").hrefs & tabs
        if browser.open(path).status != 200
    ]

    assert shut == []


def test_what_is_invisible_does_not_exist(story: Story, browsers: dict[str, Browser]):
    case = story.report()

    page = browsers["other_officer"].open(f"/hazards/{case.no}")

    assert page.status == 404
    assert page.sees("没有找到", "怎么办")


@pytest.mark.parametrize("path", ["/inbox", "/hazards", "/account", "/report", "/hazards/ZY-2026-0001"])
def test_who_is_not_signed_in_signs_in_and_comes_back(story: Story, path: str):
    browser = Browser(with_pages(story.client.app))  # pyright: ignore[reportArgumentType]

    page = browser.open(path)
    assert page.title.startswith("登录")
    assert page.form("/sign-in").values["next"] == [path]

    after = browser.send("/sign-in", login="officer", password=PASSWORD)
    assert str(after.answer.url) == f"{SITE}{path}"


@pytest.mark.parametrize("target", ["https://evil.test/", "//evil.test", "/\\evil.test", "javascript:alert(1)"])
def test_signing_in_leads_to_no_other_site(story: Story, target: str):
    browser = Browser(with_pages(story.client.app))  # pyright: ignore[reportArgumentType]
    browser.open("/sign-in")
    browser.page.form("/sign-in").values["next"] = [target]

    page = browser.send("/sign-in", login="officer", password=PASSWORD)

    assert str(page.answer.url) == f"{SITE}/inbox"


def test_the_session_cookie_is_out_of_reach(story: Story):
    browser = Browser(with_pages(story.client.app))  # pyright: ignore[reportArgumentType]
    browser.open("/sign-in")
    sent = {name: values[-1] for name, values in browser.page.form("/sign-in").values.items()}

    answer = browser.client.post(
        "/sign-in", data=sent | {"login": "officer", "password": PASSWORD}, follow_redirects=False
    )

    cookie = next(value for value in answer.headers.get_list("set-cookie") if value.startswith(SESSION))
    assert {"HttpOnly", "Path=/", "SameSite=lax", "Secure"} <= {part.strip() for part in cookie.split(";")}
    assert "domain" not in cookie.lower()


def test_signing_out_ends_the_session(story: Story, browsers: dict[str, Browser]):
    officer = browsers["officer"]
    officer.open("/inbox")

    officer.send("/sign-out")

    assert story.people["officer"].get("/me").status_code == 401
    assert officer.open("/inbox").title.startswith("登录")


@pytest.mark.parametrize(
    "path", ["/sign-in", "/first-password", "/inbox", "/hazards", "/account", "/nowhere", "/style.css"]
)
def test_no_page_loads_or_runs_anything_of_others(story: Story, browsers: dict[str, Browser], path: str):
    page = browsers["clerk"].open(path)

    policy = page.answer.headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert "frame-ancestors 'none'" in policy
    assert "<script" not in page.html
    assert " style=" not in page.html
    assert "http://" not in page.html.replace("http://www.w3.org", "")


def test_errors_are_pages_in_plain_chinese(story: Story, browsers: dict[str, Browser], monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("services.register.ledger", lambda *_a, **_k: 1 / 0)

    broken, missing = browsers["clerk"].open("/hazards"), browsers["clerk"].open("/nowhere")
    forbidden = browsers["admin"].open("/report")

    assert (broken.status, missing.status, forbidden.status) == (500, 404, 403)
    assert broken.sees("程序出错", "本次操作没有生效")
    assert missing.sees("没有这个页面")
    assert forbidden.sees("没有权限", "可由")
    assert all("default-src 'none'" in page.answer.headers["content-security-policy"] for page in (broken, missing))


@pytest.mark.parametrize("is_claimed", [True, False])
def test_what_is_too_large_is_refused_in_words(story: Story, browsers: dict[str, Browser], is_claimed: bool):
    form = browsers["clerk"].open("/report").form("/report")
    most = (story.office.settings.max_upload_mib + 1) << 20
    head = "\r\n".join(["--b", 'Content-Disposition: form-data; name="token"', "", form.values["token"][0], "--b",
                        'Content-Disposition: form-data; name="evidence.new"; filename="a.png"', "", ""]).encode()  # fmt: skip
    body = head + b"0" * most

    answer = browsers["clerk"].client.post(
        "/report", content=body if is_claimed else iter([body[: len(body) // 2], body[len(body) // 2 :]]),
        headers={"Content-Type": "multipart/form-data; boundary=b"},
    )  # fmt: skip

    assert (answer.status_code, "内容过大" in answer.text) == (413, True)


def test_the_api_is_still_the_api(story: Story):
    client = Browser(with_pages(story.client.app)).client  # pyright: ignore[reportArgumentType]

    assert client.get("/api/v1/nowhere").headers["content-type"] == "application/problem+json"
    assert client.get("/healthz").status_code == 200
    assert client.get("/readyz").headers["content-type"] != "text/html; charset=utf-8"


def test_a_page_without_an_operation_does_not_start():
    router = APIRouter()
    router.add_api_route("/secret", lambda: "", methods=["GET"])

    with pytest.raises(RuntimeError, match="no operation"):
        include(FastAPI(), router)


def test_a_form_that_asks_for_no_token_does_not_start():
    router = APIRouter()
    router.add_api_route("/change", lambda: "", methods=["POST"], openapi_extra={"x-operation": "own_account"})

    with pytest.raises(RuntimeError, match="no token"):
        include(FastAPI(), router)


def test_a_bare_route_does_not_start():
    router = APIRouter()
    router.routes.append(Route("/bare", lambda _request: None))

    with pytest.raises(RuntimeError, match="no operation"):
        include(FastAPI(), router)


@pytest.mark.parametrize("code", sorted({move.decision for move in MOVES}))
def test_every_decision_has_a_form_that_can_be_drawn(code: DecisionCode):

    fields = fields_of(FORMS[code], {})

    assert all(field.title and field.name for field in leaves(fields, {}))
