"""`hazardflow up`: everything as one process tree."""

from cli import processes
from cli.console import console
from cli.migration import migrate_database
from cli.supervisor import supervise
from settings import settings


def run_everything() -> int:
    """Migrate, then start and watch the API, Prefect, the dispatcher and a worker until told to stop."""
    held = settings()
    processes.require_free_port(held.host, held.port)
    migrate_database()
    console.print(f"重大事故隐患督办销号：{held.base_url}  （数据目录 {held.data_dir}，按 Ctrl+C 停止）")
    return supervise(processes.all_children(held), run_dir=held.data_dir / "run")

