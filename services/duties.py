"""Duties beside the process: answering a supervision letter, importing a calendar year."""

from datetime import datetime
from typing import Any, cast

from sqlalchemy import select, update
from sqlmodel import Session

from models.actor import Actor
from models.errors import NotFound, NotPermitted
from models.hazard import Hazard
from models.ids import new_id
from models.once import insert_once
from models.permissions import Role
from models.stage import Clock
from models.tables import HAZARD, WORK_ITEM
from services import trail

CALENDAR_YEAR = "calendar_year"
_NOBODY = {"unit_id": None, "enterprise_id": None, "assignee_id": None, "closed_at": None, "closed_by": None}


def open_answer(
    session: Session, hazard: Hazard, deadline: Any, *, origin: str, unit_id: str | None, due_at: datetime, at: datetime
) -> None:
    """Whoever is late must answer the letter in writing: the enterprise, or the department's head."""
    by_unit = deadline.against == "unit"
    _open_once(
        session, hazard_id=hazard.id, kind=Clock.ANSWER, origin=origin, roles=Role.EN if by_unit else Role.DH,
        unit_id=None if by_unit else unit_id, enterprise_id=hazard.enterprise_id if by_unit else None, due_at=due_at, opened_at=at,
    )  # fmt: skip


def open_calendar_year(session: Session, year: int, *, due_at: datetime, at: datetime) -> bool:
    """A task for the administrator: deadlines reach into a year whose holidays are not known. False if it was there."""
    return _open_once(
        session,
        hazard_id=None,
        kind=CALENDAR_YEAR,
        origin=f"calendar-{year}",
        roles=Role.AD,
        due_at=due_at,
        opened_at=at,
    )


def answer_letter(session: Session, item_id: str, text: str, *, by: Actor, at: datetime) -> None:
    """Answer a supervision letter in writing; the answer goes into the hazard's history.

    Raises: NotFound, NotPermitted.
    """
    open_answers = (WORK_ITEM.c.id == item_id, WORK_ITEM.c.kind == Clock.ANSWER, WORK_ITEM.c.closed_at.is_(None))
    item = session.execute(select(WORK_ITEM).where(*open_answers)).one_or_none()
    if item is None:
        raise _nothing_to_answer()
    if item.enterprise_id != by.enterprise_id if item.enterprise_id else item.unit_id not in by.unit_ids:
        raise NotPermitted(
            "该督办函须由被督办单位答复。", rule="督办函由被督办单位答复", remedy="请由被督办单位的人员办理。"
        )
    locked = select(HAZARD).where(HAZARD.c.id == item.hazard_id).with_for_update()
    hazard = cast(Hazard, session.execute(locked).one())
    answered = session.execute(update(WORK_ITEM).where(*open_answers).values(closed_at=at, closed_by=by.person_id))
    if answered.rowcount != 1:  # pyright: ignore[reportAttributeAccessIssue]  # a cursor result
        raise _nothing_to_answer()
    recorded = trail.after(hazard.changed_at, at)
    link = trail.append(
        session, hazard.id, trail.Link(hazard.chain_seq, hazard.chain_head), "LETTER_ANSWERED", by=by, at=recorded,
        facts={"cycle": hazard.cycle, "escalation_id": item.origin, "form": {"answer": text}, "before": {}, "after": {}},
    )  # fmt: skip
    session.execute(
        update(HAZARD)
        .where(HAZARD.c.id == hazard.id)
        .values(chain_seq=link.seq, chain_head=link.head, changed_at=recorded)
    )


def _nothing_to_answer() -> NotFound:
    return NotFound("没有找到待答复的督办函，或已答复。", remedy="请刷新待办列表。")


def _open_once(session: Session, **columns: Any) -> bool:
    row = _NOBODY | {"id": new_id(), "is_move": False} | columns
    return session.execute(_INSERT, row).first() is not None


_INSERT = insert_once(WORK_ITEM, "id")
