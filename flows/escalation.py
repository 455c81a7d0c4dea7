"""Escalation 督办升级: fire the rungs that are due, each in its own transaction, and carry each out."""

import os
import socket
from datetime import datetime

from prefect import flow, tags, task

from flows.context import engine, now
from flows.effects import acknowledge, carry_out
from models.engine import reading, writing
from models.errors import ClockSkewed
from models.incident import IncidentKind
from models.instant import checked, instant_of
from services import escalations, incidents, sweeping

TELL = "tell_escalation"


@task(task_run_name="{escalation}", retries=2, retry_delay_seconds=1)
async def apply_escalation(escalation: str) -> None:
    """Letter, answer, notices of one rung."""
    carry_out(TELL, escalation)


@flow(name="escalate", flow_run_name="督办 · {hazard_no}")
async def escalate(hazard_no: str, escalation: str) -> None:  # noqa: ARG001  # it names the run
    """Carry out one fired rung. `escalation` is its outbox message; `hazard_no` names the run."""
    await apply_escalation(escalation)
    acknowledge(escalation)


async def escalate_untracked(hazard_no: str, escalation: str) -> None:  # noqa: ARG001  # it names the run
    carry_out(TELL, escalation)
    acknowledge(escalation)


@flow(name="escalate-overdue")
async def escalate_overdue() -> int:
    """Fire every rung that is due and carry it out as a sub-flow; the number fired.

    Firing commits before its sub-flow starts. Killed in between, the message waits in the outbox and the dispatcher
    carries it out when its time comes. A level told again is left to the dispatcher.

    Raises: ClockSkewed.
    """
    fired = 0
    at = instant()
    for deadline_id in due(at):
        for hazard_no, message in fire(deadline_id, at):
            fired += 1
            with tags(hazard_no):
                await escalate(hazard_no, message)
    fired += tell_again(at)
    done(at)
    return fired


def instant(host: datetime | None = None) -> datetime:
    """The database's instant, for one sweep of this host.

    Raises: ClockSkewed, once the administrator has an incident of it.
    """
    host = host or now()
    with reading(engine()) as session:
        database = instant_of(session, host)
    try:
        return checked(host, database)
    except ClockSkewed as skewed:
        with writing(engine()) as session, session.begin():
            incidents.report(session, IncidentKind.CLOCK_SKEW, socket.gethostname(), skewed.detail, at=database)
        raise


def due(at: datetime) -> list[str]:
    with reading(engine()) as session:
        return list(escalations.due_deadlines(session, at=at))


def anything_due(at: datetime) -> bool:
    with reading(engine()) as session:
        return bool(
            escalations.due_deadlines(session, at=at, limit=1) or escalations.due_repeats(session, at=at, limit=1)
        )


def fire(deadline_id: str, at: datetime) -> list[tuple[str, str]]:
    """(hazard number, message) of every rung fired, committed."""
    with writing(engine()) as session, session.begin():
        return escalations.fire_due_rungs(session, deadline_id, at=at)


def tell_again(at: datetime) -> int:
    """How many levels nobody acknowledged were posted anew."""
    with reading(engine()) as session:
        waiting = list(escalations.due_repeats(session, at=at))
    posted = 0
    for escalation_id in waiting:
        with writing(engine()) as session, session.begin():
            posted += escalations.tell_again(session, escalation_id, at=at) is not None
    return posted


def sweep(at: datetime) -> int:
    """What `escalate_overdue` does, without Prefect; what was fired waits in the outbox."""
    told = sum(len(fire(deadline_id, at)) for deadline_id in due(at)) + tell_again(at)
    done(at)
    return told


def done(at: datetime) -> None:
    """A sweep came to its end: /readyz knows, and the incidents of this host's clock and of nobody sweeping are over."""
    with writing(engine()) as session, session.begin():
        sweeping.beat(session, by=f"{socket.gethostname()}-{os.getpid()}", at=at)
        incidents.end(session, IncidentKind.CLOCK_SKEW, socket.gethostname(), at=at)
        incidents.end(session, IncidentKind.NO_SWEEP, sweeping.SWEEP, at=at)
