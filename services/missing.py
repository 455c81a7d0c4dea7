"""What still stands in the way of a decision of the enterprise's, said before it is taken and not only when refused."""

from collections.abc import Sequence
from datetime import datetime

from sqlmodel import Session

from models.decisions import DecisionCode
from models.hazard import Hazard
from models.limits import ZONE
from models.requests import RequestKind
from models.stage import Clock
from services import clocks, extension_lead

_EXTENSIONS = {RequestKind.EXTENSION.ask: 0, RequestKind.LAST_EXTENSION.ask: 1}
"""The request for each, and how many extensions there must have been."""


def missing_for(session: Session, hazard: Hazard, decision: DecisionCode, *, at: datetime) -> Sequence[str]:
    """In the office's words; nothing when the decision's own form is all it needs."""
    if decision == DecisionCode.COMPLETE and hazard.open_actions:
        return [f"还有{hazard.open_actions}项整改子项没有登记完成。"]
    return _why_no_extension(session, hazard, at) if decision in _EXTENSIONS else []


def is_due_turn(hazard: Hazard, decision: DecisionCode) -> bool:
    """Whether a request for an extension is the one whose turn it is; any other decision is."""
    return _EXTENSIONS.get(decision, hazard.extensions) == hazard.extensions


def _why_no_extension(session: Session, hazard: Hazard, at: datetime) -> list[str]:
    running = clocks.live(session, hazard.id, Clock.RECTIFICATION)
    if running is None:
        return []
    if running.due_at < at:
        return ["整改期限已过，不能再申请延期。"]
    _, latest = extension_lead.latest_to_ask(session, hazard, running)
    return [f"申请延期过迟：最迟应在{latest.astimezone(ZONE):%Y-%m-%d %H:%M}前申请。"] if latest < at else []
