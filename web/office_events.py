"""What the office's own history names: accounts, roles, rules, sign-ins, rewards, handing over."""

from collections.abc import Mapping

OFFICE_EVENTS: Mapping[str, str] = {
    "SIGNED_IN": "登录", "SIGN_IN_FAILED": "登录失败", "PASSWORD_SET": "设置密码", "SECOND_FACTOR_ENROLLED": "绑定动态口令",
    "SECOND_FACTOR_REMOVED": "解除动态口令", "RECOVERY_CODE_USED": "使用恢复码", "SESSIONS_ENDED": "结束会话",
    "AUTHENTICATOR_RESET": "重置登录凭据", "ACCOUNT_OPENED": "开立账号", "ACCOUNT_DISABLED": "停用账号", "ACCOUNT_ENABLED": "启用账号",
    "PROVIDER_LINKED": "绑定统一身份认证", "KEY_MADE": "制发程序密钥", "KEY_REVOKED": "撤销程序密钥", "PERSON_ADDED": "登记人员",
    "UNIT_ADDED": "登记单位", "ENTERPRISE_ADDED": "登记企业", "PRINCIPALS_NAMED": "登记企业负责人", "ROLE_GRANTED": "授予角色",
    "ROLE_WITHDRAWN": "撤销角色", "QUIET_HOURS_SET": "设置免打扰时段", "CHANNEL_ADDED": "添加通知渠道",
    "DEPUTY_NAMED": "设置常设代理人", "DEPUTY_WITHDRAWN": "撤销常设代理人", "DELEGATED": "委托代办", "DELEGATION_REVOKED": "撤销委托代办", "OFFICE_HANDED_OVER": "职务移交",
    "HANDED_OVER": "离岗交接", "PROPOSED": "提出待批事项", "PROPOSAL_APPROVED": "批准待批事项", "PROPOSAL_REFUSED": "不批准待批事项",
    "PROPOSAL_WITHDRAWN": "撤回待批事项", "POLICY_CHANGED": "修订规则", "STANDARDS_CHANGED": "修订判定标准", "TEMPLATE_CHANGED": "修订通知模板",
    "INTEREST_DECLARED": "申报利害关系", "INTEREST_ENDED": "利害关系终止", "VAULT_REWRAPPED": "更换密封密钥", "VAULT_KEY_DESTROYED": "销毁旧密封密钥",
    "REWARD_PROPOSED": "提出举报奖励", "REWARD_DECIDED": "决定举报奖励", "REWARD_REFUSED": "不予举报奖励", "REWARD_DRAWN": "领取兑付码",
    "REWARD_PAID": "兑付举报奖励", "INCIDENT": "系统异常", "INCIDENT_SETTLED": "异常已处理", "MESSAGE_REPAIRED": "重发消息",
    "CLOCK_SET_BACK": "系统时钟回拨", "PHRASE_SHARED": "增加共用常用语", "PHRASE_WITHDRAWN": "删除共用常用语",
}  # fmt: skip
