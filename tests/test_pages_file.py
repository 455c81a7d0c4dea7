"""A hazard's page tells its file: plan, progress, requests, levels of 督办, comments, copies; and what one does about it there."""

import re
from datetime import timedelta

import pytest
from sqlalchemy import select

from browsing import Browser
from flows import effects
from models.engine import writing
from models.outbox import Topic
from models.process import DecisionCode as D
from models.stage import Step
from models.tables import OUTBOX
from story import Case, Story


def tell_levels(story: Story) -> None:
    """The levels fired go out as the dispatcher sends them out."""
    with writing(story.engine) as session, session.begin():
        fired = session.execute(select(OUTBOX.c.id).where(OUTBOX.c.topic == Topic.ESCALATED)).scalars().all()
    for message in fired:
        effects.carry_out("tell_escalation", message)


_SAID_OF_LETTER = re.compile(r"\S+号 · 第\d级“\S+”（时限：\S+） · 由\S+答复")
SIX_ELEMENTS = (
    "治理目标和任务",
    "方法和措施",
    "资金（元）",
    "负责治理的机构和人员",
    "时限和要求",
    "安全措施和应急预案",
)


def before_history(browser: Browser, case: Case) -> str:
    """What the page says above the timeline."""
    return browser.open(f"/hazards/{case.no}").html.partition('id="history"')[0]


def test_plan_progress_and_extension_stand_on_the_page(story: Story, browsers: dict[str, Browser]):
    case = story.report().carry_to(Step.WORK)
    limit = case.clock("rectification")["due_at"][:10]
    case.step("principal", D.PROGRESS, percent=40, done="设备已到货")
    new_limit = (story.at + timedelta(days=45)).date().isoformat()
    case.step(
        "principal", D.ASK_EXTENSION, new_limit_on=new_limit, reason="供货推迟", evidence=[story.photo("principal")]
    )
    case.step("officer", D.EXTENSION_OPINION)
    case.step("head", D.GRANT_EXTENSION)

    for who in ("officer", "principal", "auditor"):
        said = before_history(browsers[who], case)
        assert [
            one for one in (*SIX_ELEMENTS, "已批准", "已完成 40%", "设备已到货", "供货推迟", "同意") if one not in said
        ] == []
        assert f"整改期限原为 {limit}，现为 {new_limit}" in said


def test_an_enterprise_sees_no_request_among_officials(story: Story, browsers: dict[str, Browser]):
    case = story.report().carry_to(Step.WORK)
    case.step("clerk", D.ASK_LISTING)

    assert "申请挂牌督办" in before_history(browsers["leader"], case)
    assert "申请挂牌督办" not in before_history(browsers["principal"], case)


def test_a_comment_is_written_on_the_page_and_marked_for_the_enterprise(story: Story, browsers: dict[str, Browser]):
    case = story.report().carry_to(Step.WORK)
    path, officer = f"/hazards/{case.no}/comments", browsers["officer"]

    officer.open(path)
    empty = officer.send(path, words="")
    assert (empty.status, 'href="#words"' in empty.html) == (422, True)
    assert officer.send(path, words="请核对现场", mentions=story.town.persons["head"].id).sees(
        "已办理：留言", "请核对现场"
    )
    officer.open(path)
    officer.send(path, words="请补交合同", for_enterprise="yes")

    seen = browsers["principal"].open(f"/hazards/{case.no}")
    assert (seen.sees("请补交合同"), seen.sees("请核对现场")) == (True, False)
    assert story.get("head", f"/hazards/{case.no}/comments")[0]["words"] == "请核对现场"


def test_a_copy_is_read_offers_nothing_to_do_and_is_taken_back(story: Story, browsers: dict[str, Browser]):
    case = story.report().carry_to(Step.CLASSIFY)
    page, path, reader = f"/hazards/{case.no}", f"/hazards/{case.no}/copies", browsers["other_head"]
    assert reader.open(page).status == 404

    browsers["head"].open(path)
    assert (
        browsers["head"].send(path, people=story.town.persons["other_head"].id).sees("已办理：抄送", "经发办负责人甲")
    )
    copied = reader.open(page)
    assert (copied.status, {f"{page}/comments", path, f"{page}/urging"} & copied.hrefs) == (200, set())
    browsers["head"].send(f"{path}/{story.town.persons['other_head'].id}/revocation")

    assert reader.open(page).status == 404


def test_who_has_the_next_move_is_urged_once_a_day(story: Story, browsers: dict[str, Browser]):
    case = story.report().carry_to(Step.WORK)
    path, clerk = f"/hazards/{case.no}/urging", browsers["clerk"]

    clerk.open(path)
    assert clerk.send(path, words="请尽快").sees("已办理：催办")
    clerk.open(path)
    assert clerk.send(path, words="再催一次").sees("您今天已催办过该事项")


@pytest.mark.usefixtures("flows_here")
def test_whoever_was_addressed_acknowledges_a_level_there(story: Story, browsers: dict[str, Browser]):
    case = story.report().carry_to(Step.CLASSIFY)
    story.later(days=20)
    story.sweep()
    tell_levels(story)
    head = browsers["head"].open(f"/hazards/{case.no}")
    mine = next(form.action for form in head.forms if "/escalations/" in form.action)

    page = browsers["head"].send(mine)

    assert page.sees("已办理：签收督办", "已签收：应急办负责人甲")
    assert mine not in {form.action for form in page.forms}
    assert "督办升级" in before_history(browsers["officer"], case)


@pytest.mark.usefixtures("flows_here")
def test_letters_that_wait_for_an_answer_are_told_apart(story: Story, browsers: dict[str, Browser]):
    case = story.report().carry_to(Step.WORK)
    case.step("clerk", D.ASK_LISTING)
    for _ in range(3):
        story.later(days=30)
        story.sweep()
        tell_levels(story)
    page = browsers["officer"].open(f"/hazards/{case.no}").html
    others = page.partition("<h2>其他时限</h2>")[2].partition("</dl>")[0]
    letters = [row.partition("</div>")[0] for row in others.split("<dt>答复督办函</dt>")[1:]]

    assert len(letters) > 1
    assert len({_SAID_OF_LETTER.search(row)[0] for row in letters}) == len(letters), letters  # pyright: ignore[reportOptionalSubscript]


def test_an_ended_hazard_has_nobody_to_urge(story: Story, browsers: dict[str, Browser]):
    case = story.report().carry_to(Step.CLOSED)

    assert f"/hazards/{case.no}/urging" not in browsers["clerk"].open(f"/hazards/{case.no}").hrefs
    assert browsers["clerk"].open(f"/hazards/{case.no}/urging").status == 404


def test_the_ladder_is_held_let_go_on_and_raised_on_pages(story: Story, browsers: dict[str, Browser]):
    case = story.report().carry_to(Step.WORK)
    limit, page, clerk = case.clock("rectification")["id"], f"/hazards/{case.no}", browsers["clerk"]
    until = (story.at + timedelta(days=5)).date().isoformat()

    assert clerk.open(f"{page}/hold/end").sees("没有可以这样办理的时限")
    clerk.open(f"{page}/hold")
    assert clerk.send(f"{page}/hold", deadline=limit, until=until, reason="等待检测报告").sees(
        "暂缓督办", "等待检测报告"
    )
    clerk.open(f"{page}/hold/end")
    assert clerk.send(f"{page}/hold/end", deadline=limit, reason="报告已到").status == 200
    clerk.open(f"{page}/escalation")
    assert clerk.send(f"{page}/escalation", deadline=limit, level="3", reason="现场仍无人施工").sees("约谈")

    assert 3 in case.levels()
    assert {"LADDER_HELD", "LADDER_HOLD_ENDED"} <= {event["type"] for event in case.events()}
    assert browsers["principal"].open(f"{page}/hold").status == 403
