"""Put right what a crash left behind: stale Prefect records, forgotten uploads, calendar years to import; and report what
must never be. Keys in turn."""

from datetime import timedelta

from prefect import flow
from prefect.client.orchestration import get_client
from prefect.client.schemas.filters import (
    FlowRunFilter,
    FlowRunFilterExpectedStartTime,
    FlowRunFilterState,
    FlowRunFilterStateType,
)
from prefect.client.schemas.objects import StateType
from prefect.states import Cancelled

from flows.context import engine, now
from models.engine import writing
from services import upkeep, vault_keys
from services.keys import Keyring
from settings import settings

_STALE_AFTER = timedelta(minutes=15)
_UNFINISHED = [StateType.RUNNING, StateType.PENDING]


@flow(name="reconcile")
async def reconcile() -> dict[str, int]:
    """What was put right, by kind."""
    done = keep_up()
    done["stale_runs_ended"] = await end_stale_runs()
    return done


def keep_up() -> dict[str, int]:
    at = now()
    with writing(engine()) as session, session.begin():
        return {
            "calendar_years_asked_for": upkeep.ask_for_calendar(session, at=at),
            "hazards_standing_still": upkeep.report_standing_still(session, at=at),
            "old_keys_dropped": upkeep.drop_old_keys(session, at=at),
            "drafts_dropped": upkeep.drop_drafts(session, at=at),
            "orphan_files_removed": upkeep.remove_orphan_files(session, settings().evidence_dir, at=at),
            "vault_keys_destroyed": vault_keys.renew(session, Keyring(settings().key_dir), at=at),
        }


async def end_stale_runs() -> int:
    """Runs of a killed process stay Running in Prefect for ever. The domain database has long dispatched their work
    again, so their records are only closed."""
    before = FlowRunFilterExpectedStartTime(before_=now() - _STALE_AFTER)  # pyright: ignore[reportArgumentType]  # pydantic takes any aware datetime
    unfinished = FlowRunFilterState(type=FlowRunFilterStateType(any_=_UNFINISHED))
    ended = 0
    async with get_client() as client:
        runs = await client.read_flow_runs(
            flow_run_filter=FlowRunFilter(state=unfinished, expected_start_time=before), limit=200
        )
        for run in runs:
            await client.set_flow_run_state(run.id, Cancelled(message="进程中断，已由后续执行补办"), force=True)
            ended += 1
    return ended
