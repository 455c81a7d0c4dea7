"""The ladder's human side: held with a reason, raised by hand, acknowledged; and told again while nobody does."""

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import Engine, select
from sqlmodel import Session

from escalated import deadline_of, fired_levels, race, rungs_by_clock
from handling import event_types, live_clocks, take
from models.engine import writing
from models.errors import GateNotMet, InvalidInput, NotFound
from models.hazard import Hazard
from models.limits import add_working_days
from models.operations import Operation
from models.process import DecisionCode as D
from models.stage import Clock, Step
from models.tables import AUDIT_EVENT
from office_api import Caller, assert_refused
from services import access, escalations, history_check, keys, policies, sealing
from services.ladder_holds import end_hold, escalate_by_hand, hold_ladder
from settings import Settings
from town import NOON, Town, carry_to, decide, fetch

A_DAY, TICK = timedelta(days=1), timedelta(microseconds=1)
RACES = 10


@pytest.fixture
def hazard(session: Session, town: Town) -> Hazard:
    """A hazard being rectified; its first level falls due weeks from now."""
    return carry_to(session, town, Step.WORK)


def limit(session: Session, hazard: Hazard) -> Any:
    return live_clocks(session, hazard)[Clock.RECTIFICATION]


def hold(session: Session, town: Town, hazard: Hazard, *, at: datetime, days: float, who: str = "clerk") -> datetime:
    until = at + days * A_DAY
    mine = limit(session, hazard).id
    hold_ladder(session, fetch(session, hazard), mine, until=until, reason="当事人住院", by=town.actors[who], at=at)
    return until


def sweep(session: Session, hazard: Hazard, at: datetime) -> list[int]:
    """The levels on record after a sweep of the rectification limit."""
    escalations.fire_due_rungs(session, limit(session, hazard).id, at=at)
    return [row.level for row in fired_levels(session, hazard, Clock.RECTIFICATION)]


def test_levels_that_fall_due_in_a_hold_fire_at_its_end_in_order(session: Session, town: Town, hazard: Hazard):
    times = [rung.at for rung in rungs_by_clock(session, hazard, Clock.RECTIFICATION)]
    until = hold(session, town, hazard, at=times[1] - A_DAY, days=13)
    assert times[0] < times[1] - A_DAY < times[1] < times[2] < until < times[3]

    before, after = sweep(session, hazard, until - TICK), sweep(session, hazard, until)

    held = fired_levels(session, hazard, Clock.RECTIFICATION)[1:]
    assert (before, after) == ([0], [0, 1, 2])
    assert [(row.level_due_at, row.late) for row in held] == [(until, False)] * 2
    assert [escalations.was_told(session, row.id) for row in held] == [False, True]


def test_a_hold_moves_no_date_and_the_levels_after_it_come_in_their_time(session: Session, town: Town, hazard: Hazard):
    due_at = limit(session, hazard).due_at
    times = [rung.at for rung in rungs_by_clock(session, hazard, Clock.RECTIFICATION)]
    hold(session, town, hazard, at=times[0] - A_DAY, days=3)

    assert sweep(session, hazard, times[4] - TICK) == [0, 1, 2, 3]
    assert sweep(session, hazard, times[4]) == [0, 1, 2, 3, 4]
    assert limit(session, hazard).due_at == due_at


def test_a_level_that_was_due_before_the_hold_fires_in_it(session: Session, town: Town, hazard: Hazard):
    first = rungs_by_clock(session, hazard, Clock.RECTIFICATION)[0].at
    hold(session, town, hazard, at=first + TICK, days=5)

    assert sweep(session, hazard, first + A_DAY) == [0]


def test_completed_within_the_hold_the_held_levels_never_fire(session: Session, town: Town, hazard: Hazard):
    deadline = limit(session, hazard)
    at = deadline.due_at - A_DAY
    hold(session, town, hazard, at=at, days=9)
    decide(session, town, hazard, D.COMPLETE, "principal", at=deadline.due_at + A_DAY)

    escalations.fire_due_rungs(session, deadline.id, at=at + 90 * A_DAY)

    assert 2 not in [row.level for row in fired_levels(session, hazard, Clock.RECTIFICATION)]


def test_a_hold_ended_early_lets_fire_what_fell_due_in_it(session: Session, town: Town, hazard: Hazard):
    first = rungs_by_clock(session, hazard, Clock.RECTIFICATION)[0].at
    hold(session, town, hazard, at=first - A_DAY, days=9)

    now = first + A_DAY
    end_hold(session, fetch(session, hazard), limit(session, hazard).id, reason="已出院", by=town.clerk, at=now)

    assert sweep(session, hazard, now - TICK) == []
    assert sweep(session, hazard, now) == [0]
    with pytest.raises(GateNotMet, match="没有暂缓"):
        end_hold(session, fetch(session, hazard), limit(session, hazard).id, reason="再次", by=town.clerk, at=now)


def test_a_hold_is_never_longer_than_ten_working_days(session: Session, town: Town, hazard: Hazard):
    at = NOON + 5 * A_DAY
    latest = add_working_days(at, 10, policies.calendar(session, hazard.calendar_version))
    mine = limit(session, hazard).id

    for until in (latest + TICK, at, at - A_DAY):
        with pytest.raises(InvalidInput, match="到期时间"):
            hold_ladder(session, fetch(session, hazard), mine, until=until, reason="住院", by=town.clerk, at=at)
    hold_ladder(session, fetch(session, hazard), mine, until=latest, reason="住院", by=town.clerk, at=at)

    with pytest.raises(GateNotMet, match="暂缓过一次"):
        hold_ladder(session, fetch(session, hazard), mine, until=latest, reason="住院", by=town.clerk, at=at + A_DAY)


def test_the_clock_of_interim_control_is_never_held(session: Session, town: Town, hazard: Hazard):
    watched = live_clocks(session, hazard)[Clock.INTERIM_CHECK]

    with pytest.raises(GateNotMet, match="临时管控"):
        hold_ladder(session, hazard, watched.id, until=NOON + 2 * A_DAY, reason="路远", by=town.leader, at=NOON + A_DAY)


def test_a_deadline_that_has_ended_or_is_anothers_is_not_held(session: Session, town: Town, hazard: Hazard):
    ended = deadline_of(session, hazard, Clock.TRIAGE)
    other = limit(session, carry_to(session, town, Step.WORK))

    for deadline in (ended, other):
        with pytest.raises(NotFound):
            hold_ladder(
                session, hazard, deadline.id, until=NOON + 2 * A_DAY, reason="误", by=town.clerk, at=NOON + A_DAY
            )


def test_a_level_raised_by_hand_is_not_fired_again(session: Session, town: Town, hazard: Hazard):
    """F-10, F-13: one row for the level, whoever fires it; those below are on record as overtaken."""
    at = NOON + A_DAY
    escalate_by_hand(session, hazard, limit(session, hazard).id, 2, reason="现场危险扩大", by=town.head, at=at)

    levels = sweep(session, hazard, limit(session, hazard).due_at + 90 * A_DAY)

    rows = fired_levels(session, hazard, Clock.RECTIFICATION)
    assert levels == [0, 1, 2, 3, 4]
    assert [(escalations.was_told(session, row.id), row.raised_by, row.because) for row in rows[:3]] == [
        (told, town.head.person_id, "现场危险扩大") for told in (False, False, True)
    ]
    assert [row.raised_by for row in rows[3:]] == [None, None]


def test_a_level_is_raised_once_and_only_one_that_exists(session: Session, town: Town, hazard: Hazard):
    mine, at = limit(session, hazard).id, NOON + A_DAY
    escalate_by_hand(session, hazard, mine, 3, reason="久拖不改", by=town.clerk, at=at)

    for level in (0, 3):
        with pytest.raises(GateNotMet, match="已发出"):
            escalate_by_hand(session, fetch(session, hazard), mine, level, reason="再提", by=town.clerk, at=at)
    with pytest.raises(InvalidInput, match="没有第5级"):
        escalate_by_hand(session, fetch(session, hazard), mine, 5, reason="再提", by=town.clerk, at=at)


def test_a_hand_and_a_sweep_at_the_same_instant_fire_a_level_once(engine: Engine, session: Session, town: Town):
    """F-10."""
    hazards = [carry_to(session, town, Step.WORK) for _ in range(RACES)]
    at = limit(session, hazards[0]).due_at
    ids = {hazard.id: limit(session, hazard).id for hazard in hazards}
    session.commit()

    for hazard in hazards:
        race(_raising(engine, town, hazard, ids[hazard.id], at), _sweeping(engine, ids[hazard.id], at))

    for hazard in hazards:
        levels = [row.level for row in fired_levels(session, hazard, Clock.RECTIFICATION)]
        assert levels == sorted(set(levels)) == [0, 1, 2]
        assert event_types(session, hazard).count(escalations.ESCALATED) == 3


def test_everything_done_by_hand_is_an_event_of_a_history_that_holds(
    session: Session, town: Town, hazard: Hazard, app_settings: Settings
):
    version = hazard.version
    hold(session, town, hazard, at=NOON + A_DAY, days=2, who="leader")
    end_hold(
        session, fetch(session, hazard), limit(session, hazard).id, reason="已恢复", by=town.clerk, at=NOON + 2 * A_DAY
    )
    escalate_by_hand(
        session,
        fetch(session, hazard),
        limit(session, hazard).id,
        1,
        reason="进展慢",
        by=town.clerk,
        at=NOON + 2 * A_DAY,
    )
    session.commit()

    assert event_types(session, hazard)[-4:] == ["LADDER_HELD", "LADDER_HOLD_ENDED", "ESCALATED", "ESCALATED"]
    assert fetch(session, hazard).version == version
    body = select(AUDIT_EVENT.c.body).where(AUDIT_EVENT.c.type == "LADDER_HELD")
    held = json.loads(session.execute(body).scalar_one())
    assert (held["form"]["reason"], held["actor"]["person"]) == ("当事人住院", town.leader.person_id)
    key = keys.signing_key(app_settings.key_dir)
    sealing.seal(session, key, at=NOON + 90 * A_DAY)
    assert history_check.verify_history(session, key, at=NOON + 90 * A_DAY).findings == []


def test_an_order_against_immediate_danger_tells_the_second_level_at_once(session: Session, town: Town):
    """F-31: its own limit is hours; nobody is reproached with a letter."""
    hazard = carry_to(session, town, Step.CLASSIFY)

    hazard = take(session, town, hazard, D.URGENT_CONTROL, "officer", at=NOON + timedelta(hours=3))

    levels = fired_levels(session, hazard, Clock.INTERIM_CHECK)
    assert [(row.level, row.late, row.fired_at) for row in levels][-1] == (2, False, hazard.changed_at)


def test_hold_raise_and_acknowledge_over_http(session: Session, town: Town, people: dict[str, Caller]):
    hazard = carry_to(session, town, Step.WORK, at=datetime.now(UTC) - A_DAY)
    deadline_id = limit(session, hazard).id
    session.commit()
    mine = f"/deadlines/{deadline_id}"
    until = (datetime.now(UTC) + 3 * A_DAY).isoformat()

    held = people["clerk"].post(f"{mine}/hold", {"reason": "当事人住院", "until": until}, version=hazard.version)
    refused = people["head"].post(f"{mine}/hold", {"reason": "当事人住院", "until": until}, version=hazard.version)
    raised = people["head"].post(f"{mine}/escalation", {"reason": "危险扩大", "level": 1}, version=hazard.version)
    ended = people["leader"].post(f"{mine}/hold/end", {"reason": "已出院"}, version=hazard.version)
    assert raised.status_code == 201, raised.text
    stranger = people["officer"].post(f"/escalations/{raised.json()['id']}/acknowledgement", {})

    assert [answer.status_code for answer in (held, raised, ended)] == [201, 201, 201], (
        held.text,
        raised.text,
        ended.text,
    )
    assert_refused(refused, 403, "not-permitted")
    assert_refused(stranger, 403, "not-permitted")
    shown = people["clerk"].get(f"/hazards/{hazard.no}").json()
    assert deadline_id in {row["id"] for row in shown["deadlines"]}


def _raising(engine: Engine, town: Town, hazard: Hazard, deadline_id: str, at: datetime) -> Callable[[], object]:
    def raise_it() -> None:
        with writing(engine) as session, session.begin():
            locked = access.lock_hazard_for(session, hazard.no, Operation.ESCALATE_BY_HAND, by=town.clerk)
            try:
                escalate_by_hand(session, locked, deadline_id, 2, reason="危险扩大", by=town.clerk, at=at)
            except GateNotMet:
                return

    return raise_it


def _sweeping(engine: Engine, deadline_id: str, at: datetime) -> Callable[[], object]:
    def sweep_it() -> None:
        with writing(engine) as session, session.begin():
            escalations.fire_due_rungs(session, deadline_id, at=at)

    return sweep_it
