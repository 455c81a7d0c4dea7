"""Decisions over HTTP on SQLite: one API process, four clients, each carrying hazards the straight way.

Prints p50 and p95 per decision; more than 25 ms at p95 fails.
"""

import http.client
import json
import statistics
import subprocess
import sys
import threading
import time
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests"))


from databases import SqliteDatabases
from installation import answers, wait_until
from models.engine import open_engine, writing
from models.process import MOVES, DecisionCode
from office_api import sign_in
from town import STRAIGHT_WAY, Town, form_for, photo, report

_CLIENTS, _HAZARDS, _TARGET_MS = 4, 15, 25.0
_PORT = 8657
_RESOURCE = {move.decision: move.resource for move in MOVES}


def main() -> int:
    with TemporaryDirectory() as folder:
        databases = SqliteDatabases(Path(folder))
        url = databases.fresh(with_town=True)
        tokens, numbers, bodies = _prepare(url, databases.town)
        service = _start(url, Path(folder))
        try:
            wait_until(lambda: answers(f"http://127.0.0.1:{_PORT}/healthz"), seconds=30)
            spent = _run(tokens, numbers, bodies)
        finally:
            service.terminate()
            service.wait()
    spent.sort()
    p95 = spent[int(len(spent) * 0.95)]
    print(
        f"{len(spent)} decisions, {_CLIENTS} clients: p50 {statistics.median(spent):.1f} ms, p95 {p95:.1f} ms (at most {_TARGET_MS})"
    )
    return 1 if p95 > _TARGET_MS else 0


def _prepare(url: str, town: Town) -> tuple[dict[str, str], list[str], list[dict[DecisionCode, bytes]]]:
    at = datetime.now(UTC)
    with writing(open_engine(url)) as session, session.begin():
        tokens = {who: sign_in(session, town, who) for who in {who for _, who in STRAIGHT_WAY}}
        numbers, bodies = [], []
        for _ in range(_CLIENTS * _HAZARDS):
            numbers.append(report(session, town, at=at).no)
            forms = {code: form_for(session, town, code, at) for code, _ in _way()}
            bodies.append({code: form.model_dump_json().encode() for code, form in forms.items()})
        photo(session, town.principal)
    return tokens, numbers, bodies


def _way() -> list[tuple[DecisionCode, str]]:
    return [pair for pair in STRAIGHT_WAY if pair[0] != DecisionCode.CLOSE]


def _start(url: str, folder: Path) -> subprocess.Popen[bytes]:
    environment = {"HAZARDFLOW_DATABASE_URL": url, "HAZARDFLOW_DATA_DIR": str(folder), "PATH": ""}
    argv = (
        sys.executable,
        "-m",
        "uvicorn",
        "api.app:app_from_settings",
        "--factory",
        "--port",
        str(_PORT),
        "--log-level",
        "warning",
    )
    return subprocess.Popen((*argv, "--no-access-log"), env=environment)


def _run(tokens: dict[str, str], numbers: list[str], bodies: list[dict[DecisionCode, bytes]]) -> list[float]:
    spent: list[float] = []
    shares = [list(range(client, len(numbers), _CLIENTS)) for client in range(_CLIENTS)]
    threads = [threading.Thread(target=_client, args=(share, tokens, numbers, bodies, spent)) for share in shares]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return spent


def _client(
    share: list[int],
    tokens: dict[str, str],
    numbers: list[str],
    bodies: list[dict[DecisionCode, bytes]],
    spent: list[float],
) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", _PORT)
    for index in share:
        version = 1
        for code, who in _way():
            headers = {
                "Authorization": f"Bearer {tokens[who]}", "Idempotency-Key": f"{index}-{code}", "If-Match": f'"{version}"',
                "Content-Type": "application/json",
            }  # fmt: skip
            path = f"/api/v1/hazards/{numbers[index]}/{_RESOURCE[code]}"
            began = time.perf_counter()
            connection.request("POST", path, bodies[index][code], headers)
            answer = connection.getresponse()
            content = answer.read()
            spent.append((time.perf_counter() - began) * 1e3)
            if answer.status != 201:
                raise RuntimeError(content.decode())
            version = json.loads(content)["version"]
    connection.close()


if __name__ == "__main__":
    sys.exit(main())
