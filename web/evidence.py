"""Evidence of a hazard, as pictures on its page and as files."""

from fastapi import APIRouter
from starlette.responses import FileResponse, Response

from models.errors import NotFound
from models.permissions import Operation
from services import access
from services import evidence as store
from web.desk import HereDep

router = APIRouter()
_SANDBOX = {"Content-Security-Policy": "sandbox; default-src 'none'", "Cache-Control": "private, no-store"}


@router.get("/hazards/{no}/evidence/{evidence_id}", openapi_extra={"x-operation": Operation.DOWNLOAD_EVIDENCE})
def show(no: str, evidence_id: str, visit: HereDep) -> Response:
    access.require(visit.by, Operation.DOWNLOAD_EVIDENCE)
    with visit.looking() as session:
        found = store.evidence_for(session, no, evidence_id, by=visit.by)
        name = store.name_for(session, found, by=visit.by)
    path = store.path_of(visit.held.settings.evidence_dir, found.sha256)
    if not path.is_file():
        raise NotFound("材料文件不在存储中。", rule="材料按内容哈希保存", remedy="请联系系统管理员从备份恢复该文件。")
    kind = "inline" if found.media_type.startswith("image/") else "attachment"
    return FileResponse(
        path, media_type=found.media_type, filename=name, headers=_SANDBOX, content_disposition_type=kind
    )
