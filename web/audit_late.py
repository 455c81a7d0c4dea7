"""逾期办理: how each unit kept its time limits in a period, and each limit that was not kept, with by how much."""

from datetime import date
from urllib.parse import urlencode

from fastapi import APIRouter
from starlette.responses import Response

from models.stage import Clock
from services import lateness, policies
from services.findings import Position
from services.keyset import position
from services.lateness import Lateness, Span, Whose
from web import moments
from web.auditor import RIGHT, day_of
from web.desk import Here
from web.listing import Cell, Filter, Listing, link, show, tag, when, word
from web.paging import next_page
from web.proving import AuditDep

router = APIRouter()
PAGE = 50
COLUMNS = ("单位", "已计时限", "逾期次数", "仍未办结", "逾期合计", "最长逾期")
LIMIT_COLUMNS = ("隐患", "时限", "限期", "办结时间", "逾期")
LEAD = "所选日期内到期的时限中，超过限期才办结或至今未办结的；天数为工作日。"
NOTHING_DUE = "这段时间没有到期的时限。"
AGAINST = {"unit": "整改责任单位", "department": "部门", "committee": "镇安委办", "approver": "审批人"}


@router.get("/audit/late", openapi_extra=RIGHT)
def late(visit: AuditDep, since: str = "", until: str = "") -> Response:
    span = _span(visit, since, until)
    with visit.looking() as session:
        rows = lateness.by_unit(session, span, by=visit.by, at=visit.at)
    lines = [
        (_whose(visit, row, span), Cell(str(row.counted)), Cell(str(row.late)), Cell(str(row.still)),
         _days(visit, row.days), _days(visit, row.longest))
        for row in rows
    ]  # fmt: skip
    return show(visit, Listing(
        title="逾期办理", lead=LEAD, columns=COLUMNS, rows=lines,
        filters=_filters(span), back="/audit", empty=NOTHING_DUE,
    ))  # fmt: skip


@router.get("/audit/late/limits", openapi_extra=RIGHT)
def late_limits(
    visit: AuditDep, unit: str = "", against: str = "unit", since: str = "", until: str = "", cursor: str = ""
) -> Response:
    span, place = _span(visit, since, until), position(cursor, Position)
    with visit.looking() as session:
        rows = lateness.limits(
            session, Whose(unit or None, against), span, by=visit.by, at=visit.at, after=place, limit=PAGE + 1
        )
        calendar = policies.calendar(session, policies.newest(session).calendar)
    last = rows[PAGE - 1] if len(rows) > PAGE else None
    lines = []
    for row in rows[:PAGE]:
        light = moments.light(row.due_at, now=row.closed_at or visit.at, calendar=calendar, say=visit.say)
        done = when(row.closed_at) if row.closed_at else tag("red", "仍未办结")
        lines.append((
            link(f"/hazards/{row.no}", row.no, row.enterprise if against == "unit" and row.enterprise else row.place),
            word(Clock(row.clock).label), Cell(when(row.due_at).text, row.reason), done, Cell(light.words),
        ))  # fmt: skip
    return show(visit, Listing(
        title="逾期的时限", lead=AGAINST.get(against, ""), columns=LIMIT_COLUMNS, rows=lines, back=f"/audit/late?{_asked(span)}",
        more=next_page(visit.request, last.due_at, last.id) if last else "",
    ))  # fmt: skip


def _span(visit: Here, since: str, until: str) -> Span:
    """What was asked; the year so far unless told."""
    today = moments.local(visit.at).date()
    return Span(day_of(since) or date(today.year, 1, 1), day_of(until) or today)


def _filters(span: Span) -> tuple[Filter, ...]:
    return (
        Filter("since", "从", span.since.isoformat(), kind="date"),
        Filter("until", "到", span.until.isoformat(), kind="date"),
    )


def _whose(visit: Here, row: Lateness, span: Span) -> Cell:
    side = AGAINST.get(row.whose.against, row.whose.against)
    words, under = (row.name, side) if row.name else (visit.say(side), "")
    if not row.late:
        return Cell(words, under)
    asked = {"unit": row.whose.unit_id or "", "against": row.whose.against}
    return link(f"/audit/late/limits?{urlencode(asked)}&{_asked(span)}", words, under)


def _days(visit: Here, days: int) -> Cell:
    return Cell(visit.say("%(n)s 个工作日", n=days) if days else "—")


def _asked(span: Span) -> str:
    return urlencode({"since": span.since.isoformat(), "until": span.until.isoformat()})
