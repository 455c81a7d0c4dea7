"""What is laid on somebody beside the move, and how what they asked for was decided, reaches them."""

from datetime import timedelta

import pytest
from sqlalchemy import select
from sqlmodel import Session

from flows import effects
from handling import take
from models.outbox import Topic
from models.process import DecisionCode
from models.requests import RequestKind as K
from models.stage import Step
from models.tables import NOTICE, OUTBOX
from town import NOON, Town, carry_to, decide, photo


def last_message(session: Session, topic: Topic) -> str:
    """The newest message of a topic, everything committed so that a flow can work."""
    newest = select(OUTBOX.c.id).where(OUTBOX.c.topic == topic).order_by(OUTBOX.c.created_at.desc(), OUTBOX.c.id.desc())
    found = session.execute(newest).scalars().first()
    session.commit()
    assert found is not None
    return found


@pytest.mark.usefixtures("flows_here")
def test_a_request_reaches_whoever_decides_it_and_its_answer_whoever_asked(session: Session, town: Town):
    hazard = carry_to(session, town, Step.WORK)
    hazard = take(session, town, hazard, K.PAUSE.ask, "clerk")
    asked = last_message(session, Topic.DUTY)
    hazard = take(session, town, hazard, K.PAUSE.grant, "leader")
    answered = last_message(session, Topic.ANSWERED)
    effects.carry_out("tell_of_duty", asked)
    effects.carry_out("tell_answer", answered)

    told = {(row.topic, row.person_id) for row in session.execute(select(NOTICE.c.topic, NOTICE.c.person_id))}
    assert told == {("answered", town.clerk.person_id)}


@pytest.mark.usefixtures("flows_here")
def test_whoever_asked_for_what_lapsed_is_told_that_nobody_decides_it_any_more(session: Session, town: Town):
    hazard = carry_to(session, town, Step.WORK)
    hazard = take(session, town, hazard, K.EXTENSION.ask, "principal", new_limit_on="2026-11-20", late_reason="设备推迟",
                  evidence=[photo(session, town.principal)])  # fmt: skip
    decide(session, town, hazard, DecisionCode.COMPLETE, "principal", at=NOON + timedelta(days=1))

    effects.carry_out("tell_answer", last_message(session, Topic.ANSWERED))

    (notice,) = session.execute(select(NOTICE)).all()
    assert (notice.topic, notice.person_id) == ("answered", town.principal.person_id)
    assert "“申请延期”已失效" in notice.body


@pytest.mark.usefixtures("flows_here")
def test_a_question_reaches_the_enterprise(session: Session, town: Town):
    take(session, town, carry_to(session, town, Step.WORK), DecisionCode.QUESTION_PROGRESS, "officer")
    effects.carry_out("tell_of_duty", last_message(session, Topic.DUTY))

    told = {(row.topic, row.person_id) for row in session.execute(select(NOTICE.c.topic, NOTICE.c.person_id))}
    assert told == {("duty", town.principal.person_id), ("duty", town.controller.person_id)}


@pytest.mark.usefixtures("flows_here")
def test_a_request_waiting_is_told_to_whoever_may_grant_it(session: Session, town: Town):
    take(session, town, carry_to(session, town, Step.WORK), K.PAUSE.ask, "clerk")
    effects.carry_out("tell_of_duty", last_message(session, Topic.DUTY))

    told = set(session.execute(select(NOTICE.c.person_id)).scalars())
    assert told == {town.actors[who].person_id for who in ("clerk", "leader", "mayor", "director")}
