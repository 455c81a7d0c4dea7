"""Statistics 统计: the figures of a period."""

from dataclasses import asdict
from datetime import date
from typing import Any

from fastapi import APIRouter

from api.desk import CurrentActor, OfficeDep, looking
from models.errors import InvalidInput
from models.operations import Operation
from services import access
from services.bulletin import bulletin

router = APIRouter(prefix="/statistics", tags=["statistics"])


@router.get("", summary="统计", operation_id="show_statistics", openapi_extra={"x-operation": Operation.STATISTICS})
def show(held: OfficeDep, by: CurrentActor, first: date, last: date) -> dict[str, Any]:
    """Found, closed, open, overdue and on time, by lead unit; the total is the sum of the lines."""
    access.require(by, Operation.STATISTICS)
    if last < first:
        raise InvalidInput("结束日期早于开始日期。", rule="统计区间", remedy="请核对日期。")
    with looking(held) as session:
        counted = bulletin(session, first, last, by=by, at=held.now())
    return {
        "first": first.isoformat(), "last": last.isoformat(),
        "lines": [{"unit": line.unit} | asdict(line.figures) for line in counted.lines], "total": asdict(counted.total),
    }  # fmt: skip
