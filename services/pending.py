"""Requests 申请 that wait for a second person: find one, decide it once, let lapse what the hazard has moved past."""

from datetime import datetime
from typing import Any

from sqlalchemy import bindparam, func, select, update
from sqlmodel import Session

from models.hazard import Hazard
from models.outbox import Topic
from models.requests import REQUESTS, RequestKind
from models.stage import Step
from models.tables import DEADLINE, HAZARD_REQUEST, WORK_ITEM
from services import clocks, outbox

_UNDECIDED = (HAZARD_REQUEST.c.hazard_id == bindparam("of_hazard"), HAZARD_REQUEST.c.decided_at.is_(None))
_WAITING = select(HAZARD_REQUEST).where(*_UNDECIDED, HAZARD_REQUEST.c.kind == bindparam("of_kind"))
_DECIDE = (
    update(HAZARD_REQUEST)
    .where(HAZARD_REQUEST.c.id == bindparam("of_request"), HAZARD_REQUEST.c.decided_at.is_(None))
    .values(decided_by=bindparam("by"), decided_at=bindparam("at"), outcome=bindparam("as_outcome"))
)


def waiting(session: Session, hazard_id: str, kind: RequestKind) -> Any:
    """The undecided request of this kind, or None; there is one at most."""
    return session.execute(_WAITING, {"of_hazard": hazard_id, "of_kind": kind}).one_or_none()


def decide(session: Session, request_id: str, outcome: str, *, by: str | None, at: datetime) -> bool:
    """Whether this call decided it. The table refuses the asker as decider."""
    row = {"of_request": request_id, "by": by, "at": at, "as_outcome": outcome}
    return session.execute(_DECIDE, row).rowcount == 1  # pyright: ignore[reportAttributeAccessIssue]


def lapse(session: Session, hazard: Hazard, to: Step, *, at: datetime) -> int:
    """Requests that make no sense at the step the hazard goes to lapse with their clocks, and whoever asked is told; how
    many are left waiting."""
    gone = [kind for kind, info in REQUESTS.items() if to not in info.ways]
    stale = (
        HAZARD_REQUEST.c.hazard_id == hazard.id,
        HAZARD_REQUEST.c.decided_at.is_(None),
        HAZARD_REQUEST.c.kind.in_(gone),
    )
    lapsed = session.execute(select(HAZARD_REQUEST.c.id).where(*stale)).scalars().all()
    if lapsed:
        session.execute(update(HAZARD_REQUEST).where(*stale).values(decided_at=at, outcome="LAPSED"))
        clocks.void(session, DEADLINE.c.hazard_id == hazard.id, DEADLINE.c.subject.in_(lapsed), at=at)
        items = (WORK_ITEM.c.hazard_id == hazard.id, WORK_ITEM.c.origin.in_(lapsed), WORK_ITEM.c.closed_at.is_(None))
        session.execute(update(WORK_ITEM).where(*items).values(closed_at=at))
        for request_id in lapsed:
            outbox.post(session, hazard, Topic.ANSWERED, subject=request_id, step=to, at=at)
    left = select(func.count()).where(*_UNDECIDED)
    return session.execute(left, {"of_hazard": hazard.id}).scalar_one()
