"""What lies beside the process when a move is taken back 撤回: instructions and letters are nobody's move, and stay."""

from datetime import timedelta
from typing import Any

from sqlalchemy import select
from sqlmodel import Session

from handling import live_clocks, open_duties, take
from models.hazard import Hazard
from models.process import DecisionCode as D
from models.stage import Clock, Step
from models.tables import DEADLINE, ESCALATION, WORK_ITEM
from services import duties, escalations, instructions
from town import NOON, Town, carry_to, decide, fetch

AN_HOUR = timedelta(hours=1)
LATER = NOON + timedelta(days=1)


def instruct(session: Session, town: Town, hazard: Hazard, *, at: Any) -> None:
    instructions.instruct(session, hazard, "三日内报告", unit="JFB", due_on=None, by=town.mayor, at=at)


def letter(session: Session, hazard: Hazard, *, at: Any) -> str:
    """A supervision letter about the step's clock waits for an answer in writing; its work item."""
    clock = select(DEADLINE).where(DEADLINE.c.hazard_id == hazard.id, DEADLINE.c.clock == Clock.PLAN_REVIEW)
    deadline = session.execute(clock.where(DEADLINE.c.closed_at.is_(None))).one()
    lead = hazard.lead_unit_id
    duties.open_answer(session, hazard, deadline, origin="letter", unit_id=lead, due_at=at + timedelta(days=5), at=at)
    return session.execute(select(WORK_ITEM.c.id).where(WORK_ITEM.c.origin == "letter")).scalar_one()


def test_an_instruction_given_before_the_move_or_after_it_is_still_owed_its_report(session: Session, town: Town):
    hazard = carry_to(session, town, Step.PLAN_REVIEW)
    instruct(session, town, hazard, at=LATER)
    hazard = decide(session, town, fetch(session, hazard), D.APPROVE_PLAN, "officer", at=LATER + AN_HOUR)
    instruct(session, town, hazard, at=LATER + 2 * AN_HOUR)

    take(session, town, hazard, D.WITHDRAW, "officer", at=LATER + 3 * AN_HOUR)

    owed = select(WORK_ITEM.c.closed_at).where(WORK_ITEM.c.kind == "instruction")
    assert session.execute(owed).scalars().all() == [None, None]


def test_a_letter_that_waits_goes_on_waiting_and_one_that_was_answered_is_not_asked_again(session: Session, town: Town):
    hazard = carry_to(session, town, Step.PLAN_REVIEW)
    answered = letter(session, hazard, at=LATER)
    duties.answer_letter(session, answered, "已督促", by=town.officer, at=LATER + AN_HOUR)
    hazard = decide(session, town, fetch(session, hazard), D.APPROVE_PLAN, "officer", at=LATER + 2 * AN_HOUR)

    hazard = take(session, town, hazard, D.WITHDRAW, "officer", at=LATER + 3 * AN_HOUR)

    assert Clock.ANSWER not in live_clocks(session, hazard)
    assert Clock.ANSWER not in open_duties(session, hazard)


def test_a_letter_sent_before_the_move_still_waits_after_it_is_taken_back(session: Session, town: Town):
    hazard = carry_to(session, town, Step.PLAN_REVIEW)
    letter(session, hazard, at=LATER)
    hazard = decide(session, town, fetch(session, hazard), D.APPROVE_PLAN, "officer", at=LATER + AN_HOUR)

    hazard = take(session, town, hazard, D.WITHDRAW, "officer", at=LATER + 2 * AN_HOUR)

    assert Clock.ANSWER in live_clocks(session, hazard)
    assert Clock.ANSWER in open_duties(session, hazard)


def test_a_level_told_before_its_time_is_not_told_again_after_a_completion_taken_back(session: Session, town: Town):
    hazard = take(session, town, carry_to(session, town, Step.JUDGE), D.FAIL, "head", at=LATER)
    hazard = decide(session, town, hazard, D.COMPLETE, "principal", at=LATER + AN_HOUR)
    take(session, town, hazard, D.WITHDRAW, "principal", at=LATER + 2 * AN_HOUR)

    for deadline in escalations.due_deadlines(session, at=LATER + timedelta(days=12), limit=100):
        escalations.fire_due_rungs(session, deadline, at=LATER + timedelta(days=12))

    of_limit = ESCALATION.join(DEADLINE, DEADLINE.c.id == ESCALATION.c.deadline_id)
    told = select(ESCALATION.c.level).select_from(of_limit).where(DEADLINE.c.clock == Clock.RECTIFICATION)
    assert sorted(session.execute(told).scalars()) == [0, 1, 2]
