"""Identifiers that sort by time: UUID version 7 (RFC 9562), as text."""

import os
import time


def new_id() -> str:
    """A new UUIDv7: 48 bits of milliseconds, then randomness. Later ids sort after earlier ones."""
    millis = time.time_ns() // 1_000_000
    tail = int.from_bytes(os.urandom(10), "big")
    value = (millis << 80) | (0x7 << 76) | ((tail >> 68) & 0xFFF) << 64 | (0b10 << 62) | (tail & ((1 << 62) - 1))
    text = f"{value:032x}"
    return f"{text[:8]}-{text[8:12]}-{text[12:16]}-{text[16:20]}-{text[20:]}"
