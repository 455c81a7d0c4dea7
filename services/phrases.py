"""Common phrases 常用语: what is offered for a decision, and the keeping of one's own and of the office's."""

import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import cache
from importlib.resources import files
from typing import Any

from sqlalchemy import delete, func, select
from sqlmodel import Session

from models.actor import Actor
from models.decisions import DecisionCode
from models.errors import InvalidInput, NotFound
from models.ids import new_id
from models.once import insert_once
from models.permissions import Operation
from models.phrase import EVERYWHERE, OFFICE, Writing
from models.tables import PHRASE
from services import access, trail

MOST = 60
"""Phrases of one owner."""
_KEEP = insert_once(PHRASE, "id")


@cache
def shipped() -> Mapping[str, Sequence[str]]:
    """The factory's phrases by decision, those for every decision under the empty code."""
    return json.loads((files("models") / "data" / "phrases.json").read_text(encoding="utf-8"))


def offered(session: Session, decision: DecisionCode | Writing, *, by: Actor) -> Sequence[str]:
    """What this person may put into the form of this decision or writing: their own first, then the office's; the factory's stand
    where the office has none of its own. What is for this decision comes before what is for every one."""
    fits = PHRASE.c.decision.in_((decision, EVERYWHERE))
    rows = session.execute(select(PHRASE).where(PHRASE.c.owner.in_((by.person_id, OFFICE)), fits)).all()
    found: list[str] = []
    for owner in (by.person_id, OFFICE):
        for code in (decision, EVERYWHERE):
            own = sorted((row for row in rows if (row.owner, row.decision) == (owner, code)), key=_oldest)
            found += [row.words for row in own]
            if owner == OFFICE and not own:
                found += shipped().get(code, ())
    return list(dict.fromkeys(found))


def kept_by(session: Session, owner: str) -> Sequence[Any]:
    """All of one owner: a person's id, or the office."""
    rows = select(PHRASE).where(PHRASE.c.owner == owner)
    return session.execute(rows.order_by(PHRASE.c.decision, PHRASE.c.written_at, PHRASE.c.id)).all()


def keep_own(session: Session, words: str, *, decision: str, by: Actor, at: datetime) -> None:
    """Kept twice, it is one.

    Raises: InvalidInput (too many).
    """
    _keep(session, by.person_id, words, decision, by, at)


def share(session: Session, words: str, *, decision: str, by: Actor, at: datetime) -> None:
    """Offer a phrase to everybody; the office's history says who did.

    Raises: NotPermitted, InvalidInput (too many).
    """
    access.require(by, Operation.SHARE_PHRASES)
    if _keep(session, OFFICE, words, decision, by, at):
        facts = {"after": {"decision": decision, "words": words}}
        trail.append_office(session, "PHRASE_SHARED", by=by, at=at, facts=facts)


def forget_own(session: Session, phrase_id: str, *, by: Actor) -> None:
    """Raises: NotFound for what is not one's own."""
    _remove(session, phrase_id, by.person_id)


def withdraw(session: Session, phrase_id: str, *, by: Actor, at: datetime) -> None:
    """Offer it to nobody any more. What was written with it stays written.

    Raises: NotPermitted, NotFound.
    """
    access.require(by, Operation.SHARE_PHRASES)
    row = _remove(session, phrase_id, OFFICE)
    facts = {"before": {"decision": row.decision, "words": row.words}}
    trail.append_office(session, "PHRASE_WITHDRAWN", by=by, at=at, facts=facts)


def _keep(session: Session, owner: str, words: str, decision: str, by: Actor, at: datetime) -> bool:
    row = {"id": new_id(), "owner": owner, "decision": decision, "words": words, "written_by": by.person_id,
           "written_at": at}  # fmt: skip
    is_new = session.execute(_KEEP, row).first() is not None
    if session.execute(select(func.count()).where(PHRASE.c.owner == owner)).scalar_one() > MOST:
        raise InvalidInput(f"常用语最多{MOST}条。", rule="常用语数量", remedy="请先删除不用的。")
    return is_new


def _remove(session: Session, phrase_id: str, owner: str) -> Any:
    its = (PHRASE.c.id == phrase_id, PHRASE.c.owner == owner)
    row = session.execute(delete(PHRASE).where(*its).returning(PHRASE.c.decision, PHRASE.c.words)).one_or_none()
    if row is None:
        raise NotFound("没有找到该常用语。", remedy="请刷新常用语列表。")
    return row


def _oldest(row: Any) -> tuple[datetime, str]:
    return row.written_at, row.id
