"""While a hazard is rectified: lead unit, progress, sub-actions, extensions, pauses, owners, look-backs."""

from datetime import date, timedelta
from typing import Any

import pytest
from pydantic import ValidationError
from sqlmodel import Session

from handling import live_clocks, local_day, move_item, open_duties, outcomes, settle, take
from models.errors import FourEyes, GateNotMet, InvalidInput
from models.forms import FORMS
from models.process import DecisionCode as D
from models.requests import RequestKind as K
from models.stage import Clock, Step
from services import progress
from town import NOON, STRAIGHT_WAY, Town, carry_to, decide, photo

A_DAY = timedelta(days=1)


def extension(session: Session, town: Town, on: str, **more: Any) -> dict[str, Any]:
    return {"new_limit_on": on, "late_reason": "设备到货推迟", "evidence": [photo(session, town.principal)], **more}


def test_an_assignment_returned_as_not_ours_is_arbitrated_with_the_final_word(session: Session, town: Town):
    hazard = take(session, town, carry_to(session, town, Step.SIGN), D.RETURN_NOT_MINE, "officer")
    hazard = take(session, town, hazard, D.ARBITRATE, "clerk")
    assert (hazard.lead_unit_id, move_item(session, hazard).unit_id) == (town.units["JFB"].id, town.units["JFB"].id)

    with pytest.raises(GateNotMet, match="裁定"):
        take(session, town, hazard, D.RETURN_NOT_MINE, "other_officer")

    assert (hazard.returned, hazard.arbitrated) == (1, True)


def test_an_assignment_not_signed_in_time_is_deemed_received(session: Session, town: Town):
    hazard = carry_to(session, town, Step.SIGN)
    with pytest.raises(GateNotMet, match="期限未满"):
        take(session, town, hazard, D.DEEM_RECEIVED, "clerk")

    late = NOON + 3 * A_DAY
    hazard = take(session, town, hazard, D.DEEM_RECEIVED, "clerk", at=late)

    assert (hazard.step, live_clocks(session, hazard)[Clock.RECTIFICATION].start_at) == (Step.PLAN, late)


def test_another_lead_unit_takes_over_everything_and_no_date_moves(session: Session, town: Town):
    hazard = carry_to(session, town, Step.RECHECK)
    before = {clock: row.due_at for clock, row in live_clocks(session, hazard).items()}

    hazard = take(session, town, hazard, D.REASSIGN, "clerk", at=NOON + A_DAY)

    assert move_item(session, hazard).unit_id == town.units["JFB"].id
    assert {clock: row.due_at for clock, row in live_clocks(session, hazard).items()} == before


def test_a_progress_report_starts_the_next_one(session: Session, town: Town):
    """2026-09-20 is a Sunday worked in exchange for a holiday, so the seventh day does not roll."""
    hazard = carry_to(session, town, Step.WORK)
    assert "PROGRESS" in open_duties(session, hazard)

    hazard = take(session, town, hazard, D.PROGRESS, "principal", at=NOON + 5 * A_DAY)

    assert local_day(live_clocks(session, hazard)[Clock.PROGRESS].due_at) == "2026-09-20"
    assert (hazard.progress_percent, outcomes(session, hazard, Clock.PROGRESS)) == (40, ["MET", None])


def test_progress_does_not_fall_without_a_reason(session: Session, town: Town):
    hazard = take(session, town, carry_to(session, town, Step.WORK), D.PROGRESS, "principal", at=NOON + A_DAY)

    with pytest.raises(InvalidInput, match="降为"):
        take(session, town, hazard, D.PROGRESS, "principal", at=NOON + 2 * A_DAY, percent=20)
    hazard = take(
        session, town, hazard, D.PROGRESS, "principal", at=NOON + 2 * A_DAY, percent=20, fallen_because="返工"
    )

    assert hazard.progress_percent == 20


def test_leaving_the_work_ends_the_progress_duty(session: Session, town: Town):
    hazard = carry_to(session, town, Step.RECHECK)

    assert "PROGRESS" not in open_duties(session, hazard)
    assert outcomes(session, hazard, Clock.PROGRESS) == ["MET"]


def test_a_question_is_answered_within_its_clock(session: Session, town: Town):
    hazard = take(session, town, carry_to(session, town, Step.WORK), D.QUESTION_PROGRESS, "officer")
    with pytest.raises(GateNotMet, match="尚未答复"):
        take(session, town, hazard, D.QUESTION_PROGRESS, "officer")
    assert open_duties(session, hazard)["ANSWER_QUESTION"].enterprise_id == town.enterprise.id

    hazard = take(session, town, hazard, D.ANSWER_QUESTION, "principal", at=NOON + A_DAY)

    assert outcomes(session, hazard, Clock.QUESTION) == ["MET"]


def test_completion_waits_for_every_sub_action(session: Session, town: Town):
    hazard = carry_to(session, town, Step.WORK)
    for work in ("安装火花探测", "清灰"):
        hazard = take(session, town, hazard, D.ADD_ACTION, "principal", work=work)
    with pytest.raises(GateNotMet, match="2项整改子项"):
        decide(session, town, hazard, D.COMPLETE, "principal", at=NOON + A_DAY)

    for row in progress.actions_of(session, hazard.id):
        hazard = take(session, town, hazard, D.FINISH_ACTION, "principal", at=NOON + A_DAY, action=row.id)
    hazard = decide(session, town, hazard, D.COMPLETE, "principal", at=NOON + A_DAY)

    assert (hazard.step, hazard.open_actions) == (Step.RECHECK, 0)


def test_an_extension_supersedes_the_limit_and_the_old_date_stays_on_record(session: Session, town: Town):
    hazard = carry_to(session, town, Step.WORK)
    before = live_clocks(session, hazard)[Clock.RECTIFICATION]

    hazard = settle(
        session,
        town,
        hazard,
        K.EXTENSION,
        "principal",
        "head",
        at=NOON + 5 * A_DAY,
        **extension(session, town, "2026-11-20"),
    )

    now = live_clocks(session, hazard)[Clock.RECTIFICATION]
    assert (local_day(now.due_at), now.start_at, hazard.extensions) == ("2026-11-20", before.start_at, 1)
    assert hazard.due_at == now.due_at == move_item(session, hazard).due_at
    assert outcomes(session, hazard, Clock.RECTIFICATION) == ["SUPERSEDED", None]


def test_a_second_extension_is_a_leaders_and_there_is_no_third(session: Session, town: Town):
    hazard = carry_to(session, town, Step.WORK)
    at = NOON + 5 * A_DAY
    with pytest.raises(GateNotMet, match="首次延期"):
        take(session, town, hazard, K.LAST_EXTENSION.ask, "principal", at=at, **extension(session, town, "2026-11-20"))
    hazard = settle(
        session, town, hazard, K.EXTENSION, "principal", "head", at=at, **extension(session, town, "2026-11-20")
    )
    with pytest.raises(GateNotMet, match="再次延期"):
        take(session, town, hazard, K.EXTENSION.ask, "principal", at=at, **extension(session, town, "2026-11-25"))
    hazard = settle(
        session, town, hazard, K.LAST_EXTENSION, "principal", "leader", at=at, **extension(session, town, "2026-11-25")
    )

    with pytest.raises(GateNotMet, match="已延期两次"):
        take(session, town, hazard, K.LAST_EXTENSION.ask, "principal", at=at, **extension(session, town, "2026-11-30"))


def test_after_the_limit_there_is_no_extension_to_ask_or_grant(session: Session, town: Town):
    hazard = carry_to(session, town, Step.WORK)
    due_at = live_clocks(session, hazard)[Clock.RECTIFICATION].due_at
    form = extension(session, town, "2026-11-20")
    asked = take(session, town, hazard, K.EXTENSION.ask, "principal", at=due_at, **form)

    with pytest.raises(GateNotMet, match="期限已过"):
        take(session, town, asked, K.EXTENSION.grant, "head", at=due_at + timedelta(microseconds=1))


def test_an_extension_moves_forward_and_stays_within_the_longest_limit(session: Session, town: Town):
    hazard = carry_to(session, town, Step.WORK)

    for on, why in (("2026-09-20", "不晚于现有期限"), ("2027-03-01", "超过90天")):
        with pytest.raises(InvalidInput, match=why):
            take(session, town, hazard, K.EXTENSION.ask, "principal", **extension(session, town, on))


def test_whoever_asks_for_more_time_does_not_grant_it(session: Session, town: Town):
    hazard = carry_to(session, town, Step.WORK)
    town.actors["officer_and_head"] = town.head
    asked = take(session, town, hazard, K.PAUSE.ask, "leader")

    with pytest.raises(FourEyes):
        take(session, town, asked, K.PAUSE.grant, "leader")


def test_a_pause_moves_the_limit_by_its_days_and_resuming_gives_the_rest_back(session: Session, town: Town):
    hazard = carry_to(session, town, Step.WORK)
    before = live_clocks(session, hazard)[Clock.RECTIFICATION].due_at

    hazard = settle(session, town, hazard, K.PAUSE, "clerk", "leader", at=NOON + A_DAY, until=date(2026, 9, 18))
    paused = live_clocks(session, hazard)[Clock.RECTIFICATION]
    hazard = take(session, town, hazard, D.RESUME_CLOCK, "clerk", at=NOON + 3 * A_DAY)
    resumed = live_clocks(session, hazard)[Clock.RECTIFICATION]

    assert (paused.due_at - before).days >= 10
    assert before < resumed.due_at < paused.due_at
    assert "依法中止计时" in resumed.reason
    with pytest.raises(GateNotMet, match="没有中止"):
        take(session, town, hazard, D.RESUME_CLOCK, "clerk", at=NOON + 3 * A_DAY)


def test_pauses_come_to_thirty_days_at_most(session: Session, town: Town):
    with pytest.raises(GateNotMet, match="30天"):
        take(session, town, carry_to(session, town, Step.WORK), K.PAUSE.ask, "clerk", until=date(2026, 10, 9))


def test_a_limit_beyond_the_rules_needs_two_and_its_ground(session: Session, town: Town):
    hazard = settle(session, town, carry_to(session, town, Step.WORK), K.LONG_LIMIT, "clerk", "leader")

    running = live_clocks(session, hazard)[Clock.RECTIFICATION]
    assert (local_day(running.due_at), running.basis) == ("2027-06-30", "项目施工计划")


def test_whoever_grants_a_limit_beyond_the_rules_may_grant_less(session: Session, town: Town):
    asked = take(session, town, carry_to(session, town, Step.WORK), K.LONG_LIMIT.ask, "clerk")

    for too_soon in (date(2026, 9, 20), date(2020, 1, 1)):
        with pytest.raises(InvalidInput, match="不晚于现有期限"):
            take(session, town, asked, K.LONG_LIMIT.grant, "leader", new_limit_on=too_soon)
    hazard = take(session, town, asked, K.LONG_LIMIT.grant, "leader", new_limit_on=date(2027, 1, 29))

    assert local_day(live_clocks(session, hazard)[Clock.RECTIFICATION].due_at) == "2027-01-29" == hazard.limit_on


def test_a_limit_that_has_passed_is_not_made_longer_by_the_rules_back_door(session: Session, town: Town):
    hazard = carry_to(session, town, Step.WORK)
    asked = take(session, town, hazard, K.LONG_LIMIT.ask, "clerk")
    late = live_clocks(session, hazard)[Clock.RECTIFICATION].due_at + timedelta(microseconds=1)

    with pytest.raises(GateNotMet, match="期限已过"):
        take(session, town, asked, K.LONG_LIMIT.grant, "leader", at=late)


@pytest.mark.parametrize("kind", sorted(set(K) - {K.EXTENSION, K.LAST_EXTENSION, K.LONG_LIMIT}))
def test_no_date_is_written_where_none_is_granted(kind: K):
    with pytest.raises(ValidationError, match="new_limit_on"):
        FORMS[kind.grant].model_validate({"new_limit_on": "2027-01-29"})


def test_a_partial_pass_is_no_failure_and_has_its_own_limit(session: Session, town: Town):
    hazard = take(session, town, carry_to(session, town, Step.JUDGE), D.PARTIAL, "head", at=NOON + 2 * A_DAY)

    assert (hazard.step, hazard.failure_count, hazard.limit_days) == (Step.WORK, 0, 10)


def test_the_district_reviews_what_the_town_may_not(session: Session, town: Town):
    hazard = take(session, town, carry_to(session, town, Step.RECHECK), D.REFER_DISTRICT, "head", at=NOON + A_DAY)
    assert hazard.step == Step.DISTRICT_REVIEW

    hazard = take(session, town, hazard, D.DISTRICT_RESULT, "officer", at=NOON + 2 * A_DAY)
    hazard = decide(session, town, hazard, D.PASS, "head", at=NOON + 2 * A_DAY)

    assert hazard.step == Step.GATE


def test_look_backs_come_thirty_and_ninety_days_after_the_close_out(session: Session, town: Town):
    hazard = carry_to(session, town, Step.CLOSED)

    hazard = take(session, town, hazard, D.LOOK_BACK_HOLDS, "officer", at=NOON + 30 * A_DAY)

    assert set(live_clocks(session, hazard)) == {Clock.LOOK_BACK_90}
    with pytest.raises(GateNotMet, match="没有待办"):
        take(session, town, hazard, D.LOOK_BACK_HOLDS, "officer", at=NOON + 31 * A_DAY)


def test_a_rebound_opens_the_next_cycle_of_the_same_hazard(session: Session, town: Town):
    hazard = carry_to(session, town, Step.CLOSED)

    hazard = settle(session, town, hazard, K.REOPENING, "officer", "clerk", at=NOON + 30 * A_DAY)

    assert (hazard.step, hazard.cycle, hazard.closed_at, hazard.limit_days) == (Step.ASSIGN, 2, None, None)
    assert set(live_clocks(session, hazard)) == {Clock.ASSIGNING}


def test_the_same_persons_carry_the_second_cycle(session: Session, town: Town):
    hazard = settle(
        session, town, carry_to(session, town, Step.CLOSED), K.REOPENING, "officer", "clerk", at=NOON + 30 * A_DAY
    )
    hazard_no = hazard.no
    at = NOON + 31 * A_DAY

    for code, who in STRAIGHT_WAY[3:9]:
        hazard = decide(session, town, hazard, code, who, at=at)

    assert (hazard.no, hazard.cycle, hazard.step) == (hazard_no, 2, Step.JUDGE)


def test_false_rectification_goes_to_enforcement(session: Session, town: Town):
    hazard = settle(
        session, town, carry_to(session, town, Step.CLOSED), K.REOPENING, "officer", "clerk", at=NOON + 30 * A_DAY,
        ground="FALSE_RECTIFICATION",
    )  # fmt: skip

    assert hazard.enforcement_at is not None
    assert "ENFORCE" in open_duties(session, hazard)
