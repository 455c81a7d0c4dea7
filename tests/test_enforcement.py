"""Enforcement and accident: what the law asks first is asked here too."""

from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError
from sqlmodel import Session

from handling import filled, open_duties, take
from models.enforcement import closure_ground
from models.errors import Frozen, GateNotMet
from models.hazard import Hazard
from models.process import DecisionCode as D
from models.stage import Step
from town import NOON, Town, carry_to, decide

A_DAY = timedelta(days=1)
ON = date(2026, 9, 7)
POWER_CUT: dict[str, Any] = {"kind": "POWER_CUT", "approved_by": "区应急局主要负责人甲"}


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
        take(session, town, hazard, D.ENFORCE, "officer", at=NOON + 2 * A_DAY - timedelta(seconds=1), **POWER_CUT)
    take(session, town, hazard, D.ENFORCE, "officer", at=NOON + 2 * A_DAY, **POWER_CUT)


def test_each_power_cut_takes_a_notice_of_its_own(session: Session, town: Town):
    hazard = take(session, town, carry_to(session, town, Step.WORK), D.TO_ENFORCEMENT, "officer")
    hazard = take(session, town, hazard, D.ENFORCE, "officer", at=NOON + A_DAY, kind="POWER_CUT_NOTICE")
    hazard = take(session, town, hazard, D.ENFORCE, "officer", at=NOON + 3 * A_DAY, **POWER_CUT)

    with pytest.raises(GateNotMet, match="二十四小时"):
        take(session, town, hazard, D.ENFORCE, "officer", at=NOON + 9 * A_DAY, **POWER_CUT)

    hazard = take(session, town, hazard, D.ENFORCE, "officer", at=NOON + 9 * A_DAY, kind="POWER_CUT_NOTICE")
    assert take(session, town, hazard, D.ENFORCE, "officer", at=NOON + 11 * A_DAY, **POWER_CUT)


def test_a_notice_for_one_hazard_cuts_no_power_for_another(session: Session, town: Town):
    noticed, other = (
        take(session, town, carry_to(session, town, Step.WORK), D.TO_ENFORCEMENT, "officer") for _ in range(2)
    )
    take(session, town, noticed, D.ENFORCE, "officer", at=NOON + A_DAY, kind="POWER_CUT_NOTICE")

    with pytest.raises(GateNotMet, match="就本隐患"):
        take(session, town, other, D.ENFORCE, "officer", at=NOON + 41 * A_DAY, **POWER_CUT)


@pytest.mark.parametrize("emergency", [False, True])
def test_power_is_cut_only_with_the_approval_of_the_departments_head(emergency: bool):
    with pytest.raises(ValidationError, match="负责人批准"):
        filled(D.ENFORCE, kind="POWER_CUT", emergency=emergency)


def test_in_an_emergency_power_is_cut_at_once(session: Session, town: Town):
    hazard = take(session, town, carry_to(session, town, Step.WORK), D.TO_ENFORCEMENT, "officer")

    assert take(session, town, hazard, D.ENFORCE, "officer", emergency=True, **POWER_CUT)


def test_closure_is_proposed_only_on_its_ground(session: Session, town: Town):
    hazard = take(session, town, carry_to(session, town, Step.WORK), D.TO_ENFORCEMENT, "officer")
    with pytest.raises(GateNotMet, match="提请关闭"):
        take(session, town, hazard, D.ENFORCE, "officer", kind="CLOSURE_PROPOSAL")

    hazard = _penalize(session, town, hazard, ["1号", "2号", "3号"])

    assert take(session, town, hazard, D.ENFORCE, "officer", at=NOON + 4 * A_DAY, kind="CLOSURE_PROPOSAL")


def test_a_penalty_recorded_three_times_is_one_penalty(session: Session, town: Town):
    hazard = take(session, town, carry_to(session, town, Step.WORK), D.TO_ENFORCEMENT, "officer")
    hazard = _penalize(session, town, hazard, ["1号", "1号", "1号"])

    with pytest.raises(GateNotMet, match="提请关闭"):
        take(session, town, hazard, D.ENFORCE, "officer", at=NOON + 4 * A_DAY, kind="CLOSURE_PROPOSAL")


def test_a_stop_order_is_no_ground_for_closure_until_it_is_defied(session: Session, town: Town):
    hazard = take(session, town, carry_to(session, town, Step.WORK), D.TO_ENFORCEMENT, "officer")
    hazard = take(session, town, hazard, D.ENFORCE, "officer", at=NOON + A_DAY, kind="STOP_ORDER")
    with pytest.raises(GateNotMet, match="提请关闭"):
        take(session, town, hazard, D.ENFORCE, "officer", at=NOON + 2 * A_DAY, kind="CLOSURE_PROPOSAL")

    hazard = take(session, town, hazard, D.ENFORCE, "officer", at=NOON + 2 * A_DAY, kind="STOP_DEFIED")

    assert take(session, town, hazard, D.ENFORCE, "officer", at=NOON + 3 * A_DAY, kind="CLOSURE_PROPOSAL")


def test_nobody_defies_a_stop_that_was_not_ordered(session: Session, town: Town):
    hazard = take(session, town, carry_to(session, town, Step.WORK), D.TO_ENFORCEMENT, "officer")

    with pytest.raises(GateNotMet, match="没有登记停产停业整顿决定"):
        take(session, town, hazard, D.ENFORCE, "officer", kind="STOP_DEFIED")


def test_a_measure_recorded_before_a_field_was_asked_for_is_still_read(session: Session, town: Town):
    hazard = take(session, town, carry_to(session, town, Step.WORK), D.TO_ENFORCEMENT, "officer")
    old = filled(D.ENFORCE, emergency=True).model_copy(update={"kind": "POWER_CUT"})
    hazard = decide(session, town, hazard, D.ENFORCE, "officer", at=NOON, form=old)

    assert take(session, town, hazard, D.ENFORCE, "officer", emergency=True, **POWER_CUT)


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


def _penalize(session: Session, town: Town, hazard: Hazard, documents: list[str]) -> Hazard:
    for days, number in enumerate(documents, start=1):
        hazard = take(session, town, hazard, D.ENFORCE, "officer", at=NOON + days * A_DAY, document_no=number)
    return hazard
