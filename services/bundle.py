"""The audit bundle 审计包: one hazard's history with everything needed to verify it elsewhere, trusting nobody here."""

import base64
import json
import zipfile
from datetime import datetime
from pathlib import Path
from typing import Any, BinaryIO

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from sqlalchemy import select
from sqlmodel import Session

from models.errors import NotFound
from models.hazard import Hazard
from models.merkle import Tree
from models.tables import AUDIT_EVENT, AUDIT_LEAF, CHECKPOINT, EVIDENCE, HAZARD_EVIDENCE
from services import evidence, offline_verify, sealing, trail

_README = """督办销号·审计包

本包载有一个重大事故隐患的全部办理历史，可在任何装有 Python 3.8 以上的电脑上离线核验，不需要本系统：

    python verify.py

另可用以前留存的检查点（邮件、纸质通报、其他案卷中的检查点文件）核对历史没有倒退或改写：

    python verify.py --anchor 以前的检查点.txt

keys.json 中的公钥指纹请与镇安委办公布的指纹核对。
"""


def write_bundle(
    session: Session,
    hazard: Hazard,
    out: BinaryIO,
    *,
    key: Ed25519PrivateKey,
    store: Path,
    at: datetime,
    with_files: bool = True,
) -> None:
    """Write the zip that `services/offline_verify.py` describes. Seal first: events not yet sealed stay out.

    Raises: NotFound when nothing of the hazard is sealed yet.
    """
    checkpoints = _checkpoints(session)
    size = checkpoints[-1].size if checkpoints else 0
    events = _sealed_events(session, hazard, size)
    if not events:
        raise NotFound("该隐患的历史尚未编入检查点。", remedy="请稍后再导出。")
    tree = Tree([bytes.fromhex(leaf) for leaf in _leaves(session, size)])
    pieces = session.execute(
        select(EVIDENCE).where(
            EVIDENCE.c.id.in_(select(HAZARD_EVIDENCE.c.evidence_id).where(HAZARD_EVIDENCE.c.hazard_id == hazard.id))
        )
    ).all()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as bundle:
        _put(bundle, "manifest.json", {"format": 1, "hazard_no": hazard.no, "stream": hazard.id, "exported_at": trail.stamp(at),
                                       "checkpoint": f"checkpoints/{size}.txt"})  # fmt: skip
        bundle.writestr("events.jsonl", b"".join(row.body + b"\n" for row in events))
        _put(
            bundle,
            "proofs.json",
            [
                {"seq": row.seq, "leaf_index": row.position, "path": _hex(tree.inclusion_proof(row.position))}
                for row in events
            ],
        )
        _put(bundle, "heads.json", _head_proof(session, hazard, size))
        _put(bundle, "consistency.json", _growth(tree, [row.size for row in checkpoints]))
        for row in checkpoints:
            bundle.writestr(f"checkpoints/{row.size}.txt", row.note)
        _put(
            bundle,
            "keys.json",
            [{"name": sealing.KEY_NAME, "public_key_b64": base64.b64encode(sealing.public_bytes(key)).decode()}],
        )
        _put(bundle, "evidence.json", trail.evidence_facts(pieces))
        _put_files(bundle, store, {piece.sha256 for piece in pieces} if with_files else set())
        bundle.writestr("verify.py", Path(offline_verify.__file__).read_bytes())
        bundle.writestr("README.txt", _README)


def _checkpoints(session: Session) -> list[Any]:
    """The last checkpoint of each day, the newest of all at the end: enough to hold any earlier bundle against this one."""
    rows = session.execute(
        select(CHECKPOINT.c.size, CHECKPOINT.c.note, CHECKPOINT.c.sealed_at).order_by(CHECKPOINT.c.size)
    ).all()
    return list({row.sealed_at.date(): row for row in rows}.values())


def _sealed_events(session: Session, hazard: Hazard, size: int) -> list[Any]:
    statement = (
        select(AUDIT_EVENT.c.seq, AUDIT_EVENT.c.body, AUDIT_LEAF.c.position)
        .join(AUDIT_LEAF, AUDIT_LEAF.c.gid == AUDIT_EVENT.c.gid)
        .where(AUDIT_EVENT.c.stream == hazard.id, AUDIT_LEAF.c.position < size)
        .order_by(AUDIT_EVENT.c.seq)
    )
    return list(session.execute(statement).all())


def _leaves(session: Session, size: int) -> list[str]:
    of_tree = (
        select(AUDIT_EVENT.c.hash)
        .join(AUDIT_LEAF, AUDIT_LEAF.c.gid == AUDIT_EVENT.c.gid)
        .where(AUDIT_LEAF.c.position < size)
    )
    return list(session.execute(of_tree.order_by(AUDIT_LEAF.c.position)).scalars())


def _head_proof(session: Session, hazard: Hazard, size: int) -> dict[str, Any]:
    found = sealing.heads(session, size)
    index = [head.stream for head in found].index(hazard.id)
    path = _hex(sealing.heads_tree(found).inclusion_proof(index))
    return {"index": index, "count": len(found), "path": path, "max_seq": found[index].seq, "head": found[index].hash}


def _growth(tree: Tree, sizes: list[int]) -> list[dict[str, Any]]:
    return [
        {"old_size": size, "old_checkpoint": f"checkpoints/{size}.txt", "path": _hex(tree.consistency_proof(size))}
        for size in sizes[:-1]
    ]


def _put(bundle: zipfile.ZipFile, name: str, content: Any) -> None:
    bundle.writestr(name, json.dumps(content, ensure_ascii=False, indent=1))


def _put_files(bundle: zipfile.ZipFile, store: Path, digests: set[str]) -> None:
    for digest in sorted(digests):
        path = evidence.path_of(store, digest)
        if path.is_file():
            bundle.write(path, f"evidence/{digest}")


def _hex(path: list[bytes]) -> list[str]:
    return [node.hex() for node in path]
