"""Answer the reporter 答复举报人: every report of a hazard is answered by itself, in time."""

from datetime import datetime
from typing import Any, cast

from sqlalchemy import ColumnElement, bindparam, func, or_, select, update
from sqlmodel import Session

from models.actor import Actor
from models.errors import GateNotMet
from models.hazard import Hazard
from models.outbox import Topic
from models.permissions import Role
from models.stage import Clock, Step
from models.tables import DEADLINE, HAZARD, HAZARD_SOURCE, WORK_ITEM
from services import duties, outbox, trail

REPORTER_ANSWERED = "REPORTER_ANSWERED"


_REPORTS = select(HAZARD_SOURCE.c.id, HAZARD_SOURCE.c.named).where(HAZARD_SOURCE.c.hazard_id == bindparam("of_hazard"))


def open_answers(session: Session, hazard: Hazard, *, origin: str, at: datetime) -> None:
    """A duty for each report by name, when the handling of the hazard that carries it has come to an end; where several
    reports told of it, one for each of them.

    Source: 某市安全生产举报奖励规定 办结后5个工作日内答复.
    """
    reports = session.execute(_REPORTS, {"of_hazard": hazard.id}).all()
    for source_id in [row.id for row in reports if row.named or len(reports) > 1]:
        due_at = duties.open_duty(
            session, hazard, Clock.REPORTER_ANSWER, Clock.REPORTER_ANSWER, duties.Bearer(Role.SC), origin=origin, at=at,
            subject=_subject(session, source_id),
        )  # fmt: skip
        session.execute(update(HAZARD_SOURCE).where(HAZARD_SOURCE.c.id == source_id).values(answer_due_at=due_at))


def answer_reporter(session: Session, source: Any, text: str, *, by: Actor, at: datetime) -> None:
    """Answer one report; its reporter reads the words with the query code, and the duty to answer ends.

    Raises: GateNotMet when it is answered already and no new answer is owed.
    """
    waiting = _live(session, source)
    if source.answered_at is not None and waiting is None:
        raise GateNotMet("该举报已答复。", rule="每件举报逐一答复", remedy="如需补充，请使用匿名联系。")
    write_answer(session, source, text, REPORTER_ANSWERED, by=by, at=at)
    if waiting is not None:
        duties.close_duty(
            session, waiting.hazard_id, Clock.REPORTER_ANSWER, Clock.REPORTER_ANSWER, by=by, at=at,
            subject=waiting.subject,
        )  # fmt: skip


def write_answer(session: Session, source: Any, text: str, kind: str, *, by: Actor, at: datetime) -> None:
    """The words a reporter finds by their code, and the event that says who gave them."""
    trail.append_beside(
        session, source.hazard_id, kind, by=by, at=at, facts={"source_id": source.id, "form": {"answer": text}}
    )
    answered = {"answer": text, "answered_at": at, "answered_by": by.person_id}
    session.execute(update(HAZARD_SOURCE).where(HAZARD_SOURCE.c.id == source.id).values(answered))
    if source.reported_by is not None:
        carrier = cast(Hazard, session.execute(select(HAZARD).where(HAZARD.c.id == source.hazard_id)).one())
        outbox.post(session, carrier, Topic.REPORT_ANSWERED, subject=source.id, step=Step(carrier.step), at=at)


def _live(session: Session, source: Any) -> Any:
    """The running duty to answer this report, or None."""
    mine = of_report(DEADLINE.c.subject, source.id)
    running = (
        DEADLINE.c.hazard_id == source.hazard_id,
        DEADLINE.c.clock == Clock.REPORTER_ANSWER,
        DEADLINE.c.closed_at.is_(None),
    )
    return session.execute(select(DEADLINE).where(mine, *running).limit(1)).one_or_none()


def of_report(subject: ColumnElement[str], source_id: str) -> ColumnElement[bool]:
    """What a duty to answer this report is known by: its id, after a reopening with a number."""
    return or_(subject == source_id, subject.startswith(f"{source_id}/", autoescape=True))


def _subject(session: Session, source_id: str) -> str:
    """The source's id; after a reopening with a number, since a work item is opened once for each cause."""
    opened = (WORK_ITEM.c.kind == Clock.REPORTER_ANSWER, WORK_ITEM.c.origin.startswith(source_id, autoescape=True))
    count = session.execute(select(func.count()).select_from(WORK_ITEM).where(*opened)).scalar_one()
    return f"{source_id}/{count + 1}" if count else source_id
