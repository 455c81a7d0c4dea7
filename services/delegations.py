"""Delegate one's approvals 委托代办 to a colleague of the same unit and rank, for days; revoke it; who cannot decide what."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, delete, insert, or_, select, update
from sqlmodel import Session, col

from models import Person, Unit
from models.actor import Actor
from models.delegation import APPROVERS, RANK, Ground
from models.errors import InvalidInput, NotFound, NotPermitted
from models.ids import new_id
from models.limits import ZONE
from models.organization import UnitKind
from models.outbox import Topic
from models.permissions import Operation, Reach, Role
from models.tables import DELEGATION, DELEGATION_DAY
from services import lookups, outbox, standing_in, trail

MOST_DAYS = 14
_RULE = "委托代办：同一单位、同一职级，最长14天"
_ANY_UNIT = frozenset(UnitKind)


def delegate(
    session: Session, delegate_id: str, *, unit: str | None, first: date, last: date, reason: str, by: Actor, at: datetime
) -> Any:  # fmt: skip
    """Let a colleague decide on one's behalf for these days; the delegation as it stands.

    Both persons are locked, so of two delegations that race for the same days one is refused. What somebody lent to
    the delegator is not passed on. Which hazards the delegate could not decide says `services/four_eyes_ahead.py`;
    what binds is the four-eyes rule at the decision.

    Raises: InvalidInput, NotPermitted.
    """
    lock_persons(session, by.person_id, delegate_id)
    unit_id = _unit_of(session, unit, by)
    check_days(first, last, most=MOST_DAYS, at=at)
    _check_colleague(session, delegate_id, unit_id, by)
    days = (unit_id, first, last)
    return settle(session, by.person_id, delegate_id, days, Ground.DELEGATED, reason, by=by, at=at)


def settle(
    session: Session, delegator_id: str, delegate_id: str, days: tuple[str, date, date], ground: Ground, reason: str, *,
    by: Actor, at: datetime,
) -> Any:  # fmt: skip
    """Write a delegation whose persons the caller has locked and checked.

    Raises: InvalidInput when one of the days is taken, or the delegate is away on one of them.
    """
    unit_id, first, last = days
    dates = [(first + timedelta(days=number)).isoformat() for number in range((last - first).days + 1)]
    _refuse_taken(session, delegator_id, delegate_id, unit_id, dates)
    row = {
        "id": new_id(), "delegator_id": delegator_id, "delegate_id": delegate_id, "unit_id": unit_id, "from_on": dates[0],
        "until_on": dates[-1], "ground": ground, "reason": reason, "made_by": by.person_id, "made_at": at,
    }  # fmt: skip
    session.execute(insert(DELEGATION), row)
    day = {"delegator_id": delegator_id, "unit_id": unit_id, "delegation_id": row["id"]}
    session.execute(insert(DELEGATION_DAY), [day | {"day": one} for one in dates])
    facts = {name: row[name] for name in row if name not in {"made_by", "made_at"}}
    trail.append_office(session, "DELEGATED", by=by.in_own_name(), at=at, facts={"after": facts})
    outbox.post_to_person(session, Topic.DELEGATED, subject=row["id"], at=at)
    return by_id(session, row["id"])


def revoke(session: Session, delegation_id: str, *, by: Actor, at: datetime) -> Any:
    """End a delegation with the delegate's next request; the days that are left are free again.

    Raises: NotFound, NotPermitted (only the delegator; an absence also whoever may mark it).
    """
    row = by_id(session, delegation_id, lock=True)
    if row is None or row.revoked_at is not None:
        raise NotFound("没有找到该委托，或它已撤销。", remedy="请刷新委托列表。")
    if row.delegator_id != by.person_id and not _ends_absence(row, by):
        raise NotPermitted("只能撤销您本人的委托。", rule=_RULE, remedy="请由委托人本人撤销。")
    end(session, row, by=by, at=at)
    return by_id(session, delegation_id)


def _ends_absence(row: Any, by: Actor) -> bool:
    in_reach = row.unit_id in by.units_for(Operation.DELEGATE, Reach.JURISDICTION)
    return (
        row.ground == Ground.ABSENCE
        and by.person_id != row.delegate_id
        and (in_reach or bool(by.units_for(Operation.DELEGATE, Reach.ALL)))
    )


def end(session: Session, row: Any, *, by: Actor, at: datetime) -> None:
    """Revoke a delegation whose row the caller has locked."""
    session.execute(update(DELEGATION).where(DELEGATION.c.id == row.id).values(revoked_at=at))
    left = (DELEGATION_DAY.c.delegation_id == row.id, DELEGATION_DAY.c.day >= standing_in.day_of(at))
    session.execute(delete(DELEGATION_DAY).where(*left))
    facts = {"before": {"id": row.id, "delegator_id": row.delegator_id, "delegate_id": row.delegate_id}}
    trail.append_office(session, "DELEGATION_REVOKED", by=by.in_own_name(), at=at, facts=facts)
    outbox.post_to_person(session, Topic.DELEGATED, subject=row.id, at=at)


def renew(session: Session, row: Any, delegate_id: str, *, by: Actor, at: datetime) -> None:
    """What is left of a delegation that has just ended goes on with another delegate."""
    first = max(row.from_on, standing_in.day_of(at))
    days = (row.unit_id, date.fromisoformat(first), date.fromisoformat(row.until_on))
    settle(session, row.delegator_id, delegate_id, days, Ground(row.ground), row.reason, by=by, at=at)


def by_id(session: Session, delegation_id: str, *, lock: bool = False) -> Any:
    statement = select(DELEGATION).where(DELEGATION.c.id == delegation_id)
    return session.execute(statement.with_for_update() if lock else statement).one_or_none()


def delegations_of(session: Session, *, by: Actor, everybodys: bool) -> Sequence[Any]:
    """Delegations given or received by this person, or everybody's; the newest first, at most 200."""
    mine = or_(DELEGATION.c.delegator_id == by.person_id, DELEGATION.c.delegate_id == by.person_id)
    statement = named().order_by(DELEGATION.c.from_on.desc(), DELEGATION.c.id.desc()).limit(200)
    return session.execute(statement if everybodys else statement.where(mine)).all()


def open_ones(session: Session, condition: ColumnElement[bool], *, at: datetime) -> Sequence[Any]:
    """Delegations that are in force today or later, locked."""
    alive = (DELEGATION.c.revoked_at.is_(None), DELEGATION.c.until_on >= standing_in.day_of(at))
    statement = select(DELEGATION).where(condition, *alive).order_by(DELEGATION.c.id)
    return session.execute(statement.with_for_update()).all()


def lock_persons(session: Session, *people: str) -> None:
    """In the order of their ids, so that two who delegate to one another do not wait for each other.

    Not so strong that rows that only mention these persons would have to wait.
    """
    both = select(col(Person.id)).where(col(Person.id).in_(people)).order_by(col(Person.id))
    session.execute(both.with_for_update(key_share=True))


def check_days(first: date, last: date, *, most: int, at: datetime) -> None:
    """Raises: InvalidInput."""
    today = at.astimezone(ZONE).date()
    if first < today:
        raise lookups.missing("from_on", "起始日期早于今天。", "请从今天或以后的日期起委托。")
    if last < first:
        raise lookups.missing("until_on", "截止日期早于起始日期。", "请核对日期。")
    if (last - first).days >= most:
        raise lookups.missing("until_on", f"期间最长{most}天。", "请缩短期间，期满后可以再次办理。")


def rank_in(session: Session, person_id: str, unit_id: str) -> int:
    """The person's own rank in a unit, 0 for none; what was lent to them does not count."""
    grants = standing_in.own_grants(session, person_id)
    return max((RANK.get(role, 0) for role, unit in grants if unit == unit_id), default=0)


def _unit_of(session: Session, code: str | None, by: Actor) -> str:
    """The unit named, or the only one in which this person approves."""
    mine = {unit for role, unit in standing_in.own_grants(session, by.person_id) if role in APPROVERS and unit}
    if code is None:
        if len(mine) == 1:
            return next(iter(mine))
        detail = "您在多个单位任职，须写明委托哪个单位的审批。" if mine else "您没有可以委托的审批职责。"
        raise lookups.missing("unit", detail, "请填写单位代码，或由有审批职责的本人办理。")
    unit: Unit = lookups.unit_by_code(session, code, field="unit", kinds=_ANY_UNIT)
    if unit.id not in mine:
        raise NotPermitted("您在该单位没有可以委托的审批职责。", rule=_RULE, remedy="只能委托本人的审批职责。")
    return unit.id


def _check_colleague(session: Session, delegate_id: str, unit_id: str, by: Actor) -> None:
    if delegate_id == by.person_id:
        raise lookups.missing("delegate", "不能委托给本人。", "请选择同单位同职级的其他人员。")
    if not standing_in.is_active(session, delegate_id):
        raise lookups.missing("delegate", "没有该人员，或其账号已停用。", "请核对人员编号（GET /api/v1/people）。")
    own = rank_in(session, by.person_id, unit_id)
    if rank_in(session, delegate_id, unit_id) != own:
        ranks = "、".join(role.label for role in Role if RANK.get(role) == own and role in APPROVERS)
        raise lookups.missing("delegate", "受托人须与您同单位、同职级。", f"请选择本单位的{ranks}。")


def _refuse_taken(session: Session, delegator_id: str, delegate_id: str, unit_id: str, dates: list[str]) -> None:
    on_days = DELEGATION_DAY.c.day.in_(dates)
    taken = select(DELEGATION_DAY.c.delegator_id).where(
        on_days, DELEGATION_DAY.c.unit_id == unit_id, DELEGATION_DAY.c.delegator_id.in_((delegator_id, delegate_id))
    )
    holders = set(session.execute(taken).scalars())
    if delegator_id in holders:
        raise _overlapping("该期间已有委托或缺勤代理。", "请先撤销原有委托，或错开日期。")
    if delegate_id in holders:
        raise _overlapping("受托人在该期间已将自己的审批委托他人。", "请另选受托人，或错开日期。")


def _overlapping(detail: str, remedy: str) -> InvalidInput:
    extra = {"errors": [{"field": "from_on", "message": detail}]}
    return InvalidInput(detail, rule="同一天的审批只能委托给一人", remedy=remedy, extra=extra)


def named() -> Any:
    """Delegations with the names of both persons and of the unit."""
    giver, taker = Person.__table__.alias("giver"), Person.__table__.alias("taker")  # pyright: ignore[reportAttributeAccessIssue]
    unit = Unit.__table__  # pyright: ignore[reportAttributeAccessIssue]
    return (
        select(
            DELEGATION,
            giver.c.name.label("delegator"),
            taker.c.name.label("delegate"),
            unit.c.code.label("unit"),
            unit.c.name.label("unit_name"),
        )
        .join(giver, giver.c.id == DELEGATION.c.delegator_id)
        .join(taker, taker.c.id == DELEGATION.c.delegate_id)
        .join(unit, unit.c.id == DELEGATION.c.unit_id)
    )
