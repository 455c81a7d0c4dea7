"""Bundles taken along from the pages are verified without the system."""

import io
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
from sqlalchemy import Engine

from auditing import (
    audited_story,  # noqa: F401  # the fixture story
    auditing_browser,  # noqa: F401  # the fixture auditing
)
from browsing import Browser, Page
from models.engine import reading
from models.tables import CHECKPOINT
from services.offline_verify import verify_bundle
from serving import with_pages
from settings import Settings
from story import Story
from town import Town


@pytest.fixture
def taken(story: Story, auditing: Browser, tmp_path: Path) -> Path:
    """Everything, downloaded from the page."""
    answer = auditing.client.get(auditing.open("/audit/bundles").links["下载全部历史的审计包"])
    path = tmp_path / "everything.zip"
    path.write_bytes(answer.content)
    return path


def test_one_hazards_bundle_is_verified_without_the_system(story: Story, auditing: Browser, tmp_path: Path):
    page = Page(auditing.client.get("/audit/bundles", params={"no": "ZY-2026-0001"}))
    assert page.sees("python verify.py")
    path = tmp_path / "one.zip"
    path.write_bytes(auditing.client.get(page.links["下载该隐患的审计包"]).content)

    assert verify_bundle(path).exit_code == 0
    assert auditing.open("/hazards/ZY-2026-9999/bundle").status == 404


def test_everything_is_verified_without_the_system_by_what_lies_in_it(
    story: Story, auditing: Browser, taken: Path, tmp_path: Path
):
    with zipfile.ZipFile(taken) as archive:
        archive.extractall(tmp_path / "unpacked")
    anchor = tmp_path / "kept.txt"
    with reading(story.engine) as session:
        anchor.write_text(
            min(session.execute(CHECKPOINT.select().with_only_columns(CHECKPOINT.c.note)).scalars(), key=len),
            encoding="utf-8",
        )

    command = [sys.executable, "-I", "-S", "-X", "utf8", "verify.py", "--anchor", str(anchor)]
    done = subprocess.run(command, capture_output=True, encoding="utf-8", cwd=tmp_path / "unpacked")

    assert done.returncode == 0, done.stdout
    assert "3 条链都在" in done.stdout


def changed(path: Path, change: dict[str, bytes | None]) -> Path:
    """The zip with some of its files replaced, or left out."""
    out = io.BytesIO()
    with zipfile.ZipFile(path) as old, zipfile.ZipFile(out, "w") as new:
        for name in old.namelist():
            content = change.get(name, old.read(name))
            if content is not None and not any(name.startswith(gone) and kept is None for gone, kept in change.items()):
                new.writestr(name, content)
    path.write_bytes(out.getvalue())
    return path


def test_a_hazard_left_out_of_everything_is_missed(taken: Path):
    index = b'{"format": 1, "bundles": ["office", "ZY-2026-0001"]}'

    report = verify_bundle(changed(taken, {"index.json": index, "ZY-2026-0002/": None}))

    assert report.exit_code == 2
    assert "检查点记有 3 条" in report.lines[-2]


def test_one_folder_twice_is_no_substitute_for_another(taken: Path):
    index = b'{"format": 1, "bundles": ["office", "ZY-2026-0001", "ZY-2026-0001"]}'

    assert verify_bundle(changed(taken, {"index.json": index})).exit_code == 2


def test_one_changed_event_in_everything_is_named(taken: Path):
    with zipfile.ZipFile(taken) as archive:
        events = archive.read("ZY-2026-0001/events.jsonl")

    report = verify_bundle(changed(taken, {"ZY-2026-0001/events.jsonl": events.replace(b"ACCEPT", b"REFUSE", 1)}))

    assert report.exit_code == 1
    assert any("ZY-2026-0001：不相符" in line for line in report.lines)


def test_a_folder_outside_the_bundle_is_not_read(taken: Path):
    index = b'{"format": 1, "bundles": ["../elsewhere"]}'

    assert verify_bundle(changed(taken, {"index.json": index})).exit_code == 2


def test_nothing_sealed_is_said_and_gives_no_broken_download(engine: Engine, town: Town, app_settings: Settings):
    story = Story(engine, town, app_settings)
    browser = Browser(with_pages(story.client.app)).signed_in(story.people["auditor"].token)  # pyright: ignore[reportArgumentType]

    assert browser.open("/audit/bundles/everything.zip").status == 404
    assert browser.open("/audit/checkpoints").sees("还没有检查点")
