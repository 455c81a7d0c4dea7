"""A whole installation as `hazardflow up` runs it, on free ports of this machine, for tests with real processes."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from threading import Event

import httpx
import pytest

from settings import settings

ROOT = Path(__file__).resolve().parents[1]


@dataclass
class Installation:
    data_dir: Path
    port: int
    process: subprocess.Popen[bytes]

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def pid_of(self, name: str) -> int | None:
        try:
            return json.loads((self.data_dir / "run" / "processes.json").read_text())[name]["pid"]
        except (OSError, ValueError, KeyError):
            return None

    def kill(self, name: str) -> int:
        pid = self.pid_of(name)
        assert pid is not None
        os.kill(pid, signal.SIGKILL)
        return pid

    def stop(self) -> None:
        self.process.send_signal(signal.SIGTERM)
        self.process.wait(120)


@contextmanager
def at_work(data_dir: Path) -> Iterator[Installation]:
    """An installation that this process's own commands mean as well, until it is stopped."""
    with pytest.MonkeyPatch.context() as patch:
        held = start(data_dir)
        patch.setenv("HAZARDFLOW_DATA_DIR", str(held.data_dir))
        patch.setenv("HAZARDFLOW_PORT", str(held.port))
        settings.cache_clear()
        yield held
        held.stop()
    settings.cache_clear()


def start(data_dir: Path) -> Installation:
    """Everything up and ready, Prefect too."""
    held = launch(data_dir)
    try:
        wait_until(
            lambda: answers(f"{held.url}/readyz") and answers(f"http://127.0.0.1:{held.port + 1}/api/health"),
            seconds=300,
        )
    except BaseException:
        held.stop()  # nobody else knows of it
        raise
    return held


def launch(data_dir: Path) -> Installation:
    """`hazardflow up`, not yet ready."""
    port = _free_ports()
    environment = {**os.environ, "HAZARDFLOW_DATA_DIR": str(data_dir), "HAZARDFLOW_PORT": str(port)}
    process = subprocess.Popen(
        [sys.executable, "-m", "cli.main", "up"], env=environment, cwd=ROOT, stdout=subprocess.DEVNULL
    )
    return Installation(data_dir, port, process)


def answers(url: str) -> bool:
    try:
        return httpx.get(url, timeout=10, trust_env=False).is_success
    except httpx.HTTPError:
        return False


def wait_until(holds: Callable[[], bool], *, seconds: float) -> None:
    """Ask again until it holds; fails after so many seconds. Waits for real processes, never for the clock."""
    until = time.monotonic() + seconds
    pause = Event()
    while not holds():
        assert time.monotonic() < until, f"did not come true within {seconds} s: {holds}"
        pause.wait(0.2)


def _free_ports() -> int:
    """A port whose successor is free too, for Prefect."""
    while True:
        with socket.socket() as first, socket.socket() as second:
            first.bind(("127.0.0.1", 0))
            port = first.getsockname()[1]
            try:
                second.bind(("127.0.0.1", port + 1))
            except OSError:
                continue
            return port
