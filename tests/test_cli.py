"""The commands: one clear line for each thing that can be wrong, and backups that bring everything back."""

import os
import shutil
import socket
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest

from installation import ROOT
from models.permissions import Operation


def hazardflow(*arguments: str, data_dir: Path, **settings: str) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "HAZARDFLOW_DATA_DIR": str(data_dir), "NO_COLOR": "1", "COLUMNS": "200", **settings}
    return subprocess.run(
        [sys.executable, "-m", "cli.main", *arguments],
        env=environment,
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.fixture
def installed(tmp_path: Path) -> Path:
    data_dir = tmp_path / "data"
    assert hazardflow("migrate", data_dir=data_dir).returncode == 0
    return data_dir


def complaint(done: subprocess.CompletedProcess[str]) -> str:
    """The one line on the terminal, which is never a traceback."""
    assert done.returncode == 1, done.stdout + done.stderr
    assert "Traceback" not in done.stderr
    return (done.stdout + done.stderr).strip()


def test_a_database_that_is_not_migrated_is_refused_with_the_command_that_helps(tmp_path: Path):
    assert "hazardflow migrate" in complaint(hazardflow("create-admin", "a1", "甲", data_dir=tmp_path))


def test_a_database_newer_than_the_program_is_refused(installed: Path):
    with closing(sqlite3.connect(installed / "hazardflow.db")) as database:
        database.execute("UPDATE alembic_version SET version_num = '9999'")
        database.commit()

    assert "比本程序新" in complaint(hazardflow("migrate", data_dir=installed))
    assert "比本程序新" in complaint(hazardflow("create-admin", "a1", "甲", data_dir=installed))


@pytest.mark.parametrize(
    ("name", "value"),
    [("HAZARDFLOW_PORT", "viele"), ("HAZARDFLOW_LEASE_SECONDS", "0"), ("HAZARDFLOW_LOG_LEVEL", "loud")],
)
def test_a_broken_setting_is_named(tmp_path: Path, name: str, value: str):
    assert name in complaint(hazardflow("migrate", data_dir=tmp_path, **{name: value}))


def test_a_database_address_that_leads_nowhere_is_one_line(tmp_path: Path):
    done = hazardflow(
        "migrate", data_dir=tmp_path, HAZARDFLOW_DATABASE_URL="postgresql://nobody:secret@127.0.0.1:1/none"
    )

    assert "HAZARDFLOW_DATABASE_URL" in complaint(done)
    assert "secret" not in done.stderr + done.stdout


def test_an_unknown_database_is_refused(tmp_path: Path):
    assert "SQLite 或 PostgreSQL" in complaint(
        hazardflow("migrate", data_dir=tmp_path, HAZARDFLOW_DATABASE_URL="mysql://x/y")
    )


def test_a_taken_port_is_named_with_the_setting_that_changes_it(tmp_path: Path):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        done = hazardflow("up", data_dir=tmp_path, HAZARDFLOW_PORT=str(taken.getsockname()[1]))

    assert "HAZARDFLOW_PORT" in complaint(done)


def test_the_doctor_finds_a_misspelt_setting(installed: Path):
    assert "HAZARDFLOW_PROT" in complaint(hazardflow("doctor", data_dir=installed, HAZARDFLOW_PROT="1"))


def test_the_first_administrator_comes_from_this_machine_by_a_one_time_token(installed: Path):
    done = hazardflow("create-admin", "admin1", "系统管理员甲", data_dir=installed)

    assert (done.returncode, len(done.stdout.split()[-1])) == (0, 43)
    assert "已被使用" in complaint(hazardflow("create-admin", "admin1", "系统管理员甲", data_dir=installed))


def test_migrating_again_changes_nothing(installed: Path):
    before = dump(installed)

    assert hazardflow("migrate", data_dir=installed).returncode == 0
    assert dump(installed) == before


def test_the_permission_table_is_printed_and_counted(tmp_path: Path):
    assert hazardflow("permissions", "--count", data_dir=tmp_path).stdout.strip() == str(len(Operation))
    assert "审核销号" in hazardflow("permissions", data_dir=tmp_path).stdout


def test_a_backup_brings_everything_back_and_verifies(installed: Path, tmp_path: Path):
    hazardflow("create-admin", "admin1", "系统管理员甲", data_dir=installed)
    before = dump(installed)

    assert hazardflow("backup", str(tmp_path / "b.tar.gz"), data_dir=installed).returncode == 0
    done = hazardflow("restore", str(tmp_path / "b.tar.gz"), data_dir=tmp_path / "elsewhere")

    assert dump(tmp_path / "elsewhere") == before
    assert "历史" in done.stdout


def test_a_backup_is_never_restored_over_something(installed: Path, tmp_path: Path):
    hazardflow("backup", str(tmp_path / "b.tar.gz"), data_dir=installed)

    assert "不是空的" in complaint(hazardflow("restore", str(tmp_path / "b.tar.gz"), data_dir=installed))


def test_a_bundle_that_was_changed_is_found_by_the_command(installed: Path, tmp_path: Path):
    shutil.make_archive(
        str(tmp_path / "empty"), "zip", root_dir=installed / "keys" if (installed / "keys").exists() else installed
    )

    assert hazardflow("audit", "verify", "--bundle", str(tmp_path / "empty.zip"), data_dir=installed).returncode == 2


def dump(data_dir: Path) -> list[str]:
    with closing(sqlite3.connect(data_dir / "hazardflow.db")) as database:
        return list(database.iterdump())
