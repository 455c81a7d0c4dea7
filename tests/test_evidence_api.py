"""Evidence: taken in for what it is, kept under its own hash, given back as an attachment."""

import hashlib
import struct
import zlib
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from PIL import Image
from sqlalchemy import Engine, func, select
from sqlmodel import Session
from starlette.testclient import TestClient

from models.engine import reading
from models.tables import DECISION, EVIDENCE
from office_api import Caller
from services import evidence
from settings import Settings
from town import Town, a_report

CAPTURED = "2026:09:07 09:41:12"


@pytest.fixture
def app_settings(tmp_path: Path) -> Settings:
    return Settings(data_dir=tmp_path, max_upload_mib=1)  # pyright: ignore[reportCallIssue]  # the other fields have defaults


def picture(kind: str, *, size: tuple[int, int] = (64, 48), **options: Any) -> bytes:
    out = BytesIO()
    Image.new("RGB", size, "orange").save(out, kind, **options)
    return out.getvalue()


def photograph(captured: str = CAPTURED) -> bytes:
    exif = Image.Exif()
    exif.get_ifd(0x8769)[0x9003] = captured
    return picture("JPEG", exif=exif)


def flood() -> bytes:
    """A PNG of a few bytes that claims ten billion pixels."""

    def chunk(kind: bytes, content: bytes) -> bytes:
        return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))

    header = struct.pack(">IIBBBBB", 100_000, 100_000, 8, 2, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", header)
        + chunk(b"IDAT", zlib.compress(b"\0" * 1000))
        + chunk(b"IEND", b"")
    )


def rows(engine: Engine) -> int:
    with reading(engine) as session:
        return session.execute(select(func.count()).select_from(EVIDENCE)).scalar_one()


def files(settings: Settings) -> list[Path]:
    return [path for path in settings.evidence_dir.rglob("*") if path.is_file()]


def report_with(people: dict[str, Caller], *pieces: str, who: str = "officer") -> Any:
    body = a_report(evidence=pieces, no_evidence_reason="" if pieces else "后补").model_dump(mode="json")
    return people[who].post("/hazards", body)


@pytest.mark.parametrize(
    ("name", "content", "media_type"),
    [
        ("现场.jpg", photograph(), "image/jpeg"),
        ("现场.JPEG", picture("JPEG"), "image/jpeg"),
        ("现场.png", picture("PNG"), "image/png"),
        ("指令书.pdf", picture("PDF"), "application/pdf"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_evidence_comes_back_byte_for_byte_as_an_attachment(
    people: dict[str, Caller], name: str, content: bytes, media_type: str
):
    piece = people["officer"].upload(name, content).json()
    hazard = report_with(people, piece["id"]).json()

    answer = people["clerk"].get(f"/hazards/{hazard['no']}/evidence/{piece['id']}")

    assert (answer.status_code, answer.content) == (200, content)
    assert answer.headers["content-disposition"].startswith("attachment")
    assert answer.headers["content-type"] == media_type
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["content-security-policy"].startswith("sandbox")


def test_an_upload_is_described_by_its_hash_size_and_capture_time(people: dict[str, Caller]):
    content = photograph()

    answer = people["officer"].upload("现场.jpg", content)

    assert answer.status_code == 201
    piece = answer.json()
    assert (piece["sha256"], piece["size"]) == (hashlib.sha256(content).hexdigest(), len(content))
    assert (piece["captured_at"], piece["filename"]) == (CAPTURED, "现场.jpg")


def test_a_capture_time_with_odd_characters_is_made_plain(people: dict[str, Caller]):
    answer = people["officer"].upload("现场.jpg", photograph("2026:09:07\0\x07 09:41\n" + "9" * 100))

    assert answer.status_code == 201, answer.text
    assert answer.json()["captured_at"].isprintable()
    assert len(answer.json()["captured_at"]) <= 40


def test_a_stored_file_lies_at_its_own_hash(people: dict[str, Caller], app_settings: Settings):
    digest = people["officer"].upload("现场.png", picture("PNG")).json()["sha256"]

    assert files(app_settings) == [app_settings.evidence_dir / digest[:2] / digest[2:]]
    assert evidence.is_intact(app_settings.evidence_dir, digest)


def test_content_changed_on_disk_is_noticed(people: dict[str, Caller], app_settings: Settings):
    digest = people["officer"].upload("现场.png", picture("PNG")).json()["sha256"]
    stored = evidence.path_of(app_settings.evidence_dir, digest)

    stored.chmod(0o600)
    stored.write_bytes(stored.read_bytes()[:-1] + b"!")

    assert not evidence.is_intact(app_settings.evidence_dir, digest)


def test_the_same_content_twice_is_two_pieces_and_one_file(people: dict[str, Caller], app_settings: Settings):
    pieces = [people[who].upload("现场.png", picture("PNG")).json() for who in ("officer", "villager")]

    assert pieces[0]["id"] != pieces[1]["id"]
    assert len(files(app_settings)) == 1


def test_a_retried_upload_is_one_piece(people: dict[str, Caller], engine: Engine):
    answers = [people["officer"].upload("现场.png", picture("PNG"), key="once") for _ in range(2)]

    assert answers[0].content == answers[1].content
    assert rows(engine) == 1


def test_a_key_used_for_another_file_is_refused(people: dict[str, Caller], engine: Engine):
    people["officer"].upload("现场.png", picture("PNG"), key="once")

    answer = people["officer"].upload("现场.png", picture("PNG", size=(9, 9)), key="once")

    assert (answer.status_code, answer.json()["type"]) == (422, "/problems/idempotency-key-reused")
    assert rows(engine) == 1


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("现场.png", picture("JPEG")),
        ("现场.jpg", picture("PNG")),
        ("现场.pdf", picture("PNG")),
        ("现场", picture("PNG")),
        ("现场.jpg.exe", picture("JPEG")),
        ("现场.gif", picture("GIF")),
        ("网页.jpg", b"<html><script>alert(1)</script></html>"),
        ("图.svg", b'<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"/>'),
        ("图.png", b'<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"/>'),
        ("空.jpg", b""),
        ("截断.jpg", picture("JPEG", size=(640, 480))[:600]),
        ("只有头.jpg", b"\xff\xd8\xff"),
        ("只有头.png", b"\x89PNG\r\n\x1a\n"),
        ("巨图.png", flood()),
        ("伪EXIF.jpg", b"\xff\xd8\xff\xe1\x00\x10Exif\0\0II*\0\xff\xff\xff\xff" + b"\xff\xd9"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_file_that_is_not_what_it_says_is_refused_and_leaves_nothing(
    people: dict[str, Caller], engine: Engine, app_settings: Settings, name: str, content: bytes
):
    answer = people["officer"].upload(name, content)

    assert (answer.status_code, answer.json()["type"]) == (422, "/problems/evidence-refused")
    assert answer.json()["remedy"]
    assert (rows(engine), files(app_settings)) == (0, [])


@pytest.mark.parametrize("mib", [1, 4])
def test_a_file_over_the_limit_is_refused(people: dict[str, Caller], engine: Engine, app_settings: Settings, mib: int):
    answer = people["officer"].upload("大.pdf", b"%PDF-1.7\n" + b"0" * (mib << 20))

    assert (answer.status_code, answer.json()["type"]) == (413, "/problems/too-large")
    assert answer.json()["remedy"]
    assert (rows(engine), files(app_settings)) == (0, [])


@pytest.mark.parametrize(
    ("path", "kind"), [("evidence", "multipart/form-data; boundary=x"), ("hazards", "application/json")]
)
def test_a_body_without_an_honest_length_is_counted_as_it_arrives(
    people: dict[str, Caller], client: TestClient, engine: Engine, path: str, kind: str
):
    def endless() -> Iterator[bytes]:
        yield b'--x\r\nContent-Disposition: form-data; name="file"; filename="a.pdf"\r\n\r\n%PDF-'
        for _ in range(64):
            yield b"0" * 65_536

    headers = {"Authorization": f"Bearer {people['officer'].token}", "Idempotency-Key": "k", "Content-Type": kind}
    answer = client.post(f"/api/v1/{path}", content=endless(), headers=headers | {"Content-Length": "10"})

    assert (answer.status_code, answer.json()["type"]) == (413, "/problems/too-large")
    assert "content-security-policy" in answer.headers
    assert rows(engine) == 0


@pytest.mark.parametrize(
    ("name", "label"),
    [
        ("../../../etc/passwd.png", "passwd.png"),
        ("..\\..\\windows\\system32\\现场.png", "现场.png"),
        ("/etc/cron.d/job.png", "job.png"),
        ("ab\u202ec.png", "abc.png"),
        ("x" * 300 + ".png", "x" * 120),
    ],
)
def test_a_file_name_is_only_a_label(people: dict[str, Caller], app_settings: Settings, name: str, label: str):
    answer = people["officer"].upload(name, picture("PNG"))

    assert (answer.status_code, answer.json()["filename"]) == (201, label)
    assert [path.name for path in files(app_settings)] == [answer.json()["sha256"][2:]]


def test_evidence_of_another_person_cannot_be_used(people: dict[str, Caller], engine: Engine):
    piece = people["villager"].upload("现场.png", picture("PNG")).json()["id"]

    answer = report_with(people, piece)

    assert (answer.status_code, answer.json()["type"]) == (422, "/problems/invalid-input")
    assert piece in answer.json()["detail"]
    with reading(engine) as session:
        assert session.execute(select(func.count()).select_from(DECISION)).scalar_one() == 0


@pytest.mark.parametrize("who", ["other_officer", "other_head"])
def test_evidence_of_an_invisible_hazard_is_not_found(people: dict[str, Caller], who: str):
    piece = people["officer"].upload("现场.png", picture("PNG")).json()["id"]
    no = report_with(people, piece).json()["no"]

    answer = people[who].get(f"/hazards/{no}/evidence/{piece}")

    assert (answer.status_code, answer.json()["type"]) == (404, "/problems/not-found")


def test_evidence_is_found_only_at_the_hazard_it_belongs_to(people: dict[str, Caller]):
    piece = people["officer"].upload("现场.png", picture("PNG")).json()["id"]
    report_with(people, piece)
    other = report_with(people).json()["no"]

    answer = people["officer"].get(f"/hazards/{other}/evidence/{piece}")

    assert answer.status_code == 404


def test_an_upload_nobody_has_used_cannot_be_downloaded(people: dict[str, Caller]):
    piece = people["villager"].upload("现场.png", picture("PNG")).json()["id"]
    no = report_with(people).json()["no"]

    answer = people["clerk"].get(f"/hazards/{no}/evidence/{piece}")

    assert answer.status_code == 404


def test_evidence_missing_on_disk_is_said_plainly(people: dict[str, Caller], app_settings: Settings):
    piece = people["officer"].upload("现场.png", picture("PNG")).json()
    no = report_with(people, piece["id"]).json()["no"]
    evidence.path_of(app_settings.evidence_dir, piece["sha256"]).unlink()

    answer = people["officer"].get(f"/hazards/{no}/evidence/{piece['id']}")

    assert (answer.status_code, answer.json()["type"]) == (404, "/problems/not-found")
    assert answer.json()["remedy"]


@pytest.mark.parametrize("who", ["head", "clerk", "leader", "auditor", "admin", "district"])
def test_who_may_not_upload_leaves_no_file(
    session: Session, town: Town, people: dict[str, Caller], app_settings: Settings, who: str
):
    answer = people[who].upload("现场.png", picture("PNG"))

    assert answer.status_code == 403
    assert files(app_settings) == []
