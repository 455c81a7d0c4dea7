"""Four eyes: whoever holds one part of a chain of custody is refused every other, however they come."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from itertools import permutations
from threading import Barrier

import pytest
from sqlalchemy import Engine, select
from sqlmodel import Session

from models.actor import Actor
from models.engine import writing
from models.errors import FourEyes
from models.forms import ClosureReturn, LesserFinding, Opinion, Refusal, ReviewFailure
from models.hazard import Hazard
from models.ids import new_id
from models.permissions import Role
from models.process import MOVES, DecisionCode, Eyes, Move
from models.stage import Step
from models.tables import SIGNATURE
from services import signatures
from town import NOON, STRAIGHT_WAY, Town, add_person, add_second_clerk, carry_to, decide, report

ROUNDS = 30
A_DAY = timedelta(days=1)
MOVE_OF: dict[Eyes, Move] = {move.eyes: move for move in MOVES if move.eyes}
APART = [(held, wanted) for held, wanted in permutations(MOVE_OF, 2) if held.chain == wanted.chain]
APART_BY_UNIT = [(held, wanted) for held, wanted in APART if held.by_unit and wanted.by_unit]


def _names(eyes: Eyes) -> str:
    return f"{eyes.chain}.{eyes.part}"


@pytest.mark.parametrize(("held", "wanted"), APART, ids=_names)
def test_a_person_who_holds_one_part_of_a_chain_is_refused_another(
    session: Session, town: Town, held: Eyes, wanted: Eyes
):
    hazard = report(session, town)
    signatures.sign(session, hazard, MOVE_OF[held], by=town.officer, unit_id="one unit", at=NOON)

    with pytest.raises(FourEyes) as refusal:
        signatures.sign(session, hazard, MOVE_OF[wanted], by=town.officer, unit_id="another unit", at=NOON)

    assert refusal.value.extra == {"held_part": held.part, "part": wanted.part}
    assert refusal.value.detail.startswith("您本人已办理")


@pytest.mark.parametrize(("held", "wanted"), APART_BY_UNIT, ids=_names)
def test_a_unit_that_reviewed_does_not_close_out_nor_the_other_way_round(
    session: Session, town: Town, held: Eyes, wanted: Eyes
):
    hazard = report(session, town)
    signatures.sign(session, hazard, MOVE_OF[held], by=town.head, unit_id="one unit", at=NOON)

    with pytest.raises(FourEyes) as refusal:
        signatures.sign(session, hazard, MOVE_OF[wanted], by=town.clerk, unit_id="one unit", at=NOON)

    assert refusal.value.extra == {"held_part": held.part, "part": wanted.part}
    assert refusal.value.detail.startswith("您所在单位已办理")


@pytest.mark.parametrize(("held", "wanted"), APART, ids=_names)
def test_two_persons_of_different_units_take_two_parts(session: Session, town: Town, held: Eyes, wanted: Eyes):
    hazard = report(session, town)

    signatures.sign(session, hazard, MOVE_OF[held], by=town.head, unit_id="one unit", at=NOON)
    signatures.sign(session, hazard, MOVE_OF[wanted], by=town.clerk, unit_id="another unit", at=NOON)

    assert _parts(session, hazard) >= {(town.head.person_id, held.part), (town.clerk.person_id, wanted.part)}


def test_a_part_of_one_hazard_says_nothing_about_another(session: Session, town: Town):
    first, second = report(session, town), report(session, town)
    signatures.sign(session, first, MOVE_OF[Eyes("plan", "submit")], by=town.officer, unit_id=None, at=NOON)

    signatures.sign(session, second, MOVE_OF[Eyes("plan", "approve")], by=town.officer, unit_id=None, at=NOON)

    assert _parts(session, second) == {(town.officer.person_id, "approve")}


def test_whoever_rechecked_does_not_judge_in_another_office(session: Session, town: Town):
    hazard = carry_to(session, town, Step.JUDGE)
    town.actors["officer"] = replace(town.officer, grants=(*town.officer.grants, (Role.DH, town.units["YJB"].id)))

    with pytest.raises(FourEyes, match="现场复查"):
        decide(session, town, hazard, DecisionCode.PASS, "officer", at=NOON + A_DAY)


def test_a_unit_that_leads_and_reviews_does_not_close_out(session: Session, town: Town):
    hazard = carry_to(session, town, Step.GATE)
    town.actors["colleague"] = replace(
        town.clerk, person_id=town.second_officer.person_id, grants=((Role.SC, town.units["YJB"].id),)
    )

    with pytest.raises(FourEyes, match="您所在单位已办理本隐患的“复查验收”"):
        decide(session, town, hazard, DecisionCode.CLOSE, "colleague", at=NOON + A_DAY)


def test_after_a_failed_review_the_same_persons_do_their_parts_again(session: Session, town: Town):
    hazard = carry_to(session, town, Step.JUDGE)
    hazard = decide(session, town, hazard, DecisionCode.FAIL, "head", at=NOON + A_DAY, form=_failure())

    for code, who in STRAIGHT_WAY[-6:]:
        hazard = decide(session, town, hazard, code, who, at=NOON + 2 * A_DAY)

    assert hazard.step == Step.CLOSED


def test_whoever_sent_it_back_from_the_gate_may_close_it_later(session: Session, town: Town):
    hazard = carry_to(session, town, Step.GATE)
    back = ClosureReturn.model_validate({"reason": "佐证不足，须补充照片", "limit_days": 5, "limit_basis": "销号退回"})
    hazard = decide(session, town, hazard, DecisionCode.RETURN_REDO, "clerk", at=NOON + A_DAY, form=back)

    for code, who in (("COMPLETE", "principal"), ("RECHECK", "officer"), ("PASS", "head"), ("CLOSE", "clerk")):
        hazard = decide(session, town, hazard, DecisionCode(code), who, at=NOON + 2 * A_DAY)

    assert hazard.step == Step.CLOSED


def test_a_second_account_is_the_same_person(session: Session, town: Town):
    hazard = decide(
        session, town, carry_to(session, town, Step.CLASSIFY), DecisionCode.NOT_HAZARD, "clerk", at=NOON, form=_lesser()
    )
    town.actors["clerk_again"] = replace(town.clerk, account_id=new_id(), session="another")

    with pytest.raises(FourEyes, match="您本人已办理"):
        decide(
            session, town, hazard, DecisionCode.CONFIRM, "clerk_again", at=NOON + A_DAY, form=Opinion(comment="同意")
        )


@pytest.mark.parametrize("code", [DecisionCode.GENERAL, DecisionCode.NOT_HAZARD])
def test_whoever_proposed_or_confirmed_a_downgrade_does_not_approve_it(
    session: Session, town: Town, code: DecisionCode
):
    hazard = _confirmed_downgrade(session, town, code)

    refusals = {
        who: _held_part(lambda who=who: _approve(session, town, hazard, who)) for who in ("clerk", "second_clerk")
    }

    assert refusals == {"clerk": "propose", "second_clerk": "confirm"}


@pytest.mark.parametrize("code", [DecisionCode.GENERAL, DecisionCode.NOT_HAZARD])
def test_a_downgrade_takes_three_persons(session: Session, town: Town, code: DecisionCode):
    hazard = _confirmed_downgrade(session, town, code)

    hazard = _approve(session, town, hazard, "leader")

    assert hazard.stage == ("DOWNGRADED" if code == DecisionCode.GENERAL else "DISMISSED")
    held = {
        part: {signer for signer, of in _parts(session, hazard) if of == part}
        for part in ("propose", "confirm", "approve")
    }
    assert [len(signers) for signers in held.values()] == [1, 2, 2]
    assert len(set.union(*held.values())) == 5


def test_one_office_alone_does_not_downgrade(session: Session, town: Town):
    hazard = _confirmed_downgrade(session, town, DecisionCode.GENERAL)
    add_person(session, town, "third_clerk", "安委办经办人丙", Role.SC, "AWB", None, NOON)

    with pytest.raises(FourEyes, match="所在单位"):
        _approve(session, town, hazard, "third_clerk")


def test_whoever_refused_a_downgrade_does_not_confirm_the_next_finding(session: Session, town: Town):
    hazard = _confirmed_downgrade(session, town, DecisionCode.GENERAL, confirmed_by="head")
    refusal = Refusal(reason="理由不充分，须重新核查")
    add_person(session, town, "third_clerk", "安委办经办人丙", Role.SC, "AWB", None, NOON)
    hazard = decide(
        session, town, hazard, DecisionCode.REFUSE_DOWNGRADE, "third_clerk", at=NOON + 2 * A_DAY, form=refusal
    )
    hazard = decide(session, town, hazard, DecisionCode.MAJOR, "clerk", at=NOON + 3 * A_DAY)

    with pytest.raises(FourEyes, match="批准"):
        decide(session, town, hazard, DecisionCode.CONFIRM, "third_clerk", at=NOON + 4 * A_DAY)


@pytest.mark.parametrize(("held", "wanted"), [("review", "close"), ("complete", "recheck")])
def test_of_two_simultaneous_parts_a_person_gets_one(
    engine: Engine, session: Session, town: Town, held: str, wanted: str
):
    hazards = [report(session, town) for _ in range(ROUNDS)]
    session.commit()
    moves = [
        MOVE_OF[eyes] for part in (held, wanted) for eyes in MOVE_OF if (eyes.chain, eyes.part) == ("close_out", part)
    ]

    taken = [
        _race(*(_signing(engine, hazard, move, town.head, f"unit of {move.decision}") for move in moves))
        for hazard in hazards
    ]

    assert [sum(outcome) for outcome in taken] == [1] * ROUNDS
    assert [
        len(_parts(session, hazard) & {(town.head.person_id, held), (town.head.person_id, wanted)})
        for hazard in hazards
    ] == [1] * ROUNDS


def test_of_two_simultaneous_parts_a_unit_gets_one(engine: Engine, session: Session, town: Town):
    hazards = [report(session, town) for _ in range(ROUNDS)]
    session.commit()
    review, close = (
        MOVE_OF[Eyes("close_out", "review", by_unit=True)],
        MOVE_OF[Eyes("close_out", "close", by_unit=True)],
    )

    taken = [
        _race(
            _signing(engine, hazard, review, town.head, "one unit"),
            _signing(engine, hazard, close, town.clerk, "one unit"),
        )
        for hazard in hazards
    ]

    assert [sum(outcome) for outcome in taken] == [1] * ROUNDS
    assert [len([signer for signer, _ in _parts(session, hazard) if signer == "one unit"]) for hazard in hazards] == [
        1
    ] * ROUNDS


def _signing(engine: Engine, hazard: Hazard, move: Move, by: Actor, unit: str) -> Callable[[], bool]:
    """One request's transaction: true when it took the part."""

    def sign() -> bool:
        with writing(engine) as session, session.begin():
            try:
                signatures.sign(session, hazard, move, by=by, unit_id=unit, at=NOON)
            except FourEyes:
                session.rollback()
                return False
        return True

    return sign


def _race(*requests: Callable[[], bool]) -> list[bool]:
    start = Barrier(len(requests))
    with ThreadPoolExecutor(len(requests)) as pool:
        running = [pool.submit(lambda request=request: (start.wait(30), request())[1]) for request in requests]
        return [one.result(60) for one in running]


def _confirmed_downgrade(
    session: Session, town: Town, code: DecisionCode, *, confirmed_by: str = "second_clerk"
) -> Hazard:
    """Proposed by one clerk of the committee office, confirmed by another person; it waits for a third, of another unit."""
    add_second_clerk(session, town)
    hazard = carry_to(session, town, Step.CLASSIFY)
    hazard = decide(session, town, hazard, code, "clerk", at=NOON, form=_lesser())
    return decide(
        session, town, hazard, DecisionCode.CONFIRM, confirmed_by, at=NOON + A_DAY, form=Opinion(comment="同意")
    )


def _approve(session: Session, town: Town, hazard: Hazard, who: str) -> Hazard:
    return decide(
        session, town, hazard, DecisionCode.APPROVE_DOWNGRADE, who, at=NOON + 2 * A_DAY, form=Opinion(comment="同意")
    )


def _held_part(request: Callable[[], object]) -> object:
    try:
        request()
    except FourEyes as refusal:
        return refusal.extra["held_part"]
    return None


def _parts(session: Session, hazard: Hazard) -> set[tuple[str, str]]:
    rows = session.execute(select(SIGNATURE.c.signer, SIGNATURE.c.part).where(SIGNATURE.c.hazard_id == hazard.id))
    return {(row.signer, row.part) for row in rows}


def _lesser() -> LesserFinding:
    return LesserFinding.model_validate({
        "checked_at": NOON - timedelta(hours=1), "inspectors": ("应急办经办人甲", "应急办经办人乙"), "facts": "现场属实",
        "unit_signature": "SIGNED", "no_evidence_reason": "照片随后补传", "grading_reason": "已有铁石去除装置，不符合判定条款",
        "interim_control": "NONE", "interim_reason": "现场没有人员受威胁",
    })  # fmt: skip


def _failure() -> ReviewFailure:
    return ReviewFailure(reason="火花探测未投用", limit_days=10, limit_on=None, limit_basis="复查意见书")
