"""常设代理人: name who stands in for a unit's head, take that back, and enter the head's absence."""

from datetime import date
from typing import Any

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict, Field
from sqlmodel import Session
from starlette.responses import RedirectResponse, Response

from models import Unit
from models.errors import GateNotMet, StepUpRequired
from models.organization import UnitKind
from models.permissions import Operation
from services import delegations, deputies, deputy_choices, lookups
from web.acting import Act, act
from web.desk import Here, HereDep, Sent
from web.fields import fields_of
from web.listing import Cell, Listing, link, show, tag, when
from web.office_paper import OfficePaper
from web.proving import to_prove
from web.rendering import page

router = APIRouter()
RIGHT = {"x-operation": Operation.DELEGATE}
HOME = "/account/deputies"
COLUMNS = ("单位", "常设代理人", "设置时间", "负责人缺勤")
DONE = {
    "named": "常设代理人已设置。", "withdrawn": "常设代理人已撤销。", "absent": "负责人缺勤已登记。", "ended": "负责人缺勤已结束。",
}  # fmt: skip
LEAD = "单位负责人缺勤期间，由常设代理人以其名义办理审批；所签视同负责人所签，职责分离照常约束。"
_ANY_KIND = frozenset(UnitKind)


class Naming(BaseModel):
    model_config = ConfigDict(str_strip_whitespace=True)

    person: str = Field(
        max_length=36, title="常设代理人", description="本单位的人员。缺勤正在进行的，从今天起转由新的代理人办理。"
    )


class Absence(BaseModel):
    model_config = ConfigDict(str_strip_whitespace=True)

    person: str = Field(max_length=36, title="缺勤的负责人")
    from_on: date = Field(title="起始日期")
    until_on: date = Field(title="截止日期（含当日）", description="最长60天，期满后可以再次登记。")
    reason: str = Field(min_length=2, max_length=200, title="事由")


@router.get(HOME, openapi_extra=RIGHT)
def listed(visit: HereDep) -> Response:
    with visit.looking() as session:
        rows = deputy_choices.units(session, by=visit.by)
        away = {one.unit_id: one for one in deputy_choices.absences(session, at=visit.at)}
    lines = [
        (link(f"{HOME}/{row.code}", row.name), Cell(row.deputy) if row.deputy else tag("grey", "没有设置"), when(row.named_at),
         _away(visit, away.get(row.id)))
        for row in rows
    ]  # fmt: skip
    return show(visit, Listing(title="常设代理人", columns=COLUMNS, rows=lines, back="/account", lead=LEAD,
                               empty="您没有可以设置代理人的单位。"))  # fmt: skip


@router.get(f"{HOME}/{{code}}", openapi_extra=RIGHT)
def show_one(code: str, visit: HereDep, done: str = "") -> Response:
    with visit.looking() as session:
        unit = _unit(session, visit, code)
        row = next(iter(deputy_choices.units(session, by=visit.by, only=unit.id)), None)
        away = deputy_choices.absences(session, at=visit.at, only=unit.id)
    return page(visit.request, "deputy.html", unit=unit, row=row, away=away, lead=LEAD, done=DONE.get(done, ""))


@router.get(f"{HOME}/{{code}}/naming", openapi_extra=RIGHT)
def ask_name(code: str, visit: HereDep) -> Response:
    return _naming(visit, code).ask()


@router.post(f"{HOME}/{{code}}/naming", openapi_extra=RIGHT)
def name(code: str, visit: HereDep, form: Sent) -> Response:
    def do(done: Act, body: Naming) -> None:
        deputies.name_deputy(done.session, _unit(done.session, visit, code), body.person, by=done.by, at=done.at)
        done.leads_to = f"{HOME}/{code}?done=named"

    return _naming(visit, code).take(form, do)


@router.post(f"{HOME}/{{code}}/withdrawal", openapi_extra=RIGHT)
def withdraw(code: str, visit: HereDep, form: Sent) -> Response:
    """Absences under way end with it."""
    try:
        with act(visit, form, Operation.DELEGATE) as done:
            deputies.withdraw_deputy(done.session, _unit(done.session, visit, code), by=done.by, at=done.at)
            done.leads_to = f"{HOME}/{code}?done=withdrawn"
    except StepUpRequired:
        return to_prove(visit, f"{HOME}/{code}")
    return RedirectResponse(done.leads_to, 303)


@router.get(f"{HOME}/{{code}}/absence", openapi_extra=RIGHT)
def ask_absence(code: str, visit: HereDep) -> Response:
    return _absence(visit, code).ask()


@router.post(f"{HOME}/{{code}}/absence", openapi_extra=RIGHT)
def mark_absent(code: str, visit: HereDep, form: Sent) -> Response:
    def do(done: Act, body: Absence) -> None:
        deputies.mark_absent(
            done.session, _unit(done.session, visit, code), body.person, first=body.from_on, last=body.until_on,
            reason=body.reason, by=done.by, at=done.at,
        )  # fmt: skip
        done.leads_to = f"{HOME}/{code}?done=absent"

    return _absence(visit, code).take(form, do)


@router.post(f"{HOME}/{{code}}/absences/{{delegation_id}}/end", openapi_extra=RIGHT)
def end_absence(code: str, delegation_id: str, visit: HereDep, form: Sent) -> Response:
    """It ends with the deputy's next request."""
    try:
        with act(visit, form, Operation.DELEGATE) as done:
            delegations.revoke(done.session, delegation_id, by=done.by, at=done.at)
            done.leads_to = f"{HOME}/{code}?done=ended"
    except StepUpRequired:
        return to_prove(visit, f"{HOME}/{code}")
    return RedirectResponse(done.leads_to, 303)


def _naming(visit: Here, code: str) -> OfficePaper:
    with visit.looking() as session:
        unit = _unit(session, visit, code)
        people = deputy_choices.candidates(session, unit)
    if not people:
        raise GateNotMet(
            "该单位没有可以担任代理人的人员。", rule="代理人须是本单位人员", remedy="请由系统管理员授予本单位人员角色。"
        )
    return _paper(visit, unit, "设置常设代理人", "naming", Naming, people, "设置")


def _absence(visit: Here, code: str) -> OfficePaper:
    with visit.looking() as session:
        unit = _unit(session, visit, code)
        people, deputy = deputy_choices.heads(session, unit), deputies.shown(session, unit)
    if deputy["person"] is None:
        raise GateNotMet(
            "该单位没有常设代理人。", rule="单位负责人缺勤期间由常设代理人代办", remedy="请先设置常设代理人。"
        )
    return _paper(
        visit, unit, "登记负责人缺勤", "absence", Absence, people, "登记", (("常设代理人", deputy["name"] or ""),)
    )


def _paper(
    visit: Here, unit: Unit, title: str, what: str, model: type[BaseModel], people: Any, button: str,
    facts: tuple[tuple[str, str], ...] = (),
) -> OfficePaper:  # fmt: skip
    return OfficePaper(
        visit, Operation.DELEGATE, title=title, action=f"{HOME}/{unit.code}/{what}", model=model, button=button, lead=LEAD,
        fields=fields_of(model, {"person": people}), back=f"{HOME}/{unit.code}", facts=(("单位", unit.name), *facts),
    )  # fmt: skip


def _unit(session: Session, visit: Here, code: str) -> Unit:
    """Raises: NotPermitted (another unit), InvalidInput (none of this code)."""
    unit = lookups.unit_by_code(session, code, field="unit", kinds=_ANY_KIND)
    deputies.require_unit(visit.by, unit)
    return unit


def _away(visit: Here, row: Any) -> Cell:
    return Cell(f"{row.delegator} {row.from_on} {visit.say('至')} {row.until_on}") if row else Cell("—")
