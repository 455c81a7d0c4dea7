"""Answers on their way from page to page: sealed into the form or a cookie, so that nothing is kept here for them."""

import base64
import binascii
import json
from datetime import datetime
from pathlib import Path
from typing import Any

from cryptography.exceptions import InvalidTag

from models.sealed import seal, unseal
from services.keys import form_key


def closed(folder: Path, content: Any, *, to: str, until: datetime) -> str:
    """Readable only here, only together with `to`, and only until then."""
    text = json.dumps([until.isoformat(), content], ensure_ascii=False).encode()
    return base64.urlsafe_b64encode(seal(form_key(folder), text, belongs_to=to)).decode()


def opened(folder: Path, text: str, *, to: str, at: datetime) -> Any:
    """What was closed, or None for anything that was not closed here, for this, or has run out."""
    try:
        plain = unseal(form_key(folder), base64.urlsafe_b64decode(text.encode()), belongs_to=to)
    except (InvalidTag, ValueError, binascii.Error):
        return None
    until, content = json.loads(plain)
    return content if at < datetime.fromisoformat(until) else None
