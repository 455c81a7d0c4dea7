"""What the commands share: the console, the database of the settings, and errors as one line."""

import sys
from collections.abc import Generator
from contextlib import contextmanager
from datetime import UTC, datetime

from pydantic import ValidationError
from rich.console import Console
from sqlalchemy import Engine
from sqlalchemy.exc import SQLAlchemyError

from models.errors import DomainError
from settings import PREFIX

console = Console(highlight=False, soft_wrap=True)
complaints = Console(stderr=True, highlight=False, soft_wrap=True)


def now() -> datetime:
    return datetime.now(UTC)


@contextmanager
def plainly() -> Generator[None]:
    """Every failure a person can mend as one line: what, which rule, what to do. Exit code 1."""
    try:
        yield
    except DomainError as refused:
        stop("".join(part for part in (refused.detail, refused.remedy) if part))
    except ValidationError as wrong:
        faults = "；".join(f"{_setting(fault['loc'])}：{fault['msg']}" for fault in wrong.errors())
        stop(f"设置有误：{faults}。请更正后重试（说明见 docs/settings.md）。")
    except SQLAlchemyError as broken:
        reason = str(getattr(broken, "orig", broken)).splitlines()[0]
        stop(f"数据库不能使用：{reason}。请检查 {PREFIX}DATABASE_URL，或先运行 hazardflow migrate。")
    except OSError as broken:
        stop(f"不能访问文件或端口：{broken.strerror or broken}（{broken.filename or ''}）。")


def stop(line: str, code: int = 1) -> None:
    complaints.print(line, style="red")
    sys.exit(code)


def open_database(*, current: bool = True) -> Engine:
    """The domain database of the settings; `current` asks that it has this program's schema."""
    from models.engine import open_engine  # commands that need no database start without SQLAlchemy's tables
    from services import schema
    from settings import settings

    settings().data_dir.mkdir(parents=True, exist_ok=True, mode=0o700)
    engine = open_engine(settings().domain_url)
    if current:
        schema.require_current(engine)
    return engine


def _setting(place: tuple[int | str, ...]) -> str:
    return f"{PREFIX}{str(place[0]).upper()}" if place else "设置"
