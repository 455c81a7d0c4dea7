"""What one decision costs beside the floor: CPU and latency, SQLite and PostgreSQL, interleaved in one run.

CPU is this process's own plus, for PostgreSQL, that of the server. Quote the ratios; the machine drifts.
"""

import argparse
import os
import random
import statistics
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests"))

from sqlalchemy import Engine

from benchmarks.floor import Floor
from databases import Databases, PostgresqlDatabases, SqliteDatabases, postgresql_server
from models.engine import open_engine, writing
from models.forms import Informing
from models.forms.rectification import Informed
from models.process import DecisionCode, move_for
from models.stage import Step
from services import access, office
from town import STRAIGHT_WAY, Town, form_for, report

_TARGETS = {"sqlite": 4.0, "postgresql": 2.5}
_REQUESTED = {DecisionCode.ASK_LIFTING, DecisionCode.GRANT_LIFTING, DecisionCode.CLOSE}
"""Left out: they write a request, or the look-backs, besides what the floor writes."""
_DUTIES = {
    DecisionCode.MAJOR: "open",
    DecisionCode.ASSIGN: "open",
    DecisionCode.APPROVE_PLAN: "open",
    DecisionCode.COMPLETE: "close",
}
"""Decisions that open or close a duty too; the floor writes its rows as well."""


@dataclass
class Figures:
    """Of one contender: seconds of CPU per decision by round, and the latency of each decision."""

    cpu: list[float] = field(default_factory=list)
    latency: list[float] = field(default_factory=list)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--hazards", type=int, default=20, help="life cycles per round and contender")
    options = parser.parse_args()
    print(f"{'':12}{'contender':10}{'CPU µs':>10}{'p50 ms':>10}{'p95 ms':>10}")
    with TemporaryDirectory() as folder, postgresql_server() as server:
        kinds: list[Databases] = [SqliteDatabases(Path(folder)), PostgresqlDatabases(server)]
        ratios = {databases.kind: _compare(databases, options.rounds, options.hazards) for databases in kinds}
    over = [kind for kind, ratio in ratios.items() if ratio > _TARGETS[kind]]
    for kind, ratio in ratios.items():
        print(f"{kind}: {ratio:.2f} × the floor's CPU (at most {_TARGETS[kind]} ×)")
    return 1 if over else 0


def _compare(databases: Databases, rounds: int, hazards: int) -> float:
    engine = open_engine(databases.fresh(with_town=True))
    url = engine.url.render_as_string(hide_password=False)
    town = databases.town
    floor = Floor(url, {"person": town.persons["officer"].id})
    ours, theirs = Figures(), Figures()
    for _ in range(rounds):
        turns: list[tuple[Figures, Callable[[list[float]], None]]] = [
            (ours, lambda spent: _our_round(engine, town, hazards, spent)),
            (theirs, lambda spent: _floor_round(engine, town, floor, hazards, spent)),
        ]
        random.shuffle(turns)
        for figures, run in turns:
            spent: list[float] = []
            run(spent)
            figures.cpu.append(spent.pop() / len(spent))
            figures.latency += spent
    floor.close()
    engine.dispose()
    for name, figures in (("services", ours), ("floor", theirs)):
        _print(databases.kind, name, figures)
    return statistics.median(ours.cpu) / statistics.median(theirs.cpu)


def _our_round(engine: Engine, town: Town, hazards: int, spent: list[float]) -> None:
    """Life cycles through the services, the reports made beforehand; the last figure is the round's CPU seconds."""
    at = datetime.now(UTC)
    with writing(engine) as session, session.begin():
        numbers = [report(session, town, at=at).no for _ in range(hazards)]
        forms = {code: form_for(session, town, code, at) for code, _ in STRAIGHT_WAY if code != DecisionCode.COMPLETE}
    for no in numbers:
        with writing(engine) as session, session.begin():
            forms[DecisionCode.COMPLETE] = form_for(session, town, DecisionCode.COMPLETE, at)
        before, step = _cpu(engine), Step.TRIAGE
        for code, who in _whole_way():
            move = move_for(step, code)
            form = _told(code, at, len(spent)) or forms[code]
            began = time.perf_counter()
            with writing(engine) as session, session.begin():
                hazard = access.lock_hazard_for(session, no, move.operation, by=town.actors[who])
                office.decide(session, hazard, code, form, by=town.actors[who], at=datetime.now(UTC))
            spent.append(time.perf_counter() - began)
            step = move.to
        _add(spent, _cpu(engine) - before)
    _total(spent)


def _whole_way() -> list[tuple[DecisionCode, str]]:
    return [pair for pair in STRAIGHT_WAY if pair[0] not in _REQUESTED]


def _told(code: DecisionCode, at: datetime, number: int) -> Informing | None:
    if code != DecisionCode.INFORM:
        return None
    who = Informed.PRINCIPAL if number % 2 else Informed.ACTUAL_CONTROLLER
    return Informing(informed=who, name="甲", means="当面", informed_at=at - timedelta(minutes=1), proof="送达回证")


_CPU: list[float] = []


def _add(spent: list[float], cpu: float) -> None:
    del spent
    _CPU.append(cpu)


def _total(spent: list[float]) -> None:
    spent.append(sum(_CPU))
    _CPU.clear()


def _floor_round(engine: Engine, town: Town, floor: Floor, hazards: int, spent: list[float]) -> None:
    with writing(engine) as session, session.begin():
        ids = [report(session, town, at=datetime.now(UTC)).id for _ in range(hazards)]
    for hazard in ids:
        before = _cpu(engine)
        for number, (code, _) in enumerate(_whole_way(), 1):
            began = time.perf_counter()
            floor.act(hazard, number, duty=_DUTIES.get(code, ""))
            spent.append(time.perf_counter() - began)
        _add(spent, _cpu(engine) - before)
    _total(spent)


def _cpu(engine: Engine) -> float:
    """CPU seconds so far of this process and, on this machine, of all PostgreSQL processes."""
    own = time.process_time()
    return own if engine.dialect.name == "sqlite" else own + _postgres_cpu()


def _postgres_cpu() -> float:
    ticks = 0
    for folder in Path("/proc").iterdir():
        if folder.name.isdigit():
            try:
                name, _, rest = (folder / "stat").read_text().partition(") ")
            except OSError:
                continue
            if "(postgres" in name:
                fields = rest.split()
                ticks += int(fields[11]) + int(fields[12])
    return ticks / os.sysconf("SC_CLK_TCK")


def _print(kind: str, name: str, figures: Figures) -> None:
    ordered = sorted(figures.latency)
    p50, p95 = ordered[len(ordered) // 2], ordered[int(len(ordered) * 0.95)]
    cpu = statistics.median(figures.cpu)
    print(f"{kind:12}{name:10}{cpu * 1e6:10.0f}{p50 * 1e3:10.2f}{p95 * 1e3:10.2f}")


if __name__ == "__main__":
    sys.exit(main())
