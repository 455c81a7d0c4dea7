"""Days a decision names for another look 复核: each a duty with a clock, done by the decision that takes the look."""

from collections.abc import Mapping
from datetime import date, datetime
from functools import cache

from sqlmodel import Session

from models.actor import Actor
from models.errors import InvalidInput
from models.hazard import Hazard
from models.limits import ZONE
from models.permissions import Role
from models.process import MOVES, DecisionCode
from models.stage import Clock, Step
from services import clocks, duties

_FULFILS: Mapping[Clock, DecisionCode] = {
    Clock.PAUSE_REVIEW: DecisionCode.RESUME_CLOCK, Clock.LISTING_REVIEW: DecisionCode.KEEP_LISTED,
    Clock.NEXT_VISIT: DecisionCode.RECHECK,
}  # fmt: skip
OFFICE = duties.Bearer(f"{Role.SC} {Role.TL}")
"""The committee office and the town's leaders, who decide on pauses and listings."""


def remind(
    session: Session, hazard: Hazard, clock: Clock, on: date, bearer: duties.Bearer, *, origin: str, by: Actor,
    at: datetime,
) -> None:  # fmt: skip
    """Look again on that day; the day named before is done with."""
    end(session, hazard, clock, by=by, at=at)
    named = clocks.NamedLimit(None, on, "决定中写明的复核日期")
    duties.open_duty(session, hazard, clock, _FULFILS[clock], bearer, origin=origin, at=at, named=named)


def end(session: Session, hazard: Hazard, clock: Clock, *, by: Actor, at: datetime) -> None:
    """It was looked at, or there is nothing left to look at."""
    duties.close_duty(session, hazard.id, clock, _FULFILS[clock], by=by, at=at)


def leaving(hazard_id: str, left: Step, entered: Step, *, by: str, at: datetime) -> duties.Writes:
    """What the step entered has no decision for is no duty any more."""
    gone = [clock for clock in _FULFILS if left in _steps(clock) and entered not in _steps(clock)]
    return [write for clock in gone for write in duties.closing(hazard_id, clock, _FULFILS[clock], by=by, at=at)]


def refuse_past(on: date, at: datetime, *, field: str) -> None:
    """Raises: InvalidInput, naming the field, for a day before today."""
    if on < at.astimezone(ZONE).date():
        raise InvalidInput(
            "复核日期已过。", rule="复核日期须为今天或以后的日期", remedy="请填写今天以后的日期。",
            extra={"errors": [{"field": field, "message": "不能早于今天"}]},
        )  # fmt: skip


@cache
def _steps(clock: Clock) -> frozenset[Step]:
    """Where the decision that fulfils it may be taken."""
    return frozenset(move.at for move in MOVES if move.decision == _FULFILS[clock])
