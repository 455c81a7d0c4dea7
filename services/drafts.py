"""Drafts 草稿: keep what somebody has typed on a form, give it back to them, and forget it when it is decided or old."""

import json
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Select, bindparam, delete, func, or_, select
from sqlmodel import Session

from models.actor import Actor
from models.decisions import DecisionCode
from models.draft import REPORT
from models.errors import InvalidInput
from models.ids import new_id
from models.once import insert_or
from models.tables import DRAFT, HAZARD, WORK_ITEM
from services import access, standing_in

LIFE = timedelta(days=30)
"""A draft nobody touches for so long is removed."""
MOST_TYPED = 100_000
"""Characters of one draft; the longest form filled to its limits takes less."""
NEVER_KEPT = frozenset({DecisionCode.ABSTRACT})
"""举报摘要 is written with the sealed original before one's eyes: half-written, it may still hold what is sealed."""
_KEEP = insert_or(
    DRAFT, ("person_id", "about", "resource"),
    "answers = excluded.answers, version = excluded.version, saved_at = excluded.saved_at", returning="id",
)  # fmt: skip
_THIS = (
    DRAFT.c.person_id == bindparam("whose"), DRAFT.c.about == bindparam("of"), DRAFT.c.resource == bindparam("form"),
)  # fmt: skip
_FIND = select(DRAFT).where(*_THIS)
_FORGET = delete(DRAFT).where(*_THIS)


class Place(NamedTuple):
    """Which form a draft belongs to (see `models/draft.py`)."""

    about: str
    resource: str


TO_REPORT = Place("", REPORT)


class Kept(NamedTuple):
    """A draft as it was left."""

    id: str
    answers: dict[str, list[str]]
    version: int
    saved_at: datetime


def keep(
    session: Session, place: Place, answers: Mapping[str, Sequence[str]], *, version: int, by: Actor, at: datetime
) -> None:
    """Keep what is typed in place of what was kept before; nothing typed is nothing kept.

    Raises: InvalidInput (too long).
    """
    typed = [text for texts in answers.values() for text in texts]
    if not any(text.strip() for text in typed):
        forget(session, place, by=by)
        return
    if sum(map(len, typed)) > MOST_TYPED:
        raise InvalidInput(
            "内容过长，没有存为草稿。", rule="草稿长度上限", remedy="请缩短内容，或将详细材料作为附件上传。"
        )
    row = {"id": new_id(), "person_id": by.person_id, **place._asdict(), "answers": json.dumps(answers), "version": version,
           "saved_at": at}  # fmt: skip
    session.execute(_KEEP, row)


def kept(session: Session, place: Place, *, by: Actor) -> Kept | None:
    row = session.execute(_FIND, _named(place, by)).one_or_none()
    return None if row is None else Kept(row.id, json.loads(row.answers), row.version, row.saved_at)


def forget(session: Session, place: Place, *, by: Actor) -> None:
    session.connection().execute(_FORGET, _named(place, by))


def remove(session: Session, draft_id: str, *, by: Actor) -> None:
    """Remove one's own; gone already is as good."""
    session.execute(delete(DRAFT).where(DRAFT.c.id == draft_id, DRAFT.c.person_id == by.person_id))


def mine(session: Session, *, by: Actor) -> Sequence[Any]:
    """One's own, the last saved first, with number, place and step of the hazard, and the work item where one is
    answered; none of a hazard one no longer sees."""
    item = (WORK_ITEM.c.kind, WORK_ITEM.c.is_move, WORK_ITEM.c.closed_at)
    found = _seen(select(DRAFT, HAZARD.c.no, HAZARD.c.place, HAZARD.c.step, *item), by)
    found = found.join(WORK_ITEM, WORK_ITEM.c.id == DRAFT.c.resource, isouter=True)
    return session.execute(found.order_by(DRAFT.c.saved_at.desc(), DRAFT.c.id)).all()


def count(session: Session, *, by: Actor) -> int:
    return session.execute(_seen(select(func.count(DRAFT.c.id)), by)).scalar_one()


def drop_old(session: Session, *, at: datetime) -> int:
    """Those nobody touched for their life."""
    return _drop(session, DRAFT.c.saved_at < at - LIFE)


def drop_unseen(session: Session, *, at: datetime) -> int:
    """Those of hazards their persons no longer see, and all of persons who have left."""
    dropped = 0
    for person_id in session.execute(select(DRAFT.c.person_id).distinct()).scalars().all():
        own = DRAFT.c.person_id == person_id
        if not standing_in.is_active(session, person_id):
            dropped += _drop(session, own)
            continue
        seen = select(HAZARD.c.id).where(access.visible(standing_in.as_reader(session, person_id, at=at)))
        dropped += _drop(session, own & (DRAFT.c.about != "") & DRAFT.c.about.not_in(seen))
    return dropped


def _seen(found: Select[Any], by: Actor) -> Select[Any]:
    joined = found.select_from(DRAFT).join(HAZARD, HAZARD.c.id == DRAFT.c.about, isouter=True)
    return joined.where(DRAFT.c.person_id == by.person_id, or_(DRAFT.c.about == "", access.visible(by)))


def _drop(session: Session, which: ColumnElement[bool]) -> int:
    return session.execute(delete(DRAFT).where(which)).rowcount  # pyright: ignore[reportAttributeAccessIssue]


def _named(place: Place, by: Actor) -> dict[str, str]:
    return {"whose": by.person_id, "of": place.about, "form": place.resource}
