"""What reconciliation looks at every hour: an open hazard that waits for nobody or for no date is an incident, once."""

from typing import Any

import pytest
from sqlalchemy import select, update
from sqlmodel import Session

from models.incident import IncidentKind
from models.stage import Step
from models.tables import DEADLINE, INCIDENT, WORK_ITEM
from services import upkeep
from town import NOON, Town, carry_to


@pytest.mark.parametrize("table", [WORK_ITEM, DEADLINE], ids=["nobody", "no date"])
def test_a_hazard_that_waits_for_nobody_or_for_no_date_is_reported_once(session: Session, town: Town, table: Any):
    hazard = carry_to(session, town, Step.WORK)
    carry_to(session, town, Step.RECHECK)
    carry_to(session, town, Step.CLOSED)
    assert upkeep.report_standing_still(session, at=NOON) == 0
    session.execute(update(table).where(table.c.hazard_id == hazard.id).values(closed_at=NOON))

    found = [upkeep.report_standing_still(session, at=NOON) for _ in range(2)]

    assert found == [1, 0]
    [incident] = session.execute(select(INCIDENT)).all()
    assert (incident.kind, incident.hazard_id, hazard.no in incident.what) == (
        IncidentKind.STANDS_STILL, hazard.id, True,
    )  # fmt: skip
