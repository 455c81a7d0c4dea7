"""The inbox narrowed, its filters kept and shared; and what one sets for oneself: channels, delegations, notices read."""

from datetime import timedelta

from sqlalchemy import select
from sqlmodel import Session

from browsing import Browser
from models import NoticeChannel, Person
from models.engine import writing
from models.stage import Step
from notifications import channels, reach
from notifications.channel_address import ChannelKind
from story import Story
from town import NOON


def test_the_inbox_is_narrowed_by_words_stage_and_state(story: Story, browsers: dict[str, Browser]):
    old = story.report(place="码头路1号")
    story.later(days=8)
    new, assigned = story.report(place="码头路2号"), story.report(place="别处").carry_to(Step.ASSIGN)
    clerk = browsers["clerk"]

    def found(query: str) -> set[str]:
        return {one.no for one in (old, new, assigned) if one.no in clerk.open(f"/inbox?{query}").text}

    assert found("") == {old.no, new.no, assigned.no}
    assert found("text=码头路") == {old.no, new.no}
    assert found("state=overdue") == {old.no}
    assert found("state=soon") | found("state=normal") == {new.no, assigned.no}
    assert found("state=soon") & found("state=normal") == set()
    assert found("stage=ASSIGNMENT&state=nonsense") == {assigned.no}
    assert clerk.open("/inbox?text=没有这个地方").sees("没有符合条件的待办事项")


def test_a_filter_of_the_inbox_is_kept_shared_and_removed(story: Story, browsers: dict[str, Browser]):
    head, officer = browsers["head"], browsers["officer"]
    story.report().carry_to(Step.CLASSIFY)
    head.open("/inbox?state=overdue")

    assert "逾期的" in head.send("/inbox/filters", name="逾期的", unit=story.town.units["YJB"].id).links

    assert officer.open("/inbox").links["逾期的"] == "/inbox?state=overdue"
    assert "逾期的" not in browsers["other_head"].open("/inbox").links
    assert "逾期的" not in officer.open("/hazards").links
    removal = next(form.action for form in head.open("/inbox").forms if form.action.endswith("/removal"))
    assert "逾期的" not in head.send(removal).links


def channel(session: Session, kind: ChannelKind, name: str) -> str:
    return channels.add_channel(session, kind, name, {}, key=b"k" * 32, by="", at=NOON).id


def reached(story: Story, who: str) -> list[str]:
    with writing(story.engine) as session:
        person = session.get_one(Person, story.town.persons[who].id)
        ways = session.execute(select(NoticeChannel).order_by(NoticeChannel.name)).scalars().all()  # pyright: ignore[reportArgumentType]
        usable = reach.usable(ways, person)
        return [way.name for way in ways if way.id in usable]


def test_one_turns_off_channels_but_the_last(story: Story, browsers: dict[str, Browser]):
    with writing(story.engine) as session, session.begin():
        mail = channel(session, ChannelKind.MAIL, "邮件")
        robot = channel(session, ChannelKind.WECOM_BOT, "群机器人")
    head = browsers["head"]
    assert head.open("/account").sees("用哪些渠道通知我", "邮件", "群机器人")

    assert head.send("/account/channels", channels=[mail]).sees("通知渠道已保存")
    assert (reached(story, "head"), reached(story, "officer")) == (["邮件"], ["群机器人", "邮件"])
    refused = head.send("/account/channels", channels=[])

    assert (refused.status, 'href="#channels"' in refused.html, reached(story, "head")) == (422, True, ["邮件"])
    assert robot not in refused.text


def test_approvals_are_delegated_and_revoked_on_one_s_own_page(story: Story, browsers: dict[str, Browser]):
    clerk, today = browsers["clerk"], story.at.date().isoformat()
    path = "/account/delegations/new"
    clerk.open("/account")
    clerk.open(path)
    days = {"from_on": today, "until_on": (story.at + timedelta(days=30)).date().isoformat()}
    delegate = story.town.persons["second_clerk"].id

    too_long = clerk.send(path, delegate=delegate, reason="出差", **days)
    assert (too_long.status, too_long.sees("期间最长14天"), 'href="#until_on"' in too_long.html) == (422, True, True)
    made = clerk.send(path, delegate=delegate, reason="出差", from_on=today, until_on=today)
    assert made.sees("安委办经办人乙", "撤销委托")
    assert browsers["second_clerk"].open("/account").sees("安委办经办人甲", "进行中")

    revocation = next(form.action for form in made.forms if form.action.endswith("/revocation"))
    assert clerk.send(revocation).sees("委托已撤销")
    assert browsers["head"].open(revocation.removesuffix("/revocation")).status == 404


def test_whoever_has_no_colleague_of_the_rank_is_told_so(browsers: dict[str, Browser]):
    assert browsers["head"].open("/account").sees("没有同单位、同职级的人员可以委托")
    assert browsers["head"].open("/account/delegations/new").status == 422
    assert browsers["officer"].open("/account").sees("委托代办") is False
