"""Housekeeping that loses nothing: forgotten uploads, old drafts, expired idempotency keys, calendar years to ask for."""

from datetime import datetime, timedelta
from pathlib import Path

from sqlalchemy import delete, exists, func, or_, select
from sqlmodel import Session, col

from models import IdempotencyKey
from models.tables import DEADLINE, EVIDENCE, REPORT_PHOTO
from services import drafts, duties

_KEY_LIFE = timedelta(days=30)
_UPLOAD_GRACE = timedelta(hours=1)


def ask_for_calendar(session: Session, *, at: datetime) -> int:
    """A task for the administrator for each unpublished year that a live deadline reaches into."""
    live = select(func.max(DEADLINE.c.due_at)).where(DEADLINE.c.provisional, DEADLINE.c.closed_at.is_(None))
    latest = session.execute(live).scalar_one()
    if latest is None:
        return 0
    return int(duties.open_calendar_year(session, latest.year, due_at=at + timedelta(days=14), at=at))


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
