"""Tell somebody what was laid on them beside the move, or how what they asked for was decided."""

from prefect import flow, task

from flows.effects import acknowledge, carry_out, word_of


@task(task_run_name="{effect}", retries=2, retry_delay_seconds=1)
async def apply_announcement(effect: str, message: str) -> None:
    """The notices of one message, in a transaction of their own."""
    carry_out(effect, message)


@flow(name="announce", flow_run_name="告知 · {hazard_no}")
async def announce(hazard_no: str, message: str) -> None:  # noqa: ARG001  # it names the run
    """`message` is the outbox message; `hazard_no` names the run."""
    await apply_announcement(word_of(message), message)
    acknowledge(message)


async def announce_untracked(hazard_no: str, message: str) -> None:  # noqa: ARG001  # it names the run
    carry_out(word_of(message), message)
    acknowledge(message)
