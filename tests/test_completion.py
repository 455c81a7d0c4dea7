"""Completion 整改完成: photographs before and after, and the own acceptance of a unit that was stopped."""

import pytest
from pydantic import ValidationError
from sqlalchemy import insert, select
from sqlmodel import Session

from handling import filled, settle, take
from models.errors import InvalidInput
from models.ids import new_id
from models.process import DecisionCode as D
from models.requests import RequestKind as K
from models.stage import Step
from models.tables import EVIDENCE
from town import Town, carry_to, photo


@pytest.mark.parametrize("pairs", [[["甲", "甲"]], [["甲", "乙"], ["丙", "甲"]]])
def test_no_photograph_is_both_before_and_after(pairs: list[list[str]]):
    with pytest.raises(ValidationError, match="不能是同一份材料"):
        filled(D.COMPLETE, photo_pairs=pairs)


def test_one_file_uploaded_twice_is_no_pair(session: Session, town: Town):
    hazard, first = carry_to(session, town, Step.WORK), _pair(session, town)[0]
    row = dict(session.execute(select(EVIDENCE).where(EVIDENCE.c.id == first)).mappings().one())
    again = row | {"id": new_id()}
    session.execute(insert(EVIDENCE), again)

    with pytest.raises(InvalidInput, match="同一个文件"):
        take(session, town, hazard, D.COMPLETE, "principal", photo_pairs=[[first, again["id"]]])


def test_a_stopped_unit_accepts_its_own_work_first(session: Session, town: Town):
    hazard, pairs = carry_to(session, town, Step.WORK), [_pair(session, town)]

    with pytest.raises(InvalidInput, match="自行验收"):
        take(session, town, hazard, D.COMPLETE, "principal", photo_pairs=pairs, self_acceptance="")

    assert take(session, town, hazard, D.COMPLETE, "principal", photo_pairs=pairs).step == Step.RECHECK


def test_a_unit_that_works_on_need_not(session: Session, town: Town):
    hazard = settle(session, town, carry_to(session, town, Step.WORK), K.LIFTING, "head", "leader")

    hazard = take(
        session, town, hazard, D.COMPLETE, "principal", photo_pairs=[_pair(session, town)], self_acceptance=""
    )

    assert hazard.step == Step.RECHECK


def _pair(session: Session, town: Town) -> list[str]:
    return [photo(session, town.actors["principal"], name) for name in ("前.jpg", "后.jpg")]
