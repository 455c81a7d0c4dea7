"""Subscribers of a ledger filter are told on working days what has newly come under it, and nothing they may not see."""

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select

from browsing import Browser
from flows import subscriptions as flow
from models.engine import writing
from models.outbox import INAPP
from models.tables import NOTICE
from story import Story

SATURDAY = datetime(2026, 9, 12, 1, tzinfo=UTC)
MONDAY = datetime(2026, 9, 14, 1, tzinfo=UTC)

pytestmark = pytest.mark.usefixtures("flows_here")


def told(story: Story, who: str) -> list[str]:
    """The notices of subscriptions somebody found, oldest first."""
    own = (NOTICE.c.person_id == story.town.persons[who].id, NOTICE.c.topic == flow.TOPIC, NOTICE.c.channel_id == INAPP)
    with writing(story.engine) as session:
        return list(session.execute(select(NOTICE.c.body).where(*own).order_by(NOTICE.c.created_at)).scalars())


def keep(browser: Browser, query: str, name: str, unit: str = "") -> str:
    """Where the filter kept under this name is subscribed to."""
    browser.open(f"/hazards?{query}")
    browser.send("/filters", name=name, unit=unit)
    return next(form.action for form in browser.page.forms if form.action.endswith("/subscription"))


def test_a_subscriber_is_told_of_what_is_new_and_once(story: Story, browsers: dict[str, Browser]):
    known = story.report(place="码头路1号")
    subscription = keep(browsers["clerk"], "text=码头路", "码头路")
    assert browsers["clerk"].send(subscription).sees("已订阅")
    new, other = story.report(place="码头路2号"), story.report(place="别处")

    assert (flow.tell(MONDAY), flow.tell(MONDAY + timedelta(minutes=5))) == (1, 0)

    [body] = told(story, "clerk")
    assert (new.no in body, known.no in body, other.no in body) == (True, False, False)
    assert "新增1件，现共2件" in body
    assert "/hazards?text=" in body


def test_what_becomes_overdue_is_news_and_again_when_it_comes_back(story: Story, browsers: dict[str, Browser]):
    case = story.report()
    browsers["clerk"].open("/hazards")
    browsers["clerk"].send(keep(browsers["clerk"], "watch=overdue", "逾期"))
    assert flow.tell(story.at) == 0

    assert flow.tell(MONDAY) == 1

    assert case.no in told(story, "clerk")[0]


def test_nobody_is_told_on_a_day_off(story: Story, browsers: dict[str, Browser]):
    browsers["clerk"].send(keep(browsers["clerk"], "text=码头路", "码头路"))
    story.report(place="码头路2号")

    assert (flow.tell(SATURDAY), flow.tell(MONDAY)) == (0, 1)


def test_a_subscriber_is_told_only_of_what_they_may_see(story: Story, browsers: dict[str, Browser]):
    unit = story.town.units["JFB"].id
    shared = keep(browsers["other_head"], "text=码头路", "码头路", unit)
    assert browsers["other_officer"].open("/hazards").links["码头路"]
    browsers["other_officer"].send(shared)
    story.report(place="码头路2号")

    assert (flow.tell(MONDAY), told(story, "other_officer")) == (0, [])
    assert browsers["villager"].client.post(shared, data=_form(browsers["villager"])).status_code == 404


def test_a_filter_forgotten_or_unsubscribed_tells_nothing(story: Story, browsers: dict[str, Browser]):
    clerk = browsers["clerk"]
    subscription = keep(clerk, "text=码头路", "码头路")
    clerk.send(subscription)
    assert "已订阅" not in clerk.send(f"{subscription}/end").text
    clerk.send(subscription)
    clerk.send(subscription.replace("/subscription", "/removal"))
    story.report(place="码头路2号")

    assert (flow.tell(MONDAY), told(story, "clerk")) == (0, [])


def _form(browser: Browser) -> dict[str, str]:
    return {"token": browser.open("/hazards").forms[0].values["token"][0], "key": "k"}
