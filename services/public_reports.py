"""The public report 群众举报 without an account: handed in, followed by its code, added to, objected to, erased."""

from datetime import UTC, datetime, time, timedelta
from typing import Any, NamedTuple

from sqlalchemy import select
from sqlmodel import Session

from models.actor import Actor
from models.errors import GateNotMet, InvalidInput
from models.forms import Report
from models.forms.tip_off import NamedReport, PublicReport
from models.hazard import Channel, SubjectType
from models.ids import new_id
from models.limits import ZONE
from models.permissions import Role
from models.source import NEUTRAL_PLACE, NEUTRAL_TEXT, PUBLIC_SOURCE
from models.stage import Clock, Step
from models.steps import STEPS
from models.tables import HAZARD, HAZARD_SOURCE, REPORT_PHOTO
from models.vault import IDENTITY, ORIGINAL, MessageKind
from services import codes, duties, numbers, relay, reporting, sources, trail, vault
from services.keys import Keyring

_REMEMBERED = timedelta(days=366)
REPORT_ADDED, OBJECTION_RAISED = "REPORT_ADDED", "OBJECTION_RAISED"


class Received(NamedTuple):
    """What a reporter is told, and whether this call put the report on record."""

    no: str
    source_id: str
    is_new: bool


def report_as_public(session: Session, form: PublicReport, *, code: str, ring: Keyring, at: datetime) -> Received:
    """Take a report from somebody without an account, by name or not (匿名或实名举报).

    The words, the place and who reported go into the vault; the ledger gets a neutral text. The same code again is the
    same submission, sent twice: nothing is written. The caller owns the transaction and shows the code once.

    Source: 临江府发〔2024〕37号 三(二)3 群众举报核查; 安全生产法 第七十三条.
    Raises: InvalidInput (a date ahead).
    """
    numbers.lock_series(session, reporting.series_of(at))
    if known := _known(session, code):
        return known
    source_id = new_id()
    named = isinstance(form, NamedReport)
    hazard = reporting.report_without_account(
        session, _neutral(form, at), at=at, id=source_id, named=named, query_code_hash=codes.hash_of(code)
    )
    told = form.model_dump(mode="json", exclude={"reporter"})
    vault.put_fields(session, ring, source_id, ORIGINAL, told, at=at)
    if isinstance(form, NamedReport):
        vault.put_fields(session, ring, source_id, IDENTITY, form.reporter.model_dump(mode="json"), at=at)
    return Received(hazard.no, source_id, is_new=True)


def add_to_report(session: Session, ring: Keyring, source: Any, text: str, *, by: Actor, at: datetime) -> str:
    """Add to one's own report (补充情况); the id of what was added.

    Raises: GateNotMet when there is too much of it.
    """
    message_id = relay.put(session, ring, source, MessageKind.ADDITION, text, officer=None, at=at)
    _note(session, source, REPORT_ADDED, message_id, by=by, at=at)
    return message_id


def say_not_fixed(session: Session, ring: Keyring, source: Any, text: str, *, by: Actor, at: datetime) -> datetime:
    """Say that the hazard is still there although its handling has ended; until when the committee office must look.

    Raises: GateNotMet while it is still being handled, or while an objection waits already.
    """
    hazard = sources.carrier(session, source)
    if not STEPS[Step(hazard.step)].is_end:
        raise GateNotMet("该隐患仍在办理中。", rule="办结后可以提出异议", remedy="现在可以补充情况。")
    if relay.open_objection(session, source) is not None:
        raise GateNotMet("您已提出异议，正在查看。", rule="一次异议查看完毕后可以再提", remedy="现在可以补充情况。")
    message_id = relay.put(session, ring, source, MessageKind.OBJECTION, text, officer=None, at=at)
    hazard = _note(session, source, OBJECTION_RAISED, message_id, by=by, at=at)
    return duties.open_duty(
        session, hazard, Clock.OBJECTION, Clock.OBJECTION, duties.Bearer(Role.SC), origin=message_id, at=at,
        subject=message_id,
    )  # fmt: skip


def ask_for_erasure(session: Session, source: Any, *, by: Actor, at: datetime) -> bool:
    """Erase the reporter's identity and the originals of their photographs, at once and for good (删除本人身份).

    What was reported stays, for it must be handled. Returns whether an identity was there.
    """
    photos = session.execute(select(REPORT_PHOTO.c.id).where(REPORT_PHOTO.c.source_id == source.id)).scalars()
    return vault.erase(session, source.id, (IDENTITY, *(f"photo/{photo}" for photo in photos)), by=by, at=at)


def _known(session: Session, code: str) -> Received | None:
    statement = (
        select(HAZARD.c.no, HAZARD_SOURCE.c.id)
        .join(HAZARD, HAZARD.c.id == HAZARD_SOURCE.c.original_hazard_id)
        .where(HAZARD_SOURCE.c.query_code_hash == codes.hash_of(code))
    )
    row = session.execute(statement).one_or_none()
    return Received(row.no, row.id, is_new=False) if row else None


def _neutral(form: PublicReport, at: datetime) -> Report:
    """What the ledger is told: nothing of the reporter's own, and the day instead of the hour.

    The day decides which edition of a standard applies, so it is one somebody can remember and an officer can check.
    """
    today = at.astimezone(ZONE).date()
    if form.seen_on is not None and form.seen_on < today - _REMEMBERED:
        raise InvalidInput(
            "看到的日期早于一年以前。", rule="适用发现当日有效的判定标准", remedy="请填写最近一次看到的日期，更早的写在反映的情况里。",
            extra={"errors": [{"field": "seen_on", "message": "请填写一年以内的日期"}]},
        )  # fmt: skip
    if form.seen_on is not None and form.seen_on > today:
        raise InvalidInput(
            "看到的日期晚于今天。", rule="时间以服务器时钟为准", remedy="请填写实际日期。",
            extra={"errors": [{"field": "seen_on", "message": "不能晚于今天"}]},
        )  # fmt: skip
    seen = datetime.combine(form.seen_on or today, time.min, ZONE).astimezone(UTC)
    return Report(
        channel=Channel.PUBLIC_REPORT, source=PUBLIC_SOURCE, discovered_at=min(seen, at - timedelta(microseconds=1)),
        subject_type=SubjectType.PUBLIC_PLACE, sector="待核实", place=NEUTRAL_PLACE, description=NEUTRAL_TEXT,
        urgent=form.urgent, no_evidence_reason="举报材料密封",
    )  # fmt: skip


def _note(session: Session, source: Any, kind: str, message_id: str, *, by: Actor, at: datetime) -> Any:
    facts = {"source_id": source.id, "message_id": message_id}
    return trail.append_beside(session, source.hazard_id, kind, by=by, at=at, facts=facts)
