"""Enforcement and accident: what the law asks first is asked here too."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlmodel import Session

from handling import open_duties, take
from models.enforcement import closure_ground
from models.errors import Frozen, GateNotMet
from models.process import DecisionCode as D
from models.stage import Step
from town import NOON, Town, carry_to, decide

A_DAY = timedelta(days=1)
ON = date(2026, 9, 7)


def test_a_measure_is_recorded_only_after_the_hand_over(session: Session, town: Town):
    hazard = carry_to(session, town, Step.WORK)

    with pytest.raises(GateNotMet, match="没有转入执法"):
        take(session, town, hazard, D.ENFORCE, "officer")
    hazard = take(session, town, hazard, D.TO_ENFORCEMENT, "officer")
    assert "ENFORCE" in open_duties(session, hazard)
    hazard = take(session, town, hazard, D.ENFORCE, "officer", at=NOON + A_DAY)

    assert "ENFORCE" not in open_duties(session, hazard)


def test_power_is_cut_only_a_day_after_its_notice(session: Session, town: Town):
    hazard = take(session, town, carry_to(session, town, Step.WORK), D.TO_ENFORCEMENT, "officer")
    hazard = take(session, town, hazard, D.ENFORCE, "officer", at=NOON + A_DAY, kind="POWER_CUT_NOTICE")

    with pytest.raises(GateNotMet, match="二十四小时"):
        take(session, town, hazard, D.ENFORCE, "officer", at=NOON + 2 * A_DAY - timedelta(seconds=1), kind="POWER_CUT")
    take(session, town, hazard, D.ENFORCE, "officer", at=NOON + 2 * A_DAY, kind="POWER_CUT")


def test_in_an_emergency_power_is_cut_at_once(session: Session, town: Town):
    hazard = take(session, town, carry_to(session, town, Step.WORK), D.TO_ENFORCEMENT, "officer")

    assert take(session, town, hazard, D.ENFORCE, "officer", kind="POWER_CUT", emergency=True)


def test_closure_is_proposed_only_on_its_ground(session: Session, town: Town):
    hazard = take(session, town, carry_to(session, town, Step.WORK), D.TO_ENFORCEMENT, "officer")
    with pytest.raises(GateNotMet, match="提请关闭"):
        take(session, town, hazard, D.ENFORCE, "officer", kind="CLOSURE_PROPOSAL")

    for number in range(1, 4):
        hazard = take(session, town, hazard, D.ENFORCE, "officer", at=NOON + number * A_DAY)

    assert take(session, town, hazard, D.ENFORCE, "officer", at=NOON + 4 * A_DAY, kind="CLOSURE_PROPOSAL")


@pytest.mark.parametrize(
    ("ago", "ground"),
    [
        ((0, 90, 179), "180日内受到3次行政处罚"),
        ((0, 90, 180), ""),
        ((0, 100, 200, 364), "一年内受到4次行政处罚"),
        ((0, 100, 200, 365), ""),
    ],
)
def test_penalties_count_within_their_spans(ago: tuple[int, ...], ground: str):
    assert closure_ground([ON - days * A_DAY for days in ago], ON) == ground


@given(st.lists(st.integers(0, 800)))
def test_one_more_penalty_never_takes_the_ground_away(ago: list[int]):
    days = [ON - timedelta(days=number) for number in ago]

    assert not closure_ground(days, ON) or closure_ground([*days, ON], ON)


def test_after_an_accident_nothing_moves_until_a_leader_says_so(session: Session, town: Town):
    hazard = take(session, town, carry_to(session, town, Step.WORK), D.FREEZE, "officer")

    with pytest.raises(Frozen, match="事故"):
        decide(session, town, hazard, D.COMPLETE, "principal", at=NOON + A_DAY)
    hazard = take(session, town, hazard, D.UNFREEZE, "leader", at=NOON + A_DAY)
    hazard = decide(session, town, hazard, D.COMPLETE, "principal", at=NOON + A_DAY)

    assert hazard.step == Step.RECHECK
