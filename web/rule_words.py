"""The rules' coded values as people say them: units of time, whose lateness, how certain, whom a level addresses."""

from collections.abc import Mapping
from typing import Any

from models.ladder import Recipient
from models.limits import Unit
from models.stage import Clock
from web.language import Words

UNITS = {Unit.WORKING_DAYS: "个工作日", Unit.CALENDAR_DAYS: "日", Unit.HOURS: "小时"}
AGAINSTS = {"unit": "整改责任单位", "department": "部门", "committee": "镇安委办", "approver": "审批人"}
CERTAINTIES = {
    "verified": "已核对原文",
    "partly": "参照，未全部核对",
    "memory": "凭记忆，待核对",
    "design": "系统默认，待确认",
}
RECIPIENTS = {
    Recipient.HANDLER: "经办人", Recipient.DEPARTMENT_HEAD: "部门负责人", Recipient.DEPUTY_LEADER: "分管领导",
    Recipient.COMMITTEE_OFFICE: "镇安委办", Recipient.COMMITTEE_DIRECTOR: "镇安委会主任", Recipient.DISTRICT_DEPARTMENT: "区级部门",
    Recipient.TOWN_LEADER: "镇主要领导", Recipient.DISTRICT_OFFICE: "区安委办", Recipient.PRINCIPAL: "主要负责人",
    Recipient.ACTUAL_CONTROLLER: "实际控制人", Recipient.RECTIFIER: "整改责任单位经办人",
    Recipient.APPROVER: "批准人",
}  # fmt: skip
BESIDE_CLOCKS = {
    "rectification_longest": "整改最长期限", "listed_long_works": "挂牌隐患的长期工程整改", "public_handling": "群众举报办理",
    "extension_lead": "延期申请提前量", "short_extension_lead": "延期申请提前量（短期限）", "power_cut_notice": "停电预先通知", "sealing": "查封扣押",
    "public_handling_longest": "群众举报办理最长期限", "sealing_extension": "查封扣押延长", "warning_plate": "悬挂重大事故隐患警示牌",
    "quarterly_statistics": "季度统计报送", "annual_statistics": "年度统计报送", "campaign_progress": "专项行动进展报送",
    "principal_check": "主要负责人带队检查", "principal_check_high_risk": "主要负责人带队检查（高危行业）",
}  # fmt: skip
"""Rules that limit something other than a clock of their own, or that the office keeps to outside this program."""
LEVEL_PARTS = {
    "name": "名称", "offset": "触发时间", "share": "最早触发", "action": "办理", "letter": "文书", "answer_days": "答复期限", "recipients": "通知对象",
}  # fmt: skip
WEEKDAYS = ("周一", "周二", "周三", "周四", "周五", "周六", "周日")


def rule_name(key: str) -> str:
    return Clock(key).label if key in set(Clock) else BESIDE_CLOCKS.get(key, key)


def ladder_name(key: str) -> str:
    """Whose lateness, or the limit, the levels of the ladder are for."""
    return AGAINSTS.get(key) or rule_name(key)


def length(row: Mapping[str, Any], say: Words) -> str:
    """5个工作日."""
    return f"{row['number']}{say(UNITS[Unit(row['unit'])])}"


def trigger(offset: int, say: Words) -> str:
    """When a level falls due, told from the due date."""
    if offset < 0:
        return say("期限前 %(n)s 个工作日", n=-offset)
    return say("逾期 %(n)s 个工作日", n=offset) if offset else say("到期时")


def told(recipients: Any, say: Words) -> str:
    return say("、").join(say(RECIPIENTS[Recipient(one)]) for one in recipients)
