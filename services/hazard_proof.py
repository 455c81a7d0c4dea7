"""Verify one hazard's history 校验本隐患的历史: its chain, and its place under the newest signed checkpoint."""

import hashlib
import json
from collections.abc import Sequence
from typing import Any, NamedTuple

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from sqlalchemy import select
from sqlmodel import Session

from models.audit import GENESIS
from models.hazard import Hazard
from models.merkle import Tree
from models.tables import AUDIT_EVENT, AUDIT_LEAF, CHECKPOINT
from services import sealing
from services.offline_verify import parse_note, signers_of


class Link(NamedTuple):
    """One event: where it stands in its chain and in the tree, and whether its bytes are those that were hashed."""

    seq: int
    kind: str
    hash: str
    position: int | None
    holds: bool


class Proof(NamedTuple):
    """What was checked of one hazard."""

    links: Sequence[Link]
    head_holds: bool
    """The chain ends where the hazard's row says it ends: nothing was cut off."""
    size: int
    """Events under the newest checkpoint; 0: nothing is sealed yet."""
    root: str
    signed: bool
    """The checkpoint carries this installation's signature."""
    sealed_holds: bool
    """The tree over all events as they are now has the root that was signed, this hazard's events among them."""
    note: str

    @property
    def holds(self) -> bool:
        return (
            all(link.holds for link in self.links)
            and self.head_holds
            and (not self.size or (self.signed and self.sealed_holds))
        )


def prove(session: Session, hazard: Hazard, key: Ed25519PrivateKey) -> Proof:
    links = _links(session, hazard)
    head = (links[-1].seq, links[-1].hash) if links else (0, GENESIS)
    head_holds = head == (hazard.chain_seq, hazard.chain_head)
    row = session.execute(select(CHECKPOINT).order_by(CHECKPOINT.c.size.desc()).limit(1)).one_or_none()
    if row is None:
        return Proof(links, head_holds, 0, "", signed=False, sealed_holds=False, note="")
    note = parse_note(row.note)
    signed = bool(signers_of(note, [(sealing.KEY_NAME, sealing.public_bytes(key))]))
    sealed = Tree(_leaves(session, row.size)).root() == note.root
    return Proof(links, head_holds, row.size, note.root.hex(), signed, sealed, row.note)


def _links(session: Session, hazard: Hazard) -> list[Link]:
    statement = (
        select(AUDIT_EVENT, AUDIT_LEAF.c.position)
        .outerjoin(AUDIT_LEAF, AUDIT_LEAF.c.gid == AUDIT_EVENT.c.gid)
        .where(AUDIT_EVENT.c.stream == hazard.id)
    )
    found: list[Link] = []
    for row in session.execute(statement.order_by(AUDIT_EVENT.c.seq)):
        before = found[-1].hash if found else GENESIS
        found.append(Link(row.seq, row.type, row.hash, row.position, _holds(row, before, len(found) + 1)))
    return found


def _holds(row: Any, before: str, seq: int) -> bool:
    body = json.loads(row.body)
    same = hashlib.sha256(b"\x00" + row.body).hexdigest() == row.hash
    return same and body["prev"] == before and row.seq == body["seq"] == seq


def _leaves(session: Session, size: int) -> list[bytes]:
    of_tree = select(AUDIT_EVENT.c.hash).join(AUDIT_LEAF, AUDIT_LEAF.c.gid == AUDIT_EVENT.c.gid)
    ordered = of_tree.where(AUDIT_LEAF.c.position < size).order_by(AUDIT_LEAF.c.position)
    return [bytes.fromhex(digest) for digest in session.execute(ordered).scalars()]
