"""审计包: how a bundle is verified elsewhere, and the bundles themselves, of one hazard or of everything."""

import hashlib
import io
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated
from urllib.parse import quote

from fastapi import APIRouter, Query
from starlette.background import BackgroundTask
from starlette.responses import FileResponse, RedirectResponse, Response, StreamingResponse

from models.engine import reading
from models.permissions import Operation
from services import access, keys, sealing
from services.bundle import write_bundle, write_everything
from web.desk import Here, HereDep
from web.rendering import page

router = APIRouter()
RIGHT = {"x-operation": Operation.DOWNLOAD_BUNDLE}
ZIP = "application/zip"


@router.get("/audit/bundles", openapi_extra=RIGHT)
def instructions(visit: HereDep, no: Annotated[str, Query(max_length=40)] = "") -> Response:
    """How to verify; with a hazard's number, to the page from which its bundle is taken."""
    access.require(visit.by, Operation.DOWNLOAD_BUNDLE)
    if no.strip():
        return RedirectResponse(f"/hazards/{quote(no.strip(), safe='')}/bundle", 303)
    return _page(visit, "")


@router.get("/hazards/{no}/bundle", openapi_extra=RIGHT)
def of_hazard(no: str, visit: HereDep) -> Response:
    access.require(visit.by, Operation.DOWNLOAD_BUNDLE)
    with visit.looking() as session:
        hazard = access.hazard_for(session, no, Operation.READ_HISTORY, by=visit.by)
    return _page(visit, hazard.no)


@router.get("/hazards/{no}/bundle.zip", openapi_extra=RIGHT)
def bundle(no: str, visit: HereDep) -> Response:
    access.require(visit.by, Operation.DOWNLOAD_BUNDLE)
    settings = visit.held.settings
    with visit.looking() as session, tempfile.NamedTemporaryFile(suffix=".zip", delete=False) as file:
        path = Path(file.name)
        try:
            hazard = access.hazard_for(session, no, Operation.READ_HISTORY, by=visit.by)
            key = keys.signing_key(settings.key_dir)
            write_bundle(session, hazard, file, key=key, store=settings.evidence_dir, at=visit.at)  # pyright: ignore[reportArgumentType]
        except BaseException:
            path.unlink(missing_ok=True)
            raise
    return FileResponse(path, media_type=ZIP, filename=f"{hazard.no}.zip", background=BackgroundTask(path.unlink))


@router.get("/audit/bundles/everything.zip", openapi_extra=RIGHT)
def everything(visit: HereDep) -> Response:
    """Sent while it is made: nobody waits for the last hazard before the first arrives."""
    access.require(visit.by, Operation.DOWNLOAD_BUNDLE)
    pieces = _everything(visit)
    first = next(pieces)
    headers = {"Content-Disposition": f'attachment; filename="audit-{visit.at:%Y%m%d}.zip"'}
    return StreamingResponse(_joined(first, pieces), media_type=ZIP, headers=headers)


def _everything(visit: Here) -> Iterator[bytes]:
    out, key = _Passing(), keys.signing_key(visit.held.settings.key_dir)
    with reading(visit.held.engine) as session:
        for _ in write_everything(session, out, key=key, at=visit.at):  # pyright: ignore[reportArgumentType]
            yield out.taken()


def _joined(first: bytes, rest: Iterator[bytes]) -> Iterator[bytes]:
    yield first
    yield from rest


class _Passing(io.RawIOBase):
    """A file one only writes to, emptied as it is sent."""

    def __init__(self) -> None:
        self._held = bytearray()

    def writable(self) -> bool:
        return True

    def write(self, data: bytes) -> int:  # pyright: ignore[reportIncompatibleMethodOverride]
        self._held += data
        return len(data)

    def taken(self) -> bytes:
        piece = bytes(self._held)
        self._held.clear()
        return piece


def _page(visit: Here, no: str) -> Response:
    public = sealing.public_bytes(keys.signing_key(visit.held.settings.key_dir))
    href = f"/hazards/{quote(no, safe='')}/bundle.zip" if no else "/audit/bundles/everything.zip"
    return page(visit.request, "audit_bundles.html", no=no, href=href, fingerprint=hashlib.sha256(public).hexdigest())
