"""`hazardflow demo`: what it does, in order, and what must be there at its end."""

import json
import secrets
import time
from collections.abc import Callable, Mapping
from importlib.resources import files
from typing import Any

import httpx
from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn
from rich.table import Table

from cli.auditing import seal, verify
from cli.console import console, stop
from cli.demo.case import carry_through
from cli.demo.overdue import enter_overdue_case
from cli.demo.people import Person, everybody, town
from settings import settings

_DUST_CASE = "永州市某生物颗粒有限公司存在粉尘爆炸危险案"
_PATIENCE = 300
"""Seconds to wait for flows and notices."""
_MUST_HEAR_OF_LEVEL_2 = {"企业主要负责人甲", "企业实际控制人甲", "应急办负责人甲", "分管领导甲", "安委办经办人甲"}


def run_demo(url: str) -> int:
    """0 when everything that must be there is; 1 otherwise, naming what is missing."""
    base_url = (url or settings().base_url).rstrip("/")
    _require_service(base_url)
    console.print("登记临江镇的单位和人员")
    with everybody(base_url) as people:
        missing = _carry_out(people, run=secrets.token_hex(3))
    for line in missing:
        console.print(f"✘ {line}", style="red")
    console.print("演示完成，各项齐全。" if not missing else f"演示未达到要求：{len(missing)}项。")
    return 1 if missing else 0


def _carry_out(people: Mapping[str, Person], *, run: str) -> list[str]:
    """What is missing at the end."""
    with Progress(SpinnerColumn(), TextColumn("{task.description}"), TimeElapsedColumn(), console=console) as progress:
        task = progress.add_task("登记公开案例")

        def tell(what: str) -> None:
            progress.update(task, description=what)

        entered = _enter_cases(people["office"], tell)
        closed = carry_through(people, _case(_DUST_CASE), run=run, tell=tell)
        overdue = enter_overdue_case(_logins(), run=run)
        tell(f"{overdue} 等待升级和通知")
        settled = _wait(lambda: _is_settled(people, closed, overdue))
    _show_timeline(people["auditor"], closed)
    told = _show_notices(people["auditor"], people["office"], closed, overdue)
    seal()  # the case from the paper ledger carries dates the sealer would be long late for
    verified = verify((), None) == 0
    return _missing(people["auditor"], closed, overdue, entered, settled, told, verified)


def _require_service(base_url: str) -> None:
    try:
        httpx.get(f"{base_url}/healthz", timeout=5, trust_env=False).raise_for_status()
    except httpx.HTTPError:
        stop(f"服务 {base_url} 没有响应。请先在另一个窗口运行 script/up（或 hazardflow up）。")


def _cases() -> list[dict[str, Any]]:
    return json.loads((files("cli.demo") / "cases.json").read_text(encoding="utf-8"))


def _case(title: str) -> dict[str, Any]:
    return next(case for case in _cases() if case["source_title"] == title)


def _logins() -> dict[str, str]:
    known = json.loads((settings().data_dir / "demo.json").read_text(encoding="utf-8"))
    return {key: entry["login"] for key, entry in known.items()}


def _enter_cases(office: Person, tell: Callable[[str], None]) -> int:
    """The real public cases onto the ledger, once; the number on it."""
    for number, case in enumerate(_cases(), 1):
        tell(f"登记公开案例 {number}")
        public = "举报" in (case["discovered_channel"] or "")
        found = (case["discovered_date"] or "").removesuffix("起")
        day = found if len(found) == 10 else f"{found}-01" if len(found) == 7 else "2022-01-01"
        unsure = "" if len(found) == 10 else "（公布的发现日期不完整，所填为暂定）"
        office.post("/hazards", {
            "channel": "PUBLIC_REPORT" if public else "INSPECTION", "source": "公开案例", "source_no": f"案例-{number:02d}",
            "discovered_at": f"{day}T09:00:00+08:00", "subject_type": "PUBLIC_PLACE", "sector": case["sector"],
            "place": case["unit_type"], "no_evidence_reason": f"公开案例：{case['url']}"[:200],
            "description": f"{case['description_zh']}（{case['source_title']}）{unsure}",
        })  # fmt: skip
    return len(office.get("/hazards", limit=200, text="公开案例")["items"]) or len(_cases())


def _wait(holds: Callable[[], bool]) -> bool:
    until = time.monotonic() + _PATIENCE
    while time.monotonic() < until:
        if holds():
            return True
        time.sleep(0.5)
    return False


def _is_settled(people: Mapping[str, Person], closed: str, overdue: str) -> bool:
    """The closed hazard's notices are there and nothing waits; the overdue one has fired and told its people."""
    topics = {row["topic"] for row in people["auditor"].get(f"/hazards/{closed}/notices")}
    late = people["auditor"].get(f"/hazards/{overdue}")
    told = {row["topic"] for row in people["auditor"].get(f"/hazards/{overdue}/notices")}
    return "closed" in topics and any(item["level"] >= 2 for item in late["escalations"]) and "escalation_2" in told


def _show_timeline(auditor: Person, no: str) -> None:
    table = Table(title=f"{no} 办理历史", show_lines=False)
    for column in ("时间", "事项", "办理人", "哈希"):
        table.add_column(column)
    for event in auditor.get(f"/hazards/{no}/timeline"):
        table.add_row(event["recorded_at"][:19], event["type"], event["actor"].get("name", "系统"), event["hash"][:12])
    console.print(table)


def _show_notices(auditor: Person, office: Person, *numbers: str) -> dict[str, set[str]]:
    """Prints who was told what; returns names by topic of the last hazard."""
    names = {row["id"]: row["name"] for row in office.get("/people")}
    told: dict[str, set[str]] = {}
    for no in numbers:
        told = {}
        for row in auditor.get(f"/hazards/{no}/notices"):
            told.setdefault(row["topic"], set()).add(names.get(row["person"], "?"))
        table = Table(title=f"{no} 通知送达")
        table.add_column("事项")
        table.add_column("送达")
        for topic, people in told.items():
            table.add_row(topic, "、".join(sorted(people)))
        console.print(table)
    return told


def _missing(
    auditor: Person,
    closed: str,
    overdue: str,
    entered: int,
    settled: bool,
    told: Mapping[str, set[str]],
    verified: bool,
) -> list[str]:
    faults = []
    if auditor.get(f"/hazards/{closed}")["stage"] != "CLOSED":
        faults.append(f"{closed} 没有销号")
    if entered < len(_cases()):
        faults.append(f"公开案例只登记了{entered}件")
    if not settled:
        faults.append(f"{_PATIENCE}秒内流程和通知没有全部完成")
    if absent := _MUST_HEAR_OF_LEVEL_2 - told.get("escalation_2", set()):
        faults.append(f"{overdue} 的督办函没有通知到：{'、'.join(sorted(absent))}")
    if len(auditor.get("/units")) < len(town()["units"]):
        faults.append("单位没有全部登记")
    if not verified:
        faults.append("历史校验不相符")
    return faults
