"""What an auditor looks at first 重点核查: downgrades, waivers, voided entries, corrections and moves taken back."""

import json
from collections.abc import Sequence
from datetime import datetime
from enum import StrEnum
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, func, select, tuple_
from sqlmodel import Session, col

from models import Person, Unit
from models.actor import Actor
from models.decisions import DecisionCode
from models.permissions import Operation
from models.tables import DECISION, HAZARD
from services import access


class Finding(StrEnum):
    """降级, 免除, 作废 and 更正: decisions that lessen something, or change what was written."""

    DOWNGRADES = "downgrades"
    WAIVERS = "waivers"
    VOIDS = "voids"
    CORRECTIONS = "corrections"


_CODES = {
    Finding.DOWNGRADES: (DecisionCode.APPROVE_DOWNGRADE, DecisionCode.GRANT_REFUSAL),
    Finding.WAIVERS: (DecisionCode.CLOSE,),
    Finding.VOIDS: (DecisionCode.GRANT_VOIDING,),
    Finding.CORRECTIONS: (DecisionCode.CORRECT, DecisionCode.WITHDRAW),
}


class Position(NamedTuple):
    """Where a page ends: the instant and id of its last row."""

    moment: datetime
    id: str


def decisions(session: Session, finding: Finding, *, by: Actor, after: Position | None, limit: int) -> Sequence[Any]:
    """The decisions of this sort, the newest first.

    Raises: NotPermitted.
    """
    access.require(by, Operation.SEARCH_TRAIL)
    statement = (
        select(
            DECISION.c.id, DECISION.c.code, DECISION.c.form, DECISION.c.decided_at, DECISION.c.seq, HAZARD.c.no,
            HAZARD.c.place, col(Person.name).label("name"), col(Unit.name).label("unit"),  # pyright: ignore[reportAttributeAccessIssue]
        )
        .join(HAZARD, HAZARD.c.id == DECISION.c.hazard_id)
        .outerjoin(Person, col(Person.id) == DECISION.c.person_id)
        .outerjoin(Unit, col(Unit.id) == DECISION.c.unit_id)
        .where(DECISION.c.code.in_(_CODES[finding]))
        .order_by(DECISION.c.decided_at.desc(), DECISION.c.id.desc())
    )  # fmt: skip
    if finding == Finding.WAIVERS:
        statement = statement.where(_has_waiver())
    if after is not None:
        statement = statement.where(tuple_(DECISION.c.decided_at, DECISION.c.id) < after)
    return session.execute(statement.limit(limit)).all()


def waivers_of(form: str) -> list[tuple[str, str]]:
    """The lines of a closure's checklist that were waived, each with its reason."""
    lines: dict[str, dict[str, Any]] = json.loads(form).get("checklist", {})
    return [(name, line["waiver"]) for name, line in lines.items() if line.get("waiver")]


def _has_waiver() -> ColumnElement[bool]:
    """Some line's waiver is not blank: what is left once the blank ones are taken away."""
    left = func.replace(func.replace(DECISION.c.form, '"waiver":""', ""), '"waiver": ""', "")
    return left.like('%"waiver":%')
