"""The 永州 dust case carried through all stages over HTTP by different people.

Source of the facts: 永州市某生物颗粒有限公司存在粉尘爆炸危险案 (`cases.json`); persons, dates and documents of the way
after the finding are the demonstration's own.
"""

import io
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from PIL import Image, ImageDraw

from cli.demo.people import Person

Progress = Callable[[str], None]
CLAUSES = ("GM-11.4", "GM-11.8", "GM-11.10")


def carry_through(people: Mapping[str, Person], case: Mapping[str, Any], *, run: str, tell: Progress) -> str:
    """Report to close-out; returns the hazard's number."""
    walk = _Walk(people, tell)
    report = walk.people["officer"].post("/hazards", _report(case, run))
    walk.begin(report)
    photo = walk.people["officer"].upload("现场.jpg", picture("整改前"))
    walk.step("office", "acceptance", {"verifying_unit": "YJB", "comment": "请应急办核查"})
    walk.step("officer", "major-finding", _finding(photo))
    walk.step("head", "finding-confirmation", {"comment": "同意认定"})
    leader = next(
        person["id"] for person in walk.people["office"].get("/people", role="TL") if person["duty"] == "deputy_leader"
    )
    walk.step("office", "assignment", _assignment(leader))
    walk.step("officer", "receipt", {"comment": "已收到"})
    for informed, name in (("PRINCIPAL", "企业主要负责人甲"), ("ACTUAL_CONTROLLER", "企业实际控制人甲")):
        walk.step("officer", "informing", {"informed": informed, "name": name, "means": "当面送达告知书", "informed_at": _ago(0),
                                           "proof": "送达回证已签字"})  # fmt: skip
    walk.step("principal", "plan", _plan())
    walk.step("officer", "plan-approval", {"comment": "方案可行", "conditions": "整改期间造粒工段停产"})
    walk.step("villager", "control-check", {"seen_at": _ago(0), "holds": True, "finding": "造粒工段仍停产断电"})
    walk.step("principal", "progress", {"reported_on": _today(), "done": "设备已到货，正在安装", "percent": 60, "control_holds": True, "no_photo_reason": "演示不上传照片",
                                        "next_step": "调试并清灰"})  # fmt: skip
    before, after = (walk.people["principal"].upload(f"{name}.jpg", picture(name)) for name in ("整改前", "整改后"))
    walk.step("principal", "completion", {"done": "加装铁石去除和火花探测装置，改为负压除尘，完成清灰并建立制度",
                                          "completed_on": _today(), "cost_yuan": "76500.00", "photo_pairs": [[before, after]],
                                          "self_acceptance": "企业组织专家验收合格"})  # fmt: skip
    results = [{"clause": clause, "cleared": True, "finding": "现场核实已整改到位"} for clause in CLAUSES]
    walk.step(
        "officer",
        "recheck",
        {
            "visited_at": _ago(0),
            "reviewers": ["应急办经办人甲", "应急办经办人乙"],
            "results": results,
            "unit_signature": "SIGNED",
        },
    )
    walk.step("head", "review-pass", {"opinion": "逐条整改到位", "document_no": "临应急复〔2026〕1号"})
    walk.step("head", "lifting-request", {"reason": "复查合格", "consent_by": "区应急局（演示）", "consent_no": "复产审查同意书（演示）",
                                          "consent_on": _today()})  # fmt: skip
    walk.step("deputy", "lifting-grant", {"comment": "同意解除停产"})
    walk.step("office", "closure", {"checklist": {line: {"met": True} for line in _CHECKLIST}, "opinion": "同意销号"})
    return walk.no


class _Walk:
    """The hazard as the last answer showed it."""

    def __init__(self, people: Mapping[str, Person], tell: Progress):
        self.people, self.tell, self.no, self.version = people, tell, "", 0

    def begin(self, report: Mapping[str, Any]) -> None:
        self.no, self.version = report["no"], report["version"]
        self.tell(f"{self.no} 上报")

    def step(self, who: str, resource: str, body: Mapping[str, Any]) -> None:
        answer = self.people[who].post(f"/hazards/{self.no}/{resource}", body, version=self.version)
        self.version = answer["version"]
        self.tell(f"{self.no} {answer['step_label']}")


_CHECKLIST = (
    "clauses_cleared", "evidence_verified", "principals_informed", "interim_control_lifted", "penalties_recorded",
    "reporter_answered", "listing_removed", "rebound_searched",
)  # fmt: skip


def picture(label: str) -> bytes:
    """A small photograph stand-in, a real JPEG."""
    image = Image.new("RGB", (640, 480), (96, 110, 120) if label == "整改前" else (120, 150, 120))
    ImageDraw.Draw(image).rectangle((80, 80, 560, 400), outline=(240, 240, 240), width=6)
    out = io.BytesIO()
    image.save(out, "JPEG")
    return out.getvalue()


def _report(case: Mapping[str, Any], run: str) -> dict[str, Any]:
    return {
        "channel": "INSPECTION", "source": "演示", "source_no": f"永州案-{run}", "discovered_at": f"{case['discovered_date']}T10:00:00+08:00",
        "enterprise": "91500118MA5DEMO001", "sector": case["sector"], "place": "造粒车间", "description": case["description_zh"],
        "no_evidence_reason": "公开案例，原始照片未公布",
    }  # fmt: skip


def _finding(photo: str) -> dict[str, Any]:
    return {
        "checked_at": _ago(1), "inspectors": ["应急办经办人甲", "应急办经办人乙"], "unit_signature": "SIGNED",
        "facts": "造粒设备前无铁石去除装置；木粉尘正压除尘风管无火花探测消除；清灰不落实积尘严重", "clause": "GM-11.8",
        "grading_reason": f"符合工贸企业重大事故隐患判定标准（{'、'.join(CLAUSES)}）", "persons_exposed": 12, "interim_control": "PARTIAL_STOP",
        "interim_since": _ago(1), "interim_document": "现场处理措施决定书（演示）", "interim_responsible": "应急办经办人甲", "evidence": [photo],
    }  # fmt: skip


def _assignment(leader: str) -> dict[str, Any]:
    return {
        "lead_unit": "YJB", "cooperating_units": ["JFB", "CUN01"], "leader": leader, "limit_days": 30,
        "limit_basis": "责令限期整改指令书（演示）", "requirements": "加装铁石去除、火花探测装置，落实清灰制度", "document_no": "临安办交〔2026〕1号",
    }  # fmt: skip


def _plan() -> dict[str, Any]:
    return {
        "goals": "消除木粉尘爆炸危险", "measures": "加装磁选除铁、火花探测熄灭装置，改负压除尘，建立清灰制度", "funds_yuan": "80000.00",
        "funds_source": "企业自筹", "responsible": "企业安全管理人员", "limit_and_requirements": "30日内完成并自行验收",
        "safety_measures": "造粒工段停产，动火审批，配备灭火器材和应急预案", "acceptance_criteria": "三项条款逐条消除", "principal_signed_on": _today(),
    }  # fmt: skip


def _ago(hours: float) -> str:
    return (datetime.now(UTC) - timedelta(hours=hours, seconds=1)).isoformat()


def _today() -> str:
    return (datetime.now(UTC) + timedelta(hours=8)).date().isoformat()
