"""The public's report 群众举报 without an account: one question to a page, and at the end the number and the code."""

from collections.abc import Sequence
from dataclasses import asdict
from datetime import timedelta

from fastapi import APIRouter
from starlette.datastructures import FormData
from starlette.responses import Response

from models.actor import PUBLIC
from models.engine import writing
from models.errors import DomainError
from models.forms.tip_off import NamedReport, PublicReport
from models.permissions import Operation
from services import access, codes, photos, public_reports, sources
from web import cookies, sealed
from web.assets import OPEN
from web.desk import FormNotOurs, Sent, text_of
from web.faults import Fault, of_refusal
from web.guests import Guest, GuestDep, Photo, holder_of, photos_in
from web.questions import Question, Sheet
from web.rendering import new_key, page
from web.showing import shown_answers

router = APIRouter()
REPORT = {"x-operation": Operation.REPORT_ANONYMOUSLY, "x-operations": (Operation.REPORT_BY_NAME,)}
_PATIENCE = timedelta(hours=2)
"""How long answers may be on their way."""


@router.get("/public", openapi_extra=OPEN)
def start(guest: GuestDep) -> Response:
    return page(guest.request, "public.html")


@router.get("/public/report", openapi_extra=REPORT)
def begin(guest: GuestDep) -> Response:
    sheet = Sheet(new_key())
    return _ask(guest, sheet, sheet.questions[0])


@router.post("/public/report", openapi_extra=REPORT)
def answer(guest: GuestDep, form: Sent) -> Response:
    """The next question, or the answers once more when there is none left."""
    sheet, step = _opened(guest, form), text_of(form, "step")
    if step.startswith("change:"):
        return _ask(guest, sheet, sheet.asked(step.removeprefix("change:")))
    question = sheet.asked(text_of(form, "question"))
    wrong = sheet.take(question, form, guest.say)
    if step == "back":
        sheet.done = [name for name in sheet.done if name != question.name]
        return _ask(guest, sheet, sheet.before(question) or question)
    if wrong:
        return _ask(guest, sheet, question, wrong)
    return _on(guest, sheet)


@router.post("/public/report/taken", openapi_extra=REPORT)
def report(guest: GuestDep, form: Sent) -> Response:
    """The report itself. Sent again it is the same report with the same code; nothing of the caller stays."""
    sheet = _opened(guest, form)
    body, _ = sheet.parsed(guest.say)
    if body is None or sheet.waiting():
        return _on(guest, sheet)
    try:
        no, code = _hand_in(guest, sheet, body, photos_in(form, "photos"))
    except DomainError as refusal:
        return _refused(guest, sheet, refusal)
    response = page(guest.request, "public_done.html", no=no, code=code)
    cookies.drop(response, cookies.VISIT)
    return response


def _hand_in(guest: Guest, sheet: Sheet, body: PublicReport, taken: Sequence[Photo]) -> tuple[str, str]:
    """The hazard's number and the query code."""
    operation = Operation.REPORT_BY_NAME if isinstance(body, NamedReport) else Operation.REPORT_ANONYMOUSLY
    at, held = guest.at, guest.held
    guest.counts.report(guest.whom, at=at)
    access.require(PUBLIC, operation)
    code = codes.draw(guest.secret, operation.encode(), sheet.key.encode(), body.model_dump_json().encode())
    with writing(held.engine) as session, session.begin():
        found = public_reports.report_as_public(session, body, code=code, ring=guest.ring, at=at)
        source = sources.of_code(session, code)
        for content, shown in taken if found.is_new else ():
            photos.add_photo(
                session, guest.ring, held.settings.evidence_dir, source, content, shown, by=holder_of(code), at=at
            )
    return found.no, code


def _refused(guest: Guest, sheet: Sheet, refusal: DomainError) -> Response:
    """Back at the question it is about, or at the end; every answer is still there."""
    wrong = of_refusal(refusal, sheet.fields, guest.say)
    about = next((one for one in sheet.questions if wrong[0][0] in {field.name for field in one.fields}), None)
    if about:
        return _ask(guest, sheet, about, wrong)
    return _check(guest, sheet, [("photos", f"{refusal.detail}{refusal.remedy}")], status=refusal.status)


def _on(guest: Guest, sheet: Sheet) -> Response:
    waiting = sheet.waiting()
    return _ask(guest, sheet, waiting) if waiting else _check(guest, sheet)


def _ask(guest: Guest, sheet: Sheet, question: Question, faults: Sequence[Fault] = ()) -> Response:
    return page(
        guest.request, "public_question.html", status=422 if faults else 200, question=question, values=sheet.values,
        sealed=_closed(guest, sheet), number=sheet.questions.index(question) + 1, faults=list(faults),
        has_before=sheet.before(question) is not None,
    )  # fmt: skip


def _check(guest: Guest, sheet: Sheet, faults: Sequence[Fault] = (), *, status: int = 200) -> Response:
    answers = [(one, shown_answers(one.fields, sheet.values, {}, guest.say)) for one in sheet.questions]
    return page(
        guest.request, "public_check.html", status=status, answers=answers, sealed=_closed(guest, sheet),
        faults=list(faults),
    )  # fmt: skip


def _closed(guest: Guest, sheet: Sheet) -> str:
    folder, to = guest.held.settings.key_dir, f"report/{cookies.visit_of(guest.request)}"
    return sealed.closed(folder, asdict(sheet), to=to, until=guest.at + _PATIENCE)


def _opened(guest: Guest, form: FormData) -> Sheet:
    """Raises: FormNotOurs."""
    folder, to = guest.held.settings.key_dir, f"report/{cookies.visit_of(guest.request)}"
    found = sealed.opened(folder, text_of(form, "sealed"), to=to, at=guest.at)
    if found is None:
        raise FormNotOurs("这个表单已失效，或不是从本站打开的。", rule="填写的内容只在表单里，不在服务器上，两小时内有效",
                          remedy="请重新开始填写。")  # fmt: skip
    return Sheet(**found)
