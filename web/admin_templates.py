"""通知模板: the words of each kind of notice, the office's own in their place, read before they are proposed."""

from typing import Any

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict, Field
from starlette.responses import Response

from models.errors import DomainError, NotFound
from models.forms.fields import OptionalLine, Text
from models.permissions import Operation
from models.proposal import ActKind
from notifications import own_words, wording
from services import access
from web import faults
from web.acting import Act
from web.desk import Here, HereDep, Sent, text_of
from web.fields import fields_of
from web.listing import Listing, link, show, tag
from web.notice_words import FACTS, NOTICES, notice_of
from web.office_paper import OfficePaper
from web.reading import values_of
from web.second_person import put_forward, second_person_of

router = APIRouter()
EDIT = {"x-operation": Operation.EDIT_TEMPLATES}
COLUMNS = ("通知", "用哪种文字")
EDITABLE = tuple(topic for topic in NOTICES if topic not in own_words.NOT_EDITABLE)


class TemplateForm(BaseModel):
    model_config = ConfigDict(extra="forbid", str_strip_whitespace=True)

    subject: OptionalLine = Field(title="标题")
    body: Text = Field(title="正文")


@router.get("/admin/templates", openapi_extra=EDIT)
def listing(visit: HereDep) -> Response:
    access.require(visit.by, Operation.EDIT_TEMPLATES)
    with visit.looking() as session:
        own = {topic for topic in EDITABLE if own_words.newest(session, topic)}
    rows = [
        (link(f"/admin/templates/{topic}", visit.say(NOTICES[topic])), tag("blue", "本单位文字") if topic in own else tag("grey", "出厂文字"))
        for topic in EDITABLE
    ]  # fmt: skip
    return show(visit, Listing(title="通知模板", columns=COLUMNS, rows=rows, back="/admin",
                               lead="通知只说事实，不含隐患详情和举报人。修改须由另一人批准后生效。"))  # fmt: skip


@router.get("/admin/templates/{topic}", openapi_extra=EDIT)
def ask(topic: str, visit: HereDep) -> Response:
    return _paper(visit, topic).ask()


@router.post("/admin/templates/{topic}", openapi_extra=EDIT)
def propose(topic: str, visit: HereDep, form: Sent) -> Response:
    """Read it first, propose it, or propose the shipped words again."""
    paper, step = _paper(visit, topic), text_of(form, "step")
    if step == "preview":
        return _read(paper, topic, form)

    def do(done: Act, body: Any) -> None:
        words = wording.Words("", "") if step == "restore" else wording.Words(body.subject, body.body)
        own_words.check(topic, words)
        payload = second_person_of(visit.request).template(done.session, topic, words)
        put_forward(done, visit.request, ActKind.EDIT_TEMPLATE, payload)

    return paper.carry_out(form, None, do) if step == "restore" else paper.take(form, do)


def _read(paper: OfficePaper, topic: str, form: Any) -> Response:
    paper.values = values_of(form)
    words = wording.Words(text_of(form, "subject").strip(), text_of(form, "body").replace("\r\n", "\n").strip())
    try:
        own_words.check(topic, words)
    except DomainError as refusal:
        return paper.ask(
            faults=faults.of_refusal(refusal, paper.fields, paper.visit.say), status=refusal.status
        )  # fmt: skip
    facts = {name: f"〔{paper.visit.say(FACTS.get(name, name))}〕" for name in wording.facts_of(topic)}
    paper.shown = {**paper.shown, "preview": wording.render_own(words, facts)}
    return paper.ask()


def _paper(visit: Here, topic: str) -> OfficePaper:
    """Raises: NotPermitted, NotFound."""
    access.require(visit.by, Operation.EDIT_TEMPLATES)
    if topic not in EDITABLE:
        raise NotFound("没有这类通知，或其模板不能修改。", remedy="请从通知模板中打开。")
    with visit.looking() as session:
        own = own_words.newest(session, topic)
    held = own or wording.shipped(topic)
    facts = [(name, FACTS.get(name, name)) for name in sorted(wording.facts_of(topic))]
    return OfficePaper(
        visit, Operation.EDIT_TEMPLATES, title="修改通知模板", action=f"/admin/templates/{topic}", model=TemplateForm,
        fields=fields_of(TemplateForm, {}), back="/admin/templates", button="提出", facts=(("通知", visit.say(notice_of(topic))),),
        values={"subject": [held.subject], "body": [held.body]}, template="template_form.html",
        shown={"usable": facts, "own": own is not None, "preview": None},
    )  # fmt: skip
