"""A hazard's file 案卷, read for its page: the plan, what was reported and asked since, and the levels of 督办."""

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from sqlalchemy import select
from sqlalchemy.orm import aliased
from sqlmodel import Session, col

from models import Person
from models.actor import Actor
from models.decisions import DecisionCode
from models.hazard import Hazard
from models.outbox import Topic
from models.requests import RequestKind
from models.tables import DEADLINE, DECISION, ESCALATION, ESCALATION_RECEIPT, HAZARD_REQUEST, NOTICE, OUTBOX

_PLAN = (DecisionCode.SUBMIT_PLAN, DecisionCode.APPROVE_PLAN, DecisionCode.RETURN_PLAN)
_REPORTS = (DecisionCode.PROGRESS, DecisionCode.QUESTION_PROGRESS, DecisionCode.ANSWER_QUESTION)
OF_THE_RECTIFIER = (RequestKind.EXTENSION, RequestKind.LAST_EXTENSION, RequestKind.LONG_LIMIT, RequestKind.PAUSE)
"""Requests that concern the limit of whoever rectifies; the others are among officials."""
_ID = 36


class Told(NamedTuple):
    """A decision with what was filled in, who took it and when."""

    code: DecisionCode
    form: Mapping[str, Any]
    name: str
    at: Any


class Level(NamedTuple):
    """A level of 督办 that was reached: of which clock, against whom, and who acknowledged it."""

    row: Any
    received: Sequence[str]
    is_mine: bool
    """It was addressed to this person, who has not acknowledged it yet."""


def plan(session: Session, hazard: Hazard) -> list[Told]:
    """The present cycle's newest plan, and what was decided on it; empty: there is none."""
    told = _decided(session, hazard, _PLAN)
    submitted = [number for number, one in enumerate(told) if one.code == DecisionCode.SUBMIT_PLAN]
    return told[submitted[-1] :] if submitted else []


def reports(session: Session, hazard: Hazard) -> list[Told]:
    """Reports of progress of the present cycle with the questions and answers to them, newest first."""
    return _decided(session, hazard, _REPORTS)[::-1]


def requests(session: Session, hazard: Hazard, *, kinds: Iterable[RequestKind]) -> Sequence[Any]:
    """What was asked for, newest first, with who asked and who decided."""
    asker, decider = aliased(Person), aliased(Person)
    named = (
        select(HAZARD_REQUEST, col(asker.name).label("asker"), col(decider.name).label("decider"))
        .outerjoin(asker, col(asker.id) == HAZARD_REQUEST.c.asked_by)
        .outerjoin(decider, col(decider.id) == HAZARD_REQUEST.c.decided_by)
    )
    wanted = (HAZARD_REQUEST.c.hazard_id == hazard.id, HAZARD_REQUEST.c.kind.in_(sorted(kinds)))
    return session.execute(named.where(*wanted).order_by(HAZARD_REQUEST.c.asked_at.desc())).all()


def levels(session: Session, hazard: Hazard, *, among: Iterable[str], by: Actor) -> list[Level]:
    """The levels reached, newest first, of the escalations `among` (what this person may see)."""
    of_clock = select(ESCALATION, DEADLINE.c.clock, DEADLINE.c.against, DEADLINE.c.due_at)
    rows = session.execute(
        of_clock.join(DEADLINE, DEADLINE.c.id == ESCALATION.c.deadline_id)
        .where(ESCALATION.c.hazard_id == hazard.id, ESCALATION.c.id.in_(sorted(among)))
        .order_by(ESCALATION.c.fired_at.desc(), ESCALATION.c.level.desc())
    ).all()
    received: dict[str, dict[str, str]] = {}
    named = select(ESCALATION_RECEIPT, col(Person.name).label("name")).join(
        Person, col(Person.id) == ESCALATION_RECEIPT.c.person_id
    )
    for one in session.execute(named.where(ESCALATION_RECEIPT.c.escalation_id.in_([row.id for row in rows]))):
        received.setdefault(one.escalation_id, {})[one.person_id] = one.name
    mine = _addressed_to(session, hazard, by) if rows else set()
    return [
        Level(row, list(known.values()), row.id in mine and by.person_id not in known)
        for row in rows
        for known in [received.get(row.id, {})]
    ]


def _addressed_to(session: Session, hazard: Hazard, by: Actor) -> set[str]:
    """The escalations of which this person was told; a repeat's subject begins with its escalation."""
    told = (
        select(OUTBOX.c.subject)
        .join(NOTICE, NOTICE.c.message_id == OUTBOX.c.id)
        .where(OUTBOX.c.hazard_id == hazard.id, OUTBOX.c.topic.in_([Topic.ESCALATED, Topic.REPEATED]))
        .where(NOTICE.c.person_id == by.person_id, NOTICE.c.topic.like("escalation_%"))
    )
    return {subject[:_ID] for subject in session.execute(told).scalars()}


def _decided(session: Session, hazard: Hazard, codes: Sequence[DecisionCode]) -> list[Told]:
    statement = (
        select(DECISION.c.code, DECISION.c.form, DECISION.c.decided_at, col(Person.name).label("name"))
        .outerjoin(Person, col(Person.id) == DECISION.c.person_id)
        .where(DECISION.c.hazard_id == hazard.id, DECISION.c.cycle == hazard.cycle, DECISION.c.code.in_(codes))
        .order_by(DECISION.c.seq)
    )
    rows = session.execute(statement)
    return [Told(DecisionCode(row.code), json.loads(row.form), row.name or "", row.decided_at) for row in rows]
