"""The outbox: one message per decision in its own transaction, claimed by one, redelivered without harm."""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier
from typing import Any

import pytest
from sqlalchemy import Engine, Table, func, select
from sqlmodel import Session

from flows import effects
from models.engine import writing
from models.outbox import Topic
from models.process import DecisionCode
from models.stage import Step
from models.tables import AUDIT_EVENT, DEADLINE, DECISION, ESCALATION, HAZARD, LETTER, NOTICE, OUTBOX, WORK_ITEM
from services import escalations, outbox
from town import NOON, STRAIGHT_WAY, Town, carry_to, decide, report

LEASE = timedelta(seconds=60)
TICK = timedelta(microseconds=1)
EVERYTHING = (AUDIT_EVENT, DEADLINE, DECISION, ESCALATION, HAZARD, LETTER, NOTICE, WORK_ITEM)


def test_every_decision_that_moves_a_hazard_posts_exactly_one_message(session: Session, town: Town):
    hazard = carry_to(session, town, Step.CLOSED)

    moved = func.coalesce(DECISION.c.from_step, "") != DECISION.c.to_step
    moving = select(DECISION.c.id).where(DECISION.c.hazard_id == hazard.id, moved)
    posted = session.execute(select(OUTBOX.c.subject).where(OUTBOX.c.topic == Topic.ENTERED)).scalars().all()
    assert sorted(posted) == sorted(session.execute(moving).scalars())


def test_a_message_announces_the_step_that_was_entered(session: Session, town: Town):
    carry_to(session, town, Step.CLOSED)

    steps = (
        session.execute(select(OUTBOX.c.step).where(OUTBOX.c.topic == Topic.ENTERED).order_by(OUTBOX.c.created_at))
        .scalars()
        .all()
    )
    assert steps == [
        "TRIAGE", "CLASSIFY", "CONFIRM_MAJOR", "ASSIGN", "SIGN", "PLAN", "PLAN_REVIEW", "WORK", "RECHECK", "JUDGE", "GATE", "CLOSED",
    ]  # fmt: skip


@pytest.mark.parametrize(("code", "who"), STRAIGHT_WAY[:3])
def test_a_decision_rolled_back_leaves_no_message(session: Session, town: Town, code: DecisionCode, who: str):
    hazard = carry_to(session, town, Step[{"ACCEPT": "TRIAGE", "MAJOR": "CLASSIFY", "CONFIRM": "CONFIRM_MAJOR"}[code]])
    session.commit()
    before = _messages(session)

    decide(session, town, hazard, code, who, at=NOON)
    session.rollback()

    assert _messages(session) == before


def test_a_message_nobody_else_sees_before_the_commit(engine: Engine, session: Session, town: Town):
    report(session, town)
    session.rollback()

    with writing(engine) as other, other.begin():
        assert outbox.claim(other, by="other", at=NOON + LEASE, lease=LEASE) == []


def test_two_claimers_never_get_the_same_message(engine: Engine, session: Session, town: Town):
    for _ in range(40):
        report(session, town)
    session.commit()
    start = Barrier(4)

    with ThreadPoolExecutor(4) as pool:
        claims = list(pool.map(lambda name: _claim_all(engine, name, start), ("甲", "乙", "丙", "丁")))

    taken = [message for claimed in claims for message in claimed]
    assert len(taken) == len(set(taken)) == 40


def test_a_claimed_message_is_nobody_elses_until_its_lease_ends(session: Session, town: Town):
    report(session, town)
    [message] = outbox.claim(session, by="甲", at=NOON, lease=LEASE)

    before, at_its_end = (
        outbox.claim(session, by="乙", at=NOON + LEASE + late, lease=LEASE) for late in (-TICK, timedelta(0))
    )

    assert (before, [one.id for one in at_its_end]) == ([], [message.id])


def test_an_attempt_is_counted_at_the_claim(session: Session, town: Town):
    report(session, town)

    counted = [outbox.claim(session, by="甲", at=NOON + turn * LEASE, lease=LEASE)[0].attempts for turn in range(4)]

    assert counted == [1, 2, 3, 4]


def test_the_oldest_message_is_claimed_first(session: Session, town: Town):
    late = report(session, town, at=NOON + timedelta(hours=1))
    early = report(session, town)

    claimed = outbox.claim(session, by="甲", at=NOON + timedelta(hours=2), lease=LEASE)

    assert [message.hazard_id for message in claimed] == [early.id, late.id]


def test_a_message_is_acknowledged_once(session: Session, town: Town):
    report(session, town)
    [message] = outbox.claim(session, by="甲", at=NOON, lease=LEASE)

    answers = [outbox.acknowledge(session, message.id, at=NOON + turn * LEASE) for turn in range(3)]

    assert answers == [True, False, False]
    assert _messages(session)[0].done_at == NOON


def test_an_acknowledged_message_is_never_due_again(session: Session, town: Town):
    report(session, town)
    [message] = outbox.claim(session, by="甲", at=NOON, lease=LEASE)
    outbox.acknowledge(session, message.id, at=NOON)

    outbox.postpone(session, message.id, at=NOON, error="a failure that came too late")

    assert outbox.claim(session, by="乙", at=NOON + timedelta(days=9), lease=LEASE) == []
    assert outbox.waiting(session) == (0, None)


def test_the_wait_doubles_with_each_failure_up_to_an_hour(session: Session, town: Town):
    report(session, town)
    at, waits = NOON, []

    for _ in range(14):
        [message] = outbox.claim(session, by="甲", at=at, lease=LEASE)
        outbox.postpone(session, message.id, at=at, error="down")
        waits.append((_messages(session)[0].due_at - at).total_seconds())
        at = _messages(session)[0].due_at

    assert waits == [4, 8, 16, 32, 64, 128, 256, 512, 1024, 2048, 3600, 3600, 3600, 3600]


def test_a_failure_is_kept_in_a_few_words(session: Session, town: Town):
    report(session, town)
    [message] = outbox.claim(session, by="甲", at=NOON, lease=LEASE)

    outbox.postpone(session, message.id, at=NOON, error="断" * 5000)

    assert _messages(session)[0].last_error == "断" * 500


def test_the_oldest_waiting_message_is_told(session: Session, town: Town):
    for hours in (2, 1, 3):
        report(session, town, at=NOON + timedelta(hours=hours))

    assert outbox.waiting(session) == (3, NOON + timedelta(hours=1))


@pytest.mark.usefixtures("flows_here")
def test_a_message_carried_out_three_times_does_what_once_does(session: Session, town: Town):
    carry_to(session, town, Step.CLOSED)
    _escalate(session, town)
    session.commit()
    messages = _messages(session)
    session.commit()
    _carry_out(messages)
    once = _snapshot(session)

    for _ in range(2):
        _carry_out(messages)

    assert _snapshot(session) == once
    assert all(once)


@pytest.mark.usefixtures("flows_here")
def test_simultaneous_redelivery_tells_each_person_once(session: Session, town: Town):
    carry_to(session, town, Step.SIGN)
    _escalate(session, town)
    session.commit()
    messages = _messages(session)
    session.commit()

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(_carry_out, [messages] * 4))

    told = [(row.message_id, row.topic, row.person_id, row.channel_id) for row in session.execute(select(NOTICE))]
    letters = [(row.origin, row.kind) for row in session.execute(select(LETTER))]
    assert (len(told), len(letters)) == (len(set(told)), len(set(letters)))
    assert told
    assert letters


def _claim_all(engine: Engine, name: str, start: Barrier) -> list[str]:
    start.wait(30)
    mine: list[str] = []
    while True:
        with writing(engine) as session, session.begin():
            claimed = [message.id for message in outbox.claim(session, by=name, at=NOON, lease=LEASE, limit=3)]
        if not claimed:
            return mine
        mine += claimed


def _escalate(session: Session, town: Town) -> None:
    """One more hazard, whose triage is forty days late."""
    hazard = report(session, town)
    for deadline in session.execute(select(DEADLINE.c.id).where(DEADLINE.c.hazard_id == hazard.id)).scalars().all():
        escalations.fire_due_rungs(session, deadline, at=NOON + timedelta(days=40))


def _carry_out(messages: Sequence[Any]) -> None:
    for message in messages:
        names = {Topic.ESCALATED: ("tell_escalation",), Topic.DUTY: ("tell_of_duty",), Topic.ANSWERED: ("tell_answer",)}
        for name in names.get(message.topic) or effects.effects_of(Step(message.step)):
            effects.carry_out(name, message.id)


def _messages(session: Session) -> Sequence[Any]:
    return session.execute(select(OUTBOX).order_by(OUTBOX.c.created_at, OUTBOX.c.id)).all()


def _snapshot(session: Session) -> list[list[Any]]:
    rows = [session.execute(select(table).order_by(*_key(table))).all() for table in EVERYTHING]
    session.commit()
    return [list(found) for found in rows]


def _key(table: Table) -> list[Any]:
    return list(table.primary_key.columns)
