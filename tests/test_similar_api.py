"""One hazard reported several times is noticed before it becomes several."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlmodel import Session

from models.similarity import LIKELY, Likeness, score
from office_api import Caller
from town import Town, report

TEXT = "造粒设备前无铁石去除装置，木粉尘正压除尘风管无火花探测消除，积尘严重"
words = st.text(alphabet="粉尘爆炸积灰除装置火花探测木料造粒设备风管", max_size=30)
likenesses = st.builds(Likeness, st.sampled_from([None, "a", "b"]), st.sampled_from([None, "GM-11.8"]), words, words)


@given(likenesses, likenesses)
def test_likeness_is_mutual_and_between_none_and_all(one: Likeness, other: Likeness):
    assert 0 <= score(one, other) == score(other, one) <= 1


@given(likenesses)
def test_nothing_is_likelier_than_the_thing_itself(one: Likeness):
    assert score(one, one) >= score(one, Likeness("c", None, "", ""))


def test_the_same_hazard_in_other_words_is_shown_before_it_is_reported(
    session: Session, town: Town, people: dict[str, Caller]
):
    known = report(session, town)
    report(session, town, place="三车间配电室", description="配电室堆放杂物，电缆沟盖板缺失，无绝缘垫")
    session.commit()

    found = people["clerk"].get("/similar-hazards", params={
        "enterprise": "91500118MA5TEST001", "place": "某某村1组造粒车间", "description": "造粒设备前没有铁石去除装置，积尘严重",
    }).json()  # fmt: skip

    assert (found[0]["no"], found[0]["likely_same"]) == (known.no, True)
    assert found[0]["score"] > found[1]["score"]


def test_a_hazard_shows_its_twin(session: Session, town: Town, people: dict[str, Caller]):
    first, second = report(session, town), report(session, town)
    session.commit()

    [twin] = people["clerk"].get(f"/hazards/{first.no}/similar").json()

    assert (twin["no"], twin["score"]) == (second.no, pytest.approx(0.8))
    assert twin["score"] >= LIKELY


def test_reports_that_share_only_the_suspected_clause_are_shown_to_each_other(
    session: Session, town: Town, people: dict[str, Caller]
):
    other = {"enterprise": None, "subject_type": "PUBLIC_PLACE", "village": "CUN1", "sector": "消防"}
    known = report(session, town, suspected_clause="GM-11.8")
    twin = report(
        session,
        town,
        suspected_clause="GM-11.8",
        place="村民活动室",
        description="疏散出口上锁封闭，消防通道被占用，无法打开使用",
        **other,
    )
    session.commit()

    before = people["clerk"].get("/similar-hazards", params={"clause": "GM-11.8"}).json()

    assert {row["no"] for row in before} == {known.no, twin.no}
    assert [row["no"] for row in people["clerk"].get(f"/hazards/{twin.no}/similar").json()] == [known.no]


def test_nobody_learns_of_a_hazard_they_may_not_see(session: Session, town: Town, people: dict[str, Caller]):
    report(session, town)
    session.commit()
    query = {"enterprise": "91500118MA5TEST001", "place": "某某村1组造粒车间", "description": TEXT}

    assert people["clerk"].get("/similar-hazards", params=query).json()
    assert people["other_officer"].get("/similar-hazards", params=query).json() == []
