"""An extension is looked at on site before it is granted, by somebody who did not ask for it."""

from datetime import timedelta
from typing import Any

import pytest
from sqlmodel import Session

from handling import live_clocks, open_duties, outcomes, take
from models.errors import FourEyes, GateNotMet
from models.hazard import Hazard
from models.process import DecisionCode as D
from models.requests import RequestKind as K
from models.stage import Clock, Step
from town import NOON, Town, carry_to, decide, photo

A_DAY = timedelta(days=1)


def asked(session: Session, town: Town, who: str = "principal") -> Hazard:
    form: dict[str, Any] = {"new_limit_on": "2026-11-20", "late_reason": "设备到货推迟"}
    evidence = [photo(session, town.actors[who])]
    return take(session, town, carry_to(session, town, Step.WORK), K.EXTENSION.ask, who, evidence=evidence, **form)


def test_nobody_grants_an_extension_that_nobody_has_looked_at(session: Session, town: Town):
    hazard = asked(session, town)
    waiting = open_duties(session, hazard)["EXTENSION_OPINION"]
    assert (waiting.unit_id, waiting.roles) == (town.units["YJB"].id, "DH DO")
    with pytest.raises(GateNotMet, match="尚未现场核查"):
        take(session, town, hazard, K.EXTENSION.grant, "head")

    hazard = take(session, town, hazard, D.EXTENSION_OPINION, "officer")

    assert "EXTENSION_OPINION" not in open_duties(session, hazard)
    assert outcomes(session, hazard, Clock.EXTENSION_OPINION) == ["MET"]
    assert take(session, town, hazard, K.EXTENSION.grant, "head").extensions == 1


def test_an_extension_is_denied_without_going_there(session: Session, town: Town):
    hazard = take(session, town, asked(session, town), K.EXTENSION.deny, "head")

    assert {"EXTENSION_OPINION", "GRANT_EXTENSION"} & set(open_duties(session, hazard)) == set()
    assert outcomes(session, hazard, Clock.EXTENSION_OPINION) == ["VOID"]


def test_whoever_asked_for_an_extension_gives_no_opinion_on_it(session: Session, town: Town):
    hazard = asked(session, town, "officer")

    with pytest.raises(FourEyes, match="不能再由您核查"):
        take(session, town, hazard, D.EXTENSION_OPINION, "officer")
    take(session, town, hazard, D.EXTENSION_OPINION, "second_officer")


def test_an_opinion_nobody_waits_for_is_refused(session: Session, town: Town):
    with pytest.raises(GateNotMet, match="没有待核查"):
        take(session, town, carry_to(session, town, Step.WORK), D.EXTENSION_OPINION, "officer")


def test_an_opinion_lapses_with_its_request(session: Session, town: Town):
    hazard = decide(session, town, asked(session, town), D.COMPLETE, "principal", at=NOON + A_DAY)

    assert Clock.EXTENSION_OPINION not in live_clocks(session, hazard)
    assert "EXTENSION_OPINION" not in open_duties(session, hazard)
