"""Evidence: upload, and download through the hazard it belongs to."""

from collections.abc import Iterator
from typing import Annotated, BinaryIO

from fastapi import APIRouter, File, Response, UploadFile
from fastapi.responses import FileResponse

from api.desk import CurrentActor, DeskDep, OfficeDep, looking
from api.views import evidence_view
from models.errors import NotFound
from models.permissions import Operation
from services import access
from services import evidence as store

router = APIRouter(tags=["evidence"])
UPLOAD_PATH = "/api/v1/evidence"
_CHUNK = 1 << 20
SANDBOX = {
    "Content-Security-Policy": "sandbox; default-src 'none'",
    "X-Content-Type-Options": "nosniff",
    "Cache-Control": "private, no-store",
}


@router.post(
    "/evidence",
    status_code=201,
    summary="上传佐证材料",
    operation_id="upload_evidence",
    openapi_extra={"x-operation": Operation.UPLOAD_EVIDENCE},
)
def upload(file: Annotated[UploadFile, File(description="jpg、png、pdf")], desk: DeskDep) -> Response:
    """The bytes are in the store before the row that names them is committed."""
    access.require(desk.by, Operation.UPLOAD_EVIDENCE)
    name = file.filename or ""
    folder = desk.held.settings.evidence_dir
    received = store.receive(folder, _chunks(file.file), name, most_bytes=desk.held.settings.max_upload_mib << 20)
    desk.bind(received.sha256, name)
    with desk.act(Operation.UPLOAD_EVIDENCE) as act:
        act.answer(evidence_view(store.record_evidence(act.session, received, name, by=act.by, at=act.at)))
    return desk.reply()


@router.get("/hazards/{no}/evidence/{evidence_id}", summary="下载佐证材料", operation_id="download_evidence",
            openapi_extra={"x-operation": Operation.DOWNLOAD_EVIDENCE})  # fmt: skip
def download(no: str, evidence_id: str, held: OfficeDep, by: CurrentActor) -> FileResponse:
    access.require(by, Operation.DOWNLOAD_EVIDENCE)
    with looking(held) as session:
        found = store.evidence_for(session, no, evidence_id, by=by)
        name = store.name_for(session, found, by=by)
    path = store.path_of(held.settings.evidence_dir, found.sha256)
    if not path.is_file():
        raise NotFound("材料文件不在存储中。", rule="材料按内容哈希保存", remedy="请联系系统管理员从备份恢复该文件。")
    return FileResponse(
        path, media_type=found.media_type, filename=name, headers=SANDBOX | {"ETag": f'"{found.sha256}"'}
    )


def _chunks(content: BinaryIO) -> Iterator[bytes]:
    while chunk := content.read(_CHUNK):
        yield chunk
