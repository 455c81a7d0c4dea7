"""A hazard from report to close-out through the pages alone, without a script in the browser, by its seven people."""

from datetime import timedelta
from io import BytesIO
from typing import Any

from PIL import Image

from browsing import Browser, Page, submitted
from models.limits import ZONE
from story import Story

LINES = ("clauses_cleared", "evidence_verified", "principals_informed", "interim_control_lifted", "penalties_recorded",
         "reporter_answered", "listing_removed", "rebound_searched")  # fmt: skip


def picture(colour: str) -> bytes:
    held = BytesIO()
    Image.new("RGB", (8, 8), colour).save(held, "PNG")
    return held.getvalue()


def local(story: Story, **before: float) -> str:
    return f"{(story.at - timedelta(**before)).astimezone(ZONE):%Y-%m-%dT%H:%M}"


def report(story: Story, browser: Browser, **changes: Any) -> str:
    """Report through the page; the number."""
    answers: dict[str, Any] = {
        "channel": "INSPECTION", "discovered_at": local(story, hours=2), "enterprise": "91500118MA5TEST001",
        "village": "CUN1", "sector": "工贸/粉尘涉爆", "place": "某某村1组木屑车间", "description": "破碎研磨设备前没有安装铁石等杂物去除装置，存在粉尘爆炸危险",
        "no_evidence_reason": "现场照片另行补交",
    } | changes  # fmt: skip
    page = submitted(browser, "/report", **answers)
    assert page.status == 200, page.text
    return str(page.answer.url).rsplit("/", 1)[1].partition("?")[0]


def test_a_hazard_goes_from_report_to_close_out_through_the_pages(story: Story, browsers: dict[str, Browser]):
    no = report(story, browsers["officer"])

    def decide(who: str, resource: str, **more: Any) -> Page:
        story.later(hours=1)
        page = submitted(browsers[who], f"/hazards/{no}/decisions/{resource}", **more)
        assert page.status == 200, page.text
        assert page.sees("已办理："), page.text[:800]
        return page

    decide("clerk", "acceptance", verifying_unit="YJB", comment="请现场核查")
    decide(
        "officer", "major-finding", checked_at=local(story, hours=0), inspectors="应急办经办人甲\n应急办经办人乙", facts="现场属实",
        unit_signature="SIGNED", clause="GM-11.8", grading_reason="破碎研磨前无铁石去除装置", persons_exposed="12",
        interim_control="PARTIAL_STOP", interim_since=local(story, hours=0), interim_responsible="应急办经办人甲",
        files=[("evidence.new", ("现场.png", picture("grey"), "image/png"))],
    )  # fmt: skip
    decide("head", "finding-confirmation", comment="同意")
    decide(
        "clerk", "assignment", lead_unit="YJB", cooperating_units=["JFB"], leader=story.town.persons["leader"].id,
        requirements="加装装置并清灰", limit_days="30", limit_basis="责令限期整改指令书",
    )  # fmt: skip
    decide("officer", "receipt")
    for informed in ("PRINCIPAL", "ACTUAL_CONTROLLER"):
        decide(
            "officer",
            "informing",
            informed=informed,
            name="甲",
            means="当面送达",
            informed_at=local(story),
            proof="送达回证",
        )
    decide(
        "principal", "plan", goals="消除粉尘爆炸危险", measures="加装磁选和火花探测", funds_yuan="80,000", funds_source="企业自筹",
        responsible="安全管理人员", limit_and_requirements="30日内完成", safety_measures="整改期间停产", acceptance_criteria="逐条消除",
        principal_signed_on=f"{story.at.astimezone(ZONE):%Y-%m-%d}",
    )  # fmt: skip
    decide("officer", "plan-approval", comment="同意")
    decide(
        "principal", "completion", done="已加装磁选装置、火花探测并清灰", completed_on=f"{story.at.astimezone(ZONE):%Y-%m-%d}",
        cost_yuan="76500.00", self_acceptance="企业自行验收合格", files=[("photo_pairs.0.0.new", ("前.png", picture("red"), "image/png")),
                                     ("photo_pairs.0.1.new", ("后.png", picture("green"), "image/png"))],
    )  # fmt: skip
    decide("officer", "recheck", visited_at=local(story), unit_signature="SIGNED", reviewers="应急办经办人甲\n应急办经办人乙",
           results__0__clause="GM-11.8", results__0__cleared="yes", results__0__finding="已加装磁选装置")  # fmt: skip
    decide("head", "lifting-request", reason="复查合格", consent_by="区应急局", consent_no="永应急复产〔2026〕2号",
           consent_on=f"{story.at.astimezone(ZONE):%Y-%m-%d}")  # fmt: skip
    decide("leader", "lifting-grant", comment="同意")
    decide("head", "review-pass", opinion="整改到位", document_no="临应急复〔2026〕1号")
    page = decide("clerk", "closure", opinion="同意销号", **{f"checklist__{line}__met": "yes" for line in LINES})

    assert page.sees("已销号", "办理过程")
    assert browsers["clerk"].open("/inbox").sees("没有待办事项") or no not in browsers["clerk"].page.html
    proof = browsers["auditor"].open(f"/hazards/{no}/proof")
    assert proof.sees("相符"), proof.text


def test_a_photograph_of_another_hazard_is_marked(story: Story, browsers: dict[str, Browser]):
    """The same bytes handed in for two hazards: said on both pages, and to no enterprise."""
    numbers = []
    for place in ("甲车间", "乙车间"):
        photo = [("evidence.new", ("现场.png", picture("grey"), "image/png"))]
        numbers.append(report(story, browsers["officer"], place=place, no_evidence_reason="", files=photo))

    assert browsers["clerk"].open(f"/hazards/{numbers[0]}").sees(f"同一文件也用于 {numbers[1]}")
    assert not browsers["principal"].open(f"/hazards/{numbers[0]}").sees("同一文件")


def test_a_photograph_is_shown_to_whoever_may_see_its_hazard_only(story: Story, browsers: dict[str, Browser]):
    photo = [("evidence.new", ("现场.png", picture("grey"), "image/png"))]
    no = report(story, browsers["officer"], no_evidence_reason="", files=photo)
    address = next(href for href in browsers["officer"].open(f"/hazards/{no}").hrefs if "/evidence/" in href)

    shown = browsers["officer"].client.get(address)
    assert (shown.status_code, shown.content) == (200, picture("grey"))
    assert "sandbox" in shown.headers["content-security-policy"]
    assert browsers["other_officer"].open(address).status == 404


def test_a_file_that_is_no_photograph_is_refused_at_its_field(story: Story, browsers: dict[str, Browser]):
    browsers["officer"].open("/report")

    page = browsers["officer"].send(
        "/report", files=[("evidence.new", ("现场.png", b"<html>", "image/png"))], place="某某村"
    )

    assert page.status == 422
    assert page.sees("现场.png：")
    assert page.form("/report").values["place"] == ["某某村"]
