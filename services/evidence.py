"""Evidence files: received into a content-addressed store, checked by what they are, never overwritten."""

import hashlib
import os
import struct
import tempfile
import warnings
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import NamedTuple, cast

from PIL import Image, UnidentifiedImageError
from sqlalchemy import exists, func, or_, select
from sqlmodel import Session, col

from models import Evidence, Person
from models.actor import Actor
from models.decisions import DecisionCode
from models.errors import EvidenceRefused, NotFound, TooLarge
from models.hazard import Channel, Hazard
from models.ids import new_id
from models.tables import DECISION, EVIDENCE, HAZARD, HAZARD_EVIDENCE
from services import access

_MOST_PIXELS = 50_000_000
_EXIF, _CAPTURED = 0x8769, 0x9003
_SIGNATURES: tuple[tuple[bytes, str, tuple[str, ...]], ...] = (
    (b"\xff\xd8\xff", "image/jpeg", (".jpg", ".jpeg")),
    (b"\x89PNG\r\n\x1a\n", "image/png", (".png",)),
    (b"%PDF-", "application/pdf", (".pdf",)),
)
_SUFFIX = {media_type: suffixes[0] for _, media_type, suffixes in _SIGNATURES}
UNREADABLE = (
    UnidentifiedImageError, Image.DecompressionBombError, OSError, ValueError, TypeError,
    LookupError, EOFError, SyntaxError, struct.error,
)  # fmt: skip
"""What Pillow raises over pictures and EXIF blocks that lie about themselves."""


class Received(NamedTuple):
    """A file in the store that no row names yet."""

    sha256: str
    size: int
    media_type: str
    captured_at: str | None


def receive(store: Path, chunks: Iterable[bytes], filename: str, *, most_bytes: int) -> Received:
    """Take a file in: hash while writing, check what it really is, then move it to its content's address.

    On return the bytes are on disk for good, so the row that names them can be committed. The name a person gave is
    only a label; it never becomes a path.

    Raises: TooLarge, EvidenceRefused.
    """
    with _part(store) as (handle, path):
        digest, size = _write(handle, chunks, most_bytes)
        media_type = _media_type(path, filename)
        captured_at = _look_into_image(path) if media_type.startswith("image/") else None
        _place(store, path, digest)
    return Received(digest, size, media_type, captured_at)


def keep(store: Path, content: bytes) -> str:
    """Put bytes of our own making into the store; their SHA-256, by which they are found again."""
    with _part(store) as (handle, path):
        digest, _ = _write(handle, (content,), len(content))
        _place(store, path, digest)
    return digest


@contextmanager
def _part(store: Path) -> Iterator[tuple[int, Path]]:
    """A file on its way into the store; what has not been placed by the end is gone."""
    store.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=store, prefix=".part-")
    path = Path(name)
    try:
        yield handle, path
    finally:
        path.unlink(missing_ok=True)


def _place(store: Path, part: Path, digest: str) -> None:
    target = path_of(store, digest)
    target.parent.mkdir(parents=True, exist_ok=True)
    part.chmod(0o440)
    part.replace(target)
    _sync_folder(target.parent)


def record_evidence(session: Session, received: Received, filename: str, *, by: Actor, at: datetime) -> Evidence:
    """Name a received file; a corrected file is a new row, this one never changes."""
    evidence = Evidence(
        id=new_id(), sha256=received.sha256, size=received.size, media_type=received.media_type,
        filename=_label(filename), captured_at=received.captured_at, uploaded_by=by.person_id, uploaded_at=at,
    )  # fmt: skip
    session.add(evidence)
    session.flush()
    return evidence


_NOT_FROM_TIP_OFF = or_(
    HAZARD.c.channel != Channel.PUBLIC_REPORT,
    ~exists().where(DECISION.c.id == HAZARD_EVIDENCE.c.decision_id, DECISION.c.code == DecisionCode.REPORT),
)
"""What came with a tip-off is never shown to the enterprise it is about."""


def evidence_for(session: Session, no: str, evidence_id: str, *, by: Actor) -> Evidence:
    """A piece attached to a hazard this actor may see.

    Raises: NotFound.
    """
    attached = exists().where(
        HAZARD_EVIDENCE.c.evidence_id == EVIDENCE.c.id, HAZARD_EVIDENCE.c.hazard_id == HAZARD.c.id,
        HAZARD.c.no == no, access.visible(by), *([_NOT_FROM_TIP_OFF] if by.enterprise_id else []),
    )  # fmt: skip
    statement = select(EVIDENCE).where(EVIDENCE.c.id == evidence_id, attached)
    row = session.execute(statement).one_or_none()
    if row is None:
        raise NotFound(f"没有找到材料 {evidence_id}。", remedy="请从隐患的材料清单中打开。")
    return cast(Evidence, row)


def of_enterprise(session: Session, hazard: Hazard) -> frozenset[str]:
    """Which pieces of a hazard's evidence its enterprise's own people handed in."""
    theirs = select(col(Person.id)).where(col(Person.enterprise_id) == hazard.enterprise_id)
    pieces = select(HAZARD_EVIDENCE.c.evidence_id).where(HAZARD_EVIDENCE.c.hazard_id == hazard.id)
    rows = select(EVIDENCE.c.id).where(EVIDENCE.c.id.in_(pieces), EVIDENCE.c.uploaded_by.in_(theirs))
    return frozenset(session.execute(rows).scalars()) if hazard.enterprise_id else frozenset()


def plain_name(media_type: str) -> str:
    """What an enterprise reads in the place of the name somebody else gave a file: it may say where the file is from."""
    return f"材料{_SUFFIX[media_type]}"


def name_for(session: Session, found: Evidence, *, by: Actor) -> str:
    """The name under which this person gets a piece of evidence."""
    if not by.enterprise_id:
        return found.filename
    uploader = select(col(Person.enterprise_id)).where(col(Person.id) == found.uploaded_by)
    own = session.execute(uploader).scalar_one_or_none() == by.enterprise_id
    return found.filename if own else plain_name(found.media_type)


def used_elsewhere(session: Session, hazard_id: str, hashes: Iterable[str]) -> dict[str, str]:
    """Of these files' contents, those that another hazard has as well, with one such hazard's number: a photograph
    handed in twice proves nothing the second time."""
    found = (
        select(EVIDENCE.c.sha256, func.min(HAZARD.c.no))
        .join(HAZARD_EVIDENCE, HAZARD_EVIDENCE.c.evidence_id == EVIDENCE.c.id)
        .join(HAZARD, HAZARD.c.id == HAZARD_EVIDENCE.c.hazard_id)
        .where(EVIDENCE.c.sha256.in_(sorted(hashes)), HAZARD_EVIDENCE.c.hazard_id != hazard_id)
        .group_by(EVIDENCE.c.sha256)
    )
    return {row[0]: row[1] for row in session.execute(found)}


def path_of(store: Path, sha256: str) -> Path:
    return store / sha256[:2] / sha256[2:]


def is_intact(store: Path, sha256: str) -> bool:
    """The stored bytes are still those that were handed in."""
    path = path_of(store, sha256)
    if not path.is_file():
        return False
    with path.open("rb") as stored:
        return hashlib.file_digest(stored, "sha256").hexdigest() == sha256


def _write(handle: int, chunks: Iterable[bytes], most_bytes: int) -> tuple[str, int]:
    digest, size = hashlib.sha256(), 0
    with os.fdopen(handle, "wb") as out:
        for chunk in chunks:
            size += len(chunk)
            if size > most_bytes:
                raise TooLarge(
                    f"文件超过{most_bytes // 1_048_576} MiB。",
                    rule="单个材料大小上限",
                    remedy="请压缩图片或分成多个文件上传。",
                )
            digest.update(chunk)
            out.write(chunk)
        out.flush()
        os.fsync(out.fileno())
    if size == 0:
        raise EvidenceRefused("文件是空的。", rule="材料须有内容", remedy="请重新选择文件。")
    return digest.hexdigest(), size


def _media_type(path: Path, filename: str) -> str:
    with path.open("rb") as content:
        start = content.read(16)
    suffix = Path(filename).suffix.lower()
    for magic, media_type, suffixes in _SIGNATURES:
        if start.startswith(magic):
            if suffix in suffixes:
                return media_type
            raise EvidenceRefused(
                f"文件内容是{media_type}，与扩展名“{suffix}”不符。",
                rule="内容与扩展名须一致",
                remedy="请上传原始文件。",
            )
    raise EvidenceRefused("不支持的文件类型。", rule="可接收：jpg、png、pdf", remedy="请转换为照片或PDF后上传。")


def _look_into_image(path: Path) -> str | None:
    """Decode the picture once, refusing what cannot be read or would fill the memory; returns its claimed time."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # about EXIF blocks and size; the next lines judge for themselves
            with Image.open(path) as image:
                refuse_too_many_pixels(image)
                captured = image.getexif().get_ifd(_EXIF).get(_CAPTURED)
                image.load()
    except UNREADABLE as broken:
        raise EvidenceRefused(
            "图片已损坏或无法识别。", rule="材料须能打开", remedy="请重新拍照或导出后上传。"
        ) from broken
    return "".join(char for char in str(captured) if char.isprintable())[:40] or None if captured else None


def refuse_too_many_pixels(image: Image.Image) -> None:
    """Raises: EvidenceRefused, before the picture is decoded."""
    if image.width * image.height > _MOST_PIXELS:
        raise EvidenceRefused("图片像素过多。", rule="图片不超过5000万像素", remedy="请降低分辨率后上传。")


def _label(filename: str) -> str:
    name = filename.replace("\\", "/").rsplit("/", 1)[-1]
    return "".join(char for char in name if char.isprintable())[:120] or "材料"


def _sync_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
