"""Similar cases 相似隐患: shown before a report is handed in and at the verification, so that one hazard stays one."""

import json
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from sqlalchemy import and_, case, or_, select
from sqlmodel import Session, col

from models import Enterprise, StandardClause
from models.actor import Actor
from models.decisions import DecisionCode
from models.hazard import Hazard
from models.similarity import LIKELY, Likeness, score
from models.source import NEUTRAL_TEXT
from models.stage import Stage, Step
from models.steps import OPEN_STEPS, STEPS
from models.tables import DECISION, HAZARD, STANDARD_CLAUSE
from services import access

_SPAN = timedelta(days=365)
_MOST_READ, _MOST_SHOWN = 500, 5
_LEAST = 0.2
_UNDECIDED = frozenset(step for step in OPEN_STEPS if STEPS[step].stage in {Stage.REPORTED, Stage.VERIFICATION}) | {
    Step.ASSIGN
}
"""Where it can still be merged into the one it is, or sent back to be."""


class Similar(NamedTuple):
    hazard: Any
    score: float

    @property
    def is_likely(self) -> bool:
        return self.score >= LIKELY


def to_report(
    session: Session, *, enterprise: str, sector: str, clause: str, place: str, description: str, by: Actor, at: datetime
) -> Sequence[Similar]:  # fmt: skip
    """Hazards this actor may see that look like what is about to be reported; the likest first."""
    found = select(col(Enterprise.id)).where(col(Enterprise.credit_code) == enterprise)
    enterprise_id = session.execute(found).scalar_one_or_none() if enterprise else None
    return _likest(session, Likeness(enterprise_id, clause or None, place, description), sector, "", by=by, at=at)


def to_hazard(session: Session, hazard: Hazard, *, by: Actor, at: datetime) -> Sequence[Similar]:
    """Hazards this actor may see that look like this one; the likest first."""
    return _likest(session, _likeness(hazard, _clause_of(session, hazard)), hazard.sector, hazard.id, by=by, at=at)


def at_verification(session: Session, hazard: Hazard, *, by: Actor, at: datetime) -> Sequence[Similar]:
    """`to_hazard` for whoever accepts or verifies it; nothing once it is assigned, and nothing for its enterprise."""
    if by.enterprise_id or hazard.description == NEUTRAL_TEXT or Step(hazard.step) not in _UNDECIDED:
        return ()
    return to_hazard(session, hazard, by=by, at=at)


def _likest(session: Session, wanted: Likeness, sector: str, but: str, *, by: Actor, at: datetime) -> Sequence[Similar]:
    near = [HAZARD.c.enterprise_id == wanted.enterprise, HAZARD.c.sector == sector, HAZARD.c.place == wanted.place]
    if wanted.clause:
        near += [STANDARD_CLAUSE.c.code == wanted.clause, DECISION.c.form.contains(wanted.clause, autoescape=True)]
    candidates = (
        select(HAZARD, STANDARD_CLAUSE.c.code, DECISION.c.form.label("reported"))
        .join(DECISION, and_(DECISION.c.hazard_id == HAZARD.c.id, DECISION.c.code == DecisionCode.REPORT))
        .outerjoin(STANDARD_CLAUSE, STANDARD_CLAUSE.c.id == HAZARD.c.clause_id)
        .where(HAZARD.c.id != but, HAZARD.c.reported_at >= at - _SPAN, access.visible(by))
        .where(HAZARD.c.stage.not_in((Stage.VOIDED, Stage.MERGED)))
        .where(HAZARD.c.description != NEUTRAL_TEXT)
        .order_by(case((or_(*near), 0), else_=1), HAZARD.c.reported_at.desc())
        .limit(_MOST_READ)
    )
    rows = session.execute(candidates)
    scored = (Similar(row, score(wanted, _likeness(row, _clause(row.code, row.reported)))) for row in rows)
    return sorted((one for one in scored if one.score >= _LEAST), key=lambda one: -one.score)[:_MOST_SHOWN]


def _likeness(row: Any, clause: str | None) -> Likeness:
    return Likeness(row.enterprise_id, clause, row.place, row.description)


def _clause_of(session: Session, hazard: Hazard) -> str | None:
    found = select(col(StandardClause.code)).where(col(StandardClause.id) == hazard.clause_id)
    reported = select(DECISION.c.form).where(DECISION.c.hazard_id == hazard.id, DECISION.c.code == DecisionCode.REPORT)
    return _clause(session.execute(found).scalar_one_or_none(), session.execute(reported).scalar_one())


def _clause(found: str | None, reported: str) -> str | None:
    """The clause the hazard was found by, else the one its reporter suspected."""
    return found or json.loads(reported).get("suspected_clause") or None
