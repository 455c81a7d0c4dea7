"""Deadlines and the ladder through whole lives: what moves a date and what does not, held against a plain model."""

import json
import random
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import Engine, select
from sqlmodel import Session

from escalated import deadline_of, fired_levels, rungs_of
from handling import live_clocks, settle, take
from histories import A_DAY, Killed, deadlines, in_order, killed_at, levels_by, live_through, transactions
from models.calendar import chinese_calendar_body
from models.errors import GateNotMet, InvalidInput
from models.forms import FORMS, ReviewFailure
from models.hazard import Hazard
from models.process import STEPS
from models.process import DecisionCode as D
from models.requests import RequestKind as K
from models.stage import Clock, Step
from models.standard import PolicyKind
from models.tables import AUDIT_EVENT, DEADLINE, ESCALATION, HAZARD
from services import clocks, escalations, policies, sweeping
from town import NOON, Town, carry_to, decide, fetch, report

LIVES = 12
A_MINUTE = timedelta(minutes=1)


def test_a_new_calendar_moves_no_deadline(session: Session, town: Town):
    """F-5, F-32: nothing moves by itself, and hazards keep the versions they were opened under."""
    hazard = carry_to(session, town, Step.WORK)
    before = deadlines(session)
    body = chinese_calendar_body()
    body["rest"] = dict(body["rest"]) | {"2026-10-12": "测试假日", "2026-10-13": "测试假日"}

    version = policies.add_version(session, PolicyKind.CALENDAR, body, source="测试", at=NOON + A_DAY)
    decide(session, town, report(session, town, at=NOON + A_DAY), D.ACCEPT, "clerk", at=NOON + A_DAY)

    after = deadlines(session)
    assert {key: after[key] for key in before} == before
    newer = {row.calendar_version for key, row in after.items() if key not in before}
    assert (newer, fetch(session, hazard).calendar_version < version) == ({version}, True)


@pytest.mark.parametrize("seed", range(LIVES))
def test_every_deadline_is_what_its_frozen_inputs_say(session: Session, town: Town, seed: int):
    """F-6, F-8, F-32: recomputed from its versions each row gives itself; nothing that ended is ever rewritten."""
    chance = random.Random(seed)
    first = live_through(session, town, chance)
    ended = {key: row for key, row in deadlines(session, first).items() if row.closed_at is not None}

    live_through(session, town, chance)

    rows = deadlines(session)
    assert {key: rows[key] for key in ended} == ended
    for row in rows.values():
        found = clocks.recomputed(row._mapping, policies.calendar(session, row.calendar_version))
        assert (found.due_at, found.reason, found.provisional) == (row.due_at, row.reason, row.provisional)
    for hazard in session.execute(select(HAZARD)).all():
        live = [row for row in rows.values() if row.hazard_id == hazard.id and row.closed_at is None]
        mine = [row.due_at for row in live if row.clock == STEPS[Step(hazard.step)].clock]
        assert hazard.due_at == (mine[0] if mine else None)


def test_the_versions_of_a_deadline_are_in_the_event_that_started_it(session: Session, town: Town):
    """F-6."""
    hazard = carry_to(session, town, Step.WORK)

    for row in deadlines(session, hazard).values():
        started = (AUDIT_EVENT.c.stream == hazard.id, AUDIT_EVENT.c.recorded_at == row.start_at)
        rule = json.loads(session.execute(select(AUDIT_EVENT.c.body).where(*started)).scalar_one())["rule"]
        versions = (row.rules_version, row.calendar_version, row.ladder_version)
        assert (rule["rules"], rule["calendar"], rule["ladder"]) == versions


def test_when_it_was_found_moves_no_deadline(session: Session, town: Town):
    """F-9."""
    dates = {
        deadline_of(session, report(session, town, discovered_at=NOON - days * A_DAY), Clock.TRIAGE).due_at
        for days in (0, 1, 40)
    }

    assert len(dates) == 1


@pytest.mark.parametrize("seed", range(LIVES))
def test_sweeps_at_any_time_leave_the_models_levels(session: Session, town: Town, seed: int):
    """F-8, F-10, F-11, F-12, F-13, F-14, F-16: against a model of sets and dates."""
    chance = random.Random(seed)
    hazard = carry_to(session, town, chance.choice((Step.TRIAGE, Step.CLASSIFY, Step.SIGN, Step.WORK, Step.RECHECK)))
    of_step = next(row for row in live_clocks(session, hazard).values() if row.due_at == hazard.due_at)
    times = {rung.level: rung.at for rung in rungs_of(session, of_step)}
    moments = sorted(NOON + chance.randrange(100 * 24 * 60) * timedelta(minutes=1) for _ in range(6))
    moments += [chance.choice(list(times.values()))]
    closed_at = None
    closes_at = chance.choice([*times.values(), moments[3], None])

    for at in sorted(moments):
        if closes_at is not None and closed_at is None and closes_at <= at and closes_at > hazard.changed_at:
            closed_at = _end(session, of_step.id, hazard, closes_at)
        fired = escalations.fire_due_rungs(session, of_step.id, at=at)
        rows = [row for row in fired_levels(session, hazard) if row.deadline_id == of_step.id]

        assert {row.level for row in rows} == levels_by(times, at=at, closed_at=closed_at)
        assert in_order(rows)
        assert len(fired) == sum(row.fired_at == at for row in rows) or fired == []
        assert [row for row in rows if row.fired_at < row.level_due_at or row.level_due_at != times[row.level]] == []


@pytest.mark.parametrize("step", [1, 3, 8, 21])
def test_a_sweep_killed_after_any_row_is_finished_by_the_next(engine: Engine, session: Session, town: Town, step: int):
    """F-25, F-10, F-11: killed again and again, each time `step` statements further on."""
    hazards = [report(session, town) for _ in range(4)]
    wanted = {(deadline_of(session, one, Clock.TRIAGE).id, level, True) for one in hazards for level in range(5)}
    session.commit()

    kills = 0
    for statement in range(1, 200, step):
        try:
            with killed_at(engine, statement):
                sweeping.sweep_all(transactions(engine), at=NOON + 60 * A_DAY)
        except Killed:
            kills += 1

    rows = session.execute(select(ESCALATION.c.deadline_id, ESCALATION.c.level, ESCALATION.c.late)).all()
    events = session.execute(select(AUDIT_EVENT.c.gid).where(AUDIT_EVENT.c.type == escalations.ESCALATED)).all()
    assert kills > 3
    assert {tuple(row) for row in rows} == wanted
    assert len(rows) == len(events) == 20


@pytest.mark.parametrize(
    ("step", "code", "who", "changes"),
    [
        (Step.RECHECK, D.REASSIGN, "clerk", {}),
        (Step.WORK, D.REASSIGN, "clerk", {}),
        (Step.WORK, D.CHANGE_OWNER, "clerk", {"enterprise": None, "rectifying_unit": "CUN1"}),
        (Step.WORK, D.CORRECT, "officer", {}),
    ],
)
def test_another_department_or_person_moves_no_deadline(
    session: Session, town: Town, step: Step, code: D, who: str, changes: dict[str, Any]
):
    """F-20: nor does another owner, or another description."""
    hazard = carry_to(session, town, step)
    before = {clock: (row.id, row.due_at) for clock, row in live_clocks(session, hazard).items()}

    hazard = take(session, town, hazard, code, who, at=NOON + 3 * A_DAY, **changes)

    assert {clock: (row.id, row.due_at) for clock, row in live_clocks(session, hazard).items()} == before


def test_a_rebound_starts_anew_and_leaves_the_first_cycle_as_it_was(session: Session, town: Town):
    """F-21."""
    hazard = carry_to(session, town, Step.CLOSED)
    before = {key: row for key, row in deadlines(session, hazard).items() if row.clock != Clock.LOOK_BACK_30
              and row.clock != Clock.LOOK_BACK_90}  # fmt: skip

    hazard = settle(session, town, hazard, K.REOPENING, "officer", "clerk", at=NOON + 30 * A_DAY)

    after = deadlines(session, hazard)
    assert {key: after[key] for key in before} == before
    assert {row.cycle for key, row in after.items() if row.closed_at is None} == {2} == {hazard.cycle}


def test_a_return_for_rework_starts_a_new_limit_and_keeps_the_old_levels(session: Session, town: Town):
    """F-16: on time and returned, the clock goes on as a new row; what had fired stays."""
    hazard = carry_to(session, town, Step.WORK)
    old = live_clocks(session, hazard)[Clock.RECTIFICATION]
    escalations.fire_due_rungs(session, old.id, at=old.due_at)
    hazard = decide(session, town, hazard, D.COMPLETE, "principal", at=old.due_at + A_DAY)
    hazard = decide(session, town, hazard, D.RECHECK, "officer", at=old.due_at + 2 * A_DAY)
    failed = ReviewFailure(reason="未投用", limit_days=10, limit_on=None, limit_basis="复查意见书")

    hazard = decide(session, town, hazard, D.FAIL, "head", at=old.due_at + 3 * A_DAY, form=failed)

    new = live_clocks(session, hazard)[Clock.RECTIFICATION]
    assert new.due_at > old.due_at + 4 * A_DAY
    assert _fired(session, old.id) == [0, 1, 2]
    assert _fired(session, new.id) == [0, 1, 2]  # told at once, by the failed review


@pytest.mark.parametrize(("hour", "refused"), [(7, False), (13, False), (14, True), (15, True), (20, True)])
def test_a_limit_leaves_four_working_hours(session: Session, town: Town, hour: int, refused: bool):
    """F-31: of the day it is set on, from two in the afternoon on it is too late for today."""
    hazard = carry_to(session, town, Step.ASSIGN)
    at = (NOON + A_DAY).replace(hour=0) + timedelta(hours=hour - 8, minutes=1 if refused else 0)
    body = _assignment(town) | {"limit_on": (NOON + A_DAY).date().isoformat()}

    def assign() -> object:
        return decide(session, town, hazard, D.ASSIGN, "clerk", at=at, form=FORMS[D.ASSIGN].model_validate(body))

    if refused:
        with pytest.raises(InvalidInput, match="4个工作小时"):
            assign()
    else:
        assert assign()


def test_a_stop_of_the_clock_begins_when_it_is_granted_never_in_the_future(session: Session, town: Town):
    """F-19: and stops never overlap."""
    hazard = carry_to(session, town, Step.WORK)
    at, until = NOON + 2 * A_DAY, (NOON + 9 * A_DAY).date()

    hazard = settle(session, town, hazard, K.PAUSE, "clerk", "leader", at=at, until=until)

    [(start, end)] = json.loads(live_clocks(session, hazard)[Clock.RECTIFICATION].pauses)
    assert start <= hazard.changed_at.isoformat() < end
    with pytest.raises(GateNotMet, match="中止中"):
        take(session, town, hazard, K.PAUSE.ask, "clerk", at=at + A_DAY, until=until)


def _end(session: Session, deadline_id: str, hazard: Hazard, at: Any) -> Any:
    """The decision the deadline waits for, as far as its clock is concerned."""
    row = session.execute(select(DEADLINE).where(DEADLINE.c.id == deadline_id)).one()
    clocks.stop(session, hazard.id, Clock(row.clock), at=at)
    return at


def _fired(session: Session, deadline_id: str) -> list[int]:
    rows = select(ESCALATION.c.level).where(ESCALATION.c.deadline_id == deadline_id).order_by(ESCALATION.c.level)
    return list(session.execute(rows).scalars())


def _assignment(town: Town) -> dict[str, Any]:
    return {
        "lead_unit": "YJB", "cooperating_units": ["JFB"], "leader": town.persons["leader"].id,
        "requirements": "加装装置并清灰", "limit_basis": "责令限期整改指令书",
    }  # fmt: skip


def test_a_late_completion_taken_back_leaves_the_highest_level_to_be_told(session: Session, town: Town):
    hazard = carry_to(session, town, Step.WORK)
    late = live_clocks(session, hazard)[Clock.RECTIFICATION].due_at + A_DAY
    hazard = decide(session, town, hazard, D.COMPLETE, "principal", at=late)
    hazard = take(session, town, hazard, D.WITHDRAW, "principal", at=late + A_MINUTE)

    for deadline in escalations.due_deadlines(session, at=late + A_DAY):
        escalations.fire_due_rungs(session, deadline, at=late + A_DAY)

    told = fired_levels(session, hazard, Clock.RECTIFICATION)
    assert [(row.level, escalations.was_told(session, row.id)) for row in told] == [(0, False), (1, False), (2, True)]
