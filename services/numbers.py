"""Numbers given once and in order: hazards ZY-2026-0017, letters 临安办督〔2026〕19号."""

from sqlmodel import Session

from models.once import insert_or
from models.tables import HAZARD_NUMBER


def lock_series(session: Session, series: str) -> int:
    """Hold the series until the transaction ends; returns the last number given."""
    return session.execute(_LOCK, {"series": series, "last": 0}).scalar_one()


def next_number(session: Session, series: str) -> int:
    """The next number of the series. A rolled-back transaction gives it back, so there are no gaps."""
    last = lock_series(session, series) + 1
    session.execute(HAZARD_NUMBER.update().where(HAZARD_NUMBER.c.series == series).values(last=last))
    return last


_LOCK = insert_or(HAZARD_NUMBER, ("series",), "last = hazard_number.last", returning="last")
