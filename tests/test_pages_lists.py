"""The inbox and the ledger as pages: what waits, how long still and why; who has it; and finding a hazard again."""

import pytest

from browsing import Browser
from models.stage import Step
from story import Story
from web import inbox, ledger
from web.cookies import LANGUAGE

HEAVIEST = 60_000


def test_the_inbox_says_what_waits_until_when_and_why(story: Story, browsers: dict[str, Browser]):
    case = story.report()

    page = browsers["clerk"].open("/inbox")

    assert page.sees(case.no, "受理登记", "剩 1 个工作日", "临期", "当日不计")
    assert "(待办 1)" in page.title


@pytest.mark.parametrize(("days", "said"), [(0, "剩 1 个工作日"), (1, "今日 23:59 到期"), (3, "逾期 2 个工作日")])
def test_what_is_late_is_said_in_words(story: Story, browsers: dict[str, Browser], days: int, said: str):
    story.report()
    story.later(days=days)

    assert browsers["clerk"].open("/inbox").sees(said)


def test_an_item_is_claimed_and_released(story: Story, browsers: dict[str, Browser]):
    story.report()
    clerk, other = browsers["clerk"], browsers["second_clerk"]
    claim = next(iter(clerk.open("/inbox").elsewhere))
    other.open("/inbox")

    assert clerk.send(claim).sees("我已领取")
    assert clerk.open("/inbox?view=mine").sees("受理登记")
    taken = other.send(claim)
    assert (taken.status, taken.sees("已由安委办经办人甲领取")) == (409, True)
    assert other.open("/inbox").sees("安委办经办人甲")

    clerk.send(next(iter(clerk.page.elsewhere)))
    assert claim in other.open("/inbox").elsewhere


def test_the_inbox_goes_on_where_the_page_ended(
    story: Story, browsers: dict[str, Browser], monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(inbox, "PAGE", 2)
    numbers = {story.report().no for _ in range(5)}
    seen: list[str] = []

    page = browsers["clerk"].open("/inbox")
    while True:
        seen += sorted(no for no in numbers if no in page.text)
        if "下一页" not in page.links:
            break
        page = browsers["clerk"].open(page.links["下一页"])

    assert sorted(seen) == sorted(numbers)


def test_a_page_full_of_the_longest_texts_stays_light(story: Story, browsers: dict[str, Browser]):
    for number in range(ledger.PAGE + 1):
        story.report(
            place=f"{number:03}".ljust(200, "某"), sector="工" * 200, description=f"{number:03}".ljust(4000, "尘")
        )
    clerk = browsers["clerk"]
    clerk.client.cookies.set(LANGUAGE, "en", domain="hazard.test", path="/")

    for path in ("/inbox", "/hazards"):
        page = clerk.open(path)
        assert "Next" in page.text, path
        assert len(page.answer.content) < HEAVIEST, path


def test_the_ledger_finds_by_words_and_by_stage(story: Story, browsers: dict[str, Browser]):
    mill, depot = story.report(), story.report(place="码头路12号仓库").carry_to(Step.CLASSIFY)
    auditor = browsers["auditor"]

    assert depot.no in auditor.open("/hazards?text=码头路").text
    assert mill.no not in auditor.page.text
    assert mill.no in auditor.open("/hazards?stage=REPORTED").text
    assert depot.no not in auditor.page.text
    assert auditor.open("/hazards?text=没有这个地方").sees("没有符合条件的隐患")
    assert auditor.open("/hazards?stage=NONSENSE").status == 200


def test_the_ledger_names_the_enterprise_and_who_supervises_beside_the_lead(story: Story, browsers: dict[str, Browser]):
    story.report().carry_to("SIGN", supervising_unit="JFB", cooperating_units=[])

    page = browsers["auditor"].open("/hazards")

    assert page.sees(story.town.enterprise.name, "督办：经发办")


def test_the_ledger_keeps_its_filter_from_page_to_page(
    story: Story, browsers: dict[str, Browser], monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(ledger, "PAGE", 1)
    numbers = [story.report(place="码头路仓库").no for _ in range(2)]
    story.report(place="别处")

    first = browsers["auditor"].open("/hazards?text=码头路")
    second = browsers["auditor"].open(first.links["下一页"])

    assert (numbers[1] in first.text, numbers[0] in second.text) == (True, True)
    assert "下一页" not in second.links


@pytest.mark.parametrize("path", ["/inbox?cursor=nonsense", "/hazards?cursor=nonsense", "/hazards?cursor=W10="])
def test_a_made_up_page_address_is_refused_in_words(browsers: dict[str, Browser], path: str):
    page = browsers["clerk"].open(path)

    assert page.status == 422
    assert page.sees("翻页位置无效")


def test_an_enterprise_is_not_told_the_channel(story: Story, browsers: dict[str, Browser]):
    case = story.report().carry_to("PLAN")

    assert browsers["principal"].open(f"/hazards/{case.no}").sees("来源渠道") is False
    assert browsers["principal"].open("/hazards").sees("来源渠道") is False
    assert browsers["principal"].open("/hazards?channel=PUBLIC_REPORT").status == 403
