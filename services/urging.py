"""Urge 催办 whoever holds a work item to get on with it: once a day for each who urges, on the hazard's record."""

from datetime import datetime
from typing import Any

from sqlmodel import Session

from models.actor import Actor
from models.errors import AlreadyUrged, NotPermitted
from models.ids import new_id
from models.once import insert_once
from models.outbox import Topic
from models.permissions import Operation
from models.stage import Step
from models.tables import URGING
from services import access, chain, outbox, staffing, standing_in

_URGE = insert_once(URGING, "id")


def urge(session: Session, item_id: str, words: str, *, by: Actor, at: datetime) -> Any:
    """Raises: NotFound, NotPermitted (one's own item), AlreadyUrged (today, by the same person)."""
    item = staffing.item_of(session, item_id)
    hazard = access.lock_hazard_for(session, item.no, Operation.URGE, by=by)
    item = staffing.item_of(session, item_id)
    if item.assignee_id == by.person_id:
        raise NotPermitted("该事项由您本人领取。", rule="催办他人办理的事项", remedy="请直接办理。")
    urging_id = new_id()
    row = {"id": urging_id, "item_id": item_id, "urger_id": by.person_id, "day": standing_in.day_of(at), "urged_at": at,
           "words": words}  # fmt: skip
    if session.execute(_URGE, row).first() is None:
        raise AlreadyUrged(
            "您今天已催办过该事项。", rule="同一事项每人每天只催办一次", remedy="请明天再催办，或人工提级。"
        )
    facts = {"work_item": item_id, "kind": item.kind, "form": {"words": words}}
    chain.record(session, hazard.id, "URGED", by=by, at=at, facts=facts)
    outbox.post(session, hazard, Topic.URGED, subject=urging_id, step=Step(hazard.step), at=at)
    return item
