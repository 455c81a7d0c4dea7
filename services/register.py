"""The ledger 台账, read: pages of hazards, one hazard whole, and its timeline."""

import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from types import SimpleNamespace
from typing import Any, NamedTuple

from sqlalchemy import bindparam, select, tuple_
from sqlmodel import Session, col

from models import Enterprise, Person, StandardClause, Unit
from models.actor import Actor
from models.decisions import DecisionCode
from models.hazard import Channel, Hazard
from models.limits import ZONE
from models.permissions import Operation
from models.source import CLOCKS_OF_REPORTERS, EVENTS_OF_REPORTERS
from models.stage import Clock, Part
from models.tables import (
    AUDIT_EVENT,
    DEADLINE,
    DECISION,
    ESCALATION,
    EVIDENCE,
    HAZARD,
    HAZARD_EVIDENCE,
    HAZARD_PARTY,
    HAZARD_REQUEST,
    LETTER,
    SUB_ACTION,
    WORK_ITEM,
)
from services import access, evidence, watches

UNASSIGNED = "-"
"""As a lead unit's code: hazards that have none yet."""
_LISTED = (
    HAZARD.c.no, HAZARD.c.stage, HAZARD.c.step, HAZARD.c.channel, HAZARD.c.sector, HAZARD.c.place,
    HAZARD.c.description, HAZARD.c.grade, HAZARD.c.listing_level, HAZARD.c.due_at, HAZARD.c.reported_at,
    HAZARD.c.closed_at, HAZARD.c.version, HAZARD.c.id, HAZARD.c.lead_unit_id, HAZARD.c.supervising_unit_id,
    HAZARD.c.enterprise_id, HAZARD.c.discovered_at, col(Enterprise.name).label("enterprise"),
)  # fmt: skip


class Filters(NamedTuple):
    """What the ledger can be narrowed by; None: any."""

    stage: str | None = None
    channel: str | None = None
    lead_unit: str | None = None
    enterprise: str | None = None
    overdue_at: datetime | None = None
    """Only those whose step is past due at this instant."""
    text: str | None = None
    """Substring of number, place or description."""
    watched: watches.Watching | None = None
    """Only those supervision watches for this."""


class Position(NamedTuple):
    reported_at: datetime
    id: str


def ledger(session: Session, filters: Filters, *, by: Actor, after: Position | None, limit: int) -> Sequence[Any]:
    """A page of the ledger, newest first, of what this actor may see."""
    access.require(by, Operation.LIST_HAZARDS)
    statement = select(*_LISTED).outerjoin(Enterprise, col(Enterprise.id) == HAZARD.c.enterprise_id)
    statement = statement.where(*chosen(filters, by=by, operation=Operation.LIST_HAZARDS))
    statement = statement.order_by(HAZARD.c.reported_at.desc(), HAZARD.c.id.desc()).limit(limit)
    if after:
        statement = statement.where(tuple_(HAZARD.c.reported_at, HAZARD.c.id) < after)
    return session.execute(statement).all()


def chosen(filters: Filters, *, by: Actor, operation: Operation) -> list[Any]:
    """The conditions that narrow the ledger, for the list and its export alike: what the actor may see, and the filters."""
    return [access.visible(by, operation), *_conditions(filters)]


def _conditions(filters: Filters) -> list[Any]:
    conditions: list[Any] = []
    if filters.stage:
        conditions.append(HAZARD.c.stage == filters.stage)
    if filters.channel:
        conditions.append(HAZARD.c.channel == filters.channel)
    if filters.watched:
        conditions += watches.conditions(filters.watched)
    if filters.lead_unit == UNASSIGNED:
        conditions.append(HAZARD.c.lead_unit_id.is_(None))
    elif filters.lead_unit:
        conditions.append(
            HAZARD.c.lead_unit_id == select(col(Unit.id)).where(col(Unit.code) == filters.lead_unit).scalar_subquery()
        )
    if filters.enterprise:
        credit_code = col(Enterprise.credit_code)
        conditions.append(
            HAZARD.c.enterprise_id
            == select(col(Enterprise.id)).where(credit_code == filters.enterprise).scalar_subquery()
        )
    if filters.overdue_at:
        conditions += [HAZARD.c.closed_at.is_(None), HAZARD.c.due_at < filters.overdue_at]
    if filters.text:
        words = filters.text
        conditions.append(HAZARD.c.no.contains(words, autoescape=True) | HAZARD.c.place.contains(words, autoescape=True)
                          | HAZARD.c.description.contains(words, autoescape=True))  # fmt: skip
    return conditions


class Surroundings(NamedTuple):
    """What a hazard's page shows beside the row itself."""

    names: Mapping[str, str]
    """Names by id of the units, enterprise and persons the row mentions."""
    clause: StandardClause | None
    deadlines: Sequence[Any]
    items: Sequence[Any]
    escalations: Sequence[Any]
    letters: Sequence[Any]
    evidence: Sequence[Any]
    handed_in: frozenset[str]
    """Which of the evidence came with the report itself."""
    by_enterprise: frozenset[str]
    """Which of it the enterprise's own people handed in."""
    requests: Sequence[Any]
    actions: Sequence[Any]
    cooperating: Sequence[str]
    """Names of the cooperating units (配合单位)."""


def surroundings(session: Session, hazard: Hazard) -> Surroundings:
    of_hazard = HAZARD_EVIDENCE.c.hazard_id == hazard.id
    pieces = select(EVIDENCE).where(EVIDENCE.c.id.in_(select(HAZARD_EVIDENCE.c.evidence_id).where(of_hazard)))
    return Surroundings(
        names_of(session, hazard),
        session.get(StandardClause, hazard.clause_id) if hazard.clause_id else None,
        session.execute(
            select(DEADLINE).where(DEADLINE.c.hazard_id == hazard.id).order_by(DEADLINE.c.start_at, DEADLINE.c.id)
        ).all(),
        session.execute(
            select(WORK_ITEM).where(WORK_ITEM.c.hazard_id == hazard.id, WORK_ITEM.c.closed_at.is_(None))
        ).all(),
        session.execute(
            select(ESCALATION)
            .where(ESCALATION.c.hazard_id == hazard.id)
            .order_by(ESCALATION.c.fired_at, ESCALATION.c.level)
        ).all(),
        session.execute(select(LETTER).where(LETTER.c.hazard_id == hazard.id).order_by(LETTER.c.drafted_at)).all(),
        session.execute(pieces.order_by(EVIDENCE.c.uploaded_at)).all(),
        frozenset(session.execute(_HANDED_IN, {"of_hazard": hazard.id}).scalars()),
        evidence.of_enterprise(session, hazard),
        session.execute(
            select(HAZARD_REQUEST).where(HAZARD_REQUEST.c.hazard_id == hazard.id).order_by(HAZARD_REQUEST.c.asked_at)
        ).all(),
        session.execute(
            select(SUB_ACTION).where(SUB_ACTION.c.hazard_id == hazard.id).order_by(SUB_ACTION.c.due_on)
        ).all(),
        session.execute(_COOPERATING, {"of_hazard": hazard.id}).scalars().all(),
    )


_COOPERATING = (
    select(col(Unit.name))
    .join(HAZARD_PARTY, HAZARD_PARTY.c.unit_id == col(Unit.id))
    .where(HAZARD_PARTY.c.hazard_id == bindparam("of_hazard"), HAZARD_PARTY.c.part == Part.COOPERATING)
    .order_by(col(Unit.code))
)


_HANDED_IN = (
    select(HAZARD_EVIDENCE.c.evidence_id)
    .join(DECISION, DECISION.c.id == HAZARD_EVIDENCE.c.decision_id)
    .where(HAZARD_EVIDENCE.c.hazard_id == bindparam("of_hazard"), DECISION.c.code == DecisionCode.REPORT)
)


def without_tip_off(hazard: Hazard, around: Surroundings) -> Surroundings:
    """What an enterprise may see: nothing that runs only because somebody reported, no name others gave a file, and not
    the clocks of the report itself, which say when to the second."""
    hidden = {row.id for row in around.deadlines if row.clock in CLOCKS_OF_REPORTERS | _OF_THE_REPORT}
    fired = {row.id for row in around.escalations if row.deadline_id in hidden}
    secret = around.handed_in if hazard.channel == Channel.PUBLIC_REPORT else frozenset[str]()
    return around._replace(
        evidence=[_without_name(row, around.by_enterprise) for row in around.evidence if row.id not in secret],
        deadlines=[row for row in around.deadlines if row.id not in hidden],
        items=[row for row in around.items if row.kind not in CLOCKS_OF_REPORTERS],
        escalations=[row for row in around.escalations if row.id not in fired],
        letters=[row for row in around.letters if row.origin not in fired],
    )


_OF_THE_REPORT = frozenset({Clock.TRIAGE, Clock.URGENT_TRIAGE})


def _without_name(row: Any, own: frozenset[str]) -> Any:
    return (
        row if row.id in own else SimpleNamespace(**{**row._mapping, "filename": evidence.plain_name(row.media_type)})
    )


def day_of(moment: datetime) -> datetime:
    """The beginning of its day: all an enterprise is told of when something was found and reported. A tip-off is entered
    by its day, and the hour of a report may say whose shift it was."""
    return moment.astimezone(ZONE).replace(hour=0, minute=0, second=0, microsecond=0)


def names_of(session: Session, hazard: Hazard) -> dict[str, str]:
    units = [
        hazard.reporting_unit_id, hazard.village_unit_id, hazard.verifying_unit_id, hazard.lead_unit_id,
        hazard.rectifying_unit_id, hazard.supervising_unit_id,
    ]  # fmt: skip
    found: dict[str, str] = {
        row[0]: row[1]
        for row in session.execute(
            select(col(Unit.id), col(Unit.name)).where(col(Unit.id).in_([unit for unit in units if unit]))
        )
    }
    if hazard.enterprise_id:
        found |= {
            row[0]: row[1]
            for row in session.execute(
                select(col(Enterprise.id), col(Enterprise.name)).where(col(Enterprise.id) == hazard.enterprise_id)
            )
        }
    if hazard.leader_id:
        found |= {
            row[0]: row[1]
            for row in session.execute(
                select(col(Person.id), col(Person.name)).where(col(Person.id) == hazard.leader_id)
            )
        }
    return found


def timeline(session: Session, hazard: Hazard, *, redacted: bool) -> list[dict[str, Any]]:
    """The hazard's history, oldest first: the events themselves, as they were written.

    Redacted (for the enterprise): who reported it and how, and the office's sessions, are left out.
    """
    rows = session.execute(
        select(AUDIT_EVENT.c.body, AUDIT_EVENT.c.hash)
        .where(AUDIT_EVENT.c.stream == hazard.id)
        .order_by(AUDIT_EVENT.c.seq)
    )
    events = [json.loads(row.body) | {"hash": row.hash} for row in rows]
    return [_without_origin(event) for event in events if _is_shown(event)] if redacted else events


_TELLING = frozenset({"form", "after", "before", "unit", "evidence", "seq", "prev", "hash"})
"""Fields an enterprise is not shown; a gap in the numbers would tell it that something is kept from it."""
_AMONG_OFFICIALS = frozenset({
    "COPIED", "COPY_REVOKED", DecisionCode.HAND_OVER_CLUE, "INSTRUCTED", "INSTRUCTION_ANSWERED", "ITEM_HANDED_OVER", "PERSON_ASSIGNED", "URGED",
})  # fmt: skip


def _is_shown(event: dict[str, Any]) -> bool:
    """Not the enterprise's: what concerns its reporters, what officials say among themselves, comments not marked for it."""
    if event["type"] in EVENTS_OF_REPORTERS or event.get("clock") in CLOCKS_OF_REPORTERS:
        return False
    if event["type"] == "COMMENTED":
        return event["form"]["for_enterprise"]
    return event["type"] not in _AMONG_OFFICIALS


def _without_origin(event: dict[str, Any]) -> dict[str, Any]:
    if event["type"] == DecisionCode.REPORT:
        on = day_of(datetime.fromisoformat(event["recorded_at"]))
        return {"type": event["type"], "recorded_at": on.isoformat(), "cycle": event["cycle"], "actor": {}}
    kept = {name: value for name, value in event.items() if name not in _TELLING}
    kept["actor"] = {"name": event["actor"].get("name", "")}
    return kept
