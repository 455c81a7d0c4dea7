"""Search the whole history 跨人员检索历史: every hazard and the office, by person, kind, hazard and day; the newest first."""

import json
from collections.abc import Iterable, Sequence
from datetime import date, datetime, time, timedelta
from typing import Any, NamedTuple

from sqlalchemy import select, tuple_
from sqlmodel import Session, col

from models import Account, Person
from models.actor import Actor
from models.audit import OFFICE
from models.decisions import DecisionCode
from models.errors import NotFound
from models.limits import ZONE
from models.permissions import Operation
from models.tables import AUDIT_EVENT, AUDIT_LEAF, CHECKPOINT, HAZARD
from services import access, trail

DECISIONS = tuple(DecisionCode)
_MOST_NAMESAKES = 200


class Wanted(NamedTuple):
    """What is searched for; blank: any."""

    person: str = ""
    """A person's id, or part of a name."""
    kind: str = ""
    no: str = ""
    """A hazard's number; `office` for what belongs to no hazard."""
    since: date | None = None
    until: date | None = None
    """Its last day, included."""


class Position(NamedTuple):
    """Where a page ends: the instant and number of its last event."""

    recorded_at: datetime
    gid: int


def search(
    session: Session, wanted: Wanted, *, by: Actor, at: datetime, within: timedelta, after: Position | None, limit: int
) -> Sequence[Any]:
    """A page of events across hazards and persons. `within`: how recently the auditor must have proved who they are.

    Raises: NotPermitted, StepUpRequired.
    """
    access.require(by, Operation.SEARCH_TRAIL)
    access.require_recent_password(by, Operation.SEARCH_TRAIL, at=at, within=within)
    statement = (
        select(
            AUDIT_EVENT.c.gid, AUDIT_EVENT.c.stream, AUDIT_EVENT.c.seq, AUDIT_EVENT.c.type, AUDIT_EVENT.c.actor,
            AUDIT_EVENT.c.recorded_at, AUDIT_EVENT.c.hash, HAZARD.c.no, col(Person.name).label("name"),  # pyright: ignore[reportAttributeAccessIssue]
        )
        .outerjoin(HAZARD, HAZARD.c.id == AUDIT_EVENT.c.stream)
        .outerjoin(Person, col(Person.id) == AUDIT_EVENT.c.actor)
    )  # fmt: skip
    for condition in _conditions(session, wanted):
        statement = statement.where(condition)
    if after is not None:
        statement = statement.where(tuple_(AUDIT_EVENT.c.recorded_at, AUDIT_EVENT.c.gid) < after)
    newest_first = (AUDIT_EVENT.c.recorded_at.desc(), AUDIT_EVENT.c.gid.desc())
    return session.execute(statement.order_by(*newest_first).limit(limit)).all()


def event(session: Session, gid: int, *, by: Actor) -> Any:
    """One event as it was written, with its place in the tree and the number of its hazard.

    Raises: NotPermitted, NotFound.
    """
    access.require(by, Operation.SEARCH_TRAIL)
    row = session.execute(
        select(AUDIT_EVENT, AUDIT_LEAF.c.position, HAZARD.c.no)
        .outerjoin(AUDIT_LEAF, AUDIT_LEAF.c.gid == AUDIT_EVENT.c.gid)
        .outerjoin(HAZARD, HAZARD.c.id == AUDIT_EVENT.c.stream)
        .where(AUDIT_EVENT.c.gid == gid)
    ).one_or_none()
    if row is None:
        raise NotFound("没有这条记录。", remedy="请从检索历史中打开。")
    return row


def accounts_of(session: Session, rows: Sequence[Any]) -> dict[int, str]:
    """Whose account an event of the office is about that names no person: signed in, refused, a password set."""
    asked = [row.gid for row in rows if row.stream == OFFICE and row.actor == trail.SYSTEM]
    if not asked:
        return {}
    told = session.execute(select(AUDIT_EVENT.c.gid, AUDIT_EVENT.c.body).where(AUDIT_EVENT.c.gid.in_(asked))).all()
    accounts = {row.gid: str(json.loads(row.body).get("account", "")) for row in told}
    named = select(col(Account.id), col(Person.name)).join(Person, col(Person.id) == col(Account.person_id))
    known = session.execute(named.where(col(Account.id).in_(sorted({*accounts.values()})))).all()
    names = {row.id: row.name for row in known}
    return {gid: names[account] for gid, account in accounts.items() if account in names}


def numbers_of(session: Session, streams: Iterable[str]) -> dict[str, str]:
    """The numbers of the hazards among these streams."""
    rows = session.execute(select(HAZARD.c.id, HAZARD.c.no).where(HAZARD.c.id.in_(sorted(streams))))
    return {row.id: row.no for row in rows}


def checkpoints(session: Session, *, before: int | None, limit: int) -> Sequence[Any]:
    """Signed checkpoints, the largest first; a page below `before`."""
    rows = select(CHECKPOINT.c.size, CHECKPOINT.c.root, CHECKPOINT.c.sealed_at, CHECKPOINT.c.note)
    rows = rows.order_by(CHECKPOINT.c.size.desc()).limit(limit)
    return session.execute(rows.where(CHECKPOINT.c.size < before) if before is not None else rows).all()


def checkpoint(session: Session, size: int) -> str:
    """The signed note at this size.

    Raises: NotFound.
    """
    note = session.execute(select(CHECKPOINT.c.note).where(CHECKPOINT.c.size == size)).scalar_one_or_none()
    if note is None:
        raise NotFound("没有这个检查点。", remedy="请从检查点列表中打开。")
    return note


def _conditions(session: Session, wanted: Wanted) -> list[Any]:
    found: list[Any] = []
    if wanted.person:
        found.append(AUDIT_EVENT.c.actor.in_(_persons(session, wanted.person)))
    if wanted.kind:
        found.append(AUDIT_EVENT.c.type == wanted.kind)
    if wanted.no:
        of_hazard = select(HAZARD.c.id).where(HAZARD.c.no == wanted.no).scalar_subquery()
        found.append(AUDIT_EVENT.c.stream == (OFFICE if wanted.no == OFFICE else of_hazard))
    if wanted.since:
        found.append(AUDIT_EVENT.c.recorded_at >= _start_of(wanted.since))
    if wanted.until:
        found.append(AUDIT_EVENT.c.recorded_at < _start_of(wanted.until) + timedelta(days=1))
    return found


def _persons(session: Session, text: str) -> list[str]:
    if text == trail.SYSTEM:
        return [text]
    named = (col(Person.id) == text) | col(Person.name).contains(text, autoescape=True)
    return list(session.execute(select(col(Person.id)).where(named).limit(_MOST_NAMESAKES)).scalars())


def _start_of(day: date) -> datetime:
    return datetime.combine(day, time.min, ZONE)
