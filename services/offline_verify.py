"""督办销号·办理历史离线核验程序: checks an audit bundle with nothing but Python 3.8 or later.

    python verify.py [资料包.zip 或解压后的目录] [--anchor 以前留存的检查点 ...] [--key 公布的公钥或指纹 ...]

This one file is put into every audit bundle as `verify.py`, so it imports nothing of ours and nothing to be installed.

Answers: 0 all holds · 1 tampered, the first bad event named · 2 incomplete, or cannot be read · 3 unknown key or bad
signature · 4 an anchor is newer than the tree (rollback). Where several apply: 3 before 1 before 4 before 2, because
nothing is proved by an unsigned root, and a forgery says more than a gap.

A bundle is a zip, or a directory, of UTF-8 files. Hashes are SHA-256; `hex` is lower case, `b64` standard base64.

    manifest.json           {"format": 1, "hazard_no", "stream", "exported_at", "checkpoint": "checkpoints/<size>.txt"};
                            nothing vouches for exported_at
    events.jsonl            the stream's events from seq 1: one canonical JSON body a line, byte for byte as hashed,
                            each ended by "\\n". A body holds at least v, event_id, stream, seq, type, recorded_at,
                            prev and alg ("sha256"). Its leaf is H(0x00 ‖ body); `prev` is the hex leaf of seq − 1,
                            64 zeros for seq 1. If `after.no` of seq 1 is there, it is the manifest's hazard_no.
    proofs.json             [{"seq", "leaf_index", "path": [hex, lowest first]}], one for each event in the same order:
                            RFC 6962 inclusion in the tree of the checkpoint
    checkpoints/<size>.txt  signed notes, see below
    heads.json              {"index", "count", "path": [hex], "max_seq", "head": hex}: this stream in the heads tree,
                            an RFC 6962 tree over all streams sorted by name, whose leaves are H(0x00 ‖
                            {"head":hex,"seq":int,"stream":str} in canonical JSON), with what the tree of the checkpoint
                            holds of each stream: its last seq and that event's leaf. It shows that no tail is missing.
    consistency.json        [{"old_size", "old_checkpoint": "checkpoints/<old_size>.txt", "path": [hex]}]: RFC 6962
                            consistency from earlier checkpoints to this one
    keys.json               [{"name", "public_key_b64"}], Ed25519. Whoever forges a bundle writes this list too: compare
                            the fingerprint (H(public key), hex) with the published one, or give it as `--key`.
    evidence.json           [{"evidence_id", "sha256", "size", "media_type", "filename"}]: at least every file that an
                            event names in its `evidence` list
    evidence/<sha256>       the files themselves, as far as included
    verify.py, README.txt   not checked

A bundle of everything holds one such directory for each stream, and

    index.json              {"format": 1, "bundles": [directory names]}; as many as the heads tree has streams. The first
                            holds the earlier checkpoints, the others the newest one only

A checkpoint is a signed note (C2SP signed-note), lines ended by "\\n", the signature being over the first six:

    origin
    size                    decimal
    root_b64
    heads_root_b64
    recorded_at
    prev_size prev_root_b64         the checkpoint before; 0 and H("") for the first

    — key-name b64(first 4 bytes of H(key-name ‖ "\\n" ‖ 0x01 ‖ public key) ‖ Ed25519 signature)

An anchor is such a note kept from earlier, or a text of lines `size root_b64`.
"""

from __future__ import annotations

import argparse
import base64
import contextlib
import copy
import functools
import hashlib
import json
import os
import re
import sys
import zipfile
import zlib
from collections.abc import Callable, Sequence
from typing import Any, BinaryIO, NamedTuple

OK, TAMPERED, INCOMPLETE, BAD_KEY, ROLLED_BACK = 0, 1, 2, 3, 4
GRAVEST_FIRST = (BAD_KEY, TAMPERED, ROLLED_BACK, INCOMPLETE)
VERDICTS = {
    OK: "全部相符：办理历史完整，未发现改动。",
    TAMPERED: "不相符：内容与签名的检查点对不上，有改动。",
    INCOMPLETE: "不完整：资料有缺失或无法读取，不能下“完整”的结论。",
    BAD_KEY: "签名不可信：密钥不明或签名不对，其余各项都不能作为依据。",
    ROLLED_BACK: "倒退：以前留存的检查点比本资料包的还新，历史可能被旧备份覆盖。",
}
EMPTY_ROOT = hashlib.sha256(b"").digest()
LARGEST_TEXT = 1 << 28
MALFORMED = (KeyError, TypeError, ValueError, AttributeError, IndexError, RecursionError)
"""What reading strange JSON may raise; a bundle may come from a forger."""
DAMAGED = (OSError, EOFError, RuntimeError, zipfile.BadZipFile, zlib.error)


class Note(NamedTuple):
    """A checkpoint as read: what is signed (`text`), what it says, and (key name, key hash, signature) of each signature."""

    text: str
    origin: str
    size: int
    root: bytes
    heads_root: bytes
    recorded_at: str
    prev_size: int
    prev_root: bytes
    signatures: list[tuple[str, bytes, bytes]]


class Report(NamedTuple):
    exit_code: int
    lines: list[str]


# --- Merkle trees (RFC 6962, checked as in RFC 9162 §2.1.3.2 and §2.1.4.2) ---


def leaf_hash(data: bytes) -> bytes:
    return hashlib.sha256(b"\x00" + data).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    return hashlib.sha256(b"\x01" + left + right).digest()


def verify_inclusion(leaf: bytes, index: int, size: int, path: Sequence[bytes], root: bytes) -> bool:
    """Whether the leaf is at this index of the tree with this size and root."""
    if not 0 <= index < size:
        return False
    node, at, last = leaf, index, size - 1
    for sibling in path:
        if last == 0:
            return False
        if at & 1 or at == last:
            node = node_hash(sibling, node)
            while at and not at & 1:
                at, last = at >> 1, last >> 1
        else:
            node = node_hash(node, sibling)
        at, last = at >> 1, last >> 1
    return last == 0 and node == root


def verify_consistency(old_size: int, old_root: bytes, size: int, root: bytes, path: Sequence[bytes]) -> bool:
    """Whether the tree (size, root) begins with all leaves of the old one, in their order."""
    if old_size == 0:
        return not path and old_root == EMPTY_ROOT
    if old_size >= size:
        return old_size == size and not path and old_root == root
    nodes = [old_root, *path] if old_size & (old_size - 1) == 0 else list(path)
    at, last = old_size - 1, size - 1
    while at & 1:
        at, last = at >> 1, last >> 1
    if not nodes:
        return False
    old_node = node = nodes[0]
    for sibling in nodes[1:]:
        if last == 0:
            return False
        if at & 1 or at == last:
            old_node, node = node_hash(sibling, old_node), node_hash(sibling, node)
            while at and not at & 1:
                at, last = at >> 1, last >> 1
        else:
            node = node_hash(node, sibling)
        at, last = at >> 1, last >> 1
    return last == 0 and old_node == old_root and node == root


def heads_leaf(stream: str, seq: int, head: str) -> bytes:
    """The leaf of a stream in the heads tree: its name, its last seq and the hex leaf hash of that event."""
    body = {"head": head, "seq": seq, "stream": stream}
    return leaf_hash(json.dumps(body, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode())


# --- Ed25519 (RFC 8032 §5.1), verification only: slow but short, and nothing secret passes through it ---

_P = 2**255 - 19
_L = 2**252 + 27742317777372353535851937790883648493
_D = -121665 * pow(121666, _P - 2, _P) % _P
_ROOT_OF_MINUS_ONE = pow(2, (_P - 1) // 4, _P)
_Point = tuple  # (X, Y, Z, T), where x = X/Z, y = Y/Z and xy = T/Z
_NEUTRAL = (0, 1, 1, 0)


def _add(one: _Point, other: _Point) -> _Point:
    a = (one[1] - one[0]) * (other[1] - other[0]) % _P
    b = (one[1] + one[0]) * (other[1] + other[0]) % _P
    c = 2 * one[3] * other[3] * _D % _P
    d = 2 * one[2] * other[2] % _P
    e, f, g, h = b - a, d - c, d + c, b + a
    return (e * f % _P, g * h % _P, f * g % _P, e * h % _P)


def _decoded(data: bytes) -> _Point | None:
    """The point of 32 bytes; None when there is none, or when the same point has a shorter writing."""
    number = int.from_bytes(data, "little")
    sign, y = number >> 255, number & ((1 << 255) - 1)
    if y >= _P:
        return None
    square = (y * y - 1) * pow(_D * y * y + 1, _P - 2, _P) % _P
    x = pow(square, (_P + 3) // 8, _P)
    if x * x % _P != square:
        x = x * _ROOT_OF_MINUS_ONE % _P
    if x * x % _P != square or (x == 0 and sign):
        return None
    if x & 1 != sign:
        x = _P - x
    return (x, y, 1, x * y % _P)


def _encoded(point: _Point) -> bytes:
    inverse = pow(point[2], _P - 2, _P)
    x, y = point[0] * inverse % _P, point[1] * inverse % _P
    return (y | (x & 1) << 255).to_bytes(32, "little")


def _combined(a: int, one: _Point, b: int, other: _Point) -> _Point:
    """a·one + b·other, both scalars read in one run."""
    table = (_NEUTRAL, one, other, _add(one, other))
    total = _NEUTRAL
    for bit in range(max(a.bit_length(), b.bit_length()) - 1, -1, -1):
        total = _add(total, total)
        total = _add(total, table[(a >> bit & 1) | (b >> bit & 1) << 1])
    return total


_BASE = _decoded((4 * pow(5, _P - 2, _P) % _P).to_bytes(32, "little"))


@functools.lru_cache(maxsize=1024)
def verify_ed25519(public_key: bytes, message: bytes, signature: bytes) -> bool:
    """Strict: s below the group's order, one writing for each point, no key of small order."""
    if len(public_key) != 32 or len(signature) != 64 or _BASE is None:
        return False
    key, s = _decoded(public_key), int.from_bytes(signature[32:], "little")
    if key is None or s >= _L or _encoded(_combined(8, key, 0, key)) == _encoded(_NEUTRAL):
        return False
    k = int.from_bytes(hashlib.sha512(signature[:32] + public_key + message).digest(), "little") % _L
    minus_key = (_P - key[0], key[1], key[2], _P - key[3])
    return _encoded(_combined(s, _BASE, k, minus_key)) == signature[:32]


# --- Signed notes ---


def note_text(
    origin: str, size: int, root: bytes, heads_root: bytes, recorded_at: str, prev_size: int, prev_root: bytes
) -> str:
    """What a checkpoint's signature is over. Raises: ValueError when it could not be read back."""
    text = f"{origin}\n{size}\n{_b64(root)}\n{_b64(heads_root)}\n{recorded_at}\n{prev_size} {_b64(prev_root)}\n"
    _read_text(text)
    return text


def key_hash(key_name: str, public_key: bytes) -> bytes:
    return hashlib.sha256(key_name.encode() + b"\n\x01" + public_key).digest()[:4]


def sign_note(text: str, key_name: str, sign: Callable[[bytes], bytes], public_key: bytes) -> str:
    """The checkpoint as kept and handed out; `sign` is given the text's bytes and returns an Ed25519 signature.

    Raises: ValueError when the signature does not verify, so that no broken checkpoint is ever published.
    """
    if not re.fullmatch(r"[^\s+]+", key_name):
        raise ValueError("a key name has no blanks and no plus")
    signature = sign(text.encode())
    if not verify_ed25519(public_key, text.encode(), signature):
        raise ValueError("the signature does not fit the public key")
    return f"{text}\n— {key_name} {_b64(key_hash(key_name, public_key) + signature)}\n"


def parse_note(note: str) -> Note:
    """Read a signed note; says nothing yet about its signatures. Raises: ValueError."""
    text, blank, signed = note.partition("\n\n")
    lines = signed.split("\n")
    if not blank or len(lines) < 2 or lines.pop() != "":
        raise ValueError("not a signed note")
    return Note(text + "\n", *_read_text(text + "\n"), [_read_signature(line) for line in lines])


def signers_of(note: Note, keys: Sequence[tuple[str, bytes]]) -> list[tuple[str, bytes]]:
    """The listed keys that signed; none at all when a signature in the name of one of them is wrong."""
    known = [
        (key, signature)
        for name, hashed, signature in note.signatures
        for key in keys
        if key[0] == name and key_hash(*key) == hashed
    ]
    good = all(verify_ed25519(key[1], note.text.encode(), signature) for key, signature in known)
    return [key for key, _ in known] if good else []


def _read_text(text: str) -> tuple[str, int, bytes, bytes, str, int, bytes]:
    lines = text.split("\n")
    if len(lines) != 7 or lines.pop() != "" or not all(line.isprintable() and line for line in lines):
        raise ValueError("a checkpoint has six lines")
    origin, size, root, heads_root, recorded_at, previous = lines
    prev_size, _, prev_root = previous.partition(" ")
    return origin, _number(size), _hash(root), _hash(heads_root), recorded_at, _number(prev_size), _hash(prev_root)


def _read_signature(line: str) -> tuple[str, bytes, bytes]:
    matched = re.fullmatch(r"— (\S+) (\S+)", line)
    data = _unb64(matched.group(2)) if matched else b""
    if matched is None or len(data) <= 4:
        raise ValueError("not a signature line")
    return matched.group(1), data[:4], data[4:]


def _number(text: str) -> int:
    if not re.fullmatch(r"0|[1-9][0-9]{0,17}", text):
        raise ValueError("not a size")
    return int(text)


def _hash(text: str) -> bytes:
    data = _unb64(text)
    if len(data) != 32:
        raise ValueError("not a SHA-256 hash")
    return data


def _b64(data: bytes) -> str:
    return base64.b64encode(data).decode()


def _unb64(text: str) -> bytes:
    data = base64.b64decode(text, validate=True)
    if _b64(data) != text:
        raise ValueError("a second writing of the same base64")
    return data


# --- The bundle ---


class Unreadable(Exception):
    """A part of the bundle is missing or not what the format says."""


class _Bundle:
    """The files of a zip or of a directory, by name."""

    _folder = ""

    def __init__(self, path: str, stack: contextlib.ExitStack):
        self._path = path
        self._zip = None if os.path.isdir(path) else stack.enter_context(zipfile.ZipFile(path))
        if self._zip is not None:
            names = self._zip.namelist()
            if len(set(names)) != len(names):
                raise Unreadable("压缩包里有同名文件")

    def inside(self, folder: str) -> _Bundle:
        """One of the bundles in a bundle of everything."""
        if not re.fullmatch(r"[\w-]+", folder):
            raise Unreadable("目录名不对")
        one = copy.copy(self)
        one._folder = folder + "/"
        return one

    def holds_many(self) -> bool:
        try:
            self.open("index.json").close()
        except Unreadable:
            return False
        return True

    def read(self, name: str) -> bytes:
        with self.open(name) as file:
            data = file.read(LARGEST_TEXT + 1)
        if len(data) > LARGEST_TEXT:
            raise Unreadable(f"{name} 过大")
        return data

    def json(self, name: str) -> Any:
        try:
            return json.loads(self.read(name).decode())
        except (ValueError, RecursionError):
            raise Unreadable(f"{name} 不是正确的 JSON") from None

    def open(self, name: str) -> BinaryIO:
        try:
            if self._zip is not None:
                return self._zip.open(self._folder + name)  # type: ignore[return-value]
            return open(os.path.join(self._path, *(self._folder + name).split("/")), "rb")
        except (KeyError, FileNotFoundError, IsADirectoryError):
            raise Unreadable(f"缺少 {name}") from None

    def sha256(self, name: str) -> str:
        hashed = hashlib.sha256()
        with self.open(name) as file:
            for piece in iter(lambda: file.read(1 << 20), b""):
                hashed.update(piece)
        return hashed.hexdigest()

    def evidence_names(self) -> list[str]:
        within = self._folder + "evidence/"
        if self._zip is not None:
            names = [name[len(within) :] for name in self._zip.namelist() if name.startswith(within)]
            return sorted(name for name in names if name)
        folder = os.path.join(self._path, *within.split("/")[:-1])
        return sorted(os.listdir(folder)) if os.path.isdir(folder) else []


class _Event(NamedTuple):
    leaf: bytes
    body: dict[str, Any]

    @property
    def seq(self) -> int:
        seq = self.body.get("seq")
        return seq if type(seq) is int else -1

    @property
    def label(self) -> str:
        return f"第 {self.seq} 号事件（{self.body.get('type', '不详')}，{self.body.get('recorded_at', '不详')}）"


_BEFORE_THE_FIRST = _Event(bytes(32), {"seq": 0})


class _Findings:
    """What was found so far, and how grave it is."""

    def __init__(self) -> None:
        self.lines: list[str] = []
        self.codes: set[int] = set()

    def say(self, text: str) -> None:
        # A forger's line break or colour code in a name must not be able to draw a tick of its own.
        self.lines.append("".join(sign if sign.isprintable() or sign == "\u3000" else "�" for sign in text))

    def good(self, text: str) -> None:
        self.say(f"✔ {text}")

    def bad(self, code: int, text: str) -> None:
        self.codes.add(code)
        self.say(f"✘ {text}")

    def guard(self, check: Callable[[], None]) -> None:
        """Run one check; what it cannot read makes the bundle incomplete and stops no other check."""
        try:
            check()
        except Unreadable as problem:
            self.bad(INCOMPLETE, f"资料不全：{problem}")
        except MALFORMED as problem:
            self.bad(INCOMPLETE, f"资料格式不对，无法核验：{type(problem).__name__}")
        except DAMAGED as problem:
            self.bad(INCOMPLETE, f"资料损坏或无法打开：{problem}")

    def take(self, name: str, one: _Findings, *, told: bool) -> None:
        """The findings of one bundle of many: all that is wrong, and what holds where it is to be told."""
        self.codes |= one.codes
        self.say(f"—— {name}：{'不相符' if one.codes else '相符'}")
        self.lines += [f"　{line}" for line in one.lines if told or line.startswith("✘")]

    def report(self) -> Report:
        code = next((code for code in GRAVEST_FIRST if code in self.codes), OK)
        self.say(f"结论（{code}）：{VERDICTS[code]}")
        return Report(code, self.lines)


def verify_bundle(
    path: str | os.PathLike[str], anchors: Sequence[str | os.PathLike[str]] = (), keys: Sequence[str] = ()
) -> Report:
    """Check a bundle (zip or directory) against itself, against anchor files kept from earlier, and against known keys.

    `keys` are public keys (base64) or their fingerprints (hex) known from elsewhere; if given, one must have signed.
    """
    found = _Findings()
    found.say(f"资料包：{os.fspath(path)}")
    with contextlib.ExitStack() as stack:
        names = [os.fspath(anchor) for anchor in anchors]
        found.guard(lambda: _verify_any(_Bundle(os.fspath(path), stack), names, keys, found))
    return found.report()


def _verify_any(bundle: _Bundle, anchors: Sequence[str], known_keys: Sequence[str], found: _Findings) -> None:
    if not bundle.holds_many():
        _verify(bundle, anchors, known_keys, found)
        return
    folders = bundle.json("index.json")["bundles"]
    checkpoints, heads = set(), set()
    for number, folder in enumerate(folders):
        one = _Findings()
        inside = bundle.inside(folder)
        one.guard(
            lambda inside=inside, one=one, number=number: _verify(inside, () if number else anchors, known_keys, one)
        )
        found.take(folder, one, told=not number)
        found.guard(lambda inside=inside: checkpoints.add(inside.read(inside.json("manifest.json")["checkpoint"])))
        found.guard(
            lambda inside=inside: heads.add((inside.json("heads.json")["index"], inside.json("heads.json")["count"]))
        )
    _all_there(folders, checkpoints, heads, found)


def _all_there(folders: Sequence[str], checkpoints: set[bytes], heads: set[tuple[int, int]], found: _Findings) -> None:
    """That no stream was left out: the heads tree of the one checkpoint says how many there are."""
    counts = {count for _, count in heads}
    if len(checkpoints) == 1 and counts == {len(folders)} and len(heads) == len(folders):
        found.good(f"全部历史：{len(folders)} 条链都在，出自同一检查点")
    else:
        found.bad(INCOMPLETE, f"全部历史：资料包有 {len(folders)} 条链，检查点记有 {max(counts, default=0)} 条")


def _verify(bundle: _Bundle, anchors: Sequence[str], known_keys: Sequence[str], found: _Findings) -> None:
    manifest = bundle.json("manifest.json")
    if manifest["format"] != 1:
        raise Unreadable("本程序不认识此格式版本")
    found.say(f"隐患编号：{manifest['hazard_no']}　导出时间（出具单位自称）：{manifest['exported_at']}")
    note = _checkpoint(bundle, manifest["checkpoint"], found)
    if note is not None:
        keys = [(str(key["name"]), _unb64(key["public_key_b64"])) for key in bundle.json("keys.json")]
        check = _Check(bundle, manifest, keys, note, found)
        check.all(known_keys)
        for anchor in anchors:
            found.guard(lambda anchor=anchor: check.anchor(anchor))


def _checkpoint(bundle: _Bundle, name: str, found: _Findings) -> Note | None:
    """Read a checkpoint, whose file name must say its size."""
    if not re.fullmatch(r"checkpoints/[0-9]+\.txt", name):
        raise Unreadable("检查点的文件名不对")
    try:
        note = parse_note(bundle.read(name).decode())
    except ValueError:
        found.bad(BAD_KEY, f"检查点 {name} 不是签名文本，无法核验")
        return None
    if name != f"checkpoints/{note.size}.txt":
        raise Unreadable(f"检查点 {name} 的文件名与所载条数 {note.size} 不符")
    return note


class _Check:
    """The checks of one bundle, each of which prints its own line."""

    def __init__(
        self, bundle: _Bundle, manifest: dict[str, Any], keys: list[tuple[str, bytes]], note: Note, found: _Findings
    ):
        self.bundle, self.manifest, self.keys, self.note, self.found = bundle, manifest, keys, note, found
        self.events: list[_Event] = []
        self.head: dict[str, Any] = {}
        self.proofs: dict[int, Any] = {}

    def all(self, known_keys: Sequence[str]) -> None:
        self.signature(known_keys)
        for check in (
            self.read_head,
            self.read_events,
            self.history,
            self.completeness,
            self.evidence,
            self.files,
            self.growth,
        ):
            self.found.guard(check)

    def signature(self, known_keys: Sequence[str]) -> None:
        signers = signers_of(self.note, self.keys)
        fingerprints = [hashlib.sha256(key).hexdigest() for _, key in signers]
        if not signers:
            self.found.bad(BAD_KEY, f"检查点签名：密钥不在清单内，或签名不对（{_names(self.note)}）")
        elif known_keys and not {*fingerprints, *(_b64(key) for _, key in signers)} & {
            known.strip() for known in known_keys
        }:
            self.found.bad(BAD_KEY, f"检查点签名：不是您给出的密钥所签，签名密钥的指纹为 {'、'.join(fingerprints)}")
        else:
            signed = f"{self.note.origin}，{self.note.recorded_at}，共 {self.note.size} 条"
            self.found.good(f"检查点签名：{signed}，密钥 {'、'.join(name for name, _ in signers)}")
            if not known_keys:
                self.found.say(f"　请与公布的密钥指纹核对：{'、'.join(fingerprints)}")

    def read_head(self) -> None:
        """Where the stream ended when the checkpoint was signed."""
        head = self.bundle.json("heads.json")
        leaf = heads_leaf(self.manifest["stream"], _whole(head["max_seq"]), head["head"])
        if verify_inclusion(
            leaf, _whole(head["index"]), _whole(head["count"]), _path(head["path"]), self.note.heads_root
        ):
            self.head = head
        else:
            self.found.bad(TAMPERED, "末尾证明：本隐患的事件条数或末尾散列与签名的检查点对不上")

    def read_events(self) -> None:
        # Not splitlines(): a text may hold U+2028 and other breaks, while a canonical body never holds "\n".
        lines = self.bundle.read("events.jsonl").split(b"\n")
        if lines[-1] == b"":
            lines.pop()
        self.events = [_Event(leaf_hash(line), _body(line, number)) for number, line in enumerate(lines, start=1)]

    # --- the history

    def history(self) -> None:
        """Each event in its order, linked to the one before, and under the checkpoint; the first that is not is named."""
        proofs = {proof["seq"]: proof for proof in self.bundle.json("proofs.json")}
        before = _BEFORE_THE_FIRST
        for at, event in enumerate(self.events):
            fault = (
                self._order_fault(event, before) or self._link_fault(event, before) or self._content_fault(at, proofs)
            )
            if fault:
                self.found.bad(TAMPERED, f"{event.label}：{fault}")
                return
            before = event
        uncovered = [event for event in self.events if event.seq not in proofs]
        if uncovered:
            self.found.bad(
                INCOMPLETE, f"{uncovered[0].label}：没有证明，未被检查点覆盖（此类事件共 {len(uncovered)} 条）"
            )
        else:
            self.found.good(f"事件内容：{len(self.events)} 条次序正确，都在签名的历史之内，一字未改")

    def _order_fault(self, event: _Event, before: _Event) -> str:
        """A gap is not a fault of order: completeness() counts what is missing."""
        if event.body.get("stream") != self.manifest["stream"]:
            return f"不属于本隐患；应为 {self.manifest['stream']}，实为 {event.body.get('stream')}"
        gap = event.seq > before.seq + 1 and not any(before.seq < other.seq < event.seq for other in self.events)
        if event.seq != before.seq + 1 and not gap:
            return f"次序不对；应为第 {before.seq + 1} 号，实为第 {event.seq} 号"
        return ""

    def _link_fault(self, event: _Event, before: _Event) -> str:
        after = event.body.get("after")
        number = after.get("no", self.manifest["hazard_no"]) if isinstance(after, dict) else self.manifest["hazard_no"]
        if event.seq == 1 and number != self.manifest["hazard_no"]:
            return f"隐患编号不符；应为 {number}，实为 {self.manifest['hazard_no']}"
        if event.seq == before.seq + 1 and event.body.get("prev") != before.leaf.hex():
            return f"与上一事件的链接断开；应为 {before.leaf.hex()}，实为 {event.body.get('prev')}"
        return ""

    def _content_fault(self, at: int, proofs: dict[int, Any]) -> str:
        event = self.events[at]
        if event.seq not in proofs:
            return ""
        index, path = _whole(proofs[event.seq]["leaf_index"]), _path(proofs[event.seq]["path"])
        if verify_inclusion(event.leaf, index, self.note.size, path, self.note.root):
            return ""
        if event.body.get("alg") == "sm3":
            raise Unreadable(f"{event.label}：散列算法 sm3 本程序不能核验")
        return f"内容被改动，不在签名的历史之内；散列应为 {self._expected_leaf(at)}，实为 {event.leaf.hex()}"

    def _expected_leaf(self, at: int) -> Any:
        """What the next event, or the head of the stream, says that the leaf was."""
        seq = self.events[at].seq
        if at + 1 < len(self.events) and self.events[at + 1].seq == seq + 1:
            return self.events[at + 1].body.get("prev")
        return self.head.get("head") if self.head.get("max_seq") == seq else "（不详）"

    def completeness(self) -> None:
        """That the events are those from 1 to the last one when the checkpoint was signed."""
        if not self.head:
            return
        last = self.head["max_seq"]
        present = {event.seq for event in self.events}
        first_missing = next(seq for seq in range(1, last + 2) if seq not in present or seq > last)
        if first_missing <= last:
            self.found.bad(
                INCOMPLETE, f"完整性：应有 {last} 条事件，缺第 {first_missing} 号，资料包只有 {len(present)} 条"
            )
        elif len(self.events) > last:
            self.found.bad(INCOMPLETE, f"完整性：检查点只覆盖到第 {last} 号，另有 {len(self.events) - last} 条")
        elif last and self.events[-1].leaf.hex() != self.head["head"]:
            event = self.events[-1]
            self.found.bad(
                TAMPERED, f"{event.label}：不是签名时的最后一条；应为 {self.head['head']}，实为 {event.leaf.hex()}"
            )
        else:
            self.found.good(f"完整性：到检查点为止恰有 {last} 条，没有缺漏，没有截去末尾")

    # --- evidence

    def evidence(self) -> None:
        """That the list of files says what the events say."""
        listed: dict[str, list[dict[str, Any]]] = {}
        for entry in self.bundle.json("evidence.json"):
            listed.setdefault(entry["sha256"], []).append(entry)
        named = [(event, item) for event in self.events for item in event.body.get("evidence") or []]
        for event, item in named:
            entries = listed.get(item["sha256"], [])
            if not entries:
                self.found.bad(INCOMPLETE, f"{event.label}：所附材料 {item['sha256']} 不在材料清单内")
                return
            if not any(_agree(entry, item) for entry in entries):
                expected, actual = _described(item), _described(entries[0])
                self.found.bad(TAMPERED, f"{event.label}：材料清单与事件所记不符；应为 {expected}，实为 {actual}")
                return
        self.found.good(f"材料清单：事件所附的 {len({item['sha256'] for _, item in named})} 份材料都在清单内")

    def files(self) -> None:
        names = self.bundle.evidence_names()
        for name in names:
            hashed = self.bundle.sha256(f"evidence/{name}")
            if hashed != name:
                self.found.bad(TAMPERED, f"材料文件 evidence/{name}：内容被替换；应为 {name}，实为 {hashed}")
                return
        absent = {entry["sha256"] for entry in self.bundle.json("evidence.json")} - set(names)
        self.found.good(
            f"材料文件：随附 {len(names)} 份，散列相符" + (f"；另有 {len(absent)} 份未随附" if absent else "")
        )

    # --- growth since earlier checkpoints

    def growth(self) -> None:
        """That each earlier checkpoint in the bundle is signed, and is a beginning of this one."""
        self.proofs = {_whole(proof["old_size"]): proof for proof in self.bundle.json("consistency.json")}
        for size, proof in sorted(self.proofs.items()):
            old = _checkpoint(self.bundle, proof["old_checkpoint"], self.found)
            if old is None or old.size != size:
                raise Unreadable(f"以前的检查点 {size} 与其证明不配")
            if not signers_of(old, self.keys):
                self.found.bad(BAD_KEY, f"以前的检查点 {size}：密钥不在清单内，或签名不对（{_names(old)}）")
            elif not self._extends(size, old.root, f"以前的检查点 {size}"):
                return
        if self.note.prev_size in self.proofs and not self._extends(
            self.note.prev_size, self.note.prev_root, "上一检查点"
        ):
            return
        self.found.good(f"历史延续：本检查点是随附的 {len(self.proofs)} 个以前的检查点的延续")

    def anchor(self, anchor: str) -> None:
        """That the tree extends what somebody outside kept from earlier."""
        for size, root in self._read_anchor(anchor):
            label = f"留存的检查点 {anchor}（{size} 条）"
            if size > self.note.size:
                self.found.bad(ROLLED_BACK, f"{label}：比本资料包的检查点（{self.note.size} 条）还新")
            elif 0 < size < self.note.size and size not in self.proofs:
                self.found.bad(INCOMPLETE, f"{label}：资料包没有从它延续的证明，请向出具单位索取带此证明的资料包")
            elif self._extends(size, root, label):
                self.found.good(f"{label}：本资料包是它的延续")

    def _extends(self, size: int, root: bytes, label: str) -> bool:
        path = _path(self.proofs[size]["path"]) if size in self.proofs else []
        if verify_consistency(size, root, self.note.size, self.note.root, path):
            return True
        self.found.bad(TAMPERED, f"{label}：历史被改写，本检查点不是它的延续；它的根为 {_b64(root)}")
        return False

    def _read_anchor(self, anchor: str) -> list[tuple[int, bytes]]:
        """Size and root of each anchor in the file; mail and editors may have added a BOM or carriage returns."""
        try:
            with open(anchor, "rb") as file:
                text = file.read(LARGEST_TEXT).decode("utf-8-sig").replace("\r\n", "\n").strip() + "\n"
            if "\n\n" not in text:
                return [(_number(size), _hash(root)) for size, root in (line.split() for line in text.split("\n")[:-1])]
            note = parse_note(text)
        except (OSError, ValueError):
            raise Unreadable(f"留存的检查点 {anchor} 无法读取，或不是检查点") from None
        if not signers_of(note, self.keys):
            self.found.bad(BAD_KEY, f"留存的检查点 {anchor}：资料包的密钥清单不认它的签名（{_names(note)}）")
        return [(note.size, note.root)]


def _body(line: bytes, number: int) -> dict[str, Any]:
    """What the event says; only its number when somebody made the line unreadable."""
    try:
        body = json.loads(line.decode())
    except (ValueError, RecursionError):
        body = None
    return body if isinstance(body, dict) else {"seq": number}


def _agree(entry: dict[str, Any], item: dict[str, Any]) -> bool:
    return all(
        entry.get(name) == item[name] for name in ("evidence_id", "size", "media_type", "filename") if name in item
    )


def _described(item: dict[str, Any]) -> str:
    return "、".join(str(item.get(name, "（不详）")) for name in ("evidence_id", "filename", "media_type", "size"))


def _names(note: Note) -> str:
    return "、".join(name for name, _, _ in note.signatures)


def _whole(value: Any) -> int:
    if type(value) is not int or value < 0:
        raise ValueError("not a whole number")
    return value


def _path(path: list[str]) -> list[bytes]:
    nodes = [bytes.fromhex(node) for node in path]
    if any(len(node) != 32 or node.hex() != text for node, text in zip(nodes, path)):  # noqa: B905  # Python 3.8
        raise ValueError("not a hash")
    return nodes


# --- The command ---


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description="督办销号·办理历史离线核验（不需要联网，不需要安装任何软件）")
    here = os.path.dirname(os.path.abspath(__file__))
    parser.add_argument("bundle", nargs="?", default=here, help="资料包 zip 或解压后的目录；不写则为本程序所在目录")
    parser.add_argument("--anchor", action="append", default=[], help="以前留存的检查点文件，可多次给出")
    parser.add_argument("--key", action="append", default=[], help="公布的公钥（base64）或指纹（十六进制），可多次给出")
    options = parser.parse_args(arguments)
    report = verify_bundle(options.bundle, options.anchor, options.key)
    for line in report.lines:
        print(_printable(line))
    return report.exit_code


def _printable(line: str) -> str:
    """As this console can show it: a Chinese Windows console set to GBK has no ✔ and no ✘."""
    encoding = sys.stdout.encoding or "ascii"
    try:
        line.encode(encoding)
        return line
    except UnicodeEncodeError:
        plain = line.replace("✔", "√").replace("✘", "×")
        return plain.encode(encoding, "replace").decode(encoding)


if __name__ == "__main__":
    sys.exit(main())
