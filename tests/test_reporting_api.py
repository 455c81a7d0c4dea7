"""Reporting: three channels onto one ledger, once per source number, numbered without gaps."""

import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from sqlalchemy import Engine, func, select
from sqlmodel import Session

from models.engine import reading
from models.tables import HAZARD
from office_api import Caller
from town import Town

ROOT = Path(__file__).parents[1]
REPORT: dict[str, Any] = {
    "channel": "INSPECTION", "source": "镇级检查", "discovered_at": "2026-09-07T10:00:00+08:00",
    "enterprise": "91500118MA5TEST001", "sector": "工贸/粉尘涉爆", "place": "造粒车间",
    "description": "造粒设备前无铁石去除装置，木粉尘正压除尘", "no_evidence_reason": "随后补传",
}  # fmt: skip


def hazards(engine: Engine) -> int:
    with reading(engine) as session:
        return session.execute(select(func.count()).select_from(HAZARD)).scalar_one()


def test_the_same_source_number_again_answers_with_the_hazard_on_record(people: dict[str, Caller], engine: Engine):
    first, again = (
        people["officer"].post("/hazards", REPORT | {"source_no": "A-1", "place": place})
        for place in ("造粒车间", "别处")
    )

    assert (first.status_code, first.json()["new"]) == (201, True)
    assert (again.status_code, again.json()["new"], again.json()["no"]) == (200, False, first.json()["no"])
    assert again.json()["place"] == "造粒车间"
    assert hazards(engine) == 1


def test_the_same_number_of_two_sources_is_two_hazards(people: dict[str, Caller], engine: Engine):
    for source in ("镇级检查", "区级检查"):
        people["officer"].post("/hazards", REPORT | {"source": source, "source_no": "A-1"})

    assert hazards(engine) == 2


def test_two_people_reporting_one_source_number_at_once_make_one_hazard(people: dict[str, Caller], engine: Engine):
    def send(who: str) -> tuple[int, str]:
        answer = people[who].post("/hazards", REPORT | {"source_no": "A-1"})
        return answer.status_code, answer.json()["no"]

    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(send, ("officer", "second_officer", "head", "villager")))

    assert sorted(status for status, _ in answers) == [200, 200, 200, 201]
    assert (len({no for _, no in answers}), hazards(engine)) == (1, 1)


def test_numbers_have_no_gaps_under_eight_threads(people: dict[str, Caller]):
    def send(number: int) -> str:
        place = "" if number % 4 == 3 else "造粒车间"
        return people["officer"].post("/hazards", REPORT | {"place": place}).json().get("no", "")

    with ThreadPoolExecutor(8) as pool:
        numbers = sorted(no for no in pool.map(send, range(32)) if no)

    year = numbers[0].split("-")[1]
    assert numbers == [f"ZY-{year}-{number:04d}" for number in range(1, 25)]


def test_a_refused_report_gives_its_number_back(people: dict[str, Caller]):
    first = people["officer"].post("/hazards", REPORT).json()["no"]
    people["officer"].post("/hazards", REPORT | {"no_evidence_reason": "", "evidence": ["no-such-piece"]})

    second = people["officer"].post("/hazards", REPORT).json()["no"]

    assert (first[-4:], second[-4:]) == ("0001", "0002")


def test_an_urgent_report_is_to_be_accepted_within_two_hours(people: dict[str, Caller]):
    answer = people["officer"].post("/hazards", REPORT | {"urgent": True}).json()

    shown = people["clerk"].get(f"/hazards/{answer['no']}").json()

    assert datetime.fromisoformat(shown["due_at"]) - datetime.fromisoformat(shown["reported_at"]) == timedelta(hours=2)
    assert [row["clock"] for row in shown["deadlines"]] == ["urgent_triage"]


@pytest.mark.parametrize(
    ("channel", "who_may"),
    [
        ("SELF_REPORT", {"principal", "controller"}),
        ("INSPECTION", {"villager", "officer", "second_officer", "head", "other_officer", "other_head", "clerk"}),
        ("PUBLIC_REPORT", {"clerk"}),
    ],
)
def test_each_channel_is_open_to_its_roles_only(people: dict[str, Caller], channel: str, who_may: set[str]):
    answers = {
        who: caller.post("/hazards", REPORT | {"channel": channel}).status_code for who, caller in people.items()
    }

    assert {who for who, status in answers.items() if status == 201} == who_may
    assert set(answers.values()) == {201, 403}


@pytest.mark.parametrize(("who", "channel"), [("principal", "SELF_REPORT"), ("other_officer", "INSPECTION")])
def test_a_known_source_number_shows_a_stranger_the_number_only(
    people: dict[str, Caller], engine: Engine, who: str, channel: str
):
    source = {"source": "12350举报热线", "source_no": "热线-0042"}
    public = {"channel": "PUBLIC_REPORT", "subject_type": "HOUSEHOLD", "enterprise": None, "place": "举报人家门口"}
    known = people["clerk"].post("/hazards", REPORT | source | public).json()

    answer = people[who].post("/hazards", REPORT | source | {"channel": channel})

    assert (answer.status_code, answer.json()) == (200, {"no": known["no"], "new": False})
    assert hazards(engine) == 1


@pytest.fixture
def server(engine: Engine, tmp_path: Path, session: Session, town: Town) -> Iterator[str]:
    """The address of a real server on the test's database."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    environment = os.environ | {
        "HAZARDFLOW_DATA_DIR": str(tmp_path), "HAZARDFLOW_DATABASE_URL": engine.url.render_as_string(hide_password=False),
    }  # fmt: skip
    command = [
        sys.executable,
        "-m",
        "uvicorn",
        "api.app:app_from_settings",
        "--factory",
        "--port",
        str(port),
        "--log-level",
        "warning",
    ]
    with subprocess.Popen(command, cwd=ROOT, env=environment) as process:
        try:
            yield ready(f"http://127.0.0.1:{port}", process)
        finally:
            process.terminate()


def ready(address: str, process: subprocess.Popen[bytes], patience: float = 180) -> str:
    """Wait until the server answers; fails when it ends or the deadline passes."""
    deadline = time.monotonic() + patience
    while time.monotonic() < deadline and process.poll() is None:
        try:
            httpx.get(f"{address}/healthz", trust_env=False)
        except httpx.TransportError:
            continue
        return address
    raise AssertionError(f"no answer from {address}")


def run_report(file: Path, server: str, key: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "cli.main", "report", str(file), "--url", server, "--key", key]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=180, check=False)


def test_a_file_of_reports_is_taken_in_line_by_line_and_again_without_doubling(
    people: dict[str, Caller], server: str, engine: Engine, tmp_path: Path
):
    file = tmp_path / "上报.jsonl"
    lines = [json.dumps(REPORT | {"source_no": f"A-{number}"}, ensure_ascii=False) for number in (1, 2)]
    file.write_text("\n".join([*lines, json.dumps(REPORT | {"place": ""}), "{not json"]), encoding="utf-8")
    key = (
        people["officer"].post("/keys", {"name": "批量上报", "operations": ["record_inspection_finding"]}).json()["key"]
    )

    first, again = run_report(file, server, key), run_report(file, server, key)

    told = first.stdout.splitlines()
    assert (first.returncode, len(told), [line.split()[0] for line in told]) == (1, 4, ["1", "2", "3", "4"])
    assert [line.split()[1][:3] for line in told] == ["ZY-", "ZY-", "拒绝", "拒绝"]
    assert again.stdout == first.stdout
    assert hazards(engine) == 2


def test_a_file_of_reports_needs_a_good_key(server: str, engine: Engine, tmp_path: Path):
    file = tmp_path / "上报.json"
    file.write_text(json.dumps([REPORT]), encoding="utf-8")

    told = run_report(file, server, "hf_wrong")

    assert (told.returncode, told.stdout.split()[:2]) == (1, ["1", "拒绝"])
    assert hazards(engine) == 0
