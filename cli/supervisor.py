"""Start the processes of an installation, start again those that die, and leave none behind.

Two processes: the keeper, which was started, and the supervisor, its child. Whichever of them is killed, the other
ends everything: the kernel hands orphans to the keeper, and asks the supervisor to stop when the keeper dies.
"""

import ctypes
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Collection, Sequence
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal

from cli.prefect_environment import HOME
from cli.processes import Process, all_children
from settings import settings

_GRACE = 8.0
"""Seconds between asking a child to stop and killing its group."""
_LONGEST_WAIT = 30.0
_STEADY_AFTER = 60.0
"""Seconds alive after which a child's next death counts as its first."""
_LOG_LIMIT = 10 << 20
_LIBC = ctypes.CDLL(None) if sys.platform == "linux" else None
_PR_SET_PDEATHSIG = 1
_PR_SET_CHILD_SUBREAPER = 36


class Child:
    """One supervised process and what became of it so far."""

    def __init__(self, process: Process, log_dir: Path):
        self.process = process
        self.log_path = log_dir / f"{process.name}.log"
        self.running: subprocess.Popen[bytes] | None = None
        self.state: Literal["running", "restarting", "stopped"] = "restarting"
        self.since = datetime.now(UTC)
        self.started_at = 0.0
        self.due_at = 0.0
        self.wait = 0.0
        self.restarts = 0
        self.last_exit: int | None = None

    def start(self) -> None:
        """A program that is missing for a moment, as during an upgrade, counts as one that died at once."""
        self.started_at = time.monotonic()
        try:
            self.running = self._spawn()
        except OSError:
            return self._died(127)
        return self._became("running")

    def look(self) -> bool:
        """Notice a death, or start again when its wait is over; whether anything changed."""
        if self.running is not None:
            code = self.running.poll()
            if code is None:
                return False
            _kill_group(self.running.pid, signal.SIGKILL)
            self._died(code)
            return True
        if time.monotonic() < self.due_at:
            return False
        self.restarts += 1
        self.start()
        return True

    def stopped(self) -> None:
        """Its end was asked for: reaped, and what is left of its group killed."""
        if self.running is not None:
            _kill_group(self.running.pid, signal.SIGKILL)
            self.last_exit = self.running.wait()
            self.running = None
        self._became("stopped")

    def report(self) -> dict[str, Any]:
        return {
            "pid": self.running.pid if self.running else None,
            "state": self.state,
            "restarts": self.restarts,
            "last_exit": self.last_exit,
            "since": self.since.isoformat(timespec="seconds"),
        }

    def _spawn(self) -> subprocess.Popen[bytes]:
        if self.log_path.exists() and self.log_path.stat().st_size > _LOG_LIMIT:
            self.log_path.replace(self.log_path.with_suffix(".log.1"))
        with self.log_path.open("ab") as log:
            return subprocess.Popen(  # noqa: S603  # our own command lines
                self.process.argv, env={**os.environ, **self.process.environment}, cwd=HOME, stdin=subprocess.DEVNULL,
                stdout=log, stderr=log, start_new_session=True, preexec_fn=_killed_with_parent,
            )  # fmt: skip

    def _died(self, code: int) -> None:
        steady = time.monotonic() - self.started_at > _STEADY_AFTER
        self.wait = 1.0 if steady or not self.wait else min(self.wait * 2, _LONGEST_WAIT)
        self.due_at = time.monotonic() + self.wait
        self.running, self.last_exit = None, code
        self._became("restarting")

    def _became(self, state: Literal["running", "restarting", "stopped"]) -> None:
        self.state, self.since = state, datetime.now(UTC)


def supervise(processes: Sequence[Process], *, run_dir: Path) -> int:
    """Run until SIGTERM or SIGINT; 0 after all children and theirs have ended.

    `run_dir/processes.json` says which child runs and which died, for /readyz; without a supervisor there is none.
    """
    keeper = os.getpid()
    _prctl(_PR_SET_CHILD_SUBREAPER, 1)
    supervisor = os.fork()
    if supervisor:
        return _keep(supervisor, run_dir)
    os.setsid()
    _prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)
    _prctl(_PR_SET_CHILD_SUBREAPER, 1)
    os._exit(_look_after(processes, run_dir, keeper))


def _keep(supervisor: int, run_dir: Path) -> int:
    def stop(*_: object) -> None:
        with suppress(ProcessLookupError):
            os.kill(supervisor, signal.SIGTERM)

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, stop)
    code = os.waitstatus_to_exitcode(os.waitpid(supervisor, 0)[1])
    _end_orphans()
    (run_dir / "processes.json").unlink(missing_ok=True)
    return max(code, -code)


def _look_after(processes: Sequence[Process], run_dir: Path, keeper: int) -> int:
    # A list, not an Event: a handler that sets the Event its own thread waits on can wait for itself for ever.
    stopping: list[int] = []
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda received, _: stopping.append(received))
    log_dir = run_dir.parent / "logs"
    for folder in (run_dir, log_dir):
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    children = [Child(process, log_dir) for process in processes]
    for child in children:
        child.start()
    _write_down(children, run_dir)
    while not stopping and os.getppid() == keeper:
        time.sleep(0.5)
        changed = [child.look() for child in children]  # all of them, even after the first that changed
        if any(changed):
            _end_orphans(except_for={child.running.pid for child in children if child.running})
            _write_down(children, run_dir)
    _end_all(children, run_dir)
    return 0


def _end_all(children: Sequence[Child], run_dir: Path) -> None:
    until = time.monotonic() + _GRACE
    alive = [child.running for child in children if child.running]
    for process in alive:
        _kill_group(process.pid, signal.SIGTERM)
    while any(process.poll() is None for process in alive) and time.monotonic() < until:
        time.sleep(0.05)
    for child in children:
        child.stopped()
    _write_down(children, run_dir)
    _end_orphans()


def _end_orphans(*, except_for: Collection[int] = ()) -> None:
    """Kill and reap what became this process's own because the process that started it died.

    A flow run is in a session of its own, so killing the worker's group does not reach it.
    """
    while orphans := _children_of_this_process() - set(except_for):
        for pid in orphans:
            os.kill(pid, signal.SIGKILL)
            os.waitpid(pid, 0)


def _children_of_this_process() -> set[int]:
    try:
        return {int(pid) for pid in Path(f"/proc/self/task/{os.getpid()}/children").read_text(encoding="ascii").split()}
    except OSError:  # not Linux
        return set()


def _write_down(children: Sequence[Child], run_dir: Path) -> None:
    draft = run_dir / ".processes.json"
    states = json.dumps({child.process.name: child.report() for child in children}, indent=1)
    with suppress(OSError):  # a full disk must not end the children
        draft.write_text(states, encoding="utf-8")
        draft.replace(run_dir / "processes.json")


def _kill_group(pid: int, number: int) -> None:
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(pid, number)


def _killed_with_parent() -> None:
    """In the child: killed when the supervisor dies, even by kill -9 (Linux)."""
    _prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)


def _prctl(option: int, value: int) -> None:
    if _LIBC is not None:
        _LIBC.prctl(option, value)


if __name__ == "__main__":
    sys.exit(supervise(all_children(settings()), run_dir=settings().data_dir / "run"))
