"""Whose clock counts, a clock set back, and whether anybody sweeps at all."""

import json
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import Engine, select, text
from sqlmodel import Session
from starlette.testclient import TestClient

from administering import browsers
from api.desk import Office
from api.fallback_sweep import sweep_if_nobody_does
from databases import Databases
from escalated import deadline_of, fired_levels
from flows import escalation
from models.engine import writing
from models.errors import ClockSkewed
from models.instant import instant_of
from models.operations import Operation
from models.process import DecisionCode as D
from models.stage import Clock, Step
from models.tables import AUDIT_EVENT, DEADLINE, ESCALATION, INCIDENT
from notifications.channel_address import ChannelKind
from office_api import Caller
from outgoing import open_channel
from receivers import Desk
from services import access, sources, sweeping
from settings import Settings
from story import Story
from town import NOON, Town, carry_to, decide, report

A_DAY, A_MINUTE = timedelta(days=1), timedelta(minutes=1)


def now() -> datetime:
    return datetime.now(UTC)


@pytest.mark.usefixtures("flows_here")
@pytest.mark.parametrize("skew", [A_DAY, -A_DAY, 61 * timedelta(seconds=1)], ids=["ahead", "behind", "a little"])
def test_a_host_whose_clock_is_off_does_not_sweep_and_says_so(
    session: Session, town: Town, databases: Databases, skew: timedelta
):
    """F-12: on PostgreSQL, whose clock all hosts share; SQLite has no clock but its host's."""
    if databases.kind == "sqlite":
        assert escalation.instant(now() + skew) > now() + skew - A_MINUTE
        return
    report(session, town, at=now() - timedelta(hours=1))
    session.commit()

    with pytest.raises(ClockSkewed, match="督办巡查已停止"):
        escalation.instant(now() + skew)

    [incident] = session.execute(select(INCIDENT)).all()
    assert (incident.kind, incident.settled_at) == ("CLOCK_SKEW", None)
    session.commit()
    escalation.done(escalation.instant(now()))
    assert session.execute(select(INCIDENT.c.remark)).scalar_one() == "已自行恢复"


@pytest.mark.usefixtures("flows_here")
def test_no_level_fires_before_its_time_by_the_clock_of_the_database(session: Session, town: Town):
    """F-12."""
    hazard = report(session, town, at=now() - 30 * A_DAY)
    report(session, town, at=now())
    session.commit()

    escalation.sweep(escalation.instant())

    rows = session.execute(select(ESCALATION)).all()
    assert {row.hazard_id for row in rows} == {hazard.id}
    assert [row for row in rows if row.fired_at < row.level_due_at] == []


def test_the_instant_is_the_databases(session: Session, databases: Databases):
    """F-7, F-12: whatever the host believes."""
    wrong = now() + 300 * A_DAY

    told = instant_of(session, wrong)

    assert (told == wrong) == (databases.kind == "sqlite")
    assert databases.kind == "sqlite" or abs(told - now()) < A_MINUTE


def test_a_clients_time_decides_nothing(session: Session, town: Town, people: dict[str, Caller]):
    """F-7: on time is judged by the clock read under the row lock; the body has no field for it."""
    hazard = carry_to(session, town, Step.SIGN, at=now() - 20 * A_DAY)
    session.commit()

    refused = people["officer"].post(
        f"/hazards/{hazard.no}/receipt", {"decided_at": "2020-01-01T00:00:00+08:00"}, version=hazard.version
    )
    taken = people["officer"].post(f"/hazards/{hazard.no}/receipt", {}, version=hazard.version)

    assert (refused.status_code, taken.status_code) == (422, 201), taken.text
    deadline = deadline_of(session, hazard, Clock.RECEIPT)
    assert (deadline.outcome, abs(deadline.closed_at - now()) < A_MINUTE) == ("LATE", True)


def test_a_request_that_waits_for_the_hazard_is_judged_when_it_has_it(
    engine: Engine, session: Session, town: Town, people: dict[str, Caller]
):
    """F-7: sent before the deadline and decided after it, it is late."""
    hazard = carry_to(session, town, Step.SIGN)
    session.commit()

    with ThreadPoolExecutor(1) as pool:
        with writing(engine) as other, other.begin():
            access.lock_hazard_for(other, hazard.no, Operation.RECEIVE_ASSIGNMENT, by=town.officer)
            waiting = pool.submit(people["officer"].post, f"/hazards/{hazard.no}/receipt", {}, version=hazard.version)
            _until_somebody_waits(other)
            given_back = now()
        answer = waiting.result(60)

    assert answer.status_code == 201, answer.text
    assert deadline_of(session, hazard, Clock.RECEIPT).closed_at >= given_back


def test_an_answer_to_a_reporter_that_waits_for_the_hazard_is_given_when_it_has_it(
    engine: Engine, session: Session, town: Town, people: dict[str, Caller]
):
    """F-7: the five working days are kept or missed by the same clock."""
    hazard = carry_to(session, town, Step.SIGN)
    (source,) = sources.of_hazard(session, hazard)
    session.commit()

    with ThreadPoolExecutor(1) as pool:
        with writing(engine) as other, other.begin():
            access.lock_hazard_for(other, hazard.no, Operation.RECEIVE_ASSIGNMENT, by=town.officer)
            words = {"text": "已责令该企业停产整改。"}
            waiting = pool.submit(people["clerk"].post, f"/reports/{source.id}/answer", words)
            _until_somebody_waits(other)
            given_back = now()
        answer = waiting.result(60)

    assert answer.status_code == 201, answer.text
    assert sources.of_id(session, source.id).answered_at >= given_back


def _until_somebody_waits(session: Session) -> None:
    """On SQLite a writer waits in its own process and is not seen to."""
    waiting = text("SELECT count(*) FROM pg_locks WHERE NOT granted")
    patience = now() + A_MINUTE
    while session.get_bind().dialect.name == "postgresql" and not session.connection().execute(waiting).scalar_one():
        assert now() < patience


def test_a_clock_set_back_two_hours_is_recorded_and_time_goes_on(session: Session, town: Town):
    """F-30."""
    at = now() - A_DAY
    hazard = report(session, town, at=at)

    hazard = decide(session, town, hazard, D.ACCEPT, "clerk", at=at - timedelta(hours=2))

    assert hazard.changed_at == at + timedelta(microseconds=1)
    step = select(AUDIT_EVENT.c.body).where(AUDIT_EVENT.c.type == "CLOCK_SET_BACK")
    facts = json.loads(session.execute(step).scalar_one())["after"]
    assert facts["hazard"] == hazard.no
    assert facts["clock"] < facts["last_recorded"]


def test_clocks_that_differ_by_a_breath_are_no_step(session: Session, town: Town):
    at = now() - A_DAY
    hazard = report(session, town, at=at)

    decide(session, town, hazard, D.ACCEPT, "clerk", at=at - timedelta(milliseconds=200))

    assert session.execute(select(AUDIT_EVENT.c.gid).where(AUDIT_EVENT.c.type == "CLOCK_SET_BACK")).all() == []


@pytest.mark.parametrize(("minutes", "red"), [(4, False), (6, True), (None, True)])
def test_readyz_says_when_nobody_has_swept_for_five_minutes(
    session: Session, client: TestClient, minutes: int | None, red: bool
):
    """F-26."""
    if minutes is not None:
        sweeping.beat(session, by="host-1", at=now() - minutes * A_MINUTE)
    session.commit()

    found = json.dumps(client.get("/readyz").json()["findings"], ensure_ascii=False)

    assert ("督办巡查" in found) == red
    assert (client.get("/healthz/sweep").status_code == 503) == red


def test_every_page_of_the_office_says_that_nobody_sweeps(
    engine: Engine, session: Session, town: Town, app_settings: Settings
):
    """F-26: to whoever works there; an enterprise is not told how the office is doing."""
    story = Story(engine, town, app_settings)
    sweeping.beat(session, by="host-1", at=story.at)
    session.commit()
    people = browsers(story)
    pages = {"clerk": "/inbox", "mayor": "/supervision", "principal": "/enterprise"}

    for minutes in (5, 12):
        story.go_to(NOON + minutes * A_MINUTE)
        said = {who for who, path in pages.items() if "督办巡查已12分钟没有完成" in people[who].open(path).text}

        assert said == ({"clerk", "mayor"} if minutes == 12 else set())


def test_a_hazards_page_says_how_long_after_it_was_found_it_was_reported(
    engine: Engine, town: Town, app_settings: Settings
):
    """F-9."""
    story = Story(engine, town, app_settings)
    late = story.report(discovered_at=(story.at - timedelta(hours=53)).isoformat())
    soon = story.report(discovered_at=(story.at - timedelta(hours=23)).isoformat())
    clerk = browsers(story)["clerk"]

    assert clerk.open(f"/hazards/{late.no}").sees("登记晚于发生2天5小时")
    assert "登记晚于发生" not in clerk.open(f"/hazards/{soon.no}").text


@pytest.mark.parametrize(("minutes", "sweeps"), [(9, False), (11, True), (None, True)])
def test_the_api_process_sweeps_when_nobody_has_for_ten_minutes(
    engine, session: Session, town: Town, app_settings: Settings, minutes: int | None, sweeps: bool
):
    """F-26."""
    hazard = report(session, town, at=now() - 30 * A_DAY)
    if minutes is not None:
        sweeping.beat(session, by="host-1", at=now() - minutes * A_MINUTE)
    session.commit()

    fired = sweep_if_nobody_does(Office(app_settings, engine), now())

    assert fired == (5 if sweeps else None)
    assert len(fired_levels(session, hazard)) == (5 if sweeps else 0)
    session.commit()
    assert sweep_if_nobody_does(Office(app_settings, engine), now()) is None


@pytest.mark.usefixtures("flows_here")
def test_administrators_are_told_once_by_a_way_that_needs_no_dispatcher(
    engine, session: Session, town: Town, app_settings: Settings, desk: Desk
):
    """F-26: the alarm leaves from the process that noticed; the incident is over when somebody sweeps again."""
    open_channel(session, ChannelKind.WEBHOOK, {"url": desk.url})
    office = Office(app_settings.model_copy(update={"private_webhooks": "127.0.0.1"}), engine)
    for minutes in (30, 15):
        sweeping.beat(session, by="host-1", at=now() - minutes * A_MINUTE)
        session.commit()
        sweep_if_nobody_does(office, now())

    [(_, told)] = desk.received
    assert "督办巡查已30分钟没有完成" in json.dumps(told, ensure_ascii=False)
    [incident] = session.execute(select(INCIDENT)).all()
    assert (incident.kind, incident.settled_at) == ("NO_SWEEP", None)
    session.commit()
    escalation.done(now())
    assert session.execute(select(INCIDENT.c.remark)).scalar_one() == "已自行恢复"


@pytest.mark.usefixtures("flows_here")
def test_a_sweep_that_fails_half_way_does_not_count_as_done(engine, session: Session, town: Town):
    """F-26: the beat is written after the last level, not before the first."""
    report(session, town, at=now() - 30 * A_DAY)
    session.execute(DEADLINE.update().values(ladder_version=99))  # no such ladder: firing raises
    session.commit()

    with pytest.raises(Exception, match="99"):
        escalation.sweep(now())

    with writing(engine) as other:
        assert sweeping.last_beat(other) is None
