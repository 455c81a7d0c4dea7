"""Keyset pages: where a page ends is written into the address of the next one."""

from datetime import datetime
from urllib.parse import urlencode

from starlette.requests import Request

from services.keyset import cursor_of


def next_page(request: Request, moment: datetime, row_id: str) -> str:
    """The address of the page after the row that stands there."""
    kept = [(name, value) for name, value in request.query_params.multi_items() if name != "cursor" and value]
    return f"{request.url.path}?{urlencode([*kept, ('cursor', cursor_of(moment, row_id))])}"
