"""The judgement standards 判定标准, by the day they are in force."""

from collections.abc import Sequence

from sqlalchemy import ColumnElement, or_, select
from sqlmodel import Session, col

from models import StandardClause


def on_day(on: str) -> tuple[ColumnElement[bool], ...]:
    """Clauses that can be cited for a hazard discovered on this day (ISO date)."""
    effective, repealed = col(StandardClause.effective_on), col(StandardClause.repealed_on)
    return (
        col(StandardClause.usable).is_(True),
        or_(effective.is_(None), effective <= on),
        or_(repealed.is_(None), repealed > on),
    )


def in_force(session: Session, *, on: str, sector: str = "", text: str = "") -> Sequence[StandardClause]:
    statement = select(StandardClause).where(*on_day(on)).order_by(col(StandardClause.code), col(StandardClause.doc_no))
    if sector:
        statement = statement.where(col(StandardClause.sector).contains(sector, autoescape=True))
    if text:
        statement = statement.where(col(StandardClause.text).contains(text, autoescape=True))
    return session.execute(statement).scalars().all()
