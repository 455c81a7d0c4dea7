"""Start the processes of an installation, start again those that die, and leave none behind."""

import ctypes
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from threading import Event
from typing import Any

from cli.prefect_environment import HOME
from cli.processes import Process, all_children
from settings import settings

_GRACE = 8.0
"""Seconds between asking a child to stop and killing its group."""
_LONGEST_WAIT = 30.0
_STEADY_AFTER = 60.0
"""Seconds alive after which a child's next death counts as its first."""
_LOG_LIMIT = 10 << 20
_PR_SET_PDEATHSIG = 1
_PR_SET_CHILD_SUBREAPER = 36


class Child:
    """One supervised process and what became of it so far."""

    def __init__(self, process: Process, log_dir: Path):
        self.process = process
        self.log_path = log_dir / f"{process.name}.log"
        self.running: subprocess.Popen[bytes] | None = None
        self.started_at = 0.0
        self.restarts = 0
        self.wait = 0.0
        self.due_at = 0.0
        self.last_exit: int | None = None

    def start(self) -> None:
        if self.log_path.exists() and self.log_path.stat().st_size > _LOG_LIMIT:
            self.log_path.replace(self.log_path.with_suffix(".log.1"))
        with self.log_path.open("ab") as log:
            self.running = subprocess.Popen(  # noqa: S603  # our own command lines
                self.process.argv, env={**os.environ, **self.process.environment}, cwd=HOME, stdin=subprocess.DEVNULL,
                stdout=log, stderr=log, start_new_session=True, preexec_fn=_die_with_parent,
            )  # fmt: skip
        self.started_at = time.monotonic()

    def look(self) -> bool:
        """Notice a death and start again when its wait is over; whether anything changed."""
        if self.running is not None:
            self.last_exit = self.running.poll()
            if self.last_exit is None:
                return False
            _kill_group(self.running.pid, signal.SIGKILL)
            self.running = None
            steady = time.monotonic() - self.started_at > _STEADY_AFTER
            self.wait = 1.0 if steady or not self.wait else min(self.wait * 2, _LONGEST_WAIT)
            self.due_at = time.monotonic() + self.wait
            return True
        if time.monotonic() < self.due_at:
            return False
        self.restarts += 1
        self.start()
        return True

    def state(self) -> dict[str, Any]:
        return {
            "pid": self.running.pid if self.running else None,
            "state": "running" if self.running else "restarting",
            "restarts": self.restarts,
            "last_exit": self.last_exit,
            "since": datetime.now(UTC).isoformat(timespec="seconds"),
        }


def supervise(processes: Sequence[Process], *, run_dir: Path) -> int:
    """Run until SIGTERM or SIGINT; 0 after all children have ended.

    `run_dir/processes.json` always says which child runs and which died, for /readyz.
    """
    stopping = Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stopping.set())
    _adopt_orphans()
    log_dir = run_dir.parent / "logs"
    for folder in (run_dir, log_dir):
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    children = [Child(process, log_dir) for process in processes]
    for child in children:
        child.start()
    _write_states(children, run_dir)
    while not stopping.wait(0.5):
        changed = [child.look() for child in children]  # all of them, even after the first that changed
        if any(changed):
            _write_states(children, run_dir)
    _end_all(children)
    (run_dir / "processes.json").unlink(missing_ok=True)
    return 0


def _end_all(children: Sequence[Child]) -> None:
    alive = [child.running for child in children if child.running]
    for process in alive:
        _kill_group(process.pid, signal.SIGTERM)
    until = time.monotonic() + _GRACE
    for process in alive:
        with suppress(subprocess.TimeoutExpired):
            process.wait(max(until - time.monotonic(), 0.1))
        _kill_group(process.pid, signal.SIGKILL)


def _write_states(children: Sequence[Child], run_dir: Path) -> None:
    draft = run_dir / ".processes.json"
    draft.write_text(json.dumps({child.process.name: child.state() for child in children}, indent=1), encoding="utf-8")
    draft.replace(run_dir / "processes.json")


def _kill_group(pid: int, number: int) -> None:
    try:
        os.killpg(pid, number)
    except (ProcessLookupError, PermissionError):
        return


def _die_with_parent() -> None:
    """In the child: killed when the supervisor dies, even by kill -9 (Linux)."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)


def _adopt_orphans() -> None:
    """Grandchildren whose parent was killed come to the supervisor instead of living on (Linux)."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_CHILD_SUBREAPER, 1)


if __name__ == "__main__":
    sys.exit(supervise(all_children(settings()), run_dir=settings().data_dir / "run"))
