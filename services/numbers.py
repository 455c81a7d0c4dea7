"""Numbers given once and in order: hazards ZY-2026-0017, letters 临安办督〔2026〕19号."""

from sqlalchemy import bindparam
from sqlalchemy.dialects import postgresql, sqlite
from sqlmodel import Session

from models.tables import HAZARD_NUMBER


def lock_series(session: Session, series: str) -> int:
    """Hold the series until the transaction ends; returns the last number given."""
    return session.execute(_lock(session.get_bind().dialect.name), {"series": series, "last": 0}).scalar_one()


def next_number(session: Session, series: str) -> int:
    """The next number of the series. A rolled-back transaction gives it back, so there are no gaps."""
    last = lock_series(session, series) + 1
    session.execute(HAZARD_NUMBER.update().where(HAZARD_NUMBER.c.series == series).values(last=last))
    return last


def _lock(dialect: str):  # the two dialects' Insert types share no base that has on_conflict_do_update
    insert = sqlite.insert if dialect == "sqlite" else postgresql.insert
    statement = insert(HAZARD_NUMBER).values(series=bindparam("series"), last=bindparam("last"))
    return statement.on_conflict_do_update(
        index_elements=["series"], set_={"last": HAZARD_NUMBER.c.last}
    ).returning(HAZARD_NUMBER.c.last)  # fmt: skip
