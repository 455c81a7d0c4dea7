"""Four eyes: who signs which part of a chain of custody, decided by a primary key."""

from datetime import datetime

from sqlalchemy import select
from sqlmodel import Session

from models.actor import Actor
from models.errors import FourEyes
from models.hazard import Hazard
from models.once import insert_or
from models.process import Move, who_may
from models.tables import SIGNATURE

_PART_LABELS = {
    "propose": "提出认定意见",
    "confirm": "确认认定意见",
    "approve": "批准",
    "submit": "报送方案",
    "complete": "报告整改完成",
    "recheck": "现场复查",
    "review": "复查验收",
    "close": "销号审核",
}
_KEY = ("hazard_id", "cycle", "chain", "signer")


def sign(session: Session, hazard: Hazard, move: Move, *, by: Actor, unit_id: str | None, at: datetime) -> None:
    """Take the part of the chain that this move is; a signer who already holds another part is refused.

    The insert itself decides: on a signer's existing row it only succeeds for the same part, so two requests that
    race end with one refused, on both databases.

    Raises: FourEyes, naming who holds the other part.
    """
    if move.eyes is None:
        return
    signers = [by.person_id, *([unit_id] if move.eyes.by_unit and unit_id else [])]
    for signer in signers:
        row = {"hazard_id": hazard.id, "cycle": hazard.cycle, "chain": move.eyes.chain, "signer": signer,
               "part": move.eyes.part, "signed_at": at}  # fmt: skip
        if session.connection().execute(_SIGN, row).first() is None:
            raise _conflict(session, hazard, move, by=by, signer=signer)


def _conflict(session: Session, hazard: Hazard, move: Move, *, by: Actor, signer: str) -> FourEyes:
    assert move.eyes is not None  # noqa: S101  # `sign` returned for moves without eyes
    same = [
        SIGNATURE.c[name] == value
        for name, value in zip(_KEY, (hazard.id, hazard.cycle, move.eyes.chain, signer), strict=True)
    ]
    held = session.execute(select(SIGNATURE.c.part).where(*same)).scalar_one()
    who = "您本人" if signer == by.person_id else "您所在单位"
    return FourEyes(
        f"{who}已办理本隐患的“{_PART_LABELS[held]}”，不能再办理“{move.decision.label}”。",
        rule="职责分离：认定、完成报告、复查、销号由不同的人办理，复查与销号分属不同单位",
        remedy=f"请由其他{who_may(move.operation)}办理。",
        extra={"held_part": held, "part": move.eyes.part},
    )


_SIGN = insert_or(
    SIGNATURE, _KEY, "signed_at = excluded.signed_at WHERE signature.part = excluded.part", returning="part"
)
