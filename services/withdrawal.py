"""Withdraw 撤回 what one has just decided, before anybody else acted on it."""

import json
from datetime import datetime
from typing import Any

from sqlalchemy import select, update
from sqlmodel import Session

from models.actor import Actor
from models.columns import UtcDateTime
from models.errors import GateNotMet, NotPermitted
from models.forms.requests import Withdrawal
from models.hazard import Hazard
from models.process import DecisionCode, move_for
from models.stage import Clock, Step
from models.tables import AUDIT_EVENT, DEADLINE, DECISION, HAZARD, HAZARD_REQUEST, WORK_ITEM
from services import clocks, history_check
from services.moves import Taken, take

_NOT_RESTORED = frozenset({"version", "stage", "step", "due_at", "closed_at", "open_requests"})
"""The move back says these itself; a request that lapsed with the withdrawn move is not asked again by taking it back."""
"""Columns the move itself sets."""
_NO_DECISIONS = (Clock.ANSWER, Clock.REPORTER_ANSWER, Clock.OBJECTION)
"""Clocks that letters and reporters start; a decision taken back leaves them, and what a leader asked for, as they are."""


def withdraw(session: Session, hazard: Hazard, form: Withdrawal, *, by: Actor, at: datetime) -> Taken:
    """Take back one's own last move: the hazard stands where it stood, its columns as they were (撤回).

    The clock that the move had stopped runs on with its old date; the withdrawn decision stays in the history.

    Raises: GateNotMet (it cannot be withdrawn, or somebody acted since), NotPermitted (another person's decision).
    """
    before, last = _last_two(session, hazard)
    if last.from_step is None or last.to_step == last.from_step or before is None:
        raise _cannot()
    move = move_for(Step(hazard.step), DecisionCode.WITHDRAW, Step(last.from_step))
    if last.person_id != by.person_id:
        raise NotPermitted("只能撤回您本人刚作的决定。", rule="撤回由作出决定的人办理", remedy="请由作出决定的人撤回。")
    _refuse_claimed(session, hazard)
    restored = _as_before(session, hazard, last.seq)
    _turn_back(session, hazard, before.decided_at, at=at)
    return take(session, hazard, DecisionCode.WITHDRAW, form, by=by, at=at, to=move.to, **restored)


def _last_two(session: Session, hazard: Hazard) -> tuple[Any, Any]:
    """The newest decision and the one before it, which is None where only the report is on record."""
    newest = select(DECISION).where(DECISION.c.hazard_id == hazard.id).order_by(DECISION.c.seq.desc()).limit(2)
    rows = session.execute(newest).all()
    return (rows[1] if len(rows) > 1 else None), rows[0]


def _refuse_claimed(session: Session, hazard: Hazard) -> None:
    claimed = (WORK_ITEM.c.hazard_id == hazard.id, WORK_ITEM.c.is_move, WORK_ITEM.c.closed_at.is_(None))
    if session.execute(select(WORK_ITEM.c.assignee_id).where(*claimed)).scalar_one_or_none() is not None:
        raise GateNotMet(
            "下一办理人已领取该事项，不能撤回。", rule="下一步办理前可以撤回", remedy="请与下一办理人联系，由其退回。"
        )


def _as_before(session: Session, hazard: Hazard, seq: int) -> dict[str, Any]:
    """The columns that event set, as the history says they were before; what others changed since then stays."""
    until = (AUDIT_EVENT.c.stream == hazard.id, AUDIT_EVENT.c.seq <= seq)
    bodies = session.execute(select(AUDIT_EVENT.c.body).where(*until).order_by(AUDIT_EVENT.c.seq)).scalars()
    *earlier, withdrawn = [json.loads(body).get("after", {}) for body in bodies]
    row = history_check.fold({"after": after} for after in earlier)
    now = {name: getattr(hazard, name) for name in row if name in withdrawn and name not in _NOT_RESTORED}
    return {name: _typed(name, row[name]) for name, value in now.items() if _typed(name, row[name]) != value}


def _typed(name: str, value: Any) -> Any:
    is_moment = isinstance(HAZARD.c[name].type, UtcDateTime)
    return datetime.fromisoformat(value) if is_moment and value is not None else value


def _turn_back(session: Session, hazard: Hazard, since: datetime, *, at: datetime) -> None:
    """Clocks and duties the withdrawn move had started are void; those it had ended go on with the dates they had. A
    request that lapsed with it is not asked again, so nobody is to decide it."""
    of_hazard = (DEADLINE.c.hazard_id == hazard.id, DEADLINE.c.clock.not_in(_NO_DECISIONS))
    clocks.void(session, *of_hazard, DEADLINE.c.start_at > since, at=at)
    ended = (*of_hazard, DEADLINE.c.closed_at > since, DEADLINE.c.outcome.in_(("MET", "LATE")))
    for deadline in session.execute(select(DEADLINE).where(*ended)).all():
        clocks.go_on(session, deadline)
    duty = (WORK_ITEM.c.hazard_id == hazard.id, ~WORK_ITEM.c.is_move, WORK_ITEM.c.kind.in_(list(DecisionCode)))
    requests = select(HAZARD_REQUEST.c.id).where(HAZARD_REQUEST.c.hazard_id == hazard.id)
    ended_with_it = (WORK_ITEM.c.closed_at > since, WORK_ITEM.c.opened_at <= since, WORK_ITEM.c.origin.not_in(requests))
    reopened = update(WORK_ITEM).where(*duty, *ended_with_it)
    session.execute(reopened.values(closed_at=None, closed_by=None))
    begun = update(WORK_ITEM).where(*duty, WORK_ITEM.c.closed_at.is_(None), WORK_ITEM.c.opened_at > since)
    session.execute(begun.values(closed_at=at))


def _cannot() -> GateNotMet:
    return GateNotMet(
        "最近的决定不能撤回。", rule="确认、结论、销号等决定不能撤回", remedy="如有错误，请由下一办理人退回。"
    )
