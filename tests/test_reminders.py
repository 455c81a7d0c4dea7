"""Days a decision names for another look are duties with a clock, done by the decision that takes the look."""

from datetime import date, timedelta

import pytest
from sqlalchemy import select
from sqlmodel import Session

from handling import live_clocks, local_day, open_duties, outcomes, settle, take
from histories import A_DAY
from models.errors import GateNotMet, InvalidInput
from models.hazard import Hazard
from models.process import DecisionCode as D
from models.process import moves_at
from models.requests import RequestKind as K
from models.stage import Clock, Step
from models.tables import OUTBOX, WORK_ITEM
from town import NOON, Town, carry_to, decide, fetch

UNTIL = date(2026, 9, 18)


def paused(session: Session, town: Town) -> Hazard:
    """Rectification stopped on a legal ground until 18 September."""
    hazard = carry_to(session, town, Step.WORK)
    return settle(session, town, hazard, K.PAUSE, "clerk", "leader", at=NOON + A_DAY, until=UNTIL)


def shut(session: Session, town: Town, on: str = "2026-09-14") -> Hazard:
    """The place was shut at the review; the next visit is named."""
    hazard = carry_to(session, town, Step.RECHECK)
    return take(session, town, hazard, D.CANNOT_REVIEW, "officer", at=NOON + A_DAY, next_visit_on=on)


def kept_listed(session: Session, town: Town, on: str = "2026-09-30") -> Hazard:
    """At the gate, still listed, with a day on which the listing is looked at again."""
    hazard = settle(session, town, carry_to(session, town, Step.WORK), K.LISTING, "clerk", "leader", at=NOON + A_DAY)
    for code, who in ((D.COMPLETE, "principal"), (D.RECHECK, "officer"), (D.ASK_LIFTING, "head"),
                      (D.GRANT_LIFTING, "leader"), (D.PASS, "head")):  # fmt: skip
        hazard = decide(session, town, hazard, code, who, at=NOON + 2 * A_DAY)
    return take(session, town, hazard, D.KEEP_LISTED, "clerk", at=NOON + 3 * A_DAY, review_on=on)


OPENED = [
    (paused, Clock.PAUSE_REVIEW, D.RESUME_CLOCK, "2026-09-18", {"SC", "TL"}),
    (shut, Clock.NEXT_VISIT, D.RECHECK, "2026-09-14", {"DO", "DH"}),
    (kept_listed, Clock.LISTING_REVIEW, D.KEEP_LISTED, "2026-09-30", {"SC", "TL"}),
]


@pytest.mark.parametrize(("opened", "clock", "code", "day", "roles"), OPENED)
def test_the_day_named_is_a_duty_with_a_clock_somebody_can_do_there(
    session: Session, town: Town, opened: object, clock: Clock, code: D, day: str, roles: set[str]
):
    hazard = opened(session, town)  # pyright: ignore[reportCallIssue]

    item = open_duties(session, hazard)[code]
    assert local_day(live_clocks(session, hazard)[clock].due_at) == local_day(item.due_at) == day
    assert set(item.roles.split()) == roles
    assert code in {move.decision for move in moves_at(Step(hazard.step))}
    assert item.id in session.execute(select(OUTBOX.c.subject)).scalars().all()


def test_a_pause_ended_early_ends_its_reminder(session: Session, town: Town):
    hazard = take(session, town, paused(session, town), D.RESUME_CLOCK, "clerk", at=NOON + 3 * A_DAY)

    assert D.RESUME_CLOCK not in open_duties(session, hazard)
    assert outcomes(session, hazard, Clock.PAUSE_REVIEW) == ["MET"]


def test_a_pause_that_has_run_out_is_looked_at_and_no_date_moves(session: Session, town: Town):
    hazard = paused(session, town)
    due_at = live_clocks(session, hazard)[Clock.RECTIFICATION].due_at

    hazard = take(session, town, hazard, D.RESUME_CLOCK, "clerk", at=NOON + 13 * A_DAY)

    assert live_clocks(session, hazard)[Clock.RECTIFICATION].due_at == due_at == hazard.due_at
    assert outcomes(session, hazard, Clock.PAUSE_REVIEW) == ["LATE"]
    with pytest.raises(GateNotMet, match="没有中止"):
        take(session, town, hazard, D.RESUME_CLOCK, "clerk", at=NOON + 14 * A_DAY)


def test_a_second_pause_takes_over_the_reminder_of_the_first(session: Session, town: Town):
    hazard = paused(session, town)

    hazard = settle(session, town, hazard, K.PAUSE, "clerk", "leader", at=NOON + 13 * A_DAY, until=date(2026, 9, 25))

    assert local_day(open_duties(session, hazard)[D.RESUME_CLOCK].due_at) == "2026-09-25"
    assert outcomes(session, hazard, Clock.PAUSE_REVIEW) == ["LATE", None]


def test_completing_the_work_leaves_no_pause_to_look_at(session: Session, town: Town):
    hazard = decide(session, town, paused(session, town), D.COMPLETE, "principal", at=NOON + 4 * A_DAY)

    assert (hazard.step, D.RESUME_CLOCK in open_duties(session, hazard)) == (Step.RECHECK, False)
    assert Clock.PAUSE_REVIEW not in live_clocks(session, hazard)


def test_completion_taken_back_brings_the_reminder_back(session: Session, town: Town):
    hazard = decide(session, town, paused(session, town), D.COMPLETE, "principal", at=NOON + 4 * A_DAY)

    hazard = take(session, town, hazard, D.WITHDRAW, "principal", at=NOON + 4 * A_DAY + timedelta(hours=1))

    assert local_day(open_duties(session, hazard)[D.RESUME_CLOCK].due_at) == "2026-09-18"
    assert local_day(live_clocks(session, hazard)[Clock.PAUSE_REVIEW].due_at) == "2026-09-18"


def test_the_next_visit_ends_the_reminder_of_it(session: Session, town: Town):
    hazard = decide(session, town, shut(session, town), D.RECHECK, "officer", at=NOON + 5 * A_DAY)

    assert D.RECHECK not in open_duties(session, hazard)
    assert outcomes(session, hazard, Clock.NEXT_VISIT) == ["MET"]


def test_a_place_shut_again_names_another_day(session: Session, town: Town):
    hazard = shut(session, town)

    hazard = take(session, town, hazard, D.CANNOT_REVIEW, "officer", at=NOON + 9 * A_DAY, next_visit_on="2026-09-21")

    assert local_day(open_duties(session, hazard)[D.RECHECK].due_at) == "2026-09-21"
    assert outcomes(session, hazard, Clock.NEXT_VISIT) == ["LATE", None]


def test_a_review_referred_to_the_district_is_no_visit_of_ours(session: Session, town: Town):
    hazard = take(session, town, shut(session, town), D.REFER_DISTRICT, "head", at=NOON + 2 * A_DAY)

    assert D.RECHECK not in open_duties(session, hazard)


@pytest.mark.parametrize("how", ["kept again", "delisted", "returned", "closed"])
def test_a_listing_kept_is_looked_at_again_until_it_is_decided(session: Session, town: Town, how: str):
    hazard, at = kept_listed(session, town), NOON + 4 * A_DAY

    if how == "kept again":
        hazard = take(session, town, hazard, D.KEEP_LISTED, "leader", at=at, review_on="2026-10-20")
        assert local_day(open_duties(session, hazard)[D.KEEP_LISTED].due_at) == "2026-10-20"
        return
    if how == "returned":
        hazard = take(session, town, hazard, D.RETURN_REDO, "clerk", at=at)
    else:
        hazard = settle(session, town, hazard, K.DELISTING, "clerk", "leader", at=at)
    if how == "closed":
        hazard = decide(session, town, hazard, D.CLOSE, "clerk", at=at)

    assert D.KEEP_LISTED not in open_duties(session, hazard)
    assert Clock.LISTING_REVIEW not in live_clocks(session, hazard)


@pytest.mark.parametrize(("opened", "field"), [(shut, "next_visit_on"), (kept_listed, "review_on")])
def test_a_day_that_has_passed_is_none_to_look_again(session: Session, town: Town, opened: object, field: str):
    with pytest.raises(InvalidInput) as refused:
        opened(session, town, "2026-09-01")  # pyright: ignore[reportCallIssue]

    assert refused.value.extra["errors"][0]["field"] == field  # pyright: ignore[reportIndexIssue]


def test_every_open_duty_has_a_decision_where_the_hazard_stands(session: Session, town: Town):
    ways = [paused(session, town), shut(session, town), kept_listed(session, town)]
    ways.append(decide(session, town, paused(session, town), D.COMPLETE, "principal", at=NOON + 4 * A_DAY))
    ways.append(decide(session, town, shut(session, town), D.RECHECK, "officer", at=NOON + 5 * A_DAY))
    ways.append(take(session, town, carry_to(session, town, Step.WORK), D.FREEZE, "officer", at=NOON + 2 * A_DAY))

    for hazard in ways:
        possible = {move.decision for move in moves_at(Step(fetch(session, hazard).step))}
        mine = (WORK_ITEM.c.hazard_id == hazard.id, WORK_ITEM.c.closed_at.is_(None), ~WORK_ITEM.c.is_move)
        assert set(session.execute(select(WORK_ITEM.c.kind).where(*mine)).scalars()) <= possible
