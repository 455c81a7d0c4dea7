"""The gate of the close-out 销号审核."""

from datetime import datetime

from sqlalchemy import func, select
from sqlmodel import Session

from models.actor import Actor
from models.errors import GateNotMet
from models.forms import Closure, ClosureReturn
from models.forms.rectification import Informed
from models.hazard import Hazard, ListingLevel
from models.process import DecisionCode
from models.stage import Clock
from models.tables import HAZARD_EVIDENCE
from services import clocks, controls, enforcement, listing
from services.assignment import informed_persons
from services.moves import Taken, take


def close_hazard(session: Session, hazard: Hazard, form: Closure, *, by: Actor, at: datetime) -> Taken:
    """Strike a rectified hazard off the register (审核把关销号).

    By a person other than who reported completion, re-checked and reviewed, and in another unit than the review.

    Source: 临江府发〔2024〕37号 三(二)3.
    Raises: GateNotMet (nobody told, no evidence, a line of the checklist neither met nor waived, enforcement or an
    explanation still owed), FourEyes.
    """
    missing = [
        *_untold(session, hazard),
        *_without_evidence(session, hazard),
        *_still_open(hazard, form),
        *_still_owed(session, hazard),
    ]
    if missing:
        raise GateNotMet(
            f"销号条件不具备：{'；'.join(missing)}。",
            rule="临江府发〔2024〕37号 三(二)3：审核把关销号",
            remedy="请补齐后再办理销号，或退回重新整改。",
            extra={"missing": missing},
        )
    taken = take(session, hazard, DecisionCode.CLOSE, form, by=by, at=at)
    listing.open_look_backs(session, hazard, origin=taken.decision_id, at=at)
    return taken


def return_from_gate(session: Session, hazard: Hazard, form: ClosureReturn, *, by: Actor, at: datetime) -> Taken:
    """Refuse the close-out and send the hazard back to rectification with a new limit."""
    return take(
        session,
        hazard,
        DecisionCode.RETURN_REDO,
        form,
        by=by,
        at=at,
        **clocks.limit_of_rework(session, hazard, form, at=at),
    )


def _untold(session: Session, hazard: Hazard) -> list[str]:
    if hazard.enterprise_id is None:
        return []
    labels = {Informed.PRINCIPAL: "未登记告知主要负责人", Informed.ACTUAL_CONTROLLER: "未登记告知实际控制人"}
    told = informed_persons(session, hazard)
    return [label for person, label in labels.items() if person not in told]


def _still_open(hazard: Hazard, form: Closure) -> list[str]:
    """What must be done away with first, unless its line is waived with a reason; a stop of production never is."""
    lines = form.checklist
    found = []
    if controls.is_stopped(hazard):
        found.append("停产停用措施尚未经审查同意解除（不可免除）")
    elif hazard.interim_control is not None and not lines.interim_control_lifted.waiver:
        found.append("临时管控措施尚未解除")
    if hazard.listing_level != ListingLevel.NONE and not lines.listing_removed.waiver:
        found.append("尚未摘牌")
    return found


def _still_owed(session: Session, hazard: Hazard) -> list[str]:
    """What somebody still has to answer for; a unit that no longer exists explains nothing."""
    found = []
    if clocks.live(session, hazard.id, Clock.ENFORCEMENT) is not None:
        found.append("已转入执法，尚未登记执法措施")
    if enforcement.lacks_criminal_check(session, hazard):
        found.append("已转入执法，尚未登记是否涉嫌犯罪的核查结论")
    if hazard.unit_closed_on is None and clocks.live(session, hazard.id, Clock.EXPLANATION) is not None:
        found.append("复查再次不合格的书面说明尚未提交")
    return found


def _without_evidence(session: Session, hazard: Hazard) -> list[str]:
    pieces = select(func.count()).where(HAZARD_EVIDENCE.c.hazard_id == hazard.id)
    return [] if session.execute(pieces).scalar_one() else ["没有整改佐证材料"]
