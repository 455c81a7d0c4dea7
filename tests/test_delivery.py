"""Notices leave this house through a real mail server and a real web server on loopback, and the ledger knows what became of each."""

import socket
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest
from aiosmtpd.controller import Controller
from cryptography.exceptions import InvalidTag
from sqlalchemy import text
from sqlmodel import Session, SQLModel

from flows import context, delivery
from models.engine import writing
from models.outbox import INAPP, NoticeState
from models.stage import Step
from notifications import channels, notices
from notifications.channel_address import ChannelKind
from outgoing import LEASE, all_rows, carry_out_entries, deliver_due, open_channel, rows_of, tell_of_a_report
from receivers import SECRET, Desk, Postbox
from town import Town, carry_to

TICK = timedelta(microseconds=1)


@pytest.fixture
def town(flows_here: None, town: Town) -> Town:
    """The town, with flows that work on its database."""
    return town


@pytest.fixture
def postbox() -> Postbox:
    return Postbox()


@pytest.fixture
def mail_port(postbox: Postbox) -> Iterator[int]:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    controller = Controller(postbox, hostname="127.0.0.1", port=port, ready_timeout=60)
    controller.start()
    yield port
    controller.stop()


@pytest.fixture
def mail(flows_here: None, session: Session, mail_port: int) -> str:
    """A mail channel, by its id."""
    fields = {"host": "127.0.0.1", "port": mail_port, "sender": "duban@linjiang.test"}
    return open_channel(session, ChannelKind.MAIL, fields)


@pytest.fixture
def webhook(flows_here: None, session: Session, desk: Desk) -> str:
    """A webhook channel, by its id."""
    return open_channel(
        session, ChannelKind.WEBHOOK, {"url": desk.url, "headers": {"Authorization": f"Bearer {SECRET}"}}
    )


def test_a_mail_arrives_under_its_chinese_subject(session: Session, town: Town, mail: str, postbox: Postbox):
    tell_of_a_report(session, town)

    deliver_due()

    [(recipients, letter)] = postbox.letters
    assert (recipients, letter["Subject"]) == (["clerk@linjiang.test"], "【待受理】隐患 ZY-2026-0001")
    assert "办理入口：http://127.0.0.1:8600/hazards/ZY-2026-0001" in letter.get_body(("plain",)).get_content()
    assert [row.state for row in rows_of(session, mail)] == [NoticeState.SENT]


def test_a_webhook_gets_the_notice_as_json(session: Session, town: Town, webhook: str, desk: Desk):
    tell_of_a_report(session, town)

    deliver_due()

    [(headers, body)] = desk.received
    [row] = rows_of(session, webhook)
    assert (headers["Content-Type"], headers["Authorization"]) == ("application/json", f"Bearer {SECRET}")
    assert (body["title"], body["message"].strip()) == (row.subject, row.body.strip())
    assert row.state == NoticeState.SENT


def test_a_refused_mailbox_is_dead_at_once(session: Session, town: Town, mail: str, postbox: Postbox):
    postbox.refusal = "550 5.1.1 no such mailbox"
    tell_of_a_report(session, town)

    deliver_due()

    [row] = rows_of(session, mail)
    assert (row.state, row.attempts) == (NoticeState.DEAD, 1)
    assert row.last_error


def test_a_refused_mailbox_kills_no_other_delivery_that_is_on_its_way(
    session: Session, town: Town, mail: str, webhook: str, desk: Desk, postbox: Postbox
):
    postbox.refusal, desk.status = "550 5.1.1 no such mailbox", 500
    tell_of_a_report(session, town)
    with writing(context.engine()) as claiming, claiming.begin():
        due = notices.claim(claiming, at=datetime.now(UTC), lease=LEASE)

    with ThreadPoolExecutor(2) as pool:
        list(pool.map(delivery.hand_over, due))

    assert {row.channel_id: row.state for row in all_rows(session)} == {
        INAPP: NoticeState.SENT, mail: NoticeState.DEAD, webhook: NoticeState.QUEUED,
    }  # fmt: skip


def test_a_mailbox_busy_for_now_is_tried_again(session: Session, town: Town, mail: str, postbox: Postbox):
    postbox.refusal = "450 4.2.1 mailbox busy"
    tell_of_a_report(session, town)
    deliver_due()
    postbox.refusal = ""

    deliver_due(at=rows_of(session, mail)[0].due_at)

    [row] = rows_of(session, mail)
    assert (row.state, row.attempts, row.last_error, len(postbox.letters)) == (NoticeState.SENT, 2, "", 1)


def test_a_server_in_trouble_is_tried_twelve_times_with_growing_waits(
    session: Session, town: Town, webhook: str, desk: Desk
):
    desk.status = 500
    tell_of_a_report(session, town)
    for tries in range(notices.MOST_ATTEMPTS - 1):
        plan, began = min(30 * 2**tries, 3600) * timedelta(seconds=1), datetime.now(UTC)
        deliver_due(at=rows_of(session, webhook)[0].due_at)
        again = rows_of(session, webhook)[0].due_at
        assert began + 0.8 * plan <= again <= datetime.now(UTC) + 1.2 * plan, tries
    deliver_due(at=rows_of(session, webhook)[0].due_at)

    [row] = rows_of(session, webhook)
    assert (row.state, row.attempts, len(desk.received)) == (NoticeState.DEAD, 12, 12)


def test_a_dead_letter_leaves_again_on_a_persons_word(session: Session, town: Town, mail: str, postbox: Postbox):
    postbox.refusal = "550 5.1.1 no such mailbox"
    tell_of_a_report(session, town)
    deliver_due()
    postbox.refusal = ""

    answers = [notices.retry_dead(session, rows_of(session, mail)[0].id, at=datetime.now(UTC)) for _ in range(2)]
    session.commit()
    deliver_due()

    assert (answers, [row.state for row in rows_of(session, mail)], len(postbox.letters)) == (
        [True, False],
        [NoticeState.SENT],
        1,
    )


def test_a_delivery_killed_on_its_way_is_due_again_after_its_lease(session: Session, town: Town, mail: str):
    tell_of_a_report(session, town)
    at = datetime.now(UTC)
    [killed] = notices.claim(session, at=at, lease=LEASE)

    too_early, again = (notices.claim(session, at=at + LEASE + late, lease=LEASE) for late in (-TICK, timedelta(0)))

    assert too_early == []
    assert [(one.notice_ids, one.attempts) for one in again] == [(killed.notice_ids, 2)]


def test_what_waits_for_one_person_goes_as_one_digest_and_every_row_is_settled(
    session: Session, town: Town, mail: str, postbox: Postbox
):
    for _ in range(3):
        tell_of_a_report(session, town)

    deliver_due()

    [(_, letter)] = postbox.letters
    assert letter["Subject"] == "【汇总】3 条督办通知"
    assert [row.subject in letter.get_body(("plain",)).get_content() for row in rows_of(session, mail)] == [True] * 3
    assert [row.state for row in rows_of(session, mail)] == [NoticeState.SENT] * 3


def test_a_digest_that_fails_leaves_every_row_waiting(session: Session, town: Town, webhook: str, desk: Desk):
    desk.status = 503
    for _ in range(3):
        tell_of_a_report(session, town)

    deliver_due()

    assert [(row.state, row.attempts) for row in rows_of(session, webhook)] == [(NoticeState.QUEUED, 1)] * 3


def test_a_person_without_a_mail_address_is_told_in_the_application_only(session: Session, town: Town, mail: str):
    person = town.persons["clerk"]
    person.email = ""
    session.add(person)
    session.flush()

    tell_of_a_report(session, town)

    assert {row.channel_id for row in all_rows(session) if row.person_id == person.id} == {INAPP}


def test_without_any_channel_the_notice_is_in_the_application(session: Session, town: Town):
    tell_of_a_report(session, town)

    [row] = all_rows(session)
    assert (row.channel_id, row.state, row.person_id) == (INAPP, NoticeState.SENT, town.clerk.person_id)
    assert row.subject == "【待受理】隐患 ZY-2026-0001"


def test_the_application_has_the_notice_even_while_every_channel_fails(
    session: Session, town: Town, webhook: str, desk: Desk
):
    desk.status = 500
    tell_of_a_report(session, town)

    deliver_due()

    assert {row.channel_id: row.state for row in all_rows(session)} == {
        INAPP: NoticeState.SENT,
        webhook: NoticeState.QUEUED,
    }


def test_a_channel_switched_off_kills_what_waits_for_it(session: Session, town: Town, webhook: str, desk: Desk):
    tell_of_a_report(session, town)
    session.execute(text("UPDATE notice_channel SET enabled = (1 = 0)"))
    session.commit()

    deliver_due()

    assert ([row.state for row in rows_of(session, webhook)], desk.received) == ([NoticeState.DEAD], [])


def test_a_secret_of_a_channel_lies_nowhere_in_the_database(session: Session, town: Town, webhook: str, desk: Desk):
    desk.status, desk.answer = 500, f"bad token {SECRET}".encode()
    open_channel(
        session,
        ChannelKind.MAIL,
        {"host": "127.0.0.1", "port": 1, "sender": "a@b.test", "user": "office", "password": SECRET},
    )
    open_channel(session, ChannelKind.DINGTALK, {"token": f"{SECRET}-token", "secret": SECRET})
    session.execute(text("UPDATE notice_channel SET enabled = (1 = 0) WHERE kind = 'DINGTALK'"))
    tell_of_a_report(session, town)

    deliver_due()

    assert [name for name in SQLModel.metadata.tables if SECRET.encode() in _raw(session, name)] == []
    assert all(row.last_error for row in rows_of(session, webhook))


def test_a_sealed_configuration_does_not_open_in_another_row(session: Session, webhook: str, mail: str):
    session.execute(
        text("UPDATE notice_channel SET config = (SELECT config FROM notice_channel WHERE kind = 'WEBHOOK')")
    )
    session.commit()
    moved = next(channel for channel in channels.enabled(session) if channel.id == mail)

    with pytest.raises(InvalidTag):
        channels.config_of(moved, context.channel_key())


def test_a_host_no_longer_allowed_gets_nothing(
    session: Session, town: Town, webhook: str, desk: Desk, monkeypatch: pytest.MonkeyPatch
):
    tell_of_a_report(session, town)
    monkeypatch.setenv("HAZARDFLOW_PRIVATE_WEBHOOKS", "")
    context.settings.cache_clear()

    deliver_due()

    assert ([row.state for row in rows_of(session, webhook)], desk.received) == ([NoticeState.DEAD], [])


def test_an_assignment_reaches_the_unit_and_both_responsible_persons(
    session: Session, town: Town, mail: str, postbox: Postbox
):
    carry_to(session, town, Step.SIGN)
    carry_out_entries(session)

    deliver_due()

    told = {recipients[0] for recipients, _ in postbox.letters}
    assert {
        "principal@linjiang.test",
        "controller@linjiang.test",
        "officer@linjiang.test",
        "head@linjiang.test",
    } <= told


def _raw(session: Session, table: str) -> bytes:
    """Every cell of a table as the database keeps it."""
    cells = [cell for row in session.execute(text(f'SELECT * FROM "{table}"')) for cell in row]
    return b"\n".join(bytes(cell) if isinstance(cell, bytes | memoryview) else str(cell).encode() for cell in cells)
