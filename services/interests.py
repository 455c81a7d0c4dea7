"""Interests 利害关系: an officer declares one in an enterprise, and from then on decides nothing about its hazards."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import bindparam, insert, select, update
from sqlmodel import Session, col

from models import Enterprise
from models.actor import Actor
from models.errors import GateNotMet, NotFound, NotPermitted
from models.hazard import Hazard
from models.ids import new_id
from models.tables import INTEREST
from services import trail

DECLARED, ENDED = "INTEREST_DECLARED", "INTEREST_ENDED"
_RULE = "利害关系回避"
_HELD = select(INTEREST.c.person_id).where(
    INTEREST.c.enterprise_id == bindparam("of_enterprise"), INTEREST.c.ended_at.is_(None),
    INTEREST.c.person_id == bindparam("of_person"),
)  # fmt: skip


def declare(session: Session, enterprise: Enterprise, reason: str, *, by: Actor, at: datetime) -> None:
    """Say that one has an interest in an enterprise (声明利害关系).

    Raises: NotPermitted (the enterprise's own people), GateNotMet (declared already).
    """
    if by.enterprise_id:
        raise NotPermitted("企业人员无须声明。", rule=_RULE, remedy="由政府部门人员声明与企业的利害关系。")
    if _interested(session, enterprise.id, [by.person_id]):
        raise GateNotMet("您已声明与该企业有利害关系。", rule=_RULE, remedy="无须重复声明。")
    row = {
        "id": new_id(),
        "person_id": by.person_id,
        "enterprise_id": enterprise.id,
        "reason": reason,
        "declared_at": at,
    }
    session.execute(insert(INTEREST), row)
    facts = {"after": {"person_id": by.person_id, "enterprise": enterprise.id, "reason": reason}}
    trail.append_office(session, DECLARED, by=by, at=at, facts=facts)


def end(session: Session, person_id: str, enterprise: Enterprise, reason: str, *, by: Actor, at: datetime) -> None:
    """An administrator ends another person's interest, saying why.

    Raises: NotPermitted (one's own), NotFound.
    """
    if by.person_id == person_id:
        raise NotPermitted("不能解除本人的利害关系声明。", rule=_RULE, remedy="请由另一名系统管理员办理。")
    live = (INTEREST.c.person_id == person_id, INTEREST.c.enterprise_id == enterprise.id, INTEREST.c.ended_at.is_(None))
    ended = session.execute(update(INTEREST).where(*live).values(ended_at=at))
    if ended.rowcount != 1:  # pyright: ignore[reportAttributeAccessIssue]  # a cursor result
        raise NotFound("没有找到该声明，或已解除。", rule=_RULE, remedy="请核对人员和企业。")
    facts = {"before": {"person_id": person_id, "enterprise": enterprise.id}, "reason": reason}
    trail.append_office(session, ENDED, by=by, at=at, facts=facts)


def of_person(session: Session, person_id: str) -> Sequence[Any]:
    """A person's live interests with the enterprises' names, oldest first."""
    mine = (INTEREST.c.person_id == person_id, INTEREST.c.ended_at.is_(None))
    rows = select(INTEREST, col(Enterprise.name), col(Enterprise.credit_code)).join(
        Enterprise, col(Enterprise.id) == INTEREST.c.enterprise_id
    )
    return session.execute(rows.where(*mine).order_by(INTEREST.c.declared_at)).all()


def refuse_interested(session: Session, hazard: Hazard, *, by: Actor) -> None:
    """Raises: NotPermitted when whoever decides, or whom they stand in for, has an interest in the hazard's enterprise."""
    if hazard.enterprise_id is None or by.enterprise_id:
        return
    if _interested(session, hazard.enterprise_id, [by.person_id, *by.principal_ids]):
        raise NotPermitted(
            "您（或您的委托人）已声明与该企业有利害关系，不能办理。", rule=_RULE, remedy="请由其他人员办理。"
        )


def _interested(session: Session, enterprise_id: str, persons: Iterable[str]) -> bool:
    """One question a person: every decision asks this, and hardly anybody stands in for somebody."""
    ask = session.connection().execute
    return any(
        ask(_HELD, {"of_enterprise": enterprise_id, "of_person": person}).first() is not None for person in persons
    )
