"""A unit's standing deputy on pages: named, replaced and taken back by who may; the head's absence entered and ended."""

from datetime import timedelta

from administering import filled_in
from browsing import Browser, Page
from models import LoginSession
from models.stage import Step
from signing_in import change
from story import Story

HOME, OURS = "/account/deputies", "/account/deputies/YJB"


def named(browser: Browser, story: Story, who: str) -> Page:
    return filled_in(browser, f"{OURS}/naming", person=story.town.persons[who].id)


def absent(browser: Browser, story: Story, days: int = 5) -> Page:
    until = (story.at + timedelta(days=days)).date().isoformat()
    return filled_in(browser, f"{OURS}/absence", person=story.town.persons["head"].id, from_on=story.at.date().isoformat(),
                     until_on=until, reason="外出学习")  # fmt: skip


def test_a_head_names_the_deputy_of_the_own_unit_and_takes_it_back(story: Story, browsers: dict[str, Browser]):
    head = browsers["head"]
    assert head.open(head.open("/account").links["常设代理人和负责人缺勤"]).sees("应急办", "没有设置")

    assert named(head, story, "second_officer").sees("常设代理人已设置", "应急办经办人乙")
    assert head.open(HOME).sees("应急办经办人乙")
    assert named(head, story, "officer").sees("应急办经办人甲")
    head.open(OURS)
    assert head.send(f"{OURS}/withdrawal").sees("常设代理人已撤销", "没有人可以代办审批")


def test_the_deputy_decides_while_the_absence_runs_and_no_longer(story: Story, browsers: dict[str, Browser]):
    case = story.report().carry_to(Step.JUDGE)
    page, deputy, clerk = f"/hazards/{case.no}", browsers["second_officer"], browsers["clerk"]
    named(browsers["head"], story, "second_officer")
    before = deputy.open(page).hrefs

    assert absent(clerk, story).sees("负责人缺勤已登记", "应急办负责人甲", "由应急办经办人乙代办", "外出学习")
    assert {href for href in deputy.open(page).hrefs - before if "/decisions/" in href}
    end = next(form.action for form in clerk.page.forms if form.action.endswith("/end"))
    assert clerk.send(end).sees("负责人缺勤已结束", "没有登记的缺勤")

    assert deputy.open(page).hrefs == before


def test_only_the_head_the_committee_office_and_leaders_name_a_deputy(story: Story, browsers: dict[str, Browser]):
    for who in ("officer", "villager", "principal", "auditor", "admin"):
        assert browsers[who].open(HOME).status == 403, who
        assert browsers[who].open(f"{OURS}/naming").status == 403, who
    assert browsers["other_head"].open(f"{OURS}/naming").status == 403
    assert "应急办" not in browsers["other_head"].open(HOME).text
    assert browsers["leader"].open(HOME).sees("应急办", "经发办")
    assert browsers["clerk"].open("/admin").sees("常设代理人")
    assert browsers["clerk"].open(f"{HOME}/NOWHERE").status == 422


def test_what_stands_against_it_is_said_on_the_form(story: Story, browsers: dict[str, Browser]):
    head = browsers["head"]
    assert head.open(f"{OURS}/absence").sees("该单位没有常设代理人", "请先设置常设代理人")
    named(head, story, "second_officer")

    assert absent(head, story, days=90).sees("期间最长60天")
    strange = filled_in(head, f"{OURS}/naming", person=story.town.persons["villager"].id)

    assert (strange.status, "#person" in strange.hrefs) == (422, True)


def test_a_deputy_does_not_enter_the_head_s_absence(story: Story, browsers: dict[str, Browser]):
    named(browsers["clerk"], story, "second_officer")
    absent(browsers["head"], story)

    assert absent(browsers["second_officer"], story, days=9).sees("代理人不能自己登记负责人缺勤")


def test_who_proved_themselves_long_ago_gives_the_password_first(story: Story, browsers: dict[str, Browser]):
    named(browsers["head"], story, "second_officer")
    change(story.engine, LoginSession, verified_at=story.at - timedelta(hours=1))
    browsers["head"].open(OURS)

    assert browsers["head"].send(f"{OURS}/withdrawal").sees("再次验证身份")
    assert browsers["head"].open(OURS).sees("应急办经办人乙")
