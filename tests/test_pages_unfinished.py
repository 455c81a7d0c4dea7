"""A form half written when the session ends, or when others act: its words come back to who wrote them, and to nobody else."""

from sqlalchemy import update

from browsing import Browser
from drafting import TYPED, acceptance, how_many, left_unfinished
from models import LoginSession
from models.engine import writing
from office_api import PASSWORD
from story import Story


def test_what_was_typed_outlives_the_session(story: Story, browsers: dict[str, Browser]):
    path = acceptance(story.report().no)
    left_unfinished(browsers["clerk"], path, comment=TYPED)
    end_sessions(story)

    anew = Browser(browsers["clerk"].client.app)
    anew.open("/sign-in")
    anew.send("/sign-in", login="clerk", password=PASSWORD)

    assert anew.open(path).form(path).values["comment"] == [TYPED]


def test_what_arrives_after_the_session_has_ended_comes_back_after_signing_in(
    story: Story, browsers: dict[str, Browser]
):
    path, clerk = acceptance(story.report().no), browsers["clerk"]
    clerk.open(path)
    end_sessions(story)

    page = clerk.send(path, comment=TYPED)
    assert (page.status, how_many(story)) == (401, 0)
    assert page.sees("登录已失效", "刚才的操作没有生效", "文字都在")
    assert TYPED not in page.html
    assert clerk.send("/sign-in", login="clerk", password="Wrong-Horse-7788").status == 422
    page = clerk.send("/sign-in", login="clerk", password=PASSWORD)

    assert page.sees("草稿保存于")
    assert page.form(path).values["comment"] == [TYPED]


def test_somebody_else_who_signs_in_next_gets_nothing_of_it(story: Story, browsers: dict[str, Browser]):
    path, clerk = acceptance(story.report().no), browsers["clerk"]
    clerk.open(path)
    end_sessions(story)
    clerk.send(path, comment=TYPED)

    page = clerk.send("/sign-in", login="second-clerk", password=PASSWORD)

    assert page.sees("待办事项")
    assert how_many(story) == 0


def test_a_caller_s_words_do_not_travel_through_the_sign_in(story: Story, browsers: dict[str, Browser]):
    clerk = browsers["clerk"]
    clerk.open("/report").form("/report").values["channel"] = ["PUBLIC_REPORT"]
    end_sessions(story)

    page = clerk.send("/report", description="张某某来电说厂里积尘严重，要求保密")

    assert page.sees("登录已失效", "请重新登录后再办")
    assert "typed" not in page.form("/sign-in").names


def test_a_form_of_an_earlier_session_is_refused_with_its_words_to_be_copied(
    story: Story, browsers: dict[str, Browser]
):
    path, clerk = acceptance(story.report().no), browsers["clerk"]
    form = clerk.open(path).form(path).values | {"comment": [TYPED], "token": ["0" * 32]}

    ours = clerk.client.post(path, data=form, headers={"Sec-Fetch-Site": "same-origin"})
    elsewhere = clerk.client.post(path, data=form)

    assert (ours.status_code, elsewhere.status_code, how_many(story)) == (403, 403, 0)
    assert TYPED in ours.text
    assert TYPED not in elsewhere.text


def end_sessions(story: Story) -> None:
    with writing(story.engine) as session, session.begin():
        session.execute(update(LoginSession).values(ended_at=story.at))


def test_an_instruction_half_written_is_kept_and_goes_when_it_is_given(story: Story, browsers: dict[str, Browser]):
    case, leader = story.report().carry_to("WORK"), browsers["leader"]
    path = f"/hazards/{case.no}/instruction"
    leader.open(path)
    assert leader.send(path, press="存草稿", words=TYPED).sees("草稿保存于")

    assert leader.open("/drafts").links["批示"] == path
    assert leader.open(path).form(path).values["words"] == [TYPED]
    assert leader.send(path).sees("已办理：批示")
    assert how_many(story) == 0


def test_an_answer_is_kept_and_its_words_outlast_the_item(story: Story, browsers: dict[str, Browser]):
    path = answer_waiting(story, browsers)
    officer, colleague = browsers["officer"], browsers["second_officer"]
    officer.open(path)
    assert officer.send(path, press="存草稿", answer=TYPED).sees("草稿保存于", TYPED)

    colleague.open(path)
    assert colleague.send(path, answer="磁选装置已安装").status == 200
    page = officer.open("/drafts")

    assert page.sees("已不能办理", TYPED)
    assert path not in page.hrefs


def test_who_finds_it_answered_gets_the_words_back(story: Story, browsers: dict[str, Browser]):
    path = answer_waiting(story, browsers)
    for who in ("officer", "second_officer"):
        browsers[who].open(path)
    browsers["second_officer"].send(path, answer="磁选装置已安装")

    page = browsers["officer"].send(path, answer=TYPED)

    assert (page.status, page.sees("可以复制", TYPED)) == (404, True)


def test_an_answer_sent_twice_is_one(story: Story, browsers: dict[str, Browser]):
    path, officer = answer_waiting(story, browsers), browsers["officer"]
    written = officer.open(path)
    first = officer.send(path, answer=TYPED)

    officer.page = written
    second = officer.send(path, answer=TYPED)

    assert (first.status, second.status) == (200, 200)
    assert str(second.answer.url) == str(first.answer.url)


def answer_waiting(story: Story, browsers: dict[str, Browser]) -> str:
    """Where an officer reports on an instruction just given to the unit."""
    case, leader = story.report().carry_to("WORK"), browsers["leader"]
    path = f"/hazards/{case.no}/instruction"
    leader.open(path).form(path).values["unit"] = ["YJB"]
    leader.send(path, words="请尽快落实")
    page = browsers["officer"].open("/inbox")
    return next(href for href in page.hrefs if href.endswith("/answer"))
