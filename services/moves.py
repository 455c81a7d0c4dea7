"""One decision, written once and for all: fact, signature, history, clocks, work item and outbox in one transaction."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy import Executable, Update, bindparam, insert, update
from sqlmodel import Session

from models.actor import Actor
from models.errors import StaleVersion
from models.forms import Form
from models.hazard import Hazard
from models.ids import new_id
from models.outbox import Topic
from models.process import STEPS, DecisionCode, Move, move_for
from models.stage import Clock, Owner, Step
from models.tables import DECISION, HAZARD, OUTBOX, WORK_ITEM
from services import access, attachments, clocks, signatures, trail

Writes = list[tuple[Executable, dict[str, Any]]]
"""Statements with their rows, in the order they are to be written."""

_OPEN = (WORK_ITEM.c.hazard_id == bindparam("of_hazard"), WORK_ITEM.c.closed_at.is_(None))
_CLOSE_ALL_ITEMS = update(WORK_ITEM).where(*_OPEN).values(closed_at=bindparam("at"), closed_by=bindparam("by"))
_CLOSE_ITEM = _CLOSE_ALL_ITEMS.where(WORK_ITEM.c.is_move)
INSERT_ITEM, _INSERT_DECISION, _INSERT_MESSAGE = insert(WORK_ITEM), insert(DECISION), insert(OUTBOX)


@dataclass(frozen=True, slots=True)
class Taken:
    """What a decision left behind."""

    decision_id: str
    move: Move
    version: int
    changes: Mapping[str, Any]


def take(
    session: Session, hazard: Hazard, decision: DecisionCode, form: Form, *, by: Actor, at: datetime,
    evidence: Iterable[str] = (), **changes: Any,
) -> Taken:  # fmt: skip
    """Carry a hazard along one row of the move table.

    The caller holds the hazard's row lock and owns the transaction. `changes` are hazard columns the decision
    sets besides stage and step.

    Raises: WrongStage, NotPermitted, FourEyes, InvalidInput (evidence), StaleVersion.
    """
    move = move_for(Step(hazard.step), decision)
    unit_id = access.acting_unit(by, move, hazard)
    at = trail.after(hazard.changed_at, at)
    signatures.sign(session, hazard, move, by=by, unit_id=unit_id, at=at)
    pieces = attachments.usable(session, evidence, by=by)
    decision_id = new_id()
    after = {**changes, **_failure(hazard, move)}
    where, writes = _walk(session, hazard, move, after, decision_id=decision_id, by=by, at=at)
    after |= where
    link, event = trail.compose(
        hazard.id, trail.Link(hazard.chain_seq, hazard.chain_head), decision, by=by, at=at,
        facts=_facts(hazard, move, form, after, pieces, unit_id, decision_id),
    )  # fmt: skip
    _write_hazard(session, hazard, {**after, "changed_at": at, "chain_seq": link.seq, "chain_head": link.head})
    made = _decision(hazard, move, form, decision_id=decision_id, seq=link.seq, by=by, unit_id=unit_id, at=at)
    if not move.is_duty:
        writes.append((_INSERT_MESSAGE, _message(hazard, Topic.ENTERED, subject=decision_id, step=move.to, at=at)))
    connection = session.connection()  # spares each statement the way through the session
    for statement, row in ((trail.INSERT_EVENT, event), (_INSERT_DECISION, made), *writes):
        connection.execute(statement, row)
    attachments.attach(session, hazard.id, decision_id, pieces)
    return Taken(decision_id, move, hazard.version + 1, after)


def post(session: Session, hazard: Hazard, topic: Topic, *, subject: str, step: Step, at: datetime) -> str:
    """Promise, in the decision's transaction, that a flow will carry this out."""
    message = _message(hazard, topic, subject=subject, step=step, at=at)
    session.execute(_INSERT_MESSAGE, message)
    return message["id"]


def _message(hazard: Hazard, topic: Topic, *, subject: str, step: Step, at: datetime) -> dict[str, Any]:
    return {
        "id": new_id(), "topic": topic, "hazard_id": hazard.id, "hazard_no": hazard.no, "subject": subject,
        "step": step, "created_at": at, "due_at": at, "attempts": 0, "last_error": "",
    }  # fmt: skip


def item(
    hazard: Hazard, step: Step, *, origin: str, at: datetime, due_at: datetime | None, units: Mapping[Owner, str | None]
) -> dict[str, Any]:
    """The one work item that moves the hazard on, in the inbox of whoever owns the step; what `INSERT_ITEM` writes."""
    info = STEPS[step]
    holder = units.get(info.owner)
    return {
        "id": new_id(), "hazard_id": hazard.id, "kind": step, "is_move": True, "origin": origin,
        "roles": " ".join(sorted(info.roles)), "due_at": due_at, "opened_at": at,
        "unit_id": holder if info.owner in {Owner.VERIFYING_UNIT, Owner.LEAD_UNIT} else None,
        "enterprise_id": holder if info.owner == Owner.ENTERPRISE else None,
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
    units = _owners(hazard, after)
    due_at, writes = _turn_clocks(session, hazard, move, after, units=units, at=at)
    writes.append((_CLOSE_ITEM, {"of_hazard": hazard.id, "at": at, "by": by.person_id}))
    columns: dict[str, Any] = {"step": move.to, "due_at": due_at}
    if left.stage != entered.stage:
        columns["stage"] = entered.stage
    if entered.stage.is_end:
        writes += _end(hazard, by=by, at=at)
        columns["closed_at"] = at
    else:
        writes.append((INSERT_ITEM, item(hazard, move.to, origin=decision_id, at=at, due_at=due_at, units=units)))
    return columns, writes


def _end(hazard: Hazard, *, by: Actor, at: datetime) -> Writes:
    """A hazard at its end leaves no clock running and nothing in anybody's inbox."""
    return [
        (clocks.VOID_CLOCKS, {"of_hazard": hazard.id, "at": at}),
        (_CLOSE_ALL_ITEMS, {"of_hazard": hazard.id, "at": at, "by": by.person_id}),
    ]


def _turn_clocks(
    session: Session,
    hazard: Hazard,
    move: Move,
    after: Mapping[str, Any],
    *,
    units: Mapping[Owner, str | None],
    at: datetime,
) -> tuple[datetime | None, Writes]:
    """Stop the clock of the step left, start those the move names and the one of the step entered; when that is due."""
    old, new = STEPS[move.at].clock, STEPS[move.to].clock
    if new is not None and new == old:
        return hazard.due_at, []
    writes: Writes = []
    if old is not None:
        stopped = clocks.stopping(hazard.id, clocks.clock_of(old, urgent=hazard.urgent), at=at)
        writes.append((clocks.STOP_CLOCK, stopped))
    due_at = None
    for clock in dict.fromkeys((*move.starts, *_entering(move, new))):
        row = clocks.starting(
            session, hazard, clocks.clock_of(clock, urgent=hazard.urgent), at=at, cycle=hazard.cycle,
            unit_id=units[Owner.LEAD_UNIT] or units[Owner.VERIFYING_UNIT], named=_named(hazard, after, clock),
        )  # fmt: skip
        writes.append((clocks.INSERT_DEADLINE, row))
        due_at = row["due_at"] if clock == new else due_at
    return due_at if new is None or due_at else clocks.running(session, hazard.id, new), writes


def _entering(move: Move, clock: Clock | None) -> tuple[Clock, ...]:
    """The rectification clock runs on through planning, so approving the plan does not start it again."""
    runs_already = clock == Clock.RECTIFICATION and STEPS[move.at].clock == Clock.PLAN_REVIEW
    return () if clock is None or runs_already else (clock,)


def _named(hazard: Hazard, after: Mapping[str, Any], clock: Clock) -> clocks.NamedLimit | None:
    if clock != Clock.RECTIFICATION:
        return None
    return clocks.named_limit({column: after.get(column, getattr(hazard, column)) for column in clocks.LIMIT_COLUMNS})


def _owners(hazard: Hazard, after: Mapping[str, Any]) -> dict[Owner, str | None]:
    return {
        Owner.VERIFYING_UNIT: after.get("verifying_unit_id", hazard.verifying_unit_id),
        Owner.LEAD_UNIT: after.get("lead_unit_id", hazard.lead_unit_id),
        Owner.ENTERPRISE: after.get("enterprise_id", hazard.enterprise_id),
    }


def _facts(
    hazard: Hazard,
    move: Move,
    form: Form,
    after: Mapping[str, Any],
    pieces: list[Any],
    unit_id: str | None,
    decision_id: str,
) -> dict[str, Any]:
    return {
        "decision_id": decision_id,
        "cycle": hazard.cycle,
        "unit": unit_id or "",
        "before": {"step": hazard.step, "version": hazard.version},
        "after": {name: plain(value) for name, value in after.items()} | {"version": hazard.version + 1},
        "form": form.model_dump(mode="json"),
        "evidence": trail.evidence_facts(pieces),
        "rule": {"process": hazard.process_version, "rules": hazard.rules_version, "ladder": hazard.ladder_version,
                 "calendar": hazard.calendar_version},
        "resource": move.resource,
    }  # fmt: skip


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
