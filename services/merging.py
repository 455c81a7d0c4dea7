"""Merge 并案: one hazard reported several times is one hazard; both histories stay, and it can be undone."""

from datetime import datetime
from typing import Any, cast

from sqlalchemy import select, update
from sqlmodel import Session

from models.actor import Actor
from models.errors import GateNotMet, InvalidInput
from models.hazard import Hazard
from models.process import STEPS
from models.stage import Clock, Step
from models.tables import DEADLINE, HAZARD, HAZARD_SOURCE, WORK_ITEM
from services import clocks, controls, trail
from services.moves import Taken
from services.reporter_answers import of_report

MERGED_IN, MERGE_UNDONE = "MERGED_IN", "MERGE_UNDONE"


def target_of(session: Session, hazard: Hazard, no: str, *, lock: bool = False) -> Any:
    """The hazard to merge into: another one, still open, not itself merged away. Locked only by who merges, holding the
    lock of mergers (`access.lock_hazard_for`).

    Raises: InvalidInput, GateNotMet.
    """
    wanted = select(HAZARD).where(HAZARD.c.no == no)
    target = session.execute(wanted.with_for_update() if lock else wanted).one_or_none()
    if target is None or target.id == hazard.id:
        raise InvalidInput(
            f"不能并入隐患 {no}。", rule="并案须并入另一件在办隐患", remedy="请核对编号。",
            extra={"errors": [{"field": "into", "message": "编号不存在或为本隐患"}]},
        )  # fmt: skip
    if STEPS[Step(target.step)].is_end:
        raise GateNotMet(
            f"隐患 {no} 已办结，不能并入。",
            rule="并案须并入在办隐患",
            remedy="如属反弹，请提请重新立项整改。",
            field="into",
        )
    controls.refuse_lost(hazard, cast(Hazard, target))
    return target


def tell_target(
    session: Session, hazard: Hazard, target: Any, *, by: Actor, at: datetime, taken: Taken, undone: bool = False
) -> None:
    """The other hazard's own history says what was merged into it, or taken out again."""
    recorded = trail.after(target.changed_at, at)
    link = trail.append(
        session, target.id, trail.Link(target.chain_seq, target.chain_head), MERGE_UNDONE if undone else MERGED_IN, by=by,
        at=recorded,
        facts={"cycle": target.cycle, "merged": hazard.no, "decision_id": taken.decision_id, "before": {}, "after": {}},
    )  # fmt: skip
    carried = _carry_sources(session, hazard.id, hazard.id if undone else target.id)
    if undone:
        _drop_answers(session, carried, at=recorded)
    columns = {"chain_seq": link.seq, "chain_head": link.head, "changed_at": recorded}
    session.execute(update(HAZARD).where(HAZARD.c.id == target.id).values(columns))


def _carry_sources(session: Session, merged_id: str, carrier_id: str) -> list[str]:
    """The reports of a merged hazard, and of those merged into it before, go where it goes, and come back with it."""
    own, found = {merged_id}, {merged_id}
    while found:
        below = select(HAZARD.c.id).where(HAZARD.c.merged_into.in_(found))
        found = set(session.execute(below).scalars()) - own
        own |= found
    theirs = HAZARD_SOURCE.c.original_hazard_id.in_(own)
    session.execute(update(HAZARD_SOURCE).where(theirs).values(hazard_id=carrier_id))
    return list(session.execute(select(HAZARD_SOURCE.c.id).where(theirs)).scalars())


def _drop_answers(session: Session, source_ids: list[str], *, at: datetime) -> None:
    """Answers owed because the hazard they were merged into had ended are owed when their own ends."""
    for source_id in source_ids:
        clocks.void(session, DEADLINE.c.clock == Clock.REPORTER_ANSWER, of_report(DEADLINE.c.subject, source_id), at=at)
        waiting = (WORK_ITEM.c.kind == Clock.REPORTER_ANSWER, WORK_ITEM.c.closed_at.is_(None))
        mine = of_report(WORK_ITEM.c.origin, source_id)
        session.execute(update(WORK_ITEM).where(*waiting, mine).values(closed_at=at))
    unanswered = (HAZARD_SOURCE.c.id.in_(source_ids), HAZARD_SOURCE.c.answered_at.is_(None))
    session.execute(update(HAZARD_SOURCE).where(*unanswered).values(answer_due_at=None))
