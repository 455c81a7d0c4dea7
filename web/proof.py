"""Verify a hazard's history, and show what was checked and how."""

from fastapi import APIRouter
from starlette.responses import Response

from models.permissions import Operation
from services import access, hazard_proof, keys
from web.desk import HereDep
from web.history import label_of
from web.rendering import page

router = APIRouter()


@router.get("/hazards/{no}/proof", openapi_extra={"x-operation": Operation.VERIFY_AUDIT})
def show(no: str, visit: HereDep) -> Response:
    with visit.looking() as session:
        hazard = access.hazard_for(session, no, Operation.READ_HISTORY, by=visit.by)
        access.require(visit.by, Operation.VERIFY_AUDIT)
        proof = hazard_proof.prove(session, hazard, keys.signing_key(visit.held.settings.key_dir))
    return page(visit.request, "proof.html", hazard=hazard, proof=proof, label_of=label_of)
