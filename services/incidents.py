"""Incidents 异常: noticed by the program, seen and settled by the administrator."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import func, select, update
from sqlmodel import Session

from models.actor import Actor
from models.errors import NotFound
from models.ids import new_id
from models.incident import IncidentKind
from models.once import insert_once
from models.tables import INCIDENT
from services import trail

_INSERT = insert_once(INCIDENT, "id")


def report(
    session: Session, kind: IncidentKind, subject: str, what: str, *, at: datetime, hazard_id: str | None = None
) -> bool:
    """Put an incident before the administrator; False while one of the same kind and subject is open."""
    row = {"id": new_id(), "kind": kind, "subject": subject, "hazard_id": hazard_id, "what": what, "opened_at": at,
           "settled_at": None, "settled_by": None, "remark": ""}  # fmt: skip
    if session.execute(_INSERT, row).first() is None:
        return False
    facts = {"after": {"id": row["id"], "kind": kind, "subject": subject, "what": what}}
    trail.append_office(session, "INCIDENT", by=None, at=at, facts=facts)
    return True


def settle(session: Session, incident_id: str, remark: str, *, by: Actor, at: datetime) -> None:
    """Say what was done about it; noticed again, it is a new incident.

    Raises: NotFound when it is not open.
    """
    mine = (INCIDENT.c.id == incident_id, INCIDENT.c.settled_at.is_(None))
    done = session.execute(update(INCIDENT).where(*mine).values(settled_at=at, settled_by=by.person_id, remark=remark))
    if done.rowcount != 1:  # pyright: ignore[reportAttributeAccessIssue]  # a cursor result
        raise NotFound("没有找到该异常，或已处理。", remedy="请刷新异常列表。")
    facts = {"after": {"id": incident_id, "remark": remark}}
    trail.append_office(session, "INCIDENT_SETTLED", by=by, at=at, facts=facts)


def end(session: Session, kind: IncidentKind, subject: str, *, at: datetime) -> None:
    """What was wrong is right again by itself."""
    mine = (INCIDENT.c.kind == kind, INCIDENT.c.subject == subject, INCIDENT.c.settled_at.is_(None))
    session.execute(update(INCIDENT).where(*mine).values(settled_at=at, remark="已自行恢复"))


def open_count(session: Session) -> int:
    return session.execute(select(func.count()).where(INCIDENT.c.settled_at.is_(None))).scalar_one()


def listed(session: Session, *, settled: bool, limit: int) -> Sequence[Any]:
    """Newest first."""
    rows = select(INCIDENT).order_by(INCIDENT.c.opened_at.desc(), INCIDENT.c.id.desc()).limit(limit)
    return session.execute(rows if settled else rows.where(INCIDENT.c.settled_at.is_(None))).all()


def one(session: Session, incident_id: str) -> Any:
    """Raises: NotFound."""
    row = session.execute(select(INCIDENT).where(INCIDENT.c.id == incident_id)).one_or_none()
    if row is None:
        raise NotFound("没有找到该异常。", remedy="请刷新异常列表。")
    return row
