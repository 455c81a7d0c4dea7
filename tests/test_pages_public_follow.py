"""Whoever holds a query code follows the report at the pages; the finance window pays what it is told to."""

import pytest

from browsing import SITE, Browser
from models.process import DecisionCode as D
from models.tables import REPORT_PHOTO
from services.keys import finance_token
from settings import Settings
from story import Case, Story
from tip_off import (
    ABSTRACT,
    photograph_with_traces,
)
from visiting import (
    FOLLOWED,
    count,
    following,
    newcomer,
    number_of,
    photos,
    reported,
    reward_for,
)  # fmt: skip
from web.cookies import FOLLOW


@pytest.fixture
def somebody(story: Story) -> Browser:
    return newcomer(story)


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
