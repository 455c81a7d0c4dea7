"""What still stands in the way of a decision, said before it is taken and not only when refused."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import select
from sqlmodel import Session

from models.decisions import DecisionCode
from models.hazard import Hazard
from models.requests import RequestKind
from models.source import NEUTRAL_TEXT
from models.stage import Clock
from models.tables import DEADLINE

_EXTENSIONS = {RequestKind.EXTENSION.ask: 0, RequestKind.LAST_EXTENSION.ask: 1}
"""The request for each, and how many extensions there must have been."""


class Lack(NamedTuple):
    """What still stands in the way: words with holes, and what fills them."""

    words: str
    facts: Mapping[str, object] = {}


def missing_for(hazard: Hazard, decision: DecisionCode, *, is_late: bool) -> Sequence[Lack]:
    """In the office's words; nothing when the decision's own form is all it needs.

    `is_late`: the hazard is among those `past_limit`.
    """
    if decision == DecisionCode.COMPLETE and hazard.open_actions:
        return [Lack("还有%(n)s项整改子项没有登记完成。", {"n": hazard.open_actions})]
    if decision == DecisionCode.ACCEPT and hazard.description == NEUTRAL_TEXT:
        return [Lack("举报摘要尚未编写，请先编写。")]
    if decision in _EXTENSIONS and is_late:
        return [Lack("整改期限已过，不能再申请延期。")]
    return []


def is_due_turn(hazard: Hazard, decision: DecisionCode) -> bool:
    """Whether a request for an extension is the one whose turn it is; any other decision is."""
    return _EXTENSIONS.get(decision, hazard.extensions) == hazard.extensions


def past_limit(session: Session, hazards: Sequence[Hazard], *, at: datetime) -> frozenset[str]:
    """Of these hazards, the ids of those whose rectification limit has run out."""
    running = (
        DEADLINE.c.hazard_id.in_([hazard.id for hazard in hazards]),
        DEADLINE.c.clock == Clock.RECTIFICATION,
        DEADLINE.c.closed_at.is_(None),
    )
    return frozenset(session.execute(select(DEADLINE.c.hazard_id).where(*running, DEADLINE.c.due_at < at)).scalars())
