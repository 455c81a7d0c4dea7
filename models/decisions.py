"""Decisions 决定: every name the history, the interface and the pages know, with its Chinese term."""

from collections.abc import Mapping
from enum import StrEnum


class DecisionCode(StrEnum):
    """决定. The value is the name in the history; the API resource of each is in its `Move`."""

    REPORT = "REPORT"
    # Intake 受理
    ACCEPT = "ACCEPT"
    RETURN_SUPPLEMENT = "RETURN_SUPPLEMENT"
    SUPPLEMENT = "SUPPLEMENT"
    URGENT_CONTROL = "URGENT_CONTROL"
    RETURN_TO_TRIAGE = "RETURN_TO_TRIAGE"
    TRANSFER_OUT = "TRANSFER_OUT"
    TRANSFER_RECEIVED = "TRANSFER_RECEIVED"
    TRANSFER_ENDED = "TRANSFER_ENDED"
    TAKE_BACK = "TAKE_BACK"
    ABSTRACT = "ABSTRACT"
    # Verification 核查
    NEED_EXPERT = "NEED_EXPERT"
    EXPERT_OPINION = "EXPERT_OPINION"
    CANNOT_VERIFY = "CANNOT_VERIFY"
    MAJOR = "MAJOR"
    GENERAL = "GENERAL"
    NOT_HAZARD = "NOT_HAZARD"
    CONFIRM = "CONFIRM"
    RETURN_FINDING = "RETURN_FINDING"
    APPROVE_DOWNGRADE = "APPROVE_DOWNGRADE"
    REFUSE_DOWNGRADE = "REFUSE_DOWNGRADE"
    CONFIRM_CONTROL = "CONFIRM_CONTROL"
    # Assignment 交办
    ASSIGN = "ASSIGN"
    SIGN = "SIGN"
    RETURN_NOT_MINE = "RETURN_NOT_MINE"
    ARBITRATE = "ARBITRATE"
    DEEM_RECEIVED = "DEEM_RECEIVED"
    REASSIGN = "REASSIGN"
    INFORM = "INFORM"
    RECORD_DOCUMENT = "RECORD_DOCUMENT"
    CORRECT = "CORRECT"
    PUBLISH_LISTING = "PUBLISH_LISTING"
    # Rectification 整改
    SUBMIT_PLAN = "SUBMIT_PLAN"
    APPROVE_PLAN = "APPROVE_PLAN"
    RETURN_PLAN = "RETURN_PLAN"
    STOP_FIRST = "STOP_FIRST"
    PROGRESS = "PROGRESS"
    QUESTION_PROGRESS = "QUESTION_PROGRESS"
    ANSWER_QUESTION = "ANSWER_QUESTION"
    EXTENSION_OPINION = "EXTENSION_OPINION"
    ADD_ACTION = "ADD_ACTION"
    FINISH_ACTION = "FINISH_ACTION"
    RESUME_CLOCK = "RESUME_CLOCK"
    CHANGE_OWNER = "CHANGE_OWNER"
    UNIT_CLOSED = "UNIT_CLOSED"
    PROVE_REMOVAL = "PROVE_REMOVAL"
    TO_ENFORCEMENT = "TO_ENFORCEMENT"
    ENFORCE = "ENFORCE"
    FREEZE = "FREEZE"
    UNFREEZE = "UNFREEZE"
    HAND_OVER_CLUE = "HAND_OVER_CLUE"
    COMPLETE = "COMPLETE"
    # Review and close-out 复查与销号
    RECHECK = "RECHECK"
    CANNOT_REVIEW = "CANNOT_REVIEW"
    REFER_DISTRICT = "REFER_DISTRICT"
    DISTRICT_RESULT = "DISTRICT_RESULT"
    PASS = "PASS"  # noqa: S105  # the review's verdict, not a secret
    PARTIAL = "PARTIAL"
    FAIL = "FAIL"
    EXPLAIN_FAILURE = "EXPLAIN_FAILURE"
    RECORD_RESUMPTION = "RECORD_RESUMPTION"
    KEEP_LISTED = "KEEP_LISTED"
    CLOSE = "CLOSE"
    RETURN_REDO = "RETURN_REDO"
    LOOK_BACK_HOLDS = "LOOK_BACK_HOLDS"
    WITHDRAW = "WITHDRAW"
    # Requests 申请: one person asks, another grants or refuses (`models/requests.py`)
    ASK_REFUSAL = "ASK_REFUSAL"
    GRANT_REFUSAL = "GRANT_REFUSAL"
    DENY_REFUSAL = "DENY_REFUSAL"
    ASK_MERGE = "ASK_MERGE"
    GRANT_MERGE = "GRANT_MERGE"
    DENY_MERGE = "DENY_MERGE"
    ASK_UNMERGE = "ASK_UNMERGE"
    GRANT_UNMERGE = "GRANT_UNMERGE"
    DENY_UNMERGE = "DENY_UNMERGE"
    ASK_LISTING = "ASK_LISTING"
    GRANT_LISTING = "GRANT_LISTING"
    DENY_LISTING = "DENY_LISTING"
    ASK_DELISTING = "ASK_DELISTING"
    GRANT_DELISTING = "GRANT_DELISTING"
    DENY_DELISTING = "DENY_DELISTING"
    ASK_CONTROL = "ASK_CONTROL"
    GRANT_CONTROL = "GRANT_CONTROL"
    DENY_CONTROL = "DENY_CONTROL"
    ASK_LIFTING = "ASK_LIFTING"
    GRANT_LIFTING = "GRANT_LIFTING"
    DENY_LIFTING = "DENY_LIFTING"
    ASK_EXTENSION = "ASK_EXTENSION"
    GRANT_EXTENSION = "GRANT_EXTENSION"
    DENY_EXTENSION = "DENY_EXTENSION"
    ASK_LAST_EXTENSION = "ASK_LAST_EXTENSION"
    GRANT_LAST_EXTENSION = "GRANT_LAST_EXTENSION"
    DENY_LAST_EXTENSION = "DENY_LAST_EXTENSION"
    ASK_LONG_LIMIT = "ASK_LONG_LIMIT"
    GRANT_LONG_LIMIT = "GRANT_LONG_LIMIT"
    DENY_LONG_LIMIT = "DENY_LONG_LIMIT"
    ASK_PAUSE = "ASK_PAUSE"
    GRANT_PAUSE = "GRANT_PAUSE"
    DENY_PAUSE = "DENY_PAUSE"
    ASK_REOPENING = "ASK_REOPENING"
    GRANT_REOPENING = "GRANT_REOPENING"
    DENY_REOPENING = "DENY_REOPENING"
    ASK_VOIDING = "ASK_VOIDING"
    GRANT_VOIDING = "GRANT_VOIDING"
    DENY_VOIDING = "DENY_VOIDING"

    @property
    def label(self) -> str:
        return LABELS[self]


_ASKED_FOR = {
    "REFUSAL": "不予受理", "MERGE": "并案", "UNMERGE": "撤销并案", "LISTING": "挂牌督办", "DELISTING": "摘牌",
    "CONTROL": "变更临时管控", "LIFTING": "解除临时管控", "EXTENSION": "延期", "LAST_EXTENSION": "再次延期",
    "LONG_LIMIT": "超长期限", "PAUSE": "中止计时",
    "REOPENING": "重新立项整改", "VOIDING": "作废误录",
}  # fmt: skip
_ASKING = {"ASK": "申请", "GRANT": "同意", "DENY": "不同意"}

_LABELS = {
    "REPORT": "上报", "ACCEPT": "受理", "RETURN_SUPPLEMENT": "退回补正", "SUPPLEMENT": "补正", "URGENT_CONTROL": "紧急管控",
    "RETURN_TO_TRIAGE": "退回受理", "TRANSFER_OUT": "移送", "TRANSFER_RECEIVED": "登记移送回执",
    "TRANSFER_ENDED": "登记移送办结", "TAKE_BACK": "收回自办", "ABSTRACT": "编写举报摘要", "NEED_EXPERT": "聘请专家", "EXPERT_OPINION": "登记专家意见",
    "CANNOT_VERIFY": "无法核实", "MAJOR": "认定为重大事故隐患", "GENERAL": "认定为一般隐患", "NOT_HAZARD": "认定不属隐患",
    "CONFIRM": "确认认定意见", "RETURN_FINDING": "退回认定意见", "APPROVE_DOWNGRADE": "批准降级",
    "REFUSE_DOWNGRADE": "不同意降级", "CONFIRM_CONTROL": "核实临时管控", "ASSIGN": "交办", "SIGN": "签收交办",
    "RETURN_NOT_MINE": "退回交办", "ARBITRATE": "裁定责任单位", "DEEM_RECEIVED": "视为签收", "REASSIGN": "改派牵头单位",
    "INFORM": "告知责任人", "RECORD_DOCUMENT": "登记外部文书", "CORRECT": "更正登记内容", "PUBLISH_LISTING": "登记挂牌（摘牌）公布",
    "SUBMIT_PLAN": "报送整改方案", "APPROVE_PLAN": "批准整改方案", "RETURN_PLAN": "退回整改方案", "STOP_FIRST": "责令先行停产",
    "PROGRESS": "报告整改进展", "QUESTION_PROGRESS": "质询整改进展", "ANSWER_QUESTION": "答复质询", "EXTENSION_OPINION": "核查延期申请", "ADD_ACTION": "增加整改子项",
    "FINISH_ACTION": "完成整改子项", "RESUME_CLOCK": "恢复计时", "CHANGE_OWNER": "变更整改责任单位",
    "UNIT_CLOSED": "登记单位关闭", "PROVE_REMOVAL": "证明危险已消除", "TO_ENFORCEMENT": "转入执法",
    "ENFORCE": "登记执法措施", "FREEZE": "事故冻结", "UNFREEZE": "解除冻结", "HAND_OVER_CLUE": "移送问责线索", "COMPLETE": "报告整改完成",
    "RECHECK": "登记现场复查", "CANNOT_REVIEW": "无法复查", "REFER_DISTRICT": "提请区级复查",
    "DISTRICT_RESULT": "登记区级复查结果", "PASS": "复查合格", "PARTIAL": "部分合格", "FAIL": "复查不合格",
    "EXPLAIN_FAILURE": "书面说明未通过原因", "RECORD_RESUMPTION": "登记复产审查同意", "KEEP_LISTED": "继续挂牌",
    "CLOSE": "销号", "RETURN_REDO": "退回重新整改", "LOOK_BACK_HOLDS": "登记回头看", "WITHDRAW": "撤回",
}  # fmt: skip


def _label(code: DecisionCode) -> str:
    verb, _, asked_for = code.partition("_")
    return _ASKING[verb] + _ASKED_FOR[asked_for] if verb in _ASKING and asked_for in _ASKED_FOR else _LABELS[code]


LABELS: Mapping[DecisionCode, str] = {code: _label(code) for code in DecisionCode}
