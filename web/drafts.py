"""草稿: one's drafts in a list and their removal; what a form keeps while it is being filled in."""

import json
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from fastapi import APIRouter
from starlette.responses import RedirectResponse, Response

from models.decisions import DecisionCode
from models.draft import INSTRUCTION, REPORT
from models.engine import writing
from models.errors import InvalidInput
from models.permissions import Operation
from models.process import MOVES, moves_at
from models.stage import Step
from services import access, drafts
from web.acting import act
from web.assets import local_path
from web.desk import Here, HereDep, Sent, text_of
from web.faults import Fault
from web.fields import Field, leaves
from web.inbox import label_of
from web.inbox_filters import VIEWS
from web.listing import Cell, Listing, button, link, show, tag, when, word
from web.reading import Values, counts_of

router = APIRouter()
RIGHT = {"x-operation": Operation.WORK_ITEMS}
COLUMNS = ("办理事项", "隐患", "保存时间", "状态", "操作")
FORMS: Mapping[str, str] = {move.resource: move.decision.label for move in MOVES} | {
    REPORT: DecisionCode.REPORT.label, INSTRUCTION: "批示",
}  # fmt: skip


class Unfinished(NamedTuple):
    """The form of a draft: what it is called, where it is, whether it can still be sent."""

    label: str
    address: str
    is_open: bool


@router.get("/drafts", openapi_extra=RIGHT)
def mine(visit: HereDep) -> Response:
    access.require(visit.by, Operation.WORK_ITEMS)
    with visit.looking() as session:
        rows = drafts.mine(session, by=visit.by)
    views = [(f"/inbox?view={code}" if code else "/inbox", label, False) for code, label in VIEWS.items()]
    lines = [_line(visit, row, _form_of(row)) for row in rows]
    return show(visit, Listing(
        title="草稿", columns=COLUMNS, rows=lines, empty="没有草稿。", views=[*views, ("/drafts", "草稿", True)],
        lead=visit.say("只有您自己看得到。办理后草稿随即删除；%(n)s天没有改动的，自动删除。", n=drafts.LIFE.days),
    ))  # fmt: skip


@router.post("/drafts/{draft_id}/removal", openapi_extra=RIGHT)
def remove(draft_id: str, visit: HereDep, form: Sent) -> Response:
    with act(visit, form, Operation.WORK_ITEMS) as done:
        drafts.remove(done.session, draft_id, by=done.by)
        done.leads_to = local_path(text_of(form, "back") or "/drafts")
    return RedirectResponse(done.leads_to, 303)


def keep(visit: Here, place: drafts.Place, fields: Sequence[Field], values: Values, *, version: int) -> list[Fault]:
    """Keep what was typed into these inputs; what stands against it."""
    known = {leaf.name for leaf in leaves(fields, counts_of(fields, values))}
    return keep_words(visit, place, {name: given for name, given in values.items() if name in known}, version=version)


def keep_words(visit: Here, place: drafts.Place, typed: Values, *, version: int = 0) -> list[Fault]:
    try:
        with writing(visit.held.engine) as session, session.begin():
            drafts.keep(session, place, typed, version=version, by=visit.by, at=visit.at)
    except InvalidInput as refusal:
        return [("", f"{refusal.detail}{refusal.remedy}")]
    return []


def _form_of(row: Any) -> Unfinished:
    if row.kind:
        return Unfinished(label_of(row), f"/inbox/{row.resource}/answer", row.closed_at is None)
    label = FORMS[row.resource]
    if row.resource in {REPORT, INSTRUCTION}:
        return Unfinished(label, f"/hazards/{row.no}/instruction" if row.no else "/report", is_open=True)
    is_open = any(move.resource == row.resource for move in moves_at(Step(row.step)))
    return Unfinished(label, f"/hazards/{row.no}/decisions/{row.resource}", is_open)


def _line(visit: Here, row: Any, form: Unfinished) -> Sequence[Cell]:
    """What can no longer be answered has no page any more: its words are shown here."""
    gone = bool(row.kind) and not form.is_open
    words = "".join(json.loads(row.answers).get("answer", ())) if gone else ""
    return (
        Cell(form.label, words, href="" if gone else form.address, coined=True),
        link(f"/hazards/{row.no}", row.place, row.no) if row.no else word("新上报"),
        when(row.saved_at), tag("blue", "可以办理") if form.is_open else tag("grey", "已不能办理"),
        button(f"/drafts/{row.id}/removal", "删除草稿", f"{row.no or ''} {visit.say(form.label)}"),
    )  # fmt: skip
