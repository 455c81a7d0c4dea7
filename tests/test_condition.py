"""What /readyz says when something limps, in words of what it means."""

import json
from pathlib import Path

from starlette.testclient import TestClient

from settings import Settings


def findings(client: TestClient) -> str:
    answer = client.get("/readyz")
    assert answer.status_code == 200
    return json.dumps(answer.json()["findings"], ensure_ascii=False)


def write(folder: Path, name: str, content: object) -> None:
    folder.mkdir(exist_ok=True)
    (folder / name).write_text(json.dumps(content), encoding="utf-8")


def test_a_child_that_died_is_named_with_what_that_means(client: TestClient, app_settings: Settings):
    write(
        app_settings.data_dir / "run",
        "processes.json",
        {"dispatcher": {"state": "restarting"}, "api": {"state": "running"}},
    )

    assert "dispatcher" in findings(client)
    assert "通知和督办暂停" in findings(client)


def test_flows_without_prefect_are_told(client: TestClient, app_settings: Settings):
    write(app_settings.data_dir / "run", "prefect.json", {"up": False, "untracked": True})

    assert "Prefect 没有响应" in findings(client)


def test_prefect_away_for_a_moment_is_nothing_to_tell(client: TestClient, app_settings: Settings):
    write(app_settings.data_dir / "run", "prefect.json", {"up": False, "untracked": False})

    assert "Prefect" not in findings(client)


def test_a_calendar_year_that_is_missing_is_told_before_it_is_needed(client: TestClient):
    assert "节假日安排尚未录入" in findings(client)
