"""启封: asked for with a reason, approved in another unit, read for 15 minutes by who asked."""

from fastapi import APIRouter
from starlette.responses import Response

from models.engine import writing
from models.errors import NotPermitted
from models.forms.fields import Form
from models.forms.tip_off import UnsealingRequest
from models.permissions import Operation
from models.vault import UnsealingGround
from services import access, sources, unsealing
from services.keys import Keyring
from web.acting import Act
from web.desk import Here, HereDep, Sent
from web.fields import fields_of
from web.office_paper import OfficePaper
from web.proving import is_proved, to_prove
from web.rendering import page

router = APIRouter()
_O = Operation
RIGHT = {"x-operation": _O.WORK_ITEMS, "x-operations": (_O.READ_UNSEALED, _O.APPROVE_UNSEALING)}
LEAD = "须由其他单位的镇领导批准；批准后15分钟内可以查看，每次查看都有记录。"


class Approval(Form):
    """批准启封: nothing to fill in."""


@router.get("/unsealings", openapi_extra=RIGHT)
def show(visit: HereDep) -> Response:
    """One's own requests, and those one may approve."""
    mine, others = visit.by.grant_for(_O.READ_UNSEALED), visit.by.grant_for(_O.APPROVE_UNSEALING)
    if not mine and not others:
        access.require(visit.by, _O.READ_UNSEALED)
    with visit.looking() as session:
        asked = unsealing.own(session, by=visit.by, at=visit.at) if mine else ()
        waiting = unsealing.waiting(session, by=visit.by, at=visit.at) if others else ()
    grounds = {one: one.label for one in UnsealingGround}
    return page(visit.request, "unsealings.html", asked=asked, waiting=waiting, grounds=grounds, now=visit.at)


@router.get("/reports/{source_id}/unsealing", openapi_extra={"x-operation": _O.REQUEST_UNSEALING})
def ask(source_id: str, visit: HereDep) -> Response:
    return _request(visit, source_id).ask()


@router.post("/reports/{source_id}/unsealing", openapi_extra={"x-operation": _O.REQUEST_UNSEALING})
def request(source_id: str, visit: HereDep, form: Sent) -> Response:
    def do(done: Act, body: UnsealingRequest) -> None:
        source, hazard = sources.source_for(done.session, source_id, _O.REQUEST_UNSEALING, by=done.by)
        unsealing.request_unsealing(done.session, source, hazard, body, by=done.by, at=done.at)
        done.leads_to = "/unsealings"

    return _request(visit, source_id).take(form, do)


@router.get("/unsealings/{request_id}/approval", openapi_extra={"x-operation": _O.APPROVE_UNSEALING})
def ask_approval(request_id: str, visit: HereDep) -> Response:
    return _approval(visit, request_id).ask()


@router.post("/unsealings/{request_id}/approval", openapi_extra={"x-operation": _O.APPROVE_UNSEALING})
def approve(request_id: str, visit: HereDep, form: Sent) -> Response:
    def do(done: Act, _body: Approval) -> None:
        unsealing.approve_unsealing(done.session, request_id, by=done.by, at=done.at)

    return _approval(visit, request_id).take(form, do)


@router.get("/unsealings/{request_id}/identity", openapi_extra={"x-operation": _O.READ_UNSEALED})
def identity(request_id: str, visit: HereDep) -> Response:
    """Each reading is an event the auditor sees."""
    access.require(visit.by, _O.READ_UNSEALED)
    if not is_proved(visit, _O.READ_UNSEALED):
        return to_prove(visit)
    ring = Keyring(visit.held.settings.key_dir)
    with writing(visit.held.engine) as session, session.begin():
        found = unsealing.read_unsealed(session, ring, request_id, by=visit.by, at=visit.at)
    return page(visit.request, "unsealed.html", found=found)


def _request(visit: Here, source_id: str) -> OfficePaper:
    with visit.looking() as session:
        _, hazard = sources.source_for(session, source_id, _O.REQUEST_UNSEALING, by=visit.by)
    return OfficePaper(
        visit, _O.REQUEST_UNSEALING, "申请启封举报人身份", f"/reports/{source_id}/unsealing", UnsealingRequest,
        fields_of(UnsealingRequest, {}), back=f"/hazards/{hazard.no}/reports", lead=LEAD, facts=[("隐患", hazard.no)],
    )  # fmt: skip


def _approval(visit: Here, request_id: str) -> OfficePaper:
    """Raises: NotPermitted when it is not this person's to approve, or no longer."""
    access.require(visit.by, _O.APPROVE_UNSEALING)
    with visit.looking() as session:
        waiting = {row.id: row for row in unsealing.waiting(session, by=visit.by, at=visit.at)}
    if request_id not in waiting:
        raise NotPermitted(
            "该申请不由您批准，或已批准、已失效。",
            rule="启封须由不同单位的另一人批准",
            remedy="请从启封申请清单中打开。",
        )
    row = waiting[request_id]
    return OfficePaper(
        visit, _O.APPROVE_UNSEALING, "批准启封举报人身份", f"/unsealings/{request_id}/approval", Approval, (), back="/unsealings",
        button="批准", lead="批准后申请人在15分钟内可以查看举报人身份。",
        facts=[("隐患", row.no), ("启封事由", visit.say(UnsealingGround(row.ground).label)), ("具体理由", row.reason)],
    )  # fmt: skip
