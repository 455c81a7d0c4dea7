"""A unit's standing deputy 常设代理人, and the absence of its head during which the deputy stands in."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import ColumnElement, delete, insert, select, update
from sqlmodel import Session

from models import Person, Unit
from models.actor import Actor
from models.delegation import APPROVERS, Ground
from models.errors import GateNotMet, NotFound, NotPermitted
from models.permissions import Operation, Reach
from models.tables import DELEGATION, UNIT_DEPUTY
from services import access, delegations, lookups, standing_in, trail

MOST_DAYS = 60
_RULE = "缺勤代理：单位负责人缺勤期间由常设代理人代办"


def name_deputy(session: Session, unit: Unit, person_id: str, *, by: Actor, at: datetime) -> None:
    """Name who stands in for the unit's head whenever the head is marked absent; absences under way go to the new one.

    Raises: NotPermitted (another unit), InvalidInput (nobody of this unit, or disabled).
    """
    require_unit(by, unit)
    if not standing_in.is_active(session, person_id):
        raise lookups.missing("person", "没有该人员，或其账号已停用。", "请核对人员编号（GET /api/v1/people）。")
    if not delegations.rank_in(session, person_id, unit.id):
        raise lookups.missing("person", "代理人须是本单位人员。", "请选择本单位的人员。")
    _lock(session, unit)
    former = deputy_of(session, unit.id)
    row = {"person_id": person_id, "named_by": by.person_id, "named_at": at}
    if former is None:
        session.execute(insert(UNIT_DEPUTY), row | {"unit_id": unit.id})
    else:
        session.execute(update(UNIT_DEPUTY).where(UNIT_DEPUTY.c.unit_id == unit.id).values(row))
    facts = {"unit": unit.id, "before": {"deputy": former.person_id if former else ""}, "after": {"deputy": person_id}}
    trail.append_office(session, "DEPUTY_NAMED", by=by.in_own_name(), at=at, facts=facts)
    _pass_on(session, unit, person_id, by=by, at=at)


def withdraw_deputy(session: Session, unit: Unit, *, by: Actor, at: datetime) -> None:
    """Nobody stands in for the unit's head any more; absences under way end, which gives the head their approvals back.

    Raises: NotPermitted (another unit), NotFound (there is none).
    """
    require_unit(by, unit)
    _lock(session, unit)
    former = deputy_of(session, unit.id)
    if former is None:
        raise NotFound("该单位没有常设代理人，或已撤销。", remedy="请刷新常设代理人页面。")
    session.execute(delete(UNIT_DEPUTY).where(UNIT_DEPUTY.c.unit_id == unit.id))
    facts = {"unit": unit.id, "before": {"deputy": former.person_id}, "after": {"deputy": ""}}
    trail.append_office(session, "DEPUTY_WITHDRAWN", by=by.in_own_name(), at=at, facts=facts)
    for row in delegations.open_ones(session, _absences_in(unit), at=at):
        delegations.end(session, row, by=by, at=at)


def mark_absent(
    session: Session, unit: Unit, head_id: str, *, first: date, last: date, reason: str, by: Actor, at: datetime
) -> Any:  # fmt: skip
    """The head is away on these days and the standing deputy decides on the head's behalf.

    Nobody gains another's approvals by their own word: the deputy cannot mark the absence.

    Raises: NotPermitted, GateNotMet (no deputy named), InvalidInput.
    """
    require_unit(by, unit)
    deputy = deputy_of(session, unit.id)
    if deputy is None:
        raise GateNotMet(
            "该单位没有常设代理人。", rule=_RULE, remedy="请先设置代理人（PUT /api/v1/units/单位代码/deputy）。"
        )
    if deputy.person_id == by.person_id:
        raise NotPermitted("代理人不能自己登记负责人缺勤。", rule=_RULE, remedy="请由负责人本人或镇安委办登记。")
    delegations.lock_persons(session, head_id, deputy.person_id)
    delegations.check_days(first, last, most=MOST_DAYS, at=at)
    if not any(role in APPROVERS and held == unit.id for role, held in standing_in.own_grants(session, head_id)):
        raise lookups.missing("person", "该人员不是本单位负责人。", "请选择本单位的负责人。")
    if head_id == deputy.person_id:
        raise lookups.missing("person", "该人员就是常设代理人。", "请先另行设置代理人。")
    if not standing_in.is_active(session, deputy.person_id):
        raise GateNotMet("常设代理人的账号已停用。", rule=_RULE, remedy="请先另行设置代理人。")
    return delegations.settle(
        session, head_id, deputy.person_id, (unit.id, first, last), Ground.ABSENCE, reason, by=by, at=at
    )


def deputy_of(session: Session, unit_id: str) -> Any:
    return session.execute(select(UNIT_DEPUTY).where(UNIT_DEPUTY.c.unit_id == unit_id)).one_or_none()


def shown(session: Session, unit: Unit) -> dict[str, str | None]:
    """The unit's deputy as others see it."""
    row = deputy_of(session, unit.id)
    name = session.get_one(Person, row.person_id).name if row else None
    return {"unit": unit.code, "person": row.person_id if row else None, "name": name}


def _pass_on(session: Session, unit: Unit, person_id: str, *, by: Actor, at: datetime) -> None:
    """Absences that still run go on with the new deputy, from today; a deputy who is the absent head ends them."""
    for row in delegations.open_ones(session, _absences_in(unit), at=at):
        if row.delegate_id == person_id:
            continue
        delegations.end(session, row, by=by, at=at)
        if row.delegator_id != person_id:
            delegations.renew(session, row, person_id, by=by, at=at)


def _absences_in(unit: Unit) -> ColumnElement[bool]:
    return (DELEGATION.c.unit_id == unit.id) & (DELEGATION.c.ground == Ground.ABSENCE)


def _lock(session: Session, unit: Unit) -> None:
    session.execute(select(Unit.__table__).where(Unit.__table__.c.id == unit.id).with_for_update())  # pyright: ignore[reportAttributeAccessIssue]


def require_unit(by: Actor, unit: Unit) -> None:
    """Raises: NotPermitted for a unit beyond this person's reach."""
    access.require(by, Operation.DELEGATE)
    everywhere = by.units_for(Operation.DELEGATE, Reach.ALL)
    if not everywhere and unit.id not in by.units_for(Operation.DELEGATE, Reach.JURISDICTION):
        raise NotPermitted("只能办理本单位的事项。", rule=_RULE, remedy="请由该单位负责人或镇安委办办理。")
