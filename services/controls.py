"""Interim control 临时管控: ordered, watched by its own clock, confirmed on the spot; a breach goes up at once."""

from datetime import datetime
from typing import Any

from sqlmodel import Session

from models.actor import Actor
from models.errors import GateNotMet
from models.forms.controls import (
    ControlCheck,
    ControlOrder,
    InterimControl,
    InterimDecision,
    OutsideDocument,
    ResumptionConsent,
)
from models.forms.progress import EnforcementStart, StopFirst
from models.hazard import Hazard
from models.process import STEPS, DecisionCode
from models.stage import Clock, Step
from services import clocks, duties, escalations, moments
from services.moves import Taken, take


def order_urgent_control(session: Session, hazard: Hazard, form: ControlOrder, *, by: Actor, at: datetime) -> Taken:
    """Order control at once where people are in danger; from now on hours count instead of days (紧急管控).

    The people of the ladder's second level learn of it at once.

    Source: 安全生产法 第六十五条第一款第三项; 第七十条.

    Raises: GateNotMet when something stricter is in force.
    """
    moments.refuse_ahead(form.since, at, field="since")
    refuse_milder(hazard, form.control)
    taken = take(
        session, hazard, DecisionCode.URGENT_CONTROL, form, by=by, at=at, evidence=form.evidence, urgent=True,
        interim_control=form.control, interim_hours=form.check_hours, **_hasten(session, hazard, at=at),
    )  # fmt: skip
    watch(session, hazard, hours=form.check_hours, origin=taken.decision_id, by=by, at=at)
    escalations.raise_clock(
        session, hazard.id, Clock.INTERIM_CHECK, escalations.DANGER_LEVEL, reason=escalations.DANGER, by=by, at=at
    )
    return taken


def confirm_control(session: Session, hazard: Hazard, form: ControlCheck, *, by: Actor, at: datetime) -> Taken:
    """Record on the spot that the control holds, which starts its clock anew, or that it does not.

    A breach (擅自恢复) goes up the ladder within the same transaction.

    Raises: GateNotMet when there is no control to confirm.
    """
    if hazard.interim_control is None:
        raise GateNotMet(
            "该隐患没有正在实施的临时管控措施。", rule="临时管控", remedy="如需管控，请先申请变更临时管控。"
        )
    moments.refuse_ahead(form.seen_at, at, field="seen_at")
    taken = take(session, hazard, DecisionCode.CONFIRM_CONTROL, form, by=by, at=at, evidence=form.evidence)
    if not form.holds:
        raise_breach(session, hazard, reason=form.finding, by=by, at=at)
    watch(session, hazard, hours=hazard.interim_hours or 24, origin=taken.decision_id, by=by, at=at)
    return taken


def raise_breach(session: Session, hazard: Hazard, *, reason: str, by: Actor, at: datetime) -> None:
    """A control that does not hold is raised to the highest level at once; its check stays due when it was."""
    raise_to_the_top(session, hazard, Clock.INTERIM_CHECK, reason=reason, by=by, at=at)


def raise_to_the_top(session: Session, hazard: Hazard, clock: Clock, *, reason: str, by: Actor, at: datetime) -> bool:
    """False where this clock does not run or was raised so far before."""
    return bool(
        escalations.raise_clock(session, hazard.id, clock, escalations.HIGHEST_LEVEL, reason=reason, by=by, at=at)
    )


def refuse_milder(hazard: Hazard, control: str) -> None:
    """One person decides the same control or a stricter one; what is in force is relaxed only by two.

    Source: 安全生产法 第六十五条第一款第三项.

    Raises: GateNotMet.
    """
    if hazard.interim_control is None:
        return
    running, wanted = InterimControl(hazard.interim_control), InterimControl(control)
    if wanted.is_milder_than(running):
        raise GateNotMet(
            f"正在实施“{running.label}”，不能直接改为“{wanted.label}”。",
            rule="安全生产法 第六十五条：停产停用经审查同意方可恢复；管控由一人决定从严，经两人方可放宽",
            remedy="请先申请解除临时管控，或申请变更临时管控，经批准后再办理；或作出同等以上的管控决定。",
            field="control",
        )


def refuse_while_stopped(hazard: Hazard) -> None:
    """A stop of production never ends by the way: it is lifted first, with the consent.

    Source: 安全生产法 第六十五条第一款第三项.

    Raises: GateNotMet.
    """
    if is_stopped(hazard):
        raise GateNotMet(
            "停产停用措施尚未解除。", rule="安全生产法 第六十五条：经审查同意，方可恢复生产经营和使用",
            remedy="请先凭审查同意文书申请解除临时管控，再办理。",
        )  # fmt: skip


def refuse_lost(hazard: Hazard, target: Hazard) -> None:
    """A hazard merged into another takes no control with it: the other must have its own, and stop what this one stops.

    Raises: GateNotMet.
    """
    if (hazard.interim_control and not target.interim_control) or (is_stopped(hazard) and not is_stopped(target)):
        raise GateNotMet(
            "本隐患正在实施临时管控，并入的隐患没有同等管控。", rule="临时管控：并案不得使管控落空",
            remedy=f"请先在{target.no}上落实同等管控，再并案。",
        )  # fmt: skip


def is_stopped(hazard: Hazard) -> bool:
    return hazard.interim_control is not None and InterimControl(hazard.interim_control).stops_production


def decided(form: InterimDecision) -> dict[str, Any]:
    """The hazard's columns that a decision on interim control sets; none where it says none is needed."""
    if form.interim_control == InterimControl.NONE:
        return {}
    return {"interim_control": form.interim_control, "interim_hours": form.interim_hours}


def watch(
    session: Session, hazard: Hazard, *, hours: int, origin: str, by: Actor, at: datetime, cycle: int = 0
) -> None:
    """The control is confirmed within so many hours; then again."""
    stop_watching(session, hazard, by=by, at=at)
    named = clocks.NamedLimit(None, None, "临时管控决定载明的核实间隔", hours)
    duties.open_duty(
        session, hazard, Clock.INTERIM_CHECK, DecisionCode.CONFIRM_CONTROL, duties.in_charge(hazard), origin=origin, at=at,
        named=named, cycle=cycle,
    )  # fmt: skip


def stop_watching(session: Session, hazard: Hazard, *, by: Actor, at: datetime) -> None:
    duties.close_duty(session, hazard.id, Clock.INTERIM_CHECK, DecisionCode.CONFIRM_CONTROL, by=by, at=at)


def stop_first(session: Session, hazard: Hazard, form: StopFirst, *, by: Actor, at: datetime) -> Taken:
    """Order production stopped before anything is rectified; the plan is redone (责令先行停产).

    Source: 安全生产法 第六十五条第一款第三项.
    """
    stop = InterimControl.FULL_STOP
    taken = take(session, hazard, DecisionCode.STOP_FIRST, form, by=by, at=at, interim_control=stop, interim_hours=24)
    watch(session, hazard, hours=24, origin=taken.decision_id, by=by, at=at)
    return taken


def record_document(session: Session, hazard: Hazard, form: OutsideDocument, *, by: Actor, at: datetime) -> Taken:
    """Record a document issued outside: number, date, issuer, scan.

    Raises: InvalidInput (a day ahead).
    """
    moments.refuse_ahead(form.issued_on, at, field="issued_on")
    return take(session, hazard, DecisionCode.RECORD_DOCUMENT, form, by=by, at=at, evidence=form.evidence)


def record_resumption(session: Session, hazard: Hazard, form: ResumptionConsent, *, by: Actor, at: datetime) -> Taken:
    """Record the consent to resume production, given by the department with the power to give it.

    Source: 安全生产法 第六十五条第一款第三项.

    Raises: InvalidInput (a day ahead).
    """
    moments.refuse_ahead(form.consent_on, at, field="consent_on")
    return take(session, hazard, DecisionCode.RECORD_RESUMPTION, form, by=by, at=at, evidence=form.evidence)


def start_enforcement(session: Session, hazard: Hazard, form: EnforcementStart, *, by: Actor, at: datetime) -> Taken:
    """Hand the hazard to enforcement: refusal, unauthorised resumption, falsification (转入执法); the ladder's highest level
    learns of it at once.

    Source: 安全生产法 第一百零二条; 刑法 第一百三十四条之一.
    Raises: GateNotMet when it was handed over before.
    """
    if hazard.enforcement_at is not None:
        raise GateNotMet("该隐患已转入执法。", rule="转入执法一次", remedy="请登记执法措施。")
    taken = take(
        session, hazard, DecisionCode.TO_ENFORCEMENT, form, by=by, at=at, evidence=form.evidence, enforcement_at=at
    )
    open_enforcement(session, hazard, origin=taken.decision_id, cycle=hazard.cycle, at=at)
    clock = STEPS[Step(hazard.step)].clock
    for running in dict.fromkeys((Clock.RECTIFICATION, clock)):
        if running is not None and raise_to_the_top(session, hazard, running, reason=form.ground, by=by, at=at):
            break
    return taken


def open_enforcement(session: Session, hazard: Hazard, *, origin: str, cycle: int, at: datetime) -> None:
    """The lead unit answers for the first measure within its clock."""
    duties.open_duty(
        session,
        hazard,
        Clock.ENFORCEMENT,
        DecisionCode.ENFORCE,
        duties.in_charge(hazard),
        origin=origin,
        at=at,
        cycle=cycle,
    )


def _hasten(session: Session, hazard: Hazard, *, at: datetime) -> dict[str, Any]:
    """The step's own clock becomes the urgent one from now, unless it is already sooner."""
    if hazard.urgent:
        return {}
    for clock in (Clock.TRIAGE, Clock.VERIFICATION):
        running = clocks.live(session, hazard.id, clock)
        if running is None:
            continue
        urgent = clocks.clock_of(clock, urgent=True)
        row = clocks.starting(session, hazard, urgent, at=at, cycle=hazard.cycle, unit_id=running.unit_id)
        clocks.replace(session, running, row, at=at)
        return {"due_at": row["due_at"]}
    return {}
