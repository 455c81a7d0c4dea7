"""常用筛选: keep the ledger's present filters under a name, for oneself or one's unit; forget them again."""

from urllib.parse import parse_qsl

from fastapi import APIRouter
from starlette.responses import RedirectResponse, Response

from models.permissions import Operation
from services import saved_filters
from web.acting import act
from web.desk import HereDep, Sent, text_of
from web.filters import Asked, made

router = APIRouter()
RIGHT = {"x-operation": Operation.LIST_HAZARDS}
_LONGEST_NAME = 30


@router.post("/filters", openapi_extra=RIGHT)
def keep(visit: HereDep, form: Sent) -> Response:
    known = {name: value for name, value in parse_qsl(text_of(form, "query")) if name in vars(Asked())}
    asked = made(visit, known)
    with act(visit, form, Operation.LIST_HAZARDS) as done:
        name, unit = text_of(form, "name").strip()[:_LONGEST_NAME], text_of(form, "unit") or None
        saved_filters.save(done.session, name, asked.query, unit_id=unit, by=done.by, at=done.at)
        done.leads_to = f"/hazards?{asked.query}"
    return RedirectResponse(done.leads_to, 303)


@router.post("/filters/{filter_id}/removal", openapi_extra=RIGHT)
def remove(filter_id: str, visit: HereDep, form: Sent) -> Response:
    with act(visit, form, Operation.LIST_HAZARDS) as done:
        saved_filters.remove(done.session, filter_id, by=done.by)
        done.leads_to = "/hazards"
    return RedirectResponse(done.leads_to, 303)
