"""A canary in every field of a reporter's: after a whole run with everything at work it is found nowhere outside the vault.

Real processes, logs at DEBUG, wrong requests and a crash on the way; searched are the databases of the office and of Prefect with
their journals, logs, the evidence store, exports, pages, bundles and a backup taken apart. At its end a leak is made on purpose, which
the same search must find.
"""

import gzip
import secrets
import tarfile
import zipfile
from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from io import BytesIO
from itertools import count
from pathlib import Path
from typing import Any
from urllib.parse import quote

import httpx
import pytest
from PIL import Image

from cli import backups
from cli.demo.case import _assignment, _finding, picture
from cli.demo.people import Person, everybody
from installation import Installation, at_work, wait_until
from test_kill import waiting
from tip_off import shapes_of
from web.cookies import SESSION

REPORTERS = 16
STEM, DIGITS, ADDRESS = "KanarieVogel7Q", "1396174205", "203.0.113.177"
"""What every canary begins with; the caller's address, which is one as well."""
CONTROL = "KanarieKontrolle9Z"
_KEYS = count(1)


@pytest.fixture(scope="module")
def installation(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installation]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("HAZARDFLOW_LOG_LEVEL", "DEBUG")
        with at_work(tmp_path_factory.mktemp("canaries")) as held:
            yield held


@pytest.fixture
def reporters(installation: Installation) -> Iterator[list["Reporter"]]:
    with ExitStack() as held:
        callers = [Reporter(installation.url, number) for number in range(REPORTERS)]
        for caller in callers:
            held.enter_context(caller.http)
        yield callers


@pytest.fixture(scope="module")
def people(installation: Installation) -> Iterator[dict[str, Person]]:
    with everybody(installation.url) as everyone:
        yield everyone


def canary(number: int, what: str) -> str:
    return f"{STEM}{what}{number:02d}{secrets.token_hex(3)}"


def report_of(number: int) -> dict[str, Any]:
    return {
        "description": f"夜班看见除尘管冒火星，{canary(number, 'words')}", "place": canary(number, "place"),
        "about": canary(number, "about"), "village": canary(number, "village"),
        "reporter": {"name": canary(number, "name"), "phone": f"{DIGITS}{number:02d}", "id_no": canary(number, "id")},
    }  # fmt: skip


def photograph(number: int) -> bytes:
    exif = Image.Exif()
    exif[0x010F], exif[0xA431] = canary(number, "maker"), canary(number, "serial")
    out = BytesIO()
    Image.new("RGB", (64, 48), "orange").save(out, "JPEG", exif=exif, comment=canary(number, "comment").encode())
    return out.getvalue()


class Reporter:
    """A caller whose browser says too much."""

    def __init__(self, url: str, number: int):
        said = {
            "User-Agent": canary(number, "agent"),
            "X-Forwarded-For": ADDRESS,
            "Referer": f"https://{canary(number, 'site')}",
        }
        self.http = httpx.Client(base_url=f"{url}/api/v1/public", headers=said, timeout=60, trust_env=False)
        self.number = number

    def send(self, path: str, **content: Any) -> httpx.Response:
        return self.http.post(path, headers={"Idempotency-Key": f"canary-key-{next(_KEYS):012d}"}, **content)

    def report(self) -> str:
        body = report_of(self.number)
        wrong = body | {"reporter": body["reporter"] | {"shoe": canary(self.number, "shoe")}}
        assert self.send("/named-reports", json=wrong).status_code == 422
        assert self.send("/named-reports", content=str(body)).status_code == 422
        answer = self.send("/named-reports", json=body)
        assert answer.status_code == 201, answer.text
        self.http.headers["X-Query-Code"] = answer.json()["query_code"]
        return answer.json()["no"]

    def say_more(self) -> None:
        assert self.send("/report/additions", json={"text": canary(self.number, "addition")}).status_code == 201
        assert self.send("/report/messages", json={"text": canary(self.number, "message")}).status_code == 201
        assert self.send_photo().status_code == 201
        assert self.http.get("/report").status_code == 200

    def send_photo(self) -> httpx.Response:
        return self.send(
            "/report/photos", files={"file": (f"{canary(self.number, 'file')}.jpg", photograph(self.number))}
        )


def crash(installation: Installation, reporter: Reporter) -> None:
    """The store is not there while a photograph arrives: an error nobody foresaw, with its traceback in the log."""
    store, aside = installation.data_dir / "evidence", installation.data_dir / "evidence-aside"
    store.rename(aside)
    store.write_bytes(b"")
    assert reporter.send_photo().status_code >= 500
    store.unlink()
    aside.rename(store)


def handle(people: Mapping[str, Person], no: str) -> None:
    """The office reads, abstracts, unseals, answers; the case goes to the enterprise."""
    office = people["office"]
    (source,) = office.get(f"/hazards/{no}/reports")
    office.get(f"/reports/{source['id']}/original")
    office.post(f"/reports/{source['id']}/messages", {"text": "请问是哪一侧的管道？"})
    asked = office.post(f"/reports/{source['id']}/unsealings", {"ground": "VERIFY_ON_SITE", "reason": "须当面核实位置"})
    people["deputy"].post(f"/unsealings/{asked['id']}/approval", None)
    assert STEM in office.get(f"/unsealings/{asked['id']}/identity")["name"]
    leader = next(person["id"] for person in office.get("/people", role="TL") if person["duty"] == "deputy_leader")
    photo = people["officer"].upload("现场.jpg", picture("整改前"))
    step(people, no, "office", "abstract", {
        "description": "除尘系统运行中有火花，未见停机", "place": "造粒车间", "sector": "工贸/粉尘涉爆", "enterprise": "91500118MA5DEMO001",
    })  # fmt: skip
    step(people, no, "office", "acceptance", {"verifying_unit": "YJB"})
    step(people, no, "officer", "major-finding", _finding(photo))
    step(people, no, "head", "finding-confirmation", {"comment": "同意认定"})
    step(people, no, "office", "assignment", _assignment(leader))


def step(people: Mapping[str, Person], no: str, who: str, resource: str, body: Mapping[str, Any]) -> None:
    version = people["auditor"].get(f"/hazards/{no}")["version"]
    people[who].post(f"/hazards/{no}/{resource}", body, version=version)


def seen(installation: Installation, people: Mapping[str, Person], no: str) -> dict[str, bytes]:
    """What the office's people get to see: answers, pages, the workbook, the bundle's whole history."""
    found: dict[str, bytes] = {}
    for who in ("office", "officer", "deputy", "auditor", "principal"):
        token = people[who].http.headers["Authorization"].removeprefix("Bearer ")
        with httpx.Client(
            base_url=installation.url, timeout=60, trust_env=False, headers={"Cookie": f"{SESSION}={token}"}
        ) as pages:
            for path in (f"/hazards/{no}", f"/hazards/{no}/record", "/hazards", "/", "/audit"):
                found[f"{who} {path}"] = pages.get(path).content
        for path in (f"/hazards/{no}", f"/hazards/{no}/timeline", "/hazards", "/notices", "/work-items"):
            found[f"{who} api {path}"] = people[who].http.get(path).content
    workbook = people["office"].http.get("/hazards/export")
    assert workbook.status_code == 200
    return found | {f"workbook {name}": content for name, content in unpacked("x.zip", workbook.content)}


def kept(installation: Installation, folder: Path) -> Iterator[tuple[str, bytes]]:
    """Every file of the installation but its keys and the passwords of these people, and a backup, taken apart."""
    for path in sorted(installation.data_dir.rglob("*")):
        if path.is_file() and path.parent.name != "keys" and path.name != "demo.json":
            yield from unpacked(str(path.relative_to(installation.data_dir)), path.read_bytes())
    archive = folder / "backup.tar.gz"
    backups.make_backup(archive)
    with tarfile.open(archive) as packed:
        for member in packed.getmembers():
            content = packed.extractfile(member) if member.isfile() and "/keys/" not in member.name else None
            if content is not None:
                yield f"backup {member.name}", content.read()


def unpacked(name: str, content: bytes) -> Iterator[tuple[str, bytes]]:
    yield name, content
    if content.startswith(b"\x1f\x8b"):
        yield f"{name}!", gzip.decompress(content)
    elif content.startswith(b"PK\x03\x04"):
        with zipfile.ZipFile(BytesIO(content)) as packed:
            yield from ((f"{name}!{one}", packed.read(one)) for one in packed.namelist())


def hits(places: Mapping[str, bytes] | Iterator[tuple[str, bytes]], *secrets_: str) -> list[str]:
    shapes = [
        shape for secret in secrets_ for shape in (*shapes_of(secret), quote(secret).encode(), secret.lower().encode())
    ]
    pairs = places.items() if isinstance(places, Mapping) else places
    return [name for name, content in pairs if any(shape in content for shape in shapes)]


def test_no_canary_of_a_reporter_is_found_outside_the_vault(
    installation: Installation, people: dict[str, Person], reporters: list[Reporter], tmp_path: Path
):
    numbers = [reporter.report() for reporter in reporters]
    for reporter in reporters:
        reporter.say_more()
    crash(installation, reporters[0])
    handle(people, numbers[0])
    assert reporters[1].send("/report/erasure").status_code == 201
    wait_until(lambda: not [no for no in numbers if waiting(installation, no)], seconds=300)

    places = dict(seen(installation, people, numbers[0])) | dict(kept(installation, tmp_path))

    assert hits(places, STEM, DIGITS, ADDRESS) == []
    assert numbers[0].encode() in places[f"office /hazards/{numbers[0]}"]
    assert {"hazardflow.db", "backup ./hazardflow.db"} <= places.keys()
    assert [name for name in places if name.startswith("logs/")]
    assert b"unexpected error at POST /api/v1/public/report/photos" in places["logs/api.log"]
    assert [name for name in places if "prefect" in name and name.endswith(".db")]

    people["office"].post(f"/hazards/{numbers[0]}/comments", {"words": f"留言里写了{CONTROL}", "for_enterprise": True})
    found = hits(kept(installation, tmp_path), CONTROL)
    assert any(name.startswith("hazardflow.db") for name in found), found
    assert hits({"page": people["principal"].http.get(f"/hazards/{numbers[0]}/comments").content}, CONTROL)
