"""Canonical JSON bytes (RFC 8785, narrowed): the same body always gives the same bytes, and so the same hash."""

import json
import unicodedata
from collections.abc import Mapping
from typing import Any

_LARGEST = 2**53 - 1
_DUMPS = json.JSONEncoder(sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False).encode
_IS_NFC = unicodedata.is_normalized


class NotCanonical(ValueError):
    """The body holds something whose bytes RFC 8785 would leave to the platform."""


def canonical(body: Mapping[str, Any]) -> bytes:
    """The bytes of an event's body.

    Narrowed so that plain `json.dumps` agrees with RFC 8785: ASCII keys, no floats, integers within ±(2^53−1),
    text in NFC and free of lone surrogates. Text is brought to NFC on the way in.

    Raises: NotCanonical.
    """
    plain = body if type(body) is dict else dict(body)
    try:
        _check_mapping(plain)
        text = _DUMPS(plain)
        # NFC holds for a text only if it holds for every piece of it, so one look spares a look at each string.
        if not (text.isascii() or _IS_NFC("NFC", text)):
            text = _DUMPS(_composed(plain))
        return text.encode()
    except UnicodeEncodeError as broken:
        raise NotCanonical("text with a lone surrogate") from broken
    except RecursionError as endless:
        raise NotCanonical("nested too deeply") from endless


def _check_mapping(mapping: dict[Any, Any]) -> None:
    for name, item in mapping.items():
        if not (isinstance(name, str) and name.isascii()):
            raise NotCanonical(f"key {name!r} is not ASCII text")
        if type(item) is not str and item is not None:
            _check(item)


def _check(value: Any) -> None:
    kind = type(value)
    if isinstance(value, dict):
        _check_mapping(value)
    elif kind is list or kind is tuple:
        for item in value:
            _check(item)
    elif kind is int:
        if not -_LARGEST <= value <= _LARGEST:
            raise NotCanonical("an integer beyond 2^53−1")
    elif not (kind is bool or value is None or isinstance(value, str)):
        raise NotCanonical(f"{kind.__name__} has no canonical form")


def _composed(value: Any) -> Any:
    """Each string in NFC. Never the JSON text as a whole: there, an escape like `\\n` would melt with a tilde after it."""
    if isinstance(value, str):
        return unicodedata.normalize("NFC", value)
    if isinstance(value, dict):
        return {name: _composed(item) for name, item in value.items()}
    if isinstance(value, list | tuple):
        return [_composed(item) for item in value]
    return value
