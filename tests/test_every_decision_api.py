"""Bad input to every decision of the process: each is refused in words, and nothing is half-written."""

from typing import Any

import pytest
from sqlalchemy import Engine
from sqlmodel import Session

from api.examples import EXAMPLES
from models.forms import FORMS
from models.hazard import Hazard
from models.permissions import Role, roles_for
from models.process import MOVES, STEPS, DecisionCode
from models.requests import RequestKind
from models.stage import Step
from office_api import Caller, assert_refused, counts
from town import Town, carry_to

MOVE = {move.decision: move for move in reversed(MOVES)}
DECISIONS = sorted(MOVE)
WHO = {
    Role.SC: "clerk",
    Role.TL: "leader",
    Role.DH: "head",
    Role.DO: "officer",
    Role.VC: "villager",
    Role.EN: "principal",
}
"""Somebody for each role."""


def caller(people: dict[str, Caller], code: DecisionCode) -> Caller:
    """Somebody whose role holds the operation."""
    return people[next(who for role, who in WHO.items() if role in roles_for(MOVE[code].operation))]


@pytest.fixture
def hazard(session: Session, town: Town) -> Hazard:
    found = carry_to(session, town, Step.JUDGE)
    session.commit()
    return found


def path(hazard: Hazard, code: DecisionCode) -> str:
    return f"/hazards/{hazard.no}/{MOVE[code].resource}"


@pytest.mark.parametrize("code", DECISIONS)
def test_an_example_is_a_form_that_can_be_handed_in(code: DecisionCode):
    assert FORMS[code].model_validate(EXAMPLES[code])


def refusals(
    people: dict[str, Caller], hazard: Hazard, codes: list[DecisionCode], *, back: int = 0, **more: Any
) -> dict[DecisionCode, Any]:
    """The answer to each decision's example form, `more` added, by somebody whose role may hand it in."""
    return {
        code: caller(people, code).post(path(hazard, code), {**EXAMPLES[code], **more}, version=hazard.version - back)
        for code in codes
    }


def test_a_field_nobody_asked_for_is_refused_by_name(people: dict[str, Caller], hazard: Hazard, engine: Engine):
    before = counts(engine)

    answers = refusals(people, hazard, DECISIONS, approved_by_magic=True)

    for answer in answers.values():
        assert_refused(answer, 422, "invalid-input")
        assert "approved_by_magic" in {fault["field"] for fault in answer.json()["errors"]}
    assert counts(engine) == before


def test_a_field_left_out_is_asked_for_by_name(people: dict[str, Caller], hazard: Hazard, engine: Engine):
    before = counts(engine)

    for code in DECISIONS:
        for name in FORMS[code].model_json_schema().get("required", ()):
            body = {field: value for field, value in EXAMPLES[code].items() if field != name}
            answer = caller(people, code).post(path(hazard, code), body, version=hazard.version)
            assert_refused(answer, 422, "invalid-input")
            assert name in {fault["field"] for fault in answer.json()["errors"]}, code

    assert counts(engine) == before


def test_a_body_of_another_kind_is_refused(people: dict[str, Caller], hazard: Hazard, engine: Engine):
    before = counts(engine)

    for code in DECISIONS:
        for body in (None, [], "同意", 7, {"reason": {"nested": ["deep"]}}):
            answer = caller(people, code).post(path(hazard, code), body, version=hazard.version)
            assert_refused(answer, 422, "invalid-input")

    assert counts(engine) == before


def test_at_another_step_it_is_said_what_may_be_decided_and_by_whom(
    people: dict[str, Caller], hazard: Hazard, engine: Engine
):
    before = counts(engine)
    elsewhere = [code for code in DECISIONS if (Step.JUDGE, code) not in {(move.at, move.decision) for move in MOVES}]

    answers = refusals(people, hazard, elsewhere)

    assert len(elsewhere) > 50
    for code, answer in answers.items():
        assert_refused(answer, 409, "wrong-stage")
        problem = answer.json()
        assert "当前待办理：" in problem["remedy"]
        assert "复查合格（部门负责人）" in problem["remedy"]
        assert f"“{code.label}”在“{'、'.join(problem['missing'])}”办理（{problem['who']}）" in problem["remedy"]
        assert STEPS[Step.JUDGE].label not in problem["missing"]
        assert {*problem["who"].split("、")} == {role.label for role in roles_for(MOVE[code].operation)}
        assert problem["rule"]
    assert counts(engine) == before


def test_whoever_may_not_decide_it_is_told_who_may(people: dict[str, Caller], hazard: Hazard, engine: Engine):
    before = counts(engine)

    for code in DECISIONS:
        answer = people["auditor"].post(path(hazard, code), EXAMPLES[code], version=hazard.version)
        assert_refused(answer, 403, "not-permitted")
        assert answer.json()["who"] == "、".join(role.label for role in roles_for(MOVE[code].operation))
        assert answer.json()["who"] in answer.json()["remedy"]
        assert answer.json()["rule"]

    assert counts(engine) == before


@pytest.mark.parametrize(
    ("who", "code", "missing"),
    [
        ("principal", DecisionCode.ANSWER_QUESTION, "没有待答复的质询。"),
        ("clerk", RequestKind.DELISTING.ask, "该隐患没有挂牌。"),
        ("leader", DecisionCode.UNFREEZE, "该隐患没有冻结。"),
    ],
)
def test_a_decision_whose_conditions_are_not_met_says_what_is_missing_and_who_may_take_it(
    people: dict[str, Caller], hazard: Hazard, who: str, code: DecisionCode, missing: str
):
    answer = people[who].post(path(hazard, code), EXAMPLES[code], version=hazard.version)

    assert_refused(answer, 422, "gate-not-met")
    assert answer.json()["missing"] == [missing]
    assert {*answer.json()["who"].split("、")} == {role.label for role in roles_for(MOVE[code].operation)}
    assert answer.json()["rule"]


def test_a_version_seen_too_early_is_stale(people: dict[str, Caller], hazard: Hazard, engine: Engine):
    before = counts(engine)

    answers = refusals(people, hazard, DECISIONS, back=1)

    for answer in answers.values():
        assert_refused(answer, 412, "stale-version")
    assert counts(engine) == before
