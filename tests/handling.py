"""Forms and shortcuts for what happens beside the straight way."""

from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import select
from sqlmodel import Session

from api.examples import EXAMPLES
from models.forms import FORMS
from models.hazard import Hazard
from models.limits import ZONE
from models.process import DecisionCode
from models.requests import RequestKind
from models.stage import Clock
from models.tables import AUDIT_EVENT, DEADLINE, WORK_ITEM
from services.more_time import EXTENSIONS
from town import NOON, Town, decide

_MOMENTS = (
    "checked_at",
    "seen_at",
    "visited_at",
    "since",
    "taken_at",
    "happened_at",
    "interim_since",
    "informed_at",
    "discovered_at",
)
_DAYS = (
    "on",
    "handed_on",
    "issued_on",
    "sent_on",
    "received_on",
    "ended_on",
    "consent_on",
    "closed_on",
    "reported_on",
    "completed_on",
    "principal_signed_on",
)


def filled(code: DecisionCode, *, at: datetime = NOON, **changes: Any) -> Any:
    """The example form of a decision, with its times an hour before `at`."""
    body = dict(EXAMPLES[code])
    body |= {name: (at - timedelta(hours=1)).isoformat() for name in _MOMENTS if name in body}
    body |= {name: at.astimezone(ZONE).date().isoformat() for name in _DAYS if name in body}
    return FORMS[code].model_validate(body | changes)


def take(
    session: Session, town: Town, hazard: Hazard, code: DecisionCode, who: str, *, at: datetime = NOON, **changes: Any
) -> Hazard:
    """Take one decision with its example form, changed as said."""
    return decide(session, town, hazard, code, who, at=at, form=filled(code, at=at, **changes))


def settle(
    session: Session, town: Town, hazard: Hazard, kind: RequestKind, asker: str, decider: str, *, at: datetime = NOON,
    **changes: Any,
) -> Hazard:  # fmt: skip
    """A request asked by one person and granted by another; an extension is looked at on site in between."""
    hazard = take(session, town, hazard, kind.ask, asker, at=at, **changes)
    if kind in EXTENSIONS:
        hazard = take(session, town, hazard, DecisionCode.EXTENSION_OPINION, "officer", at=at)
    return take(session, town, hazard, kind.grant, decider, at=at)


def live_clocks(session: Session, hazard: Hazard) -> dict[str, Any]:
    rows = select(DEADLINE).where(DEADLINE.c.hazard_id == hazard.id, DEADLINE.c.closed_at.is_(None))
    return {row.clock: row for row in session.execute(rows)}


def outcomes(session: Session, hazard: Hazard, clock: Clock) -> list[str | None]:
    rows = select(DEADLINE.c.outcome).where(DEADLINE.c.hazard_id == hazard.id, DEADLINE.c.clock == clock)
    return list(session.execute(rows.order_by(DEADLINE.c.start_at, DEADLINE.c.due_at)).scalars())


def open_duties(session: Session, hazard: Hazard) -> dict[str, Any]:
    rows = select(WORK_ITEM).where(
        WORK_ITEM.c.hazard_id == hazard.id, WORK_ITEM.c.closed_at.is_(None), ~WORK_ITEM.c.is_move
    )
    return {row.kind: row for row in session.execute(rows)}


def move_item(session: Session, hazard: Hazard) -> Any:
    rows = select(WORK_ITEM).where(
        WORK_ITEM.c.hazard_id == hazard.id, WORK_ITEM.c.closed_at.is_(None), WORK_ITEM.c.is_move
    )
    return session.execute(rows).one()


def event_types(session: Session, hazard: Hazard) -> list[str]:
    rows = select(AUDIT_EVENT.c.type).where(AUDIT_EVENT.c.stream == hazard.id).order_by(AUDIT_EVENT.c.seq)
    return list(session.execute(rows).scalars())


def local_day(moment: datetime) -> str:
    return moment.astimezone(UTC).astimezone(ZONE).date().isoformat()
