"""More people for the town, signed in; days as the office counts them."""

import json
from datetime import UTC, date, datetime, timedelta
from typing import Any

from sqlalchemy import func, select
from sqlmodel import Session
from starlette.testclient import TestClient

from models.hazard import Hazard
from models.limits import ZONE
from models.permissions import Role
from models.tables import AUDIT_EVENT, WORK_ITEM
from office_api import Caller, sign_in
from town import NOON, Town, add_person


def join(session: Session, town: Town, client: TestClient, key: str, role: Role, unit: str | None) -> Caller:
    """Somebody new in town, with a role and a session."""
    add_person(session, town, key, f"{key}甲", role, unit, None, NOON)
    caller = Caller(client, sign_in(session, town, key))
    session.commit()
    return caller


def today() -> date:
    return datetime.now(UTC).astimezone(ZONE).date()


def days(first: int = 0, last: int = 4) -> dict[str, str]:
    """From so many days after today until so many."""
    return {
        "from_on": str(today() + timedelta(days=first)),
        "until_on": str(today() + timedelta(days=last)),
        "reason": "外出学习",
    }


def id_of(town: Town, who: str) -> str:
    return town.actors[who].person_id


def events(session: Session, stream: str, kind: str) -> list[dict[str, Any]]:
    """The events of a kind in one chain, oldest first."""
    rows = select(AUDIT_EVENT.c.body).where(AUDIT_EVENT.c.stream == stream, AUDIT_EVENT.c.type == kind)
    return [json.loads(body) for body in _read(session, rows.order_by(AUDIT_EVENT.c.seq))]


def how_many_events(session: Session) -> int:
    return _read(session, select(func.count()).select_from(AUDIT_EVENT))[0]


def move_item(session: Session, hazard: Hazard) -> Any:
    """The open item that moves a hazard."""
    of_hazard = (WORK_ITEM.c.hazard_id == hazard.id, WORK_ITEM.c.is_move, WORK_ITEM.c.closed_at.is_(None))
    return now(session, select(WORK_ITEM).where(*of_hazard))[0]


def pass_review(caller: Caller, hazard: Hazard, **options: Any) -> Any:
    form = {"opinion": "整改到位", "document_no": "临应急复〔2026〕1号"}
    return caller.post(f"/hazards/{hazard.no}/review-pass", form, version=hazard.version, **options)


def now(session: Session, statement: Any) -> list[Any]:
    """What the database holds at this moment; nothing stays locked."""
    session.rollback()
    rows = list(session.execute(statement).all())
    session.rollback()
    return rows


def _read(session: Session, statement: Any) -> list[Any]:
    return [row[0] for row in now(session, statement)]
