"""An extension and the ladder: what was fired stays and is not fired again, and at the last instant only one wins."""

import os
from collections.abc import Callable
from datetime import timedelta
from typing import Any

from sqlalchemy import Engine, select
from sqlmodel import Session

from escalated import fired_levels, race, rungs_of
from handling import live_clocks, outcomes, settle, take
from histories import A_DAY
from models.engine import writing
from models.errors import DomainError
from models.forms import FORMS
from models.hazard import Hazard
from models.operations import Operation
from models.process import DecisionCode as D
from models.requests import RequestKind as K
from models.stage import Clock, Step
from models.tables import ESCALATION
from services import access, escalations, office
from town import Town, carry_to, photo

TICK = timedelta(microseconds=1)
RACES = int(os.environ.get("HAZARDFLOW_RACES", "25"))
"""On each database; 500 make a thousand in all."""


def test_after_an_extension_nothing_fired_is_fired_again(session: Session, town: Town):
    """F-17: the old date's pending levels are void; a level whose new time has passed too is not repeated."""
    hazard = carry_to(session, town, Step.WORK)
    old = live_clocks(session, hazard)[Clock.RECTIFICATION]
    at = rungs_of(session, old)[1].at + timedelta(hours=1)
    escalations.fire_due_rungs(session, old.id, at=at)

    hazard = _extend(session, town, hazard, (old.due_at + A_DAY).date().isoformat(), at=at)

    new = live_clocks(session, hazard)[Clock.RECTIFICATION]
    assert _fired(session, old.id) == [0, 1]
    escalations.fire_due_rungs(session, new.id, at=at)
    assert _fired(session, new.id) == []
    escalations.fire_due_rungs(session, old.id, at=old.due_at + 90 * A_DAY)
    escalations.fire_due_rungs(session, new.id, at=new.due_at + 90 * A_DAY)
    assert _fired(session, old.id) == [0, 1]
    assert _fired(session, new.id)[-3:] == [2, 3, 4]
    assert all(row.level_due_at > at for row in fired_levels(session, hazard) if row.deadline_id == new.id)


def test_levels_due_before_an_extension_and_not_yet_swept_are_recorded_on_the_old_date(session: Session, town: Town):
    """F-11, F-17."""
    hazard = carry_to(session, town, Step.WORK)
    old = live_clocks(session, hazard)[Clock.RECTIFICATION]
    at = rungs_of(session, old)[0].at + timedelta(hours=1)

    hazard = _extend(session, town, hazard, "2026-10-13", at=at)
    for deadline_id in escalations.due_deadlines(session, at=at):
        escalations.fire_due_rungs(session, deadline_id, at=at)

    new = live_clocks(session, hazard)[Clock.RECTIFICATION]
    assert (_fired(session, old.id), _fired(session, new.id)) == ([0], [])


def test_a_sweep_and_an_extension_at_the_last_instant_never_both_win_and_one_does(
    engine: Engine, session: Session, town: Town
):
    """F-18."""
    hazards = [carry_to(session, town, Step.WORK) for _ in range(RACES)]
    old = {hazard.id: live_clocks(session, hazard)[Clock.RECTIFICATION] for hazard in hazards}
    at = old[hazards[0].id].due_at
    form = {"new_limit_on": "2026-10-30", "late_reason": "设备到货推迟", "evidence": [photo(session, town.principal)]}
    for hazard in hazards:
        hazard = take(session, town, hazard, K.EXTENSION.ask, "principal", at=at - A_DAY, **form)
        take(session, town, hazard, D.EXTENSION_OPINION, "officer", at=at - A_DAY)
        escalations.fire_due_rungs(session, old[hazard.id].id, at=at - TICK)
    session.commit()

    answers = [
        race(_granting(engine, town, hazard, at), _sweeping(engine, old[hazard.id].id, at))[0] for hazard in hazards
    ]

    for hazard, extended in zip(hazards, answers, strict=True):
        late = 2 in _fired(session, old[hazard.id].id)
        assert extended != late
        assert outcomes(session, hazard, Clock.RECTIFICATION) == (["SUPERSEDED", None] if extended else [None])


def _extend(session: Session, town: Town, hazard: Hazard, on: str, *, at: Any) -> Hazard:
    form = {"new_limit_on": on, "late_reason": "设备到货推迟", "evidence": [photo(session, town.principal)]}
    return settle(session, town, hazard, K.EXTENSION, "principal", "head", at=at, **form)


def _fired(session: Session, deadline_id: str) -> list[int]:
    rows = select(ESCALATION.c.level).where(ESCALATION.c.deadline_id == deadline_id).order_by(ESCALATION.c.level)
    return list(session.execute(rows).scalars())


def _granting(engine: Engine, town: Town, hazard: Hazard, at: Any) -> Callable[[], bool]:
    def grant() -> bool:
        try:
            with writing(engine) as session, session.begin():
                locked = access.lock_hazard_for(session, hazard.no, Operation.APPROVE_FIRST_EXTENSION, by=town.head)
                form = FORMS[K.EXTENSION.grant].model_validate({})
                office.decide(session, locked, K.EXTENSION.grant, form, by=town.head, at=at)
        except DomainError:
            return False
        return True

    return grant


def _sweeping(engine: Engine, deadline_id: str, at: Any) -> Callable[[], object]:
    def sweep() -> None:
        with writing(engine) as session, session.begin():
            escalations.fire_due_rungs(session, deadline_id, at=at)

    return sweep
