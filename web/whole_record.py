"""全程记录: a hazard's whole history as one account to print or file, with the proof at its end."""

from typing import Any

from fastapi import APIRouter
from sqlmodel import Session
from starlette.responses import Response

from models.hazard import Hazard
from models.permissions import Operation
from models.process import STEPS
from models.stage import Step
from services import access, hazard_proof, keys, register
from web import history
from web.desk import Here, HereDep
from web.rendering import page
from web.values import GRADES, LISTINGS, SUBJECTS

router = APIRouter()
FACTS = (
    ("核查单位", "verifying_unit_id"), ("牵头单位", "lead_unit_id"), ("整改责任单位", "rectifying_unit_id"), ("督办单位", "supervising_unit_id"),
    ("所在村（社区）", "village_unit_id"), ("包案领导", "leader_id"),
)  # fmt: skip


@router.get("/hazards/{no}/record", openapi_extra={"x-operation": Operation.EXPORT_DOSSIER})
def show(no: str, visit: HereDep) -> Response:
    """Oldest first, everything open; an enterprise sees what its hazard's page shows."""
    with visit.looking() as session:
        hazard = access.hazard_for(session, no, Operation.READ_HISTORY, by=visit.by)
        access.require(visit.by, Operation.EXPORT_DOSSIER)
        redacted = visit.by.enterprise_id is not None
        around = register.surroundings(session, hazard)
        around = register.without_tip_off(hazard, around) if redacted else around
        events = register.timeline(session, hazard, redacted=redacted)
        lines = history.lines(session, events, visit.say)
        proof = _proof(session, visit, hazard)
    return page(
        visit.request, "whole_record.html", hazard=hazard, around=around, lines=lines, proof=proof, at=visit.at,
        step=STEPS[Step(hazard.step)].label, grades=GRADES, listings=LISTINGS, subjects=SUBJECTS,
        facts=_facts(hazard, around.names),
    )  # fmt: skip


def _facts(hazard: Hazard, names: Any) -> list[tuple[str, str]]:
    return [(title, name) for title, column in FACTS if (name := names.get(getattr(hazard, column) or ""))]


def _proof(session: Session, visit: Here, hazard: Hazard) -> hazard_proof.Proof | None:
    """Only for whoever may verify."""
    if visit.by.grant_for(Operation.VERIFY_AUDIT) is None:
        return None
    return hazard_proof.prove(session, hazard, keys.signing_key(visit.held.settings.key_dir))
