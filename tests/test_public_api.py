"""The public's door: a report is taken without an account, followed by its code, and nothing of the caller is kept."""

import json
import logging
from datetime import UTC, datetime
from typing import Any

import pytest
from sqlalchemy import Engine, select
from starlette.testclient import TestClient

from models.engine import reading
from models.errors import TooManyAttempts
from models.tables import HAZARD_SOURCE
from office_api import Caller, assert_refused, counts
from services import codes
from services.throttle import WINDOW, Throttle
from settings import Settings
from tip_off import (
    ID_NO,
    NAME,
    NAMED,
    PHONE,
    PLACE,
    TIP,
    WORDS,
    Reporter,
    everything_kept,
    shapes_of,
)
from town import Town

KEY = "a-key-drawn-by-the-client"


@pytest.fixture
def reporter(client: TestClient, town: Town) -> Reporter:
    return Reporter(client)


def test_a_report_is_answered_with_its_number_and_a_code_of_160_bits(reporter: Reporter):
    answer = reporter.report()

    assert answer["no"].startswith("ZY-")
    assert len(answer["query_code"].replace("-", "")) * 5 == 160
    assert reporter.get("/report").json()["progress"] == "已收到，正在受理"


def test_of_a_code_only_its_hash_is_kept(reporter: Reporter, engine: Engine, app_settings: Settings):
    code = reporter.report()["query_code"]

    kept = everything_kept(engine, app_settings.data_dir)

    assert codes.hash_of(code).encode() in kept
    assert code.encode() not in kept
    assert code.replace("-", "").encode() not in kept


def test_the_same_submission_sent_again_gets_the_same_code_and_another_does_not(reporter: Reporter, engine: Engine):
    first = reporter.post("/reports", TIP, key=KEY)
    before = counts(engine)

    again = reporter.post("/reports", TIP, key=KEY)
    other = reporter.post("/reports", TIP | {"place": "别处的车间"}, key=KEY)

    assert (again.status_code, again.json()["query_code"]) == (200, first.json()["query_code"])
    assert (other.status_code, other.json()["no"] != first.json()["no"]) == (201, True)
    assert other.json()["query_code"] != first.json()["query_code"]
    assert counts(engine)[0] == before[0] + 1


def test_a_code_is_read_as_it_was_meant(reporter: Reporter):
    code = reporter.report()["query_code"]

    reporter.code = code.lower().replace("-", " ").replace("o", "0")

    assert reporter.get("/report").status_code == 200


@pytest.mark.parametrize("code", ["", "AAAA-AAAA", "x" * 100, "A" * 32, "查询码"])
@pytest.mark.parametrize("path", ["/report", "/report/messages"])
def test_a_wrong_code_is_not_found_and_says_nothing_more(reporter: Reporter, code: str, path: str):
    reporter.report()
    answer = reporter.client.get(f"/api/v1/public{path}", headers={b"X-Query-Code": code.encode()})

    assert_refused(answer, 404, "not-found")


def test_after_so_many_wrong_codes_a_caller_waits(reporter: Reporter):
    answers = [reporter.client.get("/api/v1/public/report", headers={"X-Query-Code": str(n)}) for n in range(31)]

    assert {answer.status_code for answer in answers[:30]} == {404}
    assert_refused(answers[30], 429, "too-many-attempts")
    assert int(answers[30].headers["Retry-After"]) > 0


def test_after_so_many_reports_a_caller_waits(reporter: Reporter):
    answers = [reporter.post("/reports", TIP) for _ in range(21)]

    assert_refused(answers[20], 429, "too-many-attempts")


def test_counts_are_forgotten_with_their_window_and_hold_no_address():
    at, throttle = datetime(2026, 9, 7, tzinfo=UTC), Throttle()
    throttle.count("report", "203.0.113.9", most=1, at=at)
    with pytest.raises(TooManyAttempts):
        throttle.count("report", "203.0.113.9", most=1, at=at)
    kept = dict(throttle._counts)

    throttle.count("report", "203.0.113.9", most=1, at=at + WINDOW)

    assert not [key for key in kept if b"203.0.113.9" in key]
    assert not set(kept) & set(throttle._counts)
    assert len(throttle._counts) == 1


def test_nothing_about_the_caller_is_kept(
    client: TestClient, town: Town, engine: Engine, app_settings: Settings, caplog: pytest.LogCaptureFixture
):
    caplog.set_level(logging.DEBUG)
    headers = {"User-Agent": "CanaryBrowser/7", "X-Forwarded-For": "203.0.113.77", "Referer": "https://canary.example",
               "Idempotency-Key": KEY}  # fmt: skip
    assert client.post("/api/v1/public/named-reports", json=NAMED, headers=headers).status_code == 201

    kept = everything_kept(engine, app_settings.data_dir) + caplog.text.encode()

    assert not [
        secret
        for secret in ("CanaryBrowser", "203.0.113.77", "canary.example", "testclient")
        if secret.encode() in kept
    ]


def test_identity_and_words_are_nowhere_in_plain(
    reporter: Reporter,
    people: dict[str, Caller],
    engine: Engine,
    app_settings: Settings,
    caplog: pytest.LogCaptureFixture,
):
    caplog.set_level(logging.DEBUG)
    no = reporter.report(named=True)["no"]
    reporter.post("/report/additions", {"text": "金丝雀补充的话在这里"})
    reporter.post("/report/messages", {"text": "金丝雀回复的话在这里"})
    source = people["clerk"].get(f"/hazards/{no}/reports").json()[0]["id"]
    people["clerk"].get(f"/reports/{source}/original")
    people["clerk"].post(f"/reports/{source}/unsealings", {"ground": "REWARD", "reason": "核实奖励发放"})
    reporter.post("/named-reports", NAMED | {"reporter": {"name": NAME, "phone": PHONE, "wrong": ID_NO}})

    kept = everything_kept(engine, app_settings.data_dir) + caplog.text.encode()

    secrets = (NAME, PHONE, ID_NO, WORDS, PLACE, "金丝雀补充的话在这里", "金丝雀回复的话在这里")
    assert [secret for secret in secrets for shape in shapes_of(secret) if shape in kept] == []


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"description": "太短"}, "description"),
        ({"description": None}, "description"),
        ({"description": "长" * 4001}, "description"),
        ({"place": ""}, "place"),
        ({"place": ["车间"]}, "place"),
        ({"place": "\ud800"}, "place"),
        ({"place": "车间\0门口"}, "place"),
        ({"urgent": "perhaps"}, "urgent"),
        ({"seen_on": "yesterday"}, "seen_on"),
        ({"seen_on": "2999-01-01"}, "seen_on"),
        ({"colour": "red"}, "colour"),
        ({"reporter": {"name": "甲", "phone": PHONE}}, "reporter.name"),
        ({"reporter": {"name": NAME, "phone": "not a phone"}}, "reporter.phone"),
        ({"reporter": {"name": NAME, "phone": PHONE, "id_no": "x y"}}, "reporter.id_no"),
        ({"reporter": {"name": NAME}}, "reporter.phone"),
        ({"reporter": NAME}, "reporter"),
    ],
)
def test_a_report_with_a_wrong_field_is_refused_naming_the_field(
    reporter: Reporter, engine: Engine, changes: dict[str, Any], field: str
):
    before = counts(engine)

    answer = reporter.post("/named-reports", content=json.dumps(NAMED | changes).encode())

    assert_refused(answer, 422, "invalid-input")
    assert field in {fault["field"] for fault in answer.json()["errors"]}
    assert NAME not in answer.text
    assert PHONE not in answer.text
    assert counts(engine) == before


@pytest.mark.parametrize("body", [b"", b"[]", b"3", b"null", b"{", b"\xff\xfe{\x00}", b"[" * 100_000])
@pytest.mark.parametrize("path", ["/reports", "/named-reports"])
def test_a_body_that_is_not_a_json_object_is_refused(reporter: Reporter, engine: Engine, body: bytes, path: str):
    before = counts(engine)

    answer = reporter.post(path, content=body)

    assert answer.status_code in {400, 422}
    assert answer.headers["content-type"] == "application/problem+json"
    assert counts(engine) == before


def test_a_body_that_is_too_large_is_refused(reporter: Reporter, engine: Engine):
    before = counts(engine)

    answer = reporter.post("/reports", content=b" " * (1 << 20) + b"{}")

    assert_refused(answer, 413, "too-large")
    assert counts(engine) == before


@pytest.mark.parametrize("key", ["short", "x" * 201])
def test_a_submission_without_a_key_that_nobody_guesses_is_refused(reporter: Reporter, engine: Engine, key: str):
    before = counts(engine)

    assert_refused(reporter.post("/reports", TIP, key=key), 400, "idempotency-key-required")
    assert counts(engine) == before


@pytest.mark.parametrize("text", ["", "短", "长" * 4001, "有\0空字符", 7, None])
@pytest.mark.parametrize("path", ["/report/additions", "/report/objections", "/report/messages"])
def test_what_is_no_text_is_not_added(reporter: Reporter, engine: Engine, path: str, text: Any):
    reporter.report()
    before = counts(engine)

    assert_refused(reporter.post(path, {"text": text}), 422, "invalid-input")
    assert counts(engine) == before


def test_an_addition_sent_twice_is_added_once(reporter: Reporter, people: dict[str, Caller]):
    no = reporter.report()["no"]

    answers = [reporter.post("/report/additions", {"text": "今天早上又冒烟了"}, key=KEY) for _ in range(2)]

    assert [answer.status_code for answer in answers] == [201, 201]
    assert_refused(reporter.post("/report/additions", {"text": "另一件事情"}, key=KEY), 422, "idempotency-key-reused")
    source = people["clerk"].get(f"/hazards/{no}/reports").json()[0]["id"]
    assert [line["text"] for line in people["clerk"].get(f"/reports/{source}/original").json()["later"]] == [
        "今天早上又冒烟了"
    ]


def test_one_reporter_never_reaches_the_report_of_another(client: TestClient, town: Town):
    one, other = Reporter(client), Reporter(client)
    one.report()
    other.report(TIP | {"place": "别处的车间"})

    one.post("/report/messages", {"text": "只有我能看到"})

    assert [line["text"] for line in one.get("/report/messages").json()["items"]] == ["只有我能看到"]
    assert other.get("/report/messages").json()["items"] == []


def test_officers_and_reporter_write_to_each_other_without_knowing_each_other(
    reporter: Reporter, people: dict[str, Caller]
):
    no = reporter.report(named=True)["no"]
    source = people["clerk"].get(f"/hazards/{no}/reports").json()[0]["id"]

    people["clerk"].post(f"/reports/{source}/messages", {"text": "请问是哪一侧的管道？"})
    reporter.post("/report/messages", {"text": "靠北墙那一侧"})

    seen = people["clerk"].get(f"/hazards/{no}/reports")
    assert [line["from_office"] for line in seen.json()[0]["messages"]] == [True, False]
    read = reporter.get("/report/messages")
    assert [line["text"] for line in read.json()["items"]] == ["请问是哪一侧的管道？", "靠北墙那一侧"]
    assert not [name for name in ("安委办经办人甲", "person") if name in read.text]
    assert not [secret for secret in (NAME, PHONE) if secret in seen.text]


@pytest.mark.parametrize("who", ["officer", "head", "leader", "auditor", "admin", "principal", "villager"])
def test_only_the_committee_office_reads_the_original(reporter: Reporter, people: dict[str, Caller], who: str):
    no = reporter.report()["no"]
    source = people["clerk"].get(f"/hazards/{no}/reports").json()[0]["id"]

    answer = people[who].get(f"/reports/{source}/original")

    assert answer.status_code in {403, 404}
    assert WORDS not in answer.text


def test_a_report_says_nothing_to_whom_the_hazard_does_not_exist(
    reporter: Reporter, people: dict[str, Caller], engine: Engine
):
    no = reporter.report()["no"]
    with reading(engine) as session:
        source = session.execute(select(HAZARD_SOURCE.c.id)).scalar_one()

    assert_refused(people["officer"].get(f"/hazards/{no}/reports"), 404, "not-found")
    assert_refused(people["officer"].post(f"/reports/{source}/messages", {"text": "您好"}), 404, "not-found")
