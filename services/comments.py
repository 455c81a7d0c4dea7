"""Comments 留言 on a hazard: never changed, with mentions, and seen by the enterprise only where marked for it."""

import hashlib
import json
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import insert, select
from sqlmodel import Session, col

from models import Person
from models.actor import Actor
from models.hazard import Hazard
from models.ids import new_id
from models.outbox import Topic
from models.stage import Step
from models.tables import COMMENT
from services import access, chain, lookups, outbox, standing_in


def comment_on(
    session: Session, hazard: Hazard, words: str, *, mentions: Sequence[str], for_enterprise: bool, by: Actor, at: datetime
) -> tuple[str, list[str]]:  # fmt: skip
    """Write a comment; its id, and who of those mentioned is told.

    Told are only persons who may see this hazard, and this comment, now. What an enterprise writes, the enterprise
    sees. The history keeps a hash of the words. The caller holds the hazard's row lock.

    Raises: InvalidInput (nobody has this id).
    """
    shown = for_enterprise or by.enterprise_id is not None
    told = [one for one in dict.fromkeys(mentions) if _is_told(session, hazard, one, shown=shown, by=by)]
    row = {
        "id": new_id(), "hazard_id": hazard.id, "person_id": by.person_id, "words": words, "for_enterprise": shown,
        "mentioned": json.dumps(told), "written_at": at,
    }  # fmt: skip
    session.execute(insert(COMMENT), row)
    digest = hashlib.sha256(words.encode()).hexdigest()
    facts = {"comment": row["id"], "form": {"sha256": digest, "for_enterprise": shown, "told": len(told)}}
    chain.record(session, hazard.id, "COMMENTED", by=by.in_own_name(), at=at, facts=facts)
    if told:
        outbox.post(session, hazard, Topic.MENTIONED, subject=row["id"], step=Step(hazard.step), at=at)
    return row["id"], told


def comments_on(session: Session, hazard: Hazard, *, by: Actor) -> Sequence[Any]:
    """What this actor may read of them, oldest first, with the names of their authors."""
    statement = (
        select(COMMENT, col(Person.name).label("name"))
        .join(Person, col(Person.id) == COMMENT.c.person_id)
        .where(COMMENT.c.hazard_id == hazard.id)
        .order_by(COMMENT.c.written_at, COMMENT.c.id)
    )
    return session.execute(statement.where(COMMENT.c.for_enterprise) if by.enterprise_id else statement).all()


def _is_told(session: Session, hazard: Hazard, person_id: str, *, shown: bool, by: Actor) -> bool:
    if session.get(Person, person_id) is None:
        raise lookups.missing("mentions", "所提到的人员不存在。", "请核对人员编号（GET /api/v1/people）。")
    if person_id == by.person_id or not standing_in.is_active(session, person_id):
        return False
    reader = standing_in.as_actor(session, person_id)
    return (shown or reader.enterprise_id is None) and access.sees(session, hazard, by=reader)
