"""Query codes 查询码: 160 bits by which a reporter without account finds their report again. Kept as a hash only."""

import base64
import hashlib
import hmac

_BYTES, _GROUP = 20, 4
_LENGTH = 32
_READ_AS = str.maketrans({"0": "O", "1": "I", "8": "B"})
"""The alphabet has letters and 2-7 only, so what was copied from paper can be read as what was meant."""


def draw(key: bytes, *content: bytes) -> str:
    """The code of a report: 160 bits that nobody without `key` can compute, in eight groups of four.

    The same submission under the same client-chosen key gives the same code, so an answer lost on the way can be
    asked for again although the code is kept nowhere.
    """
    framed = b"".join(len(part).to_bytes(8, "big") + part for part in content)
    text = base64.b32encode(hmac.digest(key, b"query-code\0" + framed, "sha256")[:_BYTES]).decode()
    return "-".join(text[start : start + _GROUP] for start in range(0, _LENGTH, _GROUP))


def hash_of(code: str) -> str:
    """What is stored of a code, and looked up: hex SHA-256; with 160 random bits there is nothing to guess."""
    plain = "".join(char for char in code.upper() if char.isalnum()).translate(_READ_AS)
    return hashlib.sha256(plain.encode()).hexdigest()
