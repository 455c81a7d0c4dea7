"""Verify the whole history 校验历史: every event, every chain, the tree, the signatures, and the hazard rows themselves."""

import hashlib
import json
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from sqlalchemy import select
from sqlmodel import Session

from models.audit import GENESIS
from models.merkle import Frontier
from models.tables import AUDIT_EVENT, AUDIT_LEAF, AUDIT_STREAM, CHECKPOINT, HAZARD
from services import sealing, trail
from services.offline_verify import BAD_KEY, INCOMPLETE, OK, ROLLED_BACK, TAMPERED, parse_note, signers_of

LONGEST_UNSEALED = timedelta(seconds=60)
_UNFOLDED = frozenset({"id", "chain_seq", "chain_head", "changed_at"})
"""Columns that say where the chain stands rather than what was decided."""


class Verdict(NamedTuple):
    """Exit code (0 ok · 1 tampered · 2 incomplete · 3 key · 4 rollback) and what was found, in Chinese."""

    exit_code: int
    findings: list[str]
    events: int
    size: int


def verify_history(session: Session, key: Ed25519PrivateKey, *, at: datetime, anchors: Sequence[str] = ()) -> Verdict:
    """Check everything the database holds against itself, the signing key, and checkpoints kept elsewhere.

    `anchors`: texts of signed notes kept outside (mail, paper, another host).
    """
    heads, leaves, events, faults = _walk_events(session)
    faults += _check_heads(session, heads)
    faults += _check_rows(session, events)
    code, tree_faults, size = _check_tree(session, leaves, key)
    anchor_code, anchor_faults = _check_anchors(anchors, leaves, size)
    late = _unsealed(leaves, at)
    codes = [code, anchor_code, TAMPERED if faults else OK, INCOMPLETE if late else OK]
    gravest = next((one for one in (BAD_KEY, TAMPERED, ROLLED_BACK, INCOMPLETE) if one in codes), OK)
    return Verdict(gravest, [*faults, *tree_faults, *anchor_faults, *late], len(leaves), size)


def fold(events: Iterable[dict[str, Any]]) -> dict[str, Any]:
    """A hazard's row as its events say it is; `version` counts decisions."""
    row: dict[str, Any] = {}
    for event in events:
        row |= event.get("after", {})
    return row


class _Leaf(NamedTuple):
    gid: int
    hash: bytes
    recorded_at: datetime
    position: int | None


def _walk_events(
    session: Session,
) -> tuple[dict[str, tuple[int, str]], list[_Leaf], dict[str, list[dict[str, Any]]], list[str]]:
    """Every event once: its bytes against its hash, columns and predecessor."""
    heads: dict[str, tuple[int, str]] = {}
    leaves: list[_Leaf] = []
    events: dict[str, list[dict[str, Any]]] = {}
    faults: list[str] = []
    statement = select(AUDIT_EVENT, AUDIT_LEAF.c.position).outerjoin(AUDIT_LEAF, AUDIT_LEAF.c.gid == AUDIT_EVENT.c.gid)
    for row in session.execute(
        statement.order_by(AUDIT_EVENT.c.stream, AUDIT_EVENT.c.seq).execution_options(yield_per=5000)
    ):
        digest = hashlib.sha256(b"\x00" + row.body)
        seq, head = heads.get(row.stream, (0, GENESIS))
        body = json.loads(row.body)
        faults += event_faults(row, body, digest.hexdigest(), seq, head)
        heads[row.stream] = (row.seq, digest.hexdigest())
        leaves.append(_Leaf(row.gid, digest.digest(), row.recorded_at, row.position))
        events.setdefault(row.stream, []).append({"after": body.get("after", {})})
    return heads, leaves, events, faults


def event_faults(row: Any, body: dict[str, Any], digest: str, seq: int, head: str) -> Iterator[str]:
    """What is wrong with one event: its hash, its number, its predecessor (`seq`, `head`), the columns it is found by."""
    where = f"事件 {row.gid}（{row.stream} 第{row.seq}条，{row.type}）"
    if row.hash != digest:
        yield f"{where}：内容与哈希不符，应为{digest}，记录为{row.hash}"
    if row.seq != seq + 1:
        yield f"{where}：序号不连续，应为第{seq + 1}条"
    if body.get("prev") != head:
        yield f"{where}：与前一事件不相连，应为{head}，记录为{body.get('prev')}"
    columns = {"stream": row.stream, "seq": row.seq, "type": row.type, "recorded_at": trail.stamp(row.recorded_at),
               "actor": row.actor}  # fmt: skip
    told = {name: body.get(name) for name in columns} | {"actor": body.get("actor", {}).get("person")}
    if told != columns:
        yield f"{where}：检索列与内容不符"


def _check_heads(session: Session, heads: dict[str, tuple[int, str]]) -> Iterator[str]:
    """No stream's tail is missing: rows remember how far their chain goes."""
    kept = {
        row.id: (row.chain_seq, row.chain_head)
        for row in session.execute(select(HAZARD.c.id, HAZARD.c.chain_seq, HAZARD.c.chain_head))
    }
    kept |= {row.stream: (row.seq, row.head) for row in session.execute(select(AUDIT_STREAM)) if row.seq}
    for stream in sorted(kept.keys() | heads.keys()):
        if kept.get(stream) != heads.get(stream):
            yield f"{stream}：链尾不符，台账记到{kept.get(stream, ('无',))[0]}，历史记到{heads.get(stream, ('无',))[0]}"


def _check_rows(session: Session, events: dict[str, list[dict[str, Any]]]) -> Iterator[str]:
    """fold(events) is the row, column by column."""
    for hazard in session.execute(select(HAZARD).execution_options(yield_per=5000)):
        yield from row_faults(hazard, fold(events.get(hazard.id, [])))


def row_faults(hazard: Any, said: dict[str, Any]) -> Iterator[str]:
    """Columns of a hazard's row that are not what its events say."""
    for name, value in hazard._mapping.items():
        plain = trail.stamp(value) if isinstance(value, datetime) else value
        if name not in _UNFOLDED and said.get(name) != plain:
            yield f"{hazard.no}：台账的{name}为{plain}，历史为{said.get(name)}"


def _check_tree(session: Session, leaves: list[_Leaf], key: Ed25519PrivateKey) -> tuple[int, list[str], int]:
    """Every checkpoint is signed and is the root of the leaves as they are now, stream heads included."""
    ordered = sorted((leaf for leaf in leaves if leaf.position is not None), key=lambda leaf: leaf.position or 0)
    if [leaf.position for leaf in ordered] != list(range(len(ordered))):
        return TAMPERED, ["历史树的叶子缺失或重复"], len(ordered)
    tree, done = Frontier(), 0
    keys = [(sealing.KEY_NAME, sealing.public_bytes(key))]
    for row in session.execute(select(CHECKPOINT).order_by(CHECKPOINT.c.size)):
        for leaf in ordered[done : row.size]:
            tree.append(leaf.hash)
        done = row.size
        note = parse_note(row.note)
        if not signers_of(note, keys):
            return BAD_KEY, [f"检查点 {row.size} 的签名不对或密钥不明"], done
        if note.size != row.size or tree.size != row.size or tree.root() != note.root or row.root != note.root.hex():
            return TAMPERED, [f"检查点 {row.size} 与现有历史不符"], done
    if done != len(ordered):
        return TAMPERED, [f"检查点缺失：已编入{len(ordered)}条，最后的检查点只到{done}条"], done
    return _check_heads_root(session, done)


def _check_heads_root(session: Session, size: int) -> tuple[int, list[str], int]:
    last = session.execute(select(CHECKPOINT.c.note).where(CHECKPOINT.c.size == size)).scalar_one_or_none()
    if last and parse_note(last).heads_root != sealing.heads_tree(sealing.heads(session, size)).root():
        return TAMPERED, [f"检查点 {size} 的各链尾与现有历史不符"], size
    return OK, [], size


def _check_anchors(anchors: Sequence[str], leaves: list[_Leaf], size: int) -> tuple[int, list[str]]:
    ordered = [
        leaf.hash
        for leaf in sorted((leaf for leaf in leaves if leaf.position is not None), key=lambda leaf: leaf.position or 0)
    ]
    for text in anchors:
        note = parse_note(text)
        if note.size > size:
            return ROLLED_BACK, [f"外部留存的检查点有{note.size}条，数据库只有{size}条：数据库被换成了旧的"]
        tree = Frontier()
        for leaf in ordered[: note.size]:
            tree.append(leaf)
        if tree.root() != note.root:
            return TAMPERED, [f"外部留存的检查点 {note.size} 与现有历史不符"]
    return OK, []


def _unsealed(leaves: list[_Leaf], at: datetime) -> list[str]:
    late = [leaf for leaf in leaves if leaf.position is None and at - leaf.recorded_at > LONGEST_UNSEALED]
    return [f"有{len(late)}条事件超过60秒未编入检查点"] if late else []
