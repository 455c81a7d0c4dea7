"""Rules, ladder, calendar, standards and templates: read, tried out, and proposed in a new version."""

from typing import Any

from fastapi import APIRouter, Response
from pydantic import BaseModel, ConfigDict, Field

from api import template_acts
from api.desk import CurrentActor, DeskDep, OfficeDep, looking
from api.second_person import put_forward
from api.views import local
from models.edition import EditionBody
from models.forms.fields import Line, OptionalText
from models.operations import Operation
from models.proposal import ActKind
from models.standard import PolicyKind
from notifications import own_words, wording
from notifications.wording import Words
from services import access, dry_run, policy_acts

router = APIRouter(tags=["policies"])
_READ = {"x-operation": Operation.READ_REFERENCE}
_OPERATION = {kind: act.operation for kind, act in policy_acts.ACTS.items()}
_EDIT = {"x-operation": Operation.EDIT_RULES, "x-operations": [*dict.fromkeys(_OPERATION.values())]}
_TEMPLATES = {"x-operation": Operation.EDIT_TEMPLATES}


class Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", str_strip_whitespace=True)


class VersionBody(Strict):
    body: dict[str, Any] = Field(title="内容")
    source: Line = Field(title="依据（文号）")


class DraftBody(Strict):
    body: dict[str, Any] = Field(title="内容")


class TemplateBody(Strict):
    subject: OptionalText = Field(default="", title="标题")
    body: OptionalText = Field(default="", title="正文；空白为恢复出厂文字")


@router.get("/policies/{kind}", summary="规则各版本", operation_id="list_policy_versions", openapi_extra=_READ)
def versions(kind: PolicyKind, held: OfficeDep, by: CurrentActor) -> list[dict[str, Any]]:
    """The newest first; the first is in force for new hazards."""
    access.require(by, Operation.READ_REFERENCE)
    with looking(held) as session:
        found = policy_acts.versions(session, kind)
    return [row._asdict() | {"created_at": local(row.created_at)} for row in found]


@router.post("/policies/{kind}/dry-run", summary="试算：会变动的期限", operation_id="try_policy", openapi_extra=_EDIT)
def try_out(kind: PolicyKind, body: DraftBody, held: OfficeDep, by: CurrentActor) -> list[dict[str, Any]]:
    """Every running deadline whose date or next level would be another one. Nothing is written."""
    access.require(by, _OPERATION[kind])
    at = held.now()
    with looking(held) as session:
        draft = policy_acts.draft_of(session, kind, body.body, at=at)
        return [shift_view(shift) for shift in dry_run.shifts(session, draft, at=at)]


@router.post("/policies/{kind}/versions", status_code=202, summary="提出修订规则", operation_id="propose_policy",
             openapi_extra=_EDIT)  # fmt: skip
def propose(kind: PolicyKind, body: VersionBody, desk: DeskDep) -> Response:
    """202 with the proposal, which shows the dry run as it stands whenever it is looked at."""
    act = policy_acts.ACTS[kind]
    with desk.act(act.operation) as acting:
        payload = policy_acts.payload_of(acting.session, kind, body.body, body.source)
        put_forward(acting, desk.held, act.kind, payload, {"policy": kind, "version": payload["follows"] + 1})
    return desk.reply()


@router.post("/standards", status_code=202, summary="提出修订判定标准", operation_id="propose_standards",
             openapi_extra={"x-operation": Operation.EDIT_STANDARDS})  # fmt: skip
def propose_standards(body: EditionBody, desk: DeskDep) -> Response:
    with desk.act(Operation.EDIT_STANDARDS) as acting:
        put_forward(acting, desk.held, ActKind.EDIT_STANDARDS, body.model_dump(mode="json"), {"doc_no": body.doc_no})
    return desk.reply()


@router.get("/templates", summary="通知模板", operation_id="list_templates", openapi_extra=_TEMPLATES)
def templates(held: OfficeDep, by: CurrentActor) -> list[dict[str, Any]]:
    """Each topic with the office's own words, where there are any, and the facts its words may name."""
    access.require(by, Operation.EDIT_TEMPLATES)
    with looking(held) as session:
        return [
            {"topic": topic, "facts": sorted(wording.facts_of(topic)), "own": own._asdict() if own else None}
            for topic in sorted(wording.TOPICS - own_words.NOT_EDITABLE)
            for own in (own_words.newest(session, topic),)
        ]


@router.post(
    "/templates/{topic}/preview", summary="预览通知模板", operation_id="preview_template", openapi_extra=_TEMPLATES
)
def preview(topic: str, body: TemplateBody, by: CurrentActor) -> dict[str, str]:
    """How the words read, each fact shown by its name. Nothing is written."""
    access.require(by, Operation.EDIT_TEMPLATES)
    words = Words(body.subject, body.body)
    own_words.check(topic, words)
    return own_words.preview(topic, words)._asdict()


@router.post("/templates/{topic}", status_code=202, summary="提出修改通知模板", operation_id="propose_template",
             openapi_extra=_TEMPLATES)  # fmt: skip
def propose_template(topic: str, body: TemplateBody, desk: DeskDep) -> Response:
    with desk.act(Operation.EDIT_TEMPLATES) as acting:
        own_words.check(topic, Words(body.subject, body.body))
        payload = template_acts.payload_of(acting.session, topic, Words(body.subject, body.body))
        put_forward(acting, desk.held, ActKind.EDIT_TEMPLATE, payload, {"topic": topic})
    return desk.reply()


def shift_view(shift: dry_run.Shift) -> dict[str, Any]:
    return {
        "hazard_no": shift.hazard_no, "deadline_id": shift.deadline_id, "clock": shift.clock, "label": shift.clock.label,
        "due_at": local(shift.due_at), "would_be_due_at": local(shift.would_be_due_at),
        "next_level_at": local(shift.next_level_at), "would_be_next_level_at": local(shift.would_be_next_level_at),
        "reason": shift.reason,
    }  # fmt: skip
