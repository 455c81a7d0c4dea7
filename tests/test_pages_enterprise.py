"""An enterprise's people at their own page: what to do, until when, what it takes, what is missing; and nobody else's."""

import pytest

from browsing import Browser, Page, submitted
from models.forms import FORMS
from models.process import DecisionCode as D
from story import Case, Story
from web.fields import fields_of

OWN = "/enterprise"


def offered(page: Page, case: Case) -> set[str]:
    head = f"/hazards/{case.no}/decisions/"
    return {href.removeprefix(head) for href in page.hrefs if href.startswith(head)}


def test_the_front_door_of_an_enterprise_is_its_own_page(browsers: dict[str, Browser]):
    page = browsers["principal"].open("/")

    assert str(page.answer.url).endswith(OWN)
    assert page.sees("本企业的隐患", "自查上报隐患", "没有正在办理的隐患")


def test_it_says_what_is_to_do_until_when_and_what_it_takes(story: Story, browsers: dict[str, Browser]):
    case = story.report().carry_to("PLAN")

    page = browsers["principal"].open(OWN)

    assert page.sees("现在由您办", "个工作日", "要准备", "治理目标和任务", "安全措施和应急预案", "主要负责人签字日期")
    assert "plan" in offered(page, case)


def test_every_field_the_plan_cannot_do_without_is_named(story: Story, browsers: dict[str, Browser]):
    story.report().carry_to("PLAN")

    page = browsers["principal"].open(OWN)

    assert page.sees(*(field.title for field in fields_of(FORMS[D.SUBMIT_PLAN], {}) if field.required))


def test_what_is_missing_is_said_before_completion_is_reported(story: Story, browsers: dict[str, Browser]):
    case = story.report().carry_to("WORK")
    assert not browsers["principal"].open(OWN).sees("还缺")
    case.step("officer", D.ADD_ACTION, work="清理积尘", owner="班组长", due_on="2026-12-01")

    assert browsers["principal"].open(OWN).sees("还缺：还有1项整改子项没有登记完成。")
    form = browsers["principal"].open(f"/hazards/{case.no}/decisions/completion")
    assert form.sees("还缺：还有1项整改子项没有登记完成。")


def test_the_extension_whose_turn_it_is_is_offered_and_not_the_other(story: Story, browsers: dict[str, Browser]):
    case = story.report().carry_to("WORK")

    page = browsers["principal"].open(OWN)

    assert {one for one in offered(page, case) if "extension" in one} == {"extension-request"}


def test_an_extension_too_late_is_said_so(story: Story, browsers: dict[str, Browser]):
    story.report().carry_to("WORK")
    story.later(days=60)

    assert browsers["principal"].open(OWN).sees("还缺：整改期限已过，不能再申请延期。", "逾期")


def test_while_others_have_the_move_it_says_whose_it_is(story: Story, browsers: dict[str, Browser]):
    story.report().carry_to("JUDGE")

    assert browsers["principal"].open(OWN).sees("现在由核查单位办") or browsers["principal"].page.sees(
        "现在由牵头单位办"
    )


def test_what_has_ended_is_listed_below(story: Story, browsers: dict[str, Browser]):
    case = story.report().carry_to("CLOSED")

    assert browsers["principal"].open(OWN).sees("已办结", case.no)


def test_it_reports_its_own_hazard_after_seeing_what_is_alike(story: Story, browsers: dict[str, Browser]):
    case, principal = story.report("principal", channel="SELF_REPORT"), browsers["principal"]
    principal.open("/report")
    answers = {
        "discovered_at": "2026-09-07T09:00", "place": "某某村1组造粒车间",
        "description": "造粒设备前无铁石去除装置，木粉尘正压除尘风管无火花探测消除", "no_evidence_reason": "照片随后补传",
    }  # fmt: skip

    checked = principal.send("/report", **answers)
    assert checked.sees("台账里有相似的隐患", case.no), checked.text

    done = principal.send("/report/taken")
    assert done.sees("某某村1组造粒车间", "受理登记")


def test_it_is_not_asked_what_is_known_of_its_own_report(browsers: dict[str, Browser]):
    page = browsers["principal"].open("/report")

    assert page.form("/report").values["channel"] == ["SELF_REPORT"]
    assert not {"channel", "source", "source_no", "subject_type", "enterprise"} & set(page.labels)
    assert browsers["officer"].open("/report").sees("来源系统或单位", "来源编号")
    assert page.sees("没有的，须填写无佐证材料的原因")


def test_a_hazard_like_no_other_is_reported_without_a_word(story: Story, browsers: dict[str, Browser]):
    principal = browsers["principal"]
    principal.open("/report")

    checked = principal.send(
        "/report", discovered_at="2026-09-07T09:00", place="锅炉房", description="蒸汽锅炉压力表损坏，安全阀铅封脱落，未见定期检验报告",
        no_evidence_reason="照片随后补传",
    )  # fmt: skip

    assert checked.status == 200
    assert not checked.sees("相似的隐患")


def test_progress_is_recorded_once_from_here(story: Story, browsers: dict[str, Browser]):
    case, principal = story.report().carry_to("WORK"), browsers["principal"]
    path = f"/hazards/{case.no}/decisions/progress"
    page = principal.open(OWN)
    assert path in page.hrefs

    done = submitted(
        principal, path, reported_on="2026-09-07", done="已订购磁选装置", percent="30", next_step="安装", control_holds="yes",
        no_photo_reason="车间断电"
    )  # fmt: skip
    assert done.sees("已办理：报告整改进展")
    assert principal.open(OWN).sees("整改进度 30%")


def test_nobody_elses_hazard_is_shown(story: Story, browsers: dict[str, Browser]):
    other = story.report("clerk", enterprise=None, subject_type="PUBLIC_PLACE", place="文化广场")

    page = browsers["principal"].open(OWN)

    assert other.no not in page.html
    assert browsers["principal"].open(f"/hazards/{other.no}").status == 404


@pytest.mark.parametrize("who", ["officer", "clerk", "auditor", "admin"])
def test_the_page_is_for_enterprises_only(browsers: dict[str, Browser], who: str):
    assert browsers[who].open(OWN).status == 403
    assert OWN not in browsers[who].open("/account").hrefs
