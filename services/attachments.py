"""Evidence attached to a hazard by a decision."""

from collections.abc import Iterable
from typing import Any

from sqlalchemy import bindparam, insert, select
from sqlmodel import Session

from models.actor import Actor
from models.errors import InvalidInput
from models.tables import EVIDENCE, HAZARD_EVIDENCE

_OWN = select(EVIDENCE).where(
    EVIDENCE.c.id.in_(bindparam("wanted", expanding=True)), EVIDENCE.c.uploaded_by == bindparam("uploader")
)


def usable(session: Session, evidence_ids: Iterable[str], *, by: Actor) -> list[Any]:
    """The evidence rows of these ids, which must be the actor's own uploads, in the order given.

    Raises: InvalidInput, naming the ids that are not.
    """
    wanted = list(dict.fromkeys(evidence_ids))
    if not wanted:
        return []
    found = {row.id: row for row in session.execute(_OWN, {"wanted": wanted, "uploader": by.person_id})}
    if missing := [item for item in wanted if item not in found]:
        raise InvalidInput(
            f"材料编号不存在或不是您上传的：{'、'.join(missing)}。",
            rule="佐证材料须由提交人本人上传",
            remedy="请先上传材料（POST /api/v1/evidence），再用返回的编号提交。",
            extra={"errors": [{"field": "evidence", "message": item} for item in missing]},
        )
    return [found[item] for item in wanted]


def are_one_file(session: Session, *evidence_ids: str) -> bool:
    """Uploaded under several numbers, the same to the last byte."""
    hashes = session.execute(select(EVIDENCE.c.sha256).where(EVIDENCE.c.id.in_(evidence_ids))).scalars().all()
    return len(hashes) > 1 and len(set(hashes)) == 1


def attach(session: Session, hazard_id: str, decision_id: str, pieces: list[Any]) -> None:
    if pieces:
        session.execute(
            insert(HAZARD_EVIDENCE),
            [{"hazard_id": hazard_id, "evidence_id": piece.id, "decision_id": decision_id} for piece in pieces],
        )
