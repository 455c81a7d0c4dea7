"""The on-time rate, told from the rows and from the history: the same for any history of the office."""

import os
import random
from datetime import datetime
from pathlib import Path

import pytest
from python_calamine import CalamineWorkbook
from sqlalchemy import select
from sqlmodel import Session

from handling import live_clocks, settle, take
from histories import A_DAY, live_through
from models.process import DecisionCode as D
from models.requests import RequestKind as K
from models.stage import Clock, Step
from models.tables import AUDIT_EVENT, DEADLINE, HAZARD
from services import ledger_export, on_time, policies, register
from services.on_time import Kept, Rate
from town import NOON, Town, carry_to, decide, photo

HISTORIES = int(os.environ.get("HAZARDFLOW_HISTORIES", "25"))
"""In each of the four runs below, on each database; 125 make a thousand in all."""


def told(session: Session) -> tuple[list[Kept], list[Kept]]:
    """(from the rows, from the events) of every hazard."""
    hazards = set(session.execute(select(HAZARD.c.id)).scalars())
    bodies = select(AUDIT_EVENT.c.body).where(AUDIT_EVENT.c.stream.in_(hazards)).order_by(AUDIT_EVENT.c.gid)
    newest = policies.newest(session).calendar
    calendars = {version: policies.calendar(session, version) for version in range(1, newest + 1)}
    rows = session.execute(select(DEADLINE)).all()
    return on_time.from_rows(rows), on_time.from_events(session.execute(bodies).scalars(), calendars)


@pytest.mark.parametrize("seed", range(4))
def test_rows_events_and_the_exported_workbook_tell_the_same_rate(
    session: Session, town: Town, tmp_path: Path, seed: int
):
    """F-29: the rows, the events, and the workbook of the exported ledger."""
    chance = random.Random(seed)
    for _ in range(HISTORIES):
        live_through(session, town, chance)

    rows, events = told(session)

    assert rows == events
    at = NOON + 400 * A_DAY
    assert _exported(session, town, tmp_path / "ledger.xlsx", at=at) == rows
    found = on_time.rate(rows, at=at)
    assert found == on_time.rate(events, at=at)
    assert 0 < found.on_time < found.counted


def _exported(session: Session, town: Town, path: Path, *, at: datetime) -> list[Kept]:
    ledger_export.write_ledger(session, register.Filters(), path, by=town.clerk, at=at)
    _, *rows, last = CalamineWorkbook.from_path(str(path)).get_sheet_by_name(ledger_export.LIMITS).to_python()
    assert last[0] == f"共{len(rows)}条"
    ids = {row.no: row.id for row in session.execute(select(HAZARD.c.no, HAZARD.c.id))}
    return sorted(
        Kept(ids[str(no)], int(str(cycle).partition(".")[0]), datetime.fromisoformat(str(start)), datetime.fromisoformat(str(due)),
             datetime.fromisoformat(str(ended)) if ended else None)
        for no, cycle, start, due, ended, _ in rows
    )  # fmt: skip


def test_each_cycle_counts(session: Session, town: Town):
    """F-21, F-29."""
    hazard = settle(
        session, town, carry_to(session, town, Step.CLOSED), K.REOPENING, "officer", "clerk", at=NOON + 30 * A_DAY
    )
    for code, who in (
        (D.ASSIGN, "clerk"), (D.SIGN, "officer"), (D.SUBMIT_PLAN, "principal"), (D.APPROVE_PLAN, "officer"),
    ):  # fmt: skip
        hazard = decide(session, town, hazard, code, who, at=NOON + 31 * A_DAY)

    rows, events = told(session)

    assert rows == events
    assert [limit.cycle for limit in rows] == [1, 2]
    assert on_time.rate(rows, at=NOON + 32 * A_DAY) == Rate(1, 1)
    assert on_time.rate(rows, at=NOON + 300 * A_DAY) == Rate(2, 1)


def test_a_withdrawn_completion_lets_the_limit_run_on(session: Session, town: Town):
    hazard = carry_to(session, town, Step.WORK)
    due_at = live_clocks(session, hazard)[Clock.RECTIFICATION].due_at
    hazard = decide(session, town, hazard, D.COMPLETE, "principal", at=due_at)

    take(session, town, hazard, D.WITHDRAW, "principal", at=due_at)

    rows, events = told(session)
    assert rows == events
    assert [limit.ended_at for limit in rows] == [None]


def test_an_extension_granted_makes_a_late_completion_timely(session: Session, town: Town):
    hazard = carry_to(session, town, Step.WORK)
    due_at = live_clocks(session, hazard)[Clock.RECTIFICATION].due_at
    form = {"new_limit_on": "2026-10-30", "late_reason": "设备到货推迟", "evidence": [photo(session, town.principal)]}
    hazard = settle(session, town, hazard, K.EXTENSION, "principal", "head", at=due_at - A_DAY, **form)
    decide(session, town, hazard, D.COMPLETE, "principal", at=due_at + A_DAY)

    rows, events = told(session)

    assert rows == events
    assert on_time.rate(rows, at=due_at + 2 * A_DAY) == Rate(1, 1)
