"""Somebody without an account at the pages: reports question by question, follows by the code, and leaves no trace."""

import logging
from typing import Any

import pytest
from sqlalchemy import Engine, func, select
from starlette.testclient import TestClient

from browsing import SITE, Browser, Page
from models.engine import reading
from models.forms.tip_off import PublicReport
from models.process import DecisionCode as D
from models.tables import HAZARD, REPORT_PHOTO
from services.keys import finance_token
from serving import with_pages
from settings import Settings
from story import Case, Story
from tip_off import (
    ABSTRACT,
    ID_NO,
    NAME,
    PHONE,
    PLACE,
    WORDS,
    Reporter,
    everything_kept,
    photograph_with_traces,
    shapes_of,
)
from town import Town
from web.cookies import FOLLOW, SESSION, VISIT
from web.questions import QUESTIONS

ASK, TAKEN, FOLLOWED = "/public/report", "/public/report/taken", "/public/follow"
CALLER = "203.0.113.77"
IDENTITY = {"reporter__name": NAME, "reporter__phone": PHONE, "reporter__id_no": ID_NO}


@pytest.fixture
def story(engine: Engine, town: Town, app_settings: Settings) -> Story:
    return Story(engine, town, app_settings)


@pytest.fixture
def somebody(story: Story) -> Browser:
    return newcomer(story)


def newcomer(story: Story, address: str = CALLER) -> Browser:
    app = with_pages(story.client.app)  # pyright: ignore[reportArgumentType]  # the FastAPI application
    browser = Browser(app)
    browser.client = TestClient(app, base_url=SITE, raise_server_exceptions=False, client=(address, 5000))
    return browser


def answered(browser: Browser, *, by_name: bool = False, **changes: Any) -> Page:
    """All the questions, up to the answers shown once more."""
    browser.open(ASK)
    browser.send(ASK, press="继续", description=changes.get("description", WORDS))
    browser.send(ASK, press="继续", place=PLACE)
    browser.send(ASK, press="继续", seen_on=changes.get("seen_on", ""))
    urgent = browser.page.form(ASK)
    urgent.values["urgent"] = ["no"]
    browser.send(ASK, press="继续")
    browser.page.form(ASK).values["named"] = ["yes" if by_name else "no"]
    browser.send(ASK, press="继续")
    return browser.send(ASK, press="继续", **IDENTITY) if by_name else browser.page


def code_on(page: Page) -> str:
    return page.html.partition('id="code">')[2].partition("<")[0]


def reported(browser: Browser, *, files: Any = None, **how: Any) -> str:
    """The query code of a report handed in."""
    answered(browser, **how)
    page = browser.send(TAKEN, files=files)
    assert page.sees("已收到您的举报"), page.text
    return code_on(page)


def following(browser: Browser, code: str) -> Page:
    browser.open(FOLLOWED)
    return browser.send(FOLLOWED, code=code)


def count(engine: Engine, table: Any) -> int:
    with reading(engine) as session:
        return session.execute(select(func.count()).select_from(table)).scalar_one()


def photos(*contents: bytes) -> list[Any]:
    return [("photos", ("IMG_0042.jpg", content, "image/jpeg")) for content in contents]


def test_a_report_asks_one_thing_at_a_time_and_ends_with_number_and_code(story: Story, somebody: Browser):
    page = answered(somebody)
    assert page.sees("提交前请核对", WORDS, PLACE, "匿名")

    done = somebody.send(TAKEN, files=photos(photograph_with_traces()))

    assert done.sees("隐患编号 ", "只显示这一次")
    assert len(code_on(done)) == 39
    assert done.answer.headers["cache-control"] == "private, no-store"
    assert (count(story.engine, HAZARD), count(story.engine, REPORT_PHOTO)) == (1, 1)
    assert following(somebody, code_on(done)).sees("已收到，正在受理")


def test_every_question_is_a_page_of_its_own(somebody: Browser):
    somebody.open(ASK)
    asked = [somebody.page.title]
    for answers in ({"description": WORDS}, {"place": PLACE}, {"seen_on": ""}):
        asked.append(somebody.send(ASK, press="继续", **answers).title)

    assert len(set(asked)) == 4
    assert all(len(one.form(ASK).names - {"token", "key", "sealed", "question"}) <= 3 for one in [somebody.page])


def test_what_is_missing_is_said_and_what_was_typed_stays(somebody: Browser):
    somebody.open(ASK)

    page = somebody.send(ASK, press="继续", description="太短")

    assert (page.status, page.form(ASK).values["description"]) == (422, ["太短"])
    assert page.sees("填写有误")
    assert "#description" in page.links.values()


def test_nothing_chosen_is_not_an_answer(somebody: Browser):
    somebody.open(ASK)
    somebody.send(ASK, press="继续", description=WORDS)
    somebody.send(ASK, press="继续", place=PLACE)
    somebody.send(ASK, press="继续")

    assert somebody.send(ASK, press="继续").sees("请选择一项")


def test_one_goes_back_and_loses_nothing(somebody: Browser):
    somebody.open(ASK)
    somebody.send(ASK, press="继续", description=WORDS)

    back = somebody.send(ASK, press="返回上一题", place=PLACE)
    assert back.form(ASK).values["description"] == [WORDS]

    assert somebody.send(ASK, press="继续").form(ASK).values["place"] == [PLACE]


def test_an_answer_is_changed_from_the_last_page_and_one_is_back_there(somebody: Browser):
    answered(somebody)
    somebody.send(ASK, press="在什么地方")

    page = somebody.send(ASK, press="继续", place="东门仓库")

    assert page.sees("提交前请核对", "东门仓库")


def test_who_decides_for_a_name_is_asked_for_it(story: Story, somebody: Browser):
    page = answered(somebody, by_name=True)

    assert page.sees(NAME, PHONE)
    assert somebody.send(TAKEN).sees("已收到您的举报")


def test_a_date_ahead_is_put_right_at_its_question(story: Story, somebody: Browser):
    answered(somebody, seen_on="2030-01-01")

    page = somebody.send(TAKEN)

    assert page.sees("哪一天看到的", "不能晚于今天")
    assert count(story.engine, HAZARD) == 0


def test_the_same_report_sent_twice_is_one_and_shows_the_same_code(story: Story, somebody: Browser):
    checked = answered(somebody)
    form = checked.form(TAKEN)
    sent = {name: values[-1] for name, values in form.values.items()}
    visit = somebody.client.cookies.get(VISIT)

    first = Page(somebody.client.post(TAKEN, data=sent, files=photos(photograph_with_traces())))
    somebody.client.cookies.set(VISIT, visit or "", domain="hazard.test", path="/")
    second = Page(somebody.client.post(TAKEN, data=sent, files=photos(photograph_with_traces())))

    assert code_on(first) == code_on(second) != ""
    assert (count(story.engine, HAZARD), count(story.engine, REPORT_PHOTO)) == (1, 1)


def test_nothing_is_kept_before_the_report_is_handed_in(story: Story, somebody: Browser, app_settings: Settings):
    answered(somebody, by_name=True)

    kept = everything_kept(story.engine, app_settings.data_dir)
    assert not [one for secret in (WORDS, PLACE, NAME, PHONE) for one in shapes_of(secret) if one in kept]
    assert count(story.engine, HAZARD) == 0


def test_nothing_about_the_caller_is_kept(
    story: Story, somebody: Browser, app_settings: Settings, caplog: pytest.LogCaptureFixture
):
    caplog.set_level(logging.DEBUG)
    code = reported(somebody, by_name=True, files=photos(photograph_with_traces()))
    following(somebody, code)
    somebody.send(f"{FOLLOWED}/addition", addition="又冒烟了，是老赵看见的")

    kept = everything_kept(story.engine, app_settings.data_dir)
    told = "".join(record.getMessage() for record in caplog.records if not record.name.startswith("httpx"))
    secrets = (CALLER, code, NAME, PHONE, WORDS, "又冒烟了，是老赵看见的", "CanaryCameraMaker", "IMG_0042")
    assert [secret for secret in secrets for one in shapes_of(secret) if one in kept] == []
    assert [secret for secret in secrets if secret in told] == []


def test_no_cookie_outlives_the_report(somebody: Browser):
    reported(somebody)

    assert {VISIT, SESSION, FOLLOW}.isdisjoint(somebody.client.cookies)


def test_answers_travel_sealed_and_only_with_their_browser(story: Story, somebody: Browser):
    page = answered(somebody)
    sealed = page.form(TAKEN).values["sealed"][0]
    other = newcomer(story)
    answered(other)
    other.page.form(TAKEN).values["sealed"] = [sealed]

    assert WORDS not in sealed
    assert other.send(TAKEN).status == 403
    for broken in ("", "AAAA", "不是", sealed[:-6] + "AAAAA=", "{}"):
        somebody.page = page
        page.form(TAKEN).values["sealed"] = [broken]
        assert somebody.send(TAKEN).status == 403
    assert count(story.engine, HAZARD) == 0


def test_answers_on_their_way_run_out(story: Story, somebody: Browser):
    answered(somebody)
    story.later(hours=3)

    page = somebody.send(TAKEN)

    assert (page.status, page.sees("请重新开始填写")) == (403, True)


def test_questions_cannot_be_skipped(story: Story, somebody: Browser):
    somebody.open(ASK)
    first = somebody.page.form(ASK).values
    answer = somebody.client.post(TAKEN, data={"token": first["token"], "key": first["key"], "sealed": first["sealed"]})

    assert "您看到了什么危险" in answer.text
    assert count(story.engine, HAZARD) == 0


@pytest.mark.parametrize(
    "content", [b"", b"GIF89a", b"\xff\xd8\xff\xe0broken", b"<svg onload=alert(1)>", b"0" * (11 << 20)]
)
def test_what_is_no_photograph_is_refused_and_the_answers_stay(story: Story, somebody: Browser, content: bytes):
    answered(somebody)

    page = somebody.send(TAKEN, files=photos(content))

    assert page.status in {413, 422}
    assert page.sees(WORDS, "填写有误")
    assert count(story.engine, HAZARD) == 0


def test_hostile_words_are_words(story: Story, somebody: Browser):
    page = answered(somebody, description='</textarea><script>alert("1")</script>{{ 7*7 }} \';DROP TABLE hazard;--')

    assert "<script" not in page.html
    assert somebody.send(TAKEN).sees("已收到您的举报")
    assert count(story.engine, HAZARD) == 1


def test_the_longest_report_makes_no_heavy_page(somebody: Browser):
    page = answered(somebody, description="危" * 4000, by_name=True)

    assert len(page.answer.content) < 60_000
    assert somebody.send(TAKEN).sees("已收到您的举报")


def test_a_nul_is_said_to_be_wrong(somebody: Browser):
    somebody.open(ASK)

    assert somebody.send(ASK, press="继续", description=WORDS + "\0").status == 422


def test_pages_and_programs_are_counted_together(story: Story, somebody: Browser):
    program = Reporter(TestClient(story.client.app, client=(CALLER, 4000), raise_server_exceptions=False))  # pyright: ignore[reportArgumentType]
    for _ in range(20):
        program.report()
    answered(somebody)

    page = somebody.send(TAKEN)

    assert (page.status, page.sees("提交过于频繁", WORDS)) == (429, True)


def test_a_wrong_code_opens_nothing_and_guessing_ends(story: Story, somebody: Browser):
    reported(somebody)
    statuses = [following(somebody, f"WRONG-{number}").status for number in range(31)]

    assert statuses == [422] * 30 + [429]


def test_the_code_is_in_no_address_and_in_no_readable_cookie(somebody: Browser):
    code = reported(somebody)
    page = following(somebody, code)

    plain = code.replace("-", "")
    assert str(page.answer.url) == f"{SITE}{FOLLOWED}"
    assert not [href for href in page.hrefs if plain in href or code in href]
    assert code not in page.html
    assert code not in (somebody.client.cookies.get(FOLLOW) or "")


def test_a_code_copied_by_hand_is_read_as_it_was_meant(somebody: Browser):
    code = reported(somebody)

    assert following(somebody, code.lower().replace("-", " ")).sees("已收到，正在受理")


def test_following_ends_by_itself_and_by_leaving(story: Story, somebody: Browser):
    code = reported(somebody)
    following(somebody, code)
    story.later(minutes=21)
    assert somebody.open(FOLLOWED).sees("查询码", "继续")

    following(somebody, code)
    somebody.send(f"{FOLLOWED}/end")
    assert FOLLOW not in somebody.client.cookies
    assert somebody.open(FOLLOWED).title.startswith("查询进度")


def test_a_planted_cookie_follows_nothing(somebody: Browser):
    somebody.client.cookies.set(FOLLOW, "AAAA", domain="hazard.test", path="/")

    assert somebody.open(FOLLOWED).title.startswith("查询进度")
    assert somebody.open(f"{FOLLOWED}/erasure").status == 403


def test_words_pass_between_reporter_and_office(story: Story, somebody: Browser):
    code = reported(somebody)
    following(somebody, code)
    page = somebody.send(f"{FOLLOWED}/addition", addition="昨晚又冒火星")
    assert page.sees("已收到您补充的情况", "昨晚又冒火星")

    case = Case(story, number_of(story))
    source = story.get("clerk", f"/hazards/{case.no}/reports")[0]["id"]
    story.post("clerk", f"/reports/{source}/messages", {"text": "是哪一台设备？"})
    assert somebody.open(FOLLOWED).sees("镇安委办", "是哪一台设备？")

    assert somebody.send(f"{FOLLOWED}/message", message="三号造粒机").sees("留言已送到", "三号造粒机")


def number_of(story: Story) -> str:
    with reading(story.engine) as session:
        return session.execute(select(HAZARD.c.no)).scalars().one()


def test_an_addition_sent_twice_is_one(somebody: Browser):
    code = reported(somebody)
    page = following(somebody, code)
    somebody.send(f"{FOLLOWED}/addition", addition="昨晚又冒火星")
    somebody.page = page

    again = somebody.send(f"{FOLLOWED}/addition", addition="昨晚又冒火星")

    assert again.status == 200
    assert again.html.count("昨晚又冒火星") == 1


def test_too_short_an_addition_stays_where_it_was_typed(somebody: Browser):
    following(somebody, reported(somebody))

    page = somebody.send(f"{FOLLOWED}/addition", addition="火")

    assert (page.status, page.form(f"{FOLLOWED}/addition").values["addition"]) == (422, ["火"])


def test_photos_are_added_by_the_code(story: Story, somebody: Browser):
    following(somebody, reported(somebody))
    assert somebody.send(f"{FOLLOWED}/photos").sees("请选择照片")

    page = somebody.send(f"{FOLLOWED}/photos", files=photos(photograph_with_traces(), photograph_with_traces()))

    assert page.sees("照片已收到")
    assert count(story.engine, REPORT_PHOTO) == 2


def test_not_fixed_is_offered_only_after_the_end(story: Story, somebody: Browser):
    code = reported(somebody)
    assert not following(somebody, code).sees("问题没有解决")
    case = Case(story, number_of(story))
    case.step("clerk", D.ABSTRACT, **ABSTRACT)
    case.carry_to("CLOSED")

    assert somebody.open(FOLLOWED).sees("整改完成，已销号", "问题没有解决")
    page = somebody.send(f"{FOLLOWED}/objection", objection="火花探测装了没通电")

    assert page.sees("镇安委办会再查看", "镇安委办正在查看")


def test_the_identity_is_erased_after_one_question(story: Story, somebody: Browser):
    following(somebody, reported(somebody, by_name=True))
    somebody.open(f"{FOLLOWED}/erasure")

    assert somebody.send(f"{FOLLOWED}/erasure").sees("您的身份已删除")


def test_a_reward_is_drawn_here_and_paid_at_the_window(story: Story, somebody: Browser, app_settings: Settings):
    code = reported(somebody, by_name=True)
    reward_for(story)
    page = following(somebody, code)
    assert page.sees("奖励 3000 元")

    drawn = somebody.send(f"{FOLLOWED}/reward-token")
    token = drawn.html.partition('id="reward">')[2].partition("<")[0]
    somebody.page = page
    assert token in somebody.send(f"{FOLLOWED}/reward-token").html

    window = newcomer(story)
    window.open("/finance")
    amount = window.send("/finance", finance_token=finance_token(app_settings.key_dir), reward_token=token)
    assert amount.sees("兑付 3000 元")
    assert not amount.sees(number_of(story))
    assert window.send("/finance/paid").sees("已登记兑付 3000 元")
    window.page = amount
    assert window.send("/finance/paid").sees("该兑付码已于")


def reward_for(story: Story) -> None:
    case = Case(story, number_of(story))
    case.step("clerk", D.ABSTRACT, **ABSTRACT)
    case.carry_to("ASSIGN")
    source = story.get("clerk", f"/hazards/{case.no}/reports")[0]["id"]
    story.post("clerk", f"/reports/{source}/reward", {"amount_yuan": 3000, "basis": "区安全生产举报奖励标准"})
    story.post("second_clerk", f"/reports/{source}/reward/approval")


@pytest.mark.parametrize("wrong", ["", "0" * 64, "令牌"])
def test_without_its_own_token_the_window_shows_nothing(story: Story, somebody: Browser, wrong: str):
    somebody.open("/finance")

    page = somebody.send("/finance", finance_token=wrong, reward_token="AAAA")

    assert (page.status, page.sees("财政窗口令牌不正确")) == (422, True)


def test_a_wrong_reward_token_is_said_so_and_guessing_ends(somebody: Browser, app_settings: Settings):
    somebody.open("/finance")
    own = finance_token(app_settings.key_dir)
    pages = [somebody.send("/finance", finance_token=own, reward_token=f"wrong{number}") for number in range(30)]

    assert pages[0].sees("兑付码不正确")
    assert {page.status for page in pages} == {422}
    assert somebody.send("/finance", finance_token=own, reward_token="wrong").status == 429


def test_what_was_not_looked_up_is_not_paid(somebody: Browser):
    form = somebody.open("/finance").form("/finance")

    answer = somebody.client.post("/finance/paid", data={**form.values, "sealed": "AAAA"})

    assert answer.status_code == 403


def test_the_public_report_form_has_a_question_for_each_of_its_fields():
    asked = {field.name for question in QUESTIONS for field in question.fields}

    assert set(PublicReport.model_fields) <= asked
