"""审计: history across hazards and persons, what to look at first, checkpoints, verification, and a hazard's bundle."""

import tempfile
from datetime import date
from pathlib import Path
from typing import Annotated
from urllib.parse import quote

from fastapi import APIRouter, Query
from starlette.background import BackgroundTask
from starlette.responses import FileResponse, Response

from models.audit import OFFICE
from models.permissions import Operation
from services import access, audit_search, history_check, keys
from services.bundle import write_bundle
from web.desk import HereDep
from web.history import label_of
from web.listing import Cell, Filter, Listing, link, show, when, word
from web.paging import next_page, position
from web.proving import is_proved, to_prove, within
from web.rendering import page

router = APIRouter()
PAGE = 50
SEARCH_COLUMNS = ("时间", "事项", "人员", "隐患", "序号")


@router.get("/audit/history", openapi_extra={"x-operation": Operation.SEARCH_TRAIL})
def search(
    visit: HereDep, person: Annotated[str, Query(max_length=100)] = "", kind: Annotated[str, Query(max_length=50)] = "",
    no: Annotated[str, Query(max_length=40)] = "", since: str = "", until: str = "", cursor: str = "",
) -> Response:  # fmt: skip
    access.require(visit.by, Operation.SEARCH_TRAIL)
    if not is_proved(visit, Operation.SEARCH_TRAIL):
        return to_prove(visit)
    wanted = audit_search.Wanted(person.strip(), kind, no.strip(), _day(since), _day(until))
    with visit.looking() as session:
        rows = audit_search.search(
            session, wanted, by=visit.by, at=visit.at, within=within(visit),
            after=position(cursor, audit_search.Position), limit=PAGE + 1,
        )  # fmt: skip
        kinds = audit_search.kinds(session)
    last = rows[PAGE - 1] if len(rows) > PAGE else None
    lines = [
        (when(row.recorded_at), word(label_of(row.type), row.type), Cell(row.name or row.actor), _where(row), Cell(str(row.seq)))
        for row in rows[:PAGE]
    ]  # fmt: skip
    filters = (
        Filter("person", "人员", person), Filter("kind", "事项", kind, sorted(((one, label_of(one)) for one in kinds), key=lambda one: one[1])),
        Filter("no", "隐患编号", no), Filter("since", "从", since, kind="date"), Filter("until", "到", until, kind="date"),
    )  # fmt: skip
    return show(visit, Listing(
        title="检索历史", lead="跨隐患、跨人员检索全部办理历史，最近的在前。机关事务的隐患编号填 office。", columns=SEARCH_COLUMNS, rows=lines,
        filters=filters, back="/audit", more=next_page(visit.request, last.recorded_at, str(last.gid)) if last else "",
        empty="没有符合条件的历史。",
    ))  # fmt: skip


@router.get("/audit/checkpoints", openapi_extra={"x-operation": Operation.VERIFY_AUDIT})
def checkpoints(visit: HereDep, below: Annotated[int | None, Query(ge=0)] = None) -> Response:
    access.require(visit.by, Operation.VERIFY_AUDIT)
    with visit.looking() as session:
        rows = audit_search.checkpoints(session, before=below, limit=PAGE + 1)
    more = f"/audit/checkpoints?below={rows[PAGE - 1].size}" if len(rows) > PAGE else ""
    return page(visit.request, "checkpoints.html", rows=rows[:PAGE], more=more)


@router.get("/audit/verification", openapi_extra={"x-operation": Operation.VERIFY_AUDIT})
def verify(visit: HereDep) -> Response:
    """Everything the database holds, checked now."""
    access.require(visit.by, Operation.VERIFY_AUDIT)
    with visit.looking() as session:
        key = keys.signing_key(visit.held.settings.key_dir)
        verdict = history_check.verify_history(session, key, at=visit.at)
    return page(visit.request, "verification_result.html", verdict=verdict, at=visit.at)


@router.get("/audit/checkpoints/{size}.txt", openapi_extra={"x-operation": Operation.VERIFY_AUDIT})
def checkpoint(size: int, visit: HereDep) -> Response:
    """The signed note itself, to be kept elsewhere."""
    access.require(visit.by, Operation.VERIFY_AUDIT)
    with visit.looking() as session:
        note = audit_search.checkpoint(session, size)
    headers = {"Content-Disposition": f'attachment; filename="checkpoint-{size}.txt"'}
    return Response(note, media_type="text/plain; charset=utf-8", headers=headers)


@router.get("/hazards/{no}/bundle", openapi_extra={"x-operation": Operation.DOWNLOAD_BUNDLE})
def bundle(no: str, visit: HereDep) -> Response:
    access.require(visit.by, Operation.DOWNLOAD_BUNDLE)
    settings = visit.held.settings
    with visit.looking() as session, tempfile.NamedTemporaryFile(suffix=".zip", delete=False) as file:
        path = Path(file.name)
        try:
            hazard = access.hazard_for(session, no, Operation.READ_HISTORY, by=visit.by)
            key = keys.signing_key(settings.key_dir)
            write_bundle(session, hazard, file, key=key, store=settings.evidence_dir, at=visit.at)  # pyright: ignore[reportArgumentType]
        except BaseException:
            path.unlink(missing_ok=True)
            raise
    return FileResponse(
        path, media_type="application/zip", filename=f"{no}.zip", background=BackgroundTask(path.unlink)
    )


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text) if text else None
    except ValueError:
        return None


def _where(row: object) -> Cell:
    no, stream = getattr(row, "no", None), getattr(row, "stream", "")
    if no:
        return link(f"/hazards/{quote(no)}", no)
    return word("机关事务") if stream == OFFICE else Cell("—")
