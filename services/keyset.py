"""Keyset pages: where a page ends, as the text that asks for the next one."""

import base64
import binascii
import json
from collections.abc import Callable
from datetime import UTC, datetime
from typing import TypeVar

from models.errors import InvalidInput

Position = TypeVar("Position")


def cursor_of(moment: datetime, row_id: str) -> str:
    """The cursor of the page after the row that stands there."""
    return base64.urlsafe_b64encode(json.dumps([moment.isoformat(), row_id]).encode()).decode()


def position(cursor: str, kind: Callable[[datetime, str], Position]) -> Position | None:
    """Where the page before ended; None: there was none.

    Raises: InvalidInput for a cursor that is not one of ours.
    """
    if not cursor:
        return None
    try:
        moment, row_id = json.loads(base64.urlsafe_b64decode(cursor.encode()))
        return kind(datetime.fromisoformat(moment).astimezone(UTC), str(row_id))
    except (ValueError, TypeError, OverflowError, binascii.Error) as broken:
        raise InvalidInput("翻页位置无效。", rule="翻页位置取自上一页", remedy="请从第一页重新查看。") from broken
