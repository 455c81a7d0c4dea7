"""The public's door 群众举报: no account, no trace of the caller; a report is found again by its query code."""

import hashlib
import hmac
from dataclasses import replace
from typing import Annotated, Any

from fastapi import APIRouter, Depends, File, Header, Request, Response, UploadFile
from fastapi.responses import JSONResponse

from api.desk import Desk, Office, OfficeDep, desk_for, looking
from api.views import local
from models.actor import PUBLIC
from models.engine import writing
from models.errors import KeyRequired, TooLarge
from models.forms.tip_off import NamedReport, PublicReport, ReporterText
from models.operations import Operation
from models.vault import MessageKind
from services import access, codes, following, photos, public_reports, relay, sources
from services.keys import Keyring, query_code_key
from services.throttle import Throttle

router = APIRouter(prefix="/public", tags=["public"])
PHOTO_PATH = "/api/v1/public/report/photos"
_SHORTEST_KEY, _LONGEST_KEY = 16, 200
_MOST_PHOTO = 10 << 20
_UNKEPT = {"Cache-Control": "no-store"}


def _x(operation: Operation) -> dict[str, Any]:
    return {"x-operation": operation}


async def throttle(request: Request) -> Throttle:
    return request.app.state.throttle


ThrottleDep = Annotated[Throttle, Depends(throttle)]


async def caller(request: Request) -> str:
    """Whom to count; used as the key of a count that lives for minutes, and for nothing else."""
    return request.client.host if request.client else ""


CallerDep = Annotated[str, Depends(caller)]
ClientKey = Annotated[
    str, Header(alias="Idempotency-Key", description="由客户端随机生成，至少16个字符；重试时用同一个键")
]


@router.post("/reports", status_code=201, summary="匿名举报", operation_id="report_anonymously",
             openapi_extra=_x(Operation.REPORT_ANONYMOUSLY))  # fmt: skip
def report_anonymously(
    body: PublicReport, held: OfficeDep, counts: ThrottleDep, whom: CallerDep, idempotency_key: ClientKey = ""
) -> Response:
    """Answers the hazard's number and the query code, which is shown here and never again."""
    return _take(body, Operation.REPORT_ANONYMOUSLY, held, counts, whom, idempotency_key)


@router.post("/named-reports", status_code=201, summary="实名举报（身份密封）", operation_id="report_by_name",
             openapi_extra=_x(Operation.REPORT_BY_NAME))  # fmt: skip
def report_by_name(
    body: NamedReport, held: OfficeDep, counts: ThrottleDep, whom: CallerDep, idempotency_key: ClientKey = ""
) -> Response:
    """As `report_anonymously`; the identity is sealed before anybody can read it, and an answer is owed."""
    return _take(body, Operation.REPORT_BY_NAME, held, counts, whom, idempotency_key)


def _take(form: PublicReport, operation: Operation, held: Office, counts: Throttle, whom: str, key: str) -> Response:
    if not _SHORTEST_KEY <= len(key) <= _LONGEST_KEY:
        raise KeyRequired(
            "请求没有带幂等键，或键过短、过长。", rule="每次提交须带 Idempotency-Key（16至200个字符，随机生成）",
            remedy="请用随机UUID作为幂等键，重试时保持不变。",
        )  # fmt: skip
    at = held.now()
    counts.report(whom, at=at)
    access.require(PUBLIC, operation)
    secret, content = query_code_key(held.settings.key_dir), form.model_dump_json().encode()
    code = codes.draw(secret, operation.encode(), key.encode(), content)
    with writing(held.engine) as session, session.begin():
        found = public_reports.report_as_public(session, form, code=code, ring=Keyring(held.settings.key_dir), at=at)
    answer = {"no": found.no, "query_code": code, "new": found.is_new,
              "note": "请抄下查询码：只显示这一次，凭它查询进度、补充情况，遗失不能找回。"}  # fmt: skip
    return JSONResponse(answer, 201 if found.is_new else 200, headers=_UNKEPT)


def reporter_code(
    held: OfficeDep, counts: ThrottleDep, whom: CallerDep,
    x_query_code: Annotated[str, Header(description="查询码", max_length=100)] = "",
) -> str:  # fmt: skip
    """The query code, by header so that no log of addresses has it."""
    at = held.now()
    with looking(held) as session:
        known = sources.known_code(session, x_query_code)
    if not known:
        counts.wrong_code(whom, at=at)
        raise sources.unknown_code()
    counts.use_of_code(codes.hash_of(x_query_code), at=at)
    return x_query_code


CodeDep = Annotated[str, Depends(reporter_code)]


async def reporter_desk(request: Request, held: OfficeDep, code: CodeDep, idempotency_key: ClientKey = "") -> Desk:
    """A desk for whoever holds the code: the same keys and transactions as an officer's, in the role of the public."""
    by = replace(PUBLIC, person_id=f"code:{codes.hash_of(code)[:32]}")
    desk = await desk_for(request, held, by, idempotency_key)
    desk.blind(query_code_key(held.settings.key_dir))
    return desk


ReporterDesk = Annotated[Desk, Depends(reporter_desk)]


@router.get("/report", summary="凭查询码查询进度", operation_id="follow_own_report",
            openapi_extra=_x(Operation.FOLLOW_OWN_REPORT))  # fmt: skip
def follow(code: CodeDep, held: OfficeDep) -> Response:
    with looking(held) as session:
        found = following.follow(session, code)
    answer = {
        "no": found.no, "progress": found.words, "reported_at": local(found.reported_at),
        "ended_at": local(found.ended_at), "answer_due_at": local(found.answer_due_at),
        "answered_at": local(found.answered_at), "answer": found.answer, "objection_waits": found.objection_waits,
        "wanted": found.wanted, "reward_yuan": found.reward_yuan,
    }  # fmt: skip
    return JSONResponse(answer, headers=_UNKEPT)


@router.post("/report/additions", status_code=201, summary="补充情况", operation_id="add_to_own_report",
             openapi_extra=_x(Operation.ADD_TO_OWN_REPORT))  # fmt: skip
def add(body: ReporterText, code: CodeDep, desk: ReporterDesk) -> Response:
    with desk.act(Operation.ADD_TO_OWN_REPORT) as act:
        source = sources.of_code(act.session, code)
        public_reports.add_to_report(act.session, _ring(desk.held), source, body.text, by=act.by, at=act.at)
        act.answer({"received": True})
    return desk.reply()


@router.post("/report/objections", status_code=201, summary="反映未整改到位", operation_id="say_not_fixed",
             openapi_extra=_x(Operation.ADD_TO_OWN_REPORT))  # fmt: skip
def object_to(body: ReporterText, code: CodeDep, desk: ReporterDesk) -> Response:
    with desk.act(Operation.ADD_TO_OWN_REPORT) as act:
        source = sources.of_code(act.session, code)
        due = public_reports.say_not_fixed(act.session, _ring(desk.held), source, body.text, by=act.by, at=act.at)
        act.answer({"received": True, "looked_into_by": local(due)})
    return desk.reply()


@router.post("/report/photos", status_code=201, summary="补充照片", operation_id="add_own_photo",
             openapi_extra=_x(Operation.ADD_OWN_EVIDENCE_BY_CODE))  # fmt: skip
def add_photo(code: CodeDep, desk: ReporterDesk, file: Annotated[UploadFile, File(description="jpg、png")]) -> Response:
    """The file's name and the camera's data are dropped from what is shown; the original is sealed."""
    content = file.file.read(_MOST_PHOTO + 1)
    if len(content) > _MOST_PHOTO:
        raise TooLarge("照片超过10 MiB。", rule="单张照片大小上限", remedy="请压缩后上传。")
    shown = photos.without_traces(content)
    desk.bind(hmac.digest(query_code_key(desk.held.settings.key_dir), content, hashlib.sha256).hex())
    with desk.act(Operation.ADD_OWN_EVIDENCE_BY_CODE) as act:
        source = sources.of_code(act.session, code)
        number = photos.add_photo(
            act.session, _ring(desk.held), desk.held.settings.evidence_dir, source, content, shown, by=act.by, at=act.at
        )
        relay.tell_office(act.session, source, at=act.at)
        act.answer({"received": True, "number": number})
    return desk.reply()


@router.post("/report/erasure", status_code=201, summary="删除本人身份", operation_id="ask_for_erasure",
             openapi_extra=_x(Operation.ASK_FOR_ERASURE))  # fmt: skip
def erase(code: CodeDep, desk: ReporterDesk) -> Response:
    with desk.act(Operation.ASK_FOR_ERASURE) as act:
        source = sources.of_code(act.session, code)
        erased = public_reports.ask_for_erasure(act.session, source, by=act.by, at=act.at)
        act.answer({"erased": erased, "note": "身份已不可恢复；反映的情况继续办理，仍可凭查询码查询。"})
    return desk.reply()


@router.get("/report/messages", summary="匿名联系：查看", operation_id="read_own_messages",
            openapi_extra=_x(Operation.FOLLOW_OWN_REPORT))  # fmt: skip
def messages(code: CodeDep, held: OfficeDep) -> Response:
    with looking(held) as session:
        source = sources.of_code(session, code)
        found = relay.messages(session, _ring(held), source, tuple(MessageKind))
    lines = [message_view(words) for words in found]
    return JSONResponse({"items": lines}, headers=_UNKEPT)


@router.post("/report/messages", status_code=201, summary="匿名联系：回复", operation_id="answer_own_messages",
             openapi_extra=_x(Operation.ADD_TO_OWN_REPORT))  # fmt: skip
def write(body: ReporterText, code: CodeDep, desk: ReporterDesk) -> Response:
    with desk.act(Operation.ADD_TO_OWN_REPORT) as act:
        source = sources.of_code(act.session, code)
        relay.put(act.session, _ring(desk.held), source, MessageKind.MESSAGE, body.text, officer=None, at=act.at)
        act.answer({"received": True})
    return desk.reply()


def message_view(words: relay.Words) -> dict[str, Any]:
    return {
        "kind": words.kind, "from_office": words.from_office, "text": words.text, "sent_at": local(words.sent_at),
        "settled_at": local(words.settled_at),
    }  # fmt: skip


def _ring(held: Office) -> Keyring:
    return Keyring(held.settings.key_dir)
