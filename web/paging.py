"""Keyset pages: where a page ends is written into the address of the next one."""

import base64
import binascii
import json
from collections.abc import Callable
from datetime import UTC, datetime
from typing import TypeVar
from urllib.parse import urlencode

from starlette.requests import Request

from models.errors import InvalidInput

Position = TypeVar("Position")


def position(cursor: str, kind: Callable[[datetime, str], Position]) -> Position | None:
    """Where the page before ended.

    Raises: InvalidInput for a cursor that is not one of ours.
    """
    if not cursor:
        return None
    try:
        moment, row_id = json.loads(base64.urlsafe_b64decode(cursor.encode()))
        return kind(datetime.fromisoformat(moment).astimezone(UTC), str(row_id))
    except (ValueError, TypeError, OverflowError, binascii.Error) as broken:
        raise InvalidInput("翻页位置无效。", rule="翻页地址由本站给出", remedy="请从第一页重新查看。") from broken


def next_page(request: Request, moment: datetime, row_id: str) -> str:
    """The address of the page after the row that stands there."""
    cursor = base64.urlsafe_b64encode(json.dumps([moment.isoformat(), row_id]).encode()).decode()
    kept = [(name, value) for name, value in request.query_params.multi_items() if name != "cursor" and value]
    return f"{request.url.path}?{urlencode([*kept, ('cursor', cursor)])}"
