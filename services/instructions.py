"""A town leader's instruction 批示 on a hazard, and the unit's report on what it did (报告批示落实情况)."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any, cast

from sqlalchemy import insert, select, update
from sqlmodel import Session, col

from models import Person, Unit
from models.actor import Actor
from models.correspondence import INSTRUCTION
from models.errors import NotFound, NotPermitted
from models.hazard import Hazard
from models.ids import new_id
from models.limits import add_working_days, end_of
from models.once import insert_once
from models.organization import UnitKind
from models.outbox import Topic
from models.permissions import Role
from models.stage import Step
from models.tables import HAZARD, HAZARD_PARTY, WORK_ITEM
from models.tables import INSTRUCTION as INSTRUCTIONS
from services import chain, clocks, duties, lookups, outbox

REPORT_WITHIN = 5
"""Working days for the report where the leader names no day."""
_REPORTING = frozenset({UnitKind.DEPARTMENT, UnitKind.COMMITTEE, UnitKind.VILLAGE})
_ROLES = {UnitKind.VILLAGE: f"{Role.VC}", UnitKind.COMMITTEE: f"{Role.SC}"}
_JOIN = insert_once(HAZARD_PARTY, "part")
_PART = "instructed"
"""The unit named sees the hazard; no move belongs to this part."""


def instruct(
    session: Session, hazard: Hazard, words: str, *, unit: str | None, due_on: date | None, by: Actor, at: datetime
) -> Any:
    """Write a leader's instruction; a unit named in it owes a report by the day named, or within five working days.

    The caller holds the hazard's row lock. It decides nothing about the hazard and moves no deadline.

    Raises: InvalidInput.
    """
    named = lookups.unit_by_code(session, unit, field="unit", kinds=_REPORTING) if unit else None
    if named is None and due_on is not None:
        raise lookups.missing("due_on", "写明报告期限须同时写明报告单位。", "请填写单位代码。")
    if due_on is not None:
        clocks.refuse_short_notice(session, hazard, end_of(due_on), at=at, field="due_on")
    due_at = _due(session, hazard, due_on, at) if named else None
    row = {
        "id": new_id(), "hazard_id": hazard.id, "leader_id": by.person_id, "words": words,
        "unit_id": named.id if named else None, "due_at": due_at, "instructed_at": at,
    }  # fmt: skip
    session.execute(insert(INSTRUCTIONS), row)
    facts = {"instruction": row["id"], "form": {"words": words, "unit": unit or "",
                                                "due_on": due_on.isoformat() if due_on else ""}}  # fmt: skip
    chain.record(session, hazard.id, "INSTRUCTED", by=by, at=at, facts=facts)
    if named and due_at:
        _ask_report(session, hazard, named, row["id"], due_at, at=at)
    outbox.post(session, hazard, Topic.INSTRUCTED, subject=row["id"], step=Step(hazard.step), at=at)
    return session.execute(select(INSTRUCTIONS).where(INSTRUCTIONS.c.id == row["id"])).one()


def report_on(session: Session, item_id: str, answer: str, *, by: Actor, at: datetime) -> Any:
    """The unit reports how the instruction was carried out; that closes what it owed. The instruction.

    Raises: NotFound, NotPermitted.
    """
    open_one = (WORK_ITEM.c.id == item_id, WORK_ITEM.c.kind == INSTRUCTION, WORK_ITEM.c.closed_at.is_(None))
    item = session.execute(select(WORK_ITEM).where(*open_one)).one_or_none()
    if item is None:
        raise _nothing_owed()
    if not any(role in item.roles.split() and item.unit_id in {None, unit} for role, unit in by.grants):
        raise NotPermitted("该批示须由批示所指的单位报告。", rule="批示由所指单位落实", remedy="请由该单位人员办理。")
    locked = select(HAZARD).where(HAZARD.c.id == item.hazard_id).with_for_update()
    hazard = cast(Hazard, session.execute(locked).one())
    done = session.execute(update(WORK_ITEM).where(*open_one).values(closed_at=at, closed_by=by.person_id))
    if done.rowcount != 1:  # pyright: ignore[reportAttributeAccessIssue]  # a cursor result
        raise _nothing_owed()
    answered = update(INSTRUCTIONS).where(INSTRUCTIONS.c.id == item.origin)
    session.execute(answered.values(answer=answer, answered_by=by.person_id, answered_at=at))
    facts = {"instruction": item.origin, "form": {"answer": answer}}
    chain.record(session, hazard.id, "INSTRUCTION_ANSWERED", by=by, at=at, facts=facts)
    outbox.post(session, hazard, Topic.INSTRUCTION_ANSWERED, subject=item.origin, step=Step(hazard.step), at=at)
    return hazard


def instructions_on(session: Session, hazard: Hazard) -> Sequence[Any]:
    """Every instruction on a hazard with the leader's and the unit's name, oldest first."""
    statement = (
        select(INSTRUCTIONS, col(Person.name).label("leader"), col(Unit.name).label("unit"))
        .join(Person, col(Person.id) == INSTRUCTIONS.c.leader_id)
        .outerjoin(Unit, col(Unit.id) == INSTRUCTIONS.c.unit_id)
        .where(INSTRUCTIONS.c.hazard_id == hazard.id)
        .order_by(INSTRUCTIONS.c.instructed_at, INSTRUCTIONS.c.id)
    )
    return session.execute(statement).all()


def _ask_report(session: Session, hazard: Hazard, unit: Unit, origin: str, due_at: datetime, *, at: datetime) -> None:
    session.execute(_JOIN, {"unit_id": unit.id, "hazard_id": hazard.id, "part": _PART})
    session.execute(
        duties.INSERT_ITEM,
        {"id": new_id(), "hazard_id": hazard.id, "kind": INSTRUCTION, "is_move": False, "origin": origin,
         "roles": _ROLES.get(UnitKind(unit.kind), f"{Role.DH} {Role.DO}"), "enterprise_id": None,
         "unit_id": None if unit.kind == UnitKind.COMMITTEE else unit.id,  # the office's own inbox has no unit
         "due_at": due_at, "opened_at": at},
    )  # fmt: skip


def _due(session: Session, hazard: Hazard, due_on: date | None, at: datetime) -> datetime:
    if due_on is not None:
        return end_of(due_on)
    return add_working_days(at, REPORT_WITHIN, clocks.calendar_of(session, hazard, at=at))


def _nothing_owed() -> NotFound:
    return NotFound("没有找到待报告的批示，或已报告。", remedy="请刷新待办列表。")
