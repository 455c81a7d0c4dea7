"""What a reporter adds is heard, what the office asks for is read by the code, and no answer is owed on the wrong hazard."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select
from sqlmodel import Session
from starlette.testclient import TestClient

from flows import effects
from handling import settle
from models.actor import PUBLIC
from models.forms.triage import SupplementRequest
from models.hazard import Hazard
from models.outbox import Topic
from models.process import DecisionCode
from models.requests import RequestKind as K
from models.stage import Clock
from models.tables import DEADLINE, NOTICE
from services import public_reports, relay
from services.keys import Keyring
from test_announcements import last_message
from test_reporter_answers import again, refuse
from tip_off import TIP, Reporter, carrier, tip_off
from town import NOON, Town, add_second_clerk, decide, fetch

DAY = timedelta(days=1)


@pytest.fixture
def ring(tmp_path: Path) -> Keyring:
    return Keyring(tmp_path / "keys")


def test_a_report_taken_out_after_the_end_is_owed_its_answer_by_its_own_end(
    session: Session, town: Town, ring: Keyring
):
    (kept, one), (twin, other) = tip_off(session, ring), tip_off(session, ring)
    add_second_clerk(session, town)
    settle(session, town, twin, K.MERGE, "clerk", "second_clerk", into=kept.no, at=NOON + timedelta(minutes=5))
    ended = refuse(session, town, fetch(session, kept))
    objected = public_reports.say_not_fixed(session, ring, again(session, other), "还在冒烟", by=PUBLIC, at=NOON + DAY)

    settle(session, town, fetch(session, twin), K.UNMERGE, "clerk", "second_clerk", at=NOON + DAY)

    assert {row.subject for row in live_clocks_of(session, ended, Clock.REPORTER_ANSWER)} == {one.id}
    assert (again(session, other).answer_due_at, again(session, one).answer_due_at is None) == (None, False)
    relay.settle_objection(session, again(session, other), "已重新受理", by=town.clerk, at=NOON + 2 * DAY)
    assert objected is not None
    assert live_clocks_of(session, ended, Clock.OBJECTION) == []


def live_clocks_of(session: Session, hazard: Hazard, clock: Clock) -> list[Any]:
    running = (DEADLINE.c.hazard_id == hazard.id, DEADLINE.c.clock == clock, DEADLINE.c.closed_at.is_(None))
    return list(session.execute(select(DEADLINE).where(*running)).all())


@pytest.mark.usefixtures("flows_here")
def test_the_committee_office_is_told_that_a_reporter_added_something_and_not_what(
    session: Session, town: Town, ring: Keyring
):
    _, source = tip_off(session, ring)
    public_reports.add_to_report(session, ring, source, "今早又冒烟了", by=PUBLIC, at=NOON)

    effects.carry_out("tell_reporter_wrote", last_message(session, Topic.REPORTER_WROTE))

    rows = session.execute(select(NOTICE.c.person_id, NOTICE.c.subject, NOTICE.c.body)).all()
    assert {row.person_id for row in rows} == {town.clerk.person_id}
    assert all(
        "补充" in row.subject and not [word for word in ("冒烟", "举报") if word in row.subject + row.body]
        for row in rows
    )


def test_a_reporter_reads_by_the_code_what_is_to_be_added(session: Session, town: Town, client: TestClient):
    reporter = Reporter(client)
    hazard = carrier(session, reporter.report()["no"])
    assert reporter.get("/report").json()["wanted"] == ""
    asked = SupplementRequest(reason="请写明是哪一台设备")
    decide(
        session,
        town,
        hazard,
        DecisionCode.RETURN_SUPPLEMENT,
        "clerk",
        at=hazard.changed_at + timedelta(hours=1),
        form=asked,
    )
    session.commit()

    told = reporter.get("/report").json()

    assert (told["progress"], told["wanted"]) == ("已收到，请补充情况", "请写明是哪一台设备")


def test_a_day_nobody_can_check_is_refused(client: TestClient, town: Town):
    answer = Reporter(client).post("/reports", TIP | {"seen_on": "1990-01-01"})

    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, "seen_on")
