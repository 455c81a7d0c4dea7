"""The supervision board and what hangs on it: numbers that are lists, instructions, figures, filters, many items at once."""

from datetime import timedelta
from typing import cast

import pytest

from browsing import Browser
from models.engine import writing
from models.hazard import Hazard
from models.stage import Step
from models.tables import DEADLINE, HAZARD
from office_api import PASSWORD
from services import duties
from services.watches import Watch
from story import Case, Story
from web.filters import WATCHES


def number_of(browser: Browser, what: Watch) -> int:
    """The number on the board's tile."""
    tile = next((words for words, href in browser.open("/supervision").links.items() if href.endswith(f"watch={what}")
                 and not words.isdigit()), "")  # fmt: skip
    link = f'/hazards?watch={what}"><strong>'
    return int(browser.page.html.partition(link)[2].partition("<")[0]) if tile else 0


def test_every_number_is_the_length_of_its_list(story: Story, browsers: dict[str, Browser]):
    for step in (Step.CLASSIFY, Step.WORK, Step.WORK, Step.GATE):
        story.report().carry_to(step)
    story.report()
    story.later(days=12)
    story.sweep()

    leader = browsers["leader"]
    counted = {what: number_of(leader, what) for what in Watch}
    listed = {what: leader.open(f"/hazards?watch={what}").html.count('data-l="编号"') for what in Watch}

    assert counted == listed
    assert counted[Watch.OVERDUE] > 0
    assert counted[Watch.SILENT] == 2


def test_what_waits_for_no_unit_yet_has_a_line_of_its_own(story: Story, browsers: dict[str, Browser]):
    mine = story.report()
    story.report().carry_to(Step.WORK)
    story.later(days=3)

    board = browsers["clerk"].open("/supervision")

    assert board.sees("尚未交办", "应急办", "合计")
    assert mine.no in browsers["clerk"].open("/hazards?watch=overdue&unit=-").text


def test_a_department_sees_its_own_and_an_enterprise_no_board(story: Story, browsers: dict[str, Browser]):
    story.report().carry_to(Step.WORK, cooperating_units=[])
    story.later(days=12)

    assert browsers["head"].open("/supervision").sees("应急办")
    assert browsers["other_head"].open("/supervision").sees("没有需要督办的隐患")
    assert browsers["principal"].open("/supervision").status == 403
    assert "督办" not in browsers["principal"].open("/inbox").links


def test_a_lapsed_control_is_watched(story: Story, browsers: dict[str, Browser]):
    case = story.report().carry_to(Step.WORK)
    assert case.no not in browsers["clerk"].open("/hazards?watch=uncontrolled").text
    story.later(days=4)

    assert case.no in browsers["clerk"].open("/hazards?watch=uncontrolled").text


def open_letter(story: Story, case: Case) -> None:
    """The lead unit owes an answer to a letter."""
    with writing(story.engine) as session, session.begin():
        hazard = session.execute(HAZARD.select().where(HAZARD.c.no == case.no)).one()
        deadline = session.execute(DEADLINE.select().where(DEADLINE.c.against == "department")).first()
        unit = story.town.units["YJB"].id
        duties.open_answer(session, cast(Hazard, hazard), deadline, origin="letter", unit_id=unit,
                           due_at=story.at + timedelta(days=2), at=story.at)  # fmt: skip


def test_a_letter_is_watched_until_it_is_answered(story: Story, browsers: dict[str, Browser]):
    case = story.report().carry_to(Step.WORK)
    open_letter(story, case)
    clerk, head = browsers["clerk"], browsers["head"]
    assert number_of(clerk, Watch.UNANSWERED) == 1
    assert case.no in clerk.open("/hazards?watch=unanswered").text
    assert browsers["principal"].open("/hazards?watch=unanswered").sees("全部")

    path = head.open("/inbox").links["答复督办函"]
    head.open(path)
    assert head.send(path, answer="好").sees("请填写答复内容")
    assert head.send(path, answer="设备已到货，本周内整改完毕").sees("已办理：答复")

    assert number_of(clerk, Watch.UNANSWERED) == 0
    assert head.open(path).status == 404


def test_the_unit_named_reports_on_the_instruction(story: Story, browsers: dict[str, Browser]):
    case = story.report().carry_to(Step.WORK)
    story.post("leader", f"/hazards/{case.no}/instructions", {"words": "三日内报告整改情况", "unit": "YJB"})
    head = browsers["head"]

    path = head.open("/inbox").links["报告批示落实情况"]
    assert head.open(path).sees("三日内报告整改情况")
    head.send(path, answer="已督促企业停用设备")

    assert browsers["leader"].open(f"/hazards/{case.no}/instruction").sees("已督促企业停用设备")


def test_a_leader_instructs_with_the_password_and_the_unit_owes_a_report(story: Story, browsers: dict[str, Browser]):
    case = story.report().carry_to(Step.WORK)
    leader, path = browsers["leader"], f"/hazards/{case.no}/instruction"
    for _ in range(2):  # longer than a password entry counts, without ever being idle that long
        story.office.present[0] += timedelta(minutes=20)
        browsers["head"].open("/inbox")
        assert path in leader.open(f"/hazards/{case.no}").links.values()

    leader.open(path)
    wrong = leader.send(path, words="三日内报告整改情况", unit="YJB", password="wrong")
    assert (wrong.status, wrong.sees("密码或动态口令不正确")) == (422, True)
    done = leader.send(path, password=PASSWORD)

    assert done.sees("已办理：批示")
    assert browsers["head"].open("/inbox").sees("报告批示落实情况")
    assert leader.open(path).sees("已有批示", "三日内报告整改情况", "应急办 应于")


def test_an_instruction_without_words_is_asked_again(story: Story, browsers: dict[str, Browser]):
    case = story.report()
    path = f"/hazards/{case.no}/instruction"
    browsers["leader"].open(path)

    page = browsers["leader"].send(path, words=" ", due_on="2026-09-01")

    assert (page.status, page.sees("请填写批示内容")) == (422, True)
    assert page.form(path).values["due_on"] == ["2026-09-01"]
    late = browsers["leader"].send(path, words="抓紧", unit="YJB")
    assert (late.status, late.sees("至少留4个工作小时")) == (422, True)


def test_an_instruction_sent_twice_is_one(story: Story, browsers: dict[str, Browser]):
    case = story.report()
    leader, path = browsers["leader"], f"/hazards/{case.no}/instruction"
    form = leader.open(path).form(path)
    sent = {**form.values, "words": ["请抓紧核查"]}

    answers = [leader.client.post(path, data=sent) for _ in range(2)]

    assert [answer.status_code for answer in answers] == [200, 200]
    assert len(story.get("clerk", f"/hazards/{case.no}/instructions")) == 1


def test_only_leaders_instruct(story: Story, browsers: dict[str, Browser]):
    case = story.report()

    assert browsers["clerk"].open(f"/hazards/{case.no}/instruction").status == 403
    assert "批示" not in browsers["clerk"].open(f"/hazards/{case.no}").links


def test_the_figures_add_up(story: Story, browsers: dict[str, Browser]):
    story.report().carry_to(Step.CLOSED)
    story.report().carry_to(Step.WORK)

    page = browsers["clerk"].open("/statistics?first=2026-09-01&last=2026-09-30")
    told = story.get("clerk", "/statistics?first=2026-09-01&last=2026-09-30")

    assert page.sees("合计", "应急办", "2026-09-01 至 2026-09-30")
    row = page.html.partition("<tfoot>")[2]
    assert row.count('class="number"') == 7
    assert f'data-l="排查" class="number">{told["total"]["found"]}<' in row


@pytest.mark.parametrize("query", ["first=2026-09-30&last=2026-09-01", "first=never", "last=2026-13-01"])
def test_a_period_that_is_none_is_refused_in_words(browsers: dict[str, Browser], query: str):
    page = browsers["clerk"].open(f"/statistics?{query}")

    assert (page.status, page.sees("怎么办")) == (422, True)


def test_the_export_is_what_the_filters_list(story: Story, browsers: dict[str, Browser]):
    story.report(place="码头路仓库")
    page = browsers["auditor"].open("/hazards?text=码头路")

    answer = browsers["auditor"].client.get(page.links["导出表格（xlsx）"])

    assert answer.content.startswith(b"PK")
    assert "attachment" in answer.headers["content-disposition"]
    assert browsers["principal"].open("/hazards/export").status == 403


def test_a_filter_is_saved_shared_and_removed(story: Story, browsers: dict[str, Browser]):
    head, officer, other = browsers["head"], browsers["officer"], browsers["other_head"]
    head.open("/hazards?watch=overdue&stage=RECTIFICATION")
    unit = story.town.units["YJB"].id

    assert "整改逾期" in head.send("/filters", name="整改逾期", unit=unit).links

    assert officer.open("/hazards").links["整改逾期"] == "/hazards?stage=RECTIFICATION&watch=overdue"
    assert "整改逾期" not in other.open("/hazards").links
    removal = next(form.action for form in head.page.forms if form.action.endswith("/removal"))
    token = officer.open("/hazards").forms[0].values["token"]
    assert officer.client.post(removal, data={"token": token, "key": ["k"]}).status_code == 404
    assert "整改逾期" not in head.send(removal).links
    assert "整改逾期" not in officer.open("/hazards").links


def test_a_filter_is_shared_with_one_s_own_unit_only(story: Story, browsers: dict[str, Browser]):
    head = browsers["head"]
    head.open("/hazards?watch=overdue")

    page = head.send("/filters", name="逾期", unit=story.town.units["JFB"].id)

    assert (page.status, page.sees("只能与本人所在单位共享")) == (422, True)


def test_a_follow_up_date_is_kept_and_cancelled(story: Story, browsers: dict[str, Browser]):
    story.report()
    clerk = browsers["clerk"]
    path = next(href for href in clerk.open("/inbox").links.values() if href.endswith("/follow-up"))

    clerk.open(path)
    assert clerk.send(path, on="2026-09-01").sees("跟进日期早于今天")
    assert clerk.send(path, on="2026-09-10").sees("跟进 2026-09-10")
    assert browsers["second_clerk"].open("/inbox?view=followed").sees("没有待办事项")
    clerk.open(path)
    clerk.send(path, on="")
    assert clerk.open("/inbox?view=followed").sees("没有待办事项")


def picked(browser: Browser) -> dict[str, list[str]]:
    """Every item of the inbox ticked."""
    html = browser.open("/inbox").html
    items = [part.partition('"')[0] for part in html.split('name="item" value="')[1:]]
    return {**browser.page.form("/inbox/claims").values, "item": items}


def test_several_are_claimed_at_once_and_each_has_its_result(story: Story, browsers: dict[str, Browser]):
    cases = [story.report() for _ in range(3)]
    clerk, other = browsers["clerk"], browsers["second_clerk"]
    sent = picked(clerk)
    first = other.client.post(f"/inbox/{sent['item'][0]}/claim", data=picked(other) | {"item": []})
    assert first.status_code == 200

    answers = [clerk.client.post("/inbox/claims", data=sent) for _ in range(2)]  # sent twice, it is done once

    for answer in answers:
        assert all(case.no in answer.text for case in cases)
        assert answer.text.count("已领取") == 2
        assert "已由安委办经办人乙领取" in answer.text
    assert clerk.open("/inbox?view=mine").html.count("我已领取") == 2
    assert str(answers[-1].url).endswith(f"/inbox/results/{sent['key'][0]}")
    assert other.open(f"/inbox/results/{sent['key'][0]}").status == 404


def test_a_head_lays_several_items_on_one_person(story: Story, browsers: dict[str, Browser]):
    for _ in range(2):
        story.report().carry_to(Step.PLAN_REVIEW)
    head = browsers["head"]
    sent = picked(head)
    person = story.town.persons["second_officer"].id

    without = head.client.post("/inbox/assignments", data=sent)
    answer = head.client.post("/inbox/assignments", data=sent | {"person": person})

    assert without.status_code == 422
    assert answer.text.count("已指派") == len(sent["item"])
    assert browsers["second_officer"].open("/inbox?view=mine").html.count("我已领取") == len(sent["item"])
    assert "指派所选" not in browsers["officer"].open("/inbox").text


def test_nothing_ticked_is_said(story: Story, browsers: dict[str, Browser]):
    story.report()
    sent = picked(browsers["clerk"]) | {"item": []}

    answer = browsers["clerk"].client.post("/inbox/claims", data=sent)

    assert (answer.status_code, "没有选择待办" in answer.text) == (422, True)


def test_every_watch_has_its_word():
    assert set(WATCHES) == set(Watch)
