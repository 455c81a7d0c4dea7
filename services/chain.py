"""Write a fact that moves no hazard into its history: escalations, letters answered, ladders held."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import bindparam, select, update
from sqlmodel import Session

from models.actor import Actor
from models.tables import HAZARD
from services import trail

_HEAD = select(HAZARD.c.chain_seq, HAZARD.c.chain_head, HAZARD.c.changed_at, HAZARD.c.cycle).where(
    HAZARD.c.id == bindparam("of_hazard")
)


def record(
    session: Session, hazard_id: str, kind: str, *, by: Actor | None, at: datetime, facts: Mapping[str, Any]
) -> datetime:
    """Append an event to the chain of a hazard whose row lock the caller holds; the instant it is recorded under.

    The version people work on stays: nobody's draft is made stale by it.
    """
    head = session.execute(_HEAD, {"of_hazard": hazard_id}).one()
    recorded = max(head.changed_at, at)
    link = trail.append(
        session, hazard_id, trail.Link(head.chain_seq, head.chain_head), kind, by=by, at=recorded,
        facts={"cycle": head.cycle, "before": {}, "after": {}, **facts},
    )  # fmt: skip
    session.execute(
        update(HAZARD)
        .where(HAZARD.c.id == hazard_id)
        .values(chain_seq=link.seq, chain_head=link.head, changed_at=recorded)
    )
    return recorded
