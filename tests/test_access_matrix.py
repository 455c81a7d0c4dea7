"""Role × decision × step × ownership, every cell: the program lets in exactly whom the printed process names.

The expectation is read from `docs/process.md` as an official reads it, in Chinese; the answer comes from the move table and
`services/access.py`. Where the two differ, one of them lies.
"""

import re
from collections.abc import Iterator
from datetime import UTC, datetime
from functools import cache
from itertools import product
from typing import NamedTuple

import pytest

from installation import ROOT
from models.actor import Actor
from models.audit import GENESIS
from models.errors import WrongStage
from models.hazard import Hazard
from models.permissions import Role
from models.process import MOVES, DecisionCode, Part, move_for
from models.stage import Step
from models.steps import STEPS
from services import access

AT = datetime(2026, 9, 7, 4, tzinfo=UTC)
OWNED = (Part.REPORTING, Part.VILLAGE, Part.VERIFYING, Part.LEAD, Part.RECTIFYING)
BY_UNIT = (Role.VC, Role.DO, Role.DH)
EVERYWHERE = (Role.SC, Role.TL, Role.AU, Role.AD, Role.DI, Role.PR)
CODE = {move.resource: move.decision for move in MOVES}


class Person(NamedTuple):
    """Somebody in a role: in a unit that has a part in the hazard, in a foreign unit, in the enterprise or another one."""

    role: Role
    holds: Part | str


PERSONS = (
    *(Person(role, part) for role, part in product(BY_UNIT, (*OWNED, "foreign"))),
    Person(Role.EN, "own"), Person(Role.EN, "foreign"), *(Person(role, "") for role in EVERYWHERE),
)  # fmt: skip


@cache
def printed() -> dict[tuple[str, str], str]:
    """(step's name, resource) → who, as docs/process.md says it."""
    found: dict[tuple[str, str], str] = {}
    for line in (ROOT / "docs" / "process.md").read_text(encoding="utf-8").splitlines():
        cells = [cell.strip() for cell in line.strip("|").split("|")]
        if len(cells) == 7 and (resource := re.fullmatch(r"`([a-z-]+)`", cells[6])):
            found |= {(step, resource[1]): cells[3] for step in cells[0].split("、")}
    return found


def promised(step: Step, resource: str, person: Person) -> bool:
    """Whether the page lets this person take this decision at this step."""
    who = printed().get((STEPS[step].label, resource))
    if who is None:
        return False
    for clause in who.split("；"):
        units, _, roles = clause.rpartition("的")
        if person.role.label not in roles.split("、"):
            continue
        if person.role == Role.EN:
            return person.holds == "own"
        return not units or (isinstance(person.holds, Part) and person.holds.label in units.split("或"))
    return False


def given(step: Step, resource: str, person: Person) -> bool:
    """Whether the program does."""
    try:
        move = move_for(step, CODE[resource])
    except WrongStage:
        return False
    return access.may_take(_actor(person), move, hazard_at(step))


def _actor(person: Person) -> Actor:
    unit = None if person.role == Role.EN else str(person.holds) or "office"
    enterprise = {"own": "E", "foreign": "F"}[str(person.holds)] if person.role == Role.EN else None
    return Actor("p", "某人", "a", ((person.role, unit),), enterprise, AT)


@cache
def hazard_at(step: Step) -> Hazard:
    """One hazard with a different unit in each part."""
    return Hazard(
        id="h", no="ZY-2026-0001", stage=STEPS[step].stage, step=step, channel="INSPECTION", source="镇级检查",
        discovered_at=AT, reported_at=AT, reported_by="p", subject_type="ENTERPRISE", enterprise_id="E", sector="工贸",
        place="车间", description="隐患", reporting_unit_id="reporting", village_unit_id="village",
        verifying_unit_id="verifying", lead_unit_id="lead", rectifying_unit_id="rectifying", changed_at=AT,
        chain_head=GENESIS, process_version=1, rules_version=1, ladder_version=1, calendar_version=1,
    )  # fmt: skip


def _cells(step: Step) -> Iterator[tuple[str, Person]]:
    yield from product(CODE, PERSONS)


@pytest.mark.parametrize("step", Step)
def test_a_step_lets_in_exactly_whom_the_printed_process_names(step: Step):
    deviations = [
        (resource, person)
        for resource, person in _cells(step)
        if promised(step, resource, person) != given(step, resource, person)
    ]

    assert deviations == []


def test_the_page_prints_every_decision_at_every_step_it_belongs_to():
    assert set(printed()) == {(STEPS[move.at].label, move.resource) for move in MOVES}


def test_every_cell_was_looked_at():
    assert (len(Step), len(CODE), len(PERSONS)) == (28, len(DecisionCode) - 1, 26)
