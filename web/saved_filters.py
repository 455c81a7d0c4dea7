"""常用筛选: keep a list's present filters under a name, for oneself or one's unit; forget them; subscribe to them 订阅."""

from typing import Any

from fastapi import APIRouter
from starlette.datastructures import FormData
from starlette.responses import RedirectResponse, Response

from models.permissions import Operation
from models.saved_filter import FilteredList
from services import ledger_filters, saved_filters, subscriptions
from web import inbox_filters
from web.acting import Act, act
from web.desk import Here, HereDep, Sent, text_of

router = APIRouter()
LEDGER, INBOX = FilteredList.LEDGER, FilteredList.INBOX
RIGHT = {"x-operation": Operation.LIST_HAZARDS}
OF_INBOX = {"x-operation": Operation.WORK_ITEMS}
PATHS = {LEDGER: "/hazards", INBOX: "/inbox"}
_LONGEST_NAME = 30


@router.post("/filters", openapi_extra=RIGHT)
def keep(visit: HereDep, form: Sent) -> Response:
    asked = ledger_filters.read(text_of(form, "query"), by=visit.by)
    return _keep(visit, form, LEDGER, asked.query, Operation.LIST_HAZARDS)


@router.post("/inbox/filters", openapi_extra=OF_INBOX)
def keep_of_inbox(visit: HereDep, form: Sent) -> Response:
    return _keep(visit, form, INBOX, inbox_filters.read(text_of(form, "query")).query, Operation.WORK_ITEMS)


def _keep(visit: Here, form: FormData, narrows: FilteredList, query: str, operation: Operation) -> Response:
    with act(visit, form, operation) as done:
        name, unit = text_of(form, "name").strip()[:_LONGEST_NAME], text_of(form, "unit") or None
        saved_filters.save(done.session, name, query, unit_id=unit, by=done.by, at=done.at, narrows=narrows)
        done.leads_to = f"{PATHS[narrows]}?{query}"
    return RedirectResponse(done.leads_to, 303)


@router.post("/filters/{filter_id}/removal", openapi_extra=RIGHT)
def remove(filter_id: str, visit: HereDep, form: Sent) -> Response:
    return _remove(visit, form, filter_id, Operation.LIST_HAZARDS)


@router.post("/inbox/filters/{filter_id}/removal", openapi_extra=OF_INBOX)
def remove_of_inbox(filter_id: str, visit: HereDep, form: Sent) -> Response:
    return _remove(visit, form, filter_id, Operation.WORK_ITEMS)


def _remove(visit: Here, form: FormData, filter_id: str, operation: Operation) -> Response:
    with act(visit, form, operation) as done:
        done.leads_to = PATHS[FilteredList(_kept(done, filter_id).narrows)]
        saved_filters.remove(done.session, filter_id, by=done.by)
    return RedirectResponse(done.leads_to, 303)


@router.post("/filters/{filter_id}/subscription", openapi_extra=RIGHT)
def subscribe(filter_id: str, visit: HereDep, form: Sent) -> Response:
    """What comes under the filter from now on is told on the morning of each working day."""
    with act(visit, form, Operation.LIST_HAZARDS) as done:
        subscriptions.subscribe(done.session, filter_id, by=done.by, at=done.at)
        done.leads_to = f"/hazards?{_kept(done, filter_id).query}"
    return RedirectResponse(done.leads_to, 303)


@router.post("/filters/{filter_id}/subscription/end", openapi_extra=RIGHT)
def unsubscribe(filter_id: str, visit: HereDep, form: Sent) -> Response:
    with act(visit, form, Operation.LIST_HAZARDS) as done:
        done.leads_to = f"/hazards?{_kept(done, filter_id).query}"
        subscriptions.unsubscribe(done.session, filter_id, by=done.by)
    return RedirectResponse(done.leads_to, 303)


def _kept(done: Act, filter_id: str) -> Any:
    return saved_filters.kept(done.session, filter_id, by=done.by)
