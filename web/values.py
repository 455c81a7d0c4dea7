"""The Chinese for coded values that the models name in English only."""

from collections.abc import Mapping
from enum import StrEnum
from typing import Any

from models.forms.controls import InterimControl
from models.forms.intake import Signed
from models.forms.progress import ClueGround, EnforcementKind, Obstacle
from models.forms.rectification import Informed
from models.forms.requests import PauseGround, RefusalGround, ReopeningGround
from models.hazard import Channel, Grade, ListingLevel, SubjectType
from models.limits import Unit
from models.organization import Duty, UnitKind
from models.outbox import Topic
from models.permissions import Role
from models.stage import Owner
from models.vault import UnsealingGround
from notifications.channel_address import ChannelKind
from web.rule_words import UNITS

CHANNELS = {
    Channel.SELF_REPORT: "企业自查上报",
    Channel.INSPECTION: "督导检查发现",
    Channel.PUBLIC_REPORT: "群众举报核查",
}
GRADES = {Grade.MAJOR: "重大事故隐患", Grade.GENERAL: "一般隐患", Grade.NOT_HAZARD: "不属隐患"}
LISTINGS = {
    ListingLevel.NONE: "未挂牌", ListingLevel.TOWN: "镇级挂牌", ListingLevel.DISTRICT: "区级挂牌", ListingLevel.CITY: "市级挂牌",
}  # fmt: skip
SUBJECTS = {
    SubjectType.ENTERPRISE: "企业", SubjectType.SOLE_TRADER: "个体工商户", SubjectType.PROJECT: "建设项目",
    SubjectType.PUBLIC_PLACE: "公共场所", SubjectType.HOUSEHOLD: "住户",
}  # fmt: skip
OWNERS = {
    Owner.COMMITTEE: "镇安委办", Owner.REPORTER: "上报单位", Owner.VERIFYING_UNIT: "核查单位", Owner.LEAD_UNIT: "牵头单位",
    Owner.ENTERPRISE: "整改责任单位", Owner.NOBODY: "无",
}  # fmt: skip
UNIT_KINDS = {
    UnitKind.DEPARTMENT: "部门", UnitKind.VILLAGE: "村（社区）", UnitKind.COMMITTEE: "安委办", UnitKind.LEADERSHIP: "镇领导班子",
    UnitKind.DISTRICT: "区级单位", UnitKind.AUDIT: "审计",
}  # fmt: skip
DUTIES = {
    Duty.DEPUTY_LEADER: "分管领导", Duty.COMMITTEE_DIRECTOR: "镇安委会主任", Duty.TOWN_LEADER: "镇主要领导",
    Duty.DISTRICT_DEPARTMENT: "区级部门", Duty.DISTRICT_OFFICE: "区安委办",
}  # fmt: skip
TOPICS = {
    Topic.ENTERED: "隐患转入新环节", Topic.ESCALATED: "督办升级", Topic.DUTY: "交办事项", Topic.ANSWERED: "申请的答复",
    Topic.REPORT_ANSWERED: "答复上报人", Topic.REPORTER_WROTE: "举报人补充", Topic.REPEATED: "再次督办", Topic.PERSON_ASSIGNED: "指定经办人", Topic.URGED: "催办",
    Topic.COPIED: "抄送", Topic.INSTRUCTED: "批示", Topic.INSTRUCTION_ANSWERED: "报告批示落实情况", Topic.MENTIONED: "评论提及",
    Topic.DELEGATED: "委托代办", Topic.HANDED_OVER: "离岗交接",
}  # fmt: skip
CHANNEL_KINDS = {
    ChannelKind.MAIL: "邮件", ChannelKind.WECOM_BOT: "企业微信群机器人", ChannelKind.DINGTALK: "钉钉群机器人",
    ChannelKind.FEISHU: "飞书群机器人", ChannelKind.WEBHOOK: "接口（Webhook）",
}  # fmt: skip
LABELS: Mapping[type[StrEnum], Mapping[Any, str]] = {
    UnsealingGround: {one: one.label for one in UnsealingGround},
    Channel: CHANNELS,
    SubjectType: SUBJECTS,
    UnitKind: UNIT_KINDS,
    Unit: UNITS,
    Duty: DUTIES,
    Role: {one: one.label for one in Role if one != Role.PR},
    InterimControl: {one: one.label for one in InterimControl},
    Signed: {Signed.SIGNED: "已签字", Signed.REFUSED: "拒绝签字", Signed.ABSENT: "不在场"},
    Informed: {Informed.PRINCIPAL: "主要负责人", Informed.ACTUAL_CONTROLLER: "实际控制人"},
    Obstacle: {
        Obstacle.DESIGN_CHANGE: "设计变更", Obstacle.PROCUREMENT: "设备采购", Obstacle.WEATHER_SEASON: "天气季节",
        Obstacle.PUBLIC_WORKS: "公共工程", Obstacle.OWNERSHIP: "权属争议", Obstacle.FUNDS: "资金",
        Obstacle.THIRD_PARTY: "第三方原因", Obstacle.EPIDEMIC_DISASTER: "疫情灾害", Obstacle.OTHER: "其他",
    },
    EnforcementKind: {
        EnforcementKind.ORDER: "责令整改", EnforcementKind.STOP_ORDER: "责令停产停业", EnforcementKind.PENALTY: "行政处罚",
        EnforcementKind.POWER_CUT_NOTICE: "停电预先通知", EnforcementKind.POWER_CUT: "停止供电", EnforcementKind.POWER_RESTORED: "恢复供电",
        EnforcementKind.SEALING: "查封扣押", EnforcementKind.CLOSURE_PROPOSAL: "提请关闭", EnforcementKind.CRIMINAL_CHECK: "涉嫌犯罪审查",
        EnforcementKind.STOP_DEFIED: "拒不执行停产停业",
    },
    ClueGround: {ClueGround.UNANSWERED: "提级督办逾期未答复", ClueGround.DEPARTMENT: "部门原因所致"},
    RefusalGround: {
        RefusalGround.NOT_SAFETY: "不属安全生产事项", RefusalGround.NO_PLACE: "地点或对象不明", RefusalGround.OTHER: "其他",
    },
    PauseGround: {
        PauseGround.COURT: "法院裁定", PauseGround.PUBLIC_WORKS: "公共工程", PauseGround.DISASTER: "自然灾害", PauseGround.LAND: "征地拆迁",
    },
    ReopeningGround: {
        ReopeningGround.REBOUND: "隐患反弹", ReopeningGround.FALSE_RECTIFICATION: "虚假整改",
        ReopeningGround.NOT_FIXED: "整改不到位", ReopeningGround.NEW_FACTS: "发现新情况",
    },
}  # fmt: skip
CODED: Mapping[str, Mapping[str, str]] = {
    "^(TOWN|DISTRICT|CITY)$": {"TOWN": "镇级", "DISTRICT": "区级", "CITY": "市级"},
    "^(report_listing|publish_listing|publish_delisting)$": {
        "report_listing": "挂牌报备", "publish_listing": "挂牌公布", "publish_delisting": "摘牌公布",
    },
}  # fmt: skip
"""Fields of text that take one of a few codes, by their pattern."""
EVENTS: Mapping[str, str] = {
    "COMMENTED": "评论", "COPIED": "抄送", "COPY_REVOKED": "撤回抄送", "ESCALATION_ACKNOWLEDGED": "确认收到督办",
    "INSTRUCTED": "批示", "INSTRUCTION_ANSWERED": "报告批示落实情况", "ITEM_HANDED_OVER": "待办移交", "LADDER_HELD": "暂缓升级",
    "LADDER_HOLD_ENDED": "恢复升级", "LEADER_HANDED_OVER": "包案领导移交", "LETTER_ANSWERED": "答复督办函",
    "PERSON_ASSIGNED": "指定经办人", "URGED": "催办", "ESCALATED": "逾期升级", "MERGED_IN": "并入另一隐患",
    "MERGE_UNDONE": "撤销并入", "OBJECTION_RAISED": "举报人提出异议", "OBJECTION_SETTLED": "异议已处理",
    "DEADLINE_MOVED": "期限按修订的规则变动", "REPORTER_ANSWERED": "已答复举报人", "REPORTER_MESSAGED": "联系举报人", "REPORT_ADDED": "举报人补充",
    "ORIGINAL_READ": "查阅举报原文", "IDENTITY_SEALED": "举报人身份封存", "UNSEALING_REQUESTED": "申请启封",
    "UNSEALING_APPROVED": "批准启封", "UNSEALED_READ": "查阅启封内容", "IDENTITY_ERASED": "举报人身份已删除",
}  # fmt: skip
"""What the history names besides decisions."""
COLUMNS: Mapping[str, str] = {
    "step": "办理节点", "description": "隐患描述", "place": "地点", "sector": "行业领域", "grade": "等级", "clause_id": "判定条款",
    "urgent": "人员正受威胁", "persons_exposed": "受威胁人数", "enterprise_id": "企业", "village_unit_id": "所在村（社区）",
    "verifying_unit_id": "核查单位", "lead_unit_id": "牵头单位", "rectifying_unit_id": "整改责任单位", "supervising_unit_id": "督办单位", "leader_id": "包案领导",
    "limit_days": "整改期限（日）", "limit_on": "整改截止日期", "limit_basis": "期限依据", "due_at": "限期", "cycle": "整改轮次",
    "interim_control": "临时管控措施", "listing_level": "挂牌督办", "extensions": "延期次数", "failure_count": "复查不合格次数",
    "progress_percent": "整改进度（%）", "external_factor": "外部因素", "unit_closed_on": "单位关闭日期", "enforcement_at": "转入执法",
    "frozen_at": "事故冻结", "closed_at": "办结",
}  # fmt: skip
"""Columns of a hazard whose change is told, in this order."""
