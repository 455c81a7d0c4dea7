"""How rows look from outside: ISO times with offset, names beside codes, nothing an actor may not see."""

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from models.actor import Actor
from models.correspondence import INSTRUCTION
from models.hazard import Channel, Hazard
from models.limits import gap_text
from models.permissions import Role
from models.process import STEPS, moves_at
from models.requests import RequestKind
from models.stage import Clock, Stage, Step
from services import access
from services.register import Surroundings, day_of, without_tip_off

_LOCAL = ZoneInfo("Asia/Shanghai")


def local(moment: datetime | None) -> str | None:
    """An instant as people here read it: ISO 8601 with +08:00."""
    return moment.astimezone(_LOCAL).isoformat(timespec="seconds") if moment else None


def hazard_line(row: Any, *, by: Actor, now: datetime) -> dict[str, Any]:
    """A hazard as a line of the ledger."""
    return {
        "no": row.no, "stage": row.stage, "stage_label": Stage(row.stage).label, "step": row.step,
        "step_label": STEPS[Step(row.step)].label, "sector": row.sector, "place": row.place,
        "description": row.description, "grade": row.grade, "listing_level": row.listing_level,
        "due_at": local(row.due_at), "overdue": _overdue(row, now), "reported_at": _reported(row.reported_at, by),
        "closed_at": local(row.closed_at), "version": row.version,
    }  # fmt: skip


def _reported(moment: datetime, by: Actor) -> str | None:
    """When it was found or reported; to an enterprise by its day."""
    return local(day_of(moment) if by.enterprise_id else moment)


def report_view(source: Any) -> dict[str, Any]:
    """One's own report and how it was answered."""
    return {"reported_at": local(source.reported_at), "answer_due_at": local(source.answer_due_at),
            "answered_at": local(source.answered_at), "answer": source.answer}  # fmt: skip


def hazard_whole(hazard: Hazard, around: Surroundings, *, by: Actor, now: datetime) -> dict[str, Any]:
    """A hazard with its clocks, whose move it is, and what may be decided now."""
    around = without_tip_off(hazard, around) if by.roles == {Role.EN} else around
    names = around.names
    shown = hazard_line(hazard, by=by, now=now) | {
        "cycle": hazard.cycle, "subject_type": hazard.subject_type, "urgent": hazard.urgent,
        "persons_exposed": hazard.persons_exposed, "discovered_at": _reported(hazard.discovered_at, by),
        "discovered_gap": "" if by.enterprise_id else gap_text(hazard.discovered_at, hazard.reported_at),
        "enterprise": names.get(hazard.enterprise_id or ""), "village": names.get(hazard.village_unit_id or ""),
        "verifying_unit": names.get(hazard.verifying_unit_id or ""), "lead_unit": names.get(hazard.lead_unit_id or ""),
        "leader": names.get(hazard.leader_id or ""), "limit_days": hazard.limit_days, "limit_on": hazard.limit_on,
        "limit_basis": hazard.limit_basis, "failure_count": hazard.failure_count,
        "returned": hazard.returned, "arbitrated": hazard.arbitrated, "cooperating_units": list(around.cooperating),
        "supervising_unit": names.get(hazard.supervising_unit_id or "") or names.get(hazard.lead_unit_id or ""),
        "rectifying_unit": names.get(hazard.rectifying_unit_id or ""), "external_factor": hazard.external_factor,
        "interim_control": hazard.interim_control, "extensions": hazard.extensions, "progress_percent": hazard.progress_percent,
        "unit_closed_on": hazard.unit_closed_on, "enforcement_at": local(hazard.enforcement_at),
        "frozen_at": local(hazard.frozen_at),
        "clause": _clause(around), "deadlines": [deadline_view(row) for row in around.deadlines],
        "work_items": [{"kind": row.kind, "due_at": local(row.due_at), "unit": names.get(row.unit_id or "")}
                       for row in around.items if by.roles != {Role.EN} or row.kind != INSTRUCTION],
        "escalations": [{"id": row.id, "level": row.level, "level_due_at": local(row.level_due_at), "fired_at": local(row.fired_at),
                         "late": row.late} for row in around.escalations],
        "letters": [{"kind": row.kind, "number": row.number, "title": row.title, "body": row.body} for row in around.letters],
        "evidence": [evidence_view(row) for row in around.evidence],
        "decisions": _decisions(hazard, by),
        "requests": [{"id": row.id, "kind": row.kind, "label": RequestKind(row.kind).ask.label, "form": json.loads(row.form),
                      "asked_at": local(row.asked_at), "decided_at": local(row.decided_at), "outcome": row.outcome}
                     for row in around.requests if by.roles != {Role.EN} or row.kind in _SHOWN_TO_RECTIFIER],
        "actions": [{"id": row.id, "work": row.work, "owner": row.owner, "due_on": row.due_on, "done_at": local(row.done_at),
                     "dropped_at": local(row.dropped_at)} for row in around.actions],
        "versions": {"process": hazard.process_version, "rules": hazard.rules_version, "ladder": hazard.ladder_version,
                     "calendar": hazard.calendar_version},
    }  # fmt: skip
    return shown | ({} if by.roles == {Role.EN} else _origin(hazard))


_SHOWN_TO_RECTIFIER = frozenset({
    RequestKind.EXTENSION, RequestKind.LAST_EXTENSION, RequestKind.LISTING, RequestKind.DELISTING, RequestKind.CONTROL,
    RequestKind.LIFTING,
})  # fmt: skip
"""Requests an enterprise sees; the others could tell it who reported it."""


def _decisions(hazard: Hazard, by: Actor) -> list[dict[str, Any]]:
    """What may be decided now, and whether it is this person's to decide."""
    found = {move.decision: move for move in reversed(moves_at(Step(hazard.step)))}
    return [
        {"decision": code, "resource": move.resource, "label": code.label, "yours": access.may_take(by, move, hazard)}
        for code, move in reversed(found.items())
    ]


def _origin(hazard: Hazard) -> dict[str, Any]:
    """Where the report came from; an enterprise never sees that it came from a tip-off."""
    return {
        "channel": hazard.channel,
        "source": hazard.source,
        "source_no": hazard.source_no,
        "from_public": hazard.channel == Channel.PUBLIC_REPORT,
    }


def deadline_view(row: Any) -> dict[str, Any]:
    return {
        "id": row.id, "clock": Clock(row.clock), "start_at": local(row.start_at), "due_at": local(row.due_at), "reason": row.reason,
        "basis": row.basis, "certainty": row.certainty, "provisional": row.provisional, "against": row.against,
        "closed_at": local(row.closed_at), "outcome": row.outcome,
    }  # fmt: skip


def evidence_view(row: Any) -> dict[str, Any]:
    return {
        "id": row.id, "sha256": row.sha256, "size": row.size, "media_type": row.media_type, "filename": row.filename,
        "captured_at": row.captured_at, "uploaded_at": local(row.uploaded_at),
    }  # fmt: skip


def _clause(around: Surroundings) -> Mapping[str, Any] | None:
    clause = around.clause
    if clause is None:
        return None
    return {
        "code": clause.code,
        "title": clause.title,
        "doc_no": clause.doc_no,
        "text": clause.text,
        "verified": clause.verified,
    }


def _overdue(row: Any, now: datetime) -> bool:
    return row.closed_at is None and row.due_at is not None and row.due_at < now
