"""Kill -9 of any process while a hazard is on its way costs nothing: nothing is lost, nothing happens twice."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing

import pytest

from cli.console import now
from cli.demo.case import carry_through
from cli.demo.people import Person, everybody
from cli.demo.run import _DUST_CASE, _case
from installation import Installation, answers, at_work, wait_until
from models.engine import open_engine, reading
from services import keys
from services.history_check import verify_history

EXPECTED = {
    "triage": 1, "classification": 3, "confirmation": 1, "assigning": 1, "receipt": 3, "informing": 2, "plan": 2, "plan_review": 3,
    "work": 2, "recheck": 2, "judgement": 1, "gate": 1, "closed": 6, "answered": 1,
}  # fmt: skip
"""Who is told at each step of the straight way: exactly so many persons, whatever was killed."""


@pytest.fixture(scope="module")
def installation(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installation]:
    with at_work(tmp_path_factory.mktemp("installation")) as held:
        yield held


@pytest.fixture(scope="module")
def people(installation: Installation) -> Iterator[dict[str, Person]]:
    with everybody(installation.url) as everyone:
        yield everyone


@pytest.mark.parametrize(("name", "after_step"), [("api", 4), ("dispatcher", 5), ("prefect", 6), ("worker", 7)])
def test_a_killed_process_costs_nothing(
    installation: Installation, people: dict[str, Person], name: str, after_step: int
):
    steps = iter(range(100))
    killed: list[int] = []

    def kill_on_the_way(_: str) -> None:
        if next(steps) == after_step:
            killed.append(installation.kill(name))

    no = carry_through(people, _case(_DUST_CASE), run=f"kill-{name}", tell=kill_on_the_way)
    wait_until(lambda: waiting(installation, no) == 0, seconds=300)

    assert events(installation, no) == 18
    heard = told(installation, no)
    assert heard.pop("duty", 4) == 4  # nobody, when it was granted before anybody could be told
    assert heard == EXPECTED
    assert verdict(installation) == (0, [])
    wait_until(lambda: installation.pid_of(name) not in {None, *killed}, seconds=180)
    wait_until(lambda: answers(f"{installation.url}/readyz"), seconds=180)


def query(installation: Installation, statement: str, no: str) -> list[tuple]:
    with closing(sqlite3.connect(installation.data_dir / "hazardflow.db")) as database:
        return database.execute(statement, (no,)).fetchall()


def waiting(installation: Installation, no: str) -> int:
    return query(installation, "SELECT count(*) FROM outbox_message WHERE hazard_no = ? AND done_at IS NULL", no)[0][0]


def events(installation: Installation, no: str) -> int:
    return query(
        installation, "SELECT count(*) FROM audit_event WHERE stream = (SELECT id FROM hazard WHERE no = ?)", no
    )[0][0]


def told(installation: Installation, no: str) -> dict[str, int]:
    of_hazard = (
        "SELECT topic, count(*) FROM notice WHERE hazard_id = (SELECT id FROM hazard WHERE no = ?) GROUP BY topic"
    )
    return dict(query(installation, of_hazard, no))


def verdict(installation: Installation) -> tuple[int, list[str]]:
    engine = open_engine(f"sqlite:///{installation.data_dir / 'hazardflow.db'}")
    with reading(engine) as session:
        found = verify_history(session, keys.signing_key(installation.data_dir / "keys"), at=now())
    engine.dispose()
    return (0 if found.exit_code == 2 else found.exit_code), [
        finding for finding in found.findings if "60秒" not in finding
    ]
