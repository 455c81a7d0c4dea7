"""A level is told again daily while nobody acknowledges it, seven times at most; the next level comes all the same."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select
from sqlmodel import Session

from escalated import fired_levels, rungs_by_clock
from flows import effects
from handling import event_types, live_clocks, take
from models.errors import NotPermitted
from models.hazard import Hazard
from models.outbox import INAPP
from models.process import DecisionCode as D
from models.stage import Clock, Step
from models.tables import ESCALATION, LETTER, NOTICE, OUTBOX
from services import escalations
from services.ladder_holds import acknowledge, escalate_by_hand
from town import NOON, Town, carry_to, decide

A_DAY, TICK = timedelta(days=1), timedelta(microseconds=1)
pytestmark = pytest.mark.usefixtures("flows_here")


@pytest.fixture
def hazard(session: Session, town: Town) -> Hazard:
    return carry_to(session, town, Step.WORK)


def test_a_level_nobody_acknowledges_is_told_daily_seven_times(session: Session, town: Town, hazard: Hazard):
    fired = _fire_and_tell(session, hazard, 2)

    told = [_days_told(session, fired.id, fired.fired_at + day * A_DAY) for day in range(1, 12)]

    assert told == [True] * 7 + [False] * 4
    numbers = select(NOTICE.c.id).where(NOTICE.c.person_id == town.head.person_id, NOTICE.c.topic == "escalation_2")
    assert len(session.execute(numbers).all()) == 8


def test_it_is_not_told_again_before_a_day_has_passed(session: Session, hazard: Hazard):
    fired = _fire_and_tell(session, hazard, 2)

    assert not _days_told(session, fired.id, fired.fired_at + A_DAY - TICK)


def test_acknowledged_it_is_told_no_more_and_the_next_level_comes(session: Session, town: Town, hazard: Hazard):
    fired = _fire_and_tell(session, hazard, 2)
    acknowledge(session, fired.id, by=town.head, at=fired.fired_at + timedelta(hours=1))

    told = [_days_told(session, fired.id, fired.fired_at + day * A_DAY) for day in range(1, 5)]

    next_at = rungs_by_clock(session, hazard, Clock.RECTIFICATION)[3].at
    assert told == [False] * 4
    assert sweep(session, hazard, next_at)[-1] == 3


def test_acknowledged_between_post_and_delivery_nobody_is_disturbed(session: Session, town: Town, hazard: Hazard):
    fired = _fire_and_tell(session, hazard, 2)
    assert _post_again(session, fired.id, fired.fired_at + A_DAY)
    acknowledge(session, fired.id, by=town.head, at=fired.fired_at + A_DAY)

    before = _notices(session)
    _carry_out_repeats(session)

    assert _notices(session) == before


def test_when_the_clock_has_ended_nobody_is_told_again(session: Session, town: Town, hazard: Hazard):
    fired = _fire_and_tell(session, hazard, 2)
    decide(session, town, hazard, D.COMPLETE, "principal", at=fired.fired_at + timedelta(hours=2))

    assert not _days_told(session, fired.id, fired.fired_at + A_DAY)
    assert escalations.due_repeats(session, at=fired.fired_at + 30 * A_DAY) == []


def test_after_downtime_it_is_told_once_not_for_every_day_missed(session: Session, hazard: Hazard):
    fired = _fire_and_tell(session, hazard, 2)
    back = fired.fired_at + 5 * A_DAY

    assert [_days_told(session, fired.id, back + hours * timedelta(hours=1)) for hours in (0, 1, 23)] == [
        True, False, False,
    ]  # fmt: skip


def test_only_who_was_addressed_acknowledges_and_once(session: Session, town: Town, hazard: Hazard):
    fired = _fire_and_tell(session, hazard, 2)

    with pytest.raises(NotPermitted, match="不是发给您"):
        acknowledge(session, fired.id, by=town.other_head, at=fired.fired_at)
    first, again = (acknowledge(session, fired.id, by=town.leader, at=fired.fired_at) for _ in range(2))

    assert (first, again) == (True, False)
    assert event_types(session, hazard).count("ESCALATION_ACKNOWLEDGED") == 1


def test_a_repeat_drafts_no_second_letter(session: Session, hazard: Hazard):
    fired = _fire_and_tell(session, hazard, 2)

    _days_told(session, fired.id, fired.fired_at + A_DAY)

    assert len(session.execute(select(LETTER.c.id).where(LETTER.c.origin == fired.id)).all()) == 1


def test_a_level_raised_by_hand_does_not_say_that_it_is_overdue(session: Session, town: Town, hazard: Hazard):
    escalate_by_hand(
        session, hazard, limit(session, hazard).id, 2, reason="现场危险扩大", by=town.head, at=NOON + A_DAY
    )
    _carry_out(session, "tell_escalation", "hazard.escalated")

    body = session.execute(select(NOTICE.c.body).where(NOTICE.c.topic == "escalation_2").limit(1)).scalar_one()
    [letter] = session.execute(select(LETTER.c.body).where(LETTER.c.kind == "督办函")).scalars()
    assert "提前提级" in body
    assert "已过" not in body
    assert "逾期" not in letter


def limit(session: Session, hazard: Hazard) -> Any:
    return live_clocks(session, hazard)[Clock.RECTIFICATION]


def sweep(session: Session, hazard: Hazard, at: datetime) -> list[int]:
    """The levels on record after a sweep of the rectification limit."""
    escalations.fire_due_rungs(session, limit(session, hazard).id, at=at)
    return [row.level for row in fired_levels(session, hazard, Clock.RECTIFICATION)]


def _fire_and_tell(session: Session, hazard: Hazard, level: int) -> Any:
    at = rungs_by_clock(session, hazard, Clock.RECTIFICATION)[level].at
    sweep(session, hazard, at)
    _carry_out(session, "tell_escalation", "hazard.escalated")
    return fired_levels(session, hazard, Clock.RECTIFICATION)[-1]


def _post_again(session: Session, escalation_id: str, at: datetime) -> bool:
    """One sweep of the levels to be told again."""
    if escalation_id not in escalations.due_repeats(session, at=at):
        return False
    return escalations.tell_again(session, escalation_id, at=at) is not None


def _days_told(session: Session, escalation_id: str, at: datetime) -> bool:
    """Whether somebody new is told by a sweep at this time."""
    _post_again(session, escalation_id, at)
    before = _notices(session)
    _carry_out_repeats(session)
    return _notices(session) > before


def _carry_out_repeats(session: Session) -> None:
    _carry_out(session, "repeat_escalation", "hazard.repeated")


def _carry_out(session: Session, effect: str, topic: str) -> None:
    waiting = (OUTBOX.c.topic == topic, OUTBOX.c.done_at.is_(None))
    messages = session.execute(select(OUTBOX.c.id).where(*waiting)).scalars().all()
    session.commit()
    for message in messages:
        effects.carry_out(effect, message)
        effects.acknowledge(message)


def _notices(session: Session) -> int:
    rows = len(session.execute(select(NOTICE.c.id).where(NOTICE.c.channel_id == INAPP)).all())
    session.commit()
    return rows


def test_silence_about_progress_climbs_the_ladder_against_the_enterprise(session: Session, hazard: Hazard):
    silent = live_clocks(session, hazard)[Clock.PROGRESS]

    escalations.fire_due_rungs(session, silent.id, at=silent.due_at + 10 * A_DAY)

    fired = select(ESCALATION.c.level).where(ESCALATION.c.deadline_id == silent.id).order_by(ESCALATION.c.level)
    assert silent.against == "unit"
    assert session.execute(fired).scalars().all() == [0, 1, 2, 3]


def test_events_go_up_the_ladder_without_waiting_for_a_date(session: Session, town: Town):
    hazard = carry_to(session, town, Step.JUDGE)

    hazard = take(session, town, hazard, D.FAIL, "head")

    again = live_clocks(session, hazard)[Clock.RECTIFICATION]
    rows = select(ESCALATION.c.level, ESCALATION.c.because).where(ESCALATION.c.deadline_id == again.id)
    assert [tuple(row) for row in session.execute(rows.order_by(ESCALATION.c.level))][-1] == (2, "第1次复查不合格")
