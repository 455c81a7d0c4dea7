"""站内通知: what a person was told, newest first; all of it is marked as read at once."""

from fastapi import APIRouter
from starlette.responses import RedirectResponse, Response

from models.permissions import Operation
from services import access, own_notices
from web.acting import act
from web.desk import HereDep, Sent
from web.paging import next_page, position
from web.rendering import page

router = APIRouter()
RIGHT = {"x-operation": Operation.OWN_ACCOUNT}
PAGE = 30


@router.get("/notices", openapi_extra=RIGHT)
def show(visit: HereDep, cursor: str = "") -> Response:
    access.require(visit.by, Operation.OWN_ACCOUNT)
    place = position(cursor, own_notices.Position)
    with visit.looking() as session:
        rows = own_notices.listed(session, by=visit.by, after=place, limit=PAGE + 1)
    last = rows[PAGE - 1] if len(rows) > PAGE else None
    more = next_page(visit.request, last.created_at, last.id) if last else ""
    return page(visit.request, "notices.html", rows=rows[:PAGE], more=more, unread=any(row.read_at is None for row in rows))


@router.post("/notices/reading", openapi_extra=RIGHT)
def read(visit: HereDep, form: Sent) -> Response:
    with act(visit, form, Operation.OWN_ACCOUNT) as done:
        own_notices.read_all(done.session, by=done.by, at=done.at)
        done.leads_to = "/notices"
    return RedirectResponse(done.leads_to, 303)
