"""Answer a letter of supervision 答复督办函, or report how an instruction was carried out 报告批示落实情况."""

from collections.abc import Sequence

from fastapi import APIRouter
from starlette.responses import RedirectResponse, Response

from models.instant import instant_of
from models.permissions import Operation
from services import access, answers, duties
from web.acting import act
from web.desk import Here, HereDep, Sent, text_of
from web.faults import Fault
from web.inbox import label_of
from web.rendering import page

router = APIRouter()
RIGHT = {"x-operation": Operation.WORK_ITEMS, "x-operations": tuple(answers.OPERATIONS.values())}
LENGTH = range(5, 4001)
FAULT = "请填写答复内容，5至4000字。"


@router.get("/inbox/{item_id}/answer", openapi_extra=RIGHT)
def ask(item_id: str, visit: HereDep) -> Response:
    return _form(visit, item_id)


@router.post("/inbox/{item_id}/answer", openapi_extra=RIGHT)
def answer(item_id: str, visit: HereDep, form: Sent) -> Response:
    words = text_of(form, "answer").strip().replace("\r\n", "\n")
    if len(words) not in LENGTH:
        return _form(visit, item_id, words, [("answer", FAULT)], 422)
    with act(visit, form, Operation.WORK_ITEMS) as done:
        item = answers.item_to_answer(done.session, item_id, by=visit.by)
        access.require(visit.by, answers.OPERATIONS[item.kind])
        duties.lock_hazard_of(done.session, item_id)
        at = instant_of(done.session, visit.at)  # under the lock: what waited for it is later
        answers.answer(done.session, item, words, by=visit.by.under(answers.OPERATIONS[item.kind]), at=at)
        done.leads_to = f"/hazards/{item.no}?done=answer"
    return RedirectResponse(done.leads_to, 303)


def _form(visit: Here, item_id: str, words: str = "", faults: Sequence[Fault] = (), status: int = 200) -> Response:
    with visit.looking() as session:
        item = answers.item_to_answer(session, item_id, by=visit.by)
        access.require(visit.by, answers.OPERATIONS[item.kind])
        asked = answers.asked_in(session, item)
    return page(visit.request, "answer.html", status=status, row=item, label=label_of(item), asked=asked, words=words,
                faults=list(faults))  # fmt: skip
