"""What an auditor looks at first 重点核查: downgrades, waivers, voided entries, and what was done late, by unit."""

import json
from collections.abc import Sequence
from datetime import datetime
from enum import StrEnum
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, and_, func, or_, select, tuple_
from sqlmodel import Session, col

from models import Person, Unit
from models.actor import Actor
from models.decisions import DecisionCode
from models.permissions import Operation
from models.tables import DEADLINE, DECISION, HAZARD
from services import access

_RIGHT = Operation.STATISTICS
_NOT_COUNTED = ("SUPERSEDED", "VOID")


class Finding(StrEnum):
    DOWNGRADES = "downgrades"
    WAIVERS = "waivers"
    VOIDS = "voids"


_CODES = {
    Finding.DOWNGRADES: (DecisionCode.APPROVE_DOWNGRADE, DecisionCode.GRANT_REFUSAL),
    Finding.WAIVERS: (DecisionCode.CLOSE,),
    Finding.VOIDS: (DecisionCode.GRANT_VOIDING,),
}


class Position(NamedTuple):
    moment: datetime
    id: str


def decisions(session: Session, finding: Finding, *, by: Actor, after: Position | None, limit: int) -> Sequence[Any]:
    """The decisions of this sort, the newest first, of the hazards this actor reaches.

    Raises: NotPermitted.
    """
    access.require(by, _RIGHT)
    statement = (
        select(
            DECISION.c.id, DECISION.c.code, DECISION.c.form, DECISION.c.decided_at, DECISION.c.from_step, HAZARD.c.no,
            HAZARD.c.place, col(Person.name).label("name"), col(Unit.name).label("unit"),  # pyright: ignore[reportAttributeAccessIssue]
        )
        .join(HAZARD, HAZARD.c.id == DECISION.c.hazard_id)
        .outerjoin(Person, col(Person.id) == DECISION.c.person_id)
        .outerjoin(Unit, col(Unit.id) == DECISION.c.unit_id)
        .where(DECISION.c.code.in_(_CODES[finding]), access.reached(by, _RIGHT))
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


def late_by_unit(session: Session, *, by: Actor, at: datetime) -> Sequence[Any]:
    """How often each unit kept its time limits and how often not, the latest first; None: enterprises and committee.

    Raises: NotPermitted.
    """
    access.require(by, _RIGHT)
    late = _is_late(at)
    count = func.count()
    statement = (
        select(
            DEADLINE.c.unit_id, DEADLINE.c.against, col(Unit.name).label("unit"), count.label("counted"),  # pyright: ignore[reportAttributeAccessIssue]
            count.filter(late).label("late"), count.filter(late, DEADLINE.c.closed_at.is_(None)).label("still"),
        )
        .join(HAZARD, HAZARD.c.id == DEADLINE.c.hazard_id)
        .outerjoin(Unit, col(Unit.id) == DEADLINE.c.unit_id)
        .where(_counts(), or_(DEADLINE.c.closed_at.is_not(None), DEADLINE.c.due_at < at), access.reached(by, _RIGHT))
        .group_by(DEADLINE.c.unit_id, DEADLINE.c.against, col(Unit.name))
    )  # fmt: skip
    return sorted(session.execute(statement).all(), key=lambda row: (-row.late, row.unit or "", row.against))


def late_limits(
    session: Session, *, unit: str, against: str, by: Actor, at: datetime, after: Position | None, limit: int
) -> Sequence[Any]:
    """The time limits a unit did not keep, the latest due first. `unit`: its id, blank for none.

    Raises: NotPermitted.
    """
    access.require(by, _RIGHT)
    statement = (
        select(
            DEADLINE.c.id, DEADLINE.c.clock, DEADLINE.c.due_at, DEADLINE.c.closed_at, DEADLINE.c.reason, HAZARD.c.no,
            HAZARD.c.place,
        )
        .join(HAZARD, HAZARD.c.id == DEADLINE.c.hazard_id)
        .where(_counts(), _is_late(at), DEADLINE.c.against == against, access.reached(by, _RIGHT))
        .where(DEADLINE.c.unit_id == unit if unit else DEADLINE.c.unit_id.is_(None))
        .order_by(DEADLINE.c.due_at.desc(), DEADLINE.c.id.desc())
    )  # fmt: skip
    if after is not None:
        statement = statement.where(tuple_(DEADLINE.c.due_at, DEADLINE.c.id) < after)
    return session.execute(statement.limit(limit)).all()


def _counts() -> ColumnElement[bool]:
    return or_(DEADLINE.c.outcome.is_(None), DEADLINE.c.outcome.not_in(_NOT_COUNTED))


def _is_late(at: datetime) -> ColumnElement[bool]:
    still = and_(DEADLINE.c.closed_at.is_(None), DEADLINE.c.due_at < at)
    return or_(DEADLINE.c.closed_at > DEADLINE.c.due_at, still)


def _has_waiver() -> ColumnElement[bool]:
    """Some line's waiver is not blank: what is left once the blank ones are taken away."""
    left = func.replace(func.replace(DECISION.c.form, '"waiver":""', ""), '"waiver": ""', "")
    return left.like('%"waiver":%')
