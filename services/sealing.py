"""Seal the history: places in the Merkle tree for new events, and a signed checkpoint over tree and stream heads."""

import json
from collections.abc import Sequence
from datetime import datetime
from typing import Any, NamedTuple

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from sqlalchemy import func, insert, literal_column, select, text
from sqlmodel import Session

from models.merkle import Frontier, Tree
from models.tables import AUDIT_EVENT, AUDIT_LEAF, CHECKPOINT
from services import trail
from services.offline_verify import heads_leaf, note_text, sign_note

ORIGIN = "hazardflow/linjiang"
KEY_NAME = "hazardflow-audit"
_SEALER_LOCK = 0x7365616C
_EMPTY = Frontier().root()
LOOK_BACK = 100_000
_SETTLED = """(audit_event.txid < pg_snapshot_xmin(pg_current_snapshot())::text::bigint
    OR audit_event.txid >= pg_snapshot_xmax(pg_current_snapshot())::text::bigint)"""
"""Committed before every transaction still running; or written by an earlier cluster, before a restore."""


class Head(NamedTuple):
    """The last event of a stream within a tree."""

    stream: str
    seq: int
    hash: str


def seal(session: Session, key: Ed25519PrivateKey, *, at: datetime) -> int:
    """Sign a checkpoint over everything committed and not yet sealed; the number of events sealed.

    One sealer at a time. On PostgreSQL only events below the oldest running transaction are taken: a number given
    early and committed late would otherwise be passed over for ever. The caller owns the transaction.
    """
    postgresql = session.get_bind().dialect.name == "postgresql"
    if postgresql:
        session.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _SEALER_LOCK})
    last = session.execute(select(CHECKPOINT).order_by(CHECKPOINT.c.size.desc()).limit(1)).one_or_none()
    fresh = _unsealed(session, postgresql=postgresql)
    if not fresh:
        return 0
    tree = Frontier.from_hex(last.size, json.loads(last.peaks)) if last else Frontier()
    places = []
    for row in fresh:
        places.append({"position": tree.size, "gid": row.gid})
        tree.append(bytes.fromhex(row.hash))
    session.execute(insert(AUDIT_LEAF), places)
    session.execute(insert(CHECKPOINT), _checkpoint(session, tree, last, key, at))
    return len(fresh)


def heads(session: Session, size: int) -> list[Head]:
    """The head of every stream within the first `size` leaves, by stream name."""
    sealed = (
        select(AUDIT_EVENT.c.stream, func.max(AUDIT_EVENT.c.seq).label("seq"))
        .join(AUDIT_LEAF, AUDIT_LEAF.c.gid == AUDIT_EVENT.c.gid)
        .where(AUDIT_LEAF.c.position < size)
        .group_by(AUDIT_EVENT.c.stream)
        .subquery()
    )
    same = (AUDIT_EVENT.c.stream == sealed.c.stream) & (AUDIT_EVENT.c.seq == sealed.c.seq)
    rows = session.execute(select(AUDIT_EVENT.c.stream, AUDIT_EVENT.c.seq, AUDIT_EVENT.c.hash).join(sealed, same))
    return sorted(Head(*row) for row in rows)


def heads_tree(found: Sequence[Head]) -> Tree:
    return Tree([heads_leaf(head.stream, head.seq, head.hash) for head in found])


def public_bytes(key: Ed25519PrivateKey) -> bytes:
    return key.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)


def _unsealed(session: Session, *, postgresql: bool) -> list[Any]:
    """Events that may be sealed now, in order.

    Looks back over a window of numbers only, so that sealing costs the same at any size; `audit verify` looks at all.
    """
    sealed_up_to = session.execute(select(func.coalesce(func.max(AUDIT_LEAF.c.gid), 0))).scalar_one()
    settled = literal_column(_SETTLED if postgresql else "1=1").label("settled")
    statement = (
        select(AUDIT_EVENT.c.gid, AUDIT_EVENT.c.hash, AUDIT_EVENT.c.stream, settled)
        .outerjoin(AUDIT_LEAF, AUDIT_LEAF.c.gid == AUDIT_EVENT.c.gid)
        .where(AUDIT_EVENT.c.gid > sealed_up_to - LOOK_BACK, AUDIT_LEAF.c.gid.is_(None))
        .order_by(AUDIT_EVENT.c.gid)
    )
    return without_gaps(session.execute(statement).all())


def without_gaps(rows: Sequence[Any]) -> list[Any]:
    """Of rows in order, those whose stream has nothing unsettled before them.

    A transaction numbered early may write late, behind one numbered later, so settled alone would leave a hole in a
    stream under a signed checkpoint.
    """
    held_back: set[str] = set()
    taken = []
    for row in rows:
        if not row.settled:
            held_back.add(row.stream)
        elif row.stream not in held_back:
            taken.append(row)
    return taken


def _checkpoint(session: Session, tree: Frontier, last: Any, key: Ed25519PrivateKey, at: datetime) -> dict[str, Any]:
    heads_root = heads_tree(heads(session, tree.size)).root()
    previous = (last.size, bytes.fromhex(last.root)) if last else (0, _EMPTY)
    body = note_text(ORIGIN, tree.size, tree.root(), heads_root, trail.stamp(at), *previous)
    return {
        "size": tree.size,
        "root": tree.root().hex(),
        "heads_root": heads_root.hex(),
        "peaks": json.dumps(tree.to_hex()),
        "note": sign_note(body, KEY_NAME, key.sign, public_bytes(key)),
        "sealed_at": at,
    }
