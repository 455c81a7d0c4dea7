"""Duties that are done with words: answering a letter of supervision 督办函, reporting on an instruction 批示."""

from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlmodel import Session

from models.actor import Actor
from models.correspondence import INSTRUCTION
from models.errors import NotFound
from models.operations import Operation
from models.stage import Clock
from models.tables import INSTRUCTION as INSTRUCTIONS
from models.tables import LETTER
from services import duties, inbox, instructions

OPERATIONS = {str(Clock.ANSWER): Operation.WORK_ITEMS, INSTRUCTION: Operation.REPORT_ON_INSTRUCTION}
"""By kind of the item, what answering it needs."""


def item_to_answer(session: Session, item_id: str, *, by: Actor) -> Any:
    """An open item of one's inbox that waits for words.

    Raises: NotFound.
    """
    item = inbox.item(session, item_id, by=by)
    if item.kind not in OPERATIONS:
        raise NotFound("没有找到待答复的督办函或批示，或已答复。", remedy="请刷新待办列表。")
    return item


def asked_in(session: Session, item: Any) -> str:
    """What is to be answered, as it was written; empty while a letter is not drafted."""
    if item.kind == INSTRUCTION:
        return session.execute(select(INSTRUCTIONS.c.words).where(INSTRUCTIONS.c.id == item.origin)).scalar_one()
    return session.execute(select(LETTER.c.body).where(LETTER.c.origin == item.origin)).scalars().first() or ""


def answer(session: Session, item: Any, words: str, *, by: Actor, at: datetime) -> None:
    """Raises: NotFound, NotPermitted."""
    if item.kind == INSTRUCTION:
        instructions.report_on(session, item.id, words, by=by, at=at)
    else:
        duties.answer_letter(session, item.id, words, by=by, at=at)
