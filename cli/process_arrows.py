"""What a diagram of the process shows as arrows, and what it tells in words instead. Both diagrams read it here."""

from collections.abc import Iterator
from typing import NamedTuple

from models.process import MOVES, STEPS, DecisionCode, Move
from models.stage import Step

FROM_ANYWHERE = frozenset({DecisionCode.GRANT_VOIDING})
"""Leads from every open step to the same end: twenty arrows that say one thing."""
TAKES_BACK = frozenset({DecisionCode.WITHDRAW})
"""Undoes the move just made: an arrow against every other arrow."""


class Arrow(NamedTuple):
    """One way from step to step, and every decision that leads along it."""

    at: Step
    to: Step
    label: str


def arrows() -> list[Arrow]:
    """One arrow between two steps, however many decisions lead that way."""
    labels: dict[tuple[Step, Step], dict[str, None]] = {}
    for move in MOVES:
        if not move.is_duty and move.decision not in FROM_ANYWHERE | TAKES_BACK:
            labels.setdefault((move.at, move.to), {})[move.decision.label] = None
    return [Arrow(at, to, "、".join(names)) for (at, to), names in labels.items()]


def begins_again() -> dict[tuple[Step, str], list[Step]]:
    """(step, decision) at which an ended hazard begins again → the ends it may come from."""
    ways: dict[tuple[Step, str], list[Step]] = {}
    for arrow in arrows():
        if STEPS[arrow.at].is_end:
            ways.setdefault((arrow.to, arrow.label), []).append(arrow.at)
    return ways


def from_anywhere() -> Iterator[Move]:
    """Each decision that ends a hazard wherever it stands, once."""
    yield from {move.decision: move for move in MOVES if move.decision in FROM_ANYWHERE}.values()
