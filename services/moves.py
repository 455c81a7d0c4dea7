"""One decision, written once and for all: fact, signature, history, clocks, work item and outbox in one transaction."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy import Update, bindparam, insert, update
from sqlmodel import Session

from models.actor import Actor
from models.errors import Frozen, StaleVersion
from models.forms import Form
from models.hazard import Channel, Hazard
from models.ids import new_id
from models.operations import Operation
from models.outbox import Topic
from models.permissions import Role
from models.process import STEPS, DecisionCode, Move, move_for, moves_at, reviews_ended_by, who_may
from models.stage import PUBLICATIONS, Clock, Owner, Step
from models.tables import DEADLINE, DECISION, HAZARD, WORK_ITEM
from services import access, attachments, clocks, duties, outbox, pending, reporter_answers, signatures, trail
from services.duties import INSERT_ITEM, Writes

_OPEN = (WORK_ITEM.c.hazard_id == bindparam("of_hazard"), WORK_ITEM.c.closed_at.is_(None))
_CLOSE_ALL_ITEMS = update(WORK_ITEM).where(*_OPEN).values(closed_at=bindparam("at"), closed_by=bindparam("by"))
_CLOSE_ITEM = _CLOSE_ALL_ITEMS.where(WORK_ITEM.c.is_move)
_ENDED_BUT_PUBLICATIONS = (
    clocks.VOID_CLOCKS.where(DEADLINE.c.clock.not_in(sorted(PUBLICATIONS))),
    _CLOSE_ALL_ITEMS.where(WORK_ITEM.c.kind != DecisionCode.PUBLISH_LISTING),
)
"""A delisting is published within its days also where the hazard was closed on the same day."""
_INSERT_DECISION = insert(DECISION)


Holder = tuple[str | None, str | None]
"""(unit, enterprise) in whose inbox something lies; neither: the office as a whole."""
_OFFICE: Holder = (None, None)
_OF_UNIT = frozenset({Role.DO, Role.DH})
_FULFILS = {Clock.PROGRESS: DecisionCode.PROGRESS}
"""The decision that fulfils the duty beside a step."""


@dataclass(frozen=True, slots=True)
class Taken:
    """What a decision left behind."""

    decision_id: str
    move: Move
    version: int
    changes: Mapping[str, Any]


def take(
    session: Session, hazard: Hazard, decision: DecisionCode, form: Form, *, by: Actor, at: datetime,
    evidence: Iterable[str] = (), to: Step | None = None, **changes: Any,
) -> Taken:  # fmt: skip
    """Carry a hazard along one row of the move table.

    The caller holds the hazard's row lock and owns the transaction. `changes` are hazard columns the decision
    sets besides stage and step. `to` tells apart the ways a withdrawal leads back.

    Raises: WrongStage, Frozen, NotPermitted, FourEyes, InvalidInput (evidence), StaleVersion.
    """
    move = move_for(Step(hazard.step), decision, to)
    _refuse_while_frozen(hazard, move)
    unit_id = access.acting_unit(by, move, hazard)
    by = by.under(move.operation, unit_id)
    at = trail.after(hazard.changed_at, at)
    signatures.sign(session, hazard, move, by=by, unit_id=unit_id, at=at)
    pieces = attachments.usable(session, evidence, by=by)
    decision_id = new_id()
    after = {**changes, **_failure(hazard, move)}
    where, writes = _walk(session, hazard, move, after, decision_id=decision_id, by=by, at=at)
    after |= where
    link, event = trail.compose(
        hazard.id, trail.Link(hazard.chain_seq, hazard.chain_head), decision, by=by, at=at,
        facts=_facts(hazard, move, form, after, pieces, unit_id, decision_id)
        | {"rule": _rule(hazard, clocks.calendar_version_of(session, hazard, at=at))},
    )  # fmt: skip
    _write_hazard(session, hazard, {**after, "changed_at": at, "chain_seq": link.seq, "chain_head": link.head})
    made = _decision(hazard, move, form, decision_id=decision_id, seq=link.seq, by=by, unit_id=unit_id, at=at)
    if not move.is_duty:
        writes.append(
            (outbox.INSERT_MESSAGE, outbox.message(hazard, Topic.ENTERED, subject=decision_id, step=move.to, at=at))
        )
    connection = session.connection()  # spares each statement the way through the session
    for statement, row in ((trail.INSERT_EVENT, event), (_INSERT_DECISION, made), *writes):
        connection.execute(statement, row)
    attachments.attach(session, hazard.id, decision_id, pieces)
    if STEPS[move.to].is_end and not move.is_duty and move.to != Step.MERGED:
        reporter_answers.open_answers(session, hazard, origin=decision_id, at=at)
    return Taken(decision_id, move, hazard.version + 1, after)


def _refuse_while_frozen(hazard: Hazard, move: Move) -> None:
    if hazard.frozen_at is not None and not move.while_frozen:
        raise Frozen(
            "该隐患因发生事故已冻结，不能办理。", rule="事故冻结：保全现状，等待调查",
            remedy=f"可由{who_may(Operation.UNFREEZE)}解除冻结后办理。",
        )  # fmt: skip


def item(
    hazard: Hazard, step: Step, *, origin: str, at: datetime, due_at: datetime | None, units: Mapping[Owner, Holder]
) -> dict[str, Any]:
    """The one work item that moves the hazard on, in the inbox of whoever owns the step; what `INSERT_ITEM` writes."""
    info = STEPS[step]
    unit_id, enterprise_id = units.get(info.owner, _OFFICE)
    roles = info.roles
    if info.owner == Owner.ENTERPRISE and enterprise_id is None:
        roles = _OF_UNIT
    return {
        "id": new_id(), "hazard_id": hazard.id, "kind": step, "is_move": True, "origin": origin,
        "roles": " ".join(sorted(roles)), "due_at": due_at, "opened_at": at, "unit_id": unit_id,
        "enterprise_id": enterprise_id,
    }  # fmt: skip


def _failure(hazard: Hazard, move: Move) -> dict[str, int]:
    return {"failure_count": hazard.failure_count + 1} if move.counts_failure else {}


def _walk(
    session: Session, hazard: Hazard, move: Move, after: Mapping[str, Any], *, decision_id: str, by: Actor, at: datetime
) -> tuple[dict[str, Any], Writes]:
    """From one step to the next: the columns that say where the hazard now stands, and what to write beside them."""
    if move.is_duty:
        return {}, []
    left, entered = STEPS[move.at], STEPS[move.to]
    units = owners(hazard, after)
    due_at, writes = _turn_clocks(session, hazard, move, after, units=units, at=at)
    writes.append((_CLOSE_ITEM, {"of_hazard": hazard.id, "at": at, "by": by.person_id}))
    columns: dict[str, Any] = {"step": move.to, "due_at": due_at}
    if left.stage != entered.stage:
        columns["stage"] = entered.stage
    if hazard.open_requests:
        columns["open_requests"] = pending.lapse(session, hazard, move.to, at=at)
    if entered.is_end:
        writes += _end(hazard, move.to, by=by, at=at)
        columns |= {"closed_at": at, "interim_control": None, "interim_hours": None}
        return columns, writes
    if left.is_end:
        columns["closed_at"] = None
    writes.append((INSERT_ITEM, item(hazard, move.to, origin=decision_id, at=at, due_at=due_at, units=units)))
    return columns, writes + _beside(session, hazard, move, units, decision_id=decision_id, by=by, at=at)


def _beside(
    session: Session, hazard: Hazard, move: Move, units: Mapping[Owner, Holder], *, decision_id: str, by: Actor,
    at: datetime,
) -> Writes:  # fmt: skip
    """The duty that runs beside a step is opened on entering it and closed on leaving it."""
    left, entered = STEPS[move.at], STEPS[move.to]
    writes: Writes = []
    if left.duty:
        writes += duties.closing(hazard.id, left.duty, _FULFILS[left.duty], by=by.person_id, at=at)
    for clock, code in reviews_ended_by(move):
        writes += duties.closing(hazard.id, clock, code, by=by.person_id, at=at)
    if entered.duty and move.decision != DecisionCode.WITHDRAW:
        unit_id, enterprise_id = units[entered.owner]
        bearer = duties.Bearer(Role.EN if enterprise_id else Role.DO, unit_id, enterprise_id)
        _, opened = duties.opening(
            session, hazard, entered.duty, _FULFILS[entered.duty], bearer, origin=decision_id, at=at
        )
        writes += opened
    return writes


def _end(hazard: Hazard, to: Step, *, by: Actor, at: datetime) -> Writes:
    """A hazard at its end leaves no clock running and nothing in anybody's inbox, but what may still be published there."""
    published = any(move.decision == DecisionCode.PUBLISH_LISTING for move in moves_at(to))
    clocks_ended, items_ended = _ENDED_BUT_PUBLICATIONS if published else (clocks.VOID_CLOCKS, _CLOSE_ALL_ITEMS)
    return [
        (clocks_ended, {"of_hazard": hazard.id, "at": at}),
        (items_ended, {"of_hazard": hazard.id, "at": at, "by": by.person_id}),
    ]


def _turn_clocks(
    session: Session,
    hazard: Hazard,
    move: Move,
    after: Mapping[str, Any],
    *,
    units: Mapping[Owner, Holder],
    at: datetime,
) -> tuple[datetime | None, Writes]:
    """Stop the clock of the step left, start those the move names and the one of the step entered; when that is due.

    A withdrawal stops none: what the withdrawn move had started is void, and what ran before it runs on.
    """
    old, new = STEPS[move.at].clock, STEPS[move.to].clock
    if new is not None and new == old:
        return hazard.due_at, []
    writes: Writes = []
    urgent = after.get("urgent", hazard.urgent)
    if old is not None and move.decision != DecisionCode.WITHDRAW:
        writes.append(
            (clocks.STOP_CLOCK, clocks.stopping(hazard.id, clocks.clock_of(old, urgent=hazard.urgent), at=at))
        )
    due_at = None
    for clock in dict.fromkeys((*move.starts, *_entering(move, new))):
        row = clocks.starting(
            session, hazard, clocks.clock_of(clock, urgent=urgent), at=at, cycle=after.get("cycle", hazard.cycle),
            unit_id=units[Owner.LEAD_UNIT][0] or units[Owner.VERIFYING_UNIT][0], named=_named(hazard, after, clock),
        )  # fmt: skip
        writes.append((clocks.INSERT_DEADLINE, row))
        due_at = row["due_at"] if clock == new else due_at
    return due_at if new is None or due_at else clocks.running(
        session, hazard.id, clocks.clock_of(new, urgent=urgent)
    ), writes


_PLANNING = frozenset({Step.PLAN, Step.PLAN_REVIEW})


def _entering(move: Move, clock: Clock | None) -> tuple[Clock, ...]:
    """The rectification clock runs on through planning, so leaving it does not start it again; a withdrawal starts none."""
    runs_already = move.decision == DecisionCode.WITHDRAW or (clock == Clock.RECTIFICATION and move.at in _PLANNING)
    return () if clock is None or runs_already else (clock,)


def _named(hazard: Hazard, after: Mapping[str, Any], clock: Clock) -> clocks.NamedLimit | None:
    if clock != Clock.RECTIFICATION:
        return None
    return clocks.named_limit({column: after.get(column, getattr(hazard, column)) for column in clocks.LIMIT_COLUMNS})


def owners(hazard: Hazard, after: Mapping[str, Any]) -> dict[Owner, Holder]:
    """Whose inbox each owner's is, as the decision leaves the hazard: (unit, enterprise); neither is the office."""
    verifying = after.get("verifying_unit_id", hazard.verifying_unit_id)
    lead = after.get("lead_unit_id", hazard.lead_unit_id)
    enterprise = after.get("enterprise_id", hazard.enterprise_id)
    rectifying = None if enterprise else after.get("rectifying_unit_id", hazard.rectifying_unit_id)
    by_itself = hazard.channel == Channel.SELF_REPORT
    hotline = hazard.channel == Channel.PUBLIC_REPORT
    reporting = None if by_itself or hotline else hazard.reporting_unit_id
    return {
        Owner.VERIFYING_UNIT: (verifying, None), Owner.LEAD_UNIT: (lead, None), Owner.ENTERPRISE: (rectifying, enterprise),
        Owner.REPORTER: (reporting, enterprise if by_itself else None), Owner.COMMITTEE: _OFFICE,
    }  # fmt: skip


def _facts(
    hazard: Hazard, move: Move, form: Form, after: Mapping[str, Any], pieces: list[Any], unit_id: str | None,
    decision_id: str,
) -> dict[str, Any]:  # fmt: skip
    return {
        "decision_id": decision_id,
        "cycle": hazard.cycle,
        "unit": unit_id or "",
        "before": {"step": hazard.step, "version": hazard.version},
        "after": {name: plain(value) for name, value in after.items()} | {"version": hazard.version + 1},
        "form": form.model_dump(mode="json"),
        "evidence": trail.evidence_facts(pieces),
        "resource": move.resource,
    }


def _rule(hazard: Hazard, calendar: int) -> dict[str, int]:
    """The versions that clocks go by which this decision starts."""
    return {"process": hazard.process_version, "rules": hazard.rules_version, "ladder": hazard.ladder_version,
            "calendar": calendar}  # fmt: skip


def plain(value: Any) -> Any:
    """A column's value as the history writes it."""
    return trail.stamp(value) if isinstance(value, datetime) else value


def _write_hazard(session: Session, hazard: Hazard, values: Mapping[str, Any]) -> None:
    """Before anything else is written: whoever read the hazard without its lock may have read it too early."""
    new = {f"new_{name}": value for name, value in values.items()}
    written = session.connection().execute(
        _update_of(tuple(values)), {"of_hazard": hazard.id, "seen": hazard.version, **new}
    )
    if written.rowcount != 1:
        raise StaleVersion("该隐患刚被他人更新。", rule="版本校验", remedy="请刷新页面，核对后重新提交。")


@cache
def _update_of(names: tuple[str, ...]) -> Update:
    """The update of these columns, built once for each set that decisions write."""
    new = {name: bindparam(f"new_{name}", type_=HAZARD.c[name].type) for name in names}
    seen = (HAZARD.c.id == bindparam("of_hazard"), HAZARD.c.version == bindparam("seen"))
    return update(HAZARD).where(*seen).values(version=HAZARD.c.version + 1, **new)


def _decision(
    hazard: Hazard, move: Move, form: Form, *, decision_id: str, seq: int, by: Actor, unit_id: str | None, at: datetime
) -> dict[str, Any]:
    return {
        "id": decision_id, "hazard_id": hazard.id, "cycle": hazard.cycle, "seq": seq, "code": move.decision,
        "from_step": move.at, "to_step": move.to, "person_id": by.person_id, "unit_id": unit_id,
        "form": form.model_dump_json(), "decided_at": at,
    }  # fmt: skip
