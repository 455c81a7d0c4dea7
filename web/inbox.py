"""待办: what waits for me or my unit, soonest due first; claim and release."""

from collections.abc import Sequence
from datetime import date
from typing import Any

from fastapi import APIRouter
from sqlmodel import Session
from starlette.responses import RedirectResponse, Response

from models.correspondence import INSTRUCTION
from models.decisions import DecisionCode
from models.errors import InvalidInput
from models.permissions import Operation
from models.process import STEPS
from models.saved_filter import FilteredList
from models.source import CLOCKS_OF_REPORTERS
from models.stage import Clock, Step
from services import (
    access,
    answers,
    drafts,
    duties,
    inbox,
    lookups,
    policies,
    saved_filters,
    staffing,
    supervision,
    unsealing,
)
from services.keyset import position
from services.watches import Watch
from web import moments
from web.acting import act
from web.assets import local_path
from web.desk import Here, HereDep, Sent, text_of
from web.faults import Fault
from web.inbox_filters import STATES, VIEWS, AskedInboxDep
from web.paging import next_page
from web.rendering import page

router = APIRouter()
RIGHT = {"x-operation": Operation.WORK_ITEMS}
PAGE = 30
STAGES = tuple(dict.fromkeys(info.stage for info in STEPS.values() if not info.is_end))


@router.get("/inbox", openapi_extra=RIGHT)
def show(visit: HereDep, asked: AskedInboxDep, cursor: str = "") -> Response:
    access.require(visit.by, Operation.WORK_ITEMS)
    place = position(cursor, inbox.Position)
    followed = asked.view == "followed"
    with visit.looking() as session:
        soon = supervision.watching(session, Watch.SOON, at=visit.at)
        rows = inbox.work_items(
            session, by=visit.by, mine_only=asked.view == "mine", after=place, limit=PAGE + 1, followed=followed,
            narrowed=asked.narrowed(soon),
        )  # fmt: skip
        lines = _lines(visit, session, rows[:PAGE])
        people, typed = staffing.people_under(session, by=visit.by), drafts.count(session, by=visit.by)
        kept = saved_filters.kept_for(session, by=visit.by, narrows=FilteredList.INBOX)
        units = lookups.units_named(session, visit.by.unit_ids)
        unseals = visit.by.grant_for(Operation.APPROVE_UNSEALING)
        unsealings = len(unsealing.waiting(session, by=visit.by, at=visit.at)) if unseals else 0
    last = rows[PAGE - 1] if len(rows) > PAGE else None
    more = next_page(visit.request, last.follow_up_at if followed else last.due_at, last.id) if last else ""
    return page(visit.request, "inbox.html", lines=lines, more=more, views=VIEWS, asked=asked, people=people, kept=kept,
                stages=STAGES, states=STATES, own_units=units, drafts=typed, unsealings=unsealings)  # fmt: skip


def _lines(visit: Here, session: Session, rows: Any) -> list[dict[str, Any]]:
    calendar = policies.calendar(session, policies.newest(session).calendar)
    reasons = inbox.reasons_of(session, rows)
    names = lookups.names_of(session, {row.assignee_id for row in rows if row.assignee_id})
    return [
        {
            "row": row,
            "label": label_of(row),
            "light": moments.light(row.due_at, now=visit.at, calendar=calendar, say=visit.say),
            "reason": reasons.get((row.no, row.due_at), ""),
            "holder": names.get(row.assignee_id or "", ""),
            "is_mine": row.assignee_id == visit.by.person_id,
            "of_reporters": row.kind in CLOCKS_OF_REPORTERS,
            "answers": not row.is_move and row.kind in answers.OPERATIONS,
            "year": duties.year_asked_for(row.origin) if row.kind == duties.CALENDAR_YEAR else "",
            "follow_up": moments.day(row.follow_up_at) if row.follow_up_at else "",
        }
        for row in rows
    ]


_OTHERS = {INSTRUCTION: "报告批示落实情况", duties.CALENDAR_YEAR: "导入工作日历年度"}


def label_of(row: Any) -> str:
    """What an item asks for: the step it waits at, or the duty."""
    if row.is_move:
        return STEPS[Step(row.kind)].label
    if row.kind in _OTHERS:
        return _OTHERS[row.kind]
    return Clock(row.kind).label if row.kind in set(Clock) else DecisionCode(row.kind).label


@router.post("/inbox/{item_id}/claim", openapi_extra=RIGHT)
def claim(item_id: str, visit: HereDep, form: Sent) -> Response:
    with act(visit, form, Operation.WORK_ITEMS) as done:
        inbox.claim_item(done.session, item_id, by=done.by)
        done.leads_to = local_path(text_of(form, "back"))
    return RedirectResponse(done.leads_to, 303)


@router.post("/inbox/{item_id}/release", openapi_extra=RIGHT)
def release(item_id: str, visit: HereDep, form: Sent) -> Response:
    with act(visit, form, Operation.WORK_ITEMS) as done:
        inbox.release_item(done.session, item_id, by=done.by)
        done.leads_to = local_path(text_of(form, "back"))
    return RedirectResponse(done.leads_to, 303)


@router.get("/inbox/{item_id}/follow-up", openapi_extra=RIGHT)
def ask_follow_up(item_id: str, visit: HereDep) -> Response:
    return _follow_up_form(visit, item_id)


@router.post("/inbox/{item_id}/follow-up", openapi_extra=RIGHT)
def follow_up(item_id: str, visit: HereDep, form: Sent) -> Response:
    """One's own reminder; left blank, it is forgotten. No deadline moves."""
    chosen = text_of(form, "on").strip()
    try:
        with act(visit, form, Operation.WORK_ITEMS) as done:
            if chosen:
                staffing.follow_up(done.session, item_id, _day(chosen), by=done.by, at=done.at)
            else:
                staffing.forget_follow_up(done.session, item_id, by=done.by)
            done.leads_to = "/inbox?view=followed" if chosen else "/inbox"
    except InvalidInput as refusal:
        return _follow_up_form(visit, item_id, chosen, [("on", refusal.detail)], refusal.status)
    return RedirectResponse(done.leads_to, 303)


def _follow_up_form(
    visit: Here, item_id: str, on: str = "", faults: Sequence[Fault] = (), status: int = 200
) -> Response:
    with visit.looking() as session:
        row = inbox.item(session, item_id, by=visit.by)
    kept = moments.day(row.follow_up_at) if row.follow_up_at else ""
    return page(visit.request, "follow_up.html", status=status, row=row, label=label_of(row), kept=kept, on=on or kept,
                faults=list(faults))  # fmt: skip


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError as unreadable:
        raise InvalidInput("日期不能识别。", rule="跟进日期", remedy="请按2026-11-23的样式填写日期。") from unreadable
