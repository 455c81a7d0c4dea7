"""What is owed at the gate: enforcement, the check for a crime, a written explanation. Nothing of it ends by closing."""

from datetime import timedelta

import pytest
from sqlmodel import Session

from handling import open_duties, settle, take
from models.errors import GateNotMet
from models.hazard import Hazard
from models.process import DecisionCode as D
from models.requests import RequestKind as K
from models.stage import Step
from town import NOON, STRAIGHT_WAY, Town, carry_to, decide, photo

A_DAY = timedelta(days=1)
NOT_CLEARED = [{"clause": "GM-11.8", "cleared": False, "finding": "仍有积尘"}]


def test_a_hazard_with_enforcement_does_not_close_before_a_measure_is_recorded(session: Session, town: Town):
    hazard = _to_gate(session, town, _in_enforcement(session, town))

    with pytest.raises(GateNotMet, match="尚未登记执法措施"):
        decide(session, town, hazard, D.CLOSE, "clerk", at=NOON + 9 * A_DAY)

    assert "ENFORCE" in open_duties(session, hazard)


def test_a_hazard_with_enforcement_does_not_close_before_the_check_for_a_crime(session: Session, town: Town):
    hazard = take(session, town, _in_enforcement(session, town), D.ENFORCE, "officer", at=NOON + A_DAY)
    hazard = _to_gate(session, town, hazard)
    with pytest.raises(GateNotMet, match="是否涉嫌犯罪"):
        decide(session, town, hazard, D.CLOSE, "clerk", at=NOON + 9 * A_DAY)

    hazard = take(session, town, hazard, D.ENFORCE, "officer", at=NOON + 9 * A_DAY, kind="CRIMINAL_CHECK")

    assert decide(session, town, hazard, D.CLOSE, "clerk", at=NOON + 10 * A_DAY).step == Step.CLOSED


def test_the_check_of_one_hazard_answers_for_no_other(session: Session, town: Town):
    other = _in_enforcement(session, town)
    hazard = _in_enforcement(session, town)
    take(session, town, other, D.ENFORCE, "officer", at=NOON + A_DAY, kind="CRIMINAL_CHECK")
    hazard = take(session, town, hazard, D.ENFORCE, "officer", at=NOON + A_DAY)

    with pytest.raises(GateNotMet, match="是否涉嫌犯罪"):
        decide(session, town, _to_gate(session, town, hazard), D.CLOSE, "clerk", at=NOON + 9 * A_DAY)


def test_an_owed_explanation_keeps_a_hazard_open_and_is_given_at_the_gate(session: Session, town: Town):
    hazard = _to_gate(session, town, _failed_twice(session, town))
    with pytest.raises(GateNotMet, match="书面说明尚未提交"):
        decide(session, town, hazard, D.CLOSE, "clerk", at=NOON + 9 * A_DAY)

    hazard = take(session, town, hazard, D.EXPLAIN_FAILURE, "principal", at=NOON + 9 * A_DAY)

    assert decide(session, town, hazard, D.CLOSE, "clerk", at=NOON + 9 * A_DAY).step == Step.CLOSED


def test_a_unit_that_no_longer_exists_owes_no_explanation(session: Session, town: Town):
    hazard, at = _failed_twice(session, town), NOON + 7 * A_DAY
    hazard = take(session, town, hazard, D.UNIT_CLOSED, "officer", at=at)
    seen = [photo(session, town.actors["second_officer"])]
    hazard = take(session, town, hazard, D.PROVE_REMOVAL, "second_officer", at=at, evidence=seen)
    hazard = decide(session, town, hazard, D.RECHECK, "officer", at=at)
    hazard = settle(session, town, hazard, K.LIFTING, "head", "leader", at=at)
    hazard = decide(session, town, hazard, D.PASS, "head", at=at)

    assert decide(session, town, hazard, D.CLOSE, "clerk", at=at).step == Step.CLOSED


def _in_enforcement(session: Session, town: Town) -> Hazard:
    return take(session, town, carry_to(session, town, Step.WORK), D.TO_ENFORCEMENT, "officer", at=NOON + A_DAY)


def _failed_twice(session: Session, town: Town) -> Hazard:
    hazard = carry_to(session, town, Step.WORK)
    for number in (2, 4):
        at = NOON + number * A_DAY
        hazard = decide(session, town, hazard, D.COMPLETE, "principal", at=at)
        hazard = take(session, town, hazard, D.RECHECK, "officer", at=at, results=NOT_CLEARED)
        hazard = take(session, town, hazard, D.FAIL, "head", at=at)
    return hazard


def _to_gate(session: Session, town: Town, hazard: Hazard) -> Hazard:
    rest = STRAIGHT_WAY[[code for code, _ in STRAIGHT_WAY].index(D.COMPLETE) : -1]
    for code, who in rest:
        hazard = decide(session, town, hazard, code, who, at=NOON + 8 * A_DAY)
    return hazard


def test_the_next_cycle_owes_nothing_of_the_last_ones_enforcement(session: Session, town: Town):
    hazard = take(session, town, _in_enforcement(session, town), D.ENFORCE, "officer", at=NOON + A_DAY)
    hazard = take(session, town, hazard, D.ENFORCE, "officer", at=NOON + A_DAY, kind="CRIMINAL_CHECK")
    hazard = decide(session, town, _to_gate(session, town, hazard), D.CLOSE, "clerk", at=NOON + 9 * A_DAY)

    hazard = settle(session, town, hazard, K.REOPENING, "officer", "clerk", at=NOON + 60 * A_DAY)

    assert (hazard.cycle, hazard.enforcement_at, hazard.unit_closed_on) == (2, None, None)
    hazard = decide(session, town, hazard, D.ASSIGN, "clerk", at=NOON + 61 * A_DAY)
    hazard = decide(session, town, hazard, D.SIGN, "officer", at=NOON + 62 * A_DAY)
    take(session, town, hazard, D.TO_ENFORCEMENT, "officer", at=NOON + 63 * A_DAY)
