"""草稿: what somebody has typed is kept for them, given back to them alone, and gone once it is decided or old."""

from datetime import timedelta

import pytest
from sqlalchemy import func, select, update

from browsing import Browser, submitted
from drafting import TYPED, acceptance, how_many, left_unfinished
from models.engine import reading, writing
from models.tables import AUDIT_EVENT, DRAFT, ROLE_GRANT
from office_api import PASSWORD
from services import drafts, upkeep
from story import Story
from tip_off import photograph_with_traces


def test_what_is_typed_is_there_again_and_the_form_says_so(story: Story, browsers: dict[str, Browser]):
    path = acceptance(story.report().no)

    page = left_unfinished(browsers["clerk"], path, comment=TYPED)

    assert [answer.status_code for answer in page.answer.history] == [303]
    again = browsers["clerk"].open(path)
    assert again.sees("草稿保存于", "删除草稿")
    assert again.form(path).values["comment"] == [TYPED]


def test_a_draft_is_its_persons_alone(story: Story, browsers: dict[str, Browser]):
    path = acceptance(story.report().no)
    left_unfinished(browsers["clerk"], path, comment=TYPED)

    colleague = browsers["second_clerk"]

    assert not colleague.open(path).sees("草稿保存于")
    assert not colleague.open("/drafts").sees("受理")
    assert TYPED not in colleague.page.html


def test_what_is_not_right_yet_is_kept_as_well(story: Story, browsers: dict[str, Browser]):
    case, officer = story.report().carry_to("CLASSIFY"), browsers["officer"]
    path = f"/hazards/{case.no}/decisions/major-finding"
    officer.open(path)

    refused = officer.send(path, facts=TYPED, inspectors="只有一人", persons_exposed="许多")

    assert refused.status == 422
    kept = officer.open(path).form(path).values
    assert (kept["facts"], kept["inspectors"], kept["persons_exposed"]) == ([TYPED], ["只有一人"], ["许多"])


def test_the_draft_goes_with_the_decision(story: Story, browsers: dict[str, Browser]):
    case, clerk = story.report(), browsers["clerk"]
    left_unfinished(clerk, acceptance(case.no), verifying_unit="YJB", comment=TYPED)

    checked = clerk.send(acceptance(case.no))
    assert checked.sees("已存为草稿", TYPED)
    assert how_many(story) == 1
    clerk.send(f"{acceptance(case.no)}/taken")

    assert (case.shown()["step"], how_many(story)) == ("CLASSIFY", 0)


def test_a_decision_that_is_refused_leaves_the_draft(story: Story, browsers: dict[str, Browser]):
    case, clerk = story.report().carry_to("ASSIGN"), browsers["clerk"]

    page = submitted(
        clerk, f"/hazards/{case.no}/decisions/assignment", lead_unit="YJB", leader=story.town.persons["leader"].id,
        requirements=TYPED, limit_on="2020-01-01", limit_basis="指令书",
    )  # fmt: skip

    assert page.status in {409, 422}
    assert clerk.open(f"/hazards/{case.no}/decisions/assignment").sees("草稿保存于", TYPED)


def test_two_drafts_of_one_form_are_one(story: Story, browsers: dict[str, Browser]):
    path = acceptance(story.report().no)
    left_unfinished(browsers["clerk"], path, comment="先写一句")

    left_unfinished(browsers["clerk"], path, comment=TYPED)

    assert how_many(story) == 1
    assert browsers["clerk"].open(path).form(path).values["comment"] == [TYPED]


def test_a_form_left_blank_is_no_draft(story: Story, browsers: dict[str, Browser]):
    path = acceptance(story.report().no)
    left_unfinished(browsers["clerk"], path, comment=TYPED)

    left_unfinished(browsers["clerk"], path, comment=" ")

    assert how_many(story) == 0


def test_a_photograph_received_is_still_there(story: Story, browsers: dict[str, Browser]):
    case, officer = story.report().carry_to("WORK"), browsers["officer"]
    path = f"/hazards/{case.no}/decisions/progress"
    officer.open(path)
    file = [("evidence.new", ("IMG_0042.jpg", photograph_with_traces(), "image/jpeg"))]
    officer.send(path, press="存草稿", files=file, done=TYPED)

    with writing(story.engine) as session, session.begin():
        removed = upkeep.remove_orphan_files(
            session, story.office.settings.evidence_dir, at=story.at + timedelta(days=3650)
        )

    assert removed == 0
    assert officer.open(path).sees("已上传：IMG_0042.jpg", TYPED)


def test_a_draft_opened_again_says_who_changed_what_meanwhile(story: Story, browsers: dict[str, Browser]):
    case, officer = story.report().carry_to("WORK"), browsers["officer"]
    path = f"/hazards/{case.no}/decisions/progress-question"
    left_unfinished(officer, path, question=TYPED)
    submitted(
        browsers["head"], f"/hazards/{case.no}/decisions/action", work="清理积尘", owner="班组长", due_on="2026-12-01"
    )

    page = officer.open(path)

    assert page.sees("已由他人更新", "应急办负责人甲", "增加整改子项", TYPED)
    officer.send(path)
    assert officer.send(f"{path}/taken").sees("已办理：质询整改进展")


def test_a_draft_overtaken_by_others_is_shown_to_be_copied(story: Story, browsers: dict[str, Browser]):
    case, clerk = story.report(), browsers["clerk"]
    left_unfinished(clerk, acceptance(case.no), comment=TYPED)
    submitted(browsers["second_clerk"], acceptance(case.no), verifying_unit="JFB")

    assert clerk.open("/drafts").sees("已不能办理")
    page = clerk.open(acceptance(case.no))

    assert (page.status, page.sees("不能再办理", "可以复制", TYPED)) == (200, True)
    address = next(form.action for form in page.forms if form.action.startswith("/drafts/"))
    assert clerk.send(address).sees("没有草稿")


def test_the_inbox_counts_the_drafts_and_leads_to_them(story: Story, browsers: dict[str, Browser]):
    path = acceptance(story.report().no)
    left_unfinished(browsers["clerk"], path, comment=TYPED)

    assert browsers["clerk"].open("/inbox").sees("1 份草稿")
    page = browsers["clerk"].open("/drafts")

    assert page.links["受理"] == path
    assert page.sees("只有您自己看得到", "可以办理")


def test_somebody_elses_draft_cannot_be_removed(story: Story, browsers: dict[str, Browser]):
    left_unfinished(browsers["clerk"], acceptance(story.report().no), comment=TYPED)
    browsers["clerk"].open("/drafts")
    theirs = next(form.action for form in browsers["clerk"].page.forms if form.action.startswith("/drafts/"))
    colleague = browsers["second_clerk"]
    token = colleague.open("/account").form("/sign-out").values["token"][0]

    colleague.client.post(theirs, data={"token": token, "key": "one"})

    assert how_many(story) == 1


def test_a_report_is_kept_and_goes_with_its_handing_in(story: Story, browsers: dict[str, Browser]):
    principal = browsers["principal"]
    described = "造粒车间磁选装置缺失，金属杂质可能进入设备"
    left_unfinished(principal, "/report", description=described)

    page = principal.open("/report")
    assert page.sees("草稿保存于", described)
    principal.send(
        "/report", discovered_at="2026-09-07T09:00", place="造粒车间", no_evidence_reason="拍照设备故障",
        sector="工贸/粉尘涉爆",
    )  # fmt: skip
    assert principal.send("/report/taken").sees("已办理：上报")

    assert how_many(story) == 0


@pytest.mark.parametrize("channel", ["PUBLIC_REPORT", ""])
def test_what_a_caller_said_is_never_kept(story: Story, browsers: dict[str, Browser], channel: str):
    clerk = browsers["clerk"]
    clerk.open("/report").form("/report").values["channel"] = [channel] if channel else []

    page = clerk.send("/report", press="存草稿", description="张某某来电说厂里积尘严重，要求保密")

    assert (page.status, how_many(story)) == (422, 0)
    assert page.sees("不存草稿", "张某某来电")
    clerk.send("/report", press="继续")
    assert how_many(story) == 0


def test_the_abstract_of_a_tip_off_is_never_kept(story: Story, browsers: dict[str, Browser]):
    path = f"/hazards/{story.report().no}/decisions/abstract"
    page = browsers["clerk"].open(path)

    assert "存草稿" not in [words for _, _, words in page.form(path).buttons]
    browsers["clerk"].send(path, description=TYPED, place="造粒车间")

    assert how_many(story) == 0


def test_no_password_and_no_key_lies_in_a_draft(story: Story, browsers: dict[str, Browser]):
    path = acceptance(story.report().no)
    form = browsers["clerk"].open(path).form(path)
    form.values |= {"password": [PASSWORD], "code": ["123456"], "unheard_of": ["x"]}

    browsers["clerk"].send(path, press="存草稿", comment=TYPED)

    with reading(story.engine) as session:
        row = session.execute(select(DRAFT)).one()
        kept = drafts.kept(session, drafts.Place(row.about, row.resource), by=story.town.actors["clerk"])
    assert kept is not None
    assert set(kept.answers) == {"verifying_unit", "comment"} & set(kept.answers)
    assert kept.answers["comment"] == [TYPED]


def test_a_draft_leaves_no_trace_in_the_history(story: Story, browsers: dict[str, Browser]):
    case = story.report()
    with reading(story.engine) as session:
        before = session.execute(select(func.count()).select_from(AUDIT_EVENT)).scalar_one()

    left_unfinished(browsers["clerk"], acceptance(case.no), comment=TYPED)

    with reading(story.engine) as session:
        assert session.execute(select(func.count()).select_from(AUDIT_EVENT)).scalar_one() == before
    assert not browsers["auditor"].open(f"/hazards/{case.no}").sees(TYPED)


def test_a_draft_too_long_to_keep_is_said_and_nothing_is_lost_from_the_page(story: Story, browsers: dict[str, Browser]):
    path = acceptance(story.report().no)
    browsers["clerk"].open(path)

    page = browsers["clerk"].send(path, press="存草稿", comment="长" * (drafts.MOST_TYPED + 1))

    assert (page.status, how_many(story)) == (422, 0)
    assert page.sees("没有存为草稿")


def test_old_drafts_are_removed(story: Story, browsers: dict[str, Browser]):
    left_unfinished(browsers["clerk"], acceptance(story.report().no), comment=TYPED)

    with writing(story.engine) as session, session.begin():
        assert upkeep.drop_drafts(session, at=story.at + timedelta(days=29)) == 0
        assert upkeep.drop_drafts(session, at=story.at + timedelta(days=31)) == 1


def test_a_draft_dies_with_the_sight_of_its_hazard(story: Story, browsers: dict[str, Browser]):
    case, officer = story.report().carry_to("WORK"), browsers["officer"]
    left_unfinished(officer, f"/hazards/{case.no}/decisions/progress-question", question=TYPED)

    lose_sight(story, "officer")

    assert officer.open("/drafts").sees("没有草稿")
    with writing(story.engine) as session, session.begin():
        assert upkeep.drop_drafts(session, at=story.at) == 1


def lose_sight(story: Story, who: str) -> None:
    """The person is moved to a unit that has no part in any hazard."""
    other = story.town.units["SJ"].id
    with writing(story.engine) as session, session.begin():
        held = ROLE_GRANT.c.person_id == story.town.persons[who].id
        session.execute(update(ROLE_GRANT).where(held).values(unit_id=other))
