"""Work items 待办: mine and my unit's, claiming and releasing them."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Select, and_, false, func, or_, select, tuple_, update
from sqlmodel import Session, col

from models import Person
from models.actor import Actor
from models.errors import AlreadyClaimed, NotFound
from models.hazard import Hazard
from models.permissions import Role
from models.tables import DEADLINE, FOLLOW_UP, HAZARD, WORK_ITEM

_COLUMNS = (
    WORK_ITEM.c.id, WORK_ITEM.c.kind, WORK_ITEM.c.origin, WORK_ITEM.c.is_move, WORK_ITEM.c.due_at, WORK_ITEM.c.opened_at,
    WORK_ITEM.c.assignee_id, WORK_ITEM.c.hazard_id, HAZARD.c.no, HAZARD.c.stage, HAZARD.c.step, HAZARD.c.place, HAZARD.c.sector,
    HAZARD.c.description, HAZARD.c.version, FOLLOW_UP.c.at.label("follow_up_at"),
)  # fmt: skip
_OF_THE_OFFICE = func.coalesce(WORK_ITEM.c.unit_id, WORK_ITEM.c.enterprise_id).is_(None)
"""No unit's and no enterprise's; written as its index has it (ix_work_item_office_due)."""


class Position(NamedTuple):
    """Where a page ends: (due or follow-up, id) of its last row."""

    due_at: datetime
    id: str


class Narrowed(NamedTuple):
    """What the inbox can be narrowed by; None: any."""

    stage: str | None = None
    """The stage the hazard is in."""
    text: str | None = None
    """Substring of its number, place or description."""
    due_before: datetime | None = None
    due_from: datetime | None = None
    due_until: datetime | None = None
    """Until then, that instant included, as with `due_from`."""
    due_after: datetime | None = None

    def conditions(self) -> list[ColumnElement[bool]]:
        named = (HAZARD.c.no, HAZARD.c.place, HAZARD.c.description)
        given = (
            (self.stage, lambda value: HAZARD.c.stage == value),
            (self.text, lambda value: or_(*(one.contains(value, autoescape=True) for one in named))),
            (self.due_before, lambda value: WORK_ITEM.c.due_at < value),
            (self.due_from, lambda value: WORK_ITEM.c.due_at >= value),
            (self.due_until, lambda value: WORK_ITEM.c.due_at <= value),
            (self.due_after, lambda value: WORK_ITEM.c.due_at > value),
        )
        return [condition(value) for value, condition in given if value is not None]


_EVERYTHING = Narrowed()


def work_items(
    session: Session, *, by: Actor, mine_only: bool, after: Position | None, limit: int, followed: bool = False,
    narrowed: Narrowed = _EVERYTHING,
) -> Sequence[Any]:  # fmt: skip
    """Open items in this person's inbox, soonest due first; a page after `after`.

    `followed`: only those with a follow-up date of this person's own, in the order of these dates.
    """
    ordered_by = FOLLOW_UP.c.at if followed else WORK_ITEM.c.due_at
    place = tuple_(ordered_by, WORK_ITEM.c.id)
    statement = (
        _told_of(by, followed=followed)
        .where(WORK_ITEM.c.closed_at.is_(None), ordered_by.is_not(None))
        .where(WORK_ITEM.c.assignee_id == by.person_id if mine_only else in_inbox(by), *narrowed.conditions())
        .order_by(ordered_by, WORK_ITEM.c.id)
        .limit(limit)
    )
    return session.execute(statement.where(place > after) if after else statement).all()


def item(session: Session, item_id: str, *, by: Actor) -> Any:
    """One open item of this person's inbox.

    Raises: NotFound.
    """
    mine = (WORK_ITEM.c.assignee_id == by.person_id) | in_inbox(by)
    found = _told_of(by).where(WORK_ITEM.c.id == item_id, WORK_ITEM.c.closed_at.is_(None), mine)
    row = session.execute(found).one_or_none()
    if row is None:
        raise NotFound("没有找到该待办，或它已办结。", remedy="请刷新待办列表。")
    return row


def move_of(session: Session, hazard: Hazard) -> Any:
    """The item that waits for the hazard's next move, whoever's it is; None: its way has ended."""
    waiting = (WORK_ITEM.c.hazard_id == hazard.id, WORK_ITEM.c.is_move, WORK_ITEM.c.closed_at.is_(None))
    return session.execute(select(WORK_ITEM).where(*waiting)).one_or_none()


def _told_of(by: Actor, *, followed: bool = False) -> Select[Any]:
    """Items with their hazard and this person's own follow-up date."""
    own = (FOLLOW_UP.c.item_id == WORK_ITEM.c.id) & (FOLLOW_UP.c.person_id == by.person_id)
    hazards = HAZARD.c.id == WORK_ITEM.c.hazard_id
    return (
        select(*_COLUMNS).select_from(WORK_ITEM).join(FOLLOW_UP, own, isouter=not followed).outerjoin(HAZARD, hazards)
    )


def count_open(session: Session, *, by: Actor, most: int = 100) -> int:
    """How many items wait in this person's inbox, counted no further than `most`."""
    waiting = select(WORK_ITEM.c.id).where(
        WORK_ITEM.c.closed_at.is_(None), WORK_ITEM.c.due_at.is_not(None), in_inbox(by)
    )
    return session.execute(select(func.count()).select_from(waiting.limit(most).subquery())).scalar_one()


def reasons_of(session: Session, items: Sequence[Any]) -> dict[tuple[str, datetime], str]:
    """Why these items are due when they are, by the hazard's number and the instant."""
    numbers = {row.no for row in items if row.no}
    running = (
        select(HAZARD.c.no, DEADLINE.c.due_at, DEADLINE.c.reason)
        .join(HAZARD, HAZARD.c.id == DEADLINE.c.hazard_id)
        .where(HAZARD.c.no.in_(sorted(numbers)), DEADLINE.c.closed_at.is_(None))
    )
    return {(row.no, row.due_at): row.reason for row in session.execute(running)} if numbers else {}


def claim_item(session: Session, item_id: str, *, by: Actor) -> None:
    """Take an item on. Of two who claim it at once one wins, and the other learns the winner's name.

    Raises: NotFound, AlreadyClaimed.
    """
    free = update(WORK_ITEM).where(
        WORK_ITEM.c.id == item_id, WORK_ITEM.c.closed_at.is_(None), WORK_ITEM.c.assignee_id.is_(None), in_inbox(by)
    )
    if session.execute(free.values(assignee_id=by.person_id)).rowcount == 1:  # pyright: ignore[reportAttributeAccessIssue]
        return
    holder = _holder(session, item_id, by)
    if holder[0] != by.person_id:
        raise AlreadyClaimed(
            f"该事项已由{holder[1]}领取。", rule="一项待办只由一人领取", remedy=f"请与{holder[1]}联系，或由其释放后再领取。",
            extra={"claimed_by": holder[1]},
        )  # fmt: skip


def release_item(session: Session, item_id: str, *, by: Actor) -> None:
    """Give an item back to the unit's inbox; only who holds it may.

    Raises: NotFound, AlreadyClaimed.
    """
    mine = update(WORK_ITEM).where(
        WORK_ITEM.c.id == item_id, WORK_ITEM.c.closed_at.is_(None), WORK_ITEM.c.assignee_id == by.person_id
    )
    if session.execute(mine.values(assignee_id=None)).rowcount == 1:  # pyright: ignore[reportAttributeAccessIssue]
        return
    holder = _holder(session, item_id, by)
    raise AlreadyClaimed(
        f"该事项由{holder[1]}领取，只能由其释放。" if holder[1] else "该事项尚未领取。",
        rule="待办由领取人释放", remedy="请与领取人联系。", extra={"claimed_by": holder[1]},
    )  # fmt: skip


def overdue_count(session: Session, *, at: datetime) -> int:
    late = select(func.count()).where(WORK_ITEM.c.closed_at.is_(None), WORK_ITEM.c.is_move, WORK_ITEM.c.due_at < at)
    return session.execute(late).scalar_one()


def _holder(session: Session, item_id: str, by: Actor) -> tuple[str | None, str]:
    statement = (
        select(WORK_ITEM.c.assignee_id, func.coalesce(Person.name, ""))
        .outerjoin(Person, col(Person.id) == WORK_ITEM.c.assignee_id)
        .where(WORK_ITEM.c.id == item_id, WORK_ITEM.c.closed_at.is_(None), in_inbox(by))
    )
    row = session.execute(statement).one_or_none()
    if row is None:
        raise NotFound("没有找到该待办，或它已办结。", remedy="请刷新待办列表。")
    return row[0], row[1]


def in_inbox(by: Actor) -> ColumnElement[bool]:
    """Items for a role this person holds: in the unit it is held in, in the whole office, or in their enterprise.

    One condition for each place, not for each role: so each place is one range of its index, already in order.
    """
    places: dict[str | None, list[ColumnElement[bool]]] = {}
    for role, unit_id in sorted(by.grants, key=str):
        in_office = role in {Role.SC, Role.TL, Role.AD}
        if unit_id or in_office:
            places.setdefault(None if in_office else unit_id, []).append(WORK_ITEM.c.roles.contains(role))
    conditions: list[ColumnElement[bool]] = [false()]
    if by.enterprise_id and Role.EN in by.roles:
        conditions.append(WORK_ITEM.c.enterprise_id == by.enterprise_id)
    for unit_id, asks_for_role in places.items():
        place = WORK_ITEM.c.unit_id == unit_id if unit_id else _OF_THE_OFFICE
        conditions.append(and_(place, or_(*asks_for_role)))
    return or_(*conditions)
