"""Report a hazard 上报: from any channel onto the one ledger, once per source number."""

from datetime import datetime
from typing import Any, cast
from zoneinfo import ZoneInfo

from sqlalchemy import insert, select
from sqlmodel import Session

from models import Enterprise
from models.actor import PUBLIC, Actor
from models.audit import GENESIS
from models.errors import NotPermitted
from models.forms import Report
from models.hazard import Channel, Hazard, ListingLevel
from models.ids import new_id
from models.once import insert_once
from models.organization import UnitKind
from models.outbox import Topic
from models.permissions import Operation, Reach
from models.process import FIRST_STEP, PROCESS_VERSION, STEPS, DecisionCode, Part
from models.tables import DECISION, HAZARD, HAZARD_PARTY, HAZARD_SOURCE
from services import access, attachments, clocks, lookups, moments, moves, numbers, outbox, policies, trail

LOCAL = ZoneInfo("Asia/Shanghai")
_OPERATIONS = {
    Channel.SELF_REPORT: Operation.SELF_REPORT,
    Channel.INSPECTION: Operation.RECORD_INSPECTION_FINDING,
    Channel.PUBLIC_REPORT: Operation.RECORD_HOTLINE_REPORT,
}
OPERATIONS = tuple(_OPERATIONS.values())


def report_hazard(session: Session, form: Report, *, by: Actor, at: datetime) -> tuple[Hazard, bool]:
    """Put a reported hazard on the ledger and start its triage; (hazard, whether it is new).

    A report whose (source, source_no) is known already is the same report: the hazard on record is returned and
    nothing is written. The caller owns the transaction.

    Source: 临江府发〔2024〕37号 三(二)3 各渠道全量汇总.
    Raises: NotPermitted, InvalidInput.
    """
    operation = operation_for(form)
    access.require(by, operation)
    moments.refuse_ahead(form.discovered_at, at, field="discovered_at")
    series = series_of(at)
    numbers.lock_series(session, series)
    if known := _known(session, form):
        return known, False
    enterprise = _enterprise(session, form, operation, by=by)
    hazard = _draft(session, form, operation, enterprise, number=numbers.next_number(session, series), by=by, at=at)
    return _record(session, hazard, form, by=by, at=at), True


def report_without_account(session: Session, form: Report, *, at: datetime, **of_source: Any) -> Hazard:
    """Put a report by the public on the ledger; `of_source`: columns of its `hazard_source` row."""
    number = numbers.next_number(session, series_of(at))
    draft = _draft(session, form, Operation.REPORT_ANONYMOUSLY, None, number=number, by=PUBLIC, at=at)
    return _record(session, draft, form, by=PUBLIC, at=at, **of_source)


def series_of(at: datetime) -> str:
    """The series a hazard reported now takes its number from."""
    return f"ZY-{at.astimezone(LOCAL).year}"


def operation_for(form: Report) -> Operation:
    """The permission a report by this channel needs."""
    return _OPERATIONS[Channel(form.channel)]


def _known(session: Session, form: Report) -> Hazard | None:
    if form.source_no is None:
        return None
    same = (HAZARD.c.source == form.source, HAZARD.c.source_no == form.source_no)
    return cast(Hazard | None, session.execute(select(HAZARD).where(*same)).one_or_none())


def _enterprise(session: Session, form: Report, operation: Operation, *, by: Actor) -> Enterprise | None:
    if form.enterprise is None:
        return None
    enterprise = lookups.enterprise_by_credit_code(session, form.enterprise)
    if operation == Operation.SELF_REPORT and enterprise.id != by.enterprise_id:
        raise NotPermitted(
            "企业用户只能上报本企业的隐患。",
            rule="权限表：企业自查上报限本企业",
            remedy="请填写本企业的统一社会信用代码。",
        )
    return enterprise


def _draft(
    session: Session,
    form: Report,
    operation: Operation,
    enterprise: Enterprise | None,
    *,
    number: int,
    by: Actor,
    at: datetime,
) -> dict[str, Any]:
    versions = policies.newest(session)
    village = enterprise.village_unit_id if enterprise else None
    if form.village:
        village = lookups.unit_by_code(session, form.village, field="village", kinds=frozenset({UnitKind.VILLAGE})).id
    units = by.units_for(operation, Reach.JURISDICTION) | by.units_for(operation, Reach.ALL)
    return {
        "id": new_id(), "no": f"ZY-{at.astimezone(LOCAL).year}-{number:04d}", "stage": STEPS[FIRST_STEP].stage,
        "step": FIRST_STEP, "version": 1, "cycle": 1, "channel": form.channel, "source": form.source,
        "source_no": form.source_no, "discovered_at": form.discovered_at, "reported_at": at,
        "reported_by": _person(by), "subject_type": form.subject_type,
        "enterprise_id": enterprise.id if enterprise else None, "sector": form.sector, "place": form.place,
        "description": form.description, "urgent": form.urgent, "persons_exposed": form.persons_exposed,
        "village_unit_id": village, "reporting_unit_id": min(units, default=None), "verifying_unit_id": None,
        "lead_unit_id": None, "rectifying_unit_id": None, "supervising_unit_id": None, "leader_id": None, "returned": 0, "arbitrated": False,
        "external_factor": False, "interim_control": None, "interim_hours": None, "extensions": 0,
        "progress_percent": None, "open_actions": 0, "open_requests": 0, "unit_closed_on": None, "enforcement_at": None,
        "frozen_at": None, "merged_into": None, "grade": None, "clause_id": None,
        "listing_level": ListingLevel.NONE, "limit_days": None, "limit_on": None, "limit_basis": "",
        "failure_count": 0, "due_at": None, "changed_at": at, "closed_at": None, "chain_seq": 0,
        "chain_head": GENESIS, "process_version": PROCESS_VERSION, "rules_version": versions.rules,
        "ladder_version": versions.ladder, "calendar_version": versions.calendar,
    }  # fmt: skip


def _record(
    session: Session, draft: dict[str, Any], form: Report, *, by: Actor, at: datetime, **of_source: Any
) -> Hazard:
    """The hazard, its first deadline, decision, event, source, work item and message."""
    pieces = attachments.usable(session, form.evidence, by=by)
    decision_id = new_id()
    session.execute(insert(HAZARD), draft)
    hazard = _read(session, draft["id"])
    clock = STEPS[FIRST_STEP].clock
    assert clock is not None  # noqa: S101  # the process table gives the first step a clock
    row = clocks.starting(session, hazard, clocks.clock_of(clock, urgent=form.urgent), at=at, cycle=1, unit_id=None)
    session.execute(clocks.INSERT_DEADLINE, row)
    draft["due_at"] = row["due_at"]
    link = trail.append(
        session, hazard.id, trail.Link(0, GENESIS), DecisionCode.REPORT, by=by, at=at,
        facts=_facts(draft, form, pieces, decision_id),
    )  # fmt: skip
    head = {"due_at": row["due_at"], "chain_seq": link.seq, "chain_head": link.head}
    session.execute(HAZARD.update().where(HAZARD.c.id == hazard.id).values(head))
    session.execute(
        insert(DECISION),
        {"id": decision_id, "hazard_id": hazard.id, "cycle": 1, "seq": link.seq, "code": DecisionCode.REPORT,
         "from_step": None, "to_step": FIRST_STEP, "person_id": _person(by), "unit_id": hazard.reporting_unit_id,
         "form": form.model_dump_json(), "decided_at": at},
    )  # fmt: skip
    _register_source(session, hazard, at=at, **of_source)
    attachments.attach(session, hazard.id, decision_id, pieces)
    add_parties(
        session, hazard.id, {Part.REPORTING: [hazard.reporting_unit_id], Part.VILLAGE: [hazard.village_unit_id]}
    )
    session.execute(
        moves.INSERT_ITEM,
        moves.item(hazard, FIRST_STEP, origin=decision_id, at=at, due_at=row["due_at"], units={}),
    )
    outbox.post(session, hazard, Topic.ENTERED, subject=decision_id, step=FIRST_STEP, at=at)
    return _read(session, hazard.id)


def _register_source(session: Session, hazard: Hazard, *, at: datetime, **columns: Any) -> None:
    """来源登记: one row for each report, whatever its channel."""
    row = {
        "id": new_id(), "hazard_id": hazard.id, "original_hazard_id": hazard.id, "channel": hazard.channel,
        "source": hazard.source, "source_no": hazard.source_no, "reported_at": at, "reported_by": hazard.reported_by,
        "named": False, "query_code_hash": None,
    }  # fmt: skip
    session.execute(insert(HAZARD_SOURCE), row | columns)


def _person(by: Actor) -> str | None:
    return None if by.is_public else by.person_id


def add_parties(session: Session, hazard_id: str, parts: dict[Part, list[str | None]]) -> None:
    """Give units their part in a hazard, which is what jurisdiction means."""
    rows = [
        {"unit_id": unit, "hazard_id": hazard_id, "part": part}
        for part, units in parts.items()
        for unit in units
        if unit
    ]
    for row in rows:
        session.execute(_JOIN, row)


_JOIN = insert_once(HAZARD_PARTY, "part")


def _read(session: Session, hazard_id: str) -> Hazard:
    return cast(Hazard, session.execute(select(HAZARD).where(HAZARD.c.id == hazard_id)).one())


def _facts(draft: dict[str, Any], form: Report, pieces: list[Any], decision_id: str) -> dict[str, Any]:
    kept_on_row_only = {"id", "chain_seq", "chain_head", "changed_at"}
    return {
        "decision_id": decision_id,
        "cycle": 1,
        "unit": draft["reporting_unit_id"] or "",
        "before": {},
        "after": {name: moves.plain(value) for name, value in draft.items() if name not in kept_on_row_only},
        "form": form.model_dump(mode="json"),
        "evidence": trail.evidence_facts(pieces),
        "rule": {"process": PROCESS_VERSION, "rules": draft["rules_version"], "ladder": draft["ladder_version"],
                 "calendar": draft["calendar_version"]},
    }  # fmt: skip
