"""A letter of supervision has a clock: unanswered it raises what it is about, and no letter is written about a letter."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select
from sqlmodel import Session

from escalated import LATE_AT, carry_out, fire_level, fired_levels, rungs_of
from handling import outcomes, settle, take
from histories import A_DAY
from models.hazard import Hazard
from models.process import DecisionCode as D
from models.requests import RequestKind
from models.stage import Clock, Step
from models.tables import DEADLINE, LETTER, NOTICE, WORK_ITEM
from services import duties, escalations
from town import NOON, Town, carry_to, decide

HOUR = timedelta(hours=1)


@pytest.mark.usefixtures("flows_here")
@pytest.mark.parametrize("against", ["unit", "department"])
def test_a_letter_opens_one_clock_against_whoever_is_late(session: Session, town: Town, against: str):
    hazard = carry_to(session, town, LATE_AT[against])
    messages = fire_level(session, hazard, 2)

    for _ in range(2):
        carry_out(session, messages)

    [clock], [item] = _clocks(session, hazard), _items(session, hazard)
    assert (clock.against, clock.due_at, clock.subject) == (against, item.due_at, item.origin)
    assert clock.unit_id == (None if against == "unit" else town.units["YJB"].id)


@pytest.mark.usefixtures("flows_here")
@pytest.mark.parametrize(("against", "clock"), [("unit", Clock.RECTIFICATION), ("department", Clock.REVIEW)])
def test_unanswered_it_raises_its_matter_one_level_and_drafts_no_letter_about_the_letter(
    session: Session, town: Town, against: str, clock: Clock
):
    hazard = carry_to(session, town, LATE_AT[against])
    carry_out(session, fire_level(session, hazard, 2))
    [answer] = _clocks(session, hazard)

    fired = _sweep_answer(session, answer, levels_late=2)
    carry_out(session, fired)

    raised = fired_levels(session, hazard, clock)[-1]
    assert (raised.level, raised.because, raised.raised_by) == (3, escalations.UNANSWERED, None)
    assert _kinds_of_letters(session, hazard) == ["督办函", "约谈通知"]
    assert [item.origin for item in _items(session, hazard)][1:] == [raised.id]


@pytest.mark.usefixtures("flows_here")
def test_the_answers_own_ladder_ends_at_the_letters_level(session: Session, town: Town):
    hazard = carry_to(session, town, Step.WORK)
    carry_out(session, fire_level(session, hazard, 2))
    [answer] = _clocks(session, hazard)

    escalations.fire_due_rungs(session, answer.id, at=answer.due_at + 90 * A_DAY)

    assert [row.level for row in fired_levels(session, hazard, Clock.ANSWER)] == [0, 1, 2]
    assert _clocks(session, hazard)[0].next_rung_at is None


@pytest.mark.usefixtures("flows_here")
def test_an_answer_in_time_stops_the_clock_and_raises_nothing(session: Session, town: Town):
    hazard = carry_to(session, town, Step.WORK)
    carry_out(session, fire_level(session, hazard, 2))
    [answer], [item] = _clocks(session, hazard), _items(session, hazard)

    duties.answer_letter(session, item.id, "设备到货延迟，已追加班次", by=town.principal, at=answer.due_at - HOUR)
    escalations.fire_due_rungs(session, answer.id, at=answer.due_at + HOUR)

    assert outcomes(session, hazard, Clock.ANSWER) == ["MET"]
    assert max(row.level for row in fired_levels(session, hazard, Clock.RECTIFICATION)) == 2


@pytest.mark.usefixtures("flows_here")
def test_a_matter_that_has_ended_is_not_raised(session: Session, town: Town):
    hazard = carry_to(session, town, Step.WORK)
    carry_out(session, fire_level(session, hazard, 2))
    [answer] = _clocks(session, hazard)
    decide(session, town, hazard, D.COMPLETE, "principal", at=answer.due_at - A_DAY)

    _sweep_answer(session, answer, levels_late=2)

    assert max(row.level for row in fired_levels(session, hazard, Clock.RECTIFICATION)) == 2


@pytest.mark.usefixtures("flows_here")
def test_a_hazard_at_its_end_waits_for_no_answer(session: Session, town: Town):
    hazard = carry_to(session, town, Step.CLASSIFY)
    messages = fire_level(session, hazard, 2)
    settle(session, town, hazard, RequestKind.VOIDING, "clerk", "leader", at=NOON + 60 * A_DAY)

    carry_out(session, messages)

    assert (_items(session, hazard), _clocks(session, hazard)) == ([], [])


@pytest.mark.usefixtures("flows_here")
def test_a_letter_asks_the_unit_that_rectifies_where_no_enterprise_does(session: Session, town: Town):
    hazard = carry_to(session, town, Step.CLASSIFY)
    hazard = take(session, town, hazard, D.MAJOR, "officer", no_owner=True)
    hazard = take(session, town, hazard, D.CONFIRM, "head")
    leader = town.persons["leader"].id
    hazard = take(
        session, town, hazard, D.ASSIGN, "clerk", lead_unit="YJB", rectifying_unit="JFB", enterprise=None, leader=leader
    )
    hazard = decide(session, town, hazard, D.SIGN, "officer", at=NOON + A_DAY)
    carry_out(session, fire_level(session, hazard, 2))
    [answer], [item] = _clocks(session, hazard), _items(session, hazard)

    carry_out(session, _sweep_answer(session, answer, levels_late=1))

    told = session.execute(select(NOTICE.c.person_id).where(NOTICE.c.topic == "escalation_1")).scalars().all()
    assert (item.unit_id, item.enterprise_id) == (town.units["JFB"].id, None)
    assert {town.persons["other_officer"].id, town.persons["other_head"].id} <= set(told)


def _sweep_answer(session: Session, answer: Any, *, levels_late: int) -> list[tuple[str, str]]:
    """Let the clock of an answer reach a level."""
    return escalations.fire_due_rungs(session, answer.id, at=rungs_of(session, answer)[levels_late].at + HOUR)


def _clocks(session: Session, hazard: Hazard) -> Sequence[Any]:
    mine = (DEADLINE.c.hazard_id == hazard.id, DEADLINE.c.clock == Clock.ANSWER)
    return session.execute(select(DEADLINE).where(*mine).order_by(DEADLINE.c.start_at)).all()


def _items(session: Session, hazard: Hazard) -> Sequence[Any]:
    mine = (WORK_ITEM.c.hazard_id == hazard.id, WORK_ITEM.c.kind == Clock.ANSWER)
    return session.execute(select(WORK_ITEM).where(*mine).order_by(WORK_ITEM.c.opened_at)).all()


def _kinds_of_letters(session: Session, hazard: Hazard) -> list[str]:
    mine = select(LETTER.c.kind).where(
        LETTER.c.hazard_id == hazard.id, LETTER.c.kind.in_(("督办函", "约谈通知", "提级督办请示"))
    )
    return list(session.execute(mine.order_by(LETTER.c.number)).scalars())
