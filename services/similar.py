"""Similar cases 相似隐患: shown before a report is handed in and at the verification, so that one hazard stays one."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from sqlalchemy import or_, select
from sqlmodel import Session, col

from models import Enterprise
from models.actor import Actor
from models.hazard import Hazard
from models.similarity import Likeness, score
from models.source import NEUTRAL_TEXT
from models.stage import Stage
from models.tables import HAZARD
from services import access

_SPAN = timedelta(days=365)
_MOST_READ, _MOST_SHOWN = 500, 5
_LEAST = 0.2


class Similar(NamedTuple):
    hazard: Any
    score: float


def to_report(
    session: Session, *, enterprise: str, sector: str, place: str, description: str, by: Actor, at: datetime
) -> Sequence[Similar]:
    """Hazards this actor may see that look like what is about to be reported; the likest first."""
    found = select(col(Enterprise.id)).where(col(Enterprise.credit_code) == enterprise)
    enterprise_id = session.execute(found).scalar_one_or_none() if enterprise else None
    return _likest(session, Likeness(enterprise_id, None, place, description), sector, "", by=by, at=at)


def to_hazard(session: Session, hazard: Hazard, *, by: Actor, at: datetime) -> Sequence[Similar]:
    """Hazards this actor may see that look like this one; the likest first."""
    return _likest(session, _likeness(hazard), hazard.sector, hazard.id, by=by, at=at)


def _likest(session: Session, wanted: Likeness, sector: str, but: str, *, by: Actor, at: datetime) -> Sequence[Similar]:
    near = or_(HAZARD.c.enterprise_id == wanted.enterprise, HAZARD.c.sector == sector, HAZARD.c.place == wanted.place)
    candidates = (
        select(HAZARD)
        .where(near, HAZARD.c.id != but, HAZARD.c.reported_at >= at - _SPAN, access.visible(by))
        .where(HAZARD.c.stage.not_in((Stage.VOIDED, Stage.MERGED)))
        .where(HAZARD.c.description != NEUTRAL_TEXT)
        .order_by(HAZARD.c.reported_at.desc())
        .limit(_MOST_READ)
    )
    scored = (Similar(row, score(wanted, _likeness(row))) for row in session.execute(candidates))
    return sorted((one for one in scored if one.score >= _LEAST), key=lambda one: -one.score)[:_MOST_SHOWN]


def _likeness(row: Any) -> Likeness:
    return Likeness(row.enterprise_id, row.clause_id, row.place, row.description)
