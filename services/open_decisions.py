"""Which decisions are open to one person on one hazard now: the move table, less what is bound to be refused."""

from collections.abc import Iterator, Sequence

from sqlalchemy import select
from sqlmodel import Session

from models.actor import Actor
from models.hazard import Hazard
from models.permissions import Operation
from models.process import STEPS, DecisionCode, Move, moves_at
from models.stage import Step
from models.tables import DECISION, HAZARD_REQUEST, SIGNATURE, SUB_ACTION, WORK_ITEM
from services import access

_ANSWERS = frozenset({
    DecisionCode.ANSWER_QUESTION, DecisionCode.EXPLAIN_FAILURE, DecisionCode.EXPERT_OPINION, DecisionCode.EXTENSION_OPINION,
})  # fmt: skip
"""Decisions that answer something: open while it waits for them."""


def open_to(session: Session, hazard: Hazard, *, by: Actor) -> Sequence[Move]:
    """The moves this person may make now, those that carry the hazard on first.

    Only asks what can be seen from here; what a decision needs besides is checked, and said, when it is taken.
    """
    asked = _waiting_requests(session, hazard)
    found: dict[DecisionCode, Move] = {}
    for move in moves_at(Step(hazard.step)):
        possible = move.decision not in found and (move.while_frozen or not hazard.frozen_at)
        if possible and access.may_take(by, move, hazard) and _makes_sense(session, hazard, move, asked, by):
            found[move.decision] = move
    return sorted(found.values(), key=lambda move: (move.is_duty, move.decision == DecisionCode.WITHDRAW))


def _waiting_requests(session: Session, hazard: Hazard) -> dict[str, str]:
    """Who asked for what, of the requests not decided yet."""
    waiting = (HAZARD_REQUEST.c.hazard_id == hazard.id, HAZARD_REQUEST.c.decided_at.is_(None))
    rows = session.execute(select(HAZARD_REQUEST.c.kind, HAZARD_REQUEST.c.asked_by).where(*waiting))
    return {row.kind: row.asked_by for row in rows}


def _makes_sense(session: Session, hazard: Hazard, move: Move, asked: dict[str, str], by: Actor) -> bool:
    if move.request and move.decision == move.request.ask:
        return move.request not in asked
    if move.request:
        return move.request in asked and asked[move.request] not in {by.person_id, *by.principal_ids}
    if move.decision == DecisionCode.WITHDRAW:
        return _is_own_last(session, hazard, move, by)
    if move.decision == DecisionCode.FINISH_ACTION:
        return hazard.open_actions > 0
    if move.decision in {DecisionCode.FREEZE, DecisionCode.UNFREEZE}:
        return (hazard.frozen_at is None) == (move.decision == DecisionCode.FREEZE)
    if move.decision in _ANSWERS:
        return _waits(session, hazard, move.decision)
    return not _holds_other_part(session, hazard, move, by)


def _is_own_last(session: Session, hazard: Hazard, move: Move, by: Actor) -> bool:
    last = select(DECISION.c.person_id, DECISION.c.from_step, DECISION.c.to_step).where(
        DECISION.c.hazard_id == hazard.id
    )
    row = session.execute(last.order_by(DECISION.c.seq.desc()).limit(1)).one_or_none()
    return row is not None and row.person_id == by.person_id and (row.from_step, row.to_step) == (move.to, move.at)


def _waits(session: Session, hazard: Hazard, duty: DecisionCode) -> bool:
    item = (WORK_ITEM.c.hazard_id == hazard.id, WORK_ITEM.c.kind == duty, WORK_ITEM.c.closed_at.is_(None))
    return session.execute(select(WORK_ITEM.c.id).where(*item)).first() is not None


def _holds_other_part(session: Session, hazard: Hazard, move: Move, by: Actor) -> bool:
    if move.eyes is None:
        return False
    unit = access.acting_unit(by, move, hazard) if move.eyes.by_unit else None
    signers = [by.person_id, *by.principal_ids, *([unit] if unit else [])]
    held = select(SIGNATURE.c.part).where(
        SIGNATURE.c.hazard_id == hazard.id, SIGNATURE.c.cycle == hazard.cycle, SIGNATURE.c.chain == move.eyes.chain,
        SIGNATURE.c.signer.in_(signers), SIGNATURE.c.part != move.eyes.part,
    )  # fmt: skip
    return session.execute(held).first() is not None


def open_actions(session: Session, hazard: Hazard) -> Iterator[tuple[str, str]]:
    """Sub-actions not done yet: id and work."""
    rows = select(SUB_ACTION.c.id, SUB_ACTION.c.work).where(
        SUB_ACTION.c.hazard_id == hazard.id, SUB_ACTION.c.done_at.is_(None), SUB_ACTION.c.dropped_at.is_(None)
    )
    yield from ((row.id, row.work) for row in session.execute(rows.order_by(SUB_ACTION.c.due_on)))


def leads_somewhere(move: Move) -> str:
    """Where a move leads, in Chinese; empty for a duty."""
    return "" if move.is_duty else STEPS[move.to].label


def asks_proof(by: Actor, operation: Operation) -> bool:
    """Whether the operation wants the password anew (permission table, mark S)."""
    grant = by.grant_for(operation)
    return grant is not None and grant.step_up
