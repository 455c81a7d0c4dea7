"""Key files: drawn at first use, readable by this user only, never in the database."""

import os
import re
from datetime import UTC, datetime
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from models.errors import KeyMissing

_SEED = 32
_VAULT_KEY = re.compile(r"vault-([0-9]{1,6})\.key")


def channel_key(folder: Path) -> bytes:
    """The key that seals channel configurations: 32 bytes."""
    return _drawn_once(folder / "channels.key")


def factor_key(folder: Path) -> bytes:
    """The key that seals the secrets of authenticator apps: 32 bytes."""
    return _drawn_once(folder / "factors.key")


def signing_key(folder: Path) -> Ed25519PrivateKey:
    """The key that signs checkpoints of the history."""
    return Ed25519PrivateKey.from_private_bytes(_drawn_once(folder / "audit-ed25519.key"))


def query_code_key(folder: Path) -> bytes:
    """The key from which query codes are derived: 32 bytes."""
    return _drawn_once(folder / "query-codes.key")


def form_key(folder: Path) -> bytes:
    """The key under which answers travel between the pages of a public report, and a query code in its cookie."""
    return _drawn_once(folder / "forms.key")


def finance_token(folder: Path) -> str:
    """What the finance window shows to pay rewards: 64 hex digits. Deleting `finance.key` replaces it."""
    return _drawn_once(folder / "finance.key").hex()


class Keyring:
    """The key-encryption keys of the reporter vault, one file for each epoch; the newest wraps, the older ones open."""

    def __init__(self, folder: Path):
        self.folder = folder

    def newest(self) -> tuple[int, bytes]:
        """(epoch, key) for what is sealed now; the first is drawn at first use."""
        epoch = max(self._epochs(), default=1)
        return epoch, _drawn_once(self._file(epoch))

    def of(self, epoch: int) -> bytes:
        """The key of an epoch, which is never drawn anew: what it wrapped would stay closed.

        Raises: KeyMissing.
        """
        try:
            return self._file(epoch).read_bytes()
        except FileNotFoundError:
            raise KeyMissing(
                f"第{epoch}期密封密钥不在密钥目录中，密封内容不能打开。", rule="密封密钥存于数据库之外",
                remedy="请系统管理员从备份恢复该密钥文件；密钥已销毁的，内容不能恢复。",
            ) from None  # fmt: skip

    def draw_next(self, after: int = 0) -> int:
        """Draw the key of the next epoch (更换密钥); what is wrapped under older ones stays readable until rewrapped.
        `after`: the newest epoch in use, where its key may be gone."""
        epoch = max([after, *self._epochs()]) + 1
        _drawn_once(self._file(epoch))
        return epoch

    def older(self) -> list[int]:
        """Epochs before the newest whose keys are still here."""
        return sorted(self._epochs())[:-1]

    def drawn_at(self) -> datetime | None:
        """When the newest key was drawn, by its file; None before the first."""
        epochs = self._epochs()
        return datetime.fromtimestamp(self._file(max(epochs)).stat().st_mtime, UTC) if epochs else None

    def destroy(self, epoch: int) -> None:
        """The key of an epoch is gone from this installation: what copies of the database hold wrapped under it stays closed."""
        self._file(epoch).unlink(missing_ok=True)

    def _file(self, epoch: int) -> Path:
        return self.folder / f"vault-{epoch}.key"

    def _epochs(self) -> list[int]:
        found = self.folder.glob("vault-*.key") if self.folder.is_dir() else ()
        return [int(match[1]) for path in found if (match := _VAULT_KEY.fullmatch(path.name))]


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
