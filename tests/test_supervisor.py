"""The supervisor with real processes: what dies comes back, what is stopped stays away, nothing is left behind."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from installation import wait_until as wait_until_within

ROOT = Path(__file__).resolve().parents[1]
PATIENCE = 60.0
"""Seconds for what takes a moment on a machine that has nothing else to do."""
STAYS = "import time; time.sleep(600)"
WITH_GRANDCHILD = f"""
import pathlib, subprocess, sys, time
grandchild = subprocess.Popen([sys.executable, "-c", {STAYS!r}], start_new_session=True)
pathlib.Path("GRANDCHILD").write_text(str(grandchild.pid))
time.sleep(600)
"""
DEAF = f"import pathlib, signal; signal.signal(signal.SIGTERM, signal.SIG_IGN); pathlib.Path('DEAF').touch(); {STAYS}"
PROGRAM = """
import json, sys
from pathlib import Path
from cli import supervisor
from cli.processes import Process
supervisor._GRACE = 1.0
children = [Process(name, (sys.executable, "-c", code)) for name, code in json.loads(sys.argv[1]).items()]
sys.exit(supervisor.supervise(children, run_dir=Path(sys.argv[2])))
"""
linux = pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells a process that its parent died")


class Supervised:
    """A supervisor in a process of its own, and the pids anybody in its tree ever had."""

    def __init__(self, folder: Path, children: dict[str, str]):
        self.folder = folder
        told = {
            name: code.replace("GRANDCHILD", str(folder / name)).replace("DEAF", str(folder / name))
            for name, code in children.items()
        }
        argv = [sys.executable, "-c", PROGRAM, json.dumps(told), str(folder / "run")]
        self.process = subprocess.Popen(argv, cwd=ROOT)
        self.seen: set[int] = set()
        wait_until(lambda: bool(self.children()))

    def children(self) -> dict[str, dict[str, Any]]:
        try:
            found = json.loads((self.folder / "run" / "processes.json").read_text())
        except FileNotFoundError:
            return {}
        self.seen |= {child["pid"] for child in found.values() if child["pid"]}
        return found

    def grandchild(self, name: str) -> int:
        note = self.folder / name
        wait_until(lambda: note.exists() and note.read_text() != "")
        self.seen.add(int(note.read_text()))
        return int(note.read_text())

    def supervisor(self) -> int:
        """The second of its two processes: the parent of every child."""
        child = next(iter(self.children().values()))["pid"]
        return int(Path(f"/proc/{child}/stat").read_text().rpartition(")")[2].split()[1])

    def nobody_is_left(self) -> bool:
        return not any(alive(pid) for pid in self.seen)


@pytest.fixture
def supervised(tmp_path: Path) -> Iterator[Callable[[dict[str, str]], Supervised]]:
    started: list[Supervised] = []

    def start(children: dict[str, str]) -> Supervised:
        started.append(Supervised(tmp_path, children))
        return started[-1]

    yield start
    for held in started:
        held.children()
        held.process.kill()
        held.process.wait()
        for pid in filter(alive, held.seen):
            os.kill(pid, signal.SIGKILL)


def test_a_child_that_dies_is_started_again_and_the_file_says_how_it_died(supervised):
    held = supervised({"worker": STAYS, "api": STAYS})
    first = held.children()

    os.kill(first["worker"]["pid"], signal.SIGKILL)
    wait_until(lambda: held.children()["worker"]["restarts"] == 1 and held.children()["worker"]["state"] == "running")

    again = held.children()
    assert again["worker"]["pid"] != first["worker"]["pid"]
    assert (again["worker"]["restarts"], again["worker"]["last_exit"]) == (1, -signal.SIGKILL)
    assert again["api"] == first["api"]


def test_a_child_that_keeps_dying_is_started_less_and_less_often(supervised, tmp_path: Path):
    births = tmp_path / "births"
    held = supervised(
        {"worker": f"import time; open({str(births)!r}, 'a').write(f'{{time.time()}}\\n'); raise SystemExit(3)"}
    )

    wait_until(lambda: births.exists() and len(births.read_text().split()) >= 3)

    first, second, third = [float(line) for line in births.read_text().split()[:3]]
    assert second - first >= 1
    assert third - second >= 2
    assert held.children()["worker"]["last_exit"] == 3


def test_a_program_that_is_missing_is_tried_again_while_the_others_run(tmp_path: Path):
    from cli.processes import Process  # noqa: PLC0415  # not needed by the tests that start a process
    from cli.supervisor import Child  # noqa: PLC0415

    child = Child(Process("api", (str(tmp_path / "nowhere"),)), tmp_path)
    child.start()

    assert (child.report()["state"], child.report()["last_exit"]) == ("restarting", 127)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_everybody_and_their_children_with_success(supervised, number: signal.Signals):
    held = supervised({"worker": WITH_GRANDCHILD, "api": STAYS})
    held.grandchild("worker")

    held.process.send_signal(number)

    assert held.process.wait(PATIENCE) == 0
    assert held.nobody_is_left()
    assert held.children() == {}


def test_a_child_deaf_to_sigterm_is_killed_after_its_grace(supervised):
    held = supervised({"api": DEAF})
    wait_until((held.folder / "api").exists)
    held.children()

    held.process.send_signal(signal.SIGTERM)

    assert held.process.wait(PATIENCE) == 0
    assert held.nobody_is_left()


@linux
def test_a_killed_child_leaves_no_grandchildren(supervised):
    held = supervised({"worker": WITH_GRANDCHILD})
    grandchild = held.grandchild("worker")

    os.kill(held.children()["worker"]["pid"], signal.SIGKILL)

    wait_until(lambda: not alive(grandchild))


@linux
@pytest.mark.parametrize("victim", ["keeper", "supervisor"])
def test_a_killed_parent_leaves_no_orphans(supervised, victim: str):
    held = supervised({"worker": WITH_GRANDCHILD, "api": STAYS})
    held.grandchild("worker")
    held.seen.add(held.supervisor())

    os.kill(held.process.pid if victim == "keeper" else held.supervisor(), signal.SIGKILL)

    held.process.wait(PATIENCE)
    wait_until(held.nobody_is_left)


def alive(pid: int) -> bool:
    """A zombie nobody has reaped yet is dead; a container's init may take its time."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except (FileNotFoundError, ProcessLookupError):
        return False


def wait_until(holds: Callable[[], bool]) -> None:
    wait_until_within(holds, seconds=PATIENCE)
