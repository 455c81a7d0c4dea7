"""The letters a level drafts, and the answers they ask for."""

import re
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import Engine, func, select
from sqlmodel import Session

from escalated import LATE_AT, carry_out, deadline_of, fire_level, fired_levels, race
from flows import effects
from handling import take
from models.engine import writing
from models.errors import NotFound, NotPermitted
from models.process import DecisionCode as D
from models.stage import Clock, Step
from models.tables import AUDIT_EVENT, LETTER, WORK_ITEM
from services import duties, escalations
from town import NOON, Town, carry_to, decide, fetch

A_DAY = timedelta(days=1)


@pytest.mark.usefixtures("flows_here")
def test_letters_are_numbered_without_gaps(session: Session, town: Town):
    hazards = [carry_to(session, town, step) for step in (Step.WORK, Step.RECHECK, Step.GATE, Step.TRIAGE, Step.ASSIGN)]
    messages = [message for hazard in hazards for message in fire_level(session, hazard, 2)]

    carry_out(session, messages)

    numbers = session.execute(select(LETTER.c.number)).scalars().all()
    assert sorted(int(re.sub(r"临安办督〔\d{4}〕(\d+)号", r"\1", number)) for number in numbers) == [1, 2, 3, 4, 5]


@pytest.mark.usefixtures("flows_here")
def test_a_replayed_level_finds_its_letter_again(session: Session, town: Town):
    hazard = carry_to(session, town, Step.WORK)
    messages = fire_level(session, hazard, 2)
    carry_out(session, messages)
    before = session.execute(select(LETTER)).all()

    carry_out(session, messages)

    assert session.execute(select(LETTER)).all() == before


@pytest.mark.usefixtures("flows_here")
def test_two_letters_drafted_at_once_get_two_numbers(session: Session, town: Town):
    hazards = [carry_to(session, town, Step.RECHECK) for _ in range(8)]
    messages = [fire_level(session, hazard, 2)[-1][1] for hazard in hazards]
    session.commit()

    race(*(lambda message=message: effects.carry_out("tell_escalation", message) for message in messages))

    numbers = session.execute(select(LETTER.c.number)).scalars().all()
    assert sorted(int(re.sub(r"\D*\d{4}\D(\d+)\D", r"\1", number)) for number in numbers) == list(range(1, 9))


@pytest.mark.usefixtures("flows_here")
@pytest.mark.parametrize(("against", "roles"), [("unit", "EN"), ("department", "DH")])
def test_a_letter_opens_one_answer_in_the_inbox_of_whoever_is_late(
    session: Session, town: Town, against: str, roles: str
):
    hazard = carry_to(session, town, LATE_AT[against])
    messages = fire_level(session, hazard, 2)

    for _ in range(3):
        carry_out(session, messages)

    [item] = _answers(session)
    holder = item.enterprise_id if against == "unit" else item.unit_id
    assert (item.roles, holder) == (roles, town.enterprise.id if against == "unit" else town.units["YJB"].id)
    assert not item.is_move


@pytest.mark.usefixtures("flows_here")
def test_where_no_enterprise_owns_it_the_unit_that_rectifies_answers(session: Session, town: Town):
    hazard = carry_to(session, town, Step.CLASSIFY)
    hazard = take(session, town, hazard, D.MAJOR, "officer", no_owner=True)
    hazard = take(session, town, hazard, D.CONFIRM, "head")
    leader = town.persons["leader"].id
    hazard = take(
        session, town, hazard, D.ASSIGN, "clerk", lead_unit="YJB", rectifying_unit="JFB", enterprise=None, leader=leader
    )
    hazard = decide(session, town, hazard, D.SIGN, "officer", at=NOON + timedelta(days=1))

    carry_out(session, fire_level(session, hazard, 2))

    [item] = _answers(session)
    assert (item.unit_id, item.enterprise_id) == (town.units["JFB"].id, None)
    duties.answer_letter(
        session, item.id, "已组织整改，附进度说明", by=town.actors["other_officer"], at=NOON + timedelta(days=40)
    )


@pytest.mark.usefixtures("flows_here")
def test_the_committees_own_lateness_asks_nobody_else_for_an_answer(session: Session, town: Town):
    hazard = carry_to(session, town, Step.GATE)

    carry_out(session, fire_level(session, hazard, 2))

    assert _answers(session) == []


@pytest.mark.usefixtures("flows_here")
@pytest.mark.parametrize(
    ("against", "stranger"),
    [("unit", "head"), ("unit", "clerk"), ("department", "other_head"), ("department", "principal")],
)
def test_another_unit_does_not_answer_the_letter(session: Session, town: Town, against: str, stranger: str):
    carry_out(session, fire_level(session, carry_to(session, town, LATE_AT[against]), 2))
    [item] = _answers(session)

    with pytest.raises(NotPermitted):
        duties.answer_letter(session, item.id, "已在办理", by=town.actors[stranger], at=NOON + 90 * A_DAY)

    assert _answers(session) == [item]


@pytest.mark.usefixtures("flows_here")
def test_another_enterprise_does_not_answer_the_letter(session: Session, town: Town):
    carry_out(session, fire_level(session, carry_to(session, town, Step.WORK), 2))
    [item] = _answers(session)

    with pytest.raises(NotPermitted):
        duties.answer_letter(
            session, item.id, "已在办理", by=replace(town.principal, enterprise_id="another"), at=NOON + 90 * A_DAY
        )


@pytest.mark.usefixtures("flows_here")
@pytest.mark.parametrize(("against", "who"), [("unit", "principal"), ("department", "head")])
def test_the_answer_closes_the_item_and_enters_the_history(session: Session, town: Town, against: str, who: str):
    hazard = carry_to(session, town, LATE_AT[against])
    carry_out(session, fire_level(session, hazard, 2))
    [item] = _answers(session)

    duties.answer_letter(session, item.id, "设备到货延迟，已追加班次", by=town.actors[who], at=NOON + 90 * A_DAY)

    newest = session.execute(
        select(AUDIT_EVENT).where(AUDIT_EVENT.c.stream == hazard.id).order_by(AUDIT_EVENT.c.seq.desc()).limit(1)
    ).one()
    assert (newest.type, newest.actor, newest.hash) == (
        "LETTER_ANSWERED",
        town.actors[who].person_id,
        fetch(session, hazard).chain_head,
    )
    assert _answers(session)[0].closed_by == town.actors[who].person_id


@pytest.mark.usefixtures("flows_here")
def test_a_letter_is_answered_once(session: Session, town: Town):
    carry_out(session, fire_level(session, carry_to(session, town, Step.RECHECK), 2))
    [item] = _answers(session)
    duties.answer_letter(session, item.id, "已在办理", by=town.head, at=NOON + 90 * A_DAY)

    with pytest.raises(NotFound):
        duties.answer_letter(session, item.id, "再次答复", by=town.head, at=NOON + 91 * A_DAY)


@pytest.mark.usefixtures("flows_here")
def test_of_two_answers_at_once_one_is_recorded(engine: Engine, session: Session, town: Town):
    carry_out(session, fire_level(session, carry_to(session, town, Step.RECHECK), 2))
    [item] = _answers(session)
    session.commit()

    answered = race(*(_answering(engine, town, item.id) for _ in range(4)))

    recorded = session.execute(select(func.count()).where(AUDIT_EVENT.c.type == "LETTER_ANSWERED")).scalar_one()
    assert (sum(answered), recorded) == (1, 1)


def _answering(engine: Engine, town: Town, item_id: str) -> Callable[[], bool]:
    def answer() -> bool:
        with writing(engine) as session, session.begin():
            try:
                duties.answer_letter(session, item_id, "已在办理", by=town.head, at=NOON + 90 * A_DAY)
            except NotFound:
                session.rollback()
                return False
        return True

    return answer


def _answers(session: Session) -> Sequence[Any]:
    return session.execute(select(WORK_ITEM).where(WORK_ITEM.c.kind == Clock.ANSWER)).all()


@pytest.mark.usefixtures("flows_here")
@pytest.mark.parametrize("answered", [False, True], ids=["silence", "answer"])
def test_a_letter_nobody_answers_leads_to_the_talk(session: Session, town: Town, answered: bool):
    hazard = carry_to(session, town, Step.RECHECK)
    carry_out(session, fire_level(session, hazard, 2)[-1:])
    answer = deadline_of(session, hazard, Clock.ANSWER)
    item = session.execute(select(WORK_ITEM).where(WORK_ITEM.c.kind == Clock.ANSWER)).one()
    assert answer.due_at == item.due_at
    if answered:
        duties.answer_letter(session, item.id, "已组织复查", by=town.head, at=answer.start_at + A_DAY)

    escalations.fire_due_rungs(session, answer.id, at=answer.due_at + A_DAY)

    levels = {row.level for row in fired_levels(session, hazard, Clock.REVIEW)}
    assert (3 in levels) == (not answered)
    assert not fired_levels(session, hazard, Clock.ANSWER)


@pytest.mark.usefixtures("flows_here")
def test_a_rectifying_unit_without_an_enterprise_answers_its_letter(session: Session, town: Town):
    hazard = carry_to(session, town, Step.WORK)
    hazard = take(session, town, hazard, D.CHANGE_OWNER, "clerk", enterprise=None, rectifying_unit="JFB")
    carry_out(session, fire_level(session, hazard, 2)[-1:])

    item = session.execute(select(WORK_ITEM).where(WORK_ITEM.c.kind == Clock.ANSWER)).one()

    assert (item.unit_id, item.enterprise_id) == (town.units["JFB"].id, None)
    duties.answer_letter(session, item.id, "已整改", by=town.actors["other_officer"], at=item.opened_at + A_DAY)
