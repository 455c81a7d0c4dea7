"""What a person who leaves holds open, and what of it a successor could not take on."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlmodel import Session, col

from models import Enterprise, Person, RoleGrant, Unit
from models.delegation import Ground
from models.permissions import Role
from models.tables import DELEGATION, HAZARD, HAZARD_COPY, UNIT_DEPUTY, WORK_ITEM
from services import delegations, staffing, standing_in


@dataclass
class Estate:
    """Everything open that names a person, locked."""

    items: Sequence[Any] = ()
    led: Sequence[Any] = ()
    """Hazards whose responsible leader (包案领导) the person is."""
    offices: Sequence[RoleGrant] = ()
    """Roles with an office (职务) that the ladder addresses."""
    enterprises: Sequence[Enterprise] = ()
    deputyships: Sequence[Any] = ()
    given: Sequence[Any] = ()
    received: Sequence[Any] = ()
    copies: Sequence[Any] = ()


def of_person(session: Session, leaver: Person, *, at: datetime) -> Estate:
    """Hazards are locked first, in the order of their ids."""
    claimed = (WORK_ITEM.c.assignee_id == leaver.id, WORK_ITEM.c.closed_at.is_(None))
    named = (HAZARD.c.leader_id == leaver.id) & HAZARD.c.closed_at.is_(None)
    copies = (HAZARD_COPY.c.person_id == leaver.id, HAZARD_COPY.c.revoked_at.is_(None))
    touched = (
        named
        | HAZARD.c.id.in_(select(WORK_ITEM.c.hazard_id).where(*claimed))
        | HAZARD.c.id.in_(select(HAZARD_COPY.c.hazard_id).where(*copies))
    )
    hazards = session.execute(select(HAZARD).where(touched).order_by(HAZARD.c.id).with_for_update()).all()
    items = select(WORK_ITEM, HAZARD.c.no).outerjoin(HAZARD, HAZARD.c.id == WORK_ITEM.c.hazard_id).where(*claimed)
    run_by = (col(Enterprise.principal_id) == leaver.id) | (col(Enterprise.actual_controller_id) == leaver.id)
    offices = (col(RoleGrant.person_id) == leaver.id, col(RoleGrant.duty).is_not(None))
    return Estate(
        items=session.execute(items.order_by(WORK_ITEM.c.id)).all(),
        led=[row for row in hazards if row.leader_id == leaver.id and row.closed_at is None],
        offices=session.execute(select(RoleGrant).where(*offices)).scalars().all(),
        enterprises=session.execute(select(Enterprise).where(run_by)).scalars().all(),
        deputyships=session.execute(select(UNIT_DEPUTY).where(UNIT_DEPUTY.c.person_id == leaver.id)).all(),
        given=delegations.open_ones(session, DELEGATION.c.delegator_id == leaver.id, at=at),
        received=delegations.open_ones(session, DELEGATION.c.delegate_id == leaver.id, at=at),
        copies=session.execute(select(HAZARD_COPY).where(*copies)).all(),
    )


def missing(session: Session, estate: Estate, successor: Person) -> Iterator[str]:
    """What the successor could not hold, in words."""
    if not standing_in.is_active(session, successor.id):
        yield "接手人没有可用的账号"
    grants = standing_in.own_grants(session, successor.id)
    for item in estate.items:
        if not staffing.may_hold(session, item, successor.id):
            yield f"待办：{item.no or '机关事项'}（{item.kind}），接手人没有相应单位的角色"
    for hazard in estate.led:
        if Role.TL not in {role for role, _ in grants}:
            yield f"包案：{hazard.no}，接手人不是镇领导"
    for office in estate.offices:
        held = same_grant(session, office, successor)
        if held is None or held.duty not in {None, office.duty}:
            yield f"职务：{office.duty}，接手人在该单位没有相应角色，或已任其他职务"
    for enterprise in estate.enterprises:
        if successor.enterprise_id != enterprise.id:
            yield f"企业责任人：{enterprise.name}，接手人不是该企业人员"
    for row in estate.deputyships:
        if row.unit_id not in {unit for _, unit in grants}:
            yield f"常设代理人：{session.get_one(Unit, row.unit_id).name}，接手人不是该单位人员"
    for row in estate.received:
        ranks = {delegations.rank_in(session, one, row.unit_id) for one in (row.delegator_id, successor.id)}
        if row.delegator_id != successor.id and (0 in ranks or (row.ground == Ground.DELEGATED and len(ranks) > 1)):
            yield f"受托代办：{session.get_one(Unit, row.unit_id).name}，接手人不是该单位同职级人员"


def same_grant(session: Session, office: RoleGrant, successor: Person) -> RoleGrant | None:
    same = (col(RoleGrant.role) == office.role, col(RoleGrant.unit_id) == office.unit_id)
    held = select(RoleGrant).where(col(RoleGrant.person_id) == successor.id, *same)
    return session.execute(held).scalar_one_or_none()
