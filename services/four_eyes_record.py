"""Who signed what beside whom 职责分离记录: the parts of each chain of custody, and requests with who asked and who decided."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import func, select, tuple_
from sqlalchemy.orm import aliased
from sqlmodel import Session, col

from models import Person, Unit
from models.actor import Actor
from models.permissions import Operation
from models.tables import HAZARD, HAZARD_REQUEST, SIGNATURE
from services import access
from services.findings import Position

_NAME = func.coalesce(col(Person.name), col(Unit.name)).label("name")
_CHAIN = (SIGNATURE.c.hazard_id, SIGNATURE.c.cycle, SIGNATURE.c.chain)


class Signed(NamedTuple):
    """Where a page of chains ends; the order of the index."""

    signed_at: datetime
    hazard_id: str
    cycle: int
    chain: str
    signer: str


Chain = tuple[str, int, str]
"""A hazard's id, the cycle, the chain."""


def chains(session: Session, *, by: Actor, after: Signed | None, limit: int) -> Sequence[Any]:
    """Chains of custody by their newest signature, the newest first.

    Raises: NotPermitted.
    """
    access.require(by, Operation.SEARCH_TRAIL)
    key, later = (SIGNATURE.c.signed_at, *_CHAIN, SIGNATURE.c.signer), SIGNATURE.alias("later")
    newer = tuple_(later.c.signed_at, later.c.signer) > tuple_(SIGNATURE.c.signed_at, SIGNATURE.c.signer)
    same = [later.c[column.name] == column for column in _CHAIN]
    statement = (
        select(*key, HAZARD.c.no, HAZARD.c.place)
        .join(HAZARD, HAZARD.c.id == SIGNATURE.c.hazard_id)
        .where(~select(later.c.part).where(*same, newer).exists())
        .order_by(*(column.desc() for column in key))
    )
    if after is not None:
        statement = statement.where(tuple_(*key) < after)
    return session.execute(statement.limit(limit)).all()


def parts(session: Session, rows: Sequence[Any]) -> Mapping[Chain, Mapping[str, Sequence[str]]]:
    """Who signed each part of these chains, in the order they signed: persons, and the units a part binds."""
    wanted = sorted({(row.hazard_id, row.cycle, row.chain) for row in rows})
    statement = (
        select(*_CHAIN, SIGNATURE.c.part, _NAME)
        .outerjoin(Person, col(Person.id) == SIGNATURE.c.signer)
        .outerjoin(Unit, col(Unit.id) == SIGNATURE.c.signer)
        .where(tuple_(*_CHAIN).in_(wanted))
        .order_by(SIGNATURE.c.signed_at, col(Unit.name).is_not(None), SIGNATURE.c.signer)
    )
    found: defaultdict[Chain, dict[str, list[str]]] = defaultdict(dict)
    for row in session.execute(statement) if wanted else ():
        found[row.hazard_id, row.cycle, row.chain].setdefault(row.part, []).append(row.name or "—")
    return found


def requests(session: Session, *, by: Actor, after: Position | None, limit: int) -> Sequence[Any]:
    """Requests with who asked, who decided and what, the newest first.

    Raises: NotPermitted.
    """
    access.require(by, Operation.SEARCH_TRAIL)
    asker, decider = aliased(Person), aliased(Person)
    request = HAZARD_REQUEST.c
    statement = (
        select(
            request.id, request.kind, request.asked_at, request.decided_at, request.outcome, HAZARD.c.no, HAZARD.c.place,
            col(asker.name).label("asker"), col(decider.name).label("decider"),  # pyright: ignore[reportAttributeAccessIssue]
        )
        .join(HAZARD, HAZARD.c.id == request.hazard_id)
        .outerjoin(asker, col(asker.id) == request.asked_by)
        .outerjoin(decider, col(decider.id) == request.decided_by)
        .order_by(request.asked_at.desc(), request.id.desc())
    )  # fmt: skip
    if after is not None:
        statement = statement.where(tuple_(request.asked_at, request.id) < after)
    return session.execute(statement.limit(limit)).all()
