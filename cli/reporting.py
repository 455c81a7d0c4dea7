"""`hazardflow report FILE`: the API's report, a line per result."""

import hashlib
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx

from cli.console import console, stop
from settings import settings


def report_file(file: Path, *, url: str, key: str) -> int:
    """Report every hazard of the file; 0 when all were taken, 1 when some were refused.

    The Idempotency-Key comes from the content, so running it again registers nothing twice.
    """
    if not key:
        stop("没有凭据：请用 --key 或 HAZARDFLOW_KEY 给出机器密钥（POST /api/v1/keys 生成）。", 2)
    refused = 0
    with httpx.Client(
        base_url=url or settings().base_url, headers={"Authorization": f"Bearer {key}"}, trust_env=False, timeout=30
    ) as client:
        for number, body in enumerate(_bodies(file), 1):
            refused += not _report(client, number, body)
    return 1 if refused else 0


def _bodies(file: Path) -> Iterator[Any]:
    text = file.read_text(encoding="utf-8-sig")
    try:
        whole = json.loads(text)
    except ValueError:
        yield from (_line(number, line) for number, line in enumerate(text.splitlines(), 1) if line.strip())
        return
    yield from whole if isinstance(whole, list) else [whole]


def _line(number: int, line: str) -> Any:
    try:
        return json.loads(line)
    except ValueError as wrong:
        return ValueError(f"第{number}行不是JSON：{wrong}")


def _report(client: httpx.Client, number: int, body: Any) -> bool:
    if isinstance(body, ValueError):
        console.print(f"{number}\t拒绝\t{body}", style="red")
        return False
    content = json.dumps(body, ensure_ascii=False, sort_keys=True).encode()
    try:
        answer = client.post("/api/v1/hazards", content=content, headers={
            "Content-Type": "application/json", "Idempotency-Key": f"file-{hashlib.sha256(content).hexdigest()}",
        })  # fmt: skip
    except httpx.HTTPError as broken:
        stop(f"连不上服务 {client.base_url}：{broken}。请先运行 hazardflow up。")
        return False
    told = answer.json()
    if answer.is_success:
        console.print(f"{number}\t{told['no']}\t{'新登记' if told['new'] else '已有'}")
        return True
    console.print(f"{number}\t拒绝\t{told.get('detail', answer.status_code)}", style="red")
    return False
