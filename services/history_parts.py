"""Verify the whole history in parts 分段校验: each reads a bounded number of events and goes on where the last one ended.

The same checks as `history_check`, in an order that needs little memory: the tree leaf by leaf, then the hazards one
group after another, then what no checkpoint holds yet.
"""

import hashlib
import json
from collections import defaultdict
from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from sqlalchemy import func, select
from sqlmodel import Session

from models.audit import GENESIS
from models.merkle import Frontier
from models.tables import AUDIT_EVENT, AUDIT_LEAF, AUDIT_STREAM, CHECKPOINT, HAZARD
from services import sealing
from services.history_check import LONGEST_UNSEALED, event_faults, fold, row_faults
from services.offline_verify import (
    BAD_KEY,
    GRAVEST_FIRST,
    INCOMPLETE,
    MALFORMED,
    OK,
    TAMPERED,
    Note,
    key_hash,
    parse_note,
)

TREE, ROWS, REST, DONE = "tree", "rows", "rest", "done"
_HAZARDS_AT_ONCE = 100
_MOST_KEPT = 50


class Progress(NamedTuple):
    """How far a verification has come, small enough to travel in a form."""

    until: int
    """Events under the newest checkpoint when it began."""
    phase: str = TREE
    peaks: list[str] = []  # noqa: RUF012  # never changed in place
    size: int = 0
    """Events of the tree read so far; `peaks` are the tree's over them."""
    hazard: str = ""
    """The last hazard whose row was compared."""
    hazards: int = 0
    exit_code: int = OK
    found: int = 0
    findings: list[str] = []  # noqa: RUF012  # never changed in place
    """The first of them, in Chinese."""

    @property
    def is_done(self) -> bool:
        return self.phase == DONE

    def with_faults(self, code: int, faults: Sequence[str]) -> "Progress":
        if not faults:
            return self
        gravest = next(one for one in (*GRAVEST_FIRST, OK) if one in {code, self.exit_code})
        kept = [*self.findings, *faults][:_MOST_KEPT]
        return self._replace(exit_code=gravest, found=self.found + len(faults), findings=kept)


def begin(session: Session) -> Progress:
    return Progress(session.execute(select(func.coalesce(func.max(CHECKPOINT.c.size), 0))).scalar_one())


def go_on(session: Session, key: Ed25519PrivateKey, so_far: Progress, *, at: datetime, most: int) -> Progress:
    """The next part: about `most` events, however long the history is. `session` has read nothing yet: on PostgreSQL
    it is made to see one instant, so that a decision under way is no finding.
    """
    if session.get_bind().dialect.name == "postgresql":
        session.connection(execution_options={"isolation_level": "REPEATABLE READ"})
    left = most
    while left > 0 and so_far.phase != DONE:
        if so_far.phase == TREE:
            so_far, read = _tree(session, key, so_far, left)
        elif so_far.phase == ROWS:
            so_far, read = _rows(session, so_far)
        else:
            so_far, read = _rest(session, so_far, at), 1
        left -= read
    return so_far


def _tree(session: Session, key: Ed25519PrivateKey, so_far: Progress, most: int) -> tuple[Progress, int]:
    """Events in the order of the tree: each against its hash, columns and predecessor, the tree against its checkpoints."""
    end = min(so_far.size + most, so_far.until)
    tree = Frontier.from_hex(so_far.size, so_far.peaks)
    notes = _checkpoints(session, so_far.size, end)
    faults: list[str] = []
    unsigned: list[str] = []
    for row in _leaves(session, so_far.size, end):
        if row.position != tree.size:
            break
        faults += _faults_of(row)
        tree.append(bytes.fromhex(row.hash))
        if checkpoint := notes.pop(tree.size, None):
            bad = _checkpoint_fault(checkpoint, tree, key)
            (unsigned if bad.startswith("签名") else faults).extend([f"检查点 {tree.size}：{bad}"] if bad else [])
    if whole := tree.size < end:
        faults.append(f"历史树在第 {tree.size} 条之后缺失，之后的检查点不能核对")
    phase = ROWS if whole or end == so_far.until else TREE
    done = so_far._replace(size=tree.size, peaks=tree.to_hex(), phase=phase)
    return done.with_faults(TAMPERED, faults).with_faults(BAD_KEY, unsigned), max(tree.size - so_far.size, 1)


def _leaves(session: Session, start: int, end: int) -> Iterator[Any]:
    before = AUDIT_EVENT.alias("before")
    statement = (
        select(AUDIT_EVENT, AUDIT_LEAF.c.position, before.c.hash.label("before"))
        .join(AUDIT_LEAF, AUDIT_LEAF.c.gid == AUDIT_EVENT.c.gid)
        .outerjoin(before, (before.c.stream == AUDIT_EVENT.c.stream) & (before.c.seq == AUDIT_EVENT.c.seq - 1))
        .where(AUDIT_LEAF.c.position >= start, AUDIT_LEAF.c.position < end)
        .order_by(AUDIT_LEAF.c.position)
    )
    yield from session.execute(statement.execution_options(yield_per=2000))


def _faults_of(row: Any) -> Iterator[str]:
    """`before`: the hash of the event before it in its stream; None: there is none."""
    digest = hashlib.sha256(b"\x00" + row.body).hexdigest()
    first = row.before is None
    yield from event_faults(row, _read(row.body), digest, 0 if first else row.seq - 1, row.before or GENESIS)


def _read(body: bytes) -> dict[str, Any]:
    """What an event says; nothing when somebody made it unreadable, which its hash then shows."""
    try:
        told = json.loads(body)
    except ValueError:
        return {}
    return told if isinstance(told, dict) else {}


def _checkpoints(session: Session, start: int, end: int) -> dict[int, Any]:
    mine = (CHECKPOINT.c.size > start) & (CHECKPOINT.c.size <= end)
    rows = session.execute(select(CHECKPOINT.c.size, CHECKPOINT.c.root, CHECKPOINT.c.note).where(mine))
    return {row.size: row for row in rows}


def _checkpoint_fault(row: Any, tree: Frontier, key: Ed25519PrivateKey) -> str:
    try:
        note = parse_note(row.note)
    except MALFORMED:
        return "签名文本无法读取"
    if not _is_signed(note, key):
        return "签名不对，或密钥不明"
    same = note.size == row.size and note.root == tree.root() and row.root == note.root.hex()
    return "" if same else "与现有历史不符"


def _is_signed(note: Note, key: Ed25519PrivateKey) -> bool:
    """By this installation. With the library, whose speed thousands of checkpoints need; the bundle's verifier has its own."""
    public = sealing.public_bytes(key)
    known = (sealing.KEY_NAME, key_hash(sealing.KEY_NAME, public))
    mine = [signature for name, hashed, signature in note.signatures if (name, hashed) == known]
    try:
        for signature in mine:
            key.public_key().verify(signature, note.text.encode())
    except InvalidSignature:
        return False
    return bool(mine)


def _rows(session: Session, so_far: Progress) -> tuple[Progress, int]:
    """A group of hazards: each row is what its events say, and its chain ends where the row says."""
    wanted = select(HAZARD).where(HAZARD.c.id > so_far.hazard).order_by(HAZARD.c.id).limit(_HAZARDS_AT_ONCE)
    hazards = session.execute(wanted).all()
    if not hazards:
        return so_far._replace(phase=REST), 1
    events: defaultdict[str, list[Any]] = defaultdict(list)
    columns = (AUDIT_EVENT.c.stream, AUDIT_EVENT.c.seq, AUDIT_EVENT.c.hash, AUDIT_EVENT.c.body)
    mine = select(*columns).where(AUDIT_EVENT.c.stream.in_([one.id for one in hazards]))
    for row in session.execute(mine.order_by(AUDIT_EVENT.c.stream, AUDIT_EVENT.c.seq)):
        events[row.stream].append(row)
    faults = [fault for hazard in hazards for fault in _hazard_faults(hazard, events[hazard.id])]
    done = so_far._replace(hazard=hazards[-1].id, hazards=so_far.hazards + len(hazards))
    return done.with_faults(TAMPERED, faults), max(sum(map(len, events.values())), 1)


def _hazard_faults(hazard: Any, events: list[Any]) -> Iterator[str]:
    last = (events[-1].seq, events[-1].hash) if events else (0, GENESIS)
    if last != (hazard.chain_seq, hazard.chain_head):
        yield f"{hazard.no}：链尾不符，台账记到{hazard.chain_seq}，历史记到{last[0]}"
    yield from row_faults(hazard, fold(_read(row.body) for row in events))


def _rest(session: Session, so_far: Progress, at: datetime) -> Progress:
    """The office's own stream, streams nobody keeps, the heads that were signed, and what no checkpoint holds."""
    faults = [*_stream_faults(session), *_missing_checkpoint(session), *_heads_fault(session, so_far)]
    unsealed = list(_unsealed(session))
    faults += [fault for row in unsealed for fault in _faults_of(row)]
    late = sum(at - row.recorded_at > LONGEST_UNSEALED for row in unsealed)
    told = [f"有{late}条事件超过60秒未编入检查点"] if late else []
    return so_far._replace(phase=DONE).with_faults(TAMPERED, faults).with_faults(INCOMPLETE, told)


def _stream_faults(session: Session) -> Iterator[str]:
    for kept in session.execute(select(AUDIT_STREAM)):
        last = select(AUDIT_EVENT.c.seq, AUDIT_EVENT.c.hash).where(AUDIT_EVENT.c.stream == kept.stream)
        row = session.execute(last.order_by(AUDIT_EVENT.c.seq.desc()).limit(1)).one_or_none()
        if (row.seq, row.hash) != (kept.seq, kept.head) if row else kept.seq:
            yield f"{kept.stream}：链尾不符，记到{kept.seq}，历史记到{row.seq if row else 0}"
    orphans = (
        select(AUDIT_EVENT.c.stream)
        .where(AUDIT_EVENT.c.seq == 1, AUDIT_EVENT.c.stream.not_in(select(AUDIT_STREAM.c.stream)))
        .where(~select(HAZARD.c.id).where(HAZARD.c.id == AUDIT_EVENT.c.stream).exists())
        .limit(_MOST_KEPT)
    )
    for stream in session.execute(orphans).scalars():
        yield f"{stream}：历史中有，台账中没有"


def _missing_checkpoint(session: Session) -> Iterator[str]:
    leaves = session.execute(select(func.coalesce(func.max(AUDIT_LEAF.c.position) + 1, 0))).scalar_one()
    signed = session.execute(select(func.coalesce(func.max(CHECKPOINT.c.size), 0))).scalar_one()
    if leaves != signed:
        yield f"检查点缺失：已编入{leaves}条，最后的检查点到{signed}条"


def _heads_fault(session: Session, so_far: Progress) -> Iterator[str]:
    note = session.execute(select(CHECKPOINT.c.note).where(CHECKPOINT.c.size == so_far.until)).scalar_one_or_none()
    if note and so_far.exit_code != BAD_KEY:
        found = sealing.heads_tree(sealing.heads(session, so_far.until)).root()
        if parse_note(note).heads_root != found:
            yield f"检查点 {so_far.until} 的各链尾与现有历史不符"


def _unsealed(session: Session) -> Iterator[Any]:
    before = AUDIT_EVENT.alias("before")
    statement = (
        select(AUDIT_EVENT, before.c.hash.label("before"))
        .outerjoin(AUDIT_LEAF, AUDIT_LEAF.c.gid == AUDIT_EVENT.c.gid)
        .outerjoin(before, (before.c.stream == AUDIT_EVENT.c.stream) & (before.c.seq == AUDIT_EVENT.c.seq - 1))
        .where(AUDIT_LEAF.c.gid.is_(None))
        .order_by(AUDIT_EVENT.c.gid)
        .limit(sealing.LOOK_BACK)
    )
    yield from session.execute(statement.execution_options(yield_per=2000))
