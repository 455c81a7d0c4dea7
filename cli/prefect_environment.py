"""The environment of every process that touches Prefect: quiet, offline, on loopback, easy on an idle machine."""

import os
import secrets
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

from settings import Settings

HOME = Path(__file__).resolve().parents[1]
_QUIET = {
    "DO_NOT_TRACK": "1",
    "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
    "PREFECT_SERVER_UI_SHOW_PROMOTIONAL_CONTENT": "false",
    "PREFECT_SERVER_EPHEMERAL_ENABLED": "false",
    "PREFECT_LOGGING_LEVEL": "WARNING",
    "PREFECT_SERVER_LOGGING_LEVEL": "WARNING",
    "PREFECT_CLI_PROMPT": "false",
}
_PATIENCE = {
    # The dispatcher's lease recovers what fails; long waits inside the client would only hold it up.
    "PREFECT_CLIENT_MAX_RETRIES": "2",
    "PREFECT_API_REQUEST_TIMEOUT": "20",
}
_LEAN = {
    # Nothing here reads Prefect's event feed. Writing it competes with the runs for SQLite's one writer: the server
    # then answers 503 and the client waits two seconds, for every third run.
    "PREFECT_SERVER_SERVICES_EVENT_PERSISTER_ENABLED": "false",
    "PREFECT_SERVER_SERVICES_TRIGGERS_ENABLED": "false",
    # Threads of glibc keep arenas of their own; two are enough here and save tens of MB.
    "MALLOC_ARENA_MAX": "2",
}
_SLOTS = {
    # Kept in memory, as by default, a server that dies with a run under way forgets who holds the deployment's only
    # slot: every later run of it is cancelled, for ever. On disk the lease ends after five minutes.
    "PREFECT_SERVER_CONCURRENCY_LEASE_STORAGE": "prefect.server.concurrency.lease_storage.filesystem",
}
_ON_SQLITE = {
    # Prefect's page then shows a hazard's runs but not the tasks inside them. Recording tasks beside the runs locks the
    # one writer out for every second run, which then waits two seconds; on PostgreSQL it costs nothing and stays on.
    "PREFECT_SERVER_SERVICES_TASK_RUN_RECORDER_ENABLED": "false",
}
_IDLE = {
    # Nothing here waits for Prefect's own loops within seconds: they are the second line.
    "PREFECT_SERVER_SERVICES_PAUSE_EXPIRATIONS_ENABLED": "false",
    "PREFECT_SERVER_SERVICES_LATE_RUNS_LOOP_SECONDS": "60",
    "PREFECT_SERVER_SERVICES_CLEANUP_RECONCILER_LOOP_SECONDS": "60",
    "PREFECT_SERVER_SERVICES_SCHEDULER_RECENT_DEPLOYMENTS_LOOP_SECONDS": "60",
    "PREFECT_SERVER_SERVICES_FOREMAN_LOOP_SECONDS": "60",
    "PREFECT_SERVER_SERVICES_REPOSSESSOR_LOOP_SECONDS": "60",
    "PREFECT_SERVER_SERVICES_CANCELLATION_CLEANUP_LOOP_SECONDS": "60",
    "PREFECT_SERVER_SERVICES_DB_VACUUM_ENABLED": '["events","flow_runs"]',
    "PREFECT_WORKER_QUERY_SECONDS": "15",
    "PREFECT_WORKER_HEARTBEAT_SECONDS": "60",
    "PREFECT_WORKER_PREFETCH_SECONDS": "5",
}

_SYNCHRONOUS = {"postgres", "postgresql", "postgresql+psycopg", "postgresql+psycopg2"}


def prefect_environment(held: Settings) -> Mapping[str, str]:
    """What a child that talks to Prefect, or is Prefect, gets besides this process's own environment."""
    auth = _auth(held)
    return {
        **_QUIET,
        **_PATIENCE,
        **_LEAN,
        **(_ON_SQLITE if held.prefect_on_sqlite else {}),
        **_SLOTS,
        **_IDLE,
        "PREFECT_HOME": str(held.data_dir / "prefect"),
        "PREFECT_API_URL": held.prefect_url,
        "PREFECT_SERVER_API_AUTH_STRING": auth,
        "PREFECT_API_AUTH_STRING": auth,
        "PREFECT_API_DATABASE_CONNECTION_URL": _database(held),
        "HAZARDFLOW_HOME": str(HOME),
        "HAZARDFLOW_DATA_DIR": str(held.data_dir),
    }


def _auth(held: Settings) -> str:
    """user:password of the Prefect API: of the settings, or drawn once and kept for this user only."""
    if given := held.prefect_auth.get_secret_value():
        return given
    note = held.key_dir / "prefect_auth"
    if not note.exists():
        _draw_auth(note)
    return note.read_text(encoding="ascii")


def _draw_auth(note: Path) -> None:
    """Several processes may start at once: the first to link its draft wins, and all read the same."""
    note.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    draft = note.with_name(f".prefect_auth.{os.getpid()}")
    draft.touch(mode=0o600)
    draft.write_text(f"hazardflow:{secrets.token_urlsafe(24)}", encoding="ascii")
    draft.chmod(0o400)
    with suppress(FileExistsError):
        note.hardlink_to(draft)
    draft.unlink()


def _database(held: Settings) -> str:
    given = held.prefect_database_url.get_secret_value()
    if not given:
        (held.data_dir / "prefect").mkdir(parents=True, exist_ok=True, mode=0o700)
        return f"sqlite+aiosqlite:///{held.data_dir / 'prefect' / 'prefect.db'}"
    scheme, _, rest = given.partition("://")
    return f"postgresql+asyncpg://{rest}" if scheme in _SYNCHRONOUS else given
