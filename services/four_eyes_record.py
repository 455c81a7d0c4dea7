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
    """Where a page of signatures ends; the order of the index."""

    signed_at: datetime
    hazard_id: str
    cycle: int
    chain: str
    signer: str


Chain = tuple[str, int, str]
"""A hazard's id, the cycle, the chain."""


def signatures(session: Session, *, by: Actor, after: Signed | None, limit: int) -> Sequence[Any]:
    """Signatures, the newest first; a signer is a person, or the unit a part binds.

    Raises: NotPermitted.
    """
    access.require(by, Operation.SEARCH_TRAIL)
    key = (SIGNATURE.c.signed_at, *_CHAIN, SIGNATURE.c.signer)
    statement = (
        select(*key, SIGNATURE.c.part, HAZARD.c.no, HAZARD.c.place, _NAME)
        .join(HAZARD, HAZARD.c.id == SIGNATURE.c.hazard_id)
        .outerjoin(Person, col(Person.id) == SIGNATURE.c.signer)
        .outerjoin(Unit, col(Unit.id) == SIGNATURE.c.signer)
        .order_by(*(column.desc() for column in key))
    )
    if after is not None:
        statement = statement.where(tuple_(*key) < after)
    return session.execute(statement.limit(limit)).all()


def beside(session: Session, rows: Sequence[Any]) -> Mapping[Chain, Sequence[Any]]:
    """Every signature of the chains these rows belong to, in the order they were given."""
    wanted = sorted({(row.hazard_id, row.cycle, row.chain) for row in rows})
    statement = (
        select(*_CHAIN, SIGNATURE.c.part, SIGNATURE.c.signer, _NAME)
        .outerjoin(Person, col(Person.id) == SIGNATURE.c.signer)
        .outerjoin(Unit, col(Unit.id) == SIGNATURE.c.signer)
        .where(tuple_(*_CHAIN).in_(wanted))
        .order_by(SIGNATURE.c.signed_at)
    )
    found: defaultdict[Chain, list[Any]] = defaultdict(list)
    for row in session.execute(statement) if wanted else ():
        found[row.hazard_id, row.cycle, row.chain].append(row)
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
