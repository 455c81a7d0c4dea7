"""An accident freezes a hazard: dates stay, the ladder sleeps, and the leaders, who alone may lift it, have it in their inbox."""

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select
from sqlmodel import Session

from escalated import carry_out, fired_levels, live_deadlines, rungs_of, told_by
from handling import live_clocks, open_duties, outcomes, take
from histories import A_DAY
from models.errors import NotPermitted
from models.hazard import Hazard
from models.process import DecisionCode as D
from models.stage import Clock, Step
from models.tables import DEADLINE, ESCALATION
from services import escalations
from services.ladder_holds import escalate_by_hand
from town import NOON, Town, carry_to, fetch

HOUR = timedelta(hours=1)
FROZEN_AT = NOON + 2 * A_DAY


@pytest.fixture
def hazard(session: Session, town: Town) -> Hazard:
    """In rectification, frozen after two days."""
    return take(session, town, carry_to(session, town, Step.WORK), D.FREEZE, "officer", at=FROZEN_AT)


def limit(session: Session, hazard: Hazard) -> Any:
    return live_clocks(session, hazard)[Clock.RECTIFICATION]


def swept(session: Session, hazard: Hazard, at: Any) -> list[str]:
    """The clocks whose levels a sweep of the whole office fires."""
    due = escalations.due_deadlines(session, at=at)
    fired = [deadline for deadline in due if escalations.fire_due_rungs(session, deadline, at=at)]
    clocks = select(DEADLINE.c.clock).where(DEADLINE.c.id.in_(fired), DEADLINE.c.hazard_id == hazard.id)
    return list(session.execute(clocks).scalars())


def test_no_level_falls_due_while_it_is_frozen_and_no_date_moves(session: Session, town: Town):
    open_one = carry_to(session, town, Step.WORK)
    before = {row.clock: row.due_at for row in live_deadlines(session, open_one)}

    frozen = take(session, town, open_one, D.FREEZE, "officer", at=FROZEN_AT)

    late = limit(session, frozen).due_at + 20 * A_DAY
    assert set(swept(session, frozen, late)) <= {Clock.INTERIM_CHECK, Clock.FREEZE_REVIEW}
    assert {row.clock: row.due_at for row in live_deadlines(session, frozen)}.items() >= before.items()


def test_interim_control_is_watched_all_the_same(session: Session, hazard: Hazard):
    check = live_clocks(session, hazard)[Clock.INTERIM_CHECK]

    assert Clock.INTERIM_CHECK in swept(session, hazard, check.due_at + HOUR)


def test_a_level_that_was_due_before_the_accident_is_still_recorded(session: Session, town: Town):
    open_one = carry_to(session, town, Step.WORK)
    first, second, *_ = rungs_of(session, limit(session, open_one))
    frozen = take(session, town, open_one, D.FREEZE, "officer", at=first.at + HOUR)

    swept(session, frozen, second.at + A_DAY)

    assert [row.level for row in fired_levels(session, frozen, Clock.RECTIFICATION)] == [0]
    assert limit(session, frozen).next_rung_at is None


def test_lifting_it_lies_with_the_leaders_alone(session: Session, town: Town, hazard: Hazard):
    item = open_duties(session, hazard)[D.UNFREEZE]

    assert (item.roles, item.unit_id, item.enterprise_id) == ("TL", None, None)
    assert item.due_at == live_clocks(session, hazard)[Clock.FREEZE_REVIEW].due_at
    for who in ("clerk", "head", "officer"):
        with pytest.raises(NotPermitted):
            take(session, town, hazard, D.UNFREEZE, who, at=FROZEN_AT + A_DAY)


def test_when_it_is_lifted_every_ladder_goes_on_by_its_old_dates(session: Session, town: Town, hazard: Hazard):
    levels = rungs_of(session, limit(session, hazard))

    hazard = take(session, town, hazard, D.UNFREEZE, "leader", at=FROZEN_AT + 5 * A_DAY)

    assert limit(session, hazard).next_rung_at == levels[0].at
    assert D.UNFREEZE not in open_duties(session, hazard)
    assert outcomes(session, hazard, Clock.FREEZE_REVIEW) == ["MET"]
    swept(session, hazard, levels[1].at)
    assert [row.level for row in fired_levels(session, hazard, Clock.RECTIFICATION)] == [0, 1]


def test_what_fell_due_in_the_freeze_is_due_when_it_is_lifted(session: Session, town: Town, hazard: Hazard):
    levels = rungs_of(session, limit(session, hazard))
    at = levels[2].at + HOUR
    hazard = take(session, town, hazard, D.UNFREEZE, "leader", at=at)

    swept(session, hazard, at)

    rows = fired_levels(session, hazard, Clock.RECTIFICATION)
    assert [(row.level, row.late) for row in rows] == [(0, True), (1, True), (2, False)]


def test_a_level_raised_by_hand_does_not_wake_the_ladder(session: Session, town: Town, hazard: Hazard):
    escalate_by_hand(
        session, hazard, limit(session, hazard).id, 1, reason="须立即知晓", by=town.head, at=FROZEN_AT + HOUR
    )

    assert limit(session, hazard).next_rung_at is None
    assert limit(session, hazard).next_level == 2


def test_a_level_nobody_acknowledged_is_not_repeated_in_the_freeze(session: Session, town: Town):
    open_one = carry_to(session, town, Step.WORK)
    deadline = limit(session, open_one)
    first = rungs_of(session, deadline)[0].at
    escalations.fire_due_rungs(session, deadline.id, at=first)
    frozen = take(session, town, open_one, D.FREEZE, "officer", at=first + HOUR)
    [row] = fired_levels(session, frozen, Clock.RECTIFICATION)

    assert escalations.tell_again(session, row.id, at=first + 2 * A_DAY) is None

    take(session, town, fetch(session, frozen), D.UNFREEZE, "leader", at=first + 3 * A_DAY)
    assert escalations.tell_again(session, row.id, at=first + 4 * A_DAY) is not None
    assert session.execute(select(ESCALATION.c.repeats).where(ESCALATION.c.id == row.id)).scalar_one() == 1


@pytest.mark.usefixtures("flows_here")
def test_a_freeze_left_alone_is_brought_before_the_leaders(session: Session, town: Town, hazard: Hazard):
    reminder = live_clocks(session, hazard)[Clock.FREEZE_REVIEW]

    carry_out(session, escalations.fire_due_rungs(session, reminder.id, at=reminder.due_at)[-1:])

    assert told_by(session, "escalation_1") == {town.persons[who].id for who in ("leader", "mayor", "director")}
