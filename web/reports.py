"""举报办理: every report of a hazard, its reporter's words to who may read them, the blind relay, the answer."""

from collections.abc import Callable
from typing import Any

from fastapi import APIRouter
from pydantic import BaseModel
from sqlmodel import Session
from starlette.responses import FileResponse, Response

from models.engine import writing
from models.errors import NotFound
from models.forms.tip_off import ReporterAnswer
from models.permissions import Operation
from models.process import DecisionCode, moves_at
from models.stage import Step
from models.vault import IDENTITY, MessageKind
from services import access, evidence, originals, photos, relay, reporter_answers, rewards, sources, vault
from services.keys import Keyring
from web.acting import Act
from web.desk import Here, HereDep, Sent
from web.fields import fields_of
from web.office_paper import OfficePaper
from web.proving import is_proved, to_prove
from web.public_follow import KINDS
from web.rendering import page
from web.values import CHANNELS

router = APIRouter()
RIGHT = {"x-operation": Operation.MESSAGE_REPORTER}
READ = {"x-operation": Operation.READ_ORIGINAL_REPORT}
_SANDBOX = {"Content-Security-Policy": "sandbox; default-src 'none'", "Cache-Control": "private, no-store"}
DONE = {"answer": "已答复", "message": "已留言", "finding": "查看结果已登记"}


@router.get("/hazards/{no}/reports", openapi_extra=RIGHT)
def show(no: str, visit: HereDep, done: str = "") -> Response:
    with visit.looking() as session:
        hazard = access.hazard_for(session, no, Operation.MESSAGE_REPORTER, by=visit.by)
        reports = [_report(session, visit, source) for source in sources.of_hazard(session, hazard)]
    may = {name: visit.by.grant_for(operation) is not None for name, operation in (
        ("read", Operation.READ_ORIGINAL_REPORT), ("unseal", Operation.REQUEST_UNSEALING),
    )}  # fmt: skip
    return page(visit.request, "reports.html", hazard=hazard, reports=reports, may=may, channels=CHANNELS,
                kinds=KINDS, done=DONE.get(done, ""))  # fmt: skip


@router.get("/reports/{source_id}/photos/{number}", openapi_extra=RIGHT)
def photo(source_id: str, number: int, visit: HereDep) -> Response:
    """The copy without the camera's data."""
    with visit.looking() as session:
        source, _ = sources.source_for(session, source_id, Operation.MESSAGE_REPORTER, by=visit.by)
        row = photos.photo(session, source, number)
    path = evidence.path_of(visit.held.settings.evidence_dir, row.copy_sha256)
    if not path.is_file():
        raise NotFound("照片不在存储中。", rule="材料按内容哈希保存", remedy="请联系系统管理员从备份恢复该文件。")
    return FileResponse(path, media_type=row.media_type, headers=_SANDBOX)


@router.get("/reports/{source_id}/original", openapi_extra=READ)
def original(source_id: str, visit: HereDep) -> Response:
    """Each reading is an event the auditor sees; it is asked for with the password entered lately."""
    access.require(visit.by, Operation.READ_ORIGINAL_REPORT)
    if not is_proved(visit, Operation.READ_ORIGINAL_REPORT):
        return to_prove(visit)
    with writing(visit.held.engine) as session, session.begin():
        source, hazard = sources.source_for(session, source_id, Operation.READ_ORIGINAL_REPORT, by=visit.by)
        found = originals.read_original(session, _ring(visit), source, by=visit.by, at=visit.at)
    return page(
        visit.request, "report_original.html", hazard=hazard, told=found["report"], later=found["later"], kinds=KINDS,
        may_abstract=any(move.decision == DecisionCode.ABSTRACT for move in moves_at(Step(hazard.step))),
    )  # fmt: skip


@router.get("/reports/{source_id}/answer", openapi_extra=RIGHT)
def ask_answer(source_id: str, visit: HereDep) -> Response:
    return _paper(
        visit, source_id, "answer", "答复举报人", "举报人凭查询码看到答复；不要写出其他举报人和经办人的情况。"
    ).ask()


@router.post("/reports/{source_id}/answer", openapi_extra=RIGHT)
def answer(source_id: str, visit: HereDep, form: Sent) -> Response:
    paper = _paper(
        visit, source_id, "answer", "答复举报人", "举报人凭查询码看到答复；不要写出其他举报人和经办人的情况。"
    )
    return paper.take(form, _doing(visit, source_id, reporter_answers.answer_reporter, "answer"))


@router.get("/reports/{source_id}/message", openapi_extra=RIGHT)
def ask_message(source_id: str, visit: HereDep) -> Response:
    return _paper(visit, source_id, "message", "匿名联系举报人", "双方都不知道对方是谁。").ask()


@router.post("/reports/{source_id}/message", openapi_extra=RIGHT)
def message(source_id: str, visit: HereDep, form: Sent) -> Response:
    def send(session: Session, source: Any, text: str, **by: Any) -> None:
        relay.message_reporter(session, _ring(visit), source, text, **by)

    paper = _paper(visit, source_id, "message", "匿名联系举报人", "双方都不知道对方是谁。")
    return paper.take(form, _doing(visit, source_id, send, "message"))


@router.get("/reports/{source_id}/objection-finding", openapi_extra=RIGHT)
def ask_finding(source_id: str, visit: HereDep) -> Response:
    return _paper(
        visit,
        source_id,
        "objection-finding",
        "登记异议查看结果",
        "写明再次查看的情况；隐患仍在的，另行提请重新立项整改。",
    ).ask()


@router.post("/reports/{source_id}/objection-finding", openapi_extra=RIGHT)
def finding(source_id: str, visit: HereDep, form: Sent) -> Response:
    paper = _paper(
        visit,
        source_id,
        "objection-finding",
        "登记异议查看结果",
        "写明再次查看的情况；隐患仍在的，另行提请重新立项整改。",
    )
    return paper.take(form, _doing(visit, source_id, relay.settle_objection, "finding"))


def _paper(visit: Here, source_id: str, resource: str, title: str, lead: str) -> OfficePaper:
    with visit.looking() as session:
        _, hazard = sources.source_for(session, source_id, Operation.MESSAGE_REPORTER, by=visit.by)
    return OfficePaper(
        visit, Operation.MESSAGE_REPORTER, title, f"/reports/{source_id}/{resource}", ReporterAnswer,
        fields_of(ReporterAnswer, {}), back=f"/hazards/{hazard.no}/reports", lead=lead,
    )  # fmt: skip


def _doing(visit: Here, source_id: str, service: Callable[..., Any], done: str) -> Callable[[Act, BaseModel], None]:
    def do(acting: Act, body: Any) -> None:
        source, _ = sources.lock_source_for(acting.session, source_id, Operation.MESSAGE_REPORTER, by=acting.by)
        at = visit.held.instant(acting.session)  # under the lock: what waited for it is later
        service(acting.session, source, body.text, by=acting.by, at=at)
        acting.leads_to = f"{acting.leads_to}?done={done}"

    return do


def _report(session: Session, visit: Here, source: Any) -> dict[str, Any]:
    passed = relay.messages(session, _ring(visit), source, (MessageKind.MESSAGE,)) if source.query_code_hash else []
    return {
        "row": source, "photos": photos.photos_of(session, source), "messages": passed,
        "objects": relay.open_objection(session, source) is not None,
        "owed": source.answered_at is None or source.answer_due_at is not None,
        "sealed": vault.holds(session, source.id, IDENTITY), "reward": rewards.reward_of(session, source),
    }  # fmt: skip


def _ring(visit: Here) -> Keyring:
    return Keyring(visit.held.settings.key_dir)
