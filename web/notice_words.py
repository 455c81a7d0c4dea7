"""What each kind of notice is called, and each fact its words may name, in the words of an official."""

from collections.abc import Mapping

NOTICES: Mapping[str, str] = {
    "triage": "待受理", "supplement": "待补正", "refused": "不予受理", "merged": "已并案", "voided": "已作废", "transfer": "移送跟踪",
    "transfer_ended": "移送办结", "classification": "待核查", "confirmation": "待确认认定意见", "downgrade_approval": "降级待批准",
    "downgraded": "已转一般隐患", "dismissed": "不属隐患", "assigning": "待交办", "receipt": "待签收", "arbitration": "待裁定",
    "informing": "告知主要负责人和实际控制人", "plan": "待报方案", "plan_review": "待审方案", "work": "整改中", "recheck": "待复查",
    "judgement": "待作复查结论", "district_review": "提请区级复查", "gate": "待销号审核", "closed": "已销号", "danger_removal": "单位关闭后查看现场",
    "duty": "其他待办", "answered": "申请的答复", "report_answered": "答复上报人", "reporter_wrote": "举报人补充", "person_assigned": "指派经办人", "urged": "催办", "copied": "抄送",
    "instructed": "批示", "instruction_answered": "报告批示落实情况", "mentioned": "留言提及", "delegated": "委托代办",
    "delegation_ended": "撤销委托代办", "handed_over": "离岗交接", "escalation_0": "督办升级：提醒", "escalation_1": "督办升级：预警",
    "escalation_2": "督办升级：督办函", "escalation_3": "督办升级：约谈通报", "escalation_4": "督办升级：提级督办", "vacancy": "责任人空缺",
    "digest": "多条通知汇总", "subscribed": "订阅的新增隐患",
}  # fmt: skip
"""By topic, in the order of the process."""
FACTS: Mapping[str, str] = {
    "hazard_no": "隐患编号", "notice_no": "通知编号", "link": "办理入口", "due_text": "期限", "due_reason": "期限怎么来的", "unit_name": "单位名称",
    "stage": "所在环节", "limit_name": "哪一项期限", "duty_name": "待办名称", "outcome_text": "答复结果", "task": "所办事项", "sender": "发出人", "letter_no": "文书编号",
    "answer_due_text": "书面答复的期限", "raised": "是否人工提级", "delegator": "委托人", "delegate": "受托人", "from_on": "开始日期",
    "until_on": "结束日期", "leaver": "离岗人", "successor": "接手人", "moved": "移交件数", "filter_name": "筛选名称", "new_count": "新增件数",
    "count": "现有件数", "found": "新增的隐患",
}  # fmt: skip


def notice_of(topic: str) -> str:
    return NOTICES.get(topic, topic)
