"""What somebody said is looked at again on a day lies in somebody's inbox until it is."""

from datetime import date, timedelta

import pytest
from sqlmodel import Session

from escalated import fired_levels, rungs_of, sweep
from handling import live_clocks, open_duties, settle, take
from models.errors import InvalidInput
from models.limits import end_of
from models.process import DecisionCode as D
from models.process import moves_at
from models.requests import RequestKind as K
from models.stage import Clock, Step
from services import escalations
from town import NOON, Town, carry_to, decide

A_DAY = timedelta(days=1)


def test_a_pause_is_looked_at_on_its_day_also_when_the_clock_runs_again_by_itself(session: Session, town: Town):
    hazard = settle(
        session, town, carry_to(session, town, Step.WORK), K.PAUSE, "clerk", "leader", until=date(2026, 9, 20)
    )
    waiting = open_duties(session, hazard)["RESUME_CLOCK"]
    assert (waiting.roles, waiting.due_at) == ("SC TL", end_of(date(2026, 9, 20)))

    hazard = take(session, town, hazard, D.RESUME_CLOCK, "clerk", at=end_of(date(2026, 9, 20)) + A_DAY)

    assert "RESUME_CLOCK" not in open_duties(session, hazard)
    assert Clock.PAUSE_END not in live_clocks(session, hazard)


def test_a_completion_ends_the_review_of_a_pause(session: Session, town: Town):
    hazard = settle(
        session, town, carry_to(session, town, Step.WORK), K.PAUSE, "clerk", "leader", until=date(2026, 9, 20)
    )
    hazard = decide(session, town, hazard, D.COMPLETE, "principal", at=NOON + A_DAY)
    assert set(open_duties(session, hazard)) <= {move.decision for move in moves_at(Step.RECHECK)}


def test_the_next_visit_to_a_place_that_was_shut_is_in_the_departments_inbox(session: Session, town: Town):
    hazard = carry_to(session, town, Step.RECHECK)
    for days in (2, 4):
        day = NOON.date() + days * A_DAY
        hazard = take(session, town, hazard, D.CANNOT_REVIEW, "officer", next_visit_on=day)
        waiting = open_duties(session, hazard)["RECHECK"]
        assert (waiting.unit_id, waiting.due_at) == (town.units["YJB"].id, end_of(day))

    hazard = decide(session, town, hazard, D.RECHECK, "officer", at=NOON + A_DAY)
    assert Clock.NEXT_VISIT not in live_clocks(session, hazard)
    assert "RECHECK" not in open_duties(session, hazard)


def test_a_day_that_has_come_is_no_day_to_look_again(session: Session, town: Town):
    hazard = carry_to(session, town, Step.RECHECK)
    with pytest.raises(InvalidInput, match="已到或已过"):
        take(session, town, hazard, D.CANNOT_REVIEW, "officer", next_visit_on=NOON.date())


def test_a_listing_kept_is_looked_at_again_or_delisted(session: Session, town: Town):
    hazard = settle(session, town, carry_to(session, town, Step.GATE), K.LISTING, "clerk", "leader")
    hazard = take(session, town, hazard, D.KEEP_LISTED, "clerk", review_on=date(2026, 10, 20))
    assert open_duties(session, hazard)["KEEP_LISTED"].due_at == end_of(date(2026, 10, 20))

    hazard = settle(session, town, hazard, K.DELISTING, "clerk", "leader")

    assert "KEEP_LISTED" not in open_duties(session, hazard)


def test_a_frozen_hazard_lies_with_the_leaders_and_its_ladder_waits(session: Session, town: Town):
    hazard = carry_to(session, town, Step.WORK)
    due = live_clocks(session, hazard)[Clock.RECTIFICATION].due_at
    hazard = take(session, town, hazard, D.FREEZE, "officer")
    assert open_duties(session, hazard)["UNFREEZE"].roles == "TL"
    after = due + A_DAY

    ids = set(escalations.due_deadlines(session, at=after))
    sweep(session, hazard, after)

    assert live_clocks(session, hazard)[Clock.RECTIFICATION].id not in ids
    assert not fired_levels(session, hazard, Clock.RECTIFICATION)
    assert fired_levels(session, hazard, Clock.INTERIM_CHECK)


def test_what_fell_due_while_frozen_is_told_when_it_goes_on(session: Session, town: Town):
    hazard = carry_to(session, town, Step.WORK)
    rectification = live_clocks(session, hazard)[Clock.RECTIFICATION]
    hazard = take(session, town, hazard, D.FREEZE, "officer")
    after = rectification.due_at + A_DAY
    sweep(session, hazard, after)

    hazard = take(session, town, hazard, D.UNFREEZE, "leader", at=after)
    sweep(session, hazard, after + A_DAY)

    assert "UNFREEZE" not in open_duties(session, hazard)
    assert live_clocks(session, hazard)[Clock.RECTIFICATION].due_at == rectification.due_at
    told = fired_levels(session, hazard, Clock.RECTIFICATION)
    due = [rung.at for rung in rungs_of(session, rectification) if rung.at <= after + A_DAY]
    assert [row.level_due_at for row in told] == due
