"""Interim control while a hazard lasts: watched, confirmed, breached, lifted; listed supervision beside it."""

from datetime import timedelta

import pytest
from sqlmodel import Session

from escalated import fired_levels
from handling import live_clocks, open_duties, settle, take
from models.errors import FourEyes, GateNotMet
from models.process import DecisionCode as D
from models.requests import RequestKind as K
from models.stage import Clock, Step
from services import escalations
from town import NOON, Town, carry_to, decide, report

AN_HOUR = timedelta(hours=1)


def test_a_control_is_confirmed_within_its_hours(session: Session, town: Town):
    hazard = carry_to(session, town, Step.CONFIRM_MAJOR)

    watched = live_clocks(session, hazard)[Clock.INTERIM_CHECK]
    duty = open_duties(session, hazard)["CONFIRM_CONTROL"]
    assert (watched.due_at - watched.start_at, duty.unit_id) == (timedelta(hours=24), town.units["YJB"].id)


def test_a_confirmed_control_is_confirmed_again(session: Session, town: Town):
    hazard = carry_to(session, town, Step.WORK)

    hazard = take(session, town, hazard, D.CONFIRM_CONTROL, "villager", at=NOON + timedelta(days=3))

    assert live_clocks(session, hazard)[Clock.INTERIM_CHECK].due_at == NOON + timedelta(days=4)


def test_a_control_nobody_confirms_goes_up_the_ladder(session: Session, town: Town):
    hazard = carry_to(session, town, Step.WORK)
    watched = live_clocks(session, hazard)[Clock.INTERIM_CHECK]

    escalations.fire_due_rungs(session, watched.id, at=watched.due_at)

    assert fired_levels(session, hazard, Clock.INTERIM_CHECK)[-1].level >= 1


def test_a_breach_is_raised_to_the_highest_level_at_once(session: Session, town: Town):
    hazard = carry_to(session, town, Step.WORK)

    hazard = take(session, town, hazard, D.CONFIRM_CONTROL, "villager", at=NOON + timedelta(days=1), holds=False)

    levels = [(row.level, row.late) for row in fired_levels(session, hazard, Clock.INTERIM_CHECK)]
    assert levels == [(0, True), (1, True), (2, True), (3, True), (4, False)]
    assert live_clocks(session, hazard)[Clock.INTERIM_CHECK].due_at == NOON + timedelta(days=2)


def test_a_level_raised_by_a_breach_is_not_fired_again_by_the_sweep(session: Session, town: Town):
    hazard = carry_to(session, town, Step.WORK)
    watched = live_clocks(session, hazard)[Clock.INTERIM_CHECK]
    take(session, town, hazard, D.CONFIRM_CONTROL, "villager", at=NOON + timedelta(days=1), holds=False)

    assert escalations.fire_due_rungs(session, watched.id, at=NOON + timedelta(days=60)) == []


def test_a_stop_is_lifted_only_with_the_consent_of_the_department(session: Session, town: Town):
    hazard = carry_to(session, town, Step.JUDGE)

    with pytest.raises(GateNotMet, match="审查同意"):
        take(session, town, hazard, K.LIFTING.ask, "head", consent_by="", consent_no="", consent_on=None)
    hazard = settle(session, town, hazard, K.LIFTING, "head", "leader", at=NOON + timedelta(days=2))

    assert hazard.interim_control is None
    assert Clock.INTERIM_CHECK not in live_clocks(session, hazard)


def test_nobody_lifts_a_stop_alone(session: Session, town: Town):
    hazard = take(
        session, town, carry_to(session, town, Step.JUDGE), K.LIFTING.ask, "leader", at=NOON + timedelta(days=2)
    )

    with pytest.raises(FourEyes):
        take(session, town, hazard, K.LIFTING.grant, "leader", at=NOON + timedelta(days=2))


def test_a_hazard_under_control_is_not_closed(session: Session, town: Town):
    hazard = carry_to(session, town, Step.GATE)
    at = NOON + timedelta(days=2)
    hazard = settle(session, town, hazard, K.CONTROL, "head", "leader", at=at)

    with pytest.raises(GateNotMet, match="临时管控措施尚未解除"):
        decide(session, town, hazard, D.CLOSE, "clerk", at=at)


def test_a_listed_hazard_is_filed_published_and_delisted_before_it_closes(session: Session, town: Town):
    hazard, at = carry_to(session, town, Step.GATE), NOON + timedelta(days=2)
    hazard = take(session, town, hazard, K.LISTING.ask, "clerk", at=at)
    hazard = take(session, town, hazard, K.LISTING.grant, "leader", at=at)
    assert {Clock.LISTING_FILING, Clock.LISTING_PUBLICATION} <= set(live_clocks(session, hazard))
    hazard = take(session, town, hazard, D.PUBLISH_LISTING, "clerk", at=at)
    assert Clock.LISTING_PUBLICATION not in live_clocks(session, hazard)

    with pytest.raises(GateNotMet, match="尚未摘牌"):
        decide(session, town, hazard, D.CLOSE, "clerk", at=at)
    hazard = settle(session, town, hazard, K.DELISTING, "clerk", "leader", at=at)
    hazard = decide(session, town, hazard, D.CLOSE, "clerk", at=at)

    assert (hazard.step, hazard.listing_level) == (Step.CLOSED, "NONE")


def test_a_leader_lists_without_a_second_person(session: Session, town: Town):
    hazard = take(session, town, carry_to(session, town, Step.WORK), K.LISTING.ask, "leader", level="DISTRICT")

    assert (hazard.listing_level, hazard.open_requests) == ("DISTRICT", 0)


def test_what_was_not_listed_is_not_published(session: Session, town: Town):
    with pytest.raises(GateNotMet, match="没有待登记"):
        take(session, town, carry_to(session, town, Step.WORK), D.PUBLISH_LISTING, "clerk")


def test_production_is_stopped_before_a_plan_that_leaves_people_in_danger(session: Session, town: Town):
    hazard = carry_to(session, town, Step.PLAN_REVIEW)

    hazard = take(session, town, hazard, D.STOP_FIRST, "officer", at=NOON + timedelta(days=1))

    assert (hazard.step, hazard.interim_control) == (Step.PLAN, "FULL_STOP")


def test_a_control_ordered_before_anybody_verifies_is_the_offices_to_confirm(session: Session, town: Town):
    hazard = take(session, town, report(session, town), D.URGENT_CONTROL, "clerk", at=NOON + AN_HOUR)
    assert open_duties(session, hazard)["CONFIRM_CONTROL"].roles == "SC"

    hazard = take(session, town, hazard, D.CONFIRM_CONTROL, "villager", at=NOON + 5 * AN_HOUR)

    assert live_clocks(session, hazard)[Clock.INTERIM_CHECK].due_at == NOON + 29 * AN_HOUR


def test_a_merger_never_leaves_a_danger_without_its_control(session: Session, town: Town):
    kept, twin = report(session, town), report(session, town)
    twin = take(session, town, twin, D.URGENT_CONTROL, "clerk", at=NOON + AN_HOUR)

    with pytest.raises(GateNotMet, match="正在实施临时管控"):
        take(session, town, twin, K.MERGE.ask, "clerk", at=NOON + AN_HOUR, into=kept.no)


def test_a_hazard_that_is_none_ends_with_its_control(session: Session, town: Town):
    hazard = carry_to(session, town, Step.CONFIRM_MAJOR)
    for code, who in (
        (D.RETURN_FINDING, "head"),
        (D.NOT_HAZARD, "officer"),
        (D.CONFIRM, "head"),
        (D.APPROVE_DOWNGRADE, "leader"),
    ):
        hazard = take(session, town, hazard, code, who, at=NOON + timedelta(days=1))

    assert (hazard.step, hazard.interim_control, live_clocks(session, hazard)) == (Step.DISMISSED, None, {})
