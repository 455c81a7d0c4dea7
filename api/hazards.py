"""Hazards: report, list, show, timeline."""

from pathlib import Path
from shutil import rmtree
from tempfile import mkdtemp
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query, Request, Response
from fastapi.responses import FileResponse, JSONResponse
from starlette.background import BackgroundTask

from api.desk import CurrentActor, DeskDep, OfficeDep, etag_of, looking
from api.views import hazard_line, hazard_whole, report_view
from models.errors import NotPermitted
from models.forms import Report
from models.hazard import Channel
from models.limits import ZONE
from models.permissions import Operation
from models.stage import Stage
from services import access, ledger_export, register, reporting, sources
from services.keyset import cursor_of, position

router = APIRouter(prefix="/hazards", tags=["hazards"])
_XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


@router.post(
    "",
    status_code=201,
    summary="上报隐患",
    operation_id="report_hazard",
    openapi_extra={"x-operation": Operation.RECORD_INSPECTION_FINDING, "x-operations": reporting.OPERATIONS},
)
def report(body: Report, desk: DeskDep) -> Response:
    """Answers 201 for a new hazard, 200 with the one on record where the source number is known already.

    Of a hazard the reporter may not see, the answer holds its number only.
    """
    with desk.act(reporting.operation_for(body)) as act:
        hazard, is_new = reporting.report_hazard(act.session, body, by=act.by, at=act.at)
        line = {"no": hazard.no, "new": is_new}
        if access.sees(act.session, hazard, by=act.by):
            line |= hazard_line(hazard, by=act.by, now=act.at)
        act.answer(line, status=201 if is_new else 200, etag=etag_of(hazard.version))
    return desk.reply()


def asked_for(
    held: OfficeDep, by: CurrentActor, stage: Stage | None = None, channel: Channel | None = None,
    lead_unit: str | None = None, enterprise: str | None = None, overdue: bool = False,
    text: Annotated[str | None, Query(max_length=100)] = None,
) -> register.Filters:  # fmt: skip
    """The filters of the query.

    Raises: NotPermitted when an enterprise asks by channel.
    """
    if channel and by.enterprise_id:
        raise NotPermitted("企业用户不能按来源渠道查询。", rule="举报来源保密", remedy="请去掉来源渠道后查询。")
    return register.Filters(stage, channel, lead_unit, enterprise, held.now() if overdue else None, text)


FiltersDep = Annotated[register.Filters, Depends(asked_for)]


@router.get("", summary="隐患台账", operation_id="list_hazards", openapi_extra={"x-operation": Operation.LIST_HAZARDS})
def listing(
    request: Request, held: OfficeDep, by: CurrentActor,
    filters: FiltersDep, cursor: str = "", limit: Annotated[int, Query(ge=1, le=200)] = 50,
) -> Response:  # fmt: skip
    now = held.now()
    with looking(held) as session:
        rows = register.ledger(session, filters, by=by, after=position(cursor, register.Position), limit=limit + 1)
    return page(request, [hazard_line(row, by=by, now=now) for row in rows[:limit]],
                cursor_of(rows[limit - 1].reported_at, rows[limit - 1].id) if len(rows) > limit else None)  # fmt: skip


@router.get("/export", summary="导出台账（xlsx）", operation_id="export_ledger",
            openapi_extra={"x-operation": Operation.EXPORT_LEDGER})  # fmt: skip
def export(held: OfficeDep, by: CurrentActor, filters: FiltersDep) -> FileResponse:
    """Everything the same filters list, and every rectification limit; the file is gone once it is sent."""
    at = held.now()
    folder = Path(mkdtemp(prefix="hazardflow-export-"))
    try:
        with looking(held) as session:
            ledger_export.write_ledger(session, filters, folder / "ledger.xlsx", by=by, at=at)
    except BaseException:
        rmtree(folder)
        raise
    name = f"隐患台账-{at.astimezone(ZONE):%Y%m%d-%H%M}.xlsx"
    return FileResponse(
        folder / "ledger.xlsx", media_type=_XLSX, filename=name, background=BackgroundTask(rmtree, folder)
    )


@router.get(
    "/{no}", summary="隐患详情", operation_id="show_hazard", openapi_extra={"x-operation": Operation.READ_HAZARD}
)
def show(no: str, held: OfficeDep, by: CurrentActor) -> Response:
    with looking(held) as session:
        hazard = access.hazard_for(session, no, Operation.READ_HAZARD, by=by)
        whole = hazard_whole(hazard, register.surroundings(session, hazard), by=by, now=held.now())
        whole["own_reports"] = [report_view(row) for row in sources.own_reports(session, hazard, by=by)]
    return JSONResponse(whole, headers={"ETag": etag_of(hazard.version)})


@router.get(
    "/{no}/timeline",
    summary="办理历史",
    operation_id="show_timeline",
    openapi_extra={"x-operation": Operation.READ_HISTORY},
)
def timeline(no: str, held: OfficeDep, by: CurrentActor) -> list[dict[str, Any]]:
    with looking(held) as session:
        hazard = access.hazard_for(session, no, Operation.READ_HISTORY, by=by)
        return register.timeline(session, hazard, redacted=by.enterprise_id is not None)


def page(request: Request, items: list[dict[str, Any]], cursor: str | None) -> Response:
    """A page with where the next one starts, in the body and as a Link header."""
    headers = {}
    if cursor:
        headers["Link"] = f'<{request.url.include_query_params(cursor=cursor)}>; rel="next"'
    return JSONResponse({"items": items, "next_cursor": cursor}, headers=headers)
