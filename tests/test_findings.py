"""What a report and a finding on site must say, and what they cannot say."""

from datetime import timedelta
from typing import Any, cast

import pytest
from pydantic import ValidationError
from sqlmodel import Session

from handling import filled, take
from models.errors import InvalidInput
from models.process import DecisionCode as D
from models.stage import Step
from town import NOON, Town, carry_to, report

A_DAY = timedelta(days=1)


@pytest.mark.parametrize("field", ["checked_at", "interim_since"])
def test_a_finding_says_nothing_about_tomorrow(session: Session, town: Town, field: str):
    hazard = carry_to(session, town, Step.CLASSIFY)

    tomorrow: dict[str, Any] = {field: (NOON + A_DAY).isoformat()}

    with pytest.raises(InvalidInput, match="晚于现在") as refused:
        take(session, town, hazard, D.MAJOR, "officer", **tomorrow)
    assert [fault["field"] for fault in cast(Any, refused.value.extra["errors"])] == [field]


def test_control_is_not_ordered_from_tomorrow_on(session: Session, town: Town):
    with pytest.raises(InvalidInput, match="晚于现在"):
        take(session, town, report(session, town), D.URGENT_CONTROL, "clerk", since=(NOON + A_DAY).isoformat())


def test_every_clause_of_a_finding_is_one_in_force(session: Session, town: Town):
    hazard = carry_to(session, town, Step.CLASSIFY)

    with pytest.raises(InvalidInput, match="没有有效的判定条款"):
        take(session, town, hazard, D.MAJOR, "officer", further_clauses=["GM-11.10", "NO-SUCH"])
    take(session, town, hazard, D.MAJOR, "officer", further_clauses=["GM-11.10"])


@pytest.mark.parametrize("changes", [{"no_evidence_reason": ""}, {"inspectors": ["甲"]}])
def test_a_check_on_site_has_photographs_or_says_why_not_and_two_who_were_there(changes: dict[str, Any]):
    with pytest.raises(ValidationError):
        filled(D.GENERAL, **changes)


@pytest.mark.parametrize(
    ("point", "holds"), [("105.92,29.35", True), ("", True), ("29.35", False), ("东,西", False), ("999,1", False)]
)
def test_a_place_on_the_map_is_on_earth(point: str, holds: bool):
    def made() -> Any:
        return filled(D.REPORT, point=point, consequence="粉尘爆炸")

    if holds:
        assert made().point == point
    else:
        with pytest.raises(ValidationError, match="经度"):
            made()
