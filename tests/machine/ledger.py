"""What the database holds of one hazard, in the words of the model."""

import hashlib
import json
from collections import Counter
from dataclasses import replace
from datetime import datetime
from typing import Any

from sqlalchemy import Engine, bindparam, func, select
from sqlmodel import Session, col

from models import Account, Person
from models.actor import Actor
from models.audit import GENESIS
from models.engine import reading
from models.permissions import Role
from models.tables import (
    AUDIT_EVENT,
    DEADLINE,
    DECISION,
    ESCALATION,
    HAZARD,
    HAZARD_REQUEST,
    OUTBOX,
    SIGNATURE,
    WORK_ITEM,
)
from services import history_check, standing_in, trail

_EVERYTHING = (
    HAZARD, DECISION, AUDIT_EVENT, OUTBOX, DEADLINE, WORK_ITEM, SIGNATURE, HAZARD_REQUEST, ESCALATION,
)  # fmt: skip
_NOT_IN_EVENTS = {"id", "chain_seq", "chain_head", "changed_at"}


def rows_in(engine: Engine) -> list[int]:
    """How many rows there are of everything; a refusal leaves as many."""
    with reading(engine) as session:
        return [session.execute(select(func.count()).select_from(table)).scalar_one() for table in _EVERYTHING]


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


def open_accounts(session: Session, *, at: datetime) -> None:
    """Everybody has one: who has none lends nothing."""
    people = session.execute(select(col(Person.id), col(Person.email))).all()
    session.add_all([Account(person_id=row.id, login=row.email, created_at=at) for row in people])


def actor_now(session: Session, who: Actor, *, at: datetime) -> Actor:
    """Who acts today: the person with what was lent to them, by the statement every request asks."""
    held = {"who": who.person_id, "today": standing_in.day_of(at)}
    rows = session.execute(_HELD, held).all()
    grants = tuple(dict.fromkeys((Role(row.role), row.unit_id) for row in rows))
    return replace(who, grants=grants, on_behalf_of=standing_in.principals(rows))


_HELD = standing_in.with_lent_grants(
    select(col(Person.id).label("person_id")).where(col(Person.id) == bindparam("who"))
)


def finders(item: Any, actors: dict[str, Actor]) -> set[str]:
    """Who has this item in front of them: a role it is for, in the place it lies in."""
    return {who for who, actor in actors.items() if any(_lies_with(item, actor, *held) for held in actor.grants)}


def _lies_with(item: Any, actor: Actor, role: Role, unit_id: str | None) -> bool:
    if role not in item.roles.split():
        return False
    place = item.enterprise_id or item.unit_id
    return place == (None if role in {Role.SC, Role.TL} else actor.enterprise_id or unit_id)


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
