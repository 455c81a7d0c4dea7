"""Getting in through the pages: the first administrator, an invitation, a second factor; and one's own account."""

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import Engine
from sqlmodel import Session
from starlette.testclient import TestClient

from browsing import Browser
from models.permissions import Role
from office_api import PASSWORD, sign_in
from services import accounts, organization
from serving import with_pages
from settings import Settings
from signing_in import App, office
from town import Town

FIRST = "Kiln-Dust-Meadow-41"


def browser_of(client: TestClient) -> Browser:
    return Browser(with_pages(client.app))  # pyright: ignore[reportArgumentType]  # the FastAPI application


def invited(session: Session) -> str:
    """The one-time token of a new installation's first administrator."""
    at = datetime.now(UTC)
    person = organization.add_person(session, name="系统管理员甲", by=None, at=at)
    organization.grant_role(session, person, Role.AD, unit=None, by=None, at=at)
    token = accounts.invite(session, person, "root", by=None, at=at, valid=timedelta(minutes=30))
    session.commit()
    return token


def test_the_first_administrator_sets_a_password_and_signs_in(session: Session, client: TestClient):
    token, browser = invited(session), browser_of(client)
    browser.open("/first-password")

    page = browser.send("/first-password", one_time=token, password=FIRST, again=FIRST)
    assert page.sees("密码已设置")

    page = browser.send("/sign-in", login="root", password=FIRST)
    assert page.sees("待办事项", "系统管理员甲")


@pytest.mark.parametrize(
    ("profile", "said"),
    [
        ("standard", "不少于12个字符，可以是一句容易记住的话。"),
        ("dengbao", "不少于10个字符，含大写、小写、数字、其他字符中的3类。不能是最近5次用过的。"),
    ],
)
def test_what_is_asked_of_a_password_is_said_before_it_is_typed(
    engine: Engine, app_settings: Settings, profile: str, said: str
):
    with office(engine, app_settings, password_profile=profile) as client:
        assert browser_of(client).open("/first-password").sees(said)


def test_a_token_works_once(session: Session, client: TestClient):
    token, browser = invited(session), browser_of(client)
    browser.open("/first-password")
    browser.send("/first-password", one_time=token, password=FIRST, again=FIRST)

    browser.open("/first-password")
    page = browser.send("/first-password", one_time=token, password=FIRST, again=FIRST)

    assert page.status == 422
    assert page.sees("无效、已用过或已过期")


@pytest.mark.parametrize(("password", "again", "said"), [("short", "short", "密码"), (FIRST, "other", "不一致")])
def test_a_password_that_will_not_do_leaves_the_token_good(
    session: Session, client: TestClient, password: str, again: str, said: str
):
    token, browser = invited(session), browser_of(client)
    browser.open("/first-password")

    page = browser.send("/first-password", one_time=token, password=password, again=again)
    assert page.status == 422
    assert page.sees("填写有误", said)

    assert browser.send("/first-password", password=FIRST, again=FIRST).sees("密码已设置")


def test_a_wrong_password_is_counted_and_at_last_made_to_wait(session: Session, town: Town, client: TestClient):
    sign_in(session, town, "officer")
    session.commit()
    browser = browser_of(client)
    browser.open("/sign-in")

    pages = [browser.send("/sign-in", login="officer", password="Wrong-Horse-7788") for _ in range(6)]

    assert [page.status for page in pages] == [422] * 5 + [429]
    assert pages[0].form("/sign-in").values["login"] == ["officer"]


def test_who_must_use_a_second_factor_binds_one_first(
    engine: Engine, session: Session, town: Town, app_settings: Settings
):
    sign_in(session, town, "officer")
    session.commit()
    with office(engine, app_settings, second_factor="officers") as client:
        browser = browser_of(client)
        browser.open("/sign-in")

        page = browser.send("/sign-in", login="officer", password=PASSWORD)
        assert page.sees("登录还差一步", "绑定动态口令")
        assert browser.open("/inbox").sees("登录还差一步")

        browser.open("/account/second-factor")
        page = browser.send("/account/second-factor")
        app = App(page.links["用应用打开"])
        page = browser.send("/account/second-factor/confirmation", code=app.totp.now())
        assert page.sees("恢复码")
        assert browser.open("/inbox").sees("待办事项")


def test_with_a_second_factor_the_password_alone_does_not_do(session: Session, town: Town, client: TestClient):
    browser = browser_of(client).signed_in(sign_in(session, town, "officer"))
    session.commit()
    browser.open("/account/second-factor")
    app = App(browser.send("/account/second-factor").links["用应用打开"])
    browser.send("/account/second-factor/confirmation", code=app.totp.now())
    other = browser_of(client)
    other.open("/sign-in")

    page = other.send("/sign-in", login="officer", password=PASSWORD)
    assert page.sees("该账号已绑定动态口令")

    later = app.totp.at(datetime.now(UTC) + timedelta(seconds=30))
    assert other.send("/sign-in", password=PASSWORD, code=later).sees("待办事项")


def test_a_person_ends_the_sessions_opened_elsewhere(session: Session, town: Town, client: TestClient):
    here = browser_of(client).signed_in(sign_in(session, town, "officer"))
    session.commit()
    elsewhere = browser_of(client)
    elsewhere.open("/sign-in")
    elsewhere.send("/sign-in", login="officer", password=PASSWORD)

    here.open("/account")
    assert here.send("/account/sessions/others/end").sees("会话已结束", "本次登录")

    assert elsewhere.open("/inbox").title.startswith("登录")


def test_quiet_hours_are_kept_and_nonsense_is_refused(session: Session, town: Town, client: TestClient):
    browser = browser_of(client).signed_in(sign_in(session, town, "officer"))
    session.commit()
    browser.open("/account")

    assert browser.send("/account/quiet-hours", **{"from": "21:30", "until": "6点"}).status == 422
    browser.open("/account")
    page = browser.send("/account/quiet-hours", **{"from": "21:30", "until": "06:30"})

    assert page.sees("静默时段已保存")
    assert page.form("/account/quiet-hours").values["from"] == ["21:30"]


def test_a_new_password_needs_the_present_one(session: Session, town: Town, client: TestClient):
    browser = browser_of(client).signed_in(sign_in(session, town, "officer"))
    session.commit()
    browser.open("/account/password")

    assert browser.send("/account/password", password="Wrong-Horse-7788", chosen=FIRST, again=FIRST).sees(
        "现用密码不正确"
    )
    assert browser.send("/account/password", password=PASSWORD, chosen=FIRST, again=FIRST).sees("密码已更换")


def test_a_machine_key_opens_no_page(client: TestClient):
    assert browser_of(client).signed_in("hf_whatever").open("/inbox").title.startswith("登录")
