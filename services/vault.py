"""The vault 密封: seal, open and erase one part of a report. Never logs, never raises with content."""

import json
import os
from datetime import datetime
from typing import Any

from sqlalchemy import bindparam, exists, func, insert, select, update
from sqlmodel import Session

from models.actor import Actor
from models.errors import NotFound
from models.sealed import seal, unseal
from models.tables import REPORTER_VAULT
from models.vault import IDENTITY
from services import trail
from services.keys import Keyring

IDENTITY_ERASED, VAULT_REWRAPPED = "IDENTITY_ERASED", "VAULT_REWRAPPED"
_DATA_KEY = 32
_PART = (REPORTER_VAULT.c.source_id == bindparam("of_source"), REPORTER_VAULT.c.part == bindparam("of_part"))
_READ = select(REPORTER_VAULT).where(*_PART)
_MOST_AT_ONCE = 500


def put(session: Session, ring: Keyring, source_id: str, part: str, content: bytes | None, *, at: datetime) -> bytes:
    """Seal a part under a fresh data key, which is returned so that more can be sealed beside it (`None`: only that)."""
    epoch, wrapping = ring.newest()
    key = os.urandom(_DATA_KEY)
    row = {
        "source_id": source_id, "part": part, "epoch": epoch, "sealed_at": at, "erased_at": None,
        "wrapped_key": seal(wrapping, key, belongs_to=_wrapping(source_id, part)),
        "sealed": None if content is None else seal(key, content, belongs_to=source_id),
    }  # fmt: skip
    session.execute(insert(REPORTER_VAULT), row)
    return key


def put_fields(session: Session, ring: Keyring, source_id: str, part: str, fields: Any, *, at: datetime) -> bytes:
    return put(session, ring, source_id, part, json.dumps(fields, ensure_ascii=False).encode(), at=at)


def data_key(session: Session, ring: Keyring, source_id: str, part: str) -> bytes:
    """Raises: NotFound (there is none, or it was erased), KeyMissing."""
    row = session.execute(_READ, {"of_source": source_id, "of_part": part}).one_or_none()
    if row is None or row.wrapped_key is None:
        raise _gone(erased=row is not None)
    return unseal(ring.of(row.epoch), row.wrapped_key, belongs_to=_wrapping(source_id, part))


def fields(session: Session, ring: Keyring, source_id: str, part: str) -> dict[str, Any]:
    """The sealed fields of a part, opened.

    Raises: NotFound, KeyMissing.
    """
    key = data_key(session, ring, source_id, part)
    row = session.execute(_READ, {"of_source": source_id, "of_part": part}).one()
    if row.sealed is None:
        raise _gone(erased=False)
    return json.loads(unseal(key, row.sealed, belongs_to=source_id))


def holds(session: Session, source_id: str, part: str) -> bool:
    """The part is there and was not erased."""
    row = session.execute(_READ, {"of_source": source_id, "of_part": part}).one_or_none()
    return row is not None and row.wrapped_key is not None


def erase(session: Session, source_id: str, parts: tuple[str, ...], *, by: Actor, at: datetime) -> bool:
    """Delete the wrapped data keys of these parts: nobody reads them again. The rows and an event stay.

    Returns whether an identity was there to erase.
    """
    had_identity = IDENTITY in parts and holds(session, source_id, IDENTITY)
    open_parts = (
        REPORTER_VAULT.c.source_id == source_id, REPORTER_VAULT.c.part.in_(parts), REPORTER_VAULT.c.erased_at.is_(None),
    )  # fmt: skip
    done = session.execute(
        update(REPORTER_VAULT).where(*open_parts).values(wrapped_key=None, sealed=None, erased_at=at)
    )
    count: int = done.rowcount  # pyright: ignore[reportAttributeAccessIssue]  # a cursor result
    if count:
        trail.append_office(session, IDENTITY_ERASED, by=by, at=at, facts={"source_id": source_id, "parts": count})
    return had_identity


def rewrap(session: Session, ring: Keyring, *, by: Actor | None, at: datetime) -> int:
    """Wrap data keys of older epochs under the newest key; run until it returns 0, then the old key can be destroyed."""
    epoch, wrapping = ring.newest()
    older = select(REPORTER_VAULT).where(REPORTER_VAULT.c.epoch < epoch, REPORTER_VAULT.c.wrapped_key.is_not(None))
    rows = session.execute(older.limit(_MOST_AT_ONCE).with_for_update()).all()
    for row in rows:
        owner = _wrapping(row.source_id, row.part)
        again = seal(wrapping, unseal(ring.of(row.epoch), row.wrapped_key, belongs_to=owner), belongs_to=owner)
        place = {"of_source": row.source_id, "of_part": row.part}
        session.execute(update(REPORTER_VAULT).where(*_PART).values(wrapped_key=again, epoch=epoch), place)
    if rows:
        trail.append_office(session, VAULT_REWRAPPED, by=by, at=at, facts={"epoch": epoch, "count": len(rows)})
    return len(rows)


def newest_epoch(session: Session) -> int:
    """The newest epoch anything was ever sealed under; 0 before the first report."""
    return session.execute(select(func.coalesce(func.max(REPORTER_VAULT.c.epoch), 0))).scalar_one()


def needs(session: Session, epoch: int) -> bool:
    """Something that was not erased is wrapped under this epoch's key."""
    wrapped = exists().where(REPORTER_VAULT.c.epoch == epoch, REPORTER_VAULT.c.wrapped_key.is_not(None))
    return session.execute(select(wrapped)).scalar_one()


def _wrapping(source_id: str, part: str) -> str:
    return f"{source_id}/{part}"


def _gone(*, erased: bool) -> NotFound:
    return NotFound(
        "该密封内容已按举报人申请删除。" if erased else "没有这项密封内容。",
        rule="举报人身份密封保存，删除后不能恢复",
        remedy="如需联系举报人，请使用匿名联系。",
    )
