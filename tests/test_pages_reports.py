"""The office works off its reports in the browser: reads, abstracts, writes, answers, unseals; nobody else does."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select, update

from api.app import make_app
from browsing import Browser, submitted
from models import LoginSession
from models.engine import reading, writing
from models.tables import AUDIT_EVENT, HAZARD_SOURCE
from serving import with_pages
from story import Case, Story
from tip_off import NAME, PHONE, PLACE, WORDS, Reporter, photograph_with_traces


@pytest.fixture
def browsers(story: Story) -> Mapping[str, Browser]:
    site = with_pages(make_app(story.office))
    return {who: Browser(site).signed_in(caller.token) for who, caller in story.people.items()}


def reported(story: Story) -> tuple[Reporter, Case, str]:
    """(reporter, case, address of the report)."""
    reporter = Reporter(story.client)
    no = reporter.report(named=True)["no"]
    reporter.post("/report/photos", files={"file": ("IMG_1.jpg", photograph_with_traces())})
    with reading(story.engine) as session:
        source = session.execute(select(HAZARD_SOURCE.c.id)).scalar_one()
    return reporter, Case(story, no), f"/reports/{source}"


def happened(story: Story, kind: str) -> int:
    with reading(story.engine) as session:
        return len(session.execute(select(AUDIT_EVENT.c.gid).where(AUDIT_EVENT.c.type == kind)).all())


def test_the_office_reads_a_tip_off_writes_to_its_reporter_and_answers(story: Story, browsers: Mapping[str, Browser]):
    reporter, case, report = reported(story)
    clerk = browsers["clerk"]
    here = clerk.open(f"/hazards/{case.no}/reports")
    assert here.sees("群众举报核查", "实名（身份密封）", "照片 1")
    assert WORDS not in here.html
    assert clerk.client.get(f"{report}/photos/1").headers["content-type"] == "image/jpeg"

    told = clerk.open(f"{report}/original")
    assert told.sees(WORDS, PLACE)
    assert NAME not in told.html
    assert happened(story, "ORIGINAL_READ") == 1
    clerk.open(f"{report}/message")
    assert clerk.send(f"{report}/message", text="请问是哪一侧的管道？").sees("已留言", "请问是哪一侧的管道？")
    assert "哪一侧" in reporter.get("/report/messages").text
    clerk.open(f"{report}/answer")
    assert clerk.send(f"{report}/answer", text="").status == 422
    assert clerk.send(f"{report}/answer", text="已受理，正在核查").sees("已答复", "已受理，正在核查")
    assert reporter.get("/report").json()["answer"] == "已受理，正在核查"


def test_an_identity_is_unsealed_by_two_in_the_browser(story: Story, browsers: Mapping[str, Browser]):
    _, case, report = reported(story)
    clerk, leader = browsers["clerk"], browsers["leader"]
    clerk.open(f"{report}/unsealing")
    asked = clerk.send(f"{report}/unsealing", ground="REWARD", reason="核实奖励发放")
    assert asked.sees(case.no, "发放奖励", "待批准")

    assert leader.open("/inbox").sees("有 1 项启封举报人身份的申请待您批准")
    waiting = leader.open("/unsealings")
    link = next(href for href in waiting.hrefs if href.endswith("/approval"))
    assert clerk.open(link).status == 403
    assert leader.open(link).sees("核实奖励发放")
    leader.send(link)

    opened = clerk.open("/unsealings")
    identity = next(href for href in opened.hrefs if href.endswith("/identity"))
    assert leader.open(identity).status in {403, 404}
    assert clerk.open(identity).sees(NAME, PHONE)
    assert happened(story, "UNSEALED_READ") == 1
    story.later(minutes=16)
    assert clerk.open(identity).status == 403


def test_an_objection_is_found_in_the_inbox_and_settled(story: Story, browsers: Mapping[str, Browser]):
    reporter, case, report = reported(story)
    for who, code in (("clerk", "refusal-request"), ("second_clerk", "refusal-grant")):
        answers: dict[str, Any] = {"ground": "NO_PLACE", "reason": "地点不明"} if who == "clerk" else {}
        submitted(browsers[who], f"/hazards/{case.no}/decisions/{code}", **answers)
    reporter.post("/report/objections", {"text": "还在冒烟，就在北墙"})
    clerk = browsers["clerk"]

    inbox = clerk.open("/inbox")
    assert inbox.links["查看举报人异议"] == f"/hazards/{case.no}/reports"
    assert clerk.open(f"/hazards/{case.no}/reports").sees("有异议待查看")
    clerk.open(f"{report}/objection-finding")
    assert clerk.send(f"{report}/objection-finding", text="再次查看，已联系核查").sees("查看结果已登记")

    assert reporter.get("/report").json()["objection_waits"] is False


@pytest.mark.parametrize("who", ["officer", "head", "villager", "auditor", "principal", "leader"])
def test_nobody_else_finds_the_reports_of_a_hazard_that_is_not_theirs(
    story: Story, browsers: Mapping[str, Browser], who: str
):
    _, case, report = reported(story)

    seen = [
        browsers[who].open(path) for path in (f"/hazards/{case.no}/reports", f"{report}/original", f"{report}/answer")
    ]

    assert {page.status for page in seen} <= {403, 404}
    assert not [page for page in seen if WORDS in page.html]


def test_the_original_asks_for_the_password_entered_lately(story: Story, browsers: Mapping[str, Browser]):
    _, _, report = reported(story)
    long_ago = story.at - timedelta(minutes=story.office.settings.step_up_minutes + 1)
    with writing(story.engine) as session, session.begin():
        session.execute(update(LoginSession).values(verified_at=long_ago))

    answer = browsers["clerk"].client.get(f"{report}/original", follow_redirects=False)

    assert (answer.status_code, answer.headers["location"]) == (303, f"/verification?next={report}/original")
    assert happened(story, "ORIGINAL_READ") == 0
