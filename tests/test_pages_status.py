"""The page that says in plain words what is down and what that means, for everybody and also without a database."""

import json
from pathlib import Path

import pytest
from sqlalchemy import Engine

from administering import browsers
from api.app import make_app
from api.desk import Office
from browsing import Browser
from models.engine import open_engine, writing
from models.incident import IncidentKind
from services import incidents, sweeping
from serving import with_pages
from settings import Settings
from story import Story
from town import Town
from web.cookies import LANGUAGE


@pytest.fixture
def story(engine: Engine, town: Town, app_settings: Settings) -> Story:
    story = Story(engine, town, app_settings)
    with writing(engine) as session, session.begin():
        sweeping.beat(session, by="test", at=story.at)
    return story


@pytest.fixture
def somebody(story: Story) -> Browser:
    return Browser(with_pages(story.client.app))  # pyright: ignore[reportArgumentType]  # the FastAPI application


def dispatcher_dies(app_settings: Settings) -> None:
    run_dir = app_settings.data_dir / "run"
    run_dir.mkdir(exist_ok=True)
    states = {"dispatcher": {"state": "restarting"}, "api": {"state": "running"}}
    (run_dir / "processes.json").write_text(json.dumps(states), encoding="utf-8")


def test_everybody_reads_that_all_is_well(somebody: Browser):
    page = somebody.open("/status")

    assert page.status == 200
    assert page.sees("各项正常。", "登录、办理和查询运行正常")
    assert not page.sees("不正常")


def test_what_died_is_named_with_what_that_means(somebody: Browser, app_settings: Settings):
    dispatcher_dies(app_settings)

    page = somebody.open("/status")

    assert page.sees("可以正常办理。", "通知不正常", "通知和督办暂停，恢复后补办；决定不受影响", "督办运行正常")


def test_it_is_told_in_english_too(somebody: Browser, app_settings: Settings):
    dispatcher_dies(app_settings)
    somebody.client.cookies.set(LANGUAGE, "en", domain="hazard.test", path="/")

    assert somebody.open("/status").sees("The dispatcher is not running", "decisions are not affected")


def test_what_waits_for_the_administrators_is_told_to_the_office_alone(story: Story, somebody: Browser):
    with writing(story.engine) as session, session.begin():
        incidents.report(session, IncidentKind.CLOCK_SKEW, "主机甲", "时钟相差2分钟", at=story.at)
    people = browsers(story)

    assert people["admin"].open("/status").sees("有1项异常待处理", "请系统管理员在异常列表中查看并处理", "各项正常。")
    for other in (somebody, people["principal"]):
        assert not other.open("/status").sees("异常")


def test_who_is_signed_in_stays_in_their_own_pages(story: Story):
    assert "/inbox" in browsers(story)["clerk"].open("/status").links.values()


def test_without_a_database_it_says_so_and_whom_to_call(tmp_path: Path, app_settings: Settings):
    away = open_engine(f"sqlite:///{tmp_path / 'nowhere' / 'hazardflow.db'}")
    browser = Browser(with_pages(make_app(Office(app_settings, away))))
    browser.client.cookies.set("__Host-session", "x" * 43, domain="hazard.test", path="/")

    page = browser.open("/status")

    assert page.status == 200
    assert page.sees("现在不能办理。", "119", "数据库无法访问", "已提交的事项都在", "督办不详")
    assert "OperationalError" not in page.text


def test_every_page_leads_there(somebody: Browser):
    assert somebody.open("/sign-in").links["系统运行状态"] == "/status"
    assert somebody.open("/public").links["系统运行状态"] == "/status"
