"""Seal small secrets for rest in the database: AES-256-GCM, the nonce in front, bound to what they belong to."""

import os

from cryptography.hazmat.primitives.ciphers.aead import AESGCM

_NONCE = 12


def seal(key: bytes, plain: bytes, *, belongs_to: str) -> bytes:
    """`key`: 32 bytes from outside the database. `belongs_to`: the row's id; sealed bytes moved elsewhere do not open."""
    nonce = os.urandom(_NONCE)
    return nonce + AESGCM(key).encrypt(nonce, plain, belongs_to.encode())


def unseal(key: bytes, sealed: bytes, *, belongs_to: str) -> bytes:
    """Raises: cryptography.exceptions.InvalidTag when key, bytes or owner are not the ones sealed with."""
    return AESGCM(key).decrypt(sealed[:_NONCE], sealed[_NONCE:], belongs_to.encode())
