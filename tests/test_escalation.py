"""The ladder 督办升级: each level once, in its time, in order, to the right people, and on the record."""

import json
import re
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import datetime, timedelta
from threading import Barrier
from typing import Any

import pytest
from sqlalchemy import Engine, delete, func, select
from sqlmodel import Session, col

from flows import effects
from models import RoleGrant
from models.engine import writing
from models.errors import NotFound, NotPermitted
from models.forms import Acceptance
from models.hazard import Hazard
from models.ladder import rungs
from models.permissions import Operation, Role
from models.process import DecisionCode
from models.stage import Clock, Step
from models.tables import AUDIT_EVENT, DEADLINE, ESCALATION, LETTER, NOTICE, OUTBOX, WORK_ITEM
from services import access, duties, escalations, history_check, keys, office, policies, sealing, trail
from services.seeding import read_data
from settings import Settings
from town import NOON, Town, add_person, carry_to, decide, fetch, report

A_DAY = timedelta(days=1)
TICK = timedelta(microseconds=1)
SWEEPERS = 6
RACES = 20
LATE_AT = {"unit": Step.WORK, "department": Step.RECHECK, "committee": Step.GATE}
"""By party, a step whose clock is that party's."""
SEATS: dict[str, tuple[str, ...]] = {
    "rectifier": ("principal", "controller"), "principal": ("principal",), "actual_controller": ("controller",),
    "handler": ("officer", "second_officer"), "department_head": ("head",), "deputy_leader": ("leader",), "town_leader": ("mayor",),
    "committee_director": ("director",), "committee_office": ("clerk",), "district_department": ("district",), "district_office": (),
}  # fmt: skip
"""Who in 临江镇 holds the office a level addresses; the district's committee office is vacant."""
LEVELS = [(against, row) for against in LATE_AT for row in read_data("ladder.json")["ladders"][against]]


def test_each_level_of_forty_deadlines_fires_once_under_six_sweepers(engine: Engine, session: Session, town: Town):
    for _ in range(40):
        report(session, town)
    session.commit()
    start = Barrier(SWEEPERS)

    with ThreadPoolExecutor(SWEEPERS) as pool:
        fired = list(pool.map(lambda _: _sweep_all(engine, NOON + 60 * A_DAY, start), range(SWEEPERS)))

    messages = [message for mine in fired for message in mine]
    events = session.execute(select(func.count()).where(AUDIT_EVENT.c.type == escalations.ESCALATED)).scalar_one()
    posted = session.execute(select(func.count()).where(OUTBOX.c.topic == "hazard.escalated")).scalar_one()
    levels = session.execute(select(ESCALATION.c.deadline_id, ESCALATION.c.level)).all()
    assert len(messages) == len(set(messages)) == len(set(levels)) == events == posted == 40 * 5


def test_a_second_sweep_of_the_same_deadline_fires_nothing(session: Session, town: Town):
    hazard = report(session, town)
    _sweep(session, hazard, NOON + 60 * A_DAY)

    assert _sweep(session, hazard, NOON + 90 * A_DAY) == []


def test_one_sweep_leaves_no_due_level_out(session: Session, town: Town):
    hazard = carry_to(session, town, Step.WORK)
    at = _deadline(session, hazard, Clock.RECTIFICATION).due_at + 3 * A_DAY

    _sweep(session, hazard, at)

    assert [row.level for row in _fired(session, hazard)] == [
        rung.level for rung in _rungs(session, hazard, Clock.RECTIFICATION) if rung.at <= at
    ]
    assert escalations.due_deadlines(session, at=at) == []


@pytest.mark.parametrize("level", range(5))
@pytest.mark.parametrize("clock", [Clock.TRIAGE, Clock.RECTIFICATION])
def test_no_level_fires_before_its_time_and_each_at_its_time(session: Session, town: Town, clock: Clock, level: int):
    hazard = carry_to(session, town, {Clock.TRIAGE: Step.TRIAGE, Clock.RECTIFICATION: Step.WORK}[clock])
    rung = _rungs(session, hazard, clock)[level]

    _sweep(session, hazard, rung.at - TICK)
    before = [row.level for row in _fired(session, hazard)]
    _sweep(session, hazard, rung.at)

    assert before == list(range(level))
    last = _fired(session, hazard)[-1]
    assert (last.level, last.level_due_at, last.fired_at, last.late) == (level, rung.at, rung.at, False)


def test_a_deadline_is_not_due_before_its_next_rung(session: Session, town: Town):
    hazard = report(session, town)
    first = _rungs(session, hazard, Clock.TRIAGE)[0].at

    assert escalations.due_deadlines(session, at=first - TICK) == []
    assert escalations.due_deadlines(session, at=first) == [_deadline(session, hazard, Clock.TRIAGE).id]


def test_after_downtime_each_missed_level_has_its_own_row_with_its_true_time(session: Session, town: Town):
    hazard = carry_to(session, town, Step.WORK)
    back = _deadline(session, hazard, Clock.RECTIFICATION).due_at + 40 * A_DAY

    _sweep(session, hazard, back)

    told = [(row.level, row.level_due_at, row.fired_at, row.late) for row in _fired(session, hazard)]
    assert told == [
        (rung.level, rung.at, back, rung.level < 4) for rung in _rungs(session, hazard, Clock.RECTIFICATION)
    ]


def test_missed_levels_enter_the_history_in_order(session: Session, town: Town):
    hazard = report(session, town)

    _sweep(session, hazard, NOON + 40 * A_DAY)

    assert [event["level"] for event in _events(session, hazard)] == [0, 1, 2, 3, 4]


@pytest.mark.usefixtures("flows_here")
def test_after_downtime_only_the_highest_level_tells_people_and_drafts_a_letter(session: Session, town: Town):
    hazard = report(session, town)
    messages = _sweep(session, hazard, NOON + 40 * A_DAY)

    _carry_out(session, messages)

    assert {row.topic for row in session.execute(select(NOTICE))} == {"escalation_4", "vacancy"}
    assert [row.kind for row in session.execute(select(LETTER))] == ["提级督办请示"]


@pytest.mark.parametrize("level", range(5))
def test_a_step_done_before_a_levels_time_never_gets_that_level(session: Session, town: Town, level: int):
    hazard = report(session, town)
    rung = _rungs(session, hazard, Clock.TRIAGE)[level]
    _sweep(session, hazard, rung.at - TICK)

    decide(session, town, hazard, DecisionCode.ACCEPT, "clerk", at=rung.at - TICK)
    for deadline in _deadline_ids(session, hazard, Clock.TRIAGE):
        escalations.fire_due_rungs(session, deadline, at=rung.at + 90 * A_DAY)

    assert [row.level for row in _fired(session, hazard)] == list(range(level))


def test_a_completion_in_time_during_downtime_gets_no_level_afterwards(session: Session, town: Town):
    hazard = carry_to(session, town, Step.WORK)
    deadline = _deadline(session, hazard, Clock.RECTIFICATION)
    decide(session, town, hazard, DecisionCode.COMPLETE, "principal", at=deadline.due_at)

    fired = escalations.fire_due_rungs(session, deadline.id, at=deadline.due_at + 40 * A_DAY)

    assert (fired, deadline.id in escalations.due_deadlines(session, at=deadline.due_at + 40 * A_DAY)) == ([], False)


def test_a_closed_hazard_is_never_escalated(session: Session, town: Town):
    hazard = carry_to(session, town, Step.CLOSED)

    assert escalations.due_deadlines(session, at=NOON + 900 * A_DAY) == []
    assert [
        escalations.fire_due_rungs(session, deadline, at=NOON + 900 * A_DAY)
        for deadline in _deadline_ids(session, hazard)
    ] == [[]] * 10


def test_a_sweep_and_a_decision_at_the_same_instant_never_both_win(engine: Engine, session: Session, town: Town):
    hazards = [report(session, town) for _ in range(RACES)]
    due_at = _deadline(session, hazards[0], Clock.TRIAGE).due_at
    session.commit()

    for hazard in hazards:
        _race(_accepting(engine, town, hazard, due_at), _sweeping(engine, hazard, due_at))

    stories = [
        (_deadline(session, hazard, Clock.TRIAGE).outcome, [row.level for row in _fired(session, hazard)])
        for hazard in hazards
    ]
    assert {(outcome, tuple(levels)) for outcome, levels in stories} <= {("MET", ()), ("LATE", (0, 1))}


def test_after_a_race_the_history_is_whole(engine: Engine, session: Session, town: Town, app_settings: Settings):
    hazards = [report(session, town) for _ in range(RACES)]
    due_at = _deadline(session, hazards[0], Clock.TRIAGE).due_at
    session.commit()

    for hazard in hazards:
        _race(
            _accepting(engine, town, hazard, due_at),
            _sweeping(engine, hazard, due_at),
            _sweeping(engine, hazard, due_at + A_DAY),
        )

    assert _findings(session, app_settings) == []


@pytest.mark.usefixtures("flows_here")
@pytest.mark.parametrize(
    ("against", "level"), LEVELS, ids=lambda value: value if isinstance(value, str) else str(value["level"])
)
def test_each_level_tells_the_people_the_ladder_names(
    session: Session, town: Town, against: str, level: dict[str, Any]
):
    hazard = carry_to(session, town, LATE_AT[against])
    messages = _fire_level(session, hazard, level["level"])

    _carry_out(session, messages[-1:])

    named = {town.actors[who].person_id for office in level["recipients"] for who in SEATS[office]}
    assert _told(session, f"escalation_{level['level']}") == named


@pytest.mark.usefixtures("flows_here")
@pytest.mark.parametrize(
    "step", [Step.CLASSIFY, Step.CONFIRM_MAJOR, Step.SIGN, Step.PLAN_REVIEW, Step.RECHECK, Step.JUDGE]
)
def test_a_departments_lateness_addresses_the_department_never_the_enterprise(session: Session, town: Town, step: Step):
    hazard = carry_to(session, town, step)
    deadline = next(row for row in _live(session, hazard) if row.against == "department")

    for level in range(5):
        rung = _rungs_of(session, deadline)[level]
        _carry_out(session, escalations.fire_due_rungs(session, deadline.id, at=rung.at)[-1:])

    told = {row.person_id for row in session.execute(select(NOTICE))}
    letters = session.execute(select(LETTER)).all()
    assert told & {town.principal.person_id, town.controller.person_id} == set()
    assert {town.head.person_id, town.officer.person_id} <= told
    assert [letter.body.split("：")[0] for letter in letters] == ["应急办"] * 3


@pytest.mark.usefixtures("flows_here")
@pytest.mark.parametrize(
    ("step", "addressee"),
    [(Step.TRIAGE, "镇安委办"), (Step.ASSIGN, "镇安委办"), (Step.GATE, "镇安委办"), (Step.WORK, "某生物颗粒有限公司")],
)
def test_a_letter_addresses_whoever_is_late(session: Session, town: Town, step: Step, addressee: str):
    hazard = carry_to(session, town, step)

    _carry_out(session, _fire_level(session, hazard, 2)[-1:])

    [letter] = session.execute(select(LETTER)).all()
    assert (letter.kind, letter.body.split("：")[0]) == ("督办函", addressee)


@pytest.mark.usefixtures("flows_here")
def test_a_vacant_office_is_told_to_the_committee_office_and_the_leaders(session: Session, town: Town):
    hazard = carry_to(session, town, Step.RECHECK)
    session.execute(delete(RoleGrant).where(col(RoleGrant.person_id) == town.head.person_id))

    _carry_out(session, _fire_level(session, hazard, 1)[-1:])

    assert _told(session, "escalation_1") == {town.officer.person_id, town.second_officer.person_id}
    assert _told(session, "vacancy") == {town.clerk.person_id, town.leader.person_id, town.director.person_id}
    assert (
        "部门负责人" in session.execute(select(NOTICE.c.body).where(NOTICE.c.topic == "vacancy").limit(1)).scalar_one()
    )


@pytest.mark.usefixtures("flows_here")
def test_with_nobody_left_to_tell_the_committee_office_is_told(session: Session, town: Town):
    hazard = carry_to(session, town, Step.RECHECK)
    session.execute(delete(RoleGrant).where(col(RoleGrant.unit_id) == town.units["YJB"].id))

    _carry_out(session, _fire_level(session, hazard, 0)[-1:])

    assert _told(session, "escalation_0") == {town.clerk.person_id}


@pytest.mark.usefixtures("flows_here")
def test_a_new_holder_of_an_office_is_told_from_then_on(session: Session, town: Town):
    hazard = carry_to(session, town, Step.RECHECK)
    session.execute(delete(RoleGrant).where(col(RoleGrant.person_id) == town.head.person_id))
    add_person(session, town, "new_head", "应急办负责人乙", Role.DH, "YJB", None, NOON)

    _carry_out(session, _fire_level(session, hazard, 1)[-1:])

    assert town.new_head.person_id in _told(session, "escalation_1")
    assert town.head.person_id not in _told(session, "escalation_1")


@pytest.mark.usefixtures("flows_here")
def test_letters_are_numbered_without_gaps(session: Session, town: Town):
    hazards = [carry_to(session, town, step) for step in (Step.WORK, Step.RECHECK, Step.GATE, Step.TRIAGE, Step.ASSIGN)]
    messages = [message for hazard in hazards for message in _fire_level(session, hazard, 2)]

    _carry_out(session, messages)

    numbers = session.execute(select(LETTER.c.number)).scalars().all()
    assert sorted(int(re.sub(r"临安办督〔\d{4}〕(\d+)号", r"\1", number)) for number in numbers) == [1, 2, 3, 4, 5]


@pytest.mark.usefixtures("flows_here")
def test_a_replayed_level_finds_its_letter_again(session: Session, town: Town):
    hazard = carry_to(session, town, Step.WORK)
    messages = _fire_level(session, hazard, 2)
    _carry_out(session, messages)
    before = session.execute(select(LETTER)).all()

    _carry_out(session, messages)

    assert session.execute(select(LETTER)).all() == before


@pytest.mark.usefixtures("flows_here")
def test_two_letters_drafted_at_once_get_two_numbers(session: Session, town: Town):
    hazards = [carry_to(session, town, Step.RECHECK) for _ in range(8)]
    messages = [_fire_level(session, hazard, 2)[-1][1] for hazard in hazards]
    session.commit()

    _race(*(lambda message=message: effects.carry_out("tell_escalation", message) for message in messages))

    numbers = session.execute(select(LETTER.c.number)).scalars().all()
    assert sorted(int(re.sub(r"\D*\d{4}\D(\d+)\D", r"\1", number)) for number in numbers) == list(range(1, 9))


@pytest.mark.usefixtures("flows_here")
@pytest.mark.parametrize(("against", "roles"), [("unit", "EN"), ("department", "DH")])
def test_a_letter_opens_one_answer_in_the_inbox_of_whoever_is_late(
    session: Session, town: Town, against: str, roles: str
):
    hazard = carry_to(session, town, LATE_AT[against])
    messages = _fire_level(session, hazard, 2)

    for _ in range(3):
        _carry_out(session, messages)

    [item] = _answers(session)
    holder = item.enterprise_id if against == "unit" else item.unit_id
    assert (item.roles, holder) == (roles, town.enterprise.id if against == "unit" else town.units["YJB"].id)
    assert not item.is_move


@pytest.mark.usefixtures("flows_here")
def test_the_committees_own_lateness_asks_nobody_else_for_an_answer(session: Session, town: Town):
    hazard = carry_to(session, town, Step.GATE)

    _carry_out(session, _fire_level(session, hazard, 2))

    assert _answers(session) == []


@pytest.mark.usefixtures("flows_here")
@pytest.mark.parametrize(
    ("against", "stranger"),
    [("unit", "head"), ("unit", "clerk"), ("department", "other_head"), ("department", "principal")],
)
def test_another_unit_does_not_answer_the_letter(session: Session, town: Town, against: str, stranger: str):
    _carry_out(session, _fire_level(session, carry_to(session, town, LATE_AT[against]), 2))
    [item] = _answers(session)

    with pytest.raises(NotPermitted):
        duties.answer_letter(session, item.id, "已在办理", by=town.actors[stranger], at=NOON + 90 * A_DAY)

    assert _answers(session) == [item]


@pytest.mark.usefixtures("flows_here")
def test_another_enterprise_does_not_answer_the_letter(session: Session, town: Town):
    _carry_out(session, _fire_level(session, carry_to(session, town, Step.WORK), 2))
    [item] = _answers(session)

    with pytest.raises(NotPermitted):
        duties.answer_letter(
            session, item.id, "已在办理", by=replace(town.principal, enterprise_id="another"), at=NOON + 90 * A_DAY
        )


@pytest.mark.usefixtures("flows_here")
@pytest.mark.parametrize(("against", "who"), [("unit", "principal"), ("department", "head")])
def test_the_answer_closes_the_item_and_enters_the_history(session: Session, town: Town, against: str, who: str):
    hazard = carry_to(session, town, LATE_AT[against])
    _carry_out(session, _fire_level(session, hazard, 2))
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
    _carry_out(session, _fire_level(session, carry_to(session, town, Step.RECHECK), 2))
    [item] = _answers(session)
    duties.answer_letter(session, item.id, "已在办理", by=town.head, at=NOON + 90 * A_DAY)

    with pytest.raises(NotFound):
        duties.answer_letter(session, item.id, "再次答复", by=town.head, at=NOON + 91 * A_DAY)


@pytest.mark.usefixtures("flows_here")
def test_of_two_answers_at_once_one_is_recorded(engine: Engine, session: Session, town: Town):
    _carry_out(session, _fire_level(session, carry_to(session, town, Step.RECHECK), 2))
    [item] = _answers(session)
    session.commit()

    answered = _race(*(_answering(engine, town, item.id) for _ in range(4)))

    recorded = session.execute(select(func.count()).where(AUDIT_EVENT.c.type == "LETTER_ANSWERED")).scalar_one()
    assert (sum(answered), recorded) == (1, 1)


def test_every_escalation_is_an_event_of_the_hazards_chain(session: Session, town: Town, app_settings: Settings):
    hazard = report(session, town)
    _sweep(session, hazard, NOON + 40 * A_DAY)
    hazard = decide(session, town, hazard, DecisionCode.ACCEPT, "clerk", at=NOON + 41 * A_DAY)

    recorded = {
        (event["escalation_id"], event["level"], event["level_due_at"], event["late"])
        for event in _events(session, hazard)
    }
    session.commit()
    assert recorded == {(row.id, row.level, trail.stamp(row.level_due_at), row.late) for row in _fired(session, hazard)}
    assert _findings(session, app_settings) == []


def test_an_escalation_leaves_the_version_people_work_on(session: Session, town: Town):
    hazard = report(session, town)

    _sweep(session, hazard, NOON + 40 * A_DAY)

    assert fetch(session, hazard).version == hazard.version


def _sweep_all(engine: Engine, at: datetime, start: Barrier) -> list[str]:
    """One sweeper: everything due, each deadline in a transaction of its own, until nothing is left."""
    start.wait(30)
    fired: list[str] = []
    while True:
        with writing(engine) as session, session.begin():
            due = escalations.due_deadlines(session, at=at, limit=7)
        if not due:
            return fired
        for deadline in due:
            with writing(engine) as session, session.begin():
                fired += [message for _, message in escalations.fire_due_rungs(session, deadline, at=at)]


def _accepting(engine: Engine, town: Town, hazard: Hazard, at: datetime) -> Callable[[], object]:
    def accept() -> None:
        with writing(engine) as session, session.begin():
            locked = access.lock_hazard_for(session, hazard.no, Operation.ACCEPT_REPORT, by=town.clerk)
            form = _acceptance()
            office.DECISIONS[DecisionCode.ACCEPT](session, locked, form, by=town.clerk, at=at)

    return accept


def _sweeping(engine: Engine, hazard: Hazard, at: datetime) -> Callable[[], object]:
    def sweep() -> None:
        with writing(engine) as session, session.begin():
            for deadline in _deadline_ids(session, hazard, Clock.TRIAGE):
                escalations.fire_due_rungs(session, deadline, at=at)

    return sweep


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


def _race(*requests: Callable[[], Any]) -> list[Any]:
    start = Barrier(len(requests))
    with ThreadPoolExecutor(len(requests)) as pool:
        running = [pool.submit(lambda request=request: (start.wait(30), request())[1]) for request in requests]
        return [one.result(60) for one in running]


def _acceptance() -> Any:

    return Acceptance(verifying_unit="YJB", comment="")


def _sweep(session: Session, hazard: Hazard, at: datetime) -> list[tuple[str, str]]:
    live = [row.id for row in _live(session, hazard)]
    return [fired for deadline in live for fired in escalations.fire_due_rungs(session, deadline, at=at)]


def _fire_level(session: Session, hazard: Hazard, level: int) -> list[tuple[str, str]]:
    """Let the clock of the hazard's step reach a level, the lower ones missed."""
    deadline = next(row for row in _live(session, hazard) if row.due_at == hazard.due_at)
    return escalations.fire_due_rungs(session, deadline.id, at=_rungs_of(session, deadline)[level].at)


def _carry_out(session: Session, messages: Iterable[tuple[str, str]]) -> None:
    session.commit()
    for _, message in messages:
        effects.carry_out("tell_escalation", message)


def _told(session: Session, topic: str) -> set[str]:
    return set(session.execute(select(NOTICE.c.person_id).where(NOTICE.c.topic == topic)).scalars())


def _fired(session: Session, hazard: Hazard) -> Sequence[Any]:
    return session.execute(
        select(ESCALATION).where(ESCALATION.c.hazard_id == hazard.id).order_by(ESCALATION.c.level)
    ).all()


def _live(session: Session, hazard: Hazard) -> Sequence[Any]:
    return session.execute(
        select(DEADLINE).where(DEADLINE.c.hazard_id == hazard.id, DEADLINE.c.closed_at.is_(None))
    ).all()


def _deadline(session: Session, hazard: Hazard, clock: Clock) -> Any:
    return session.execute(select(DEADLINE).where(DEADLINE.c.hazard_id == hazard.id, DEADLINE.c.clock == clock)).one()


def _deadline_ids(session: Session, hazard: Hazard, clock: Clock | None = None) -> list[str]:
    of_hazard = select(DEADLINE.c.id).where(DEADLINE.c.hazard_id == hazard.id)
    return list(session.execute(of_hazard.where(DEADLINE.c.clock == clock) if clock else of_hazard).scalars())


def _rungs(session: Session, hazard: Hazard, clock: Clock) -> list[Any]:
    return _rungs_of(session, _deadline(session, hazard, clock))


def _rungs_of(session: Session, deadline: Any) -> list[Any]:
    ladder, calendar = (
        policies.ladder(session, deadline.ladder_version),
        policies.calendar(session, deadline.calendar_version),
    )
    return rungs(deadline.start_at, deadline.due_at, deadline.against, ladder, calendar)


def _events(session: Session, hazard: Hazard) -> list[dict[str, Any]]:

    of_hazard = (AUDIT_EVENT.c.stream == hazard.id, AUDIT_EVENT.c.type == escalations.ESCALATED)
    return [
        json.loads(body)
        for body in session.execute(select(AUDIT_EVENT.c.body).where(*of_hazard).order_by(AUDIT_EVENT.c.seq)).scalars()
    ]


def _answers(session: Session) -> Sequence[Any]:
    return session.execute(select(WORK_ITEM).where(WORK_ITEM.c.kind == Clock.ANSWER)).all()


def _findings(session: Session, held: Settings) -> list[str]:
    """What is wrong with the whole history, sealed."""
    key = keys.signing_key(held.key_dir)
    sealing.seal(session, key, at=NOON + 900 * A_DAY)
    return history_check.verify_history(session, key, at=NOON + 900 * A_DAY).findings
