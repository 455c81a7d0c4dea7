"""A tip-off 群众举报 as officers know it: the committee office's abstract in place of the reporter's own words."""

from datetime import datetime

from sqlmodel import Session

from models.actor import Actor
from models.errors import GateNotMet
from models.forms.tip_off import Abstract
from models.hazard import Channel, Hazard, SubjectType
from models.organization import UnitKind
from models.process import DecisionCode, Part
from services import lookups
from services.moves import Taken, take
from services.reporting import add_parties


def write_abstract(session: Session, hazard: Hazard, form: Abstract, *, by: Actor, at: datetime) -> Taken:
    """Say in the office's own words what a tip-off is about; from then on officers see this (编写举报摘要).

    Raises: GateNotMet for a hazard that no tip-off reported, InvalidInput (unknown enterprise or village).
    """
    if hazard.channel != Channel.PUBLIC_REPORT:
        raise GateNotMet(
            "只有群众举报需要编写摘要。", rule="举报原文密封，由镇安委办编写摘要", remedy="其他来源按上报内容办理。"
        )
    enterprise = lookups.enterprise_by_credit_code(session, form.enterprise) if form.enterprise else None
    village_id = enterprise.village_unit_id if enterprise else hazard.village_unit_id
    if form.village:
        village_id = lookups.unit_by_code(
            session, form.village, field="village", kinds=frozenset({UnitKind.VILLAGE})
        ).id
    taken = take(
        session, hazard, DecisionCode.ABSTRACT, form, by=by, at=at, description=form.description, place=form.place,
        sector=form.sector, enterprise_id=enterprise.id if enterprise else hazard.enterprise_id,
        subject_type=form.subject_type or (SubjectType.ENTERPRISE if enterprise else hazard.subject_type),
        village_unit_id=village_id,
    )  # fmt: skip
    add_parties(session, hazard.id, {Part.VILLAGE: [village_id]})
    return taken
