"""移送问责线索: no rule takes this step; a leader does, by name, and the enterprise does not read of it."""

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select
from sqlmodel import Session

from escalated import carry_out, fire_level
from handling import event_types, take
from models.errors import GateNotMet, InvalidInput, NotPermitted
from models.hazard import Hazard
from models.process import DecisionCode as D
from models.stage import Clock, Step
from models.tables import DEADLINE, WORK_ITEM
from services import duties, register
from services.escalations import HIGHEST_LEVEL
from town import NOON, Town, carry_to, fetch

A_DAY, A_MOMENT = timedelta(days=1), timedelta(microseconds=1)


@pytest.fixture
def raised(session: Session, town: Town, flows_here: None) -> Hazard:  # its letters are written
    """A rectification so late that the highest level has written."""
    hazard = carry_to(session, town, Step.WORK)
    carry_out(session, fire_level(session, hazard, HIGHEST_LEVEL))
    return fetch(session, hazard)


def test_a_letter_of_the_highest_level_is_given_its_ten_days_first(session: Session, town: Town, raised: Hazard):
    [answer] = session.execute(select(DEADLINE).where(DEADLINE.c.clock == Clock.ANSWER)).all()

    with pytest.raises(GateNotMet, match="没有逾期未答复的提级督办"):
        take(session, town, raised, D.HAND_OVER_CLUE, "leader", at=answer.due_at, ground="UNANSWERED")
    raised = take(session, town, raised, D.HAND_OVER_CLUE, "leader", at=answer.due_at + A_MOMENT, ground="UNANSWERED")

    assert event_types(session, raised)[-1] == D.HAND_OVER_CLUE
    assert Step(raised.step) == Step.WORK


def test_a_letter_that_was_answered_is_no_ground(session: Session, town: Town, raised: Hazard):
    [item] = session.execute(select(WORK_ITEM).where(WORK_ITEM.c.kind == Clock.ANSWER)).all()
    duties.answer_letter(
        session, item.id, "设备到货延迟，已追加班次", by=town.actors["principal"], at=NOON + 90 * A_DAY
    )

    with pytest.raises(GateNotMet, match="没有逾期未答复的提级督办"):
        take(
            session,
            town,
            fetch(session, raised),
            D.HAND_OVER_CLUE,
            "leader",
            at=NOON + 200 * A_DAY,
            ground="UNANSWERED",
        )


def test_where_a_department_is_the_cause_it_waits_for_no_letter(session: Session, town: Town):
    hazard = carry_to(session, town, Step.RECHECK)

    assert take(session, town, hazard, D.HAND_OVER_CLUE, "leader", at=NOON + 9 * A_DAY)


@pytest.mark.parametrize("who", ["clerk", "head", "officer", "principal"])
def test_nobody_but_a_leader_hands_a_clue_over(session: Session, town: Town, who: str):
    with pytest.raises(NotPermitted):
        take(session, town, carry_to(session, town, Step.WORK), D.HAND_OVER_CLUE, who)


@pytest.mark.parametrize(("field", "told"), [("against", "XXX"), ("handed_on", "2027-01-01")])
def test_a_clue_names_a_unit_there_is_and_a_day_that_has_come(session: Session, town: Town, field: str, told: str):
    changes: dict[str, Any] = {field: told}

    with pytest.raises(InvalidInput):
        take(session, town, carry_to(session, town, Step.WORK), D.HAND_OVER_CLUE, "leader", **changes)


def test_the_enterprise_does_not_read_of_a_clue(session: Session, town: Town):
    hazard = take(session, town, carry_to(session, town, Step.WORK), D.HAND_OVER_CLUE, "leader")

    read = {
        redacted: [one["type"] for one in register.timeline(session, hazard, redacted=redacted)]
        for redacted in (True, False)
    }

    assert (D.HAND_OVER_CLUE in read[False], D.HAND_OVER_CLUE in read[True]) == (True, False)
