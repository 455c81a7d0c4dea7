"""Copies for information, leaders' instructions, comments: who sees what, who is told, what stays on record."""

from typing import Any

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import DBAPIError
from sqlmodel import Session

from colleagues import days, events, how_many_events, id_of, move_item, now
from escalated import told_by
from flows import effects
from models.outbox import Topic
from models.stage import Step
from models.tables import HAZARD, WORK_ITEM
from office_api import Caller, assert_refused
from test_announcements import last_message
from town import Town, carry_to


@pytest.fixture
def hazard(session: Session, town: Town) -> Any:
    """In the first department's hands; the second one has a part as a cooperating unit only after the assignment."""
    found = carry_to(session, town, Step.CLASSIFY)
    session.commit()
    return found


@pytest.fixture
def planned(session: Session, town: Town) -> Any:
    found = carry_to(session, town, Step.PLAN)
    session.commit()
    return found


def see(caller: Caller, hazard: Any) -> int:
    return caller.get(f"/hazards/{hazard.no}").status_code


@pytest.mark.usefixtures("flows_here")
def test_a_copy_lets_a_person_read_and_nothing_else_until_it_is_revoked(
    session: Session, town: Town, people: dict[str, Caller], hazard: Any
):
    reader = people["other_head"]
    assert see(reader, hazard) == 404

    copied = people["head"].post(
        f"/hazards/{hazard.no}/copies", {"people": [id_of(town, "other_head")], "words": "请阅"}
    )

    assert copied.json()["copied"] == [id_of(town, "other_head")]
    assert [see(reader, hazard), reader.get(f"/hazards/{hazard.no}/timeline").status_code] == [200, 200]
    assert [line["no"] for line in reader.get("/hazards").json()["items"]] == [hazard.no]
    assert see(people["other_officer"], hazard) == 404
    finding = reader.post(f"/hazards/{hazard.no}/finding-confirmation", {"comment": "同意"}, version=hazard.version)
    assert_refused(finding, 403, "not-permitted")
    assert_refused(reader.post(f"/hazards/{hazard.no}/comments", {"words": "已阅"}), 403, "not-permitted")
    assert_refused(
        reader.put(f"/work-items/{move_item(session, hazard).id}/assignee", {"person": "x"}), 403, "not-permitted"
    )
    effects.carry_out("tell_copied", last_message(session, Topic.COPIED))
    assert told_by(session, "copied") == {id_of(town, "other_head")}
    session.commit()

    again = people["clerk"].post(f"/hazards/{hazard.no}/copies", {"people": [id_of(town, "other_head")]})
    assert again.json()["copied"] == []
    assert people["head"].delete(f"/hazards/{hazard.no}/copies/{id_of(town, 'other_head')}").status_code == 200
    assert see(reader, hazard) == 404
    assert reader.get("/hazards").json()["items"] == []
    assert (len(events(session, hazard.id, "COPIED")), len(events(session, hazard.id, "COPY_REVOKED"))) == (1, 1)


def test_a_copy_goes_to_officials_only_and_from_who_takes_part(
    session: Session, town: Town, people: dict[str, Caller], hazard: Any
):
    before, path = how_many_events(session), f"/hazards/{hazard.no}/copies"

    for people_named in (
        [id_of(town, "principal")], [id_of(town, "admin")], [id_of(town, "district")], ["nobody"], [], ["x"] * 51,
        [id_of(town, "other_head"), "nobody"],
    ):  # fmt: skip
        assert_refused(people["head"].post(path, {"people": people_named}), 422, "invalid-input")
    assert_refused(people["head"].post(path, {"people": [id_of(town, "head")]}), 403, "not-permitted")
    assert_refused(people["other_head"].post(path, {"people": [id_of(town, "officer")]}), 404, "not-found")
    for who in ("principal", "villager", "auditor"):
        assert_refused(people[who].post(path, {"people": [id_of(town, "officer")]}), 403, "not-permitted")
    assert_refused(people["head"].delete(f"{path}/{id_of(town, 'officer')}"), 404, "not-found")
    assert how_many_events(session) == before


@pytest.mark.usefixtures("flows_here")
def test_a_leader_s_instruction_is_owed_a_report_by_the_unit_it_names(
    session: Session, town: Town, people: dict[str, Caller], hazard: Any
):
    due = days(0, 14)["until_on"]
    body = {"words": "请经发办会同核查，两周内报告", "unit": "JFB", "due_on": due}

    given = people["mayor"].post(f"/hazards/{hazard.no}/instructions", body)

    assert (given.status_code, given.json()["due_at"][:10]) == (201, due), given.text
    [item] = people["other_officer"].get("/work-items").json()["items"]
    assert (item["label"], item["hazard_no"], item["due_at"][:10]) == ("报告批示落实情况", hazard.no, due)
    assert see(people["other_officer"], hazard) == 200
    effects.carry_out("tell_instructed", last_message(session, Topic.INSTRUCTED))
    assert told_by(session, "instructed") == {id_of(town, "other_head"), id_of(town, "other_officer")}
    session.commit()
    report = f"/work-items/{item['id']}/report"
    assert_refused(people["officer"].post(report, {"answer": "已会同核查"}), 403, "not-permitted")

    assert people["other_officer"].post(report, {"answer": "已会同核查，情况属实"}).status_code == 201

    assert people["other_officer"].get("/work-items").json()["items"] == []
    assert_refused(people["other_head"].post(report, {"answer": "已会同核查"}), 404, "not-found")
    [shown] = people["head"].get(f"/hazards/{hazard.no}/instructions").json()
    assert (shown["leader"], shown["answer"]) == ("镇主要领导甲", "已会同核查，情况属实")
    effects.carry_out("tell_instruction_answered", last_message(session, Topic.INSTRUCTION_ANSWERED))
    assert told_by(session, "instruction_answered") == {id_of(town, "mayor")}
    assert [len(events(session, hazard.id, kind)) for kind in ("INSTRUCTED", "INSTRUCTION_ANSWERED")] == [1, 1]
    [row] = now(session, select(HAZARD).where(HAZARD.c.id == hazard.id))
    assert (row.version, row.step, row.due_at) == (hazard.version, hazard.step, hazard.due_at)


def test_an_instruction_without_a_unit_owes_nothing_and_one_without_a_day_gets_five_working_days(
    session: Session, people: dict[str, Caller], hazard: Any
):
    path = f"/hazards/{hazard.no}/instructions"

    plain = people["leader"].post(path, {"words": "请高度重视"}).json()
    to_office = people["leader"].post(path, {"words": "请安委办跟踪", "unit": "AWB"}).json()

    assert (plain["due_at"], to_office["due_at"] is not None) == (None, True)
    owed = now(session, select(WORK_ITEM).where(WORK_ITEM.c.kind == "instruction"))
    assert [row.origin for row in owed] == [to_office["id"]]
    assert people["clerk"].post(f"/work-items/{owed[0].id}/report", {"answer": "已列入跟踪"}).status_code == 201


def test_only_a_leader_instructs_and_only_in_order(session: Session, people: dict[str, Caller], hazard: Any):
    path, before = f"/hazards/{hazard.no}/instructions", how_many_events(session)

    for who in ("clerk", "head", "officer", "principal", "villager", "auditor", "admin"):
        assert_refused(people[who].post(path, {"words": "请抓紧"}), 403, "not-permitted")
    for body in (
        {"words": ""}, {"words": "请抓紧", "unit": "NOWHERE"}, {"words": "请抓紧", "due_on": days()["until_on"]},
        {"words": "请抓紧", "unit": "YJB", "due_on": days(-1, 0)["from_on"]}, {"words": "请抓紧", "unit": "QYJ"}, {},
    ):  # fmt: skip
        assert_refused(people["leader"].post(path, body), 422, "invalid-input")
    assert_refused(people["leader"].post("/hazards/ZY-2026-9999/instructions", {"words": "请抓紧"}), 404, "not-found")
    assert how_many_events(session) == before


@pytest.mark.usefixtures("flows_here")
def test_a_mention_tells_only_who_may_see_the_hazard(
    session: Session, town: Town, people: dict[str, Caller], hazard: Any
):
    named = [id_of(town, who) for who in ("head", "other_head", "principal", "leader", "admin", "head", "officer")]

    written = people["officer"].post(f"/hazards/{hazard.no}/comments", {"words": "请看现场照片", "mentions": named})

    assert written.json()["told"] == [id_of(town, "head"), id_of(town, "leader")]
    effects.carry_out("tell_mentioned", last_message(session, Topic.MENTIONED))
    assert told_by(session, "mentioned") == {id_of(town, "head"), id_of(town, "leader")}


def test_the_enterprise_sees_only_comments_marked_for_it(
    session: Session, town: Town, people: dict[str, Caller], planned: Any
):
    path = f"/hazards/{planned.no}/comments"
    people["officer"].post(path, {"words": "企业可能拖延"})
    people["officer"].post(path, {"words": "请补充应急措施", "for_enterprise": True})
    own = people["principal"].post(path, {"words": "已安排", "mentions": [id_of(town, "officer")]})
    people["leader"].post(f"/hazards/{planned.no}/instructions", {"words": "盯紧该企业", "unit": "YJB"})

    assert own.json()["told"] == [id_of(town, "officer")]
    assert [line["words"] for line in people["principal"].get(path).json()] == ["请补充应急措施", "已安排"]
    assert len(people["head"].get(path).json()) == 3
    assert people["principal"].get(f"/hazards/{planned.no}/instructions").json() == []
    types = [event["type"] for event in people["principal"].get(f"/hazards/{planned.no}/timeline").json()]
    assert (types.count("COMMENTED"), "INSTRUCTED" in types) == (2, False)
    kinds = {item["kind"] for item in people["principal"].get(f"/hazards/{planned.no}").json()["work_items"]}
    assert "instruction" not in kinds


def test_a_comment_is_never_changed(session: Session, people: dict[str, Caller], hazard: Any):
    people["officer"].post(f"/hazards/{hazard.no}/comments", {"words": "现场已拍照"})

    for statement in ("UPDATE comment SET words = ''", "DELETE FROM comment"):
        with pytest.raises(DBAPIError):
            session.execute(text(statement))
        session.rollback()
    [line] = people["head"].get(f"/hazards/{hazard.no}/comments").json()
    assert (line["words"], line["name"]) == ("现场已拍照", "应急办经办人甲")


def test_a_comment_out_of_order_is_refused(session: Session, town: Town, people: dict[str, Caller], hazard: Any):
    path, before = f"/hazards/{hazard.no}/comments", how_many_events(session)

    for body in (
        {"words": ""}, {}, {"words": "x" * 2001}, {"words": "好", "mentions": ["nobody"]}, {"words": "好", "mentions": ["x"] * 21},
        {"words": "好", "mentions": "x"}, {"words": "好", "extra": 1},
    ):  # fmt: skip
        assert_refused(people["officer"].post(path, body), 422, "invalid-input")
    assert_refused(people["other_officer"].post(path, {"words": "好"}), 404, "not-found")
    assert_refused(people["auditor"].post(path, {"words": "好"}), 403, "not-permitted")
    assert how_many_events(session) == before
