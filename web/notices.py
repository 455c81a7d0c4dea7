"""站内通知: what one was told here, newest first, and taking note of it."""

from typing import Annotated

from fastapi import APIRouter, Query
from starlette.responses import RedirectResponse, Response

from models.permissions import Operation
from services import own_notices
from services.keyset import position
from web.acting import act
from web.assets import local_path
from web.desk import HereDep, Sent, text_of
from web.paging import next_page
from web.rendering import page

router = APIRouter()
RIGHT = {"x-operation": Operation.OWN_ACCOUNT}
PAGE = 30
VIEWS = {"": "全部", "unread": "未读"}


@router.get("/notices", openapi_extra=RIGHT)
def show(visit: HereDep, view: Annotated[str, Query(max_length=20)] = "", cursor: str = "") -> Response:
    place = position(cursor, own_notices.Position)
    with visit.looking() as session:
        rows = own_notices.told(session, by=visit.by, unread=view == "unread", after=place, limit=PAGE + 1)
    last = rows[PAGE - 1] if len(rows) > PAGE else None
    return page(visit.request, "notices.html", rows=rows[:PAGE], views=VIEWS, view=view if view in VIEWS else "",
                more=next_page(visit.request, last.created_at, last.id) if last else "")  # fmt: skip


@router.post("/notices/readings", openapi_extra=RIGHT)
def read(visit: HereDep, form: Sent) -> Response:
    """One notice by its own button, or all the page showed."""
    one = text_of(form, "one")
    wanted = [one] if one else [str(value) for value in form.getlist("notice")]
    with act(visit, form, Operation.OWN_ACCOUNT) as done:
        own_notices.read(done.session, wanted, by=done.by, at=done.at)
        done.leads_to = local_path(text_of(form, "back"))
    return RedirectResponse(done.leads_to, 303)
