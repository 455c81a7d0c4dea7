"""Which hazards now waiting a delegate could not decide, because they or the delegator hold another part already."""

from collections.abc import Iterator
from typing import Any

from sqlalchemy import and_, or_, select
from sqlmodel import Session

from models.actor import Principal
from models.delegation import APPROVERS
from models.process import moves_at
from models.requests import REQUESTS, RequestKind
from models.stage import Step
from models.tables import HAZARD, HAZARD_REQUEST, SIGNATURE, WORK_ITEM
from services import standing_in


def undecidable(session: Session, delegation: Any) -> list[dict[str, str]]:
    """Number and reason of each, by number; told when a delegation is made. At the decision `signatures` says it again."""
    principal = standing_in.as_actor(session, delegation.delegator_id)
    grants = tuple((role, unit) for role, unit in principal.grants if role in APPROVERS and unit == delegation.unit_id)
    lent = Principal(principal.person_id, principal.name, grants)
    people = (delegation.delegate_id, delegation.delegator_id)
    found = dict((*_signed(session, lent, people), *_asked(session, lent, people)))
    return [{"no": no, "reason": found[no]} for no in sorted(found)]


def _signed(session: Session, lent: Principal, people: tuple[str, str]) -> Iterator[tuple[str, str]]:
    mine = and_(
        SIGNATURE.c.hazard_id == HAZARD.c.id, SIGNATURE.c.cycle == HAZARD.c.cycle, SIGNATURE.c.signer.in_(people)
    )
    statement = (
        select(HAZARD.c.no, HAZARD.c.step, SIGNATURE.c.chain, SIGNATURE.c.part)
        .join(SIGNATURE, mine)
        .join(WORK_ITEM, WORK_ITEM.c.hazard_id == HAZARD.c.id)
        .where(WORK_ITEM.c.is_move, WORK_ITEM.c.closed_at.is_(None), _in_inbox_of(lent))
    )
    for row in session.execute(statement):
        for move in moves_at(Step(row.step)):
            other = move.eyes and move.eyes.chain == row.chain and move.eyes.part != row.part
            if other and lent.lends(move.operation, None):
                yield row.no, f"受托人或委托人已办理同一链条的另一环节，不能办理“{move.decision.label}”"


def _asked(session: Session, lent: Principal, people: tuple[str, str]) -> Iterator[tuple[str, str]]:
    waiting = (
        select(HAZARD.c.no, HAZARD_REQUEST.c.kind)
        .join(HAZARD_REQUEST, HAZARD_REQUEST.c.hazard_id == HAZARD.c.id)
        .join(WORK_ITEM, WORK_ITEM.c.origin == HAZARD_REQUEST.c.id)
        .where(HAZARD_REQUEST.c.decided_at.is_(None), HAZARD_REQUEST.c.asked_by.in_(people), _in_inbox_of(lent))
    )
    for row in session.execute(waiting):
        kind = RequestKind(row.kind)
        if lent.lends(REQUESTS[kind].decides, None):
            yield row.no, f"“{kind.ask.label}”由受托人或委托人提出，不能再由其决定"


def _in_inbox_of(lent: Principal) -> Any:
    """Open items that lie with the roles lent: in their unit, or with the office as a whole."""
    office = and_(WORK_ITEM.c.unit_id.is_(None), WORK_ITEM.c.enterprise_id.is_(None))
    return or_(
        *(
            and_(WORK_ITEM.c.roles.contains(role), or_(WORK_ITEM.c.unit_id == unit, office))
            for role, unit in lent.grants
        )
    )
