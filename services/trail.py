"""Append to the history: one canonical event per fact, chained per stream, in the fact's own transaction."""

import hashlib
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

from sqlalchemy import insert, select, update
from sqlmodel import Session

from models.actor import PUBLIC, Actor
from models.audit import OFFICE
from models.canonical import canonical
from models.ids import new_id
from models.tables import AUDIT_EVENT, AUDIT_STREAM, HAZARD

EVENT_VERSION = 1
APP_VERSION = "0.1.0"
SYSTEM = "system"
INSERT_EVENT = insert(AUDIT_EVENT)
_TICK = timedelta(microseconds=1)


class Link(NamedTuple):
    """Where a stream stands after an event."""

    seq: int
    head: str


def stamp(moment: datetime) -> str:
    """An instant as the history writes it: UTC, microseconds, `Z`."""
    return f"{moment.astimezone(UTC):%Y-%m-%dT%H:%M:%S.%f}Z"


def after(previous: datetime, at: datetime) -> datetime:
    """`at`, or just after the previous fact: recorded time never runs backwards within a hazard."""
    return at if at > previous else previous + _TICK


def compose(
    stream: str, link: Link, kind: str, *, by: Actor | None, at: datetime, facts: Mapping[str, Any]
) -> tuple[Link, dict[str, Any]]:
    """The next event of a stream: the new head, and the row that `INSERT_EVENT` writes."""
    seq = link.seq + 1
    identity = _identity(by)
    body = canonical({
        **facts,
        "v": EVENT_VERSION,
        "event_id": new_id(),
        "stream": stream,
        "seq": seq,
        "type": kind,
        "recorded_at": stamp(at),
        "actor": identity,
        "app": APP_VERSION,
        "prev": link.head,
        "alg": "sha256",
    })  # fmt: skip
    head = hashlib.sha256(b"\x00" + body).hexdigest()
    row = {
        "stream": stream,
        "seq": seq,
        "type": kind,
        "actor": identity["person"],
        "recorded_at": at,
        "body": body,
        "hash": head,
    }
    return Link(seq, head), row


def append(
    session: Session, stream: str, link: Link, kind: str, *, by: Actor | None, at: datetime, facts: Mapping[str, Any]
) -> Link:
    """Write the next event of a stream whose head the caller has locked; returns the new head."""
    new_link, row = compose(stream, link, kind, by=by, at=at, facts=facts)
    session.execute(INSERT_EVENT, row)
    return new_link


def append_beside(
    session: Session, hazard_id: str, kind: str, *, by: Actor | None, at: datetime, facts: Mapping[str, Any]
) -> Any:
    """A fact beside the process, in the hazard's own history under its row lock; the hazard as it was locked."""
    hazard = session.execute(select(HAZARD).where(HAZARD.c.id == hazard_id).with_for_update()).one()
    recorded = after(hazard.changed_at, at)
    told = {"cycle": hazard.cycle, "before": {}, "after": {}, **facts}
    link = append(session, hazard.id, Link(hazard.chain_seq, hazard.chain_head), kind, by=by, at=recorded, facts=told)
    columns = {"chain_seq": link.seq, "chain_head": link.head, "changed_at": recorded}
    session.execute(update(HAZARD).where(HAZARD.c.id == hazard.id).values(columns))
    return hazard


def append_office(session: Session, kind: str, *, by: Actor | None, at: datetime, facts: Mapping[str, Any]) -> None:
    """An event that belongs to no hazard (accounts, organisation, rules, channels), on the office's own stream."""
    row = session.execute(select(AUDIT_STREAM).where(AUDIT_STREAM.c.stream == OFFICE).with_for_update()).one()
    link = append(session, OFFICE, Link(row.seq, row.head), kind, by=by, at=at, facts=facts)
    session.execute(update(AUDIT_STREAM).where(AUDIT_STREAM.c.stream == OFFICE).values(seq=link.seq, head=link.head))


def evidence_facts(rows: Sequence[Any]) -> list[dict[str, Any]]:
    """Evidence as an event lists it: enough to check the files years later."""
    return [
        {"evidence_id": row.id, "sha256": row.sha256, "size": row.size, "media_type": row.media_type,
         "filename": row.filename}
        for row in rows
    ]  # fmt: skip


def _identity(by: Actor | None) -> dict[str, Any]:
    if by is None:
        return {"person": SYSTEM}
    if by.is_public:
        return {"person": PUBLIC.person_id}
    return {
        "person": by.person_id,
        "name": by.name,
        "account": by.account_id,
        "roles": sorted(by.roles),
        "auth": by.means or ("password" if by.verified_at else "key"),
        "session": by.session,
        **({"on_behalf_of": [{"person": one.person_id, "name": one.name} for one in by.on_behalf_of]}
           if by.on_behalf_of else {}),
    }  # fmt: skip
