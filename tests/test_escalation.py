"""The ladder 督办升级: each level once, in its time, in order, and on the record."""

import json
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from threading import Barrier
from typing import Any

import pytest
from sqlalchemy import Engine, func, select
from sqlmodel import Session

from escalated import (
    carry_out,
    deadline_ids,
    deadline_of,
    fired_levels,
    race,
    rungs_by_clock,
    sweep,
)
from models.engine import writing
from models.forms import Acceptance
from models.hazard import Hazard
from models.permissions import Operation
from models.process import DecisionCode
from models.stage import Clock, Step
from models.tables import AUDIT_EVENT, DEADLINE, ESCALATION, LETTER, NOTICE, OUTBOX
from services import access, escalations, history_check, keys, office, sealing, trail
from settings import Settings
from town import NOON, Town, carry_to, decide, fetch, report

A_DAY = timedelta(days=1)
TICK = timedelta(microseconds=1)
SWEEPERS = 6
RACES = 20


def test_each_level_of_forty_deadlines_fires_once_under_six_sweepers(engine: Engine, session: Session, town: Town):
    for _ in range(40):
        report(session, town)
    session.commit()
    start = Barrier(SWEEPERS)

    with ThreadPoolExecutor(SWEEPERS) as pool:
        fired = list(pool.map(lambda _: _sweep_all(engine, NOON + 60 * A_DAY, start), range(SWEEPERS)))

    messages = [message for mine in fired for message in mine]
    events = session.execute(select(func.count()).where(AUDIT_EVENT.c.type == escalations.ESCALATED)).scalar_one()
    posted = session.execute(select(func.count()).where(OUTBOX.c.topic == "hazard.escalated")).scalar_one()
    levels = session.execute(select(ESCALATION.c.deadline_id, ESCALATION.c.level)).all()
    assert len(messages) == len(set(messages)) == len(set(levels)) == events == posted == 40 * 5


def test_a_second_sweep_of_the_same_deadline_fires_nothing(session: Session, town: Town):
    hazard = report(session, town)
    sweep(session, hazard, NOON + 60 * A_DAY)

    assert sweep(session, hazard, NOON + 90 * A_DAY) == []


def test_one_sweep_leaves_no_due_level_out(session: Session, town: Town):
    hazard = carry_to(session, town, Step.WORK)
    at = deadline_of(session, hazard, Clock.RECTIFICATION).due_at + 3 * A_DAY

    sweep(session, hazard, at)

    assert [row.level for row in fired_levels(session, hazard, Clock.RECTIFICATION)] == [
        rung.level for rung in rungs_by_clock(session, hazard, Clock.RECTIFICATION) if rung.at <= at
    ]
    assert escalations.due_deadlines(session, at=at) == []


@pytest.mark.parametrize("level", range(5))
@pytest.mark.parametrize("clock", [Clock.TRIAGE, Clock.RECTIFICATION])
def test_no_level_fires_before_its_time_and_each_at_its_time(session: Session, town: Town, clock: Clock, level: int):
    hazard = carry_to(session, town, {Clock.TRIAGE: Step.TRIAGE, Clock.RECTIFICATION: Step.WORK}[clock])
    rung = rungs_by_clock(session, hazard, clock)[level]

    sweep(session, hazard, rung.at - TICK)
    before = [row.level for row in fired_levels(session, hazard, clock)]
    sweep(session, hazard, rung.at)

    assert before == list(range(level))
    last = fired_levels(session, hazard, clock)[-1]
    assert (last.level, last.level_due_at, last.fired_at, last.late) == (level, rung.at, rung.at, False)


def test_a_deadline_is_not_due_before_its_next_rung(session: Session, town: Town):
    hazard = report(session, town)
    first = rungs_by_clock(session, hazard, Clock.TRIAGE)[0].at

    assert escalations.due_deadlines(session, at=first - TICK) == []
    assert escalations.due_deadlines(session, at=first) == [deadline_of(session, hazard, Clock.TRIAGE).id]


def test_after_downtime_each_missed_level_has_its_own_row_with_its_true_time(session: Session, town: Town):
    hazard = carry_to(session, town, Step.WORK)
    back = deadline_of(session, hazard, Clock.RECTIFICATION).due_at + 40 * A_DAY

    sweep(session, hazard, back)

    told = [
        (row.level, row.level_due_at, row.fired_at, row.late)
        for row in fired_levels(session, hazard, Clock.RECTIFICATION)
    ]
    assert told == [(rung.level, rung.at, back, True) for rung in rungs_by_clock(session, hazard, Clock.RECTIFICATION)]


def test_missed_levels_enter_the_history_in_order(session: Session, town: Town):
    hazard = report(session, town)

    sweep(session, hazard, NOON + 40 * A_DAY)

    assert [event["level"] for event in _events(session, hazard)] == [0, 1, 2, 3, 4]


@pytest.mark.usefixtures("flows_here")
def test_after_downtime_only_the_highest_level_tells_people_and_drafts_a_letter(session: Session, town: Town):
    hazard = report(session, town)
    messages = sweep(session, hazard, NOON + 40 * A_DAY)

    carry_out(session, messages)

    assert {row.topic for row in session.execute(select(NOTICE))} == {"escalation_4", "vacancy"}
    assert [row.kind for row in session.execute(select(LETTER))] == ["提级督办请示"]


@pytest.mark.parametrize("level", range(5))
def test_a_step_done_before_a_levels_time_never_gets_that_level(session: Session, town: Town, level: int):
    hazard = report(session, town)
    rung = rungs_by_clock(session, hazard, Clock.TRIAGE)[level]
    sweep(session, hazard, rung.at - TICK)

    decide(session, town, hazard, DecisionCode.ACCEPT, "clerk", at=rung.at - TICK)
    for deadline in deadline_ids(session, hazard, Clock.TRIAGE):
        escalations.fire_due_rungs(session, deadline, at=rung.at + 90 * A_DAY)

    assert [row.level for row in fired_levels(session, hazard)] == list(range(level))


def test_a_completion_in_time_during_downtime_gets_the_levels_due_before_it_and_none_after(
    session: Session, town: Town
):
    """F-11, F-16."""
    hazard = carry_to(session, town, Step.WORK)
    deadline = deadline_of(session, hazard, Clock.RECTIFICATION)
    decide(session, town, hazard, DecisionCode.COMPLETE, "principal", at=deadline.due_at)

    escalations.fire_due_rungs(session, deadline.id, at=deadline.due_at + 40 * A_DAY)

    assert [(row.level, row.late) for row in fired_levels(session, hazard)] == [(0, True), (1, True)]
    assert deadline.id not in escalations.due_deadlines(session, at=deadline.due_at + 40 * A_DAY)


def test_a_closed_hazard_is_escalated_for_nothing_but_its_look_backs(session: Session, town: Town):
    hazard = carry_to(session, town, Step.CLOSED)

    late = {deadline: escalations.fire_due_rungs(session, deadline, at=NOON + 900 * A_DAY)
            for deadline in deadline_ids(session, hazard)}  # fmt: skip

    fired = {deadline for deadline, messages in late.items() if messages}
    of_fired = (DEADLINE.c.id.in_(fired), DEADLINE.c.closed_at.is_(None))
    clocks = session.execute(select(DEADLINE.c.clock).where(*of_fired)).scalars()
    assert sorted(clocks) == [Clock.LOOK_BACK_30, Clock.LOOK_BACK_90]


def test_a_sweep_and_a_decision_at_the_same_instant_never_both_win(engine: Engine, session: Session, town: Town):
    hazards = [report(session, town) for _ in range(RACES)]
    due_at = deadline_of(session, hazards[0], Clock.TRIAGE).due_at
    session.commit()

    for hazard in hazards:
        race(_accepting(engine, town, hazard, due_at), _sweeping(engine, hazard, due_at))

    stories = [
        (deadline_of(session, hazard, Clock.TRIAGE).outcome, [row.level for row in fired_levels(session, hazard)])
        for hazard in hazards
    ]
    assert {(outcome, tuple(levels)) for outcome, levels in stories} <= {("MET", (0,)), ("LATE", (0, 1))}


def test_after_a_race_the_history_is_whole(engine: Engine, session: Session, town: Town, app_settings: Settings):
    hazards = [report(session, town) for _ in range(RACES)]
    due_at = deadline_of(session, hazards[0], Clock.TRIAGE).due_at
    session.commit()

    for hazard in hazards:
        race(
            _accepting(engine, town, hazard, due_at),
            _sweeping(engine, hazard, due_at),
            _sweeping(engine, hazard, due_at + A_DAY),
        )

    assert _findings(session, app_settings) == []


def test_every_escalation_is_an_event_of_the_hazards_chain(session: Session, town: Town, app_settings: Settings):
    hazard = report(session, town)
    sweep(session, hazard, NOON + 40 * A_DAY)
    hazard = decide(session, town, hazard, DecisionCode.ACCEPT, "clerk", at=NOON + 41 * A_DAY)

    recorded = {
        (event["escalation_id"], event["level"], event["level_due_at"], event["late"])
        for event in _events(session, hazard)
    }
    session.commit()
    assert recorded == {
        (row.id, row.level, trail.stamp(row.level_due_at), row.late) for row in fired_levels(session, hazard)
    }
    assert _findings(session, app_settings) == []


def test_an_escalation_leaves_the_version_people_work_on(session: Session, town: Town):
    hazard = report(session, town)

    sweep(session, hazard, NOON + 40 * A_DAY)

    assert fetch(session, hazard).version == hazard.version


def _sweep_all(engine: Engine, at: datetime, start: Barrier) -> list[str]:
    """One sweeper: everything due, each deadline in a transaction of its own, until nothing is left."""
    start.wait(30)
    fired: list[str] = []
    while True:
        with writing(engine) as session, session.begin():
            due = escalations.due_deadlines(session, at=at, limit=7)
        if not due:
            return fired
        for deadline in due:
            with writing(engine) as session, session.begin():
                fired += [message for _, message in escalations.fire_due_rungs(session, deadline, at=at)]


def _accepting(engine: Engine, town: Town, hazard: Hazard, at: datetime) -> Callable[[], object]:
    def accept() -> None:
        with writing(engine) as session, session.begin():
            locked = access.lock_hazard_for(session, hazard.no, Operation.ACCEPT_REPORT, by=town.clerk)
            form = _acceptance()
            office.DECISIONS[DecisionCode.ACCEPT](session, locked, form, by=town.clerk, at=at)

    return accept


def _sweeping(engine: Engine, hazard: Hazard, at: datetime) -> Callable[[], object]:
    def sweep() -> None:
        with writing(engine) as session, session.begin():
            for deadline in deadline_ids(session, hazard, Clock.TRIAGE):
                escalations.fire_due_rungs(session, deadline, at=at)

    return sweep


def _acceptance() -> Any:

    return Acceptance(verifying_unit="YJB", comment="")


def _events(session: Session, hazard: Hazard) -> list[dict[str, Any]]:

    of_hazard = (AUDIT_EVENT.c.stream == hazard.id, AUDIT_EVENT.c.type == escalations.ESCALATED)
    return [
        json.loads(body)
        for body in session.execute(select(AUDIT_EVENT.c.body).where(*of_hazard).order_by(AUDIT_EVENT.c.seq)).scalars()
    ]


def _findings(session: Session, held: Settings) -> list[str]:
    """What is wrong with the whole history, sealed."""
    key = keys.signing_key(held.key_dir)
    sealing.seal(session, key, at=NOON + 900 * A_DAY)
    return history_check.verify_history(session, key, at=NOON + 900 * A_DAY).findings


def test_a_level_missed_before_a_late_decision_is_recorded_and_tells_nobody(session: Session, town: Town):
    hazard = carry_to(session, town, Step.CLASSIFY)
    assert hazard.due_at
    late_at = hazard.due_at + A_DAY
    hazard = decide(session, town, hazard, DecisionCode.MAJOR, "officer", at=late_at)
    hazard = decide(session, town, hazard, DecisionCode.CONFIRM, "head", at=late_at)

    for deadline in escalations.due_deadlines(session, at=late_at + A_DAY):
        escalations.fire_due_rungs(session, deadline, at=late_at + A_DAY)

    fired = fired_levels(session, hazard, Clock.VERIFICATION)
    assert [(row.level, row.late, escalations.was_told(session, row.id)) for row in fired] == [
        (0, True, False), (1, True, False),
    ]  # fmt: skip
