"""Somebody without an account reports question by question, and leaves no trace."""

import logging

import pytest
from starlette.testclient import TestClient

from browsing import Browser, Page
from models.forms.tip_off import PublicReport
from models.tables import HAZARD, REPORT_PHOTO
from settings import Settings
from story import Story
from tip_off import (
    NAME,
    PHONE,
    PLACE,
    WORDS,
    Reporter,
    everything_kept,
    photograph_with_traces,
    shapes_of,
)
from visiting import (
    ASK,
    CALLER,
    FOLLOWED,
    TAKEN,
    answered,
    code_on,
    count,
    following,
    newcomer,
    photos,
    reported,
)  # fmt: skip
from web.cookies import FOLLOW, SESSION, VISIT
from web.questions import QUESTIONS


@pytest.fixture
def somebody(story: Story) -> Browser:
    return newcomer(story)


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


def test_the_public_report_form_has_a_question_for_each_of_its_fields():
    asked = {field.name for question in QUESTIONS for field in question.fields}

    assert set(PublicReport.model_fields) <= asked
