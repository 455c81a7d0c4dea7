"""An officer with an interest in an enterprise decides nothing about it, nor does whoever stands in for them."""

import pytest
from sqlalchemy import Engine
from sqlmodel import Session

from api.examples import EXAMPLES
from models.process import DecisionCode as D
from models.stage import Step
from office_api import Caller, assert_refused, counts
from town import Town, carry_to

FIRM = "91500118MA5TEST001"


def declare(people: dict[str, Caller], who: str = "officer") -> None:
    answer = people[who].post("/me/interests", {"enterprise": FIRM, "reason": "配偶任该企业财务负责人"})
    assert answer.status_code == 201, answer.text


def test_who_declared_an_interest_is_refused_and_a_colleague_is_not(
    session: Session, town: Town, people: dict[str, Caller], engine: Engine
):
    hazard = carry_to(session, town, Step.SIGN)
    session.commit()
    declare(people)
    before = counts(engine)

    refused = people["officer"].post(f"/hazards/{hazard.no}/receipt", EXAMPLES[D.SIGN], version=hazard.version)

    assert_refused(refused, 403, "not-permitted")
    assert refused.json()["rule"] == "利害关系回避"
    assert counts(engine) == before
    colleague = people["head"].post(f"/hazards/{hazard.no}/receipt", EXAMPLES[D.SIGN], version=hazard.version)
    assert colleague.status_code == 201, colleague.text


def test_nobody_lifts_their_own_recusal_an_administrator_does(session: Session, town: Town, people: dict[str, Caller]):
    hazard = carry_to(session, town, Step.SIGN)
    session.commit()
    declare(people)
    path = f"/people/{town.persons['officer'].id}/interests/{FIRM}/ending"
    assert_refused(people["officer"].post(path, {"reason": "已离职"}), 403, "not-permitted")

    assert people["admin"].post(path, {"reason": "配偶已离职，核实无误"}).status_code == 201

    assert people["officer"].get("/me/interests").json() == []
    taken = people["officer"].post(f"/hazards/{hazard.no}/receipt", EXAMPLES[D.SIGN], version=hazard.version)
    assert taken.status_code == 201, taken.text
    assert_refused(people["admin"].post(path, {"reason": "再解除一次"}), 404, "not-found")


@pytest.mark.parametrize(("who", "status"), [("principal", 403), ("officer", 422)])
def test_an_interest_is_an_officers_and_declared_once(people: dict[str, Caller], who: str, status: int):
    if who == "officer":
        declare(people)

    answer = people[who].post("/me/interests", {"enterprise": FIRM, "reason": "配偶任该企业财务负责人"})

    assert answer.status_code == status
