"""The move table holds together, and a decision on a hazard that has changed meanwhile writes nothing."""

from collections.abc import Iterable

import pytest
from sqlalchemy import Table, func, select
from sqlmodel import Session

from models.errors import StaleVersion, WrongStage
from models.forms import FORMS
from models.operations import Operation
from models.permissions import roles_for
from models.process import FIRST_STEP, MOVES, STEPS, DecisionCode, Move, move_for, moves_at
from models.stage import Owner, Step
from models.tables import AUDIT_EVENT, DEADLINE, DECISION, HAZARD_PARTY, OUTBOX, SIGNATURE, WORK_ITEM
from services import office
from town import NOON, Town, carry_to, fetch, form_for

ENDS = frozenset(step for step, info in STEPS.items() if info.is_end)
OPEN = [step for step in STEPS if step not in ENDS]


@pytest.mark.parametrize("step", Step)
def test_what_the_table_does_not_know_at_a_step_is_refused(step: Step):
    unknown = set(DecisionCode) - {move.decision for move in moves_at(step)}

    refused = [code for code in unknown if _is_refused(step, code)]

    assert set(refused) == unknown


@pytest.mark.parametrize("step", OPEN)
def test_a_refusal_names_everything_that_may_be_decided_here(step: Step):
    with pytest.raises(WrongStage) as refusal:
        move_for(step, DecisionCode.REPORT)

    onward = [
        move
        for move in moves_at(step)
        if not move.is_duty and not move.request and move.operation != Operation.WITHDRAW_DECISION
    ]
    assert [move.decision.label for move in onward if move.decision.label not in refusal.value.remedy] == []
    assert refusal.value.extra["open_here"] == list(dict.fromkeys(move.decision for move in moves_at(step)))


def test_a_decision_has_one_resource_and_a_resource_one_decision():
    pairs = {(move.decision, move.resource) for move in MOVES}

    assert len(pairs) == len({decision for decision, _ in pairs}) == len({resource for _, resource in pairs})


def test_a_step_knows_a_decision_once_and_a_withdrawal_once_for_each_way_back():
    places = [(move.at, move.decision, move.to if move.decision == DecisionCode.WITHDRAW else None) for move in MOVES]

    assert len(places) == len(set(places))


def test_a_step_waits_for_an_owner_with_a_clock_unless_it_is_an_end():
    waiting = {step for step, info in STEPS.items() if info.owner != Owner.NOBODY and info.roles and info.clock}
    idle = {
        step for step, info in STEPS.items() if info.owner == Owner.NOBODY and not info.roles and info.clock is None
    }

    assert (waiting, idle) == (set(OPEN), set(ENDS))


def test_an_end_is_left_only_by_what_another_person_granted():
    leaving = {(move.at, move.decision) for move in MOVES if move.at in ENDS and not move.is_duty}

    assert leaving == {
        (Step.CLOSED, DecisionCode.GRANT_REOPENING), (Step.DISMISSED, DecisionCode.GRANT_REOPENING),
        (Step.REFUSED, DecisionCode.GRANT_REOPENING), (Step.DOWNGRADED, DecisionCode.GRANT_REOPENING),
        (Step.MERGED, DecisionCode.GRANT_UNMERGE),
    }  # fmt: skip


def test_every_step_is_reached_from_the_first():
    assert _reached([FIRST_STEP], MOVES) == set(STEPS)


@pytest.mark.parametrize("step", OPEN)
def test_an_end_is_reached_from_every_step(step: Step):
    assert _reached([step], MOVES) & ENDS


def test_every_decision_has_a_form():
    assert set(FORMS) == set(DecisionCode)


def test_every_decision_of_the_table_has_a_service_and_no_other_has():
    assert set(office.DECISIONS) == {move.decision for move in MOVES}


def test_every_move_is_open_to_some_role():
    assert [move for move in MOVES if not roles_for(move.operation)] == []


def test_a_role_that_finds_a_step_in_its_inbox_may_take_a_decision_there():
    barred = [
        (step, role)
        for step in OPEN
        for role in STEPS[step].roles
        if not any(role in roles_for(move.operation) for move in moves_at(step) if not move.is_duty)
    ]

    assert barred == []


@pytest.mark.parametrize(
    ("step", "code", "who"),
    [
        (Step.TRIAGE, DecisionCode.ACCEPT, "clerk"),
        (Step.CLASSIFY, DecisionCode.MAJOR, "officer"),
        (Step.SIGN, DecisionCode.SIGN, "officer"),
        (Step.JUDGE, DecisionCode.PASS, "head"),
    ],
)
def test_a_hazard_as_it_was_before_the_last_decision_is_stale(
    session: Session, town: Town, step: Step, code: DecisionCode, who: str
):
    stale = carry_to(session, town, step)
    form = form_for(session, town, code, NOON)
    office.DECISIONS[code](session, stale, form, by=town.actors[who], at=NOON)
    session.commit()

    with pytest.raises(StaleVersion):
        office.DECISIONS[code](session, stale, form, by=town.actors[who], at=NOON)


def test_a_stale_decision_writes_nothing(session: Session, town: Town):
    stale = carry_to(session, town, Step.CONFIRM_MAJOR)
    form = form_for(session, town, DecisionCode.CONFIRM, NOON)
    office.DECISIONS[DecisionCode.CONFIRM](session, stale, form, by=town.head, at=NOON)
    before = (_counts(session), fetch(session, stale))

    with pytest.raises(StaleVersion):
        office.DECISIONS[DecisionCode.CONFIRM](session, stale, form, by=town.head, at=NOON)

    assert (_counts(session), fetch(session, stale)) == before


def _is_refused(step: Step, code: DecisionCode) -> bool:
    try:
        move_for(step, code)
    except WrongStage:
        return True
    return False


def _reached(starts: Iterable[Step], moves: Iterable[Move]) -> set[Step]:
    found = set(starts)
    while more := {move.to for move in moves if move.at in found} - found:
        found |= more
    return found


def _counts(session: Session) -> dict[str, int]:
    tables: tuple[Table, ...] = (AUDIT_EVENT, DEADLINE, DECISION, HAZARD_PARTY, OUTBOX, SIGNATURE, WORK_ITEM)
    return {table.name: session.execute(select(func.count()).select_from(table)).scalar_one() for table in tables}
