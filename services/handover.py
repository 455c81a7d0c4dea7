"""Hand over 离岗交接: a person leaves, and everything open that names them goes to a successor, all of it or nothing."""

from datetime import datetime

from sqlalchemy import insert, select, update
from sqlmodel import Session, col

from models import Account, ApiKey, Handover, LoginSession, Person, RoleGrant
from models.actor import Actor
from models.errors import LeftOver, NotPermitted
from models.hazard import Hazard
from models.outbox import Topic
from models.tables import HANDOVER, HAZARD, HAZARD_COPY, UNIT_DEPUTY, WORK_ITEM
from services import chain, delegations, estate, outbox, trail
from services.estate import Estate

_RULE = "离岗交接：接手人须具备相应的角色和单位，交接不得遗漏"
_REMEDY = "请先给接手人授予所缺的角色，或先将这些事项改派他人。"


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
    held = estate.of_person(session, leaver, at=at)
    left_over = list(estate.missing(session, held, successor))
    if left_over:
        raise LeftOver(
            f"{successor.name}不能接手其中{len(left_over)}项，没有交接任何事项。", rule=_RULE, remedy=_REMEDY,
            extra={"left_over": left_over},
        )  # fmt: skip
    moved = sum(
        move(session, held, leaver, successor, by=by, at=at) for move in (_move_items, _move_cases, _move_offices)
    )
    moved += _move_standing(session, held, successor, by=by, at=at)
    _close_accounts(session, leaver, by=by, at=at)
    return _record(session, leaver, successor, reason, moved, by=by, at=at)


def _move_items(
    session: Session, held: Estate, leaver: Person, successor: Person, *, by: Actor, at: datetime
) -> int:  # fmt: skip
    for item in held.items:
        session.execute(update(WORK_ITEM).where(WORK_ITEM.c.id == item.id).values(assignee_id=successor.id))
        facts = {"work_item": item.id, "kind": item.kind, "form": _from_to(leaver, successor)}
        if item.hazard_id:
            chain.record(session, item.hazard_id, "ITEM_HANDED_OVER", by=by, at=at, facts=facts)
        else:
            trail.append_office(session, "ITEM_HANDED_OVER", by=by, at=at, facts=facts)
    return len(held.items)


def _move_cases(
    session: Session, held: Estate, leaver: Person, successor: Person, *, by: Actor, at: datetime
) -> int:  # fmt: skip
    for hazard in held.led:
        _name_leader(session, hazard, leaver, successor, by=by, at=at)
    for enterprise in held.enterprises:
        before = {"principal_id": enterprise.principal_id, "actual_controller_id": enterprise.actual_controller_id}
        after = {name: successor.id if one == leaver.id else one for name, one in before.items()}
        enterprise.principal_id, enterprise.actual_controller_id = after.values()
        session.add(enterprise)
        session.flush()
        facts = {"enterprise": enterprise.id, "before": before, "after": after}
        trail.append_office(session, "PRINCIPALS_NAMED", by=by, at=at, facts=facts)
    return len(held.led) + len(held.enterprises)


def _name_leader(
    session: Session, hazard: Hazard, leaver: Person, successor: Person, *, by: Actor, at: datetime
) -> None:
    """The hazard's row changes, so its version grows as with a decision."""
    after = {"leader_id": successor.id, "version": hazard.version + 1}
    facts = {"before": {"leader_id": leaver.id, "version": hazard.version}, "after": after}
    chain.record(session, hazard.id, "LEADER_HANDED_OVER", by=by, at=at, facts=facts)
    session.execute(update(HAZARD).where(HAZARD.c.id == hazard.id).values(after))


def _move_offices(
    session: Session, held: Estate, leaver: Person, successor: Person, *, by: Actor, at: datetime
) -> int:  # fmt: skip
    for office in held.offices:
        grant = estate.same_grant(session, office, successor)
        assert grant is not None  # noqa: S101  # `missing` asked
        grant.duty = office.duty
        session.add(grant)
        session.flush()
        facts = {"role": office.role, "unit": office.unit_id, "duty": office.duty, "form": _from_to(leaver, successor)}
        trail.append_office(session, "OFFICE_HANDED_OVER", by=by, at=at, facts=facts)
    return len(held.offices)


def _move_standing(session: Session, held: Estate, successor: Person, *, by: Actor, at: datetime) -> int:
    """Deputyships and delegations received go on with the successor; what the leaver gave, and copies, end."""
    for row in held.deputyships:
        to_successor = {"person_id": successor.id, "named_by": by.person_id, "named_at": at}
        session.execute(update(UNIT_DEPUTY).where(UNIT_DEPUTY.c.unit_id == row.unit_id).values(to_successor))
        facts = {"unit": row.unit_id, "before": {"deputy": row.person_id}, "after": {"deputy": successor.id}}
        trail.append_office(session, "DEPUTY_NAMED", by=by, at=at, facts=facts)
    for row in (*held.given, *held.received):
        delegations.end(session, row, by=by, at=at)
    for row in held.received:
        if row.delegator_id != successor.id:
            delegations.renew(session, row, successor.id, by=by, at=at)
    for row in held.copies:
        ended = {"revoked_at": at, "revoked_by": by.person_id}
        session.execute(update(HAZARD_COPY).where(HAZARD_COPY.c.id == row.id).values(ended))
        facts = {"form": {"person": row.person_id}}
        chain.record(session, row.hazard_id, "COPY_REVOKED", by=by, at=at, facts=facts)
    return len(held.deputyships) + len(held.received)


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
