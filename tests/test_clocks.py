"""Clocks: when a limit starts, what moves it and what does not, and whether a decision was on time."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any

import pytest
from sqlalchemy import select
from sqlmodel import Session

from models.forms import Plan, Refusal, ReviewFailure
from models.hazard import Hazard
from models.limits import end_of
from models.permissions import Role
from models.process import STEPS, DecisionCode
from models.stage import Clock, Step
from models.tables import AUDIT_EVENT, DEADLINE, DECISION, WORK_ITEM
from services import duties, upkeep
from town import NOON, STRAIGHT_WAY, Town, carry_to, decide, report

A_DAY = timedelta(days=1)
TICK = timedelta(microseconds=1)
IN_DECEMBER = datetime(2026, 12, 7, 4, tzinfo=UTC)
"""Monday, 12:00 in 临江镇; thirty days on lies the next year, whose holidays nobody knows yet."""
OPEN_STEPS = [Step.TRIAGE, *(step for step in STEPS if step in {
    Step.CLASSIFY, Step.CONFIRM_MAJOR, Step.ASSIGN, Step.SIGN, Step.PLAN, Step.PLAN_REVIEW, Step.WORK, Step.RECHECK,
    Step.JUDGE, Step.GATE,
})]  # fmt: skip


def test_the_limit_starts_at_receipt_not_at_assignment(session: Session, town: Town):
    hazard = carry_to(session, town, Step.SIGN)
    received = NOON + 4 * A_DAY

    hazard = decide(session, town, hazard, DecisionCode.SIGN, "officer", at=received)

    [deadline] = _deadlines(session, hazard, Clock.RECTIFICATION)
    assert deadline.start_at == received
    assert deadline.due_at == end_of(datetime(2026, 10, 12, tzinfo=UTC).date())  # 30 days end on Sunday 10-11


def test_no_rectification_limit_runs_before_receipt(session: Session, town: Town):
    hazard = carry_to(session, town, Step.SIGN)

    assert _deadlines(session, hazard, Clock.RECTIFICATION) == []


def test_a_returned_and_rewritten_plan_never_moves_the_rectification_date(session: Session, town: Town):
    hazard = carry_to(session, town, Step.PLAN_REVIEW)
    before = _deadlines(session, hazard, Clock.RECTIFICATION)
    for day in range(1, 4):
        hazard = decide(
            session,
            town,
            hazard,
            DecisionCode.RETURN_PLAN,
            "officer",
            at=NOON + day * A_DAY,
            form=Refusal(reason="措施不具体"),
        )
        hazard = decide(
            session,
            town,
            hazard,
            DecisionCode.SUBMIT_PLAN,
            "principal",
            at=NOON + day * A_DAY,
            form=_plan(limit="请宽限至年底"),
        )

    hazard = decide(session, town, hazard, DecisionCode.APPROVE_PLAN, "officer", at=NOON + 5 * A_DAY)

    assert _deadlines(session, hazard, Clock.RECTIFICATION) == before
    assert hazard.due_at == before[0].due_at


def test_each_return_of_the_plan_starts_the_plan_clock_anew(session: Session, town: Town):
    hazard = carry_to(session, town, Step.PLAN_REVIEW)

    hazard = decide(
        session, town, hazard, DecisionCode.RETURN_PLAN, "officer", at=NOON + A_DAY, form=Refusal(reason="措施不具体")
    )

    first, second = _deadlines(session, hazard, Clock.PLAN)
    assert (first.outcome, second.outcome, second.start_at) == ("MET", None, NOON + A_DAY)


@pytest.mark.parametrize("step", OPEN_STEPS)
def test_a_hazard_on_its_way_has_one_open_move_item_and_a_live_deadline(session: Session, town: Town, step: Step):
    hazard = carry_to(session, town, step)

    assert [item.kind for item in _open_moves(session, hazard)] == [step]
    assert [row for row in _deadlines(session, hazard) if row.closed_at is None]


@pytest.mark.parametrize("step", OPEN_STEPS)
def test_the_hazard_and_its_open_item_carry_the_due_date_of_the_live_clock(session: Session, town: Town, step: Step):
    hazard = carry_to(session, town, step)

    live = {row.clock: row.due_at for row in _deadlines(session, hazard) if row.closed_at is None}
    clock = STEPS[step].clock
    assert clock is not None
    assert hazard.due_at == live[clock] == _open_moves(session, hazard)[0].due_at


def test_a_closed_hazard_leaves_nothing_but_its_two_look_backs(session: Session, town: Town):
    hazard = carry_to(session, town, Step.CLOSED)

    open_items = select(WORK_ITEM.c.kind).where(WORK_ITEM.c.hazard_id == hazard.id, WORK_ITEM.c.closed_at.is_(None))
    assert session.execute(open_items).scalars().all() == ["LOOK_BACK_HOLDS", "LOOK_BACK_HOLDS"]
    left = {row.clock: (row.due_at - row.start_at).days for row in _deadlines(session, hazard) if row.closed_at is None}
    assert set(left) == {Clock.LOOK_BACK_30, Clock.LOOK_BACK_90}
    assert hazard.due_at is None


@pytest.mark.parametrize(
    ("step", "clock", "hours"), [(Step.TRIAGE, Clock.URGENT_TRIAGE, 2), (Step.CLASSIFY, Clock.URGENT_VERIFICATION, 8)]
)
def test_where_people_are_in_danger_hours_run_instead_of_days(
    session: Session, town: Town, step: Step, clock: Clock, hours: int
):
    hazard = carry_to(session, town, step, urgent=True, persons_exposed=3, immediate_measures="已停产撤人")

    [live] = [row for row in _deadlines(session, hazard) if row.closed_at is None]
    assert (live.clock, live.due_at - live.start_at) == (clock, timedelta(hours=hours))


def test_the_urgent_clocks_stop_with_their_steps(session: Session, town: Town):
    hazard = carry_to(session, town, Step.ASSIGN, urgent=True, persons_exposed=3, immediate_measures="已停产撤人")

    outcomes = {row.clock: row.outcome for row in _deadlines(session, hazard)}
    assert outcomes == {
        Clock.URGENT_TRIAGE: "MET",
        Clock.URGENT_VERIFICATION: "MET",
        Clock.ASSIGNING: None,
        Clock.INTERIM_CHECK: None,
    }


def test_a_deadline_carries_everything_it_was_computed_from(session: Session, town: Town):
    hazard = carry_to(session, town, Step.PLAN)

    [deadline] = _deadlines(session, hazard, Clock.PLAN)
    versions = (deadline.rules_version, deadline.calendar_version, deadline.ladder_version)
    assert versions == (hazard.rules_version, hazard.calendar_version, hazard.ladder_version)
    assert (deadline.number, deadline.unit_of_time, deadline.certainty, deadline.against) == (5, "WD", "design", "unit")
    assert deadline.basis.startswith("本系统默认")
    assert deadline.reason == "自2026-09-07起5个工作日，当日不计；至2026-09-14 24:00止"


def test_a_limit_somebody_named_is_decided_and_keeps_its_basis(session: Session, town: Town):
    hazard = carry_to(session, town, Step.PLAN)

    [deadline] = _deadlines(session, hazard, Clock.RECTIFICATION)
    assert (deadline.number, deadline.unit_of_time) == (30, "CD")
    assert (deadline.basis, deadline.certainty, deadline.against) == ("责令限期整改指令书", "decided", "unit")


@pytest.mark.parametrize(("after_due", "outcome"), [(-TICK, "MET"), (timedelta(0), "MET"), (TICK, "LATE")])
def test_a_decision_is_on_time_up_to_the_very_instant_it_is_due(
    session: Session, town: Town, after_due: timedelta, outcome: str
):
    hazard = carry_to(session, town, Step.WORK)
    [deadline] = _deadlines(session, hazard, Clock.RECTIFICATION)

    decide(session, town, hazard, DecisionCode.COMPLETE, "principal", at=deadline.due_at + after_due)

    [closed] = _deadlines(session, hazard, Clock.RECTIFICATION)
    assert (closed.outcome, closed.closed_at) == (outcome, deadline.due_at + after_due)


def test_a_failed_review_starts_a_new_limit_and_the_old_one_stays(session: Session, town: Town):
    hazard = carry_to(session, town, Step.JUDGE)
    [before] = _deadlines(session, hazard, Clock.RECTIFICATION)

    failure = ReviewFailure(reason="火花探测未投用", limit_days=10, limit_on=None, limit_basis="复查意见书")
    hazard = decide(session, town, hazard, DecisionCode.FAIL, "head", at=NOON + 2 * A_DAY, form=failure)

    old, new = _deadlines(session, hazard, Clock.RECTIFICATION)
    assert old == before
    assert (new.start_at, new.number, new.basis, new.outcome) == (NOON + 2 * A_DAY, 10, "复查意见书", None)
    assert hazard.due_at == new.due_at


def test_a_clock_that_stopped_never_changes_afterwards(session: Session, town: Town):
    hazard = carry_to(session, town, Step.GATE)
    stopped = [row for row in _deadlines(session, hazard) if row.closed_at is not None]

    hazard = decide(session, town, hazard, DecisionCode.CLOSE, "clerk", at=NOON + 200 * A_DAY)

    assert [row for row in _deadlines(session, hazard) if row.id in {known.id for known in stopped}] == stopped


def test_a_limit_that_reaches_into_an_unpublished_year_is_provisional(session: Session, town: Town):
    hazard = carry_to(session, town, Step.PLAN, at=IN_DECEMBER)

    told = {
        row.clock: (row.provisional, "2027年节假日安排尚未公布" in row.reason)
        for row in _deadlines(session, hazard)
        if row.closed_at is None
    }
    told.pop(Clock.INTERIM_CHECK)  # runs in hours
    assert told == {Clock.PLAN: (False, False), Clock.RECTIFICATION: (True, True)}


def test_the_unpublished_year_is_asked_for_once_however_often_one_looks(session: Session, town: Town):
    carry_to(session, town, Step.PLAN, at=IN_DECEMBER)
    carry_to(session, town, Step.PLAN, at=IN_DECEMBER + A_DAY)

    for day in range(3):
        upkeep.ask_for_calendar(session, at=IN_DECEMBER + day * A_DAY)

    [task] = session.execute(select(WORK_ITEM).where(WORK_ITEM.c.kind == duties.CALENDAR_YEAR)).all()
    assert (task.origin, task.roles, task.hazard_id) == ("calendar-2027", f"{Role.AD} {Role.SC}", None)


def test_nothing_is_asked_for_while_every_limit_lies_in_a_known_year(session: Session, town: Town):
    carry_to(session, town, Step.PLAN)

    assert upkeep.ask_for_calendar(session, at=NOON) == 0


def test_recorded_time_never_runs_backwards(session: Session, town: Town):
    hazard = report(session, town)

    for hours, (code, who) in enumerate(STRAIGHT_WAY[:5]):
        hazard = decide(session, town, hazard, code, who, at=NOON - timedelta(hours=hours))

    moments = (
        session.execute(
            select(AUDIT_EVENT.c.recorded_at).where(AUDIT_EVENT.c.stream == hazard.id).order_by(AUDIT_EVENT.c.seq)
        )
        .scalars()
        .all()
    )
    assert all(later > earlier for earlier, later in pairwise(moments))


def test_decision_event_and_clock_tell_the_same_instant(session: Session, town: Town):
    hazard = report(session, town)

    hazard = decide(session, town, hazard, DecisionCode.ACCEPT, "clerk", at=NOON - A_DAY)

    decided = session.execute(select(DECISION.c.decided_at).where(DECISION.c.code == DecisionCode.ACCEPT)).scalar_one()
    recorded = session.execute(
        select(AUDIT_EVENT.c.recorded_at).where(AUDIT_EVENT.c.type == DecisionCode.ACCEPT)
    ).scalar_one()
    [stopped] = _deadlines(session, hazard, Clock.TRIAGE)
    [started] = _deadlines(session, hazard, Clock.VERIFICATION)
    assert {decided, recorded, stopped.closed_at, started.start_at} == {NOON + TICK}


def _deadlines(session: Session, hazard: Hazard, clock: Clock | None = None) -> Sequence[Any]:
    rows = session.execute(
        select(DEADLINE).where(DEADLINE.c.hazard_id == hazard.id).order_by(DEADLINE.c.start_at, DEADLINE.c.id)
    ).all()
    return [row for row in rows if clock is None or row.clock == clock]


def _open_moves(session: Session, hazard: Hazard) -> Sequence[Any]:
    return session.execute(
        select(WORK_ITEM).where(
            WORK_ITEM.c.hazard_id == hazard.id, WORK_ITEM.c.is_move, WORK_ITEM.c.closed_at.is_(None)
        )
    ).all()


def _plan(*, limit: str) -> Plan:
    return Plan.model_validate({
        "goals": "消除粉尘爆炸危险", "measures": "加装磁选", "funds_yuan": "80000", "funds_source": "企业自筹", "responsible": "安全管理人员",
        "limit_and_requirements": limit, "safety_measures": "整改期间停产", "acceptance_criteria": "逐条消除",
        "principal_signed_on": NOON.date(),
    })  # fmt: skip
