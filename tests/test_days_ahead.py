"""What somebody says happened did not happen tomorrow: every day a form states as a fact is refused ahead of the clock."""

from datetime import timedelta
from typing import Any

import pytest
from sqlmodel import Session

from handling import take
from models.errors import InvalidInput
from models.process import DecisionCode as D
from models.requests import RequestKind as K
from models.stage import Step
from town import NOON, Town, carry_to, photo

AT = NOON + timedelta(days=3)
TOMORROW = AT + timedelta(days=1)
STATED = [
    (Step.PLAN, D.SUBMIT_PLAN, "principal", "principal_signed_on"), (Step.WORK, D.COMPLETE, "principal", "completed_on"),
    (Step.WORK, D.PROGRESS, "principal", "reported_on"), (Step.WORK, D.RECORD_DOCUMENT, "officer", "issued_on"),
    (Step.WORK, D.HAND_OVER_CLUE, "leader", "handed_on"),
    (Step.WORK, D.RECORD_RESUMPTION, "officer", "consent_on"), (Step.WORK, D.UNIT_CLOSED, "officer", "closed_on"),
    (Step.WORK, D.FREEZE, "officer", "happened_at"), (Step.SIGN, D.INFORM, "officer", "informed_at"),
    (Step.ASSIGN, D.TRANSFER_OUT, "clerk", "sent_on"), (Step.RECHECK, D.RECHECK, "officer", "visited_at"),
    (Step.RECHECK, D.CANNOT_REVIEW, "officer", "visited_at"), (Step.CLOSED, D.LOOK_BACK_HOLDS, "officer", "visited_at"),
    (Step.WORK, K.LIFTING.ask, "head", "consent_on"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("step", "code", "who", "field"), STATED, ids=[f"{code}-{field}" for _, code, _, field in STATED]
)
def test_a_day_that_has_not_come_is_refused_by_name(
    session: Session, town: Town, step: Step, code: D, who: str, field: str
):
    hazard = carry_to(session, town, step)
    when = TOMORROW if field.endswith("_at") else TOMORROW.date()

    with pytest.raises(InvalidInput, match="晚于现在") as refused:
        take(session, town, hazard, code, who, at=AT, **{field: when, **_pieces(session, town, code, who)})

    assert [fault["field"] for fault in refused.value.extra["errors"]] == [field]  # pyright: ignore[reportGeneralTypeIssues]


def _pieces(session: Session, town: Town, code: D, who: str) -> dict[str, Any]:
    """Scans and photographs for the forms that ask for them."""
    piece = [photo(session, town.actors[who]) for _ in range(2)]
    if code == D.COMPLETE:
        return {"photo_pairs": [piece]}
    return {"evidence": piece} if code in {D.RECORD_DOCUMENT, D.RECORD_RESUMPTION} else {}
