"""What the interface's parts, operations and parameters are called, for whoever writes a program against it."""

from collections.abc import Mapping

PARTS: Mapping[str, str] = {
    "decisions": "决定", "hazards": "隐患和上报", "work items": "待办", "office life": "催办、抄送、批示和留言", "ladder": "督办升级",
    "bulk": "批量办理", "evidence": "佐证材料", "reports": "举报来源和保密", "public": "群众举报", "rewards": "举报奖励", "statistics": "统计",
    "account": "登录和账号", "standing in": "委托、代理和交接", "people": "利害关系", "organization": "单位、企业和人员", "notices": "通知和渠道",
    "proposals": "须第二人批准的事项", "policies": "规则、日历、标准和模板", "reference": "基础信息", "incidents": "异常", "status": "运行状况",
}  # fmt: skip
"""By tag, in the order they are shown."""
PARAMETERS: Mapping[str, str] = {
    "no": "隐患编号", "source_id": "来源登记编号", "item_id": "待办编号", "account_id": "账号编号", "person_id": "人员编号", "proposal_id": "待批事项编号",
    "deadline_id": "期限编号", "notice_id": "通知编号", "credit_code": "统一社会信用代码", "request_id": "启封申请编号", "session_id": "会话编号",
    "key_id": "机器密钥编号", "escalation_id": "督办编号", "incident_id": "异常编号", "evidence_id": "材料编号", "delegation_id": "委托编号",
    "number": "照片序号", "topic": "通知类别", "kind": "类别", "code": "代码", "role": "角色", "unit": "单位代码", "idempotency-key": "一次提交一个键；重试时用同一个键",
    "if-match": "读取时返回的 ETag", "x-query-code": "查询码", "x-reward-token": "奖励兑付码", "x-finance-token": "财政窗口令牌", "limit": "最多多少条",
    "cursor": "上一页给出的翻页位置", "after": "从哪一条之后", "enterprise": "企业统一社会信用代码", "text": "包含的文字", "stage": "办理阶段", "channel": "来源渠道",
    "lead_unit": "牵头单位代码", "overdue": "只看逾期的", "sector": "行业领域", "state": "状态", "settled": "连同已处理的", "mine": "只看本人的",
    "followed": "只看设了跟进日期的", "unread": "只看未读的", "waiting": "只看待批的", "on": "适用日期", "first": "开始日期", "last": "结束日期",
    "clause": "判定条款代码", "place": "地点", "description": "隐患描述", "everybodys": "连同他人的", "hazardflow_oidc": "发起登录的浏览器凭据",
}  # fmt: skip
PLACES = {"path": "地址", "query": "查询参数", "header": "请求头", "cookie": "Cookie"}
KINDS = {
    "string": "文字", "integer": "整数", "number": "数字", "boolean": "true或false", "array": "列表", "object": "一组字段", "date": "日期",
    "date-time": "带时区的时间", "time": "时刻", "binary": "文件",
}  # fmt: skip
ANSWERS = {
    "200": "已完成，或原有的结果", "201": "已办理", "202": "已提出，等另一人批准", "204": "已办理，没有内容", "302": "转到另一地址", "422": "填写有误，逐项说明",
}  # fmt: skip
NOTES: Mapping[str, str] = {
    "open_session": "回答中有会话令牌，以后每次请求放在请求头 Authorization: Bearer 之后。失败的尝试先记数，再回答。",
    "verify_again": "密码和动态口令填一项。等待动态口令的会话由它开通。",
    "change_password": "本人的其他会话结束，这一个保留。",
    "begin_second_factor": "回答中有验证器应用用的 otpauth 地址，只给这一次。",
    "confirm_second_factor": "回答中有恢复码，只给这一次。没有用动态口令开通的会话结束，这一个保留。",
    "remove_second_factor": "凭动态口令或恢复码解除；两样都没有的，请系统管理员重置。",
    "make_key": "以本账号的身份办理所列操作的密钥，只给这一次。",
    "reset_authenticator": "回答中有本人设置密码用的一次性令牌，只给这一次。",
    "start_oidc": "转到统一身份认证；Cookie 使返回的只能是这个浏览器。",
    "finish_oidc": "回答与登录相同。先用掉这次登录的凭据，再向统一身份认证核对。",
    "report_hazard": "新隐患回答201；来源编号已登记过的回答200和原有的隐患。上报人无权查看的，只回答编号。",
    "export_ledger": "同样筛选条件下的全部隐患和整改期限；文件发出后不留存。",
    "acknowledge_escalation": "由被督办的人签收。签收后不再重复通知，下一级照常触发。",
    "set_quiet_hours": "静默时段内不发站外通知，人员正受威胁的除外。",
    "list_work_items": "可以只列本人设了跟进日期的，按该日期排列。",
    "upload_evidence": "文件存妥之后才登记。",
    "list_deliveries": "每人每个渠道一行，写明送达情况。",
    "add_channel": "回答202和待批事项，由另一名系统管理员批准；初装模式下立即办理，回答201。",
    "list_enterprises": "按信用代码排列，从指定的代码之后起；企业人员只看到本企业。",
    "list_people": "人员和角色，不含联系方式；企业人员看不到任何人。",
    "add_person": "回答中有本人设置密码用的一次性令牌，只给这一次。",
    "grant_role": "回答202和待批事项，由另一名系统管理员批准；初装模式下立即办理，回答201。",
    "list_proposals": "本人可以决定的和本人提出的；已决定的须另行要求。",
    "list_policy_versions": "最新的在前；第一个适用于新立案的隐患。",
    "try_policy": "列出到期日或下一级督办会变动的每个期限，什么也不写入。",
    "propose_policy": "回答202和待批事项；每次查看时都按当时情况试算。",
    "list_standards": "某一天（隐患发现之日）适用的条款，缺省为今天。",
    "list_templates": "每类通知及本单位的文字，和文字中可以写入的事实。",
    "preview_template": "按事实的名称显示文字，什么也不写入。",
    "show_statistics": "按牵头单位列出发现、销号、在办、逾期和按期的数；合计是各行之和。",
    "find_similar": "台账中本人能看到的、最相似的隐患。",
    "copy_hazard": "这些人从此可以查看该隐患，不能办理。",
    "list_instructions": "只在机关内部可见，企业看不到。",
    "comment_on": "回答中列出提到的人里通知了谁：只通知能看到该隐患的人。",
    "delegate": "回答中列出受托人因职责分离不能决定的在办隐患。",
    "list_delegations": "本人委托的和受托的；监督机关的看到全部。",
    "withdraw_deputy": "正在进行的负责人缺勤随之结束。",
    "mark_absent": "这些日子由代理人代行，结束办法同委托。",
    "hand_over": "未办结的全部移交接手人，离岗人的账号停用；要么全部办成，要么都不办。",
    "urge": "每人对每项待办一天一次。",
    "follow_up": "只是本人的提醒，期限不变，别人看不到。",
    "report_anonymously": "回答隐患编号和查询码；查询码只给这一次。",
    "report_by_name": "同匿名举报；身份在任何人看到之前封存，并须答复举报人。",
    "add_own_photo": "显示的照片去掉文件名和拍摄信息，原件封存。",
    "list_reports": "该隐患的每次举报、照片副本和匿名往来，不含举报人。",
    "show_report_photo": "去掉拍摄信息的副本。",
    "read_original_report": "每次查阅都记入历史，审计员可见。",
    "seal_caller": "回答须念给来电人的查询码，只给这一次。",
    "read_unsealed": "只给申请人，批准后15分钟内；每次查阅都记入历史，审计员可见。",
    "draw_reward_token": "兑付码只给这一次；再领一次，前一个作废。",
    "show_reward_amount": "只回答金额和是否已兑付，不含案情。",
    "pay_reward": "登记兑付。兑付码就是凭据，再次使用的不予兑付并说明何时已兑付。",
    "readyz": "能办理的回答200，同时列出不正常的；不能办理的回答503。",
    "healthz_sweep": "五分钟没有巡查的回答503，供监控报警；办理不受影响。",
}
"""By operation; what a program cannot tell from the names."""
