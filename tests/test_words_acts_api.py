"""Channels, notice templates and standards change when a second person agrees; words stay words, clauses stay as they were."""

from typing import Any

import pytest
from sqlalchemy import Engine, select
from sqlmodel import Session

from models.engine import reading
from models.permissions import Role
from models.tables import NOTICE_TEMPLATE, PROPOSAL
from notifications import notices, own_words
from notifications.wording import TOPICS, Words, facts_of, render, speak
from office_api import Caller, assert_refused, counts, sign_in
from test_wording import FACTS
from town import NOON, Town, add_person

OWN = {
    "subject": "【请办】{{ hazard_no }}",
    "body": "请在 {{ due_text }} 前办理（{{ due_reason }}）。\n{{ link }}\n编号 {{ notice_no }}",
}
EDITION: dict[str, Any] = {
    "title": "工贸企业重大事故隐患判定标准（新）", "doc_no": "应急管理部令第99号", "effective_on": "2027-01-01",
    "clauses": [{"code": "GM-11.8", "sector": "工贸/粉尘涉爆", "text": "木粉尘除尘系统未采取火花探测消除措施", "verified": True}],
    "repeals": ["GM-11.8"], "source": "应急管理部公告",
}  # fmt: skip
CHANNEL = {"kind": "WECOM_BOT", "name": "企业微信群", "config": {"key": "0f1e2d3c-canary-key-1234567890ab"}}


@pytest.fixture
def office(session: Session, town: Town, people: dict[str, Caller]) -> dict[str, Caller]:
    for key, role, unit in (("second_clerk", Role.SC, "AWB"), ("second_admin", Role.AD, None)):
        add_person(session, town, key, key, role, unit, None, NOON)
        people[key] = Caller(people["clerk"].client, sign_in(session, town, key))
    session.commit()
    return people


def agreed(office: dict[str, Caller], path: str, body: Any, *, by: str = "clerk", second: str = "second_clerk") -> Any:
    asked = office[by].post(path, body)
    assert asked.status_code == 202, asked.text
    proposal = asked.json()["proposal"]
    assert_refused(office[by].post(f"/proposals/{proposal}/approval", {}), 409, "four-eyes")
    return office[second].post(f"/proposals/{proposal}/approval", {})


def test_a_channel_is_there_when_a_second_administrator_agrees_and_its_secret_is_nowhere_in_plain(
    office: dict[str, Caller], engine: Engine
):
    answer = agreed(office, "/channels", CHANNEL, by="admin", second="second_admin")

    assert answer.status_code == 201, answer.text
    assert [row["name"] for row in office["admin"].get("/channels").json()] == ["企业微信群"]
    with reading(engine) as session:
        kept = " ".join(str(row) for row in session.execute(select(PROPOSAL)))
    assert "canary" not in kept + answer.text


def test_the_one_administrator_of_a_new_installation_adds_a_channel_alone(people: dict[str, Caller]):
    answer = people["admin"].post("/channels", CHANNEL)

    assert (answer.status_code, answer.json()["applied"]) == (201, True)
    assert_refused(people["admin"].post("/channels", CHANNEL), 422, "invalid-input")


def test_the_offices_words_are_spoken_from_the_approval_on(office: dict[str, Caller], session: Session):
    assert agreed(office, "/templates/triage", OWN).status_code == 201

    own = own_words.newest(session, "triage")
    assert speak("triage", own, **FACTS).subject == "【请办】ZY-2026-0017"
    assert own_words.newest(session, "recheck") is None


def test_empty_words_give_the_shipped_ones_back(office: dict[str, Caller], session: Session):
    agreed(office, "/templates/triage", OWN)
    agreed(office, "/templates/triage", {"subject": "", "body": ""})

    assert own_words.newest(session, "triage") is None
    assert session.execute(select(NOTICE_TEMPLATE.c.version)).scalars().all() == [1, 2]


def test_words_that_fail_give_way_to_the_shipped_ones():
    assert speak("triage", Words("{{ nobody_gave_this }}", "x"), **FACTS) == render("triage", **FACTS)


@pytest.mark.parametrize("topic", sorted(TOPICS - own_words.NOT_EDITABLE))
def test_the_shipped_words_are_made_of_facts_one_may_use(topic: str):
    assert facts_of(topic) <= set(FACTS)


def test_a_preview_shows_each_fact_by_its_name(office: dict[str, Caller], engine: Engine):
    before = counts(engine)

    shown = office["clerk"].post("/templates/triage/preview", OWN).json()

    assert shown["subject"] == "【请办】〔hazard_no〕"
    assert counts(engine) == before


@pytest.mark.parametrize(
    ("topic", "changes", "field"),
    [
        ("triage", {"body": "{{ hazard_no.__class__ }} {{ notice_no }}"}, "body"),
        ("triage", {"body": "{% for n in range(9) %}{{ n }}{% endfor %}{{ notice_no }}"}, "body"),
        ("triage", {"body": "{{ cycler() }} {{ notice_no }}"}, "body"),
        ("triage", {"body": "{{ reporter_name }} {{ notice_no }}"}, "body"),
        ("triage", {"body": "{{ hazard_no"}, "body"),
        ("triage", {"body": "没有编号"}, "body"),
        ("triage", {"subject": "两\n行"}, "subject"),
        ("triage", {"subject": "{% include 'closed/body.txt' %}"}, "subject"),
        ("digest", {}, "topic"),
        ("nothing", {}, "topic"),
    ],
)
def test_what_is_more_than_words_is_refused_naming_the_field(
    office: dict[str, Caller], engine: Engine, topic: str, changes: dict[str, str], field: str
):
    before = counts(engine)

    for path in (f"/templates/{topic}", f"/templates/{topic}/preview"):
        answer = office["clerk"].post(path, OWN | changes)
        assert_refused(answer, 422, "invalid-input")
        assert answer.json()["errors"][0]["field"] == field

    assert counts(engine) == before


def test_an_edition_comes_in_beside_the_old_one_which_ends_that_day(office: dict[str, Caller]):
    before = office["clerk"].get("/standards", params={"on": "2026-12-31"}).json()

    assert agreed(office, "/standards", EDITION).status_code == 201

    assert [row["code"] for row in before] == [
        row["code"] for row in office["clerk"].get("/standards", params={"on": "2026-12-31"}).json()
    ]
    later = {
        row["doc_no"]
        for row in office["clerk"].get("/standards", params={"on": "2027-01-01"}).json()
        if row["code"] == "GM-11.8"
    }
    assert later == {"应急管理部令第99号"}


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"effective_on": "2020-01-01"}, "effective_on"), ({"repeals": ["NOPE-1"]}, "repeals"),
        ({"clauses": EDITION["clauses"] * 2}, "clauses"), ({"clauses": []}, "clauses"), ({"effective_on": "2027-02-30"}, "effective_on"),
    ],
)  # fmt: skip
def test_an_edition_that_would_rewrite_or_end_nothing_is_refused(
    office: dict[str, Caller], engine: Engine, changes: dict[str, Any], field: str
):
    before = counts(engine)

    answer = office["clerk"].post("/standards", EDITION | changes)

    assert_refused(answer, 422, "invalid-input")
    assert field in str(answer.json()["errors"])
    assert counts(engine) == before


def test_a_notice_is_written_in_the_offices_words(office: dict[str, Caller], session: Session, town: Town):
    agreed(office, "/templates/triage", OWN)

    assert notices.speak("triage", own_words.newest(session, "triage"), **FACTS).body.startswith("请在 2026-10-13")
