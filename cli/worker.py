"""The Prefect worker: wait for the server, make sure the deployments are there, then become the worker."""

import hashlib
import os
import subprocess
import sys
import time
from collections.abc import Mapping

import httpx

from cli.prefect_environment import HOME, prefect_environment
from cli.processes import Process, become
from settings import Settings, settings

_PATIENCE = 300.0


def run_worker() -> None:
    """Never returns: this process becomes `prefect worker start` on the installation's pool."""
    held = settings()
    environment = prefect_environment(held)
    user, _, password = environment["PREFECT_API_AUTH_STRING"].partition(":")
    with httpx.Client(base_url=held.prefect_url, auth=(user, password), timeout=10, trust_env=False) as server:
        _wait_for(server)
        if not _is_deployed(server, held):
            _deploy(held, environment)
    argv = (
        sys.executable,
        "-m",
        "prefect",
        "worker",
        "start",
        "--pool",
        held.work_pool,
        "--type",
        "process",
        "--limit",
        "2",
    )
    become(Process("worker", argv, environment))


def _wait_for(server: httpx.Client) -> None:
    until = time.monotonic() + _PATIENCE
    while time.monotonic() < until:
        try:
            if server.get("/health").is_success:
                return
        except httpx.HTTPError:
            pass
        time.sleep(1)
    sys.exit(f"Prefect 服务 {server.base_url} 没有响应。")


def _is_deployed(server: httpx.Client, held: Settings) -> bool:
    """Asked of the server itself, because its database may have been wiped; the tag is the file deployed."""
    pool = server.get(f"/work_pools/{held.work_pool}").is_success
    answer = server.post("/deployments/filter", json={"limit": 50})
    tags = [set(entry["tags"]) for entry in answer.json()] if answer.is_success else []
    return pool and bool(tags) and all(_stamp() in found for found in tags)


def _deploy(held: Settings, environment: Mapping[str, str]) -> None:
    """Create the pool and deploy prefect.yaml, all of it or nothing that counts as done."""
    known = {**os.environ, **environment, "HAZARDFLOW_DEPLOYED": _stamp(), "HAZARDFLOW_WORK_POOL": held.work_pool}
    prefect = (sys.executable, "-m", "prefect")
    subprocess.run(  # noqa: S603  # our own arguments
        (*prefect, "work-pool", "create", held.work_pool, "--type", "process", "--overwrite"),
        env=known,
        cwd=HOME,
        check=True,
    )
    subprocess.run((*prefect, "--no-prompt", "deploy", "--all"), env=known, cwd=HOME, check=True)  # noqa: S603  # our own arguments


def _stamp() -> str:
    """Changes whenever prefect.yaml or the place of the installation does."""
    return "deployed-" + hashlib.sha256((HOME / "prefect.yaml").read_bytes() + str(HOME).encode()).hexdigest()[:12]


if __name__ == "__main__":
    run_worker()
