"""The permission table: role × operation × ownership, second person, step-up. Deny by default.

The code, the documents and the tests read this one table; an operation that is not in it does not exist.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cache

from models.operations import Operation

PERMISSION_VERSION = 2


class Role(StrEnum):
    """角色. `DI` (district bodies, 区级部门与区安委办) receives escalations and holds no operation of its own."""

    PR = "PR"
    EN = "EN"
    VC = "VC"
    DO = "DO"
    DH = "DH"
    SC = "SC"
    TL = "TL"
    AU = "AU"
    AD = "AD"
    DI = "DI"

    @property
    def label(self) -> str:
        return _ROLE_LABELS[self]


_ROLE_LABELS = {
    Role.PR: "社会公众",
    Role.EN: "企业用户",
    Role.VC: "村（社区）干部",
    Role.DO: "部门经办人",
    Role.DH: "部门负责人",
    Role.SC: "镇安委办",
    Role.TL: "镇领导",
    Role.AU: "审计员",
    Role.AD: "系统管理员",
    Role.DI: "区级单位",
}
COLUMNS = (Role.PR, Role.EN, Role.VC, Role.DO, Role.DH, Role.SC, Role.TL, Role.AU, Role.AD)


class Reach(StrEnum):
    """How far a permission reaches: own object or enterprise, own jurisdiction (unit), everything."""

    OWN = "O"
    JURISDICTION = "J"
    ALL = "A"


@dataclass(frozen=True, slots=True)
class Grant:
    """One cell of the table."""

    reach: Reach
    redacted: bool = False
    step_up: bool = False
    second_person: bool = False


# Cells in the order PR EN VC DO DH SC TL AU AD. Letters: reach O/J/A, R redacted view, S password anew, 2 second person.
_TABLE = """
report_anonymously          A  A  A  A  A   A   A   A  A   | 匿名举报
report_by_name              A  A  A  A  A   A   A   A  A   | 实名举报（身份密封）
add_own_evidence_by_code    O  -  -  -  -   -   -   -  -   | 凭查询码补充材料
follow_own_report           O  -  -  -  -   -   -   -  -   | 凭查询码查询进度
add_to_own_report           O  -  -  -  -   -   -   -  -   | 凭查询码补充情况
ask_for_erasure             O  -  -  -  -   -   -   -  -   | 申请删除本人身份
self_report                 -  O  -  -  -   -   -   -  -   | 企业自查上报
record_inspection_finding   -  -  J  J  J   A   -   -  -   | 登记检查发现的隐患
record_hotline_report       -  -  -  -  -   A   -   -  -   | 登记12350等来电举报
preview_import              -  -  -  J  J   A   -   -  -   | 台账导入：预览
confirm_import              -  -  -  -  J2S A2S -   -  -   | 台账导入：确认
list_hazards                -  O  J  J  J   A   A   A  -   | 查看隐患台账
read_hazard                 -  OR J  J  J   A   A   A  -   | 查看隐患详情
read_original_report        -  -  -  -  -   AS  -   -  -   | 查看举报原文
request_unsealing           -  -  -  -  JS  AS  -   -  -   | 申请启封举报人身份
approve_unsealing           -  -  -  -  -   -   A2S -  -   | 批准启封举报人身份
read_unsealed               -  -  -  -  O2S O2S -   -  -   | 查看已启封身份（15分钟）
message_reporter            -  -  -  J  J   A   -   -  -   | 匿名联系举报人
accept_report               -  -  -  -  -   A   -   -  -   | 受理
refuse_report               -  -  -  -  -   A2  -   -  -   | 不予受理
merge                       -  -  -  -  -   A2  -   -  -   | 并案
unmerge                     -  -  -  -  -   A2  -   -  -   | 撤销并案
assign_verifier             -  -  -  -  J   A   -   -  -   | 指派核查人员
record_verification         -  -  J  J  J   -   -   -  -   | 登记现场核查
propose_grade               -  -  -  J  J   A   -   -  -   | 提出认定意见
confirm_grade               -  -  -  -  J2S A2S -   -  -   | 确认认定意见
downgrade                   -  -  -  -  -   A2S A2S -  -   | 批准降级或不属隐患
assign_lead                 -  -  -  -  -   A   A   -  -   | 交办牵头单位
assign_person               -  -  -  -  J   -   -   -  -   | 部门内指派
set_limit                   -  -  -  J  J   A   -   -  -   | 规定整改期限
set_limit_beyond_rule       -  -  -  -  -   A2S A2S -  -   | 规定超出规则的期限
issue_order                 -  -  -  J  JS  AS  -   -  -   | 下达整改指令
record_suspension           -  -  -  -  J2S A2S A2S -  -   | 登记停产停业决定
lift_suspension             -  -  -  -  J2S A2S A2S -  -   | 解除停产停业
list_under_supervision      -  -  -  -  -   A2S AS  -  -   | 挂牌督办
delist                      -  -  -  -  -   A2S A2S -  -   | 摘牌
submit_plan                 -  O  -  J  -   -   -   -  -   | 报送整改方案
approve_plan                -  -  -  J  J   -   -   -  -   | 批准整改方案
return_plan                 -  -  -  J  J   -   -   -  -   | 退回整改方案
record_progress             -  O  J  J  -   -   -   -  -   | 登记整改进展
upload_evidence             -  O  J  J  -   -   -   -  -   | 上传佐证材料
download_evidence           -  O  J  J  J   A   A   A  -   | 下载佐证材料
supersede_evidence          -  O  O  O  -   -   -   -  -   | 更替本人材料（复查前）
quarantine_evidence         -  -  -  -  -   A2  -   -  A2  | 隔离有害材料
submit_completion           -  O  -  J  -   -   -   -  -   | 报告整改完成
request_extension           -  O  -  J  -   -   -   -  -   | 申请延期
approve_first_extension     -  -  -  -  J2S -   -   -  -   | 批准首次延期
approve_last_extension      -  -  -  -  -   -   A2S -  -   | 批准第二次延期
record_recheck              -  -  J  J  -   -   -   -  -   | 登记现场复查
pass_review                 -  -  -  -  J2S -   -   -  -   | 复查验收合格
return_for_rework           -  -  -  J  J   -   -   -  -   | 复查不合格退回整改
close_out                   -  -  -  -  -   A2S A2S -  -   | 审核销号
refuse_close_out            -  -  -  -  -   A   A   -  -   | 不予销号
reopen                      -  -  -  -  J2S A2S AS  -  -   | 重新立项整改
void_entry                  -  -  -  -  -   A2S A2S -  -   | 作废误录
escalate_by_hand            -  -  J  J  J   A   A   -  -   | 人工提级
hold_ladder                 -  -  -  -  -   AS  AS  -  -   | 暂缓督办
acknowledge_escalation      -  -  -  O  O   O   O   -  -   | 签收督办
instruct                    -  -  -  -  -   -   AS  -  -   | 批示
stop_clock                  -  -  -  -  -   A2S A2S -  -   | 中止计时（法定事由）
comment                     -  O  J  J  J   A   A   -  -   | 留言
delegate                    -  -  -  -  JS  AS  AS  -  -   | 委托代办
read_history                -  OR J  J  J   A   A   A  -   | 查看办理历史
export_dossier              -  OR -  J  J   A   A   A  -   | 导出案卷
export_ledger               -  -  J  J  J   A   A   A  -   | 导出台账
statistics                  -  -  J  J  J   A   A   A  -   | 统计
publish_statistics          -  -  -  -  -   A2S -   -  -   | 发布统计
verify_audit                -  -  -  -  -   A   A   A  A   | 校验历史
download_bundle             -  -  -  -  -   -   -   A  -   | 下载审计包
search_trail                -  -  -  -  -   -   -   AS -   | 跨人员检索历史
read_security_log           -  -  -  -  -   -   -   A  AR  | 查看安全日志
annotate_finding            -  -  -  -  -   -   -   A  -   | 标注审计发现
decide_reward               -  -  -  -  -   A2S -   -  -   | 决定奖励
pay_reward                  -  -  -  -  -   -   -   -  -   | 凭盲码兑付奖励
manage_accounts             -  -  -  -  -   -   -   -  AS  | 账号管理
grant_role                  -  -  -  -  -   -   -   -  A2S | 授予角色
reset_authenticator         -  -  -  -  -   -   -   -  AS  | 重置登录凭据
end_sessions                -  O  O  O  O   O   O   O  A   | 结束会话
manage_organization         -  -  -  -  -   A   -   -  A   | 单位与企业管理
edit_calendar               -  -  -  -  -   A2S -   -  -   | 修订工作日历
edit_rules                  -  -  -  -  -   A2S A2S -  -   | 修订时限与升级规则
edit_standards              -  -  -  -  -   A2S -   -  -   | 修订判定标准
edit_templates              -  -  -  -  -   A2  -   -  -   | 修订通知模板
configure_channels          -  -  -  -  -   -   -   -  A2S | 配置通知渠道
view_deliveries             -  -  -  J  J   A   A   A  AR  | 查看通知送达
read_incidents              -  -  -  -  -   A   A   A  A   | 查看异常
settle_incident             -  -  -  -  -   A   -   -  A   | 处理异常
retry_dead_letter           -  -  -  -  -   A   -   -  A   | 重发失败通知
rotate_keys                 -  -  -  -  -   -   -   -  A2S | 更换密钥
back_up                     -  -  -  -  -   -   -   -  A   | 备份
use_prefect                 -  -  -  -  -   -   -   -  A   | 使用 Prefect 界面
receive_assignment          -  -  -  J  J   -   -   -  -   | 签收交办
inform_principals           -  -  -  J  J   -   -   -  -   | 告知主要负责人和实际控制人
supply_report               -  O  J  J  J   A   -   -  -   | 补正上报材料
order_urgent_control        -  -  J  J  J   A   A   -  -   | 紧急管控
transfer_out                -  -  -  -  -   A   A   -  -   | 移送有权部门
confirm_control             -  -  J  J  J   A   -   -  -   | 核实临时管控措施
record_document             -  -  -  J  J   A   -   -  -   | 登记外部文书
correct_entry               -  -  -  J  J   A   -   -  -   | 更正登记内容
record_publication          -  -  -  -  -   A   -   -  -   | 登记挂牌和摘牌的公布
question_progress           -  -  -  J  J   A   A   -  -   | 质询整改进展
answer_rectifier            -  O  -  J  J   -   -   -  -   | 整改责任单位答复
review_extension            -  -  -  J  J   -   -   -  -   | 核查延期申请
manage_actions              -  O  -  J  J   -   -   -  -   | 整改子项
resume_clock                -  -  -  -  -   A   A   -  -   | 恢复计时
handle_unit_closure         -  -  -  J  J   -   -   -  -   | 单位关闭后的处置
enforce                     -  -  -  J  J   A   -   -  -   | 转入执法和登记执法措施
freeze                      -  -  -  J  J   A   A   -  -   | 事故冻结
unfreeze                    -  -  -  -  -   -   AS  -  -   | 解除事故冻结
hand_over_clue              -  -  -  -  -   -   AS  -  -   | 移送问责线索
ask_reopening               -  -  J  J  J   A   A   -  -   | 提请重新立项整改
withdraw_decision           -  O  J  J  J   A   A   -  -   | 撤回本人刚作的决定
urge                        -  -  J  J  J   A   A   -  -   | 催办
copy                        -  -  -  J  J   A   A   -  -   | 抄送
report_on_instruction       -  -  J  J  J   A   -   -  -   | 报告批示落实情况
hand_over                   -  -  -  -  -   -   -   -  AS  | 离岗交接
share_phrases               -  -  -  -  -   A   -   -  -   | 维护共用常用语
proposals                   -  -  -  -  -   A   A   A  A   | 查看、撤回待批事项
decide_proposal             -  -  -  -  -   A2S A2S -  A2S | 决定待批事项
work_items                  -  O  J  J  J   A   A   -  O   | 待办
own_session                 -  O  O  O  O   O   O   O  O   | 本人会话
own_authenticator           -  OS OS OS OS  OS  OS  OS OS  | 本人登录凭据
own_account                 -  O  O  O  O   O   O   O  O   | 本人账号
read_reference              -  A  A  A  A   A   A   A  A   | 查看单位、标准等基础信息
"""


def _cell(text: str) -> Grant | None:
    if text == "-":
        return None
    marks = text[1:]
    return Grant(Reach(text[0]), redacted="R" in marks, step_up="S" in marks, second_person="2" in marks)


def _row(line: str) -> tuple[Operation, tuple[dict[Role, Grant], str]]:
    cells, label = line.split("|")
    name, *grants = cells.split()
    granted = {role: grant for role, text in zip(COLUMNS, grants, strict=True) if (grant := _cell(text))}
    return Operation(name), (granted, label.strip())


PERMISSIONS: Mapping[Operation, tuple[Mapping[Role, Grant], str]] = dict(
    _row(line) for line in _TABLE.strip().splitlines()
)
if set(PERMISSIONS) != set(Operation):
    raise ValueError(f"operations without a row: {set(Operation) - set(PERMISSIONS)}")


def roles_for(operation: Operation) -> Mapping[Role, Grant]:
    return PERMISSIONS[operation][0]


def label_of(operation: Operation) -> str:
    return PERMISSIONS[operation][1]


_WIDTH = {Reach.OWN: 0, Reach.JURISDICTION: 1, Reach.ALL: 2}


@cache
def widest(roles: frozenset[Role], operation: Operation) -> Grant | None:
    """The widest grant these roles hold for the operation, or None: not permitted at all."""
    grants = [grant for role, grant in roles_for(operation).items() if role in roles]
    return max(grants, key=lambda grant: (_WIDTH[grant.reach], not grant.redacted), default=None)
