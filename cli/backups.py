"""Back up and restore: database, evidence and keys in one archive, with the hash of every file.

The keys of the reporter vault stay out: an identity erased here would open from the archive, with the key beside it.
"""

import hashlib
import json
import os
import shutil
import sqlite3
import subprocess
import tarfile
import tempfile
from pathlib import Path

from sqlalchemy import URL, make_url

from cli.auditing import verify
from cli.console import console, now, open_database, stop
from models.engine import reading
from services import vault
from services.keys import Keyring
from settings import Settings, settings

_MANIFEST = "manifest.json"
_FOLDERS = ("evidence", "keys")
_VAULT_KEYS = "vault-*.key"


def make_backup(target: Path) -> None:
    """Write the archive beside its place and then move it there, so a backup is whole or absent."""
    held = settings()
    with tempfile.TemporaryDirectory(dir=held.data_dir, prefix=".backup-") as scratch:
        folder = Path(scratch)
        _dump(held, folder)
        for name in _FOLDERS:
            if (held.data_dir / name).is_dir():
                shutil.copytree(held.data_dir / name, folder / name, ignore=shutil.ignore_patterns(_VAULT_KEYS))
        files = {str(path.relative_to(folder)): _digest(path) for path in sorted(folder.rglob("*")) if path.is_file()}
        (folder / _MANIFEST).write_text(
            json.dumps({"made_at": now().isoformat(), "files": files}, indent=1), encoding="utf-8"
        )
        draft = target.with_name(f".{target.name}.part")
        with tarfile.open(draft, "w:gz") as archive:
            archive.add(folder, arcname=".")
        draft.chmod(0o600)
        draft.replace(target)
    console.print(f"已备份{len(files)}个文件到 {target}。备份含密钥，请妥善保管。")
    if left_out := sorted(path.name for path in held.key_dir.glob(_VAULT_KEYS)):
        console.print(
            f"举报密封密钥不在备份中：{'、'.join(left_out)}。请另行保管现用的密钥文件，不与备份同放，更换后销毁旧的。"
        )


def restore_backup(source: Path) -> int:
    """Restore into an empty data directory, check every file, then verify the history; returns its exit code."""
    held = settings()
    held.data_dir.mkdir(parents=True, exist_ok=True, mode=0o700)
    if any(held.data_dir.iterdir()):
        stop(f"数据目录 {held.data_dir} 不是空的，不会覆盖。请用 HAZARDFLOW_DATA_DIR 指定空目录。")
    with tarfile.open(source, "r:gz") as archive:
        archive.extractall(held.data_dir, filter="data")
    manifest = json.loads((held.data_dir / _MANIFEST).read_text(encoding="utf-8"))
    wrong = [name for name, digest in manifest["files"].items() if _digest(held.data_dir / name) != digest]
    if wrong:
        stop(f"备份已损坏：{'、'.join(wrong[:5])}。请换用其他备份。")
    _load(held)
    _close_vault(held)
    console.print(f"已恢复 {manifest['made_at']} 的备份，正在校验历史。")
    return verify((), None)


def _close_vault(held: Settings) -> None:
    """New reports are sealed under a key of their own; what the archive holds opens again when its key is put back."""
    ring = Keyring(held.key_dir)
    with reading(open_database()) as session:
        newest = vault.newest_epoch(session)
        needed = [f"vault-{epoch}.key" for epoch in range(1, newest + 1) if vault.needs(session, epoch)]
    if missing := [name for name in needed if not (held.key_dir / name).exists()]:
        ring.draw_next(newest)
        console.print(f"打开举报密封内容还需 {'、'.join(missing)}：请把另行保管的密钥文件放入 {held.key_dir}。")


def _dump(held: Settings, folder: Path) -> None:
    address = make_url(held.domain_url)
    if address.get_backend_name() == "sqlite":
        with sqlite3.connect(str(address.database)) as live, sqlite3.connect(folder / "hazardflow.db") as copy:
            live.backup(copy)
        return
    _postgres("pg_dump", "--format=custom", f"--file={folder / 'hazardflow.dump'}", held=held)


def _load(held: Settings) -> None:
    dump = held.data_dir / "hazardflow.dump"
    if dump.exists():
        _postgres("pg_restore", "--exit-on-error", "--no-owner", "--dbname=" + _libpq(held), str(dump), held=held)
        dump.unlink()


def _postgres(program: str, *arguments: str, held: Settings) -> None:
    found = shutil.which(program)
    if found is None:
        stop(f"没有找到 {program}：备份和恢复 PostgreSQL 需要安装 PostgreSQL 客户端程序。")
        return
    more = [_libpq(held)] if program == "pg_dump" else []
    secret = {"PGPASSWORD": make_url(held.domain_url).password or ""}
    done = subprocess.run(  # noqa: S603  # our own arguments
        [found, *arguments, *more], capture_output=True, text=True, env=os.environ | secret, check=False
    )
    if done.returncode:
        stop(f"{program} 失败：{done.stderr.strip().splitlines()[-1]}")


def _libpq(held: Settings) -> str:
    """The address for PostgreSQL's own programs; the password goes by the environment, where `ps` does not show it."""
    address = make_url(held.domain_url)
    plain = URL.create(
        "postgresql", address.username, None, address.host, address.port, address.database, address.query
    )
    return plain.render_as_string(hide_password=False)


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
