"""Words from one person of the office to another, as notices: assigned, urged, copied, instructed, mentioned, delegated,
handed over."""

import json
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlmodel import Session

from flows import facts
from models import OutboxMessage, Person, Unit
from models.hazard import Hazard
from models.outbox import Topic
from models.stage import Step
from models.tables import COMMENT, DELEGATION, HANDOVER, HAZARD_COPY, INSTRUCTION, URGING, WORK_ITEM
from notifications import notices, recipients

Effect = Callable[[Session, OutboxMessage, Hazard, datetime], None]


def tell_assigned_person(session: Session, message: OutboxMessage, hazard: Hazard, at: datetime) -> None:
    item = _row(session, WORK_ITEM, message)
    if item.closed_at is None and item.assignee_id:
        known = facts.of_word(
            hazard, Step(message.step), sender="单位负责人", task=facts.task_name(item), due_at=item.due_at
        )
        notices.queue(session, message.id, "person_assigned", hazard, (item.assignee_id,), known, at=at)


def tell_urged(session: Session, message: OutboxMessage, hazard: Hazard, at: datetime) -> None:
    """Whoever holds the item, else everybody who finds it in the inbox; whoever stands in for them as well."""
    urging = _row(session, URGING, message)
    item = session.execute(select(WORK_ITEM).where(WORK_ITEM.c.id == urging.item_id)).one()
    if item.closed_at is not None:
        return
    held = (item.assignee_id,) if item.assignee_id else recipients.of_item(session, item)
    known = facts.of_word(
        hazard, Step(message.step), sender=_name(session, urging.urger_id),
        task=facts.task_name(item), due_at=item.due_at,
    )  # fmt: skip
    people = recipients.with_delegates(session, held, at=at)
    notices.queue(session, message.id, "urged", hazard, people, known, at=at)


def tell_copied(session: Session, message: OutboxMessage, hazard: Hazard, at: datetime) -> None:
    copy = _row(session, HAZARD_COPY, message)
    if copy.revoked_at is None:
        known = facts.of_word(hazard, Step(message.step), sender=_name(session, copy.copied_by))
        notices.queue(session, message.id, "copied", hazard, (copy.person_id,), known, at=at)


def tell_instructed(session: Session, message: OutboxMessage, hazard: Hazard, at: datetime) -> None:
    """The unit named, else the unit in charge and the committee office."""
    instruction = _row(session, INSTRUCTION, message)
    known = facts.of_word(
        hazard, Step(message.step), sender=_name(session, instruction.leader_id),
        due_at=instruction.due_at,
    )  # fmt: skip
    owed = session.execute(select(WORK_ITEM).where(WORK_ITEM.c.origin == instruction.id)).one_or_none()
    if owed is not None:
        told = recipients.of_item(session, owed)
    else:
        here = recipients.of_step(session, hazard, Step(message.step))
        told = here.person_ids or recipients.of_end(session, hazard).person_ids
    people = recipients.with_delegates(session, told, at=at)
    notices.queue(session, message.id, "instructed", hazard, people, known, at=at)


def tell_instruction_answered(session: Session, message: OutboxMessage, hazard: Hazard, at: datetime) -> None:
    instruction = _row(session, INSTRUCTION, message)
    sender = session.get_one(Unit, instruction.unit_id).name
    known = facts.of_word(hazard, Step(message.step), sender=sender)
    notices.queue(session, message.id, "instruction_answered", hazard, (instruction.leader_id,), known, at=at)


def tell_mentioned(session: Session, message: OutboxMessage, hazard: Hazard, at: datetime) -> None:
    """The words themselves stay in the program."""
    comment = _row(session, COMMENT, message)
    known = facts.of_word(hazard, Step(message.step), sender=_name(session, comment.person_id))
    notices.queue(session, message.id, "mentioned", hazard, json.loads(comment.mentioned), known, at=at)


def tell_delegated(session: Session, message: OutboxMessage, _hazard: Hazard, at: datetime) -> None:
    """Both, when it is made and when it ends."""
    row = _row(session, DELEGATION, message)
    ended = row.revoked_at is not None and row.revoked_at <= message.created_at
    known = facts.of_office(
        delegator=_name(session, row.delegator_id), delegate=_name(session, row.delegate_id),
        unit_name=session.get_one(Unit, row.unit_id).name, from_on=row.from_on, until_on=row.until_on,
    )  # fmt: skip
    people = (row.delegate_id, row.delegator_id)
    notices.queue(session, message.id, "delegation_ended" if ended else "delegated", None, people, known, at=at)


def tell_handed_over(session: Session, message: OutboxMessage, _hazard: Hazard, at: datetime) -> None:
    row = _row(session, HANDOVER, message)
    known = facts.of_office(
        leaver=_name(session, row.leaver_id), successor=_name(session, row.successor_id), moved=str(row.moved)
    )
    notices.queue(session, message.id, "handed_over", None, (row.successor_id,), known, at=at)


def _row(session: Session, table: Any, message: OutboxMessage) -> Any:
    return session.execute(select(table).where(table.c.id == message.subject)).one()


def _name(session: Session, person_id: str) -> str:
    return session.get_one(Person, person_id).name


WORDS: Mapping[Topic, str] = {
    Topic.PERSON_ASSIGNED: "tell_assigned_person", Topic.URGED: "tell_urged", Topic.COPIED: "tell_copied",
    Topic.INSTRUCTED: "tell_instructed", Topic.INSTRUCTION_ANSWERED: "tell_instruction_answered",
    Topic.MENTIONED: "tell_mentioned", Topic.DELEGATED: "tell_delegated", Topic.HANDED_OVER: "tell_handed_over",
}  # fmt: skip
EFFECTS: Mapping[str, Effect] = {
    "tell_assigned_person": tell_assigned_person, "tell_urged": tell_urged, "tell_copied": tell_copied,
    "tell_instructed": tell_instructed, "tell_instruction_answered": tell_instruction_answered,
    "tell_mentioned": tell_mentioned, "tell_delegated": tell_delegated, "tell_handed_over": tell_handed_over,
}  # fmt: skip
