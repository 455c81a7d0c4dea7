"""Copy a hazard for information 抄送 to a person who has no part in it, and take the copy back."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import select, update
from sqlmodel import Session, col

from models import Person
from models.actor import Actor
from models.errors import NotFound, NotPermitted
from models.hazard import Hazard
from models.ids import new_id
from models.once import insert_once
from models.outbox import Topic
from models.permissions import Operation
from models.stage import Step
from models.tables import HAZARD_COPY
from services import chain, lookups, outbox, standing_in

_IN_FORCE = HAZARD_COPY.c.revoked_at.is_(None)
_COPY = insert_once(HAZARD_COPY, "id")


def copy_to(
    session: Session, hazard: Hazard, people: Iterable[str], words: str, *, by: Actor, at: datetime
) -> list[str]:
    """Let these persons read the hazard; those who could read a copy already are passed over. Who is new.

    The caller holds the hazard's row lock.

    Raises: InvalidInput (not an official with an account who reads hazards).
    """
    return [one for one in dict.fromkeys(people) if _copy(session, hazard, one, words, by=by, at=at)]


def revoke(session: Session, hazard: Hazard, person_id: str, *, by: Actor, at: datetime) -> None:
    """The person reads it no more, from the next request on.

    Raises: NotFound.
    """
    mine = (HAZARD_COPY.c.hazard_id == hazard.id, HAZARD_COPY.c.person_id == person_id, _IN_FORCE)
    done = session.execute(update(HAZARD_COPY).where(*mine).values(revoked_at=at, revoked_by=by.person_id))
    if done.rowcount != 1:  # pyright: ignore[reportAttributeAccessIssue]  # a cursor result
        raise NotFound("没有抄送给该人员，或已收回。", remedy="请刷新抄送列表。")
    chain.record(session, hazard.id, "COPY_REVOKED", by=by, at=at, facts={"form": {"person": person_id}})


def copies_of(session: Session, hazard: Hazard) -> Sequence[Any]:
    """Who reads it by a copy, oldest first."""
    statement = (
        select(HAZARD_COPY, col(Person.name).label("name"))
        .join(Person, col(Person.id) == HAZARD_COPY.c.person_id)
        .where(HAZARD_COPY.c.hazard_id == hazard.id, _IN_FORCE)
        .order_by(HAZARD_COPY.c.copied_at, HAZARD_COPY.c.id)
    )
    return session.execute(statement).all()


def _copy(session: Session, hazard: Hazard, person_id: str, words: str, *, by: Actor, at: datetime) -> bool:
    _check_reader(session, person_id, by)
    row = {"id": new_id(), "hazard_id": hazard.id, "person_id": person_id, "words": words, "copied_by": by.person_id,
           "copied_at": at, "revoked_at": None, "revoked_by": None}  # fmt: skip
    if session.execute(_COPY, row).first() is None:
        return False
    chain.record(session, hazard.id, "COPIED", by=by, at=at, facts={"form": {"person": person_id, "words": words}})
    outbox.post(session, hazard, Topic.COPIED, subject=row["id"], step=Step(hazard.step), at=at)
    return True


def _check_reader(session: Session, person_id: str, by: Actor) -> None:
    if person_id == by.person_id:
        raise NotPermitted("不能抄送给本人。", rule="抄送", remedy="请选择其他人员。")
    if not standing_in.is_active(session, person_id):
        raise lookups.missing("people", "没有该人员，或其账号已停用。", "请核对人员编号（GET /api/v1/people）。")
    reader = standing_in.as_actor(session, person_id)
    if reader.enterprise_id or reader.grant_for(Operation.READ_HAZARD) is None:
        raise lookups.missing("people", f"{reader.name}的角色不能查看隐患。", "请抄送给机关、村（社区）人员。")
