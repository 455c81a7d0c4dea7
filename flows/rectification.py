"""One short flow run for every step a hazard enters. It takes no decision and holds no state."""

from prefect import flow, task
from prefect.runtime import flow_run

from flows.effects import acknowledge, carry_out, effects_of, step_of
from models.process import STEPS


def _run_name() -> str:
    """`ZY-2026-0017 · 复查验收·现场复查`, so the runs of one hazard read as its way."""
    given = flow_run.parameters
    info = STEPS[step_of(given["entry"])]
    return f"{given['hazard_no']} · {info.stage.label}·{info.label}"


@task(task_run_name="{effect}", retries=2, retry_delay_seconds=1)
async def apply_effect(effect: str, entry: str) -> None:
    """One effect, a transaction of its own; carried out before, it changes nothing."""
    carry_out(effect, entry)


@flow(name="enter-stage", flow_run_name=_run_name)
async def enter_stage(hazard_no: str, entry: str) -> None:  # noqa: ARG001  # it names the run
    """Letters and notices of a step entered. `entry` is the outbox message; `hazard_no` names the run."""
    for effect in effects_of(step_of(entry)):
        await apply_effect(effect, entry)
    acknowledge(entry)


async def enter_stage_untracked(hazard_no: str, entry: str) -> None:  # noqa: ARG001  # it names the run
    """The same effects in the same order without Prefect, when it is down."""
    for effect in effects_of(step_of(entry)):
        carry_out(effect, entry)
    acknowledge(entry)
