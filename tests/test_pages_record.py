"""The whole record of a hazard: everything that happened, oldest first and open, with its proof, for paper."""

import pytest

from browsing import Browser
from models.engine import writing
from models.stage import Step
from services import keys, sealing
from story import Case, Story


@pytest.fixture
def closed(story: Story) -> Case:
    case = story.report().carry_to(Step.CLOSED)
    with writing(story.engine) as session, session.begin():
        sealing.seal(session, keys.signing_key(story.office.settings.key_dir), at=story.at)
    return case


def test_the_record_tells_every_event_in_its_order_with_proof(closed: Case, browsers: dict[str, Browser]):
    page = browsers["auditor"].open(f"/hazards/{closed.no}")

    record = browsers["auditor"].open(page.links["全程记录（打印）"])

    events = closed.events()
    assert [f"第 {event['seq']} 条 {event['hash']}" in record.text for event in events] == [True] * len(events)
    assert record.text.index(f"第 1 条 {events[0]['hash']}") < record.text.index(f"第 {len(events)} 条")
    assert record.sees("出具时已校验", "hazardflow/linjiang", "出具人（签字）", "审计员甲")
    assert record.html.count("<details") == 0


def test_who_may_not_verify_prints_the_record_without_the_proof(closed: Case, browsers: dict[str, Browser]):
    record = browsers["officer"].open(f"/hazards/{closed.no}/record")

    assert record.sees("重大事故隐患全程记录", "办理过程")
    assert not record.sees("历史的证明")


def test_an_enterprises_record_says_no_more_than_its_hazards_page(
    story: Story, closed: Case, browsers: dict[str, Browser]
):
    story.post("leader", f"/hazards/{closed.no}/instructions", {"words": "内部批示内容", "unit": None})

    assert browsers["clerk"].open(f"/hazards/{closed.no}/record").sees("内部批示内容")
    record = browsers["principal"].open(f"/hazards/{closed.no}/record")
    assert record.status == 200
    assert not record.sees("批示")
    assert "第 1 条" not in record.text


@pytest.mark.parametrize("who", ["villager", "admin"])
def test_nobody_else_takes_the_record_along(closed: Case, browsers: dict[str, Browser], who: str):
    assert browsers[who].open(f"/hazards/{closed.no}/record").status in {403, 404}
    assert "全程记录（打印）" not in browsers[who].open(f"/hazards/{closed.no}").links


def test_another_departments_hazard_is_not_there(story: Story, browsers: dict[str, Browser]):
    case = story.report().carry_to(Step.WORK, cooperating_units=[])

    assert browsers["other_officer"].open(f"/hazards/{case.no}/record").status == 404
