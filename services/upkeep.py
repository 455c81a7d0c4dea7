"""Housekeeping that loses nothing: forgotten uploads, old drafts, expired idempotency keys, calendar years to ask for; and
a look at what must always hold."""

from datetime import datetime, timedelta
from pathlib import Path

from sqlalchemy import delete, exists, func, or_, select
from sqlmodel import Session, col

from models import IdempotencyKey
from models.incident import IncidentKind
from models.limits import ZONE
from models.tables import DEADLINE, EVIDENCE, HAZARD, REPORT_PHOTO, WORK_ITEM
from services import drafts, duties, incidents, policies

_KEY_LIFE = timedelta(days=30)
_UPLOAD_GRACE = timedelta(hours=1)


def ask_for_calendar(session: Session, *, at: datetime) -> int:
    """A task for each year that a live deadline reaches into and the calendar in force does not know."""
    live = select(func.max(DEADLINE.c.due_at)).where(DEADLINE.c.provisional, DEADLINE.c.closed_at.is_(None))
    latest = session.execute(live).scalar_one()
    if latest is None:
        return 0
    known = policies.calendar(session, policies.newest(session).calendar).last_known
    years = range(known + 1, latest.astimezone(ZONE).year + 1)
    return sum(duties.open_calendar_year(session, year, due_at=at + timedelta(days=14), at=at) for year in years)


def report_standing_still(session: Session, *, at: datetime) -> int:
    """An incident for each open hazard without an open move or without a running clock; how many are new."""
    moves = exists().where(WORK_ITEM.c.hazard_id == HAZARD.c.id, WORK_ITEM.c.is_move, WORK_ITEM.c.closed_at.is_(None))
    runs = exists().where(DEADLINE.c.hazard_id == HAZARD.c.id, DEADLINE.c.closed_at.is_(None))
    still = select(HAZARD.c.id, HAZARD.c.no).where(HAZARD.c.closed_at.is_(None), ~moves | ~runs).order_by(HAZARD.c.no)
    what = "在办隐患{}没有待办事项或没有在计时的期限，不会有人收到提醒，请核对其办理历史。"
    return sum(
        incidents.report(session, IncidentKind.STANDS_STILL, no, what.format(no), at=at, hazard_id=hazard_id)
        for hazard_id, no in session.execute(still).all()
    )


def drop_old_keys(session: Session, *, at: datetime) -> int:
    """Answers kept for retries are kept 30 days."""
    old = delete(IdempotencyKey).where(col(IdempotencyKey.created_at) < at - _KEY_LIFE)
    return session.execute(old).rowcount  # pyright: ignore[reportAttributeAccessIssue]


def drop_drafts(session: Session, *, at: datetime) -> int:
    """Drafts nobody touched for thirty days, and those of hazards their persons no longer see."""
    return drafts.drop_old(session, at=at) + drafts.drop_unseen(session, at=at)


def remove_orphan_files(session: Session, store: Path, *, at: datetime) -> int:
    """Uploads whose row was never committed: an hour old and named by no evidence."""
    oldest = (at - _UPLOAD_GRACE).timestamp()
    removed = 0
    for path in store.rglob("*"):
        if not path.is_file() or path.stat().st_mtime > oldest:
            continue
        digest = path.parent.name + path.name
        if path.name.startswith(".part-") or not _is_named(session, digest):
            path.unlink(missing_ok=True)
            removed += 1
    return removed


def _is_named(session: Session, digest: str) -> bool:
    photo = or_(REPORT_PHOTO.c.copy_sha256 == digest, REPORT_PHOTO.c.sealed_sha256 == digest)
    found = or_(exists().where(EVIDENCE.c.sha256 == digest), exists().where(photo))
    return bool(session.execute(select(found)).scalar_one())
