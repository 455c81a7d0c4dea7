"""A hazard from report to close-out by seven people at browsers: at a desk, without scripts, and by phone."""

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser

from browser.screens import DESKTOP, NO_SCRIPTS, PHONE, Answers, Screen, sit_down
from cli.demo.case import picture
from installation import Installation
from models.limits import ZONE

SEVEN = ("officer", "office", "head", "principal", "second_officer", "deputy", "auditor")
LINES = ("clauses_cleared", "evidence_verified", "principals_informed", "interim_control_lifted", "penalties_recorded",
         "reporter_answered", "listing_removed", "rebound_searched")  # fmt: skip
TWO = "应急办经办人甲\n应急办经办人乙"
Decide = Callable[..., None]


@pytest.mark.parametrize("kind", [DESKTOP, NO_SCRIPTS, PHONE], ids=["desk", "no scripts", "phone"])
def test_seven_people_carry_a_hazard_from_report_to_close_out(
    browser: Browser, installation: Installation, logins: Mapping[str, Mapping[str, str]], tmp_path: Path,
    kind: dict[str, Any], request: pytest.FixtureRequest,
):  # fmt: skip
    screens = {who: sit_down(browser, installation.url, logins[who], **kind) for who in SEVEN}
    no = _report(screens["officer"], photograph(tmp_path, "现场"), place=f"造粒车间{request.node.callspec.id}")

    def decide(who: str, what: str, answers: Answers | None = None) -> None:
        _decide(screens[who], no, what, answers or {})

    _find_and_assign(decide, photograph(tmp_path, "核查"))
    _rectify(decide, tmp_path)
    _review_and_close(decide)

    for who in ("office", "principal"):
        screens[who].go(f"/hazards/{no}")
        assert screens[who].sees("已销号")
    screens["auditor"].go(f"/hazards/{no}/proof")
    assert screens["auditor"].sees("相符")
    for screen in screens.values():
        screen.context.close()


def _report(screen: Screen, photo: Path, *, place: str) -> str:
    """The number."""
    screen.follow("上报")
    screen.fill({
        "channel": "INSPECTION", "discovered_at": _clock(hours=2), "enterprise": "91500118MA5DEMO001", "village": "CUN01",
        "sector": "工贸/粉尘涉爆", "place": place, "description": "造粒设备前没有铁石去除装置，存在粉尘爆炸危险", "evidence.new": photo,
    })  # fmt: skip
    screen.press("继续")
    screen.press("提交")
    screen.page.wait_for_url("**/hazards/**")
    _look(screen)
    return screen.path.split("/")[2].partition("?")[0]


def _decide(screen: Screen, no: str, what: str, answers: Answers) -> None:
    """One decision: chosen on the hazard's page, filled in, checked, submitted."""
    screen.go(f"/hazards/{no}")
    _look(screen)
    screen.follow(what)
    _look(screen)
    screen.fill(answers)
    screen.press("继续")
    assert screen.sees("提交前请核对"), screen.words[:800]
    _look(screen)
    screen.press("提交")
    assert screen.sees(f"已办理：{what}"), screen.words[:800]


def _find_and_assign(decide: Decide, photo: Path) -> None:
    decide("office", "受理", {"verifying_unit": "YJB", "comment": "请应急办核查"})
    decide("officer", "认定为重大事故隐患", {
        "checked_at": _clock(), "inspectors": TWO, "facts": "造粒设备前无铁石去除装置", "unit_signature": "SIGNED", "clause": "GM-11.8",
        "grading_reason": "符合工贸企业重大事故隐患判定标准", "persons_exposed": "12", "interim_control": "PARTIAL_STOP",
        "interim_since": _clock(), "interim_responsible": "应急办经办人甲", "evidence.new": photo,
    })  # fmt: skip
    decide("head", "确认认定意见", {"comment": "同意认定"})
    decide("office", "交办", {
        "lead_unit": "YJB", "cooperating_units": ["JFB"], "leader": "分管领导甲", "requirements": "加装铁石去除装置，落实清灰制度",
        "limit_days": "30", "limit_basis": "责令限期整改指令书",
    })  # fmt: skip
    decide("officer", "签收交办")
    for informed in ("PRINCIPAL", "ACTUAL_CONTROLLER"):
        decide(
            "officer",
            "告知责任人",
            {
                "informed": informed,
                "name": "甲",
                "means": "当面送达告知书",
                "informed_at": _clock(),
                "proof": "送达回证",
            },
        )


def _rectify(decide: Decide, folder: Path) -> None:
    decide("principal", "报送整改方案", {
        "goals": "消除木粉尘爆炸危险", "measures": "加装磁选除铁装置", "funds_yuan": "80,000", "funds_source": "企业自筹", "responsible": "安全管理人员",
        "limit_and_requirements": "30日内完成", "safety_measures": "造粒工段停产", "acceptance_criteria": "逐条消除",
        "principal_signed_on": f"{datetime.now(ZONE):%Y-%m-%d}",
    })  # fmt: skip
    decide("second_officer", "批准整改方案", {"comment": "方案可行"})
    decide("principal", "报告整改完成", {
        "done": "已加装磁选除铁装置并清灰", "completed_on": f"{datetime.now(ZONE):%Y-%m-%d}", "cost_yuan": "76500.00",
        "self_acceptance": "企业自行验收合格", "photo_pairs.0.0.new": photograph(folder, "整改前"), "photo_pairs.0.1.new": photograph(folder, "整改后"),
    })  # fmt: skip


def _review_and_close(decide: Decide) -> None:
    decide("second_officer", "登记现场复查", {
        "visited_at": _clock(), "reviewers": TWO, "results.0.clause": "GM-11.8", "results.0.cleared": "yes", "results.0.finding": "已整改到位", "unit_signature": "SIGNED",
    })  # fmt: skip
    decide("head", "申请解除临时管控", {
        "reason": "复查合格", "consent_by": "区应急局", "consent_no": "复产审查同意书", "consent_on": f"{datetime.now(ZONE):%Y-%m-%d}",
    })  # fmt: skip
    decide("deputy", "同意解除临时管控", {"comment": "同意"})
    decide("head", "复查合格", {"opinion": "逐条整改到位", "document_no": "临应急复〔2026〕1号"})
    decide("office", "销号", {"opinion": "同意销号", **{f"checklist.{line}.met": True for line in LINES}})


def _look(screen: Screen) -> None:
    """Nothing lies outside what the screen shows; where scripts run one can ask."""
    if screen.page.viewport_size == PHONE["viewport"]:
        wide = screen.page.evaluate("document.documentElement.scrollWidth")
        assert wide <= PHONE["viewport"]["width"], f"{screen.path} is {wide} px wide"


def photograph(folder: Path, name: str) -> Path:
    found = folder / f"{name}.jpg"
    found.write_bytes(picture(name))
    return found


def _clock(**before: float) -> str:
    return f"{datetime.now(ZONE) - timedelta(minutes=1, **before):%Y-%m-%dT%H:%M}"
