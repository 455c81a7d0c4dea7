"""检查点和校验: the signed checkpoints, and the verification of everything, in parts that each take a bounded time."""

import re
from datetime import timedelta
from typing import Annotated

from fastapi import APIRouter, Query
from sqlmodel import Session
from starlette.responses import RedirectResponse, Response

from models.permissions import Operation
from services import access, audit_search, history_parts, keys
from services.history_parts import Progress
from web.desk import Here, HereDep, Sent, text_of
from web.history import label_of
from web.rendering import page
from web.sealed import closed, opened
from web.values import COLUMNS

router = APIRouter()
RIGHT = {"x-operation": Operation.VERIFY_AUDIT}
PAGE = 50
PART = 20_000
"""Events of one part: seconds of work."""
_STREAM = re.compile(r"[0-9a-f]{8}-[0-9a-f-]{27}")
_KIND = re.compile(r"(第\d+条)，(\w+)）")
_COLUMN = re.compile(r"台账的(\w+?)为")
_KEPT_FOR = timedelta(hours=2)


@router.get("/audit/checkpoints", openapi_extra=RIGHT)
def checkpoints(visit: HereDep, below: Annotated[int | None, Query(ge=0)] = None) -> Response:
    access.require(visit.by, Operation.VERIFY_AUDIT)
    with visit.looking() as session:
        rows = audit_search.checkpoints(session, before=below, limit=PAGE + 1)
    more = f"/audit/checkpoints?below={rows[PAGE - 1].size}" if len(rows) > PAGE else ""
    return page(visit.request, "checkpoints.html", rows=rows[:PAGE], more=more, part=PART)


@router.get("/audit/checkpoints/{size}.txt", openapi_extra=RIGHT)
def checkpoint(size: int, visit: HereDep) -> Response:
    """The signed note itself, to be kept elsewhere."""
    access.require(visit.by, Operation.VERIFY_AUDIT)
    with visit.looking() as session:
        note = audit_search.checkpoint(session, size)
    headers = {"Content-Disposition": f'attachment; filename="checkpoint-{size}.txt"'}
    return Response(note, media_type="text/plain; charset=utf-8", headers=headers)


@router.get("/audit/verification", openapi_extra=RIGHT)
def verify(visit: HereDep) -> Response:
    """From the beginning."""
    access.require(visit.by, Operation.VERIFY_AUDIT)
    with visit.looking() as session:
        first = history_parts.begin(session)
    return _next_part(visit, first)


@router.post("/audit/verification", openapi_extra=RIGHT)
def verify_on(visit: HereDep, form: Sent) -> Response:
    """The next part. What came before travels sealed in the form: nothing is kept here, and nobody can make it up."""
    access.require(visit.by, Operation.VERIFY_AUDIT)
    told = opened(visit.held.settings.key_dir, text_of(form, "so_far"), to=_of(visit), at=visit.at)
    if told is None:
        return RedirectResponse("/audit/verification", 303)
    return _next_part(visit, Progress(**told))


def _next_part(visit: Here, so_far: Progress) -> Response:
    folder = visit.held.settings.key_dir
    with visit.looking() as session:
        done = history_parts.go_on(session, keys.signing_key(folder), so_far, at=visit.at, most=PART)
        told = _in_words(session, done.findings)
    sealed = "" if done.is_done else closed(folder, done._asdict(), to=_of(visit), until=visit.at + _KEPT_FOR)
    return page(
        visit.request, "verification_result.html", done=done, findings=told, so_far=sealed, at=visit.at, part=PART
    )


def _in_words(session: Session, findings: list[str]) -> list[str]:
    """Findings with the hazard's number for its id, and the Chinese for decisions and columns."""
    numbers = audit_search.numbers_of(session, {found for one in findings for found in _STREAM.findall(one)})
    told = []
    for one in findings:
        words = _STREAM.sub(lambda match: numbers.get(match[0], match[0]), one)
        words = _KIND.sub(lambda match: f"{match[1]}，{label_of(match[2])}）", words)
        told.append(_COLUMN.sub(lambda match: f"台账的“{COLUMNS.get(match[1], match[1])}”为", words))
    return told


def _of(visit: Here) -> str:
    return f"verification:{visit.by.person_id}"
