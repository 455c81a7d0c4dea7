"""What the database holds of one hazard, in the words of the model."""

import hashlib
import json
from collections import Counter
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlmodel import Session, col

from models import Person
from models.audit import GENESIS
from models.tables import AUDIT_EVENT, DEADLINE, DECISION, ESCALATION, WORK_ITEM
from services import history_check, trail

_NOT_IN_EVENTS = {"id", "chain_seq", "chain_head", "changed_at"}


def open_items(session: Session, hazard: Any) -> list[Any]:
    mine = (WORK_ITEM.c.hazard_id == hazard.id, WORK_ITEM.c.closed_at.is_(None))
    return list(session.execute(select(WORK_ITEM).where(*mine)).all())


def live_clocks(session: Session, hazard: Any) -> Counter[tuple[str, datetime, datetime]]:
    mine = (DEADLINE.c.hazard_id == hazard.id, DEADLINE.c.closed_at.is_(None))
    rows = session.execute(select(DEADLINE.c.clock, DEADLINE.c.start_at, DEADLINE.c.due_at).where(*mine))
    return Counter((row.clock, row.start_at, row.due_at) for row in rows)


def escalations_of(session: Session, hazard: Any) -> Counter[tuple[str, datetime, int, datetime, datetime, bool]]:
    """(clock, its start, level, due, fired, late) of every level ever said."""
    row, of = ESCALATION.c, DEADLINE.c
    told = select(of.clock, of.start_at, row.level, row.level_due_at, row.fired_at, row.late)
    joined = told.join(DEADLINE, of.id == row.deadline_id).where(row.hazard_id == hazard.id)
    return Counter(tuple(found) for found in session.execute(joined))  # pyright: ignore[reportReturnType]


def doubled_signers(session: Session, hazard: Any, parts: dict[str, tuple[str, str]]) -> list[tuple[str, str]]:
    """(chain, person) that decided two parts of one chain in this cycle, by the decisions themselves."""
    mine = (DECISION.c.hazard_id == hazard.id, DECISION.c.cycle == hazard.cycle)
    held: dict[tuple[str, str], set[str]] = {}
    for row in session.execute(select(DECISION.c.code, DECISION.c.person_id).where(*mine)):
        if row.code in parts:
            chain, part = parts[row.code]
            held.setdefault((chain, row.person_id), set()).add(part)
    return [signer for signer, taken in held.items() if len(taken) > 1]


def name_of(session: Session, person_id: str | None) -> str:
    found = session.execute(select(col(Person.email)).where(col(Person.id) == person_id)).scalar_one_or_none()
    return (found or "").partition("@")[0]


def check_history(session: Session, hazard: Any) -> None:
    """Every event hashes to its hash and names the one before; folded, they are the row, column by column."""
    events = select(AUDIT_EVENT).where(AUDIT_EVENT.c.stream == hazard.id).order_by(AUDIT_EVENT.c.seq)
    head, bodies = GENESIS, []
    for number, row in enumerate(session.execute(events).all(), 1):
        body = json.loads(row.body)
        assert (row.seq, body["prev"], body["seq"]) == (number, head, number)
        assert row.hash == hashlib.sha256(b"\x00" + row.body).hexdigest()
        head = row.hash
        bodies.append(body)
    assert (len(bodies), head) == (hazard.chain_seq, hazard.chain_head)
    columns = {name: value for name, value in hazard._mapping.items() if name not in _NOT_IN_EVENTS}
    plain = {name: trail.stamp(value) if isinstance(value, datetime) else value for name, value in columns.items()}
    assert {name: value for name, value in history_check.fold(bodies).items() if name in plain} == plain
