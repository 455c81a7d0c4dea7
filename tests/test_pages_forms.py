"""What every form promises: whose it was, that sent twice is once, that nobody overwrites anybody, and nothing typed is lost."""

from datetime import timedelta
from typing import Any

from sqlalchemy import update

from browsing import Browser, Page, submitted
from models import LoginSession
from models.engine import writing
from office_api import PASSWORD, counts
from story import Story


def accept(browser: Browser, no: str, **changes: Any) -> Page:
    """Fill in the acceptance up to its check page."""
    browser.open(f"/hazards/{no}/decisions/acceptance")
    return browser.send(f"/hazards/{no}/decisions/acceptance", verifying_unit="YJB", comment="请现场核查", **changes)


def work_on(story: Story, *, minutes: int) -> None:
    """Time passes in which everybody works and nobody enters their password."""
    story.office.present[0] += timedelta(minutes=minutes)
    with writing(story.engine) as session, session.begin():
        session.execute(update(LoginSession).values(last_seen_at=story.at))


def test_a_form_without_its_token_changes_nothing(story: Story, browsers: dict[str, Browser]):
    case, clerk = story.report(), browsers["clerk"]
    accept(clerk, case.no)
    before = counts(story.engine)

    clerk.page.form(f"/hazards/{case.no}/decisions/acceptance/taken").values["token"] = ["0" * 32]
    page = clerk.send(f"/hazards/{case.no}/decisions/acceptance/taken")

    assert (page.status, counts(story.engine)) == (403, before)
    assert page.sees("表单已失效")


def test_a_token_of_somebody_elses_session_is_no_token(story: Story, browsers: dict[str, Browser]):
    case = story.report()
    theirs = accept(browsers["leader"].signed_in(story.people["second_clerk"].token), case.no)
    stolen = theirs.form(f"/hazards/{case.no}/decisions/acceptance/taken").values["token"]
    accept(browsers["clerk"], case.no).form(f"/hazards/{case.no}/decisions/acceptance/taken").values["token"] = stolen

    assert browsers["clerk"].send(f"/hazards/{case.no}/decisions/acceptance/taken").status == 403


def test_a_form_sent_from_another_site_is_refused(story: Story, browsers: dict[str, Browser]):
    clerk = browsers["clerk"]
    clerk.open("/account")
    sent = {name: values[-1] for name, values in clerk.page.form("/sign-out").values.items()}

    answer = clerk.client.post("/sign-out", data=sent, headers={"Sec-Fetch-Site": "cross-site"})

    assert answer.status_code == 403
    assert clerk.open("/account").status == 200


def test_a_form_sent_twice_is_one_decision(story: Story, browsers: dict[str, Browser]):
    case, clerk = story.report(), browsers["clerk"]
    checked = accept(clerk, case.no)
    first = clerk.send(f"/hazards/{case.no}/decisions/acceptance/taken")
    before = counts(story.engine)

    clerk.page = checked
    second = clerk.send(f"/hazards/{case.no}/decisions/acceptance/taken")

    assert (first.status, second.status) == (200, 200)
    assert str(second.answer.url) == str(first.answer.url)
    assert [answer.status_code for answer in second.answer.history] == [303]
    assert counts(story.engine) == before


def test_a_duty_sent_twice_is_recorded_once(story: Story, browsers: dict[str, Browser]):
    case, officer = story.report().carry_to("WORK"), browsers["officer"]
    path = f"/hazards/{case.no}/decisions/progress-question"
    officer.open(path)
    checked = officer.send(path, question="磁选装置何时到货？")
    officer.send(f"{path}/taken")
    before = counts(story.engine)

    officer.page = checked
    second = officer.send(f"{path}/taken")

    assert (second.status, counts(story.engine)) == (200, before)


def test_who_sends_a_stale_page_learns_who_changed_what_and_loses_no_text(story: Story, browsers: dict[str, Browser]):
    case = story.report().carry_to("WORK")
    path = f"/hazards/{case.no}/decisions/progress-question"
    browsers["officer"].open(path)
    browsers["officer"].send(path, question="磁选装置何时到货？")
    submitted(
        browsers["head"], f"/hazards/{case.no}/decisions/action", work="清理积尘", owner="班组长", due_on="2026-12-01"
    )
    before = counts(story.engine)

    page = browsers["officer"].send(f"{path}/taken")

    assert (page.status, counts(story.engine)) == (412, before)
    assert page.sees("已由他人更新", "应急办负责人甲", "增加整改子项", "磁选装置何时到货？")
    again = browsers["officer"].send(f"{path}/taken")
    assert again.sees("已办理：质询整改进展"), again.text


def test_who_is_overtaken_keeps_the_text_to_copy(story: Story, browsers: dict[str, Browser]):
    case = story.report()
    accept(browsers["clerk"], case.no)
    submitted(browsers["second_clerk"], f"/hazards/{case.no}/decisions/acceptance", verifying_unit="JFB")

    page = browsers["clerk"].send(f"/hazards/{case.no}/decisions/acceptance/taken")

    assert page.status == 409
    assert page.sees("不能再办理", "安委办经办人乙", "受理", "请现场核查", "可以复制")


def test_a_decision_marked_for_it_asks_for_the_password_again(story: Story, browsers: dict[str, Browser]):
    case = story.report().carry_to("GATE")
    work_on(story, minutes=story.office.settings.step_up_minutes + 5)
    path = f"/hazards/{case.no}/decisions/closure"
    browsers["clerk"].open(path)
    met = {f"{name}": "yes" for name in browsers["clerk"].page.form(path).names if name.endswith(".met")}
    checked = browsers["clerk"].send(path, opinion="同意销号", **met)
    assert checked.sees("请再次证明是您本人")

    wrong = browsers["clerk"].send(f"{path}/taken", password="Wrong-Horse-7788")
    assert (wrong.status, case.shown()["step"]) == (422, "GATE")
    assert wrong.sees("密码或动态口令不正确", "同意销号")

    done = browsers["clerk"].send(f"{path}/taken", password=PASSWORD)
    assert (done.status, case.shown()["step"]) == (200, "CLOSED")


def test_what_is_missing_is_said_at_the_top_and_leads_to_its_field(story: Story, browsers: dict[str, Browser]):
    case, officer = story.report().carry_to("CLASSIFY"), browsers["officer"]
    path = f"/hazards/{case.no}/decisions/major-finding"
    officer.open(path)

    page = officer.send(path, facts="现场属实", inspectors="只有一人")

    links = [href for words, href in page.links.items() if href.startswith("#") and href != "#main"]
    assert page.status == 422
    assert page.sees("填写有误", "请填写“判定理由”", "至少2项")
    assert {"#grading_reason", "#inspectors", "#clause"} <= set(links)
    assert all(href[1:] in page.ids for href in links)
    assert page.form(path).values["facts"] == ["现场属实"]


def test_what_the_office_refuses_is_said_over_the_form(story: Story, browsers: dict[str, Browser]):
    case, clerk = story.report().carry_to("ASSIGN"), browsers["clerk"]

    page = submitted(
        clerk, f"/hazards/{case.no}/decisions/assignment", lead_unit="YJB", leader=story.town.persons["leader"].id,
        requirements="加装装置并清灰", limit_on="2020-01-01", limit_basis="指令书",
    )  # fmt: skip

    assert page.status in {409, 422}
    assert page.sees("填写有误", "怎么办", "加装装置并清灰")
    assert "/api/" not in page.text


def test_what_the_office_refuses_leads_to_the_field_it_is_about(story: Story, browsers: dict[str, Browser]):
    case, officer = story.report().carry_to("PLAN"), browsers["officer"]
    path = f"/hazards/{case.no}/decisions/informing"

    page = submitted(
        officer, path, informed="PRINCIPAL", name="企业主要负责人甲", means="当面送达", informed_at="2026-09-07T11:00",
        proof="送达回证",
    )  # fmt: skip

    assert page.status == 422
    assert page.links["该告知对象已登记过。"] == "#informed"
    assert "informed" in page.ids
