"""Lay a work item of the unit on one of its people (部门内指派), and keep one's own reminder of an item."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

from sqlalchemy import delete, exists, select, update
from sqlmodel import Session, col

from models import Person, RoleGrant
from models.actor import Actor
from models.errors import InvalidInput, NotFound, NotPermitted
from models.limits import ZONE, end_of
from models.once import insert_or
from models.outbox import Topic
from models.permissions import Operation, Reach
from models.stage import Step
from models.tables import FOLLOW_UP, HAZARD, WORK_ITEM
from services import access, chain, inbox, lookups, outbox, standing_in

_SET = insert_or(FOLLOW_UP, ("person_id", "item_id"), "at = excluded.at", returning="item_id")


def item_of(session: Session, item_id: str) -> Any:
    """An open item with its hazard's number.

    Raises: NotFound.
    """
    open_one = (WORK_ITEM.c.id == item_id, WORK_ITEM.c.closed_at.is_(None))
    statement = select(WORK_ITEM, HAZARD.c.no).join(HAZARD, HAZARD.c.id == WORK_ITEM.c.hazard_id).where(*open_one)
    found = session.execute(statement).one_or_none()
    if found is None:
        raise NotFound("没有找到该待办，或它已办结。", remedy="请刷新待办列表。")
    return found


def assign_person(session: Session, item_id: str, person_id: str, *, by: Actor, at: datetime) -> Any:
    """The head lays an item of the unit on one of its people, whoever held it before; the item as it was.

    No date moves.

    Raises: NotFound, NotPermitted (another unit's item), InvalidInput (not a person who finds this item in the inbox).
    """
    item = item_of(session, item_id)
    hazard = access.lock_hazard_for(session, item.no, Operation.ASSIGN_PERSON, by=by)
    item = item_of(session, item_id)
    if item.unit_id not in by.units_for(Operation.ASSIGN_PERSON, Reach.JURISDICTION):
        raise NotPermitted("只能指派本单位的待办。", rule="部门内指派", remedy="请由该单位负责人指派。")
    if not may_hold(session, item, person_id):
        raise lookups.missing("person", "该人员不是本单位能办理此事项的在岗人员。", "请选择本单位有相应角色的人员。")
    session.execute(update(WORK_ITEM).where(WORK_ITEM.c.id == item_id).values(assignee_id=person_id))
    facts = {"work_item": item_id, "kind": item.kind, "form": {"from": item.assignee_id or "", "person": person_id}}
    chain.record(session, hazard.id, "PERSON_ASSIGNED", by=by, at=at, facts=facts)
    if person_id != by.person_id:
        outbox.post(session, hazard, Topic.PERSON_ASSIGNED, subject=item_id, step=Step(hazard.step), at=at)
    return item


def may_hold(session: Session, item: Any, person_id: str) -> bool:
    """Whether the person, by a role of their own, finds this item in the inbox, and has an account."""
    if not standing_in.is_active(session, person_id):
        return False
    in_inbox = inbox.in_inbox(standing_in.as_actor(session, person_id))
    return session.execute(select(WORK_ITEM.c.id).where(WORK_ITEM.c.id == item.id, in_inbox)).first() is not None


def people_under(session: Session, *, by: Actor) -> Sequence[tuple[str, str]]:
    """Whom this person may lay items of the unit on: its people, by name; empty for whoever assigns nobody."""
    units = by.units_for(Operation.ASSIGN_PERSON, Reach.JURISDICTION)
    held = select(col(RoleGrant.person_id)).where(col(RoleGrant.unit_id).in_(sorted(units)))
    rows = select(col(Person.id), col(Person.name)).where(col(Person.id).in_(held)).order_by(col(Person.name))
    return [(row.id, row.name) for row in session.execute(rows)] if units else []


def follow_up(session: Session, item_id: str, on: date, *, by: Actor, at: datetime) -> datetime:
    """When this person wants to look at an item again (个人跟进日期); no deadline moves, and nobody else sees it.

    Raises: NotFound (not in this person's inbox), InvalidInput (a day that is over).
    """
    if on < at.astimezone(ZONE).date():
        raise InvalidInput(
            "跟进日期早于今天。", rule="跟进日期为今天或以后", remedy="请另选日期。",
            extra={"errors": [{"field": "on", "message": "不能早于今天"}]},
        )  # fmt: skip
    _require_in_inbox(session, item_id, by)
    until = end_of(on)
    session.execute(_SET, {"person_id": by.person_id, "item_id": item_id, "at": until})
    return until


def forget_follow_up(session: Session, item_id: str, *, by: Actor) -> None:
    session.execute(delete(FOLLOW_UP).where(FOLLOW_UP.c.person_id == by.person_id, FOLLOW_UP.c.item_id == item_id))


def _require_in_inbox(session: Session, item_id: str, by: Actor) -> None:
    mine = (WORK_ITEM.c.assignee_id == by.person_id) | inbox.in_inbox(by)
    open_one = select(WORK_ITEM.c.id).where(WORK_ITEM.c.id == item_id, WORK_ITEM.c.closed_at.is_(None), mine)
    if not session.execute(select(exists(open_one))).scalar_one():
        raise NotFound("没有找到该待办，或它已办结。", remedy="请刷新待办列表。")
