"""The blind relay 匿名联系: words between a reporter and the office, sealed like the report; neither sees the other."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import func, insert, select, update
from sqlmodel import Session

from models.actor import Actor
from models.errors import GateNotMet, NotFound
from models.ids import new_id
from models.outbox import Topic
from models.sealed import seal, unseal
from models.stage import Clock, Step
from models.tables import DEADLINE, REPORT_MESSAGE
from models.vault import ORIGINAL, MessageKind
from services import duties, outbox, reporter_answers, sources, trail, vault
from services.keys import Keyring

REPORTER_MESSAGED, OBJECTION_SETTLED = "REPORTER_MESSAGED", "OBJECTION_SETTLED"
_MOST_FROM_REPORTER = 100


class Words(NamedTuple):
    """One message, opened."""

    id: str
    kind: str
    from_office: bool
    text: str
    sent_at: datetime
    settled_at: datetime | None


def put(
    session: Session, ring: Keyring, source: Any, kind: MessageKind, text: str, *, officer: str | None, at: datetime
) -> str:
    """Seal what was written; its id. `officer`: the person who wrote it, None for the reporter.

    Raises: GateNotMet when a reporter has written too often.
    """
    if officer is None:
        _refuse_too_many(session, source)
    message_id = new_id()
    key = vault.data_key(session, ring, source.id, ORIGINAL)
    row = {
        "id": message_id, "source_id": source.id, "kind": kind, "person_id": officer, "sent_at": at, "settled_at": None,
        "sealed": seal(key, text.encode(), belongs_to=message_id),
    }  # fmt: skip
    session.execute(insert(REPORT_MESSAGE), row)
    if officer is None and kind != MessageKind.OBJECTION:  # of an objection a duty tells
        tell_office(session, source, at=at)
    return message_id


def tell_office(session: Session, source: Any, *, at: datetime) -> None:
    """The committee office learns that the reporter has added something, and not what."""
    hazard = sources.carrier(session, source)
    outbox.post(session, hazard, Topic.REPORTER_WROTE, subject=source.id, step=Step(hazard.step), at=at)


def message_reporter(session: Session, ring: Keyring, source: Any, text: str, *, by: Actor, at: datetime) -> str:
    """Write to a reporter without knowing who it is; they find it by their query code (匿名联系举报人).

    Raises: GateNotMet when the report has no query code, so nobody could read it.
    """
    if source.query_code_hash is None:
        raise GateNotMet("该来源没有查询码，不能匿名联系。", rule="匿名联系凭查询码", remedy="请按登记的来源渠道联系。")
    message_id = put(session, ring, source, MessageKind.MESSAGE, text, officer=by.person_id, at=at)
    facts = {"source_id": source.id, "message_id": message_id}
    trail.append_office(session, REPORTER_MESSAGED, by=by, at=at, facts=facts)
    return message_id


def messages(session: Session, ring: Keyring, source: Any, kinds: Sequence[MessageKind]) -> list[Words]:
    """What was written, oldest first, opened."""
    wanted = (REPORT_MESSAGE.c.source_id == source.id, REPORT_MESSAGE.c.kind.in_(kinds))
    rows = session.execute(
        select(REPORT_MESSAGE).where(*wanted).order_by(REPORT_MESSAGE.c.sent_at, REPORT_MESSAGE.c.id)
    ).all()
    if not rows:
        return []
    key = vault.data_key(session, ring, source.id, ORIGINAL)
    return [
        Words(row.id, row.kind, row.person_id is not None, unseal(key, row.sealed, belongs_to=row.id).decode(),
              row.sent_at, row.settled_at)
        for row in rows
    ]  # fmt: skip


def open_objection(session: Session, source: Any) -> Any:
    """The objection the office has not looked into yet, or None."""
    waiting = (
        REPORT_MESSAGE.c.source_id == source.id, REPORT_MESSAGE.c.kind == MessageKind.OBJECTION,
        REPORT_MESSAGE.c.settled_at.is_(None),
    )  # fmt: skip
    return session.execute(select(REPORT_MESSAGE.c.id).where(*waiting)).scalar_one_or_none()


def settle_objection(session: Session, source: Any, finding: str, *, by: Actor, at: datetime) -> None:
    """Say what was found when the office looked again; the reporter reads it as the answer (查看举报人异议).

    A hazard found again is reopened by its own request.

    Raises: NotFound when no objection waits.
    """
    message_id = open_objection(session, source)
    if message_id is None:
        raise NotFound("没有待查看的异议。", remedy="请刷新来源清单。")
    reporter_answers.write_answer(session, source, finding, OBJECTION_SETTLED, by=by, at=at)
    settled = update(REPORT_MESSAGE).where(REPORT_MESSAGE.c.id == message_id)
    session.execute(settled.values(settled_at=at))
    lies_at = select(DEADLINE.c.hazard_id).where(DEADLINE.c.clock == Clock.OBJECTION, DEADLINE.c.subject == message_id)
    for hazard_id in session.execute(
        lies_at.distinct()
    ).scalars():  # where it was raised, though merged or taken out since
        duties.close_duty(session, hazard_id, Clock.OBJECTION, Clock.OBJECTION, by=by, at=at, subject=message_id)


def _refuse_too_many(session: Session, source: Any) -> None:
    mine = (REPORT_MESSAGE.c.source_id == source.id, REPORT_MESSAGE.c.person_id.is_(None))
    count = session.execute(select(func.count()).select_from(REPORT_MESSAGE).where(*mine)).scalar_one()
    if count >= _MOST_FROM_REPORTER:
        raise GateNotMet(
            f"一件举报最多补充{_MOST_FROM_REPORTER}次。", rule="防止滥用", remedy="如有新的情况，请另行举报。"
        )
