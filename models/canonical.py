"""Canonical JSON bytes (RFC 8785, narrowed): the same body always gives the same bytes, and so the same hash."""

import json
import unicodedata
from collections.abc import Mapping
from typing import Any

_LARGEST = 2**53 - 1
_DUMPS = json.JSONEncoder(sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False).encode


class NotCanonical(ValueError):
    """The body holds something whose bytes RFC 8785 would leave to the platform."""


def canonical(body: Mapping[str, Any]) -> bytes:
    """The bytes of an event's body.

    Narrowed so that plain `json.dumps` agrees with RFC 8785: ASCII keys, no floats, integers within ±(2^53−1),
    text in NFC and free of lone surrogates. Text is brought to NFC on the way in.

    Raises: NotCanonical.
    """
    try:
        return _DUMPS(_checked(body)).encode()
    except UnicodeEncodeError as broken:
        raise NotCanonical("text with a lone surrogate") from broken


def _checked(value: Any) -> Any:
    kind = type(value)
    if kind is str or isinstance(value, str):
        return value if value.isascii() else unicodedata.normalize("NFC", value)
    if value is None or kind is bool:
        return value
    if kind is int:
        if abs(value) > _LARGEST:
            raise NotCanonical(f"integer {value} is beyond 2^53−1")
        return value
    if isinstance(value, Mapping):
        return {_key(name): _checked(item) for name, item in value.items()}
    if kind is list or kind is tuple:
        return [_checked(item) for item in value]
    raise NotCanonical(f"{kind.__name__} has no canonical form")


def _key(name: Any) -> str:
    if not (isinstance(name, str) and name.isascii()):
        raise NotCanonical(f"key {name!r} is not ASCII text")
    return name
