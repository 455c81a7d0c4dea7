"""Move running deadlines under a new version of the rules, the ladder or the calendar: those an approver chose, no other.

The old deadline stays as it was, superseded; the hazard's own history says under which version and on whose word.
"""

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import insert, select, update
from sqlmodel import Session

from models.errors import Frozen, GateNotMet, InvalidInput
from models.ids import new_id
from models.stage import Step
from models.steps import STEPS
from models.tables import DEADLINE, HAZARD, LADDER_HOLD, WORK_ITEM
from services import chain, clocks, dry_run, trail
from services.acts import Approval
from services.dry_run import Draft, Shift

DEADLINE_MOVED = "DEADLINE_MOVED"
_RULE = "修订规则不自动改变已有期限，只变动批准人选定的期限"


def lock(session: Session, deadline_ids: Collection[str]) -> None:
    """Lock the hazards of these deadlines, before the office's own stream is locked."""
    hazards = select(DEADLINE.c.hazard_id).where(DEADLINE.c.id.in_(deadline_ids))
    session.execute(select(HAZARD.c.id).where(HAZARD.c.id.in_(hazards)).order_by(HAZARD.c.id).with_for_update())


def move(session: Session, draft: Draft, approval: Approval, version: Mapping[str, int]) -> list[str]:
    """Each chosen deadline gives place to one under the draft, which is kept as `version` (the column and its number).

    The ids of the new deadlines. The caller holds the hazards' locks (`lock`).

    Raises: InvalidInput (chosen twice), GateNotMet (the draft does not move it, or no longer), Frozen.
    """
    chosen = approval.moves
    if len(set(chosen)) < len(chosen):
        raise InvalidInput(
            "同一期限选了两次。",
            rule=_RULE,
            remedy="请核对所选期限。",
            extra={"errors": [{"field": "moves", "message": "有重复"}]},
        )
    found = dry_run.shifts(session, draft, at=approval.at, among=chosen) if chosen else []
    if gone := sorted(set(chosen) - {shift.deadline_id for shift in found}):
        raise GateNotMet(
            f"所选期限中有{len(gone)}项现已不在变动之列。", rule=_RULE, remedy="请刷新待批事项，按最新的试算结果重新选定。",
            extra={"errors": [{"field": "moves", "message": "、".join(gone)}]},
        )  # fmt: skip
    return [_move_one(session, shift, approval, version) for shift in found]


def _move_one(session: Session, shift: Shift, approval: Approval, version: Mapping[str, int]) -> str:
    old = session.execute(select(DEADLINE).where(DEADLINE.c.id == shift.deadline_id)).one()
    hazard = session.execute(select(HAZARD).where(HAZARD.c.id == old.hazard_id)).one()
    if hazard.frozen_at is not None:
        raise Frozen(
            f"{hazard.no}因发生事故已冻结，期限不能变动。",
            rule="事故冻结：保全现状，等待调查",
            remedy="请不选该隐患的期限。",
        )
    at = trail.after(hazard.changed_at, approval.at)
    row = {**old._mapping, "id": new_id(), "closed_at": None, "outcome": None, **shift.columns, **version}
    clocks.replace(session, old, row, at=at)
    _keep_hold(session, old.id, row["id"])
    shown = _carry_along(session, hazard, old, row["due_at"])
    facts = {"deadline_id": row["id"], "clock": old.clock, "proposal": approval.proposal_id, "version": version,
             "proposed_by": approval.proposed_by, "reason": row["reason"], "due": _dates(old, row), "after": shown}  # fmt: skip
    chain.record(session, hazard.id, DEADLINE_MOVED, by=approval.by, at=at, facts=facts)
    return row["id"]


def _dates(old: Any, row: Mapping[str, Any]) -> dict[str, str]:
    return {"was": trail.stamp(old.due_at), "is": trail.stamp(row["due_at"]), "superseded": old.id}


def _keep_hold(session: Session, old_id: str, taking_over: str) -> None:
    """Where the ladder was held, it stays held."""
    held = session.execute(select(LADDER_HOLD).where(LADDER_HOLD.c.deadline_id == old_id)).one_or_none()
    if held is not None:
        session.execute(insert(LADDER_HOLD), dict(held._mapping) | {"id": new_id(), "deadline_id": taking_over})


def _carry_along(session: Session, hazard: Any, old: Any, due_at: datetime) -> dict[str, Any]:
    """The ledger and the inbox show the date that counts; the hazard's columns that follow."""
    mine = (WORK_ITEM.c.hazard_id == hazard.id, WORK_ITEM.c.closed_at.is_(None), WORK_ITEM.c.due_at == old.due_at)
    session.execute(update(WORK_ITEM).where(*mine).values(due_at=due_at))
    clock = STEPS[Step(hazard.step)].clock
    if clock is None or old.subject or clocks.clock_of(clock, urgent=hazard.urgent) != old.clock:
        return {}
    session.execute(update(HAZARD).where(HAZARD.c.id == hazard.id).values(due_at=due_at))
    return {"due_at": trail.stamp(due_at)}
