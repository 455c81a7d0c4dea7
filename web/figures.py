"""统计: the figures of a period by lead unit, as the bulletin counts them; for paper as well."""

from datetime import date, datetime, timedelta
from typing import Annotated

from fastapi import APIRouter, Query
from starlette.responses import Response

from models.errors import InvalidInput
from models.limits import ZONE
from models.permissions import Operation
from services import access
from services.bulletin import Figures, bulletin
from web.desk import HereDep
from web.rendering import page

router = APIRouter()
COLUMNS = {
    "found": "排查", "closed": "销号", "open": "存量", "overdue": "逾期", "due": "到期",
    "on_time_by_original_limit": "按原期限按期", "on_time_by_approved_limit": "按批准期限按期",
}  # fmt: skip
MEANINGS = {
    "排查": "期内发现并认定为重大事故隐患的",
    "销号": "期内审核销号的",
    "存量": "期末尚未销号的重大事故隐患",
    "逾期": "存量中已超过当前环节限期的",
    "到期": "原整改期限在期内届满的",
    "按原期限按期": "到期的当中，在原期限内整改完成的",
    "按批准期限按期": "到期的当中，在批准的期限内整改完成或期限未到的",
}
_Day = Annotated[str, Query(max_length=10)]


@router.get("/statistics", openapi_extra={"x-operation": Operation.STATISTICS})
def show(visit: HereDep, first: _Day = "", last: _Day = "") -> Response:
    access.require(visit.by, Operation.STATISTICS)
    today = visit.at.astimezone(ZONE).date()
    start, end = _day(first, today.replace(day=1)), _day(last, today)
    if end < start:
        raise InvalidInput("结束日期早于开始日期。", rule="统计区间", remedy="请核对日期。")
    with visit.looking() as session:
        counted = bulletin(session, start, end, by=visit.by, at=visit.at)
    return page(
        visit.request, "statistics.html", first=start, last=end, counted=counted, columns=COLUMNS, meanings=MEANINGS,
        periods=_periods(today), at=visit.at, rate=rate,
    )  # fmt: skip


def rate(figures: Figures, kept: str) -> str:
    """On time among what fell due, in per cent; nothing fell due: no rate."""
    return f"{100 * getattr(figures, kept) / figures.due:.0f}%" if figures.due else "—"


def _day(text: str, otherwise: date) -> date:
    try:
        return datetime.strptime(text, "%Y-%m-%d").replace(tzinfo=ZONE).date() if text else otherwise
    except ValueError as unreadable:
        raise InvalidInput("日期不能识别。", rule="统计区间", remedy="请按2026-11-23的样式填写日期。") from unreadable


def _periods(today: date) -> list[tuple[str, date, date]]:
    month = today.replace(day=1)
    before = month - timedelta(days=1)
    return [
        ("本月", month, today),
        ("上月", before.replace(day=1), before),
        ("本年", today.replace(month=1, day=1), today),
    ]
