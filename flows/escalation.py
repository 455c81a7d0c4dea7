"""Escalation 督办升级: fire the rungs that are due, each in its own transaction, and carry each out."""

from prefect import flow, tags, task

from flows.context import engine, now
from flows.effects import acknowledge, carry_out
from models.engine import reading, writing
from services import escalations

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
    carries it out when its time comes.
    """
    fired = 0
    for deadline_id in due():
        for hazard_no, message in fire(deadline_id):
            fired += 1
            with tags(hazard_no):
                await escalate(hazard_no, message)
    return fired


def due() -> list[str]:
    with reading(engine()) as session:
        return list(escalations.due_deadlines(session, at=now()))


def fire(deadline_id: str) -> list[tuple[str, str]]:
    """(hazard number, message) of every rung fired, committed."""
    with writing(engine()) as session, session.begin():
        return escalations.fire_due_rungs(session, deadline_id, at=now())
