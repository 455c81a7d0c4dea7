"""Log lines as JSON, one a line; what people wrote never reaches them."""

import json
import logging
import traceback
from collections.abc import Iterator
from datetime import UTC, datetime

_DATABASES = ("sqlalchemy", "psycopg", "sqlite3")


class _JsonLines(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        line = {
            "at": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname,
            "log": record.name,
            "message": record.getMessage(),
        }
        if record.exc_info and record.exc_info[1]:
            line["error"] = "".join(_told(record.exc_info[1]))
        return json.dumps(line, ensure_ascii=False)


def _told(error: BaseException) -> Iterator[str]:
    """Where and of which kind; a database's own words would repeat the row that it refused."""
    before = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
    if before is not None:
        yield from _told(before)
    yield from traceback.format_tb(error.__traceback__)
    kind = type(error)
    if kind.__module__.partition(".")[0] in _DATABASES:
        yield f"{kind.__module__}.{kind.__qualname__}\n"
    else:
        yield from traceback.format_exception_only(error)


def write_json_lines(level: str) -> None:
    """Send this process's log lines to stderr as JSON, the server's own too."""
    handler = logging.StreamHandler()
    handler.setFormatter(_JsonLines())
    logging.basicConfig(level=level, handlers=[handler], force=True)
    logging.getLogger("httpx").setLevel(logging.WARNING)
    server = logging.getLogger("uvicorn")
    server.handlers, server.propagate = [], True
