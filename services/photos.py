"""Photographs from the public 举报照片: a copy without the camera's data is shown, the original lies sealed."""

import logging
import warnings
from datetime import datetime
from io import BytesIO
from pathlib import Path
from typing import Any, NamedTuple

from PIL import Image, ImageOps
from sqlalchemy import func, insert, select
from sqlmodel import Session

from models.actor import Actor
from models.errors import EvidenceRefused, GateNotMet, NotFound
from models.ids import new_id
from models.sealed import seal, unseal
from models.tables import REPORT_PHOTO
from services import evidence, trail, vault
from services.keys import Keyring

logging.getLogger("PIL").setLevel(logging.INFO)  # at DEBUG it writes what the camera noted into the log
PHOTO_ADDED = "REPORT_ADDED"
_MOST = 20
_MODES = {"JPEG": "RGB", "PNG": "RGBA"}


class Copy(NamedTuple):
    """A picture as it may be shown."""

    content: bytes
    media_type: str
    suffix: str


def without_traces(content: bytes) -> Copy:
    """The picture alone, turned upright: no place, no time, no camera, no text.

    Raises: EvidenceRefused when it is no JPEG or PNG picture that can be read safely.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # about EXIF blocks and size; the next lines judge for themselves
            with Image.open(BytesIO(content), formats=tuple(_MODES)) as image:
                evidence.refuse_too_many_pixels(image)
                kind = str(image.format)
                upright = ImageOps.exif_transpose(image).convert(_MODES[kind])
    except evidence.UNREADABLE as broken:
        raise EvidenceRefused(
            "照片已损坏或不是照片。", rule="可接收：jpg、png照片", remedy="请上传照片；文件请拍照或截图后上传。"
        ) from broken
    plain = Image.new(upright.mode, upright.size)
    plain.paste(upright)
    out = BytesIO()
    plain.save(out, kind, **({"quality": 90} if kind == "JPEG" else {}))
    return Copy(out.getvalue(), f"image/{kind.lower()}", "jpg" if kind == "JPEG" else "png")


def add_photo(
    session: Session, ring: Keyring, store: Path, source: Any, content: bytes, shown: Copy, *, by: Actor, at: datetime
) -> int:
    """Keep the copy for the officers and the original sealed; the photograph's number within the report.

    Raises: GateNotMet when there are too many.
    """
    mine = REPORT_PHOTO.c.source_id == source.id
    trail.append_beside(
        session, source.hazard_id, PHOTO_ADDED, by=by, at=at, facts={"source_id": source.id, "photo": True}
    )
    number: int = session.execute(select(func.count()).select_from(REPORT_PHOTO).where(mine)).scalar_one() + 1
    if number > _MOST:
        raise GateNotMet(f"一件举报最多{_MOST}张照片。", rule="防止滥用", remedy="如有新的情况，请另行举报。")
    photo_id = new_id()
    key = vault.put(session, ring, source.id, f"photo/{photo_id}", None, at=at)
    row = {
        "id": photo_id, "source_id": source.id, "number": number, "media_type": shown.media_type,
        "copy_sha256": evidence.keep(store, shown.content), "copy_size": len(shown.content),
        "sealed_sha256": evidence.keep(store, seal(key, content, belongs_to=source.id)), "added_at": at,
    }  # fmt: skip
    session.execute(insert(REPORT_PHOTO), row)
    return number


def photos_of(session: Session, source: Any) -> list[Any]:
    mine = select(REPORT_PHOTO).where(REPORT_PHOTO.c.source_id == source.id).order_by(REPORT_PHOTO.c.number)
    return list(session.execute(mine).all())


def photo(session: Session, source: Any, number: int) -> Any:
    """Raises: NotFound."""
    wanted = (REPORT_PHOTO.c.source_id == source.id, REPORT_PHOTO.c.number == number)
    row = session.execute(select(REPORT_PHOTO).where(*wanted)).one_or_none()
    if row is None:
        raise NotFound(f"没有第{number}张照片。", remedy="请从来源清单中打开。")
    return row


def original(session: Session, ring: Keyring, store: Path, source: Any, row: Any) -> bytes:
    """The photograph as it was handed in.

    Raises: NotFound when it was erased, or is not in the store.
    """
    key = vault.data_key(session, ring, source.id, f"photo/{row.id}")
    path = evidence.path_of(store, row.sealed_sha256)
    if not path.is_file():
        raise NotFound("照片原件不在存储中。", rule="材料按内容哈希保存", remedy="请联系系统管理员从备份恢复该文件。")
    return unseal(key, path.read_bytes(), belongs_to=source.id)
