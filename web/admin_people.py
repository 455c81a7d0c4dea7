"""人员和角色: who there is and what they hold; granting and withdrawing a role is put before another administrator."""

import json
from typing import Annotated, Any

from fastapi import APIRouter, Query
from starlette.responses import RedirectResponse, Response

from models.errors import InvalidInput, StepUpRequired
from models.forms.organization import GrantBody
from models.organization import UnitKind
from models.permissions import Operation, Role
from models.proposal import ActKind
from services import access, lookups, office_people, organization, role_acts
from web.acting import Act, act
from web.desk import Here, HereDep, Sent, text_of
from web.fields import fields_of
from web.listing import Cell, Filter, Listing, address_after, link, show
from web.office_paper import OfficePaper
from web.proving import is_proved, to_prove
from web.rendering import page
from web.second_person import put_forward
from web.values import DUTIES

router = APIRouter()
GRANT = {"x-operation": Operation.GRANT_ROLE}
PAGE = 50
COLUMNS = ("姓名", "角色", "企业")


@router.get("/admin/people", openapi_extra=GRANT)
def people(visit: HereDep, text: Annotated[str, Query(max_length=50)] = "", after: str = "") -> Response:
    access.require(visit.by, Operation.GRANT_ROLE)
    with visit.looking() as session:
        rows = office_people.persons(session, text=text.strip(), after=_place(after), limit=PAGE + 1)
        held = office_people.roles_of(session, [row.id for row in rows])
    lines = [
        (link(f"/admin/people/{row.id}", row.name), Cell(visit.say("、").join(_role(visit, one) for one in held.get(row.id, ())) or "—"),
         Cell(row.enterprise or "—"))
        for row in rows[:PAGE]
    ]  # fmt: skip
    last = rows[PAGE - 1] if len(rows) > PAGE else None
    return show(visit, Listing(
        title="人员和角色", columns=COLUMNS, rows=lines, back="/admin", filters=(Filter("text", "姓名", text),),
        links=(("/admin/accounts/new", "登记人员并开通账号"),),
        more=address_after("/admin/people", json.dumps([last.name, last.id]), text=text) if last else "",
    ))  # fmt: skip


@router.get("/admin/people/{person_id}", openapi_extra=GRANT)
def person(person_id: str, visit: HereDep) -> Response:
    access.require(visit.by, Operation.GRANT_ROLE)
    if not is_proved(visit, Operation.GRANT_ROLE):
        return to_prove(visit)
    with visit.looking() as session:
        known = organization.person_by_id(session, person_id)
        held = office_people.roles_of(session, [person_id]).get(person_id, [])
        accounts = office_people.accounts_of(session, person_id)
    roles = [(row, Role(row.role).label, DUTIES.get(row.duty, "")) for row in held]
    return page(visit.request, "person.html", person=known, roles=roles, accounts=accounts)


@router.get("/admin/people/{person_id}/grant", openapi_extra=GRANT)
def ask_grant(person_id: str, visit: HereDep) -> Response:
    return _paper(visit, person_id).ask()


@router.post("/admin/people/{person_id}/grant", openapi_extra=GRANT)
def grant(person_id: str, visit: HereDep, form: Sent) -> Response:
    def do(done: Act, body: GrantBody) -> None:
        unit = (
            lookups.unit_by_code(done.session, body.unit, field="unit", kinds=frozenset(UnitKind))
            if body.unit
            else None
        )
        known = organization.person_by_id(done.session, person_id)
        put_forward(
            done, visit.request, ActKind.GRANT_ROLE, role_acts.payload_of(known, body.role, unit=unit, duty=body.duty)
        )

    return _paper(visit, person_id).take(form, do)


@router.post("/admin/people/{person_id}/withdrawal", openapi_extra=GRANT)
def withdraw(person_id: str, visit: HereDep, form: Sent) -> Response:
    role, code = text_of(form, "role"), text_of(form, "unit")
    if role not in set(Role):
        raise InvalidInput("没有这个角色。", rule="角色须从所列中选择", remedy="请重新打开该人员的页面。")
    try:
        with act(visit, form, Operation.GRANT_ROLE) as done:
            unit = lookups.unit_by_code(done.session, code, field="unit", kinds=frozenset(UnitKind)) if code else None
            known = organization.person_by_id(done.session, person_id)
            put_forward(done, visit.request, ActKind.WITHDRAW_ROLE, role_acts.payload_of(known, Role(role), unit=unit))
    except StepUpRequired:
        return to_prove(visit, f"/admin/people/{person_id}")
    return RedirectResponse(done.leads_to, 303)


def _paper(visit: Here, person_id: str) -> OfficePaper:
    access.require(visit.by, Operation.GRANT_ROLE)
    with visit.looking() as session:
        known = organization.person_by_id(session, person_id)
        units = [(row.code, row.name) for row in office_people.units(session)]
    return OfficePaper(
        visit, Operation.GRANT_ROLE, title="提出授予角色", action=f"/admin/people/{person_id}/grant", model=GrantBody,
        fields=fields_of(GrantBody, {"unit": units}), back=f"/admin/people/{person_id}", facts=(("姓名", known.name),),
        lead="须由另一名系统管理员批准后生效；批准后该人员须重新登录。", button="提出",
    )  # fmt: skip


def _role(visit: Here, row: Any) -> str:
    label = visit.say(Role(row.role).label)
    return f"{label}（{row.unit}）" if row.unit else label


def _place(after: str) -> tuple[str, str]:
    """Raises: InvalidInput."""
    try:
        name, person_id = json.loads(after) if after else ("", "")
        return str(name), str(person_id)
    except (ValueError, TypeError) as broken:
        raise InvalidInput("翻页位置无效。", rule="翻页位置取自上一页", remedy="请从第一页重新查看。") from broken
