"""What a plan, a report of progress, a record of a visit and a record of telling must say."""

import json
from datetime import timedelta
from typing import Any

import pytest
from pydantic import ValidationError
from sqlalchemy import select, update
from sqlmodel import Session

from api.examples import EXAMPLES
from handling import open_duties, settle, take
from models import Enterprise
from models.errors import GateNotMet, InvalidInput
from models.forms import FORMS
from models.hazard import Hazard
from models.process import DecisionCode as D
from models.requests import RequestKind as K
from models.stage import Step
from models.tables import DECISION
from services import assignment, review
from town import NOON, STRAIGHT_WAY, Town, carry_to, decide, photo, report

A_DAY = timedelta(days=1)


def signed_for(session: Session, town: Town) -> Hazard:
    """Nobody has been told yet."""
    hazard = report(session, town)
    for code, who in STRAIGHT_WAY[:5]:
        hazard = decide(session, town, hazard, code, who, at=NOON)
    return hazard


def one_person(session: Session, town: Town, controller: str) -> None:
    who = {"principal_id": town.persons["principal"].id, "actual_controller_id": town.persons[controller].id}
    session.execute(update(Enterprise).where(Enterprise.id == town.enterprise.id).values(**who))  # pyright: ignore[reportArgumentType]
    session.expire_all()


def test_one_record_tells_both_where_they_are_one_person(session: Session, town: Town):
    hazard = signed_for(session, town)
    one_person(session, town, "principal")

    hazard = take(session, town, hazard, D.INFORM, "officer", same_person=True)

    assert assignment.informed_persons(session, hazard) == {"PRINCIPAL", "ACTUAL_CONTROLLER"}
    assert "INFORM" not in open_duties(session, hazard)


def test_two_persons_are_not_told_by_one_record(session: Session, town: Town):
    hazard = signed_for(session, town)
    one_person(session, town, "controller")

    with pytest.raises(GateNotMet, match="不是同一人"):
        take(session, town, hazard, D.INFORM, "officer", same_person=True)


def test_under_a_control_a_report_of_progress_shows_it_or_says_why_not(session: Session, town: Town):
    hazard = carry_to(session, town, Step.WORK)
    with pytest.raises(InvalidInput, match="须附现场照片") as refused:
        take(session, town, hazard, D.PROGRESS, "principal", no_photo_reason="")
    assert refused.value.extra["errors"]

    hazard = take(
        session, town, hazard, D.PROGRESS, "principal", no_photo_reason="", evidence=[photo(session, town.principal)]
    )
    hazard = settle(session, town, hazard, K.LIFTING, "head", "leader")
    assert take(session, town, hazard, D.PROGRESS, "principal", no_photo_reason="").progress_percent == 40


@pytest.mark.parametrize(
    ("code", "change", "named"),
    [
        (D.LOOK_BACK_HOLDS, {"no_photo_reason": ""}, "回头看须附照片"),
        (D.SUBMIT_PLAN, {"milestones": [{"on": "2026-09-20", "work": "安装"}]}, "milestones.0.interim"),
        (D.RECHECK, {"unit_signature": None}, "unit_signature"),
        (D.DISTRICT_RESULT, {"reviewers": ["应急办经办人甲"]}, "reviewers"),
        (D.PROVE_REMOVAL, {"evidence": []}, "evidence"),
    ],
)
def test_a_record_that_leaves_out_what_proves_it_is_refused(code: D, change: dict[str, Any], named: str):
    with pytest.raises(ValidationError, match=named):
        FORMS[code].model_validate({**EXAMPLES[code], **change})


def test_a_visit_recorded_before_the_unit_s_signature_was_asked_for_is_still_read(session: Session, town: Town):
    hazard = carry_to(session, town, Step.JUDGE)
    row = session.execute(select(DECISION).where(DECISION.c.code == D.RECHECK)).one()
    old = {name: value for name, value in json.loads(row.form).items() if not name.startswith("unit_")}
    assert set(old) < set(json.loads(row.form))

    assert [one["cleared"] for one in review.results_in(json.dumps(old))] == [True]
    assert decide(session, town, hazard, D.PASS, "head", at=NOON + A_DAY).step == Step.GATE
