"""常用语: offered under a text field, put in by the server, one's own beside the office's."""

from sqlalchemy import select

from browsing import Browser, Page
from models.decisions import DecisionCode
from models.engine import reading
from models.forms import FORMS
from models.phrase import Writing
from models.tables import AUDIT_EVENT
from services import phrases
from story import Story
from web.phrases import takes_phrases

OWN = "请先断电挂牌，再行核查。"


def offered(browser: Browser, path: str, field: str, **typed: str) -> Page:
    browser.open(path)
    return pressed(browser, path, f"phrases:{field}", **typed)


def pressed(browser: Browser, path: str, value: str, **typed: str) -> Page:
    """Press the button of the form that says this."""
    form = browser.page.form(path)
    button = next(one for one in form.buttons if one[1] == value)
    form.buttons.insert(0, button)
    return browser.send(path, **typed)


def choices(page: Page, path: str) -> list[str]:
    return [words.strip() for _, value, words in page.form(path).buttons if value.startswith("phrase:")]


def kept(browser: Browser, path: str, words: str, decision: str = "") -> Page:
    form = browser.open(f"{path}/new").form(f"{path}/new")
    form.values |= {"decision": [decision], "words": [words]}
    return browser.send(f"{path}/new")


def test_a_phrase_is_put_in_and_what_was_typed_stays(story: Story, browsers: dict[str, Browser]):
    path, clerk = f"/hazards/{story.report().no}/decisions/acceptance", browsers["clerk"]
    page = offered(clerk, path, "comment", comment="地点在一组。", verifying_unit="YJB")
    assert "予以受理，请现场核查后提出认定意见。" in choices(page, path)

    page = pressed(clerk, path, "phrase:comment:予以受理，请现场核查后提出认定意见。")

    values = page.form(path).values
    assert values["comment"] == ["地点在一组。\n予以受理，请现场核查后提出认定意见。"]
    assert values["verifying_unit"] == ["YJB"]
    assert clerk.send(path).sees("提交前请核对", "地点在一组。")


def test_ones_own_phrases_come_first_and_are_nobody_elses(story: Story, browsers: dict[str, Browser]):
    path = f"/hazards/{story.report().no}/decisions/acceptance"
    assert kept(browsers["clerk"], "/account/phrases", OWN, "ACCEPT").sees("常用语已保存", OWN, "受理")

    assert choices(offered(browsers["clerk"], path, "comment"), path)[0] == OWN
    assert OWN not in choices(offered(browsers["second_clerk"], path, "comment"), path)


def test_the_offices_phrases_replace_the_factorys_of_that_decision(story: Story, browsers: dict[str, Browser]):
    path = f"/hazards/{story.report().no}/decisions/acceptance"
    assert kept(browsers["clerk"], "/admin/phrases", OWN, "ACCEPT").sees("常用语已保存")

    found = choices(offered(browsers["second_clerk"], path, "comment"), path)

    assert found[0] == OWN
    assert not set(phrases.shipped()["ACCEPT"]) & set(found)
    assert set(phrases.shipped()[""]) <= set(found)
    browsers["clerk"].open("/admin/phrases")
    removal = next(form.action for form in browsers["clerk"].page.forms if form.action.endswith("/removal"))
    assert browsers["clerk"].send(removal).sees("常用语已删除", "都用出厂的")
    with reading(story.engine) as session:
        types = set(session.execute(select(AUDIT_EVENT.c.type)).scalars())
    assert {"PHRASE_SHARED", "PHRASE_WITHDRAWN"} <= types


def test_only_the_committee_office_keeps_phrases_for_everybody(browsers: dict[str, Browser]):
    for who in ("officer", "head", "leader", "principal", "auditor", "admin"):
        assert browsers[who].open("/admin/phrases").status == 403, who
        assert browsers[who].open("/admin/phrases/new").status == 403, who


def test_a_phrase_kept_twice_is_one_and_too_short_a_one_is_refused(browsers: dict[str, Browser]):
    kept(browsers["officer"], "/account/phrases", OWN)
    page = kept(browsers["officer"], "/account/phrases", OWN)
    assert page.text.count(OWN) == 2  # in its row, and in the name of its button

    refused = kept(browsers["officer"], "/account/phrases", "好")

    assert refused.status == 422
    assert "#words" in refused.hrefs


def test_somebody_elses_phrase_cannot_be_removed(browsers: dict[str, Browser]):
    kept(browsers["officer"], "/account/phrases", OWN)
    theirs = next(form.action for form in browsers["officer"].page.forms if form.action.endswith("/removal"))
    head = browsers["head"]
    token = head.open("/account").form("/sign-out").values["token"][0]

    answer = head.client.post(theirs, data={"token": token, "key": "one"})

    assert answer.status_code == 404
    assert browsers["officer"].open("/account/phrases").sees(OWN)


def test_a_leader_puts_a_phrase_into_an_instruction(story: Story, browsers: dict[str, Browser]):
    case = story.report().carry_to("WORK")
    path, leader = f"/hazards/{case.no}/instruction", browsers["leader"]
    assert kept(leader, "/account/phrases", OWN, "INSTRUCTION").sees("常用语已保存", OWN, "批示")

    page = offered(leader, path, "words", words="先停产。", unit="YJB")
    assert choices(page, path)[0] == OWN
    assert set(phrases.shipped()["INSTRUCTION"]) <= set(choices(page, path))
    page = pressed(leader, path, f"phrase:words:{OWN}")

    assert (page.form(path).values["words"], page.form(path).values["unit"]) == ([f"先停产。\n{OWN}"], ["YJB"])
    assert leader.open(path).form(path).values["words"] == [f"先停产。\n{OWN}"]
    assert leader.send(path).sees("已办理：批示")
    assert story.get("leader", f"/hazards/{case.no}/instructions")[0]["words"] == f"先停产。\n{OWN}"


def test_whoever_reports_on_an_instruction_puts_a_phrase_in(story: Story, browsers: dict[str, Browser]):
    no, head = story.report().carry_to("WORK").no, browsers["head"]
    story.post("leader", f"/hazards/{no}/instructions", {"words": "请应急办报告", "unit": "YJB"})
    path = next(href for href in sorted(head.open("/inbox").hrefs) if href.endswith("/answer"))

    page = offered(head, path, "answer", answer="已到现场。")
    assert page.sees("常用语，点一条加入“答复内容”")
    page = pressed(head, path, f"phrase:answer:{phrases.shipped()['INSTRUCTION_REPORT'][0]}")

    said = f"已到现场。\n{phrases.shipped()['INSTRUCTION_REPORT'][0]}"
    assert page.form(path).values["answer"] == [said]
    assert head.send(path).sees("已办理：答复", said.partition("\n")[2])


def test_the_factorys_phrases_fit_decisions_that_take_them():
    codes = set(phrases.shipped()) - {""}

    decisions = codes - set(Writing)

    assert [code for code in decisions if not takes_phrases(DecisionCode(code))] == []
    assert all(2 <= len(text) <= 300 for texts in phrases.shipped().values() for text in texts)
    assert {DecisionCode(code) for code in decisions} <= set(FORMS)
