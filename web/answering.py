"""Answer a letter of supervision 答复督办函, or report how an instruction was carried out 报告批示落实情况."""

from collections.abc import Sequence

from fastapi import APIRouter
from starlette.datastructures import FormData
from starlette.responses import RedirectResponse, Response

from models.correspondence import INSTRUCTION
from models.errors import NotFound
from models.permissions import Operation
from models.phrase import Writing
from models.stage import Clock
from services import access, answers, duties
from services import drafts as kept
from web import drafts, offering
from web.acting import act
from web.desk import Here, HereDep, Sent, text_of
from web.faults import Fault
from web.inbox import label_of
from web.offering import NO_OFFER, Offer
from web.rendering import page

router = APIRouter()
RIGHT = {"x-operation": Operation.WORK_ITEMS, "x-operations": tuple(answers.OPERATIONS.values())}
LENGTH = range(5, 4001)
WRITINGS = {str(Clock.ANSWER): Writing.LETTER_ANSWER, INSTRUCTION: Writing.INSTRUCTION_REPORT}
"""By kind of the item, which phrases fit."""
FAULT = "请填写答复内容，5至4000字。"


@router.get("/inbox/{item_id}/answer", openapi_extra=RIGHT)
def ask(item_id: str, visit: HereDep) -> Response:
    with visit.looking() as session:
        item = answers.item_to_answer(session, item_id, by=visit.by)
        draft = kept.kept(session, kept.Place(item.hazard_id, item_id), by=visit.by)
    return _form(visit, item_id, "".join(draft.answers["answer"]) if draft else "", draft=draft)


@router.post("/inbox/{item_id}/answer", openapi_extra=RIGHT)
def answer(item_id: str, visit: HereDep, form: Sent) -> Response:
    """Who finds it answered by another gets their words back, to be copied."""
    words = text_of(form, "answer").strip().replace("\r\n", "\n")
    step = text_of(form, "step")
    try:
        if step.startswith(offering.STEPS):
            return _with_phrases(visit, item_id, words, step)
        if step == "draft" or len(words) not in LENGTH:
            return _unfinished(visit, item_id, words, is_draft=step == "draft")
        return _answer(visit, item_id, words, form)
    except NotFound as gone:
        gone.extra["typed"] = [words]
        raise


def _answer(visit: Here, item_id: str, words: str, form: FormData) -> Response:
    with act(visit, form, Operation.WORK_ITEMS) as done:
        item = answers.item_to_answer(done.session, item_id, by=visit.by)
        access.require(visit.by, answers.OPERATIONS[item.kind])
        duties.lock_hazard_of(done.session, item_id)
        at = visit.held.instant(done.session)  # under the lock: what waited for it is later
        answers.answer(done.session, item, words, by=visit.by.under(answers.OPERATIONS[item.kind]), at=at)
        kept.forget(done.session, kept.Place(item.hazard_id, item_id), by=done.by)
        done.leads_to = f"/hazards/{item.no}?done=answer"
    return RedirectResponse(done.leads_to, 303)


def _unfinished(visit: Here, item_id: str, words: str, *, is_draft: bool) -> Response:
    """Kept, be it on request or because it cannot be sent yet."""
    with visit.looking() as session:
        place = kept.Place(answers.item_to_answer(session, item_id, by=visit.by).hazard_id, item_id)
    faults = drafts.keep_words(visit, place, {"answer": [words]})
    if is_draft and not faults:
        return RedirectResponse(f"/inbox/{item_id}/answer", 303)
    return _form(visit, item_id, words, faults or [("answer", FAULT)], 422)


def _with_phrases(visit: Here, item_id: str, words: str, step: str) -> Response:
    """What stands there is kept; the form again, with the phrases or with the one chosen."""
    with visit.looking() as session:
        item = answers.item_to_answer(session, item_id, by=visit.by)
    offer = offering.offer(visit, step, WRITINGS[item.kind], typed={"answer": words})
    words = offer.text or words
    faults = drafts.keep_words(visit, kept.Place(item.hazard_id, item_id), {"answer": [words]})
    return _form(visit, item_id, words, faults, 422 if faults else 200, offer=offer)


def _form(
    visit: Here, item_id: str, words: str = "", faults: Sequence[Fault] = (), status: int = 200, *,
    draft: kept.Kept | None = None, offer: Offer = NO_OFFER,
) -> Response:  # fmt: skip
    with visit.looking() as session:
        item = answers.item_to_answer(session, item_id, by=visit.by)
        access.require(visit.by, answers.OPERATIONS[item.kind])
        asked = answers.asked_in(session, item)
    return page(visit.request, "answer.html", status=status, row=item, label=label_of(item), asked=asked, words=words,
                faults=list(faults), draft=draft, offer=offer)  # fmt: skip
