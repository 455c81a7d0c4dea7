"""`hazardflow up`: everything as one process tree."""

import sys

from cli import processes
from cli.console import console
from cli.migration import migrate_database
from settings import settings


def run_everything() -> None:
    """Migrate, say where it is, then become the supervisor; it stays small because this process's imports are gone."""
    held = settings()
    processes.require_free_port(held.host, held.port)
    if not held.prefect_api_url:
        processes.require_free_port("127.0.0.1", held.embedded_prefect_port, "HAZARDFLOW_PREFECT_PORT")
    migrate_database()
    console.print(f"重大事故隐患督办销号：{held.base_url}  （数据目录 {held.data_dir}，按 Ctrl+C 停止）")
    sys.stdout.flush()
    processes.become(processes.supervisor(held))
