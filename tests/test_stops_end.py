"""A stop of production ends with the consent and in no other way, however the hazard ends."""

from datetime import timedelta
from typing import Any

import pytest
from sqlmodel import Session

from handling import live_clocks, open_duties, settle, take
from models.errors import GateNotMet
from models.forms.controls import InterimControl
from models.process import DecisionCode as D
from models.requests import RequestKind as K
from models.stage import Clock, Step
from town import NOON, Town, carry_to, report

AN_HOUR = timedelta(hours=1)
STOP: dict[str, Any] = {"control": InterimControl.FULL_STOP}


@pytest.mark.parametrize("kind", [K.REFUSAL, K.VOIDING])
def test_nothing_is_refused_or_voided_while_production_is_stopped(session: Session, town: Town, kind: K):
    hazard = take(session, town, report(session, town), D.URGENT_CONTROL, "clerk", **STOP)

    with pytest.raises(GateNotMet, match="停产停用措施尚未解除"):
        take(session, town, hazard, kind.ask, "clerk")

    hazard = settle(session, town, hazard, K.LIFTING, "clerk", "leader")
    assert take(session, town, hazard, kind.ask, "clerk").open_requests == 1


def test_a_stop_goes_over_to_the_department_a_hazard_is_transferred_to(session: Session, town: Town):
    hazard = take(session, town, report(session, town), D.URGENT_CONTROL, "clerk", **STOP)
    for code in (D.TRANSFER_OUT, D.TRANSFER_RECEIVED):
        hazard = take(session, town, hazard, code, "clerk")

    with pytest.raises(GateNotMet, match="停产停用"):
        take(session, town, hazard, D.TRANSFER_ENDED, "clerk")

    ended = take(session, town, hazard, D.TRANSFER_ENDED, "clerk", control_document_no="永应急接〔2026〕1号")
    assert ended.step == Step.TRANSFER_DONE


def test_a_stop_is_not_merged_into_something_milder(session: Session, town: Town):
    kept, twin = report(session, town), report(session, town)
    kept = take(session, town, kept, D.URGENT_CONTROL, "clerk", control=InterimControl.MONITOR)
    twin = take(session, town, twin, D.URGENT_CONTROL, "clerk", **STOP)

    with pytest.raises(GateNotMet, match="同等管控"):
        take(session, town, twin, K.MERGE.ask, "clerk", into=kept.no)


def test_what_is_reopened_says_which_control_holds_from_its_first_day(session: Session, town: Town):
    hazard = settle(
        session, town, carry_to(session, town, Step.CLOSED), K.REOPENING, "officer", "clerk", at=NOON + 720 * AN_HOUR,
        interim_control="PARTIAL_STOP", interim_since=NOON.isoformat(), interim_responsible="应急办经办人甲",
    )  # fmt: skip

    assert (hazard.cycle, hazard.step, hazard.interim_control) == (2, Step.ASSIGN, "PARTIAL_STOP")
    assert live_clocks(session, hazard)[Clock.INTERIM_CHECK].cycle == 2
    assert "CONFIRM_CONTROL" in open_duties(session, hazard)
