"""Tell subscribers 订阅 once each working day what has newly come under their filters of the ledger."""

from datetime import datetime
from typing import Any

from prefect import flow
from sqlmodel import Session

from flows.context import engine, now
from models.engine import reading, writing
from models.limits import ZONE
from notifications import notices
from notifications.pacing import Pace
from services import policies, subscriptions
from settings import settings

TOPIC = "subscribed"
_GATHERED = Pace(gathered=True)


@flow(name="tell-subscribers")
async def tell_subscribers() -> int:
    """How many subscriptions had news."""
    return tell(now())


def tell(at: datetime) -> int:
    """One transaction each: what was told is known from then on, whatever becomes of the others."""
    with reading(engine()) as session:
        if not _is_working_day(session, at):
            return 0
        rows = subscriptions.everybodys(session)
    return sum(_tell(row, at) for row in rows)


def _tell(row: Any, at: datetime) -> bool:
    with writing(engine()) as session, session.begin():
        found = subscriptions.news(session, row.person_id, row.filter_id, at=at)
        if found is None:
            return False
        cause = f"{row.filter_id}|{row.person_id}|{at.astimezone(ZONE):%Y-%m-%d}"
        notices.queue(session, cause, TOPIC, None, (row.person_id,), _facts(found), at=at, pace=_GATHERED)
    return True


def _facts(found: subscriptions.News) -> dict[str, Any]:
    return {
        "filter_name": found.name, "new_count": str(found.new_count), "count": str(found.whole_count),
        "found": "；".join(f"{row.no} {row.place}" for row in found.new),
        "link": f"{settings().base_url}/hazards?{found.query}",
    }  # fmt: skip


def _is_working_day(session: Session, at: datetime) -> bool:
    calendar = policies.calendar(session, policies.newest(session).calendar)
    return calendar.is_working_day(at.astimezone(ZONE).date())
