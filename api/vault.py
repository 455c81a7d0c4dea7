"""Reports as officers handle them 举报办理: their list, the original, the relay, the answer, and unsealing."""

from collections.abc import Generator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

from fastapi import APIRouter, Response
from fastapi.responses import FileResponse, JSONResponse
from sqlmodel import Session

from api.desk import Act, CurrentActor, Desk, DeskDep, Office, OfficeDep, looking
from api.evidence import SANDBOX
from api.public import message_view
from api.views import local
from models.actor import Actor
from models.engine import writing
from models.errors import NotFound
from models.forms.tip_off import Identity, ReporterAnswer, UnsealingRequest
from models.operations import Operation
from models.vault import MessageKind, UnsealingGround
from services import access, codes, evidence, originals, photos, relay, reporter_answers, sources, unsealing
from services.keys import Keyring, query_code_key

router = APIRouter(tags=["reports"])
_UNKEPT = {"Cache-Control": "private, no-store"}
_O = Operation


def _x(operation: Operation) -> dict[str, Any]:
    return {"x-operation": operation}


@router.get(
    "/hazards/{no}/reports", summary="来源登记", operation_id="list_reports", openapi_extra=_x(_O.MESSAGE_REPORTER)
)
def listing(no: str, held: OfficeDep, by: CurrentActor) -> list[dict[str, Any]]:
    """Every report of a hazard with its photographs' copies and what passed in the blind relay; never who reported."""
    with looking(held) as session:
        hazard = access.hazard_for(session, no, _O.MESSAGE_REPORTER, by=by)
        return [_source_view(session, held, row) for row in sources.of_hazard(session, hazard)]


@router.get("/reports/{source_id}/photos/{number}", summary="举报照片", operation_id="show_report_photo",
            openapi_extra=_x(_O.MESSAGE_REPORTER))  # fmt: skip
def photo(source_id: str, number: int, held: OfficeDep, by: CurrentActor) -> FileResponse:
    """The copy without the camera's data."""
    with looking(held) as session:
        source, _ = sources.source_for(session, source_id, _O.MESSAGE_REPORTER, by=by)
        row = photos.photo(session, source, number)
    path = evidence.path_of(held.settings.evidence_dir, row.copy_sha256)
    if not path.is_file():
        raise NotFound("照片不在存储中。", rule="材料按内容哈希保存", remedy="请联系系统管理员从备份恢复该文件。")
    name = f"照片-{number}.{'jpg' if row.media_type == 'image/jpeg' else 'png'}"  # it may come back as evidence
    return FileResponse(path, media_type=row.media_type, filename=name, headers=SANDBOX)


@router.get("/reports/{source_id}/original", summary="查看举报原文", operation_id="read_original_report",
            openapi_extra=_x(_O.READ_ORIGINAL_REPORT))  # fmt: skip
def original(source_id: str, held: OfficeDep, by: CurrentActor) -> Response:
    """Each reading is an event the auditor sees."""
    with _logged(held, by, _O.READ_ORIGINAL_REPORT) as act:
        source, _ = sources.source_for(act.session, source_id, _O.READ_ORIGINAL_REPORT, by=by)
        found = originals.read_original(act.session, _ring(held), source, by=by, at=act.at)
    later = [message_view(words) for words in found["later"]]
    return JSONResponse({"report": found["report"], "later": later}, headers=_UNKEPT)


@router.get("/reports/{source_id}/photos/{number}/original", summary="查看举报照片原件",
            operation_id="read_original_photo", openapi_extra=_x(_O.READ_ORIGINAL_REPORT))  # fmt: skip
def original_photo(source_id: str, number: int, held: OfficeDep, by: CurrentActor) -> Response:
    with _logged(held, by, _O.READ_ORIGINAL_REPORT) as act:
        source, _ = sources.source_for(act.session, source_id, _O.READ_ORIGINAL_REPORT, by=by)
        row = photos.photo(act.session, source, number)
        content = photos.original(act.session, _ring(held), held.settings.evidence_dir, source, row)
        originals.log_reading(act.session, source, by=by, at=act.at, photo=row.id)
    return Response(content, media_type=row.media_type, headers=SANDBOX | {"Content-Disposition": "attachment"})


@router.post("/reports/{source_id}/messages", status_code=201, summary="匿名联系举报人", operation_id="message_reporter",
             openapi_extra=_x(_O.MESSAGE_REPORTER))  # fmt: skip
def message(source_id: str, body: ReporterAnswer, desk: DeskDep) -> Response:
    with desk.act(_O.MESSAGE_REPORTER) as act:
        source, _ = sources.source_for(act.session, source_id, _O.MESSAGE_REPORTER, by=act.by)
        sent = relay.message_reporter(act.session, _ring(desk.held), source, body.text, by=act.by, at=act.at)
        act.answer({"id": sent})
    return desk.reply()


@router.post("/reports/{source_id}/answer", status_code=201, summary="答复举报人", operation_id="answer_reporter",
             openapi_extra=_x(_O.MESSAGE_REPORTER))  # fmt: skip
def answer(source_id: str, body: ReporterAnswer, desk: DeskDep) -> Response:
    with desk.act(_O.MESSAGE_REPORTER) as act:
        source = _held(desk, act, source_id)
        reporter_answers.answer_reporter(act.session, source, body.text, by=act.by, at=act.at)
        act.answer({"source_id": source.id, "answered": True})
    return desk.reply()


@router.post("/reports/{source_id}/objection-finding", status_code=201, summary="登记异议查看结果",
             operation_id="settle_objection", openapi_extra=_x(_O.MESSAGE_REPORTER))  # fmt: skip
def settle(source_id: str, body: ReporterAnswer, desk: DeskDep) -> Response:
    with desk.act(_O.MESSAGE_REPORTER) as act:
        source = _held(desk, act, source_id)
        relay.settle_objection(act.session, source, body.text, by=act.by, at=act.at)
        act.answer({"source_id": source.id, "settled": True})
    return desk.reply()


def _held(desk: Desk, act: Act, source_id: str) -> Any:
    """The report to answer, its hazard locked; what waited for the lock is judged by when it has it."""
    source, _ = sources.lock_source_for(act.session, source_id, _O.MESSAGE_REPORTER, by=act.by)
    act.at = desk.held.instant(act.session)
    return source


@router.post("/reports/{source_id}/reporter", status_code=201, summary="登记来电举报人（身份密封）",
             operation_id="seal_caller", openapi_extra=_x(_O.RECORD_HOTLINE_REPORT))  # fmt: skip
def seal_caller(source_id: str, body: Identity, desk: DeskDep) -> Response:
    """Answers the query code to read out to the caller; shown here and never again."""
    secret = query_code_key(desk.held.settings.key_dir)
    desk.blind(secret)
    code = codes.draw(secret, b"caller", desk.by.person_id.encode(), desk.key.encode(), desk.fingerprint.encode())
    with desk.act(_O.RECORD_HOTLINE_REPORT) as act:
        source, _ = sources.source_for(act.session, source_id, _O.RECORD_HOTLINE_REPORT, by=act.by)
        originals.seal_caller(act.session, _ring(desk.held), source, body, code=code, by=act.by, at=act.at)
        act.answer({"source_id": source.id, "query_code": code}, kept={"source_id": source.id, "query_code": None})
    return desk.reply()


@router.post("/reports/{source_id}/unsealings", status_code=201, summary="申请启封举报人身份",
             operation_id="request_unsealing", openapi_extra=_x(_O.REQUEST_UNSEALING))  # fmt: skip
def request_unsealing(source_id: str, body: UnsealingRequest, desk: DeskDep) -> Response:
    with desk.act(_O.REQUEST_UNSEALING) as act:
        source, hazard = sources.source_for(act.session, source_id, _O.REQUEST_UNSEALING, by=act.by)
        asked = unsealing.request_unsealing(act.session, source, hazard, body, by=act.by, at=act.at)
        act.answer({"id": asked})
    return desk.reply()


@router.get("/unsealings", summary="待批准的启封申请", operation_id="list_unsealings",
            openapi_extra=_x(_O.APPROVE_UNSEALING))  # fmt: skip
def waiting(held: OfficeDep, by: CurrentActor) -> list[dict[str, Any]]:
    access.require(by, _O.APPROVE_UNSEALING)
    with looking(held) as session:
        rows = unsealing.waiting(session, by=by, at=held.now())
    return [
        {"id": row.id, "hazard_no": row.no, "ground": row.ground, "ground_label": UnsealingGround(row.ground).label,
         "reason": row.reason, "requested_at": local(row.requested_at)}
        for row in rows
    ]  # fmt: skip


@router.post("/unsealings/{request_id}/approval", status_code=201, summary="批准启封举报人身份",
             operation_id="approve_unsealing", openapi_extra=_x(_O.APPROVE_UNSEALING))  # fmt: skip
def approve(request_id: str, desk: DeskDep) -> Response:
    with desk.act(_O.APPROVE_UNSEALING) as act:
        until = unsealing.approve_unsealing(act.session, request_id, by=act.by, at=act.at)
        act.answer({"id": request_id, "readable_until": local(until)})
    return desk.reply()


@router.get("/unsealings/{request_id}/identity", summary="查看已启封身份（15分钟）", operation_id="read_unsealed",
            openapi_extra=_x(_O.READ_UNSEALED))  # fmt: skip
def read_unsealed(request_id: str, held: OfficeDep, by: CurrentActor) -> Response:
    """Only for who asked, within 15 minutes of the approval; each reading is an event the auditor sees."""
    with _logged(held, by, _O.READ_UNSEALED) as act:
        identity = unsealing.read_unsealed(act.session, _ring(held), request_id, by=by, at=act.at)
    return JSONResponse(identity, headers=_UNKEPT)


@contextmanager
def _logged(held: Office, by: Actor, operation: Operation) -> Generator[Act]:
    """A reading that leaves an event; what was read leaves only after the event is committed."""
    at = held.now()
    access.require(by, operation)
    access.require_recent_password(by, operation, at=at, within=timedelta(minutes=held.settings.step_up_minutes))
    with writing(held.engine) as session, session.begin():
        yield Act(session, by, at)


def _source_view(session: Session, held: Office, row: Any) -> dict[str, Any]:
    passed = relay.messages(session, _ring(held), row, (MessageKind.MESSAGE,)) if row.query_code_hash else []
    return {
        "id": row.id, "channel": row.channel, "source": row.source, "source_no": row.source_no,
        "reported_at": local(row.reported_at), "named": row.named, "can_be_messaged": row.query_code_hash is not None,
        "answer_due_at": local(row.answer_due_at), "answered_at": local(row.answered_at), "answer": row.answer,
        "objection_waits": relay.open_objection(session, row) is not None,
        "photos": [{"number": photo.number, "media_type": photo.media_type, "added_at": local(photo.added_at)}
                   for photo in photos.photos_of(session, row)],
        "messages": [message_view(words) for words in passed],
    }  # fmt: skip


def _ring(held: Office) -> Keyring:
    return Keyring(held.settings.key_dir)
