"""Hand over 离岗交接: a person leaves, and everything open that names them goes to a successor, all of it or nothing."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import insert, select, update
from sqlmodel import Session, col

from models import Account, ApiKey, Enterprise, Handover, LoginSession, Person, RoleGrant, Unit
from models.actor import Actor
from models.delegation import Ground
from models.errors import LeftOver, NotPermitted
from models.hazard import Hazard
from models.outbox import Topic
from models.permissions import Role
from models.tables import DELEGATION, HANDOVER, HAZARD, HAZARD_COPY, UNIT_DEPUTY, WORK_ITEM
from services import chain, delegations, outbox, staffing, standing_in, trail

_RULE = "离岗交接：接手人须具备相应的角色和单位，交接不得遗漏"
_REMEDY = "请先给接手人授予所缺的角色，或先将这些事项改派他人。"


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
    missing: list[str] = field(default_factory=list)


def hand_over(session: Session, leaver: Person, successor: Person, *, reason: str, by: Actor, at: datetime) -> Handover:
    """Give a leaver's claimed items, cases, offices, deputyship and delegations to the successor, and close the account.

    One event for each thing moved, on its hazard's chain or the office's. Signatures stay with the person who gave
    them: the successor is bound by their own only. Delegations the leaver gave end; copies to the leaver too. The
    leaver's roles are withdrawn and the accounts disabled in the same transaction.

    Raises: NotPermitted, LeftOver (the successor lacks a role or unit; nothing was moved).
    """
    if leaver.id in {successor.id, by.person_id}:
        raise NotPermitted(
            "接手人须是另一人，且不能为自己办理离岗。", rule=_RULE, remedy="请由系统管理员为离岗人员办理。"
        )
    delegations.lock_persons(session, leaver.id, successor.id)
    estate = _estate(session, leaver, at=at)
    estate.missing += _missing(session, estate, successor)
    if estate.missing:
        raise LeftOver(
            f"{successor.name}不能接手其中{len(estate.missing)}项，没有交接任何事项。", rule=_RULE, remedy=_REMEDY,
            extra={"left_over": estate.missing},
        )  # fmt: skip
    moved = sum(
        move(session, estate, leaver, successor, by=by, at=at) for move in (_move_items, _move_cases, _move_offices)
    )
    moved += _move_standing(session, estate, successor, by=by, at=at)
    _close_accounts(session, leaver, by=by, at=at)
    return _record(session, leaver, successor, reason, moved, by=by, at=at)


def _estate(session: Session, leaver: Person, *, at: datetime) -> Estate:
    """Hazards are locked first, in the order of their ids."""
    claimed = (WORK_ITEM.c.assignee_id == leaver.id, WORK_ITEM.c.closed_at.is_(None))
    named = (HAZARD.c.leader_id == leaver.id) & HAZARD.c.closed_at.is_(None)
    touched = named | HAZARD.c.id.in_(select(WORK_ITEM.c.hazard_id).where(*claimed))
    hazards = session.execute(select(HAZARD).where(touched).order_by(HAZARD.c.id).with_for_update()).all()
    items = select(WORK_ITEM, HAZARD.c.no).outerjoin(HAZARD, HAZARD.c.id == WORK_ITEM.c.hazard_id).where(*claimed)
    run_by = (col(Enterprise.principal_id) == leaver.id) | (col(Enterprise.actual_controller_id) == leaver.id)
    offices = (col(RoleGrant.person_id) == leaver.id, col(RoleGrant.duty).is_not(None))
    copies = (HAZARD_COPY.c.person_id == leaver.id, HAZARD_COPY.c.revoked_at.is_(None))
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


def _missing(session: Session, estate: Estate, successor: Person) -> Iterator[str]:
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
        held = _same_grant(session, office, successor)
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


def _same_grant(session: Session, office: RoleGrant, successor: Person) -> RoleGrant | None:
    same = (col(RoleGrant.role) == office.role, col(RoleGrant.unit_id) == office.unit_id)
    held = select(RoleGrant).where(col(RoleGrant.person_id) == successor.id, *same)
    return session.execute(held).scalar_one_or_none()


def _move_items(
    session: Session, estate: Estate, leaver: Person, successor: Person, *, by: Actor, at: datetime
) -> int:  # fmt: skip
    for item in estate.items:
        session.execute(update(WORK_ITEM).where(WORK_ITEM.c.id == item.id).values(assignee_id=successor.id))
        facts = {"work_item": item.id, "kind": item.kind, "form": _from_to(leaver, successor)}
        if item.hazard_id:
            chain.record(session, item.hazard_id, "ITEM_HANDED_OVER", by=by, at=at, facts=facts)
        else:
            trail.append_office(session, "ITEM_HANDED_OVER", by=by, at=at, facts=facts)
    return len(estate.items)


def _move_cases(
    session: Session, estate: Estate, leaver: Person, successor: Person, *, by: Actor, at: datetime
) -> int:  # fmt: skip
    for hazard in estate.led:
        _name_leader(session, hazard, leaver, successor, by=by, at=at)
    for enterprise in estate.enterprises:
        before = {"principal_id": enterprise.principal_id, "actual_controller_id": enterprise.actual_controller_id}
        after = {name: successor.id if held == leaver.id else held for name, held in before.items()}
        enterprise.principal_id, enterprise.actual_controller_id = after.values()
        session.add(enterprise)
        session.flush()
        facts = {"enterprise": enterprise.id, "before": before, "after": after}
        trail.append_office(session, "PRINCIPALS_NAMED", by=by, at=at, facts=facts)
    return len(estate.led) + len(estate.enterprises)


def _name_leader(
    session: Session, hazard: Hazard, leaver: Person, successor: Person, *, by: Actor, at: datetime
) -> None:
    """The hazard's row changes, so its version grows as with a decision."""
    after = {"leader_id": successor.id, "version": hazard.version + 1}
    facts = {"before": {"leader_id": leaver.id, "version": hazard.version}, "after": after}
    chain.record(session, hazard.id, "LEADER_HANDED_OVER", by=by, at=at, facts=facts)
    session.execute(update(HAZARD).where(HAZARD.c.id == hazard.id).values(after))


def _move_offices(
    session: Session, estate: Estate, leaver: Person, successor: Person, *, by: Actor, at: datetime
) -> int:  # fmt: skip
    for office in estate.offices:
        held = _same_grant(session, office, successor)
        assert held is not None  # noqa: S101  # `_missing` asked
        held.duty = office.duty
        session.add(held)
        session.flush()
        facts = {"role": office.role, "unit": office.unit_id, "duty": office.duty, "form": _from_to(leaver, successor)}
        trail.append_office(session, "OFFICE_HANDED_OVER", by=by, at=at, facts=facts)
    return len(estate.offices)


def _move_standing(session: Session, estate: Estate, successor: Person, *, by: Actor, at: datetime) -> int:
    """Deputyships and delegations received go on with the successor; what the leaver gave, and copies, end."""
    for row in estate.deputyships:
        to_successor = {"person_id": successor.id, "named_by": by.person_id, "named_at": at}
        session.execute(update(UNIT_DEPUTY).where(UNIT_DEPUTY.c.unit_id == row.unit_id).values(to_successor))
        facts = {"unit": row.unit_id, "before": {"deputy": row.person_id}, "after": {"deputy": successor.id}}
        trail.append_office(session, "DEPUTY_NAMED", by=by, at=at, facts=facts)
    for row in (*estate.given, *estate.received):
        delegations.end(session, row, by=by, at=at)
    for row in estate.received:
        if row.delegator_id != successor.id:
            delegations.renew(session, row, successor.id, by=by, at=at)
    for row in estate.copies:
        session.execute(
            update(HAZARD_COPY).where(HAZARD_COPY.c.id == row.id).values(revoked_at=at, revoked_by=by.person_id)
        )
    return len(estate.deputyships) + len(estate.received)


def _close_accounts(session: Session, leaver: Person, *, by: Actor, at: datetime) -> None:
    """Roles, accounts, sessions and keys of the leaver end with the next request."""
    grants = session.execute(select(RoleGrant).where(col(RoleGrant.person_id) == leaver.id)).scalars().all()
    for grant in grants:
        facts = {"before": {"person_id": leaver.id, "role": grant.role, "unit_id": grant.unit_id, "duty": grant.duty}}
        session.delete(grant)
        trail.append_office(session, "ROLE_WITHDRAWN", by=by, at=at, facts=facts)
    session.flush()
    accounts = session.execute(select(Account).where(col(Account.person_id) == leaver.id)).scalars().all()
    for account in accounts:
        account.disabled_at = account.disabled_at or at
        session.add(account)
        mine = (col(LoginSession.account_id) == account.id, col(LoginSession.ended_at).is_(None))
        session.execute(update(LoginSession).where(*mine).values(ended_at=at))
        keys = (col(ApiKey.account_id) == account.id, col(ApiKey.revoked_at).is_(None))
        session.execute(update(ApiKey).where(*keys).values(revoked_at=at))
        trail.append_office(session, "ACCOUNT_DISABLED", by=by, at=at, facts={"account": account.id})
    session.flush()


def _record(
    session: Session, leaver: Person, successor: Person, reason: str, moved: int, *, by: Actor, at: datetime
) -> Handover:
    row = Handover(
        leaver_id=leaver.id, successor_id=successor.id, reason=reason, moved=moved, made_by=by.person_id, made_at=at
    )
    session.execute(insert(HANDOVER), row.model_dump())
    facts = {"form": {"reason": reason, "moved": moved, **_from_to(leaver, successor)}}
    trail.append_office(session, "HANDED_OVER", by=by, at=at, facts=facts)
    outbox.post_to_person(session, Topic.HANDED_OVER, subject=row.id, at=at)
    return row


def _from_to(leaver: Person, successor: Person) -> dict[str, str]:
    return {"from": leaver.id, "to": successor.id}
