"""One filled-in form for each decision, as the interface's documentation shows it."""

from collections.abc import Mapping
from typing import Any

from models.decisions import DecisionCode
from models.requests import RequestKind

_D, _K = DecisionCode, RequestKind
_THEN, _DAY = "2026-09-09T12:00:00+08:00", "2026-09-09"
_SITE = {
    "checked_at": _THEN,
    "inspectors": ["应急办经办人甲", "应急办经办人乙"],
    "facts": "现场属实",
    "unit_signature": "SIGNED",
    "no_evidence_reason": "照片随后补传",
}
_UNCONTROLLED = {"interim_control": "NONE", "interim_reason": "现场没有人员受威胁"}
_LIMIT = {"limit_days": 10, "limit_basis": "责令限期整改指令书"}
_LINES = (
    "clauses_cleared", "evidence_verified", "principals_informed", "interim_control_lifted", "penalties_recorded",
    "reporter_answered", "listing_removed", "rebound_searched",
)  # fmt: skip
_CONTROL = {
    "control": "PARTIAL_STOP",
    "since": _THEN,
    "responsible": "应急办经办人甲",
    "check_hours": 24,
    "reason": "人员正受威胁",
}
_VISIT = {"visited_at": _THEN, "reviewers": ["应急办经办人甲", "应急办经办人乙"],
          "results": [{"clause": "GM-11.8", "cleared": True, "finding": "已加装磁选装置"}]}  # fmt: skip
_EXTENSION = {"reason_code": "DESIGN_CHANGE", "reason": "除尘系统需重新设计", "finished": "已完成清灰", "new_limit_on": "2026-11-20",
              "interim": "继续停产", "evidence": ["材料编号"]}  # fmt: skip
_REASON = {"reason": "理由写在这里"}

EXAMPLES: Mapping[DecisionCode, Mapping[str, Any]] = {
    _D.REPORT: {"channel": "INSPECTION", "source": "镇级检查", "source_no": "临应急检〔2026〕7号", "discovered_at": _THEN,
                "enterprise": "91500118MA5DEMO001", "sector": "工贸/粉尘涉爆", "place": "某某村1组造粒车间",
                "description": "造粒设备前无铁石去除装置，积尘严重", "no_evidence_reason": "检查记录随后补传"},
    _D.ACCEPT: {"verifying_unit": "YJB", "comment": "请应急办核查"},
    _D.RETURN_SUPPLEMENT: {"reason": "请写明具体车间和设备"},
    _D.SUPPLEMENT: {"added": "位于2号车间造粒机"},
    _D.URGENT_CONTROL: _CONTROL,
    _D.RETURN_TO_TRIAGE: _REASON,
    _D.TRANSFER_OUT: {"to_department": "区交通运输委", "reason": "属道路运输行业", "document_no": "临安办移〔2026〕3号", "sent_on": _DAY},
    _D.TRANSFER_RECEIVED: {"received_on": _DAY, "receiver": "区交通运输委经办人"},
    _D.TRANSFER_ENDED: {"ended_on": _DAY, "result": "接收部门已办结"},
    _D.TAKE_BACK: _REASON,
    _D.ABSTRACT: {"description": "群众反映该单位造粒设备前无铁石去除装置，车间积尘严重", "place": "某某村1组造粒车间", "sector": "工贸/粉尘涉爆"},
    _D.NEED_EXPERT: {"question": "是否属于其他严重情形"},
    _D.EXPERT_OPINION: {"expert": "某安全评价机构", "opinion": "属于重大事故隐患"},
    _D.CANNOT_VERIFY: {"tried": "到场未找到所述车间"},
    _D.MAJOR: _SITE | {"clause": "GM-11.8", "grading_reason": "破碎研磨前无铁石去除装置", "persons_exposed": 12,
                       "interim_control": "PARTIAL_STOP", "interim_since": _THEN, "interim_responsible": "应急办经办人甲"},
    _D.GENERAL: _SITE | _UNCONTROLLED | {"grading_reason": "情节轻微，可当场整改"},
    _D.NOT_HAZARD: _SITE | _UNCONTROLLED | {"grading_reason": "查无此事"},
    _D.CONFIRM: {"comment": "同意"},
    _D.RETURN_FINDING: {"reason": "请补充照片"},
    _D.APPROVE_DOWNGRADE: {"comment": "同意"},
    _D.REFUSE_DOWNGRADE: {"reason": "不同意降级"},
    _D.CONFIRM_CONTROL: {"seen_at": _THEN, "holds": True, "finding": "设备仍断电挂牌"},
    _D.ASSIGN: _LIMIT | {"lead_unit": "YJB", "leader": "人员编号", "requirements": "加装装置并清灰"},
    _D.SIGN: {"comment": "签收"},
    _D.RETURN_NOT_MINE: {"reason": "属经发办职责"},
    _D.ARBITRATE: {"lead_unit": "JFB", "reason": "按三管三必须，属经发办"},
    _D.DEEM_RECEIVED: {"proof": "渝快政已送达，见截图"},
    _D.REASSIGN: {"lead_unit": "JFB", "reason": "机构职责调整"},
    _D.INFORM: {"informed": "PRINCIPAL", "name": "企业主要负责人甲", "means": "当面送达", "informed_at": _THEN, "proof": "送达回证"},
    _D.CORRECT: {"description": "造粒设备前无铁石去除装置，除尘风管未设火花探测", "reason": "原描述漏写火花探测"},
    _D.RECORD_DOCUMENT: {"kind": "责令限期整改指令书", "number": "临应急责改〔2026〕5号", "issued_on": _DAY, "issuer": "区应急局",
                         "evidence": ["材料编号"]},
    _D.PUBLISH_LISTING: {"what": "publish_listing", "where": "镇政府网站", "on": _DAY},
    _D.SUBMIT_PLAN: {"goals": "消除粉尘爆炸危险", "measures": "加装磁选和火花探测", "funds_yuan": "80000", "funds_source": "企业自筹",
                     "responsible": "安全管理人员", "limit_and_requirements": "30日内完成", "safety_measures": "整改期间停产",
                     "acceptance_criteria": "逐条消除", "principal_signed_on": _DAY},
    _D.APPROVE_PLAN: {"comment": "同意"},
    _D.RETURN_PLAN: {"reason": "请补充应急预案"},
    _D.STOP_FIRST: {"reason": "整改期间不能保证安全", "responsible": "应急办经办人甲"},
    _D.PROGRESS: {"reported_on": _DAY, "done": "已完成清灰", "percent": 40, "control_holds": True, "next_step": "安装磁选装置"},
    _D.QUESTION_PROGRESS: {"question": "设备为何仍未到货"},
    _D.ANSWER_QUESTION: {"answer": "厂家定于下周发货"},
    _D.ADD_ACTION: {"work": "安装火花探测", "owner": "安全管理人员", "due_on": "2026-09-30"},
    _D.FINISH_ACTION: {"action": "子项编号", "done": "已安装并调试"},
    _D.RESUME_CLOCK: {"reason": "道路改造已完成"},
    _D.CHANGE_OWNER: {"enterprise": "91500118MA5DEMO001", "reason": "厂房已转让"},
    _D.UNIT_CLOSED: {"closed_on": _DAY, "basis": "注销登记", "situation": "设备尚未拆除"},
    _D.PROVE_REMOVAL: {"seen_at": _THEN, "finding": "设备已拆除，物料已清运", "evidence": ["材料编号"]},
    _D.TO_ENFORCEMENT: {"to_department": "区应急综合执法支队", "ground": "拒不整改"},
    _D.ENFORCE: {"kind": "PENALTY", "decided_by": "区应急局", "document_no": "永应急罚〔2026〕9号", "taken_at": _THEN,
                 "content": "处罚款", "amount_yuan": "30000"},
    _D.FREEZE: {"happened_at": _THEN, "what": "发生闪爆，无人伤亡"},
    _D.UNFREEZE: {"reason": "事故调查现场勘查结束"},
    _D.COMPLETE: {"done": "已加装磁选装置并清灰", "completed_on": _DAY, "cost_yuan": "76500", "photo_pairs": [["整改前编号", "整改后编号"]],
                  "self_acceptance": "企业组织专家验收合格"},
    _D.RECHECK: _VISIT,
    _D.CANNOT_REVIEW: {"visited_at": _THEN, "reason": "厂门紧闭", "next_visit_on": "2026-09-11"},
    _D.REFER_DISTRICT: {"to_department": "区应急局", "reason": "复产须由区级部门审查同意"},
    _D.DISTRICT_RESULT: _VISIT,
    _D.PASS: {"opinion": "整改到位", "document_no": "临应急复〔2026〕1号"},
    _D.PARTIAL: _LIMIT | {"cleared": "磁选装置已加装", "remaining": "管道积尘未清"},
    _D.FAIL: _LIMIT | {"reason": "仍有积尘"},
    _D.EXPLAIN_FAILURE: {"answer": "清灰制度未落实，已调整责任人"},
    _D.RECORD_RESUMPTION: {"consent_by": "区应急局", "consent_no": "永应急复产〔2026〕2号", "consent_on": _DAY,
                           "evidence": ["材料编号"]},
    _D.KEEP_LISTED: {"reason": "须观察一个生产周期", "review_on": "2026-12-01"},
    _D.CLOSE: {"opinion": "同意销号", "checklist": {line: {"met": True} for line in _LINES}},
    _D.RETURN_REDO: _LIMIT | {"reason": "仍有积尘"},
    _D.LOOK_BACK_HOLDS: {"round": 30, "visited_at": _THEN, "finding": "未见反弹"},
    _D.WITHDRAW: {"reason": "误选核查单位"},
    **{kind.ask: _REASON for kind in RequestKind},
    **{kind.grant: {"comment": "同意"} for kind in RequestKind},
    **{kind.deny: {"reason": "不同意的理由"} for kind in RequestKind},
    _K.REFUSAL.ask: {"ground": "NOT_SAFETY", "reason": "不属安全生产事项"},
    _K.MERGE.ask: {"into": "ZY-2026-0001", "reason": "同一车间同一设备"},
    _K.LISTING.ask: {"level": "TOWN", "reason": "整改难度大", "requirement": "每周报告进展"},
    _K.CONTROL.ask: _CONTROL,
    _K.LIFTING.ask: {"reason": "复查合格", "consent_by": "区应急局", "consent_no": "永应急复产〔2026〕2号", "consent_on": _DAY},
    _K.EXTENSION.ask: _EXTENSION,
    _K.LAST_EXTENSION.ask: _EXTENSION,
    _K.LONG_LIMIT.ask: {"new_limit_on": "2027-06-30", "basis": "项目施工计划", "reason": "市政道路改造"},
    _K.PAUSE.ask: {"ground": "PUBLIC_WORKS", "reason": "道路封闭施工通告", "until": "2026-09-29", "interim": "继续停产"},
    _K.REOPENING.ask: {"ground": "REBOUND", "finding": "清灰制度又停", "interim_control": "NONE", "interim_reason": "已责令当场清理"},
}  # fmt: skip
