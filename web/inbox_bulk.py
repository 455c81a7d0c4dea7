"""待办, several at once: claim them, or lay them on one of the unit's people; each its own transaction and result."""

from collections.abc import Callable

from fastapi import APIRouter
from sqlalchemy.exc import OperationalError
from starlette.datastructures import FormData
from starlette.responses import RedirectResponse, Response

from models.errors import DomainError, InvalidInput, NotFound
from models.permissions import Operation
from services import access, inbox, staffing
from web.acting import Act, Replayed, act, told_under
from web.desk import Here, HereDep, Sent, text_of
from web.inbox import RIGHT, label_of
from web.rendering import page

router = APIRouter()
MOST = 100
_BUSY = "数据库繁忙，请稍后重试。"
DONE = {"claimed": "已领取", "assigned": "已指派", "": "未办"}


@router.post("/inbox/claims", openapi_extra=RIGHT)
def claim(visit: HereDep, form: Sent) -> Response:
    def take(done: Act, item_id: str) -> str:
        inbox.claim_item(done.session, item_id, by=done.by)
        return "claimed"

    return _each(visit, form, Operation.WORK_ITEMS, take)


@router.post("/inbox/assignments", openapi_extra={"x-operation": Operation.ASSIGN_PERSON})
def assign(visit: HereDep, form: Sent) -> Response:
    person = text_of(form, "person")
    if not person:
        raise InvalidInput("没有选择办理人。", rule="部门内指派", remedy="请返回待办，选择办理人后再指派。")

    def lay(done: Act, item_id: str) -> str:
        staffing.assign_person(done.session, item_id, person, by=done.by, at=done.at)
        return "assigned"

    return _each(visit, form, Operation.ASSIGN_PERSON, lay)


@router.get("/inbox/results/{key}", openapi_extra=RIGHT)
def results(key: str, visit: HereDep) -> Response:
    """What became of each row; a refused one undid no other."""
    with visit.looking() as session:
        told = told_under(session, visit.by, key)
    if told is None:
        raise NotFound("没有找到这次办理的结果。", remedy="请返回待办列表。")
    return page(visit.request, "inbox_results.html", told=told, done=DONE, failed=sum(not row[2] for row in told))


def _each(visit: Here, form: FormData, operation: Operation, carry_out: Callable[[Act, str], str]) -> Response:
    access.require(visit.by, operation)
    chosen = [str(item) for item in dict.fromkeys(form.getlist("item"))][:MOST]
    if not chosen:
        raise InvalidInput("没有选择待办。", rule="批量办理", remedy="请返回待办，勾选后再办理。")
    rows = [_row(visit, form, number, item_id, operation, carry_out) for number, item_id in enumerate(chosen)]
    with act(visit, form, operation) as done:
        done.told = rows
        done.leads_to = f"/inbox/results/{text_of(form, 'key')}"
    return RedirectResponse(done.leads_to, 303)


def _row(
    visit: Here, form: FormData, number: int, item_id: str, operation: Operation, carry_out: Callable[[Act, str], str]
) -> list[str]:
    """The hazard's number, what waited there, what was done, and why not; under a key of the row's own."""
    no, label = _named(visit, item_id)
    one = FormData(
        [("key", f"{text_of(form, 'key')}-{number}"), ("item", item_id), ("person", text_of(form, "person"))]
    )
    try:
        with act(visit, one, operation) as done:
            done.leads_to = carry_out(done, item_id)
    except Replayed as again:
        return [no, label, again.leads_to, ""]
    except DomainError as refusal:
        return [no, label, "", f"{refusal.detail}{refusal.remedy}"]
    except OperationalError:
        return [no, label, "", _BUSY]
    return [no, label, done.leads_to, ""]


def _named(visit: Here, item_id: str) -> tuple[str, str]:
    try:
        with visit.looking() as session:
            row = inbox.item(session, item_id, by=visit.by)
    except NotFound:
        return "", ""
    return row.no or "", label_of(row)
