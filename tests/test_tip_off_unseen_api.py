"""Nothing an enterprise can see tells a tip-off from an inspection: not its page, its history, its files, its notices."""

import json
import re
from collections.abc import Iterator
from itertools import islice
from typing import Any

import pytest
from sqlalchemy import Engine, select

from api.app import make_app
from browsing import Browser
from flows import effects
from models.engine import writing
from models.outbox import Topic
from models.process import DecisionCode as D
from models.requests import RequestKind as K
from models.stage import Step
from models.tables import NOTICE, OUTBOX
from serving import with_pages
from settings import Settings
from story import Case, Story
from tip_off import ABSTRACT, Reporter
from town import STRAIGHT_WAY, Town, form_for, photo

_NAMELESS = ((r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", "ID"), (r"\b[0-9a-f]{32,64}\b", "HASH"), (r"ZY-\d+-\d+", "NO"), (r"通知编号：[0-9A-F]+", "NOTICE"),
             (r"\d+", "9"), (r'name="token" value="[^"]*"', "TOKEN"), (r'name="key" value="[^"]*"', "KEY"))  # fmt: skip
FOUND = {"place": ABSTRACT["place"], "description": ABSTRACT["description"], "sector": ABSTRACT["sector"]}
PAGES = ("/hazards/{no}", "/hazards/{no}/record", "/enterprise", "/hazards")
ENDS = {
    "refused": [("clerk", K.REFUSAL.ask, {}), ("second_clerk", K.REFUSAL.grant, {})],
    "downgraded": [("clerk", D.ACCEPT, {}), ("officer", D.GENERAL, {}), ("head", D.CONFIRM, {}), ("leader", D.APPROVE_DOWNGRADE, {})],
    "voided": [("clerk", K.VOIDING.ask, {}), ("leader", K.VOIDING.grant, {})],
}  # fmt: skip


@pytest.fixture
def story(engine: Engine, town: Town, app_settings: Settings, flows_here: None) -> Story:
    return Story(engine, town, app_settings)


def tip_off(story: Story) -> Case:
    """A report by the public, about which the office has written its abstract."""
    case = Case(story, Reporter(story.client).report(named=True)["no"])
    case.step("clerk", D.ABSTRACT, **ABSTRACT)
    return case


def inspection(story: Story) -> Case:
    return story.report(**FOUND)


def announce_all(story: Story) -> None:
    """Everything promised so far is carried out."""
    with writing(story.engine) as session:
        waiting = session.execute(select(OUTBOX).where(OUTBOX.c.done_at.is_(None)).order_by(OUTBOX.c.created_at)).all()
    for message in waiting:
        entered = message.topic == Topic.ENTERED
        for name in effects.effects_of(Step(message.step)) if entered else (effects.word_of(message.id),):
            effects.carry_out(name, message.id)
        effects.acknowledge(message.id)


def told(story: Story, case: Case, *who: str) -> list[tuple[str, str, str]]:
    persons = [story.town.persons[key].id for key in who]
    rows = select(NOTICE).where(NOTICE.c.person_id.in_(persons)).order_by(NOTICE.c.created_at, NOTICE.c.id)
    with writing(story.engine) as session:
        return [
            (row.topic, row.subject, row.body) for row in session.execute(rows) if case.no in row.subject + row.body
        ]


def shape(seen: Any) -> list[str]:
    """Every byte of it but names and numbers, piece by piece: two clocks started at one instant have no order."""
    text = seen if isinstance(seen, str) else json.dumps(seen, ensure_ascii=False, sort_keys=True)
    for pattern, word in _NAMELESS:
        text = re.sub(pattern, word, text)
    return sorted(re.split(r"[<{]", text.replace("},", "}")))


def walk(case: Case) -> Iterator[tuple[str, int]]:
    """The straight way step by step: where it stands, and what the enterprise is answered about it there."""
    for code, who in STRAIGHT_WAY:
        yield case.shown()["step"], case.story.people["principal"].get(f"/hazards/{case.no}").status_code
        with writing(case.story.engine) as session, session.begin():
            form = form_for(session, case.story.town, code, case.story.at).model_dump(mode="json")
            if code == D.MAJOR:
                form["evidence"] = [photo(session, case.story.town.officer, "举报照片-1.jpg", at=case.story.at)]
        answer = case._post(who, code, form)
        assert answer.status_code == 201, answer.text
        if code == D.SIGN:
            for informed in ("PRINCIPAL", "ACTUAL_CONTROLLER"):
                case.step("officer", D.INFORM, informed=informed)


def test_the_view_of_a_tip_off_has_the_shape_of_an_inspections(story: Story, town: Town, app_settings: Settings):
    seen: list[dict[str, Any]] = []
    for start in (inspection, tip_off):
        case = start(story)
        assert len(list(walk(case))) == len(STRAIGHT_WAY)
        announce_all(story)
        site = Browser(with_pages(make_app(story.office))).signed_in(story.people["principal"].token)
        lines = story.get("principal", "/hazards")["items"]
        seen.append({
            "hazard": case.shown("principal"), "line": next(line for line in lines if line["no"] == case.no),
            "events": case.events("principal"), "notices": sorted(told(story, case, "principal", "controller")),
            **{path: site.open(path.format(no=case.no)).html for path in PAGES[:2]},
        })  # fmt: skip

    found, reported = seen
    for part in found:
        assert shape(reported[part]) == shape(found[part]), part
    assert {one["hazard"]["discovered_at"][10:] for one in seen} == {"T00:00:00+08:00"}
    assert {one["events"][0]["recorded_at"][10:] for one in seen} == {"T00:00:00+08:00"}
    whole = json.dumps(reported, ensure_ascii=False)
    assert not [word for word in ("举报", "群众", "PUBLIC_REPORT", "REPORTER", "ABSTRACT", "摘要") if word in whole]


@pytest.mark.parametrize("end", ENDS)
@pytest.mark.parametrize("start", [inspection, tip_off])
def test_an_enterprise_hears_nothing_of_what_ended_before_it_existed_for_it(story: Story, end: str, start: Any):
    case = start(story)
    for who, code, form in ENDS[end]:
        case.step(who, code, **form)

    announce_all(story)

    assert told(story, case, "principal", "controller") == []
    assert story.people["principal"].get(f"/hazards/{case.no}").status_code == 404


@pytest.mark.parametrize("start", [inspection, tip_off])
def test_what_others_found_exists_for_its_enterprise_from_the_assignment_on(story: Story, start: Any):
    case = start(story)

    found = [status for _, status in islice(walk(case), 6)]

    assert found == [404, 404, 404, 404, 200, 200]


def test_its_own_report_an_enterprise_follows_from_the_beginning(story: Story):
    case = story.report("principal", channel="SELF_REPORT")

    assert case.shown("principal")["step"] == "TRIAGE"


@pytest.mark.parametrize("word", ["群众反映", "举报人称", "12350来电"])
def test_an_abstract_does_not_say_where_it_comes_from(story: Story, word: str):
    case = Case(story, Reporter(story.client).report()["no"])

    answer = case._post("clerk", D.ABSTRACT, ABSTRACT | {"description": f"{word}除尘系统运行中有火花"})

    assert answer.status_code == 422
    assert "不得写明来自举报" in answer.text


def test_a_tip_off_is_not_accepted_before_its_abstract_is_written(story: Story):
    case = Case(story, Reporter(story.client).report()["no"])

    assert "举报摘要尚未编写" in case.refused("clerk", D.ACCEPT)
    case.step("clerk", D.ABSTRACT, **ABSTRACT)
    case.step("clerk", D.ACCEPT)
