"""运行: deliveries and dead letters, incidents, and what flows have not carried out yet; each with its remedy."""

from typing import Any

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict, Field
from starlette.responses import RedirectResponse, Response

from models.errors import NotFound
from models.incident import IncidentKind
from models.outbox import INAPP, NoticeState, Topic
from models.permissions import Operation
from notifications import notices
from services import access, deliveries, incidents, outbox, trail
from services.keyset import position
from web.acting import Act, act
from web.desk import Here, HereDep, Sent
from web.fields import fields_of
from web.listing import Cell, Listing, button, link, show, tag, when, word
from web.notice_words import notice_of
from web.office_paper import OfficePaper
from web.paging import next_page
from web.values import TOPICS

router = APIRouter()
RETRY = {"x-operation": Operation.RETRY_DEAD_LETTER}
PAGE = 50
MOST = 100
DELIVERY_COLUMNS = ("时间", "收件人", "事项", "渠道", "状态", "操作")
INCIDENT_COLUMNS = ("发现时间", "异常", "情况", "处理")
FLOW_COLUMNS = ("隐患", "事项", "提出时间", "已试次数", "下次办理", "操作")
STATES = {NoticeState.QUEUED: "等待发送", NoticeState.SENT: "已送达", NoticeState.DEAD: "失败"}
DONE = {"retried": "已重新排队发送。", "settled": "异常已处理。", "repaired": "已设为立即办理。"}
VIEWS = (("", "全部"), ("dead", "失败"), ("queued", "等待发送"))
KINDS = {kind: kind.label for kind in IncidentKind}
_COLOURS = {NoticeState.QUEUED: "amber", NoticeState.SENT: "green", NoticeState.DEAD: "red"}


class Settling(BaseModel):
    model_config = ConfigDict(extra="forbid", str_strip_whitespace=True)

    remark: str = Field(min_length=2, max_length=1000, title="处理情况")


@router.get("/admin/deliveries", openapi_extra={"x-operation": Operation.VIEW_DELIVERIES})
def ledger(visit: HereDep, state: str = "", cursor: str = "", done: str = "") -> Response:
    state = state if state in set(NoticeState) else ""
    with visit.looking() as session:
        place = position(cursor, deliveries.Position)
        rows = deliveries.ledger(session, by=visit.by, state=state, after=place, limit=PAGE + 1)
    retries = visit.by.grant_for(Operation.RETRY_DEAD_LETTER) is not None
    last = rows[PAGE - 1] if len(rows) > PAGE else None
    lines = [
        (when(row.created_at), Cell(row.name), word(notice_of(row.topic), row.no or ""),
         word("站内通知") if row.channel_id == INAPP else Cell(row.channel or "—"),
         tag(_COLOURS[row.state], STATES[row.state], row.last_error or ""),
         button(f"/admin/deliveries/{row.id}/retry", "重发", row.name) if retries and row.state == NoticeState.DEAD else Cell("—"))
        for row in rows[:PAGE]
    ]  # fmt: skip
    return show(visit, Listing(
        title="通知送达", columns=DELIVERY_COLUMNS, rows=lines, back="/admin", done=DONE.get(done, ""),
        views=[(f"/admin/deliveries?state={one}" if one else "/admin/deliveries", words, one == state) for one, words in VIEWS],
        more=next_page(visit.request, last.created_at, last.id) if last else "",
    ))  # fmt: skip


@router.post("/admin/deliveries/{notice_id}/retry", openapi_extra=RETRY)
def retry(notice_id: str, visit: HereDep, form: Sent) -> Response:
    with act(visit, form, Operation.RETRY_DEAD_LETTER) as done:
        if not notices.retry_dead(done.session, notice_id, at=done.at):
            raise NotFound("没有找到失败的通知，可能已经重发。", remedy="请刷新通知送达情况。")
        trail.append_office(done.session, "DEAD_LETTER_RETRIED", by=done.by, at=done.at, facts={"notice": notice_id})
        seen = visit.by.grant_for(Operation.VIEW_DELIVERIES)
        done.leads_to = "/admin/deliveries?state=dead&done=retried" if seen else "/admin"
    return RedirectResponse(done.leads_to, 303)


@router.get("/admin/incidents", openapi_extra={"x-operation": Operation.READ_INCIDENTS})
def listing(visit: HereDep, view: str = "", done: str = "") -> Response:
    access.require(visit.by, Operation.READ_INCIDENTS)
    with visit.looking() as session:
        rows = incidents.listed(session, settled=view == "all", limit=MOST)
    settles = visit.by.grant_for(Operation.SETTLE_INCIDENT) is not None
    lines = [
        (when(row.opened_at), word(KINDS[IncidentKind(row.kind)], row.subject), Cell(row.what), _settled(row.id, row.settled_at, row.remark, settles))
        for row in rows
    ]  # fmt: skip
    return show(visit, Listing(
        title="异常", columns=INCIDENT_COLUMNS, rows=lines, back="/admin", done=DONE.get(done, ""), empty="没有待处理的异常。",
        views=(("/admin/incidents", "待处理", view != "all"), ("/admin/incidents?view=all", "全部", view == "all")),
    ))  # fmt: skip


def _settled(incident_id: str, settled_at: object, remark: str, settles: bool) -> Cell:
    if settled_at is not None:
        return tag("green", "已处理", remark)
    return Cell("处理", href=f"/admin/incidents/{incident_id}", coined=True) if settles else tag("amber", "待处理")


@router.get("/admin/incidents/{incident_id}", openapi_extra={"x-operation": Operation.SETTLE_INCIDENT})
def ask_settlement(incident_id: str, visit: HereDep) -> Response:
    return _settlement(visit, incident_id).ask()


@router.post("/admin/incidents/{incident_id}", openapi_extra={"x-operation": Operation.SETTLE_INCIDENT})
def settle(incident_id: str, visit: HereDep, form: Sent) -> Response:
    def do(done: Act, body: Settling) -> None:
        incidents.settle(done.session, incident_id, body.remark, by=done.by, at=done.at)
        done.leads_to = "/admin/incidents?done=settled"

    return _settlement(visit, incident_id).take(form, do)


def _settlement(visit: Here, incident_id: str) -> OfficePaper:
    access.require(visit.by, Operation.SETTLE_INCIDENT)
    with visit.looking() as session:
        row = incidents.one(session, incident_id)
    return OfficePaper(
        visit, Operation.SETTLE_INCIDENT, title="处理异常", action=f"/admin/incidents/{incident_id}", model=Settling,
        fields=fields_of(Settling, {}), back="/admin/incidents",
        facts=(("异常", visit.say(KINDS[IncidentKind(row.kind)])), ("对象", row.subject), ("情况", row.what)),
    )  # fmt: skip


@router.get("/admin/flows", openapi_extra=RETRY)
def flows(visit: HereDep, done: str = "") -> Response:
    access.require(visit.by, Operation.RETRY_DEAD_LETTER)
    with visit.looking() as session:
        count, _ = outbox.waiting(session)
        rows = outbox.stuck(session, limit=MOST)
    sees = visit.by.grant_for(Operation.LIST_HAZARDS) is not None
    lines = [
        (link(f"/hazards/{row.hazard_no}", row.hazard_no) if sees and row.hazard_no else Cell(row.hazard_no or "—"),
         _topic(row), when(row.created_at), Cell(str(row.attempts)),
         word("即将办理") if row.due_at <= visit.at else when(row.due_at), _remedy(row))
        for row in rows
    ]  # fmt: skip
    return show(visit, Listing(
        title="后续流程", columns=FLOW_COLUMNS, rows=lines, back="/admin", done=DONE.get(done, ""), empty="没有等待办理的后续事项。",
        lead=visit.say("等待办理的后续事项共 %(n)s 项，试得最多的在前。修复即设为立即办理，办过的部分不会重复。", n=count),
    ))  # fmt: skip


def _topic(row: Any) -> Cell:
    said = TOPICS[Topic(row.topic)]
    return tag("red", said, row.last_error) if row.last_error else word(said)


def _remedy(row: Any) -> Cell:
    """What was never tried, or is being carried out for the first time, needs none. A run that was killed leaves no
    error, only one more attempt."""
    stuck = row.last_error or row.attempts > 1
    return button(f"/admin/flows/{row.id}/repair", "修复", row.hazard_no) if stuck else Cell("—")


@router.post("/admin/flows/{message_id}/repair", openapi_extra=RETRY)
def repair(message_id: str, visit: HereDep, form: Sent) -> Response:
    with act(visit, form, Operation.RETRY_DEAD_LETTER) as done:
        outbox.repair(done.session, message_id, by=done.by, at=done.at)
        done.leads_to = "/admin/flows?done=repaired"
    return RedirectResponse(done.leads_to, 303)
