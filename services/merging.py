"""Merge 并案: one hazard reported several times is one hazard; both histories stay, and it can be undone."""

from datetime import datetime
from typing import Any

from sqlalchemy import select, update
from sqlmodel import Session

from models.actor import Actor
from models.errors import GateNotMet, InvalidInput
from models.hazard import Hazard
from models.process import STEPS
from models.stage import Step
from models.tables import HAZARD, HAZARD_SOURCE
from services import trail
from services.moves import Taken

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
            f"隐患 {no} 已办结，不能并入。", rule="并案须并入在办隐患", remedy="如属反弹，请提请重新立项整改。"
        )
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
    _carry_sources(session, hazard.id, hazard.id if undone else target.id)
    columns = {"chain_seq": link.seq, "chain_head": link.head, "changed_at": recorded}
    session.execute(update(HAZARD).where(HAZARD.c.id == target.id).values(columns))


def _carry_sources(session: Session, merged_id: str, carrier_id: str) -> None:
    """The reports of a merged hazard, and of those merged into it before, go where it goes, and come back with it."""
    own, found = {merged_id}, {merged_id}
    while found:
        below = select(HAZARD.c.id).where(HAZARD.c.merged_into.in_(found))
        found = set(session.execute(below).scalars()) - own
        own |= found
    session.execute(
        update(HAZARD_SOURCE).where(HAZARD_SOURCE.c.original_hazard_id.in_(own)).values(hazard_id=carrier_id)
    )
