"""Key files: drawn at first use, readable by this user only, never in the database."""

import os
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

_SEED = 32


def channel_key(folder: Path) -> bytes:
    """The key that seals channel configurations: 32 bytes."""
    return _drawn_once(folder / "channels.key")


def factor_key(folder: Path) -> bytes:
    """The key that seals the secrets of authenticator apps: 32 bytes."""
    return _drawn_once(folder / "factors.key")


def signing_key(folder: Path) -> Ed25519PrivateKey:
    """The key that signs checkpoints of the history."""
    return Ed25519PrivateKey.from_private_bytes(_drawn_once(folder / "audit-ed25519.key"))


def _drawn_once(path: Path) -> bytes:
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    if not path.exists():
        handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o400)
        with os.fdopen(handle, "wb") as out:
            out.write(os.urandom(_SEED))
            out.flush()
            os.fsync(out.fileno())
        _publish(draft, path)
    return path.read_bytes()


def _publish(draft: Path, path: Path) -> None:
    """Of several processes that draw at once, one wins and all read its key; the file is whole or absent."""
    try:
        os.link(draft, path)
    except FileExistsError:
        pass
    finally:
        draft.unlink()
