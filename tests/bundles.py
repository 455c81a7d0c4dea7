"""A small town's history and its audit bundle, for the tests of the stand-alone verifier."""

import base64
import hashlib
import json
import subprocess
import sys
import zipfile
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from models import merkle
from models.canonical import canonical
from services import offline_verify

SOURCE = Path(offline_verify.__file__)
KEY, OTHER_KEY = (Ed25519PrivateKey.from_private_bytes(bytes([seed]) * 32) for seed in (1, 2))
STREAM = "hazard-b"
FILE = "现场照片".encode()
FILE_HASH = hashlib.sha256(FILE).hexdigest()
EVIDENCE = {
    "evidence_id": "e1",
    "sha256": FILE_HASH,
    "size": len(FILE),
    "media_type": "image/jpeg",
    "filename": "照片　一.jpg",
}
OLD_SIZE, SIZE = 7, 14


# --- a small town's history, and its export


def history():
    """Events of three streams as they came in; the hazard's five are every third."""
    heads, events = {}, []
    for position in range(SIZE):
        stream = ("hazard-a", STREAM, "office")[position % 3]
        seq, prev = heads.get(stream, (0, "0" * 64))
        body = event(stream, seq + 1, prev, position)
        heads[stream] = (seq + 1, merkle.leaf_hash(canonical(body)).hex())
        events.append(body)
    return events


def event(stream, seq, prev, position):
    return {
        "v": 1, "event_id": f"id-{position}", "stream": stream, "seq": seq, "type": f"TYPE_{seq}",
        "recorded_at": f"2025-03-{position + 1:02}T08:00:00.000000Z", "prev": prev, "alg": "sha256",
        "reason": "整改\u2028到位", "after": {"no": "ZY-2025-0001"} if seq == 1 else {},
        "evidence": [EVIDENCE] if seq == 2 else [],
    }  # fmt: skip


def checkpoint(events, size, key, prev_size):
    leaves = [merkle.leaf_hash(canonical(body)) for body in events]
    root, prev_root = merkle.root(leaves[:size]), merkle.root(leaves[:prev_size])
    heads_root = merkle.root([leaf for _, _, leaf in heads_of(events[:size])])
    text = offline_verify.note_text("lin-jiang", size, root, heads_root, "2025-04-01T00:00:00Z", prev_size, prev_root)
    return offline_verify.sign_note(text, "sealer", key.sign, public(key))


def heads_of(events):
    last = {body["stream"]: (body["seq"], merkle.leaf_hash(canonical(body)).hex()) for body in events}
    return [(stream, last[stream], offline_verify.heads_leaf(stream, *last[stream])) for stream in sorted(last)]


def export(events, key=KEY):
    """The files of the hazard's bundle, at the newest checkpoint, with the proof from the one before."""
    tree = merkle.Tree([merkle.leaf_hash(canonical(body)) for body in events])
    heads = heads_of(events)
    index = [stream for stream, _, _ in heads].index(STREAM)
    places = [at for at, body in enumerate(events) if body["stream"] == STREAM]
    growth = {
        "old_size": OLD_SIZE,
        "old_checkpoint": f"checkpoints/{OLD_SIZE}.txt",
        "path": texts(tree.consistency_proof(OLD_SIZE)),
    }
    return {
        "manifest.json": plain({"format": 1, "hazard_no": "ZY-2025-0001", "stream": STREAM, "exported_at": "2025-04-02",
                                "checkpoint": f"checkpoints/{tree.size}.txt"}),
        "events.jsonl": b"".join(canonical(events[at]) + b"\n" for at in places),
        "proofs.json": plain([{"seq": events[at]["seq"], "leaf_index": at, "path": texts(tree.inclusion_proof(at))} for at in places]),
        f"checkpoints/{tree.size}.txt": checkpoint(events, tree.size, key, OLD_SIZE).encode(),
        f"checkpoints/{OLD_SIZE}.txt": checkpoint(events, OLD_SIZE, key, 0).encode(),
        "heads.json": plain({"index": index, "count": len(heads), "max_seq": heads[index][1][0], "head": heads[index][1][1],
                             "path": texts(merkle.inclusion_proof([leaf for _, _, leaf in heads], index))}),
        "consistency.json": plain([growth]),
        "keys.json": plain([{"name": "sealer", "public_key_b64": base64.b64encode(public(key)).decode()}]),
        "evidence.json": plain([EVIDENCE]),
        f"evidence/{FILE_HASH}": FILE,
        "verify.py": SOURCE.read_bytes(),
    }  # fmt: skip


def public(key):
    return key.public_key().public_bytes_raw()


def texts(nodes):
    return [node.hex() for node in nodes]


def plain(value):
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False).encode()


def changed(files, name, change):
    """The bundle with one JSON file passed through `change`, which alters it in place."""
    value = json.loads(files[name])
    change(value)
    return {**files, name: plain(value)}


def lines_of(files):
    return files["events.jsonl"].splitlines(keepends=True)


def with_lines(files, lines):
    return {**files, "events.jsonl": b"".join(lines)}


def zipped(files, path):
    with zipfile.ZipFile(path, "w") as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    return path


def auditor(arguments, folder, *, script="verify-alone.py"):
    (folder / "verify-alone.py").write_bytes(SOURCE.read_bytes())
    command = [sys.executable, "-I", "-S", "-X", "utf8", folder / script, *arguments]
    return subprocess.run(command, capture_output=True, encoding="utf-8", cwd=folder)


def anchor_file(tmp_path, text):
    path = tmp_path / "anchor.txt"
    path.write_bytes(text.encode())
    return path


# --- what is sound
