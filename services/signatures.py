"""Four eyes: who signs which part of a chain of custody, decided by a primary key."""

from datetime import datetime
from typing import Any

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
    race end with one refused, on both databases. What is signed under a delegation counts as signed by the delegator
    as well, so neither of the two takes another part.

    Raises: FourEyes, naming who holds the other part.
    """
    if move.eyes is None:
        return
    signers = [by.person_id, *by.principal_ids, *([unit_id] if move.eyes.by_unit and unit_id else [])]
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
    return FourEyes(
        f"{_named(by, signer)}已办理本隐患的“{_PART_LABELS[held]}”，不能再办理“{move.decision.label}”。",
        rule="职责分离：认定、完成报告、复查、销号由不同的人办理，复查与销号分属不同单位",
        remedy=f"请由其他{who_may(move.operation)}办理。",
        extra={"held_part": held, "part": move.eyes.part},
    )


def _named(by: Actor, signer: str) -> str:
    if signer == by.person_id:
        return "您本人"
    principal = next((one for one in by.on_behalf_of if one.person_id == signer), None)
    return f"委托您代办的{principal.name}" if principal else "您所在单位"


def bind_principals(session: Session, hazard: Hazard, request_id: str, *, by: Actor, at: datetime) -> None:
    """What was asked for under a delegation was asked for by the delegator as well."""
    for person_id in by.principal_ids:
        session.connection().execute(
            _SIGN, {"hazard_id": hazard.id, "cycle": hazard.cycle, "chain": _chain_of(request_id), "signer": person_id,
                    "part": "ask", "signed_at": at},
        )  # fmt: skip


def is_asker(session: Session, hazard: Hazard, request: Any, *, by: Actor) -> bool:
    """Whether this person, or somebody they act for, asked for it, or had it asked for."""
    deciding = {by.person_id, *by.principal_ids}
    if request.asked_by in deciding:
        return True
    bound = (SIGNATURE.c.hazard_id == hazard.id, SIGNATURE.c.chain == _chain_of(request.id))
    return session.execute(select(SIGNATURE.c.part).where(*bound, SIGNATURE.c.signer.in_(deciding))).first() is not None


def _chain_of(request_id: str) -> str:
    return f"request:{request_id}"


_SIGN = insert_or(
    SIGNATURE, _KEY, "signed_at = excluded.signed_at WHERE signature.part = excluded.part", returning="part"
)
