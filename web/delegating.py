"""委托代办: let a colleague decide on one's behalf for some days, see which delegations there are, and revoke one's own."""

from datetime import date

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict, Field
from starlette.responses import RedirectResponse, Response

from models.errors import GateNotMet, StepUpRequired
from models.permissions import Operation
from services import access, delegable, delegations, four_eyes_ahead
from web.acting import Act, act
from web.desk import Here, HereDep, Sent
from web.fields import fields_of
from web.office_paper import OfficePaper
from web.proving import to_prove
from web.rendering import page

router = APIRouter()
RIGHT = {"x-operation": Operation.DELEGATE}
LEAD = "受托人在这些天以您的名义办理您的审批；所签视同您本人所签，职责分离照常约束。您可随时撤销。"


class NewDelegation(BaseModel):
    model_config = ConfigDict(str_strip_whitespace=True)

    delegate: str = Field(max_length=36, title="受托人", description="同单位、同职级的人员。")
    unit: str | None = Field(default=None, max_length=20, title="委托哪个单位的审批")
    from_on: date = Field(title="起始日期")
    until_on: date = Field(title="截止日期（含当日）", description="最长14天，期满后可以再次委托。")
    reason: str = Field(min_length=2, max_length=200, title="事由")


@router.get("/account/delegations/new", openapi_extra=RIGHT)
def ask(visit: HereDep) -> Response:
    return _paper(visit).ask()


@router.post("/account/delegations/new", openapi_extra=RIGHT)
def delegate(visit: HereDep, form: Sent) -> Response:
    def lend(done: Act, body: NewDelegation) -> None:
        row = delegations.delegate(
            done.session, body.delegate, unit=body.unit, first=body.from_on, last=body.until_on, reason=body.reason,
            by=done.by, at=done.at,
        )  # fmt: skip
        done.leads_to = f"/account/delegations/{row.id}"

    return _paper(visit).take(form, lend)


@router.get("/account/delegations/{delegation_id}", openapi_extra=RIGHT)
def show(delegation_id: str, visit: HereDep) -> Response:
    """The delegation, and which hazards waiting now the delegate could not decide (职责分离)."""
    access.require(visit.by, Operation.DELEGATE)
    with visit.looking() as session:
        row = delegable.delegation_of(session, delegation_id, by=visit.by)
        undecidable = four_eyes_ahead.undecidable(session, row)
    return page(
        visit.request, "delegation.html", row=row, undecidable=undecidable, mine=row.delegator_id == visit.by.person_id
    )


@router.post("/account/delegations/{delegation_id}/revocation", openapi_extra=RIGHT)
def revoke(delegation_id: str, visit: HereDep, form: Sent) -> Response:
    """It ends with the delegate's next request."""
    try:
        with act(visit, form, Operation.DELEGATE) as done:
            delegations.revoke(done.session, delegation_id, by=done.by, at=done.at)
            done.leads_to = "/account?done=revoked"
    except StepUpRequired:
        return to_prove(visit, f"/account/delegations/{delegation_id}")
    return RedirectResponse(done.leads_to, 303)


def _paper(visit: Here) -> OfficePaper:
    access.require(visit.by, Operation.DELEGATE)
    with visit.looking() as session:
        colleagues, units = delegable.of(session, by=visit.by)
    if not colleagues:
        raise GateNotMet(
            "没有同单位、同职级的人员可以委托。",
            rule="委托代办：同一单位、同一职级",
            remedy="请在“我的”页面设置本单位的常设代理人。",
        )
    fields = fields_of(NewDelegation, {"delegate": colleagues, "unit": units})
    return OfficePaper(
        visit, Operation.DELEGATE, title="委托代办", action="/account/delegations/new", model=NewDelegation,
        fields=tuple(one for one in fields if one.key != "unit" or len(units) > 1), back="/account",
        button="委托", lead=LEAD,
    )  # fmt: skip
