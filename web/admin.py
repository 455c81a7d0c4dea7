"""管理: what this person may administer, on one page; and organisation: units and enterprises with their principals."""

from typing import Annotated, Any

from fastapi import APIRouter, Query
from sqlmodel import Session
from starlette.responses import Response

from models.forms.organization import EnterpriseBody, PrincipalsBody, UnitBody
from models.organization import UnitKind
from models.outbox import NoticeState
from models.permissions import Operation
from services import access, deliveries, incidents, lookups, office_people, organization, proposals
from web.acting import Act
from web.desk import Here, HereDep, Sent
from web.fields import fields_of
from web.listing import Cell, Filter, Listing, address_after, show, word
from web.office_paper import OfficePaper
from web.rendering import page
from web.second_person import second_person_of
from web.values import UNIT_KINDS

router = APIRouter()
MANAGE = {"x-operation": Operation.MANAGE_ORGANIZATION}
PAGE = 50
_MOST_COUNTED = 100
ROOMS = (
    ("待批", (("/admin/proposals", "待批事项", "须由另一人批准的事项：角色、渠道、规则。", Operation.PROPOSALS),)),
    ("人员和单位", (
        ("/admin/people", "人员和角色", "人员、角色，授予和撤销角色。", Operation.GRANT_ROLE),
        ("/admin/accounts", "账号", "邀请、停用、启用、重置登录凭据、结束会话。", Operation.MANAGE_ACCOUNTS),
        ("/account/deputies", "常设代理人", "单位负责人缺勤期间由谁代办审批。", Operation.DELEGATE),
        ("/admin/units", "单位", "部门、村（社区）和其他单位。", Operation.MANAGE_ORGANIZATION),
        ("/admin/enterprises", "企业", "企业及其主要负责人、实际控制人。", Operation.MANAGE_ORGANIZATION),
    )),
    ("通知和文字", (
        ("/admin/channels", "通知渠道", "邮件、企业微信、钉钉、飞书和接口。", Operation.CONFIGURE_CHANNELS),
        ("/admin/templates", "通知模板", "各类通知的文字，可换成本单位的文字。", Operation.EDIT_TEMPLATES),
        ("/admin/phrases", "共用常用语", "填写意见时所有人可以选用的文字。", Operation.SHARE_PHRASES),
        ("/admin/deliveries", "通知送达", "每条通知是否送达；失败的可以重发。", Operation.VIEW_DELIVERIES),
    )),
    ("运行", (
        ("/status", "系统运行状态", "哪里不正常，意味着什么。", Operation.READ_INCIDENTS),
        ("/admin/incidents", "异常", "程序发现的、须由人处理的情况。", Operation.READ_INCIDENTS),
        ("/admin/flows", "后续流程", "等待办理或失败的后续事项，可以修复。", Operation.RETRY_DEAD_LETTER),
        ("/audit/checkpoints", "检查点和校验", "签名检查点，全部历史的校验结果。", Operation.VERIFY_AUDIT),
        ("/audit", "审计", "降级、免除、作废和逾期办理。", Operation.SEARCH_TRAIL),
    )),
    ("规则", (
        ("/admin/rules", "时限规则", "每项时限的长度和依据。", Operation.READ_REFERENCE),
        ("/admin/ladder", "督办升级规则", "逾期后逐级督办的办法。", Operation.READ_REFERENCE),
        ("/admin/calendar", "工作日历", "已公布年度的放假和调休。", Operation.READ_REFERENCE),
        ("/admin/standards", "判定标准", "现行的重大事故隐患判定条款。", Operation.READ_REFERENCE),
    )),
)  # fmt: skip
UNIT_COLUMNS = ("代码", "名称", "类别")
ENTERPRISE_COLUMNS = ("统一社会信用代码", "名称", "行业领域", "主要负责人", "实际控制人", "操作")
DONE = {"unit": "单位已登记。", "enterprise": "企业已登记。", "principals": "主要负责人和实际控制人已登记。"}


@router.get("/admin", openapi_extra={"x-operation": Operation.VIEW_DELIVERIES})
def home(visit: HereDep) -> Response:
    access.require(visit.by, Operation.VIEW_DELIVERIES)
    rooms = [(title, [row[:3] for row in rows if visit.by.grant_for(row[3])]) for title, rows in ROOMS]
    return page(visit.request, "rooms.html", heading="管理", rooms=rooms, counts=_waiting(visit))


def _waiting(visit: Here) -> dict[str, int]:
    """How many wait in each room that this person may enter."""
    with visit.looking() as session:
        dead = deliveries.ledger(session, by=visit.by, state=NoticeState.DEAD, after=None, limit=_MOST_COUNTED)
        counts = {"/admin/incidents": incidents.open_count(session), "/admin/deliveries": len(dead)}
        if visit.by.grant_for(Operation.PROPOSALS):
            acts = second_person_of(visit.request).acts()
            waiting = proposals.proposals(
                session, acts, by=visit.by, waiting_only=True, after=None, limit=_MOST_COUNTED
            )
            counts["/admin/proposals"] = len(waiting)
    return counts


@router.get("/admin/units", openapi_extra=MANAGE)
def units(visit: HereDep, done: str = "") -> Response:
    access.require(visit.by, Operation.MANAGE_ORGANIZATION)
    with visit.looking() as session:
        rows = office_people.units(session)
    lines = [(Cell(row.code), Cell(row.name), word(UNIT_KINDS[UnitKind(row.kind)])) for row in rows]
    return show(visit, Listing(
        title="单位", columns=UNIT_COLUMNS, rows=lines, back="/admin", done=DONE.get(done, ""),
        links=(("/admin/units/new", "登记单位"),),
    ))  # fmt: skip


@router.get("/admin/units/new", openapi_extra=MANAGE)
def ask_unit(visit: HereDep) -> Response:
    return _unit_paper(visit).ask()


@router.post("/admin/units/new", openapi_extra=MANAGE)
def add_unit(visit: HereDep, form: Sent) -> Response:
    def do(done: Act, body: Any) -> None:
        organization.add_unit(done.session, **body.model_dump(), by=done.by, at=done.at)
        done.leads_to = "/admin/units?done=unit"

    return _unit_paper(visit).take(form, do)


def _unit_paper(visit: Here) -> OfficePaper:
    return OfficePaper(visit, Operation.MANAGE_ORGANIZATION, title="登记单位", action="/admin/units/new", model=UnitBody,
                       fields=fields_of(UnitBody, {}, "unit."), back="/admin/units")  # `code` alone is the authenticator's  # fmt: skip


@router.get("/admin/enterprises", openapi_extra=MANAGE)
def enterprises(
    visit: HereDep, text: Annotated[str, Query(max_length=100)] = "", after: str = "", done: str = ""
) -> Response:
    access.require(visit.by, Operation.MANAGE_ORGANIZATION)
    with visit.looking() as session:
        rows = office_people.enterprises(session, text=text.strip(), after=after, limit=PAGE + 1)
        shown = rows[:PAGE]
        names = lookups.names_of(
            session, {one for row in shown for one in (row.principal_id, row.actual_controller_id) if one}
        )
    lines = [
        (Cell(row.credit_code), Cell(row.name, row.address), Cell(row.sector), Cell(names.get(row.principal_id or "", "—")),
         Cell(names.get(row.actual_controller_id or "", "—")),
         Cell("登记负责人", href=f"/admin/enterprises/{row.credit_code}/principals", coined=True))
        for row in shown
    ]  # fmt: skip
    more = address_after("/admin/enterprises", shown[-1].credit_code, text=text) if len(rows) > PAGE else ""
    return show(visit, Listing(
        title="企业", columns=ENTERPRISE_COLUMNS, rows=lines, back="/admin", done=DONE.get(done, ""),
        links=(("/admin/enterprises/new", "登记企业"),), filters=(Filter("text", "名称或信用代码", text),), more=more,
    ))  # fmt: skip


@router.get("/admin/enterprises/new", openapi_extra=MANAGE)
def ask_enterprise(visit: HereDep) -> Response:
    return _enterprise_paper(visit).ask()


@router.post("/admin/enterprises/new", openapi_extra=MANAGE)
def add_enterprise(visit: HereDep, form: Sent) -> Response:
    def do(done: Act, body: Any) -> None:
        organization.add_enterprise(done.session, **body.model_dump(), by=done.by, at=done.at)
        done.leads_to = "/admin/enterprises?done=enterprise"

    return _enterprise_paper(visit).take(form, do)


def _enterprise_paper(visit: Here) -> OfficePaper:
    with visit.looking() as session:
        villages = [(row.code, row.name) for row in office_people.units(session) if row.kind == UnitKind.VILLAGE]
    return OfficePaper(
        visit, Operation.MANAGE_ORGANIZATION, title="登记企业", action="/admin/enterprises/new", model=EnterpriseBody,
        fields=fields_of(EnterpriseBody, {"village": villages}), back="/admin/enterprises",
    )  # fmt: skip


@router.get("/admin/enterprises/{credit_code}/principals", openapi_extra=MANAGE)
def ask_principals(credit_code: str, visit: HereDep) -> Response:
    return _principals_paper(visit, credit_code).ask()


@router.post("/admin/enterprises/{credit_code}/principals", openapi_extra=MANAGE)
def name_principals(credit_code: str, visit: HereDep, form: Sent) -> Response:
    def do(done: Act, body: PrincipalsBody) -> None:
        principal, controller = (
            _of_enterprise(done.session, credit_code, one) for one in (body.principal, body.actual_controller)
        )
        enterprise = lookups.enterprise_by_credit_code(done.session, credit_code)
        organization.name_principals(
            done.session, enterprise, principal=principal, actual_controller=controller, by=done.by, at=done.at
        )
        done.leads_to = "/admin/enterprises?done=principals"

    return _principals_paper(visit, credit_code).take(form, do)


def _principals_paper(visit: Here, credit_code: str) -> OfficePaper:
    access.require(visit.by, Operation.MANAGE_ORGANIZATION)
    with visit.looking() as session:
        enterprise = lookups.enterprise_by_credit_code(session, credit_code)
        people = office_people.people_of(session, enterprise.id)
    choices = [(one.id, one.name) for one in people]
    held = {"principal": enterprise.principal_id, "actual_controller": enterprise.actual_controller_id}
    return OfficePaper(
        visit, Operation.MANAGE_ORGANIZATION, title="登记主要负责人和实际控制人",
        action=f"/admin/enterprises/{credit_code}/principals", model=PrincipalsBody,
        fields=fields_of(PrincipalsBody, {"principal": choices, "actual_controller": choices}), back="/admin/enterprises",
        lead="" if choices else "该企业还没有人员，请先在“账号”中邀请。", facts=(("企业", enterprise.name),),
        values={name: [value] for name, value in held.items() if value},
    )  # fmt: skip


def _of_enterprise(session: Session, credit_code: str, person_id: str) -> Any:
    """Raises: InvalidInput for somebody of another enterprise."""
    enterprise = lookups.enterprise_by_credit_code(session, credit_code)
    return office_people.person_of(session, enterprise, person_id)
