"""Random histories of the office: extensions, pauses, returns, rebounds, early and late; and a plain model of the ladder."""

import random
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Engine, event, select
from sqlmodel import Session

from handling import live_clocks, settle, take
from models.engine import writing
from models.forms import Informing, ReviewFailure
from models.forms.rectification import Informed
from models.hazard import Hazard
from models.limits import ZONE
from models.process import DecisionCode as D
from models.requests import RequestKind as K
from models.stage import Clock, Step
from models.tables import DEADLINE
from services.sweeping import Transaction
from town import NOON, STRAIGHT_WAY, Town, carry_to, decide, photo

A_DAY = timedelta(days=1)
TO_RECHECK = STRAIGHT_WAY[3:7]
"""From the assignment to the work, once more in the next cycle."""


def live_through(session: Session, town: Town, chance: random.Random) -> Hazard:
    """One hazard's random life of one or two cycles; it may end anywhere."""
    hazard = carry_to(session, town, Step.WORK, at=NOON + chance.randrange(200) * timedelta(hours=1))
    for cycle in (1, 2):
        hazard = _rectify(session, town, hazard, chance)
        if hazard.step != Step.CLOSED or cycle == 2 or chance.random() < 0.6:
            return hazard
        at = hazard.changed_at + chance.randrange(1, 40) * A_DAY
        hazard = settle(session, town, hazard, K.REOPENING, "officer", "clerk", at=at)
        for code, who in TO_RECHECK:
            hazard = decide(session, town, hazard, code, who, at=at + A_DAY)
        for informed in Informed:
            told = Informing(informed=informed, name="甲", means="当面送达", informed_at=at, proof="送达回证")
            hazard = decide(session, town, hazard, D.INFORM, "officer", at=at + A_DAY, form=told)
    return hazard


def _rectify(session: Session, town: Town, hazard: Hazard, chance: random.Random) -> Hazard:
    for _ in range(3):
        hazard = _change_the_limit(session, town, hazard, chance)
        if chance.random() < 0.15:
            return hazard
        at = hazard.changed_at + chance.choice((1, 5, 20, 60, 120)) * A_DAY
        hazard = decide(session, town, hazard, D.COMPLETE, "principal", at=at)
        hazard = decide(session, town, hazard, D.RECHECK, "officer", at=at + A_DAY)
        if chance.random() < 0.3:
            failed = ReviewFailure(
                reason="未投用", limit_days=chance.randrange(5, 30), limit_on=None, limit_basis="复查"
            )
            hazard = decide(session, town, hazard, D.FAIL, "head", at=at + 2 * A_DAY, form=failed)
            continue
        return _close(session, town, hazard, at + 2 * A_DAY)
    return hazard


def _close(session: Session, town: Town, hazard: Hazard, at: datetime) -> Hazard:
    if hazard.interim_control:
        hazard = decide(session, town, hazard, D.ASK_LIFTING, "head", at=at)
        hazard = decide(session, town, hazard, D.GRANT_LIFTING, "leader", at=at)
    if hazard.failure_count >= 2:
        hazard = take(session, town, hazard, D.EXPLAIN_FAILURE, "principal", at=at)
    hazard = decide(session, town, hazard, D.PASS, "head", at=at)
    return decide(session, town, hazard, D.CLOSE, "clerk", at=at)


def _change_the_limit(session: Session, town: Town, hazard: Hazard, chance: random.Random) -> Hazard:
    at = hazard.changed_at + A_DAY
    if chance.random() < 0.4 and hazard.extensions == 0:
        hazard = settle(
            session, town, hazard, K.EXTENSION, "principal", "head", at=at, **_later(session, town, hazard, chance)
        )
    if chance.random() < 0.4:
        until = (at + chance.randrange(3, 9) * A_DAY).astimezone(ZONE).date()
        hazard = settle(session, town, hazard, K.PAUSE, "clerk", "leader", at=at, until=until)
        if chance.random() < 0.5:
            hazard = take(session, town, hazard, D.RESUME_CLOCK, "clerk", at=at + 2 * A_DAY)
    return hazard


def _later(session: Session, town: Town, hazard: Hazard, chance: random.Random) -> dict[str, Any]:
    due_at = live_clocks(session, hazard)[Clock.RECTIFICATION].due_at
    on = (due_at + chance.randrange(1, 20) * A_DAY).astimezone(ZONE).date()
    return {"new_limit_on": on.isoformat(), "late_reason": "设备到货推迟", "evidence": [photo(session, town.principal)]}


def deadlines(session: Session, hazard: Hazard | None = None) -> dict[str, Any]:
    rows = select(DEADLINE) if hazard is None else select(DEADLINE).where(DEADLINE.c.hazard_id == hazard.id)
    return {row.id: row for row in session.execute(rows)}


def levels_by(times: Mapping[int, datetime], *, at: datetime, closed_at: datetime | None) -> set[int]:
    """The model of the ladder: the levels on record after a sweep at `at` is complete."""
    return {level for level, due in times.items() if due <= at and (closed_at is None or due < closed_at)}


class Killed(Exception):
    """The process was killed here."""


@contextmanager
def killed_at(engine: Engine, statement: int) -> Iterator[None]:
    """Whoever works on this database meanwhile is killed before so many statements are done."""
    left = iter(range(statement))

    def count(*_: Any) -> None:
        if next(left, None) is None:
            raise Killed

    event.listen(engine, "before_cursor_execute", count)
    try:
        yield
    finally:
        event.remove(engine, "before_cursor_execute", count)


def transactions(engine: Engine) -> Transaction:
    """Each in a session of its own, as an edge opens them."""

    @contextmanager
    def transaction() -> Iterator[Session]:
        with writing(engine) as session, session.begin():
            yield session

    return transaction


def in_order(rows: Iterable[Any]) -> bool:
    levels = [row.level for row in rows]
    return levels == sorted(set(levels))
