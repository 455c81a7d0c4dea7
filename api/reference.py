"""Reference: judgement standards in force on a date, and the process itself."""

from datetime import date
from typing import Any

from fastapi import APIRouter

from api.desk import CurrentActor, OfficeDep, looking
from models.permissions import Operation
from models.process import MOVES, PROCESS_VERSION, STEPS, who_may
from services import access, standards

router = APIRouter(tags=["reference"])
_READ = {"x-operation": Operation.READ_REFERENCE}


@router.get("/standards", summary="判定标准条款", operation_id="list_standards", openapi_extra=_READ)
def clauses(
    held: OfficeDep, by: CurrentActor, on: date | None = None, sector: str = "", text: str = ""
) -> list[dict[str, Any]]:
    """Clauses of the editions in force on a day (the hazard's discovery date), today by default."""
    access.require(by, Operation.READ_REFERENCE)
    with looking(held) as session:
        rows = standards.in_force(session, on=(on or held.now().date()).isoformat(), sector=sector, text=text)
    return [
        {"code": row.code, "sector": row.sector, "title": row.title, "doc_no": row.doc_no, "effective_on": row.effective_on,
         "repealed_on": row.repealed_on, "text": row.text, "verified": row.verified, "note": row.note}
        for row in rows
    ]  # fmt: skip


@router.get("/process", summary="办理流程", operation_id="show_process", openapi_extra=_READ)
def process(by: CurrentActor) -> dict[str, Any]:
    access.require(by, Operation.READ_REFERENCE)
    return {
        "version": PROCESS_VERSION,
        "steps": [{"step": step, "stage": info.stage, "label": info.label, "owner": info.owner, "clock": info.clock}
                  for step, info in STEPS.items()],
        "moves": [{"at": move.at, "decision": move.decision, "label": move.decision.label, "to": move.to,
                   "resource": move.resource, "who": who_may(move.operation)} for move in MOVES],
    }  # fmt: skip
