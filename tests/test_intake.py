"""What the committee office does with a report besides accepting it."""

from datetime import timedelta

import pytest
from sqlmodel import Session

from escalated import fired_levels
from handling import event_types, live_clocks, move_item, open_duties, settle, take
from models.errors import FourEyes, GateNotMet, InvalidInput, NotPermitted, WrongStage
from models.process import DecisionCode as D
from models.requests import RequestKind as K
from models.stage import Clock, Stage, Step
from services import escalations, inbox
from services.open_decisions import open_to
from town import NOON, Town, add_second_clerk, carry_to, decide, fetch, report

A_DAY = timedelta(days=1)


def test_a_report_sent_back_for_supplement_waits_for_its_reporter(session: Session, town: Town):
    hazard = take(session, town, report(session, town), D.RETURN_SUPPLEMENT, "clerk")

    item = move_item(session, hazard)
    assert (hazard.step, item.unit_id, item.roles) == (Step.SUPPLEMENT, town.units["YJB"].id, "DH DO EN SC VC")
    assert live_clocks(session, hazard)[Clock.SUPPLEMENT].due_at == hazard.due_at


def test_an_enterprise_supplements_its_own_report(session: Session, town: Town):
    hazard = report(session, town, who="principal", channel="SELF_REPORT")
    hazard = take(session, town, hazard, D.RETURN_SUPPLEMENT, "clerk")
    assert move_item(session, hazard).enterprise_id == town.enterprise.id

    hazard = take(session, town, hazard, D.SUPPLEMENT, "principal", place="2号车间")

    assert (hazard.step, hazard.place) == (Step.TRIAGE, "2号车间")


def test_a_supplement_leaves_the_report_as_it_was_handed_in(session: Session, town: Town):
    hazard = take(session, town, report(session, town), D.RETURN_SUPPLEMENT, "clerk")
    before = hazard.description

    hazard = take(session, town, hazard, D.SUPPLEMENT, "officer")

    assert hazard.description == before
    assert event_types(session, hazard) == ["REPORT", "RETURN_SUPPLEMENT", "SUPPLEMENT"]


def test_a_refused_report_needs_two_persons_of_the_office(session: Session, town: Town):
    add_second_clerk(session, town)
    hazard = take(session, town, report(session, town), K.REFUSAL.ask, "clerk")

    with pytest.raises(FourEyes, match="由您本人提出"):
        take(session, town, hazard, K.REFUSAL.grant, "clerk")
    hazard = take(session, town, hazard, K.REFUSAL.grant, "second_clerk")

    assert (hazard.step, hazard.stage, hazard.open_requests) == (Step.REFUSED, Stage.DISMISSED, 0)


def test_a_denied_request_changes_nothing_but_the_history(session: Session, town: Town):
    add_second_clerk(session, town)
    hazard = take(session, town, report(session, town), K.REFUSAL.ask, "clerk")

    hazard = take(session, town, hazard, K.REFUSAL.deny, "second_clerk")

    assert (hazard.step, hazard.open_requests) == (Step.TRIAGE, 0)
    assert open_duties(session, hazard) == {}
    assert Clock.REQUEST not in live_clocks(session, hazard)


def test_a_request_lapses_when_the_hazard_moves_on(session: Session, town: Town):
    hazard = take(session, town, report(session, town), K.REFUSAL.ask, "clerk")

    hazard = decide(session, town, hazard, D.ACCEPT, "clerk", at=NOON)

    assert hazard.open_requests == 0
    assert (open_duties(session, hazard), list(live_clocks(session, hazard))) == ({}, [Clock.VERIFICATION])


def test_the_same_thing_is_asked_once_at_a_time(session: Session, town: Town):
    hazard = take(session, town, report(session, town), K.VOIDING.ask, "clerk")

    with pytest.raises(GateNotMet, match="尚待批准"):
        take(session, town, hazard, K.VOIDING.ask, "leader")


def test_a_merged_hazard_is_told_on_both_histories_and_taken_out_again(session: Session, town: Town):
    add_second_clerk(session, town)
    kept, twin = report(session, town), report(session, town)

    twin = settle(session, town, twin, K.MERGE, "clerk", "second_clerk", into=kept.no)
    assert (twin.step, twin.merged_into) == (Step.MERGED, kept.id)
    twin = settle(session, town, twin, K.UNMERGE, "clerk", "second_clerk")

    assert (twin.step, twin.merged_into, twin.closed_at) == (Step.TRIAGE, None, None)
    assert event_types(session, kept) == ["REPORT", "MERGED_IN", "MERGE_UNDONE"]


@pytest.mark.parametrize("into", ["itself", "ZY-2026-9999"])
def test_a_hazard_merges_only_into_another_one(session: Session, town: Town, into: str):
    hazard = report(session, town)

    with pytest.raises(InvalidInput, match="不能并入"):
        take(session, town, hazard, K.MERGE.ask, "clerk", into=hazard.no if into == "itself" else into)


def test_a_hazard_does_not_merge_into_a_closed_one(session: Session, town: Town):
    closed = carry_to(session, town, Step.CLOSED)

    with pytest.raises(GateNotMet, match="已办结"):
        take(session, town, report(session, town), K.MERGE.ask, "clerk", into=closed.no)


def test_a_transferred_hazard_stays_visible_until_the_receiver_reports_its_end(session: Session, town: Town):
    hazard = take(session, town, report(session, town), D.TRANSFER_OUT, "clerk")
    assert (hazard.stage, hazard.closed_at) == (Stage.TRANSFERRED, None)

    hazard = take(session, town, hazard, D.TRANSFER_RECEIVED, "clerk")
    assert Clock.TRANSFER_END in live_clocks(session, hazard)
    hazard = take(session, town, hazard, D.TRANSFER_ENDED, "clerk")

    assert (hazard.step, hazard.closed_at is not None) == (Step.TRANSFER_DONE, True)


def test_what_another_department_refused_is_taken_back(session: Session, town: Town):
    hazard = take(session, town, report(session, town), D.TRANSFER_OUT, "clerk")

    hazard = take(session, town, hazard, D.TAKE_BACK, "clerk")

    assert (hazard.step, move_item(session, hazard).kind) == (Step.TRIAGE, Step.TRIAGE)


def test_urgent_control_makes_hours_run_instead_of_days(session: Session, town: Town):
    hazard = report(session, town)

    hazard = take(session, town, hazard, D.URGENT_CONTROL, "clerk", at=NOON + timedelta(minutes=5))

    running = live_clocks(session, hazard)
    assert set(running) == {Clock.URGENT_TRIAGE, Clock.INTERIM_CHECK}
    assert hazard.due_at == running[Clock.URGENT_TRIAGE].due_at == NOON + timedelta(hours=2, minutes=5)
    assert (hazard.urgent, hazard.interim_control) == (True, "PARTIAL_STOP")


def test_a_danger_nobody_verified_within_the_hours_is_talked_about_at_once(session: Session, town: Town):
    """Levels that come days apart elsewhere fall due together where people are in danger."""
    hazard = decide(session, town, report(session, town, urgent=True), D.ACCEPT, "clerk", at=NOON)
    verification = live_clocks(session, hazard)[Clock.URGENT_VERIFICATION]

    escalations.fire_due_rungs(session, verification.id, at=verification.due_at)

    told = fired_levels(session, hazard, Clock.URGENT_VERIFICATION)
    assert [row.level for row in told] == [0, 1, 2, 3]
    assert not told[-1].late
    assert live_clocks(session, hazard)[Clock.URGENT_VERIFICATION].next_level == 4


def test_an_entry_made_in_error_is_voided_by_two_and_stays_in_the_history(session: Session, town: Town):
    hazard = settle(session, town, report(session, town), K.VOIDING, "clerk", "leader")

    assert (hazard.stage, hazard.step) == (Stage.VOIDED, Step.VOIDED)
    assert event_types(session, hazard) == ["REPORT", "ASK_VOIDING", "GRANT_VOIDING"]


def test_a_department_gives_back_what_is_not_its_own(session: Session, town: Town):
    hazard = carry_to(session, town, Step.CLASSIFY)

    hazard = take(session, town, hazard, D.RETURN_TO_TRIAGE, "officer")

    assert (hazard.step, list(live_clocks(session, hazard))) == (Step.TRIAGE, [Clock.TRIAGE])


def test_the_third_failed_attempt_to_verify_is_refused(session: Session, town: Town):
    hazard = carry_to(session, town, Step.CLASSIFY)
    for _ in range(2):
        hazard = take(session, town, hazard, D.CANNOT_VERIFY, "officer")

    with pytest.raises(GateNotMet, match="已两次"):
        take(session, town, hazard, D.CANNOT_VERIFY, "officer")


def test_an_expert_is_asked_and_answers_while_the_clock_runs_on(session: Session, town: Town):
    hazard = carry_to(session, town, Step.CLASSIFY)
    due_at = hazard.due_at

    hazard = take(session, town, hazard, D.NEED_EXPERT, "officer")
    assert set(open_duties(session, hazard)) == {"EXPERT_OPINION"}
    hazard = take(session, town, hazard, D.EXPERT_OPINION, "officer")

    assert (open_duties(session, hazard), hazard.due_at) == ({}, due_at)


def test_a_request_that_lapsed_with_a_move_stays_lapsed_when_the_move_is_taken_back(session: Session, town: Town):
    hazard = take(session, town, report(session, town), K.REFUSAL.ask, "clerk")
    hazard = decide(session, town, hazard, D.ACCEPT, "clerk", at=NOON + timedelta(hours=1))

    hazard = take(session, town, hazard, D.WITHDRAW, "clerk", at=NOON + timedelta(hours=2))

    assert open_duties(session, hazard) == {}
    assert hazard.open_requests == 0
    assert take(session, town, hazard, K.REFUSAL.ask, "clerk", at=NOON + timedelta(hours=3)).open_requests == 1


def test_an_opinion_that_is_awaited_comes_after_the_finding_as_well(session: Session, town: Town):
    hazard = take(session, town, carry_to(session, town, Step.CLASSIFY), D.NEED_EXPERT, "officer")
    hazard = take(session, town, hazard, D.MAJOR, "officer")

    hazard = take(session, town, hazard, D.EXPERT_OPINION, "officer")

    assert "EXPERT_OPINION" not in open_duties(session, hazard)


def test_a_question_is_answered_after_the_completion_as_well(session: Session, town: Town):
    hazard = take(session, town, carry_to(session, town, Step.WORK), D.QUESTION_PROGRESS, "officer", at=NOON + A_DAY)
    assert D.ANSWER_QUESTION in {move.decision for move in open_to(session, hazard, by=town.actors["principal"])}
    hazard = decide(session, town, hazard, D.COMPLETE, "principal", at=NOON + 2 * A_DAY)

    hazard = take(session, town, hazard, D.ANSWER_QUESTION, "principal", at=NOON + 2 * A_DAY)

    assert "ANSWER_QUESTION" not in open_duties(session, hazard)
    assert D.ANSWER_QUESTION not in {move.decision for move in open_to(session, hazard, by=town.actors["principal"])}


def test_a_move_is_taken_back_by_its_maker_before_anybody_acts(session: Session, town: Town):
    hazard = report(session, town)
    before = fetch(session, hazard)
    hazard = decide(session, town, hazard, D.ACCEPT, "clerk", at=NOON + timedelta(hours=1))

    hazard = take(session, town, hazard, D.WITHDRAW, "clerk", at=NOON + timedelta(hours=2))

    assert (hazard.step, hazard.verifying_unit_id, hazard.due_at) == (Step.TRIAGE, None, before.due_at)
    assert list(live_clocks(session, hazard)) == [Clock.TRIAGE]
    assert move_item(session, hazard).due_at == before.due_at


def test_an_approval_of_the_plan_taken_back_leaves_the_rectification_limit_running(session: Session, town: Town):
    hazard = carry_to(session, town, Step.PLAN_REVIEW)
    before = live_clocks(session, hazard)
    hazard = decide(session, town, hazard, D.APPROVE_PLAN, "officer", at=NOON + A_DAY)

    hazard = take(session, town, hazard, D.WITHDRAW, "officer", at=NOON + A_DAY + timedelta(hours=1))

    after = live_clocks(session, hazard)
    assert {clock: row.due_at for clock, row in after.items()} == {clock: row.due_at for clock, row in before.items()}
    assert {Clock.RECTIFICATION, Clock.PLAN_REVIEW} <= after.keys()


def test_a_completion_taken_back_runs_on_with_its_duties(session: Session, town: Town):
    hazard = carry_to(session, town, Step.WORK)
    before, duties = live_clocks(session, hazard), set(open_duties(session, hazard))
    hazard = decide(session, town, hazard, D.COMPLETE, "principal", at=NOON + A_DAY)

    hazard = take(session, town, hazard, D.WITHDRAW, "principal", at=NOON + A_DAY + timedelta(hours=1))

    after = live_clocks(session, hazard)
    assert {clock: row.due_at for clock, row in after.items()} == {clock: row.due_at for clock, row in before.items()}
    assert (hazard.step, set(open_duties(session, hazard))) == (Step.WORK, duties)


def test_another_persons_move_is_not_taken_back(session: Session, town: Town):
    hazard = carry_to(session, town, Step.CLASSIFY)

    with pytest.raises(NotPermitted, match="只能撤回您本人"):
        take(session, town, hazard, D.WITHDRAW, "leader")


def test_what_cannot_be_taken_back_is_said(session: Session, town: Town):
    hazard = carry_to(session, town, Step.ASSIGN)

    with pytest.raises(WrongStage, match="不能办理“撤回”"):
        take(session, town, hazard, D.WITHDRAW, "head")


def test_after_the_next_person_took_it_on_nothing_is_taken_back(session: Session, town: Town):
    hazard = carry_to(session, town, Step.CLASSIFY)
    inbox.claim_item(session, move_item(session, hazard).id, by=town.officer)

    with pytest.raises(GateNotMet, match="已领取"):
        take(session, town, hazard, D.WITHDRAW, "clerk")


def test_a_finding_that_nobody_owns_it_makes_the_assignment_name_who_rectifies(session: Session, town: Town):
    hazard = carry_to(session, town, Step.CLASSIFY)
    hazard = take(session, town, hazard, D.MAJOR, "officer", no_owner=True)
    hazard = take(session, town, hazard, D.CONFIRM, "head")

    assert hazard.enterprise_id is None
    with pytest.raises(InvalidInput, match="没有登记责任单位"):
        decide(session, town, hazard, D.ASSIGN, "clerk", at=NOON + timedelta(hours=1))
