"""Whoever reported by name is answered in time, each report by itself; and no enterprise learns that anybody reported."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, select
from sqlmodel import Session
from starlette.testclient import TestClient

from flows import effects
from handling import event_types, live_clocks, open_duties, settle, take
from models.actor import PUBLIC
from models.errors import GateNotMet, NotFound
from models.forms.tip_off import Abstract
from models.hazard import Hazard
from models.limits import ZONE
from models.outbox import Topic
from models.permissions import Role
from models.process import DecisionCode
from models.requests import RequestKind as K
from models.stage import Clock, Step
from models.steps import STEPS
from models.tables import AUDIT_EVENT, HAZARD_SOURCE, NOTICE
from office_api import Caller
from services import following, public_reports, relay, reporter_answers, sources, tip_offs
from services.keys import Keyring
from test_announcements import last_message
from tip_off import ABSTRACT, TIP, Reporter, carrier, source_of, tip_off
from town import NOON, STRAIGHT_WAY, Town, add_person, add_second_clerk, decide, fetch, report

DAY = timedelta(days=1)


@pytest.fixture
def ring(tmp_path: Path) -> Keyring:
    return Keyring(tmp_path / "keys")


def refuse(session: Session, town: Town, hazard: Hazard, *, at: Any = NOON + timedelta(hours=1)) -> Hazard:
    """The shortest way to an end: the report is refused by two persons."""
    if "second_clerk" not in town.actors:
        add_second_clerk(session, town)
    return settle(session, town, hazard, K.REFUSAL, "clerk", "second_clerk", at=at)


def again(session: Session, source: Any) -> Any:
    return source_of(session, source.id)


def test_every_report_has_a_source_whatever_its_channel(session: Session, town: Town):
    hazard = report(session, town, source="镇级检查", source_no="7")

    rows = sources.of_hazard(session, hazard)

    assert [(row.channel, row.source_no, row.reported_by, row.named) for row in rows] == [
        ("INSPECTION", "7", town.officer.person_id, False)
    ]


def test_an_answer_by_name_is_owed_five_working_days_after_the_end(session: Session, town: Town, ring: Keyring):
    hazard, source = tip_off(session, ring)

    ended = refuse(session, town, hazard)

    deadline = live_clocks(session, ended)[Clock.REPORTER_ANSWER]
    assert (deadline.number, deadline.unit_of_time, deadline.against) == (5, "WD", "committee")
    assert deadline.due_at.astimezone(ZONE).date().isoformat() == "2026-09-14"
    assert (deadline.subject, again(session, source).answer_due_at) == (source.id, deadline.due_at)
    assert open_duties(session, ended)[Clock.REPORTER_ANSWER].roles == "SC"


def test_nobody_is_owed_an_answer_who_gave_no_name(session: Session, town: Town, ring: Keyring):
    ended = refuse(session, town, tip_off(session, ring, named=False)[0])

    assert Clock.REPORTER_ANSWER not in live_clocks(session, ended)


def test_the_answer_ends_the_duty_and_is_read_by_the_code(session: Session, town: Town, ring: Keyring):
    hazard, source = tip_off(session, ring)
    ended = refuse(session, town, hazard)

    reporter_answers.answer_reporter(
        session, again(session, source), "经核查不属于重大事故隐患", by=town.clerk, at=NOON + DAY
    )

    assert (live_clocks(session, ended), open_duties(session, ended)) == ({}, {})
    assert event_types(session, ended)[-1] == "REPORTER_ANSWERED"
    answered = again(session, source)
    assert (answered.answer, answered.answered_by) == ("经核查不属于重大事故隐患", town.clerk.person_id)
    with pytest.raises(GateNotMet):
        reporter_answers.answer_reporter(session, answered, "再答一次", by=town.clerk, at=NOON + DAY)


def test_each_of_two_reports_of_one_hazard_is_answered_by_itself(session: Session, town: Town, ring: Keyring):
    (kept, one), (twin, other) = tip_off(session, ring), tip_off(session, ring)
    add_second_clerk(session, town)
    settle(session, town, twin, K.MERGE, "clerk", "second_clerk", into=kept.no, at=NOON + timedelta(minutes=5))

    ended = refuse(session, town, fetch(session, kept))

    assert again(session, other).hazard_id == kept.id
    assert again(session, one).answer_due_at == again(session, other).answer_due_at is not None
    reporter_answers.answer_reporter(session, again(session, other), "已核查办结", by=town.clerk, at=NOON + DAY)
    assert live_clocks(session, ended)[Clock.REPORTER_ANSWER].subject == one.id
    assert again(session, one).answer is None


def test_merging_carries_the_reports_along_and_undoing_it_brings_them_back(session: Session, town: Town, ring: Keyring):
    (first, one), (second, other) = tip_off(session, ring), tip_off(session, ring)
    third = report(session, town)
    add_second_clerk(session, town)
    at = NOON + timedelta(minutes=5)
    settle(session, town, first, K.MERGE, "clerk", "second_clerk", into=second.no, at=at)
    settle(session, town, fetch(session, second), K.MERGE, "clerk", "second_clerk", into=third.no, at=at)
    assert {row.id for row in sources.of_hazard(session, third)} >= {one.id, other.id}

    settle(session, town, fetch(session, second), K.UNMERGE, "clerk", "second_clerk", at=at)

    assert {row.id for row in sources.of_hazard(session, second)} == {one.id, other.id}
    assert len(sources.of_hazard(session, third)) == 1


def test_a_merged_report_is_followed_where_it_went(session: Session, town: Town, ring: Keyring):
    (kept, _), (twin, other) = tip_off(session, ring), tip_off(session, ring)
    add_second_clerk(session, town)
    settle(session, town, twin, K.MERGE, "clerk", "second_clerk", into=kept.no, at=NOON + timedelta(minutes=5))

    words = following.in_plain_words(sources.carrier(session, again(session, other)))

    assert words == "已收到，正在受理"


def test_a_hazard_reopened_and_ended_again_owes_another_answer(session: Session, town: Town, ring: Keyring):
    hazard, source = tip_off(session, ring)
    ended = refuse(session, town, hazard)
    reporter_answers.answer_reporter(session, again(session, source), "经审核不予受理", by=town.clerk, at=NOON + DAY)
    add_person(session, town, "reopener", "安委办经办人丙", Role.SC, "AWB", None, NOON)
    reopened = settle(session, town, ended, K.REOPENING, "clerk", "leader", at=NOON + 2 * DAY)

    ended = refuse(session, town, reopened, at=NOON + 3 * DAY)

    assert live_clocks(session, ended)[Clock.REPORTER_ANSWER].subject == f"{source.id}/2"
    reporter_answers.answer_reporter(
        session, again(session, source), "再次核查后答复", by=town.clerk, at=NOON + 4 * DAY
    )
    assert live_clocks(session, ended) == {}


def test_not_fixed_is_heard_only_after_the_end_and_makes_the_office_look(session: Session, town: Town, ring: Keyring):
    hazard, source = tip_off(session, ring, named=False)
    with pytest.raises(GateNotMet):
        public_reports.say_not_fixed(session, ring, source, "还在冒火星", by=PUBLIC, at=NOON)
    ended = refuse(session, town, hazard)

    public_reports.say_not_fixed(session, ring, source, "还在冒火星", by=PUBLIC, at=NOON + DAY)

    assert open_duties(session, ended)[Clock.OBJECTION].roles == "SC"
    with pytest.raises(GateNotMet):
        public_reports.say_not_fixed(session, ring, source, "还在冒火星", by=PUBLIC, at=NOON + DAY)
    relay.settle_objection(session, source, "再次到场，已停机", by=town.clerk, at=NOON + 2 * DAY)
    assert (open_duties(session, ended), live_clocks(session, ended)) == ({}, {})
    assert again(session, source).answer == "再次到场，已停机"
    with pytest.raises(NotFound):
        relay.settle_objection(session, source, "再看一次", by=town.clerk, at=NOON + 2 * DAY)


@pytest.mark.usefixtures("flows_here")
def test_the_committee_office_is_told_that_an_answer_is_owed(session: Session, town: Town, ring: Keyring):
    refuse(session, town, tip_off(session, ring)[0])

    effects.carry_out("tell_of_duty", last_message(session, Topic.DUTY))

    rows = session.execute(select(NOTICE.c.person_id, NOTICE.c.body)).all()
    assert {row.person_id for row in rows} == {town.clerk.person_id, town.actors["second_clerk"].person_id}
    assert all("答复举报人" in row.body for row in rows)


@pytest.mark.usefixtures("flows_here")
def test_the_end_of_a_tip_off_is_told_although_nobody_with_an_account_reported_it(
    session: Session, town: Town, ring: Keyring
):
    refuse(session, town, tip_off(session, ring)[0])

    effects.carry_out("tell_those_concerned", last_message(session, Topic.ENTERED))

    assert PUBLIC.person_id not in session.execute(select(NOTICE.c.person_id)).scalars().all()


def test_an_abstract_is_written_for_tip_offs_only_and_keeps_acceptance_from_being_taken_back(
    session: Session, town: Town, ring: Keyring
):
    form = Abstract.model_validate(ABSTRACT)
    with pytest.raises(GateNotMet):
        tip_offs.write_abstract(session, report(session, town), form, by=town.clerk, at=NOON)
    hazard = decide(session, town, tip_off(session, ring)[0], DecisionCode.ABSTRACT, "clerk", at=NOON, form=form)
    hazard = decide(session, town, hazard, DecisionCode.ACCEPT, "clerk", at=NOON + DAY)
    decide(session, town, hazard, DecisionCode.ABSTRACT, "clerk", at=NOON + DAY, form=form)

    with pytest.raises(GateNotMet):
        take(session, town, fetch(session, hazard), DecisionCode.WITHDRAW, "clerk", at=NOON + DAY)

    assert fetch(session, hazard).description == ABSTRACT["description"]


def test_an_enterprise_never_learns_that_somebody_reported(
    session: Session, town: Town, client: TestClient, people: dict[str, Caller], engine: Engine
):
    reporter = Reporter(client)
    no = reporter.report(named=True)["no"]
    hazard = carrier(session, no)
    session.commit()
    at = hazard.changed_at
    decide(session, town, hazard, DecisionCode.ABSTRACT, "clerk", at=at, form=Abstract.model_validate(ABSTRACT))
    for code, who in STRAIGHT_WAY[:6]:
        at += timedelta(minutes=1)
        decide(session, town, hazard, code, who, at=at)
    session.commit()
    reporter.post("/report/additions", {"text": "今天又冒烟了"})
    source = session.execute(select(HAZARD_SOURCE)).one()
    reporter_answers.answer_reporter(session, source, "正在整改，请放心", by=town.clerk, at=at + DAY)
    session.commit()

    seen = [people["principal"].get(path).text for path in (
        "/hazards", f"/hazards/{no}", f"/hazards/{no}/timeline", "/work-items", "/notices", "/similar-hazards?sector=工贸/粉尘涉爆",
    )]  # fmt: skip
    telling = (
        "PUBLIC", '"public"', "举报", "reporter", "REPORTER", "ABSTRACT", "REPORT_ADDED", "正在整改，请放心", source.id,
    )  # fmt: skip
    assert no in seen[1]
    assert [word for word in telling for page in seen if word in page] == []
    for path in (f"/hazards/{no}/reports", f"/reports/{source.id}/original"):
        assert people["principal"].get(path).status_code in {403, 404}
    assert "PUBLIC_REPORT" in people["officer"].get(f"/hazards/{no}").text


def test_an_enterprise_sees_no_gap_where_something_is_kept_from_it(
    session: Session, town: Town, client: TestClient, people: dict[str, Caller]
):
    no = Reporter(client).report(TIP)["no"]
    hazard, at = carrier(session, no), carrier(session, no).changed_at
    decide(session, town, hazard, DecisionCode.ABSTRACT, "clerk", at=at, form=Abstract.model_validate(ABSTRACT))
    for code, who in STRAIGHT_WAY[:5]:
        decide(session, town, hazard, code, who, at=at + DAY)
    session.commit()

    shown = people["principal"].get(f"/hazards/{no}/timeline").json()

    assert [event["type"] for event in shown] == ["REPORT", "ACCEPT", "MAJOR", "CONFIRM", "ASSIGN", "SIGN"]
    assert [event for event in shown if {"seq", "prev", "hash"} & event.keys()] == []
    assert session.execute(select(AUDIT_EVENT.c.seq).where(AUDIT_EVENT.c.type == "ABSTRACT")).scalar_one() == 2


def test_the_way_ends_at_a_step_a_reporter_can_understand():
    assert {step for step in Step if not following.in_plain_words(_at(step))} == set()


def _at(step: Step) -> Any:
    return type("Standing", (), {"step": step, "stage": STEPS[step].stage})()
