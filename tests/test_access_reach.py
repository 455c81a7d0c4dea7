"""Role × operation × ownership × step, every cell of the permission table: whose hazards an operation reaches.

The expectation is read from `docs/permissions.md` as an official reads it; the answer is the condition by which every
statement of the program finds a hazard for somebody (`services/access.py`), asked of the database.
"""

import re
from functools import cache
from itertools import product

import pytest
from sqlalchemy import insert, select
from sqlmodel import Session

from installation import ROOT
from models.actor import Actor
from models.organization import UnitKind
from models.permissions import COLUMNS, Operation, Role
from models.process import Part
from models.stage import Step
from models.tables import HAZARD, HAZARD_PARTY
from services import access, organization
from test_access_matrix import BY_UNIT, Person
from test_access_matrix import hazard_at as of_nobody
from town import NOON, Town

PARTS = tuple(Part)
PERSONS = (
    *(Person(role, part) for role, part in product(BY_UNIT, (*PARTS, "foreign"))),
    Person(Role.EN, "own"), Person(Role.EN, "foreign"),
    *(Person(role, "") for role in (*COLUMNS, Role.DI) if role not in {*BY_UNIT, Role.EN}),
)  # fmt: skip


@cache
def printed() -> dict[tuple[Operation, Role], str]:
    """(operation, role) → the letters the page gives."""
    lines = (ROOT / "docs" / "permissions.md").read_text(encoding="utf-8").splitlines()
    rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines if line.startswith("|")]
    return {
        (Operation(named[1]), role): cell
        for row in rows
        if (named := re.fullmatch(r"`(\w+)`", row[1]))
        for role, cell in zip(COLUMNS, row[2:], strict=True)
    }


def promised(operation: Operation, person: Person) -> bool:
    """Whether the page lets this person's operation reach this hazard: everybody's, their unit's, their enterprise's."""
    letter = printed().get((operation, person.role), "–")[0]
    return letter == "A" or (letter == "J" and person.holds in PARTS) or (letter == "O" and person.holds == "own")


@pytest.fixture
def hazards(session: Session, town: Town) -> dict[str, str]:
    """One hazard at every step, a different unit in each part; the names of units and enterprises → their ids."""
    names = {
        part: organization.add_unit(
            session, code=part.upper(), name=part, kind=UnitKind.DEPARTMENT, by=None, at=NOON
        ).id
        for part in (*PARTS, "foreign")
    }
    rows = [
        of_nobody(step).model_dump()
        | {"id": f"at-{step}", "no": f"ZY-2026-{number:04d}", "reported_by": town.officer.person_id}
        | {"enterprise_id": town.enterprise.id}
        | {f"{part}_unit_id": names[part] for part in PARTS if part != Part.COOPERATING}
        for number, step in enumerate(Step, 1)
    ]
    session.execute(insert(HAZARD), rows)
    parties = [{"hazard_id": row["id"], "unit_id": names[part], "part": part} for row in rows for part in PARTS]
    session.execute(insert(HAZARD_PARTY), parties)
    return names | {"own": town.enterprise.id}


def actor(person: Person, names: dict[str, str]) -> Actor:
    if person.role == Role.EN:
        return Actor("p", "某人", "a", ((Role.EN, None),), names.get(person.holds, "F"), NOON)
    return Actor("p", "某人", "a", ((person.role, names.get(person.holds)),), None, NOON)


def test_an_operation_reaches_exactly_the_hazards_the_printed_table_says_at_every_step(
    session: Session, hazards: dict[str, str]
):
    everywhere, nowhere = sorted(Step), []

    deviations = [
        (operation, person)
        for operation, person in product(Operation, PERSONS)
        if sorted(session.execute(select(HAZARD.c.step).where(access.reached(actor(person, hazards), operation))).scalars())
        != (everywhere if promised(operation, person) else nowhere)
    ]  # fmt: skip

    assert deviations == []


def test_every_cell_was_looked_at():
    assert {operation for operation, _ in printed()} == set(Operation)
    assert len(PERSONS) == len(BY_UNIT) * (len(PARTS) + 1) + 2 + 6
