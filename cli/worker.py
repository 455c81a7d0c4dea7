"""The Prefect worker: wait for the server, make sure the deployments are there, then become the worker."""

import hashlib
import os
import socket
import subprocess
import sys
import time
from collections.abc import Mapping
from contextlib import suppress
from importlib.metadata import version

import httpx
import yaml

from cli.prefect_environment import HOME, prefect_environment
from cli.processes import Process, become
from settings import Settings, settings

_PATIENCE = 300.0
"""Seconds the server may take to answer; a first start creates its database."""
_AT_ONCE = "2"


def run_worker() -> None:
    """Never returns: this process becomes `prefect worker start` on the installation's pool."""
    held = settings()
    environment = prefect_environment(held)
    user, _, password = environment["PREFECT_API_AUTH_STRING"].partition(":")
    with httpx.Client(base_url=held.prefect_url, auth=(user, password), timeout=20, trust_env=False) as server:
        _wait_for(server)
        try:
            _make_pool(server, held)
            deployed = _is_deployed(server, held)
        except (httpx.HTTPError, ValueError) as broken:
            sys.exit(
                f"Prefect 服务 {held.prefect_url} 拒绝查询（{broken}）。请检查 HAZARDFLOW_PREFECT_AUTH 和 HAZARDFLOW_PREFECT_API_URL。"
            )
    if not deployed:
        _deploy(held, environment)
    name = (
        socket.gethostname()
    )  # a worker that comes back under its old name leaves no dead ones behind in Prefect's pages
    options = ("--pool", held.work_pool, "--type", "process", "--name", name, "--limit", _AT_ONCE)
    become(Process("worker", (sys.executable, "-m", "prefect", "worker", "start", *options), environment))


def _wait_for(server: httpx.Client) -> None:
    until = time.monotonic() + _PATIENCE
    while time.monotonic() < until:
        with suppress(httpx.HTTPError):
            if server.get("/health").is_success:
                return
        time.sleep(1)
    sys.exit(f"Prefect 服务 {server.base_url} 没有响应。请检查 prefect 进程的日志，或 HAZARDFLOW_PREFECT_API_URL。")


def _make_pool(server: httpx.Client, held: Settings) -> None:
    """An existing pool stays as it is; a new one gets the settings of its type from the first worker."""
    made = server.post("/work_pools/", json={"name": held.work_pool, "type": "process"})
    if made.status_code != httpx.codes.CONFLICT:
        made.raise_for_status()


def _is_deployed(server: httpx.Client, held: Settings) -> bool:
    """Asked of the server itself, because its database may have been wiped."""
    wanted = yaml.safe_load((HOME / "prefect.yaml").read_text(encoding="utf-8"))["deployments"]
    stamped = {"deployments": {"tags": {"all_": [_stamp(held)]}}}
    found = server.post("/deployments/filter", json=stamped).raise_for_status().json()
    return {entry["name"] for entry in found} >= {entry["name"] for entry in wanted}


def _deploy(held: Settings, environment: Mapping[str, str]) -> None:
    """Killed in between, it is done again at the next start."""
    known = {**os.environ, **environment, "HAZARDFLOW_DEPLOYED": _stamp(held), "HAZARDFLOW_WORK_POOL": held.work_pool}
    command = (sys.executable, "-m", "prefect", "--no-prompt", "deploy", "--all")
    if code := subprocess.run(command, env=known, cwd=HOME, check=False).returncode:  # noqa: S603  # our own command line
        sys.exit(f"部署 prefect.yaml 失败（退出码 {code}），原因见上文。")


def _stamp(held: Settings) -> str:
    """Changes with prefect.yaml, the program's version, the place of the installation and the work pool."""
    parts = (str(HOME), version("hazardflow"), held.work_pool)
    return (
        "deployed-" + hashlib.sha256((HOME / "prefect.yaml").read_bytes() + "\n".join(parts).encode()).hexdigest()[:12]
    )


if __name__ == "__main__":
    run_worker()
