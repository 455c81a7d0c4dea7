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
}  # fmt: skip
BESIDE_CLOCKS = {
    "rectification_longest": "整改最长期限", "listed_long_works": "挂牌隐患的长期工程整改", "public_handling": "群众举报办理",
    "power_cut_notice": "停电预先通知", "sealing": "查封扣押",
}  # fmt: skip
"""Rules that limit something other than a clock of their own."""
LEVEL_PARTS = {
    "name": "名称", "offset": "触发时间", "share": "最早触发", "action": "办理", "letter": "文书", "answer_days": "答复期限", "recipients": "通知对象",
}  # fmt: skip
WEEKDAYS = ("周一", "周二", "周三", "周四", "周五", "周六", "周日")


def rule_name(key: str) -> str:
    return Clock(key).label if key in set(Clock) else BESIDE_CLOCKS.get(key, key)


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
