"""Who answers for the rectification: another owner, a unit that no longer exists, and what each leaves behind."""

from datetime import timedelta
from typing import Any

import pytest
from sqlmodel import Session

from api import views
from handling import live_clocks, move_item, open_duties, outcomes, take
from models.errors import GateNotMet, InvalidInput
from models.hazard import Hazard
from models.permissions import Operation
from models.process import DecisionCode as D
from models.stage import Clock, Step
from services import access, organization, progress, register
from town import NOON, STRAIGHT_WAY, Town, carry_to, decide, form_for, photo

A_DAY = timedelta(days=1)
OTHER = "91500118MA5OTHER01"


def another_enterprise(session: Session) -> None:
    organization.add_enterprise(
        session, credit_code=OTHER, name="某木业有限公司", address="某某村2组", sector="工贸/粉尘涉爆", village="CUN1", by=None, at=NOON
    )  # fmt: skip


def test_another_enterprise_answers_from_now_on(session: Session, town: Town):
    hazard = carry_to(session, town, Step.WORK)
    due_at = hazard.due_at

    hazard = take(session, town, hazard, D.CHANGE_OWNER, "clerk", enterprise=None, rectifying_unit="JFB")

    item = move_item(session, hazard)
    assert (item.enterprise_id, item.unit_id, hazard.due_at) == (None, town.units["JFB"].id, due_at)
    assert open_duties(session, hazard)["PROGRESS"].unit_id == town.units["JFB"].id


def test_the_new_owner_s_two_persons_are_told_before_anything_closes(session: Session, town: Town):
    another_enterprise(session)
    hazard = take(session, town, carry_to(session, town, Step.WORK), D.CHANGE_OWNER, "clerk", enterprise=OTHER)
    assert "INFORM" in open_duties(session, hazard)
    hazard = take(session, town, hazard, D.CHANGE_OWNER, "clerk", enterprise=town.enterprise.credit_code)
    for code, who in STRAIGHT_WAY[7:12]:
        hazard = decide(session, town, hazard, code, who, at=NOON + A_DAY)
    with pytest.raises(GateNotMet, match="未登记告知主要负责人"):
        decide(session, town, hazard, D.CLOSE, "clerk", at=NOON + A_DAY)

    for informed in ("PRINCIPAL", "ACTUAL_CONTROLLER"):
        hazard = take(session, town, hazard, D.INFORM, "officer", at=NOON + A_DAY, informed=informed)

    assert "INFORM" not in open_duties(session, hazard)
    assert decide(session, town, hazard, D.CLOSE, "clerk", at=NOON + A_DAY).step == Step.CLOSED


def test_where_a_unit_takes_over_nobody_is_left_to_be_told(session: Session, town: Town):
    hazard = take(session, town, carry_to(session, town, Step.SIGN), D.CHANGE_OWNER, "clerk", enterprise=None,
                  rectifying_unit="JFB")  # fmt: skip

    assert "INFORM" not in open_duties(session, hazard)
    assert outcomes(session, hazard, Clock.INFORM) == ["VOID"]


def test_whoever_answers_already_is_no_new_owner(session: Session, town: Town):
    with pytest.raises(InvalidInput, match="就是现在的"):
        take(session, town, carry_to(session, town, Step.WORK), D.CHANGE_OWNER, "clerk",
             enterprise=town.enterprise.credit_code)  # fmt: skip


def test_what_another_enterprise_took_over_is_no_longer_a_closed_unit_s(session: Session, town: Town):
    another_enterprise(session)
    hazard = take(session, town, carry_to(session, town, Step.WORK), D.UNIT_CLOSED, "officer", at=NOON + A_DAY)

    hazard = take(session, town, hazard, D.CHANGE_OWNER, "clerk", at=NOON + A_DAY, enterprise=OTHER)

    assert (hazard.step, hazard.unit_closed_on) == (Step.DANGER_REMOVAL, None)


def test_a_unit_does_not_rectify_what_it_reviews(session: Session, town: Town):
    with pytest.raises(InvalidInput, match="不能同时是牵头单位"):
        take(
            session,
            town,
            carry_to(session, town, Step.WORK),
            D.CHANGE_OWNER,
            "clerk",
            enterprise=None,
            rectifying_unit="YJB",
        )


def test_a_closed_unit_must_be_shown_to_leave_no_danger(session: Session, town: Town):
    hazard = take(session, town, carry_to(session, town, Step.WORK), D.UNIT_CLOSED, "officer", at=NOON + A_DAY)
    assert (hazard.step, hazard.unit_closed_on) == (Step.DANGER_REMOVAL, "2026-09-08")
    assert move_item(session, hazard).unit_id == town.units["YJB"].id

    proof = [photo(session, town.officer)]
    hazard = take(session, town, hazard, D.PROVE_REMOVAL, "officer", at=NOON + 2 * A_DAY, evidence=proof)

    assert hazard.step == Step.RECHECK


def test_nobody_is_late_with_what_a_closed_unit_had_still_to_do(session: Session, town: Town):
    hazard = take(session, town, carry_to(session, town, Step.WORK), D.ADD_ACTION, "principal")
    hazard = take(session, town, hazard, D.QUESTION_PROGRESS, "officer")

    hazard = take(session, town, hazard, D.UNIT_CLOSED, "officer", at=NOON + A_DAY)

    assert set(live_clocks(session, hazard)) == {Clock.RECTIFICATION, Clock.INTERIM_CHECK}
    assert (set(open_duties(session, hazard)), hazard.open_actions) == ({"CONFIRM_CONTROL"}, 0)
    assert outcomes(session, hazard, Clock.SUB_ACTION) == outcomes(session, hazard, Clock.QUESTION) == ["VOID"]
    (action,) = progress.actions_of(session, hazard.id)
    assert (action.done_at, action.dropped_at) == (None, NOON + A_DAY)


def assigned(session: Session, town: Town, **changes: Any) -> Hazard:
    """Signed for, after an assignment changed as said."""
    hazard = carry_to(session, town, Step.ASSIGN)
    form = form_for(session, town, D.ASSIGN, NOON + A_DAY).model_copy(update=changes)
    hazard = decide(session, town, hazard, D.ASSIGN, "clerk", at=NOON + A_DAY, form=form)
    return decide(session, town, hazard, D.SIGN, "officer", at=NOON + A_DAY)


def test_the_unit_that_supervises_sees_the_hazard_and_asks_how_far_it_is(session: Session, town: Town):
    hazard = assigned(session, town, supervising_unit="JFB", cooperating_units=())
    for code, who in STRAIGHT_WAY[5:7]:
        hazard = decide(session, town, hazard, code, who, at=NOON + A_DAY)

    assert hazard.supervising_unit_id == town.units["JFB"].id
    assert access.hazard_for(session, hazard.no, Operation.READ_HAZARD, by=town.other_officer).id == hazard.id
    hazard = take(session, town, hazard, D.QUESTION_PROGRESS, "other_officer", at=NOON + A_DAY)
    assert "ANSWER_QUESTION" in open_duties(session, hazard)


@pytest.mark.parametrize("named", [None, "YJB"])
def test_the_lead_unit_supervises_where_no_other_is_named(session: Session, town: Town, named: str | None):
    assert assigned(session, town, supervising_unit=named).supervising_unit_id is None


def test_whoever_rectifies_does_not_supervise(session: Session, town: Town):
    with pytest.raises(InvalidInput, match="不能同时是督办单位"):
        assigned(session, town, supervising_unit="JFB", rectifying_unit="JFB")
    hazard = assigned(session, town, supervising_unit="JFB")
    with pytest.raises(InvalidInput, match="不能同时是督办单位"):
        take(session, town, hazard, D.CHANGE_OWNER, "clerk", at=NOON + A_DAY, enterprise=None, rectifying_unit="JFB")


def test_how_often_an_assignment_was_sent_back_is_shown(session: Session, town: Town):
    hazard = take(session, town, carry_to(session, town, Step.SIGN), D.RETURN_NOT_MINE, "officer")

    around = register.surroundings(session, hazard)
    shown = views.hazard_whole(hazard, around, by=town.auditor, now=NOON)

    assert (shown["returned"], shown["arbitrated"], shown["cooperating_units"]) == (1, False, ["经发办"])


def test_a_supervising_unit_that_takes_the_lead_supervises_as_the_lead(session: Session, town: Town):
    hazard = take(session, town, assigned(session, town, supervising_unit="JFB"), D.REASSIGN, "clerk", at=NOON + A_DAY)

    assert (hazard.lead_unit_id, hazard.supervising_unit_id) == (town.units["JFB"].id, None)
