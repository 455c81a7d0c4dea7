"""`hazardflow doctor`: what is wrong with this installation, and what to do about it."""

import os
import shutil
from collections.abc import Iterator

from pydantic import ValidationError
from sqlalchemy.exc import SQLAlchemyError

from cli.console import console, open_database
from cli.processes import port_is_free
from models.errors import DomainError
from settings import PREFIX, Settings, settings

_LEAST_FREE = 1 << 30


def examine() -> int:
    """One line per check; 0 when nothing needs mending."""
    faults = [fault for check in (_unknown_settings, _settings, _database, _ports, _space) for fault in check()]
    for fault in faults:
        console.print(f"✘ {fault}", style="red")
    console.print("检查完毕，没有发现问题。" if not faults else f"发现{len(faults)}个问题。")
    return 1 if faults else 0


def _unknown_settings() -> Iterator[str]:
    known = {f"{PREFIX}{name.upper()}" for name in Settings.model_fields} | {
        f"{PREFIX}KEY",
        f"{PREFIX}VENV",
        f"{PREFIX}TEST_DATABASE_URL",
    }
    for name in sorted(os.environ):
        if name.startswith(PREFIX) and name not in known:
            yield f"环境变量 {name} 不是本程序的设置，可能拼写有误（见 docs/settings.md）"


def _settings() -> Iterator[str]:
    try:
        settings()
    except ValidationError as wrong:
        for fault in wrong.errors():
            yield f"{PREFIX}{str(fault['loc'][0]).upper()}：{fault['msg']}"


def _database() -> Iterator[str]:
    try:
        open_database().dispose()
    except DomainError as refused:
        yield f"{refused.detail}{refused.remedy}"
    except (SQLAlchemyError, OSError, ValidationError) as broken:
        yield f"数据库不能使用：{str(getattr(broken, 'orig', broken)).splitlines()[0]}"


def _ports() -> Iterator[str]:
    try:
        held = settings()
    except ValidationError:
        return
    for port, name in ((held.port, "PORT"), (held.embedded_prefect_port, "PREFECT_PORT")):
        if not port_is_free(held.host, port):
            yield f"端口 {port} 已被占用（服务正在运行时属正常）；否则请更改 {PREFIX}{name}"


def _space() -> Iterator[str]:
    try:
        folder = settings().data_dir
    except ValidationError:
        return
    while not folder.exists():
        folder = folder.parent
    if shutil.disk_usage(folder).free < _LEAST_FREE:
        yield f"{folder} 所在磁盘剩余不足1 GiB，请清理或更换 {PREFIX}DATA_DIR"
