"""Channels, deliveries, incidents and what flows have not carried out, as pages: seen by who may, put right by who may."""

from datetime import timedelta

import pytest
from sqlalchemy import Engine, select, update

from administering import approve, browsers, filled_in
from browsing import Browser
from fixtures_receivers import HttpReceiver
from fixtures_receivers import http_receiver_at_work as http_receiver_at_work
from models.engine import reading, writing
from models.incident import IncidentKind
from models.outbox import NoticeState
from models.tables import HAZARD, NOTICE, OUTBOX, PROPOSAL
from notifications import notices
from services import incidents
from settings import Settings
from signing_in import events
from story import Story
from town import Town

REASON = "550 没有这个收件人"
NEW = "/admin/channels/new/webhook"
SECRET = "Bearer geheim-4711"


@pytest.fixture
def story(engine: Engine, town: Town, app_settings: Settings) -> Story:
    return Story(engine, town, app_settings.model_copy(update={"private_webhooks": "127.0.0.1"}))


@pytest.fixture
def people(story: Story) -> dict[str, Browser]:
    return browsers(story)


def dead_letter(story: Story, to: str = "clerk") -> str:
    """A notice about a hazard that was given up; the hazard's number."""
    case = story.report()
    with writing(story.engine) as session, session.begin():
        hazard = session.execute(select(HAZARD).where(HAZARD.c.no == case.no)).one()
        facts = {"hazard_no": case.no, "link": "/"}
        notices.queue(session, "m1", "closed", hazard, [story.town.persons[to].id], facts, at=story.at)  # pyright: ignore[reportArgumentType]  # a row stands for it
        given_up = {"state": NoticeState.DEAD, "last_error": REASON, "attempts": 8, "channel_id": "mail"}
        session.execute(update(NOTICE).values(**given_up))
    return case.no


def state_of(story: Story) -> str:
    with reading(story.engine) as session:
        return session.execute(select(NOTICE.c.state)).scalar_one()


def test_a_dead_letter_is_listed_with_its_reason_and_sent_again(story: Story, people: dict[str, Browser]):
    no, clerk = dead_letter(story), people["clerk"]
    assert clerk.open("/admin/deliveries?state=dead").sees(no, "安委办经办人甲", "已销号", "失败", REASON)
    assert not clerk.open("/admin/deliveries?state=queued").sees(REASON)
    assert clerk.open("/admin").sees("通知送达 1 项待处理")
    clerk.open("/admin/deliveries?state=dead")

    page = clerk.send(next(form.action for form in clerk.page.forms if form.action.endswith("/retry")))

    assert page.sees("已重新排队发送。", "没有记录。")
    assert state_of(story) == NoticeState.QUEUED
    assert len(events(story.engine, "DEAD_LETTER_RETRIED")) == 1


def test_whoever_has_the_redacted_view_is_not_told_which_hazard_it_is(story: Story, people: dict[str, Browser]):
    no = dead_letter(story)

    page = people["admin"].open("/admin/deliveries")

    assert page.sees(REASON)
    assert no not in page.text


def test_who_may_look_but_not_send_again_sees_no_button(story: Story, people: dict[str, Browser]):
    dead_letter(story)

    page = people["auditor"].open("/admin/deliveries")

    assert page.sees(REASON)
    assert not any(form.action.endswith("/retry") for form in page.forms)


def test_a_channel_waits_for_another_administrator_and_its_secrets_never_come_out(
    story: Story, people: dict[str, Browser], http_receiver: HttpReceiver
):
    url = f"http://127.0.0.1:{http_receiver.server_port}/in"
    proposal = filled_in(
        people["admin"], NEW, name="镇里的接口", config__url=url, config__headers=f"Authorization: {SECRET}"
    )
    assert proposal.sees("添加通知渠道", "镇里的接口", "待批")
    approve(people["second_admin"], proposal)

    listed = people["admin"].open("/admin/channels")

    assert listed.sees("镇里的接口", "接口（Webhook）")
    assert SECRET not in listed.html + people["second_admin"].open(proposal.answer.url.path).html
    with reading(story.engine) as session:
        assert SECRET not in session.execute(select(PROPOSAL.c.payload)).scalar_one()
    tested = people["admin"].send(next(form.action for form in listed.forms if form.action.endswith("/test")))
    assert tested.sees("渠道已接收。")
    assert [headers["Authorization"] for _, _, headers in http_receiver.requests] == [SECRET]


def test_a_channel_that_answers_no_says_so(people: dict[str, Browser], http_receiver: HttpReceiver):
    url = f"http://127.0.0.1:{http_receiver.server_port}/in"
    approve(people["second_admin"], filled_in(people["admin"], NEW, name="镇里的接口", config__url=url))
    http_receiver.status = 500
    listed = people["admin"].open("/admin/channels")

    page = people["admin"].send(next(form.action for form in listed.forms if form.action.endswith("/test")))

    assert page.sees("没有发出。")


@pytest.mark.parametrize(
    ("answers", "field"),
    [
        ({"config__url": "http://10.0.0.1/"}, ""),
        ({"config__headers": "没有冒号"}, "#config.headers"),
        ({"name": ""}, "#name"),
    ],
)
def test_a_channel_that_cannot_be_is_refused_with_what_was_typed_still_there(
    people: dict[str, Browser], answers: dict[str, str], field: str
):
    page = filled_in(
        people["admin"], NEW, **{"name": "接口", "config__url": "http://127.0.0.1/", "config__headers": ""} | answers
    )

    assert page.status == 422
    assert not field or field in page.hrefs
    assert page.form(NEW).values["config.url"] == [answers.get("config__url", "http://127.0.0.1/")]


def test_an_incident_is_settled_with_what_was_done(story: Story, people: dict[str, Browser]):
    with writing(story.engine) as session, session.begin():
        incidents.report(session, IncidentKind.NOBODY_TO_TELL, "经发办/部门负责人", "该岗位无人担任。", at=story.at)
    admin = people["admin"]
    page = admin.open("/admin/incidents")
    assert page.sees("责任人无法告知", "经发办/部门负责人", "该岗位无人担任。")
    assert not people["auditor"].open("/admin/incidents").links.get("处理")

    done = filled_in(admin, page.links["处理"], remark="已任命负责人")

    assert done.sees("异常已处理。", "没有待处理的异常。")
    assert admin.open("/admin/incidents?view=all").sees("已处理", "已任命负责人")
    assert filled_in(admin, page.links["处理"], remark="又处理一次").status == 404


def test_a_follow_up_that_failed_is_repaired_and_one_that_waits_needs_none(story: Story, people: dict[str, Browser]):
    stuck, waits = story.report().no, story.report().no
    later = story.at + timedelta(hours=1)
    with writing(story.engine) as session, session.begin():
        failed = {"attempts": 9, "last_error": "数据库忙", "due_at": later}
        session.execute(update(OUTBOX).where(OUTBOX.c.hazard_no == stuck).values(**failed))
    page = people["admin"].open("/admin/flows")
    assert page.sees(stuck, waits, "隐患转入新环节", "数据库忙", "即将办理")
    [action] = [form.action for form in page.forms if form.action.endswith("/repair")]

    done = people["admin"].send(action)

    assert done.sees("已设为立即办理。")
    with reading(story.engine) as session:
        due = session.execute(select(OUTBOX.c.due_at).where(OUTBOX.c.hazard_no == stuck)).scalars().all()
    assert set(due) == {story.at}
    assert len(events(story.engine, "MESSAGE_REPAIRED")) == 1


def test_a_follow_up_whose_run_is_killed_each_time_is_repaired_too(story: Story, people: dict[str, Browser]):
    story.report()
    with writing(story.engine) as session, session.begin():
        session.execute(update(OUTBOX).values(attempts=4, last_error="", due_at=story.at + timedelta(minutes=1)))

    page = people["admin"].open("/admin/flows")

    assert any(form.action.endswith("/repair") for form in page.forms)


@pytest.mark.parametrize(
    ("who", "refused"),
    [
        ("officer", {"/admin/channels", "/admin/incidents", "/admin/flows", "/admin/proposals", NEW}),
        ("villager", {"/admin", "/admin/channels", "/admin/incidents", "/admin/flows", "/admin/proposals", "/admin/deliveries"}),
        ("principal", {"/admin", "/admin/channels", "/admin/incidents", "/admin/flows", "/admin/proposals", "/admin/deliveries"}),
        ("auditor", {"/admin/channels", "/admin/flows", NEW}), ("clerk", {"/admin/channels", NEW}),
    ],
)  # fmt: skip
def test_who_may_not_see_to_it_is_refused_and_shown_no_way(people: dict[str, Browser], who: str, refused: set[str]):
    for path in refused:
        page = people[who].open(path)
        assert (page.status, page.sees("没有权限")) == (403, True), path
    assert not people[who].open("/admin").hrefs & refused
    assert not people[who].open("/account").hrefs & refused
