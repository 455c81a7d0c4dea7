"""requirements.lock pins what pyproject.toml asks for, by hash."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A copy of the three files that the check reads."""
    (tmp_path / "script").mkdir()
    for name in ("script/lock", "pyproject.toml", "requirements.lock"):
        shutil.copy(ROOT / name, tmp_path / name)
    return tmp_path


def test_the_lock_is_in_step_with_the_project(checkout: Path) -> None:
    done = _check(checkout)

    assert (done.returncode, done.stderr) == (0, ""), done.stdout


def test_a_requirement_missing_in_the_lock_is_named(checkout: Path) -> None:
    _replace(checkout / "pyproject.toml", '"alembic>=1.16"', '"alembic>=1.16", "no-such-thing>=1"')

    done = _check(checkout)

    assert (done.returncode, "no-such-thing>=1 is not in requirements.lock" in done.stdout) == (1, True)


def test_a_requirement_that_the_lock_violates_is_named(checkout: Path) -> None:
    _replace(checkout / "pyproject.toml", '"alembic>=1.16"', '"alembic>=999"')

    done = _check(checkout)

    assert (done.returncode, "alembic>=999 is locked at" in done.stdout) == (1, True)


def test_every_pin_is_hashed() -> None:
    lock = (ROOT / "requirements.lock").read_text(encoding="utf-8").replace("\\\n", "")

    pins = [line for line in lock.splitlines() if line.strip()]

    assert len(pins) > 100
    assert [pin for pin in pins if not re.search(r"==\S+.*\s--hash=sha256:[0-9a-f]{64}", pin)] == []


def _replace(path: Path, old: str, new: str) -> None:
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new), encoding="utf-8")


def _check(checkout: Path) -> subprocess.CompletedProcess[str]:
    environment = os.environ | {"HAZARDFLOW_VENV": sys.prefix}
    command = [str(checkout / "script" / "lock"), "--check"]
    return subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
