"""The processes of an installation, and how each is started alone."""

import os
import socket
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field

from cli.prefect_environment import HOME, prefect_environment
from settings import Settings


@dataclass(frozen=True)
class Process:
    """A program of this installation: its name, its command line, what its environment has besides ours."""

    name: str
    argv: tuple[str, ...]
    environment: Mapping[str, str] = field(default_factory=dict)


def api(held: Settings) -> Process:
    argv = (
        sys.executable, "-m", "uvicorn", "serving:app_from_settings", "--factory", "--host", held.host, "--port", str(held.port),
        "--no-access-log", "--no-server-header", "--log-level", "warning", "--timeout-graceful-shutdown", "5",
    )  # fmt: skip
    return Process("api", argv, {"HAZARDFLOW_DATA_DIR": str(held.data_dir)})


def dispatcher(held: Settings) -> Process:
    return Process("dispatcher", (sys.executable, "-m", "flows.dispatcher"), prefect_environment(held))


def prefect(held: Settings) -> Process:
    port = str(held.embedded_prefect_port)
    argv = (sys.executable, "-m", "prefect", "server", "start", "--host", "127.0.0.1", "--port", port)
    return Process("prefect", argv, prefect_environment(held))


def worker(held: Settings) -> Process:
    return Process("worker", (sys.executable, "-m", "cli.worker"), prefect_environment(held))


def supervisor(held: Settings) -> Process:
    return Process("supervisor", (sys.executable, "-m", "cli.supervisor"), {"HAZARDFLOW_DATA_DIR": str(held.data_dir)})


def all_children(held: Settings) -> list[Process]:
    """What `hazardflow up` runs; without a Prefect server of its own where another's address is given."""
    own_prefect = [] if held.prefect_api_url else [prefect(held)]
    return [api(held), *own_prefect, dispatcher(held), worker(held)]


def become(process: Process) -> None:
    """Replace this process by that program."""
    os.chdir(HOME)
    os.execve(process.argv[0], list(process.argv), {**os.environ, **process.environment})  # noqa: S606  # our own command lines


def port_is_free(host: str, port: int) -> bool:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError:
            return False
    return True


def require_free_port(host: str, port: int, setting: str = "HAZARDFLOW_PORT") -> None:
    """Exits with one line when it is taken."""
    if not port_is_free(host, port):
        sys.exit(f"端口 {host}:{port} 已被占用。请停止占用它的程序，或用 {setting} 换一个端口。")
