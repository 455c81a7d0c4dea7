"""The vault's keys change by themselves, and what was erased is then gone from every copy of the database as well."""

import os
import tarfile
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography.exceptions import InvalidTag
from sqlalchemy import Engine, select
from sqlmodel import Session

from cli import backups
from models.actor import PUBLIC
from models.engine import open_engine, reading, writing
from models.errors import KeyMissing
from models.sealed import unseal
from models.tables import REPORTER_VAULT
from models.vault import IDENTITY, ORIGINAL
from services import history_check, keys, public_reports, vault, vault_keys
from services.keys import Keyring
from settings import Settings, settings
from tip_off import NAME, tip_off
from town import NOON, Town

DAY = timedelta(days=1)


@pytest.fixture
def ring(tmp_path: Path) -> Keyring:
    return Keyring(tmp_path / "keys")


def drawn(ring: Keyring, at: datetime) -> None:
    """The newest key file says it was drawn then."""
    newest = max(ring.folder.glob("vault-*.key"), key=lambda path: int(path.stem.removeprefix("vault-")))
    os.utime(newest, (at.timestamp(), at.timestamp()))


def key_files(ring: Keyring) -> list[str]:
    return sorted(path.name for path in ring.folder.glob("vault-*.key"))


def month_after_month(session: Session, ring: Keyring) -> None:
    """A month passes: a new key is drawn, everything is wrapped under it, and a day later the old one is destroyed."""
    vault_keys.renew(session, ring, at=NOON + vault_keys.LASTS)
    drawn(ring, NOON + vault_keys.LASTS)
    vault_keys.renew(session, ring, at=NOON + vault_keys.LASTS + DAY)


def test_a_key_is_changed_after_a_month_and_the_old_one_destroyed_a_day_later(
    session: Session, town: Town, ring: Keyring
):
    _, source = tip_off(session, ring)
    drawn(ring, NOON)

    assert vault_keys.renew(session, ring, at=NOON + 29 * DAY) == 0
    assert key_files(ring) == ["vault-1.key"]
    vault_keys.renew(session, ring, at=NOON + 30 * DAY)
    drawn(ring, NOON + 30 * DAY)
    assert vault_keys.renew(session, ring, at=NOON + 30 * DAY + timedelta(hours=23)) == 0
    assert key_files(ring) == ["vault-1.key", "vault-2.key"]
    assert vault_keys.renew(session, ring, at=NOON + 31 * DAY) == 1

    assert key_files(ring) == ["vault-2.key"]
    assert vault.fields(session, ring, source.id, IDENTITY)["name"] == NAME


def test_a_key_that_something_late_still_needs_is_not_destroyed(session: Session, town: Town, ring: Keyring):
    tip_off(session, ring)
    ring.draw_next()
    drawn(ring, NOON)
    assert vault_keys.renew(session, ring, at=NOON + DAY) == 0
    assert key_files(ring) == ["vault-1.key", "vault-2.key"]

    assert vault_keys.renew(session, ring, at=NOON + DAY) == 1


def test_before_the_first_report_there_is_no_key_to_change(session: Session, town: Town, ring: Keyring):
    assert vault_keys.renew(session, ring, at=NOON) == 0
    assert not ring.folder.exists()


def test_what_was_erased_opens_from_none_of_the_last_three_copies_of_the_database(
    session: Session, town: Town, ring: Keyring
):
    _, source = tip_off(session, ring)
    _, other = tip_off(session, ring)
    drawn(ring, NOON)
    copies = [session.execute(select(REPORTER_VAULT)).all() for _ in range(3)]
    public_reports.ask_for_erasure(session, source, by=PUBLIC, at=NOON + DAY)

    month_after_month(session, ring)
    session.commit()

    tried = [row for copy in copies for row in copy if (row.source_id, row.part) == (source.id, IDENTITY)]
    assert len(tried) == 3
    for row in tried:
        with pytest.raises(KeyMissing):
            ring.of(row.epoch)
        for key in [path.read_bytes() for path in ring.folder.iterdir()]:
            with pytest.raises(InvalidTag):
                unseal(key, row.wrapped_key, belongs_to=f"{row.source_id}/{row.part}")
    assert vault.fields(session, ring, other.id, IDENTITY)["name"] == NAME
    verdict = history_check.verify_history(session, keys.signing_key(ring.folder), at=NOON)
    assert [finding for finding in verdict.findings if "未编入检查点" not in finding] == []


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, sqlite_databases: Any) -> Settings:
    """The commands of this process mean an installation of its own, on a copy of the town's database."""
    data_dir = tmp_path / "data"
    data_dir.mkdir()
    source = Path(str(sqlite_databases.fresh(with_town=True)).removeprefix("sqlite:///"))
    (data_dir / "hazardflow.db").write_bytes(source.read_bytes())
    return _pointed(monkeypatch, data_dir)


def _pointed(monkeypatch: pytest.MonkeyPatch, data_dir: Path) -> Settings:
    monkeypatch.setenv("HAZARDFLOW_DATA_DIR", str(data_dir))
    settings.cache_clear()
    return settings()


def _opened(held: Settings) -> Engine:
    return open_engine(held.domain_url)


def test_a_backup_opens_no_identity_and_what_is_put_back_with_its_key_does(
    here: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
):
    engine, ring = _opened(here), Keyring(here.key_dir)
    with writing(engine) as session, session.begin():
        _, source = tip_off(session, ring)
    engine.dispose()
    backups.make_backup(tmp_path / "b.tar.gz")
    assert "vault-1.key" in capsys.readouterr().out
    with tarfile.open(tmp_path / "b.tar.gz") as archive:
        assert not [name for name in archive.getnames() if "vault-" in name]

    there = _pointed(monkeypatch, tmp_path / "elsewhere")
    backups.restore_backup(tmp_path / "b.tar.gz")

    assert "vault-1.key" in capsys.readouterr().out
    restored, their_ring = _opened(there), Keyring(there.key_dir)
    with reading(restored) as session, pytest.raises(KeyMissing):
        vault.fields(session, their_ring, source.id, ORIGINAL)
    with writing(restored) as session, session.begin():
        _, fresh = tip_off(session, their_ring)
        assert vault.fields(session, their_ring, fresh.id, IDENTITY)["name"] == NAME
    (there.key_dir / "vault-1.key").write_bytes((here.key_dir / "vault-1.key").read_bytes())
    with reading(restored) as session:
        assert vault.fields(session, their_ring, source.id, IDENTITY)["name"] == NAME
    restored.dispose()
    settings.cache_clear()
