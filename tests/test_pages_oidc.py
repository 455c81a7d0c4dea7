"""Signing in through the office's identity provider from the sign-in page: a real provider, one that lies, one that is away."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
from sqlalchemy import Engine, func, select
from sqlmodel import Session, col
from starlette.testclient import TestClient

from browsing import Browser, Page
from identity_providers import CLIENT, PAGE, link, lying_provider, real_provider, settings_for, sign_in_there
from models import LoginSession, OidcRequest
from models.engine import reading
from office_api import Caller
from serving import with_pages
from settings import Settings
from signing_in import account_id, caller, change, enrol, events, log_in, office
from town import Town
from web.cookies import PROVIDER, SESSION

OUT, BACK = "/sign-in/provider", "/sign-in/provider/return"


@pytest.fixture(scope="module")
def issuer() -> Iterator[str]:
    with real_provider() as issuer:
        yield issuer


@pytest.fixture
def admin(session: Session, town: Town, client: TestClient, engine: Engine) -> Caller:
    """The officer has an account, linked to 张 at the provider; the administrator is at the desk."""
    caller(session, town, client, "officer")
    admin = caller(session, town, client, "admin")
    assert link(admin, engine, "officer", "zhang").status_code == 200
    return admin


@pytest.fixture
def linked(admin: Caller, engine: Engine, app_settings: Settings, issuer: str) -> Iterator[TestClient]:
    """The office with the real provider."""
    with office(engine, app_settings, **settings_for(issuer)) as client:
        yield client


@pytest.fixture
def browser(linked: TestClient) -> Browser:
    return browser_of(linked)


def browser_of(client: TestClient) -> Browser:
    return Browser(with_pages(client.app))  # pyright: ignore[reportArgumentType]  # the FastAPI application


def left(browser: Browser, path: str = OUT) -> str:
    """Where the link leads: to the provider."""
    answer = browser.client.get(path, follow_redirects=False)
    assert answer.status_code == 303, answer.text
    return answer.headers["location"]


def returned(address: str, login: str) -> str:
    """The person signs in at the provider; the address of ours they are sent back to."""
    with httpx.Client(trust_env=False, timeout=30) as elsewhere:
        found = sign_in_there(elsewhere, address, login)
    assert found.startswith(PAGE), found
    return f"{BACK}?{urlsplit(found).query}"


def there_and_back(browser: Browser, login: str, path: str = OUT) -> Page:
    return browser.open(returned(left(browser, path), login))


def test_the_sign_in_page_leads_through_the_provider_to_the_page_that_was_wanted(browser: Browser, engine: Engine):
    asked = browser.open("/hazards?view=mine")
    assert asked.title.startswith("登录")

    page = there_and_back(browser, "zhang", asked.links["统一身份认证登录"])

    assert (page.status, page.answer.url.path, page.answer.url.query) == (200, "/hazards", b"view=mine")
    assert browser.open("/account").sees("officer")
    assert b'"means":"oidc"' in events(engine, "SIGNED_IN")[-1]


def test_the_way_back_answers_with_a_redirect_and_the_cookie_of_every_sign_in(browser: Browser):
    answer = browser.client.get(returned(left(browser, f"{OUT}?next=/inbox"), "zhang"), follow_redirects=False)

    assert (answer.status_code, answer.headers["location"]) == (303, "/inbox")
    session = next(one for one in answer.headers.get_list("set-cookie") if one.startswith(SESSION)).lower()
    assert all(word in session for word in ("secure", "httponly", "samesite=lax", "path=/"))
    assert PROVIDER not in browser.client.cookies


def test_the_way_out_carries_state_nonce_and_a_challenge_but_no_secret(browser: Browser):
    asked = parse_qs(urlsplit(left(browser)).query)

    assert (asked["redirect_uri"], asked["code_challenge_method"]) == ([PAGE], ["S256"])
    assert all(len(asked[name][0]) >= 43 for name in ("state", "nonce", "code_challenge"))
    assert CLIENT["oidc_client_secret"] not in str(asked)


@pytest.mark.parametrize("target", ["//evil.example/x", "https://evil.example", "/\\evil.example"])
def test_the_way_back_leads_to_no_other_site(browser: Browser, target: str):
    page = there_and_back(browser, "zhang", f"{OUT}?next={target}")

    assert (page.status, page.answer.url.host) == (200, "hazard.test")


def test_an_answer_of_the_provider_is_good_once(browser: Browser):
    address = returned(left(browser), "zhang")
    browser.open(address)
    browser.client.cookies.clear()

    page = browser.open(address)

    assert page.status == 401
    assert page.sees("已过期、已用过", "怎么办")


def test_an_answer_comes_too_late_after_ten_minutes(browser: Browser, engine: Engine):
    address = returned(left(browser), "zhang")
    change(engine, OidcRequest, expires_at=datetime.now(UTC) - timedelta(seconds=1))

    assert browser.open(address).sees("已过期")


def test_an_answer_is_good_only_in_the_browser_that_asked(browser: Browser, linked: TestClient):
    """Or somebody could send a person a link that signs them in as somebody else."""
    address = returned(left(browser), "zhang")
    other = browser_of(linked)
    left(other)

    for one in (other, browser_of(linked)):
        assert one.open(address).status == 401
        assert SESSION not in one.client.cookies


def test_an_answer_to_a_program_s_sign_in_is_none_to_a_page_s(browser: Browser):
    there = browser.client.get("/api/v1/oidc/start", follow_redirects=False).headers["location"]
    state = parse_qs(urlsplit(there).query)["state"][0]

    assert browser.open(f"{BACK}?state={state}&code=x").status == 401


def test_a_code_of_another_sign_in_does_not_fit(browser: Browser):
    """PKCE and nonce: a code caught elsewhere, brought along with one's own state."""
    caught = parse_qs(urlsplit(returned(left(browser), "zhang")).query)["code"][0]
    state = parse_qs(urlsplit(left(browser)).query)["state"][0]

    page = browser.open(f"{BACK}?state={state}&code={caught}")

    assert page.status == 401
    assert page.sees("统一身份认证的答复不可信", "请重新登录")


def test_a_person_without_an_account_is_told_whom_to_ask(browser: Browser, engine: Engine):
    page = there_and_back(browser, "li", f"{OUT}?next=/inbox")

    assert page.status == 403
    assert page.sees("没有关联本系统的账号", "不能自行注册", "请联系系统管理员关联账号")
    assert page.form("/sign-in").values["next"] == ["/inbox"]
    with reading(engine) as session:
        assert session.execute(select(func.count()).where(col(LoginSession.means) == "oidc")).scalar_one() == 0


def test_a_disabled_account_is_not_let_in(browser: Browser, admin: Caller, engine: Engine):
    admin.post(f"/accounts/{account_id(engine, 'officer')}/disabling")

    page = there_and_back(browser, "zhang")

    assert page.status == 401
    assert page.sees("该账号已停用", "请联系系统管理员")


def test_who_says_no_at_the_provider_is_asked_again_and_the_state_is_used_up(browser: Browser):
    state = parse_qs(urlsplit(left(browser)).query)["state"][0]
    address = f"{BACK}?state={state}&error=access_denied"

    assert browser.open(address).sees("没有确认您的身份", "请再按“统一身份认证登录”")
    assert browser.open(address).sees("不是从本浏览器发起的")


@pytest.mark.parametrize("query", ["", "state=", "state=x&code=y", "code=y", "state=%00", "state=" + "x" * 3000])
def test_an_answer_nobody_asked_for_is_refused_on_a_page(browser: Browser, query: str):
    left(browser)

    page = browser.open(f"{BACK}?{query}")

    assert page.status in {401, 422}
    assert page.title
    assert SESSION not in browser.client.cookies


def test_with_a_second_factor_the_code_is_asked_for_and_then_the_page_opens(browser: Browser, linked: TestClient):
    _, codes = enrol(Caller(linked, log_in(linked, "officer").json()["token"]))

    page = there_and_back(browser, "zhang", f"{OUT}?next=/inbox")
    assert page.sees("登录还差一步", "动态口令")
    assert "password" not in page.form("/verification").values
    assert browser.open("/inbox").sees("登录还差一步")
    assert browser.send("/verification").sees("请填写动态口令")

    browser.open("/verification?next=/inbox")
    assert browser.send("/verification", code=codes[0]).answer.url.path == "/inbox"


def test_a_provider_that_is_away_leaves_the_password(admin: Caller, engine: Engine, app_settings: Settings):
    with office(engine, app_settings, **settings_for("http://127.0.0.1:9")) as client:
        browser = browser_of(client)
        page = browser.open(f"{OUT}?next=/hazards")

        assert page.status == 503
        assert page.sees("统一身份认证没有正常应答", "用登录名和密码登录")
        assert page.form("/sign-in").values["next"] == ["/hazards"]


def test_a_provider_that_breaks_half_way_lets_nobody_in(admin: Caller, engine: Engine, app_settings: Settings):
    with lying_provider() as liar, office(engine, app_settings, **settings_for(liar.issuer)) as client:
        browser = browser_of(client)
        state = parse_qs(urlsplit(left(browser)).query)["state"][0]
        liar.lies["/token"] = (500, b"{}")

        page = browser.open(f"{BACK}?state={state}&code=c")

    assert page.status in {401, 503}
    assert page.sees("统一身份认证", "怎么办")
    assert SESSION not in browser.client.cookies


def test_without_a_provider_nothing_of_it_is_shown(client: TestClient):
    browser = browser_of(client)

    assert "统一身份认证" not in browser.open("/sign-in").text
    for path in (OUT, BACK, f"{BACK}?state=x&code=y"):
        assert browser.open(path).status == 404
        assert browser.page.sees("本系统没有启用统一身份认证", "请用登录名和密码登录")
