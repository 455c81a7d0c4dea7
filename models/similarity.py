"""How alike two descriptions are, so that one hazard reported twice is noticed. Pure; a person decides."""

import itertools
from dataclasses import dataclass

_SAME_UNIT, _SAME_CLAUSE, _PLACE, _TEXT = 0.3, 0.2, 0.2, 0.3
LIKELY = 0.5
"""From here on two reports are shown as probably the same hazard."""


@dataclass(frozen=True, slots=True)
class Likeness:
    """What is compared: the responsible unit, the suspected clause, the place, the words."""

    enterprise: str | None
    clause: str | None
    place: str
    text: str


def score(one: Likeness, other: Likeness) -> float:
    """0 (nothing in common) to 1 (the same): weights of unit, clause, place and words."""
    same_unit = one.enterprise is not None and one.enterprise == other.enterprise
    same_clause = one.clause is not None and one.clause == other.clause
    return (
        _SAME_UNIT * same_unit
        + _SAME_CLAUSE * same_clause
        + _PLACE * _overlap(one.place, other.place)
        + _TEXT * _overlap(one.text, other.text)
    )


def _overlap(one: str, other: str) -> float:
    """Shared pairs of characters, of all pairs there are: Chinese needs no words for this."""
    a, b = _pairs(one), _pairs(other)
    return len(a & b) / len(a | b) if a and b else 0.0


def _pairs(text: str) -> set[str]:
    plain = [char for char in text if char.isalnum()]
    return {a + b for a, b in itertools.pairwise(plain)}
