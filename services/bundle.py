"""The audit bundle 审计包: a history with everything needed to verify it elsewhere, trusting nobody here.

Of one hazard, or of everything: one such bundle in a folder for each stream, all under the same checkpoint.
"""

import base64
import json
import zipfile
from collections.abc import Iterator, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any, BinaryIO, NamedTuple

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from sqlalchemy import select
from sqlmodel import Session

from models.audit import OFFICE
from models.errors import NotFound
from models.hazard import Hazard
from models.merkle import Tree
from models.tables import AUDIT_EVENT, AUDIT_LEAF, CHECKPOINT, EVIDENCE, HAZARD, HAZARD_EVIDENCE
from services import evidence, offline_verify, sealing, trail

_README = """督办销号·审计包

本包载有{what}的全部办理历史，可在任何装有 Python 3.8 以上的电脑上离线核验，不需要本系统：

    python verify.py

另可用以前留存的检查点（邮件、纸质通报、其他案卷中的检查点文件）核对历史没有倒退或改写：

    python verify.py --anchor 以前的检查点.txt

keys.json 中的公钥指纹请与镇安委办公布的指纹核对。
"""


class _Sealed(NamedTuple):
    """The signed history as it stands: read once, however many bundles are cut from it."""

    checkpoints: Sequence[Any]
    size: int
    tree: Tree
    heads: Sequence[sealing.Head]
    heads_tree: Tree
    key: Ed25519PrivateKey
    at: datetime


class _Part(NamedTuple):
    """One stream of it. `folder`: where its files go, blank or ending with a stroke."""

    stream: str
    number: str
    folder: str = ""


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
    sealed = _sealed(session, key, at)
    if hazard.id not in {head.stream for head in sealed.heads}:
        raise NotFound("该隐患的历史尚未编入检查点。", remedy="请稍后再导出。")
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as bundle:
        digests = _write(bundle, session, sealed, _Part(hazard.id, hazard.no), sealed.checkpoints)
        _put_files(bundle, store, digests if with_files else set())
        _put_instructions(bundle, "一个重大事故隐患")


def write_everything(session: Session, out: BinaryIO, *, key: Ed25519PrivateKey, at: datetime) -> Iterator[None]:
    """Write every stream's bundle, stopping after each, so that it can be sent while it is made. Without the files of
    evidence, whose hashes are in it.

    Raises: NotFound when nothing is sealed yet.
    """
    sealed = _sealed(session, key, at)
    if not sealed.heads:
        raise NotFound("历史尚未编入检查点。", remedy="请稍后再导出。")
    numbers: dict[str, str] = dict(session.execute(select(HAZARD.c.id, HAZARD.c.no)).tuples().all())
    streams = sorted((head.stream for head in sealed.heads), key=lambda one: (one != OFFICE, numbers.get(one, one)))
    parts = [_Part(one, numbers.get(one, one), f"{numbers.get(one, one)}/") for one in streams]
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as bundle:
        _put_instructions(bundle, "全部隐患和机关事务")
        _put(bundle, "index.json", {"format": 1, "bundles": [part.number for part in parts]})
        for part in parts:
            _write(bundle, session, sealed, part, sealed.checkpoints if part is parts[0] else sealed.checkpoints[-1:])
            yield
    yield


def _sealed(session: Session, key: Ed25519PrivateKey, at: datetime) -> _Sealed:
    checkpoints = _checkpoints(session)
    size = checkpoints[-1].size if checkpoints else 0
    heads = sealing.heads(session, size)
    tree = Tree([bytes.fromhex(leaf) for leaf in _leaves(session, size)])
    return _Sealed(checkpoints, size, tree, heads, sealing.heads_tree(heads), key, at)


def _write(bundle: zipfile.ZipFile, session: Session, sealed: _Sealed, part: _Part, notes: Sequence[Any]) -> set[str]:
    """One stream's files; the hashes of the evidence it names."""
    put, path_of = part.folder + "{}", sealed.tree.inclusion_proof
    events, pieces = _sealed_events(session, part.stream, sealed.size), _pieces(session, part.stream)
    _put(bundle, put.format("manifest.json"), {
        "format": 1, "hazard_no": part.number, "stream": part.stream, "exported_at": trail.stamp(sealed.at),
        "checkpoint": f"checkpoints/{sealed.size}.txt",
    })  # fmt: skip
    bundle.writestr(put.format("events.jsonl"), b"".join(row.body + b"\n" for row in events))
    _put(bundle, put.format("proofs.json"), [
        {"seq": row.seq, "leaf_index": row.position, "path": _hex(path_of(row.position))} for row in events
    ])  # fmt: skip
    _put(bundle, put.format("heads.json"), _head_proof(sealed, part.stream))
    _put(bundle, put.format("consistency.json"), _growth(sealed.tree, [row.size for row in notes]))
    for row in notes:
        bundle.writestr(put.format(f"checkpoints/{row.size}.txt"), row.note)
    public = base64.b64encode(sealing.public_bytes(sealed.key)).decode()
    _put(bundle, put.format("keys.json"), [{"name": sealing.KEY_NAME, "public_key_b64": public}])
    _put(bundle, put.format("evidence.json"), trail.evidence_facts(pieces))
    return {piece.sha256 for piece in pieces}


def _checkpoints(session: Session) -> list[Any]:
    """The last checkpoint of each day, the newest of all at the end: enough to hold any earlier bundle against this one."""
    rows = session.execute(
        select(CHECKPOINT.c.size, CHECKPOINT.c.note, CHECKPOINT.c.sealed_at).order_by(CHECKPOINT.c.size)
    ).all()
    return list({row.sealed_at.date(): row for row in rows}.values())


def _sealed_events(session: Session, stream: str, size: int) -> Sequence[Any]:
    statement = (
        select(AUDIT_EVENT.c.seq, AUDIT_EVENT.c.body, AUDIT_LEAF.c.position)
        .join(AUDIT_LEAF, AUDIT_LEAF.c.gid == AUDIT_EVENT.c.gid)
        .where(AUDIT_EVENT.c.stream == stream, AUDIT_LEAF.c.position < size)
        .order_by(AUDIT_EVENT.c.seq)
    )
    return session.execute(statement).all()


def _pieces(session: Session, stream: str) -> Sequence[Any]:
    mine = select(HAZARD_EVIDENCE.c.evidence_id).where(HAZARD_EVIDENCE.c.hazard_id == stream)
    return session.execute(select(EVIDENCE).where(EVIDENCE.c.id.in_(mine))).all()


def _leaves(session: Session, size: int) -> list[str]:
    of_tree = (
        select(AUDIT_EVENT.c.hash)
        .join(AUDIT_LEAF, AUDIT_LEAF.c.gid == AUDIT_EVENT.c.gid)
        .where(AUDIT_LEAF.c.position < size)
    )
    return list(session.execute(of_tree.order_by(AUDIT_LEAF.c.position)).scalars())


def _head_proof(sealed: _Sealed, stream: str) -> dict[str, Any]:
    index, head = next((index, head) for index, head in enumerate(sealed.heads) if head.stream == stream)
    path = _hex(sealed.heads_tree.inclusion_proof(index))
    return {"index": index, "count": len(sealed.heads), "path": path, "max_seq": head.seq, "head": head.hash}


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


def _put_instructions(bundle: zipfile.ZipFile, what: str) -> None:
    bundle.writestr("verify.py", Path(offline_verify.__file__).read_bytes())
    bundle.writestr("README.txt", _README.format(what=what))


def _hex(path: list[bytes]) -> list[str]:
    return [node.hex() for node in path]
