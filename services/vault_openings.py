"""Who opened the vault 启封记录: asked, approved and read, when and on which ground; never what was in it."""

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import select, tuple_
from sqlalchemy.orm import aliased
from sqlmodel import Session, col

from models import Person, Unit
from models.actor import Actor
from models.permissions import Operation
from models.tables import AUDIT_EVENT, HAZARD, HAZARD_SOURCE, UNSEALING
from services import access
from services.findings import Position
from services.unsealing import UNSEALED_READ


def openings(session: Session, *, by: Actor, after: Position | None, limit: int) -> Sequence[Any]:
    """Requests to unseal, the newest first. The reason in words stays out: it may say who somebody is.

    Raises: NotPermitted.
    """
    access.require(by, Operation.SEARCH_TRAIL)
    asker, approver, unit, other = aliased(Person), aliased(Person), aliased(Unit), aliased(Unit)
    one = UNSEALING.c
    statement = (
        select(
            one.id, one.ground, one.requested_at, one.approved_at, one.readable_until, HAZARD.c.no,
            col(asker.name).label("asker"), col(unit.name).label("unit"),  # pyright: ignore[reportAttributeAccessIssue]
            col(approver.name).label("approver"), col(other.name).label("approver_unit"),  # pyright: ignore[reportAttributeAccessIssue]
        )
        .join(HAZARD_SOURCE, HAZARD_SOURCE.c.id == one.source_id)
        .join(HAZARD, HAZARD.c.id == HAZARD_SOURCE.c.hazard_id)
        .join(asker, col(asker.id) == one.requested_by)
        .join(unit, col(unit.id) == one.requester_unit_id)
        .outerjoin(approver, col(approver.id) == one.approved_by)
        .outerjoin(other, col(other.id) == one.approver_unit_id)
        .order_by(one.requested_at.desc(), one.id.desc())
    )  # fmt: skip
    if after is not None:
        statement = statement.where(tuple_(one.requested_at, one.id) < after)
    return session.execute(statement.limit(limit)).all()


def readings(session: Session, rows: Sequence[Any]) -> Mapping[str, int]:
    """How often each of these was read: by the history, within the minutes in which it could be."""
    opened = [row for row in rows if row.approved_at is not None]
    if not opened:
        return {}
    statement = select(AUDIT_EVENT.c.body).where(
        AUDIT_EVENT.c.type == UNSEALED_READ,
        AUDIT_EVENT.c.recorded_at >= min(row.approved_at for row in opened),
        AUDIT_EVENT.c.recorded_at <= max(row.readable_until for row in opened),
    )
    return Counter(json.loads(body)["unsealing_id"] for body in session.execute(statement).scalars())
