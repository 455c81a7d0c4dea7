"""When notices leave: quiet hours, one digest after downtime, and nobody left untold."""

from collections import Counter
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import func, select, update
from sqlmodel import Session, col

from escalated import carry_out, fire_level, live_deadlines, rungs_of, told_by
from models import Account, Person
from models.engine import writing
from models.hazard import Hazard
from models.limits import ZONE
from models.outbox import INAPP, NoticeState
from models.quiet_hours import QuietHours
from models.stage import Step
from models.tables import ESCALATION, INCIDENT, NOTICE
from notifications import notices, pacing
from notifications.channel_address import ChannelKind
from notifications.digest import words_of
from notifications.pacing import Pace, leaves_at
from office_api import Caller, assert_refused
from outgoing import open_channel
from services import escalations
from town import NOON, Town, carry_to, report

pytestmark = pytest.mark.usefixtures("flows_here")
AT_ONCE = Pace()
A_DAY, LEASE = timedelta(days=1), timedelta(seconds=60)
EVENING = datetime(2026, 9, 7, 23, 30, tzinfo=ZONE).astimezone(UTC)
MORNING = datetime(2026, 9, 8, 7, tzinfo=ZONE).astimezone(UTC)


@pytest.fixture
def mail(session: Session) -> str:
    """A channel; everybody keeps the office's quiet hours."""
    channel = open_channel(session, ChannelKind.MAIL, {"host": "127.0.0.1", "port": 1, "sender": "a@b.test"})
    session.execute(update(Person).values(quiet_from="22:00", quiet_until="07:00"))
    session.commit()
    return channel


def told(
    session: Session, hazard: Hazard, *people: str, at: datetime, pace: Pace = AT_ONCE, message: str = "m"
) -> None:
    facts = {"hazard_no": hazard.no, "stage": "整改", "unit_name": "应急办", "due_text": "", "due_reason": "",
             "link": f"http://office/hazards/{hazard.no}"}  # fmt: skip
    notices.queue(session, message, "work", hazard, people, facts, at=at, pace=pace)
    session.commit()


def leaving(session: Session, at: datetime) -> list[notices.Delivery]:
    found = notices.claim(session, at=at, lease=LEASE)
    session.commit()
    return found


@pytest.mark.parametrize(("pressing", "leaves"), [(False, MORNING), (True, EVENING)])
def test_at_night_only_danger_disturbs(session: Session, town: Town, mail: str, pressing: bool, leaves: datetime):
    told(session, report(session, town), town.head.person_id, at=EVENING, pace=Pace(pressing=pressing))

    tried = [moment for moment in (EVENING, MORNING - timedelta(seconds=1), MORNING) if leaving(session, moment)]

    assert tried[0] == leaves


def test_in_the_application_the_notice_is_there_at_night_too(session: Session, town: Town, mail: str):
    told(session, report(session, town), town.head.person_id, at=EVENING)

    states = {row.channel_id: row.state for row in session.execute(select(NOTICE))}
    assert states == {INAPP: NoticeState.SENT, mail: NoticeState.QUEUED}


def test_everybody_has_their_own_quiet_hours(session: Session, town: Town, mail: str):
    session.execute(update(Person).where(col(Person.id) == town.head.person_id).values(quiet_until="06:00"))
    told(session, report(session, town), town.head.person_id, town.officer.person_id, at=EVENING)

    leaving(session, EVENING)
    at_six = leaving(session, MORNING - timedelta(hours=1))

    assert [one.person_id for one in at_six] == [town.head.person_id]


@pytest.mark.parametrize(
    ("urgent", "level", "presses"), [(False, 3, False), (False, 4, True), (True, 0, True), (True, None, True), (False, None, False)]
)  # fmt: skip
def test_danger_and_the_highest_level_press(urgent: bool, level: int | None, presses: bool):
    hazard: Any = SimpleNamespace(urgent=urgent)

    assert pacing.pace_of(hazard, since=NOON, at=NOON, level=level).pressing == presses


def test_after_downtime_each_person_gets_one_digest_per_channel_in_a_quarter_of_an_hour(
    session: Session, town: Town, mail: str
):
    """F-14, F-15, and F13's storm: however the levels trickle in."""
    webhook = open_channel(session, ChannelKind.DINGTALK, {"token": "t" * 64, "secret": "s" * 64})
    hazards = [report(session, town) for _ in range(12)] + [
        report(session, town, urgent=True, persons_exposed=3, immediate_measures="已撤人")
    ]
    back = datetime.now(UTC)
    sent: Counter[tuple[str, str]] = Counter()
    for minute in range(15):
        for hazard in hazards[minute::15]:
            carry_out(session, _sweep(session, hazard, back))
        for one in leaving(session, back + timedelta(minutes=minute)):
            with writing(session.get_bind().engine) as other, other.begin():
                notices.settle_sent(other, one, at=back + timedelta(minutes=minute))
            sent[one.person_id, one.channel_id] += 1

    assert sent
    assert set(sent.values()) == {1}
    assert {channel for _, channel in sent} == {mail, webhook}


def test_the_digest_names_each_hazard_once_under_its_highest_level():
    """F-14."""
    rows = [
        SimpleNamespace(id=str(number), hazard_id=hazard, topic=topic, subject=f"{topic} {hazard}",
                        body=f"办理入口：http://office/hazards/{hazard}\n通知编号：1")
        for number, (hazard, topic) in enumerate(
            [("A", "escalation_0"), ("B", "escalation_2"), ("A", "escalation_3"), ("A", "work")]
        )
    ]  # fmt: skip

    words = words_of(rows)

    assert words.subject == "【汇总】4 条督办通知"
    assert words.body.splitlines() == [
        "您有 4 条通知：", "1. escalation_3 A（另有：escalation_0 A；work A）", "2. escalation_2 B", "办理入口：http://office",
    ]  # fmt: skip


def test_after_downtime_of_several_levels_one_notice_a_hazard_is_written(session: Session, town: Town, mail: str):
    """F-14: each missed level has its row with its true time; only the highest is told."""
    hazard = report(session, town)
    carry_out(session, _sweep(session, hazard, datetime.now(UTC)))

    rows = session.execute(select(ESCALATION.c.level, ESCALATION.c.late)).all()
    topics = {row.topic for row in session.execute(select(NOTICE)) if row.topic.startswith("escalation")}
    gathered = session.execute(select(NOTICE.c.gathered).where(NOTICE.c.topic == "escalation_4")).scalars()
    assert [tuple(row) for row in sorted(rows)] == [(level, True) for level in range(5)]
    assert topics == {"escalation_4"}
    assert set(gathered) == {True}


@given(
    st.lists(st.tuples(st.booleans(), st.booleans()), min_size=1, max_size=6),
    st.times(), st.times(), st.integers(0, 2000), st.integers(0, 40) | st.none(),
)  # fmt: skip
def test_nothing_leaves_in_quiet_hours_or_too_soon_after_a_digest(paces, start, end, minute, since):
    """F-15: what only gathers keeps a quarter of an hour from the last digest; what presses keeps no quiet hours."""
    at, quiet = NOON + timedelta(minutes=minute), QuietHours(start, end)
    rows = [SimpleNamespace(pressing=pressing, gathered=gathered) for pressing, gathered in paces]
    last = None if since is None else at - timedelta(minutes=since)

    plan = leaves_at(rows, quiet, last, at=at)

    for moment, row in plan:
        assert moment >= at
        assert row.pressing or not quiet.covers(moment)
        if all(one.gathered for one in rows) and last is not None:
            assert moment >= last + pacing.DIGEST_EVERY


def test_the_number_of_a_notice_says_what_it_is_of_and_nothing_else(session: Session, town: Town, mail: str):
    """F-27: the same hazard, deadline, level, person, channel and repeat give the same id and number; others another."""
    hazard = carry_to(session, town, Step.WORK)
    messages = fire_level(session, hazard, 2)
    carry_out(session, messages)
    before = {row.id: row.body for row in session.execute(select(NOTICE))}
    session.commit()
    carry_out(session, messages)

    after = {row.id: row for row in session.execute(select(NOTICE))}
    deadline = next(row for row in live_deadlines(session, hazard) if row.due_at == hazard.due_at)
    cause = notices.level_cause(hazard.id, deadline.id, 2, 0)
    wanted = notices.id_of(cause, "escalation_2", town.head.person_id, mail)
    assert {notice: row.body for notice, row in after.items()} == before
    assert f"通知编号：{wanted[:12].upper()}" in after[wanted].body
    assert len({notices.id_of(notices.level_cause("h", "d", level, again), "t", "p", "c")
                for level in range(5) for again in range(8)}) == 40  # fmt: skip


@pytest.mark.parametrize("why", ["disabled", "no channel"])
def test_somebody_who_cannot_be_told_is_replaced_and_reported(session: Session, town: Town, mail: str, why: str):
    """F-22: the next level's people are told in their place, and the administrator has an incident."""
    hazard = carry_to(session, town, Step.RECHECK)
    if why == "disabled":
        account = Account(person_id=town.head.person_id, login="head-x", disabled_at=NOON, created_at=NOON)
        session.add(account)
    else:
        session.execute(update(Person).where(col(Person.id) == town.head.person_id).values(email=""))
    session.flush()

    carry_out(session, fire_level(session, hazard, 1)[-1:])

    people = told_by(session, "escalation_1")
    assert {town.officer.person_id, town.leader.person_id, town.clerk.person_id} <= people
    assert (town.head.person_id in people) == (why == "no channel")
    [incident] = session.execute(select(INCIDENT)).all()
    assert (incident.hazard_id, "部门负责人" in incident.what) == (hazard.id, True)
    assert told_by(session, "vacancy") == {town.clerk.person_id, town.leader.person_id, town.director.person_id}


def test_an_incident_is_open_once_and_the_administrator_settles_it(
    session: Session, town: Town, people: dict[str, Caller]
):
    """F-22."""
    hazard = carry_to(session, town, Step.RECHECK)
    session.add(Account(person_id=town.head.person_id, login="head-x", disabled_at=NOON, created_at=NOON))
    session.execute(update(Account).where(col(Account.person_id) == town.head.person_id).values(disabled_at=NOON))
    carry_out(session, fire_level(session, hazard, 1)[-1:] + fire_level(session, hazard, 2)[-1:])
    session.commit()

    [seen] = people["admin"].get("/incidents").json()
    refused = people["officer"].get("/incidents")
    settled = people["admin"].post(f"/incidents/{seen['id']}/settlement", {"remark": "已指定代理负责人"})
    again = people["admin"].post(f"/incidents/{seen['id']}/settlement", {"remark": "已指定代理负责人"})

    assert (seen["label"], settled.status_code) == ("责任人无法告知", 201)
    assert_refused(refused, 403, "not-permitted")
    assert_refused(again, 404, "not-found")
    assert people["admin"].get("/incidents").json() == []


def test_everybody_sets_their_own_quiet_hours(people: dict[str, Caller]):
    before = people["head"].get("/me/quiet-hours").json()
    set_to = people["head"].post("/me/quiet-hours", {"start": "21:00", "end": "08:00"})
    wrong = people["head"].post("/me/quiet-hours", {"start": "25:00", "end": "08:00"})

    assert before == {"start": "22:00", "end": "07:00"}
    assert (set_to.status_code, wrong.status_code) == (201, 422)
    assert people["head"].get("/me/quiet-hours").json() == {"start": "21:00", "end": "08:00"}
    assert people["officer"].get("/me/quiet-hours").json() == before


def test_two_hundred_lines_for_one_person_leave_as_one_digest(session: Session, town: Town, mail: str):
    """F-15: nobody's line is lost, and the size of the storm does not split the digest."""
    hazard = report(session, town)
    for number in range(230):
        told(session, hazard, town.mayor.person_id, at=NOON, pace=Pace(gathered=True), message=f"m{number}")

    [digest] = leaving(session, NOON + pacing.GATHERING)

    waiting = select(func.count()).where(NOTICE.c.channel_id == mail)
    assert len(digest.notice_ids) == 230 == session.execute(waiting).scalar_one()


def _sweep(session: Session, hazard: Hazard, at: datetime) -> list[tuple[str, str]]:
    fired = []
    for deadline in live_deadlines(session, hazard):
        fired += escalations.fire_due_rungs(session, deadline.id, at=at)
        assert rungs_of(session, deadline)
    return fired
