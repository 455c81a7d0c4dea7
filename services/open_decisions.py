"""Which decisions are open to one person on one hazard now: the move table, less what is bound to be refused."""

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from sqlalchemy import Select, func, select
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


class _Beside(NamedTuple):
    """What besides a hazard's own row says which decisions make sense."""

    asked: Mapping[str, str]
    """Who asked for what, of the requests not decided yet."""
    last: Any
    """The newest decision."""
    waiting: Collection[str]
    """The answers that are waited for."""
    signed: Sequence[Any]
    """Who holds which part of its chains of custody, in the present cycle."""


def open_to(session: Session, hazard: Hazard, *, by: Actor) -> Sequence[Move]:
    """The moves this person may make now, those that carry the hazard on first.

    Only asks what can be seen from here; what a decision needs besides is checked, and said, when it is taken.
    """
    return open_to_each(session, [hazard], by=by)[hazard.id]


def open_to_each(session: Session, hazards: Sequence[Hazard], *, by: Actor) -> dict[str, Sequence[Move]]:
    """`open_to` of each hazard, by its id; asks the database as much for many as for one."""
    beside = _beside(session, hazards)
    return {hazard.id: _open_now(hazard, beside[hazard.id], by) for hazard in hazards}


def _open_now(hazard: Hazard, beside: _Beside, by: Actor) -> Sequence[Move]:
    found: dict[DecisionCode, Move] = {}
    for move in moves_at(Step(hazard.step)):
        possible = move.decision not in found and (move.while_frozen or not hazard.frozen_at)
        if possible and access.may_take(by, move, hazard) and _makes_sense(hazard, move, beside, by):
            found[move.decision] = move
    return sorted(found.values(), key=lambda move: (move.is_duty, move.decision == DecisionCode.WITHDRAW))


def _beside(session: Session, hazards: Sequence[Hazard]) -> dict[str, _Beside]:
    ids = [hazard.id for hazard in hazards]
    cycles = {(hazard.id, hazard.cycle) for hazard in hazards}
    requests, items, later = HAZARD_REQUEST.c, WORK_ITEM.c, DECISION.alias()
    newest = select(func.max(later.c.seq)).where(later.c.hazard_id == DECISION.c.hazard_id).scalar_subquery()
    asked = _by_hazard(
        session, select(HAZARD_REQUEST).where(requests.hazard_id.in_(ids), requests.decided_at.is_(None))
    )
    last = _by_hazard(session, select(DECISION).where(DECISION.c.hazard_id.in_(ids), DECISION.c.seq == newest))
    waiting = _by_hazard(
        session, select(WORK_ITEM).where(items.hazard_id.in_(ids), items.kind.in_(_ANSWERS), items.closed_at.is_(None))
    )
    signed = _by_hazard(session, select(SIGNATURE).where(SIGNATURE.c.hazard_id.in_(ids)))
    return {
        one: _Beside(
            {row.kind: row.asked_by for row in asked[one]},
            next(iter(last[one]), None),
            {row.kind for row in waiting[one]},
            [row for row in signed[one] if (one, row.cycle) in cycles],
        )
        for one in ids
    }


def _by_hazard(session: Session, statement: Select[Any]) -> dict[str, list[Any]]:
    found: dict[str, list[Any]] = defaultdict(list)
    for row in session.execute(statement):
        found[row.hazard_id].append(row)
    return found


def _makes_sense(hazard: Hazard, move: Move, beside: _Beside, by: Actor) -> bool:
    asked = beside.asked
    if move.request and move.decision == move.request.ask:
        return move.request not in asked
    if move.request:
        return move.request in asked and asked[move.request] not in {by.person_id, *by.principal_ids}
    if move.decision == DecisionCode.WITHDRAW:
        return _is_own(beside.last, move, by)
    if move.decision == DecisionCode.FINISH_ACTION:
        return hazard.open_actions > 0
    if move.decision in {DecisionCode.FREEZE, DecisionCode.UNFREEZE}:
        return (hazard.frozen_at is None) == (move.decision == DecisionCode.FREEZE)
    if move.decision in _ANSWERS:
        return move.decision in beside.waiting
    return not _holds_other_part(hazard, move, beside.signed, by)


def _is_own(last: Any, move: Move, by: Actor) -> bool:
    return last is not None and last.person_id == by.person_id and (last.from_step, last.to_step) == (move.to, move.at)


def _holds_other_part(hazard: Hazard, move: Move, signed: Sequence[Any], by: Actor) -> bool:
    eyes = move.eyes
    if eyes is None:
        return False
    unit = access.acting_unit(by, move, hazard) if eyes.by_unit else None
    signers = {by.person_id, *by.principal_ids, *([unit] if unit else [])}
    return any(row.chain == eyes.chain and row.part != eyes.part and row.signer in signers for row in signed)


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
