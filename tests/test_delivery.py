"""Notices leave this house through a real mail server and a real web server on loopback, and the ledger knows what became of each."""

import email
import email.policy
import json
import socket
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope
from aiosmtpd.smtp import Session as Conversation
from cryptography.exceptions import InvalidTag
from sqlalchemy import select, text
from sqlmodel import Session, SQLModel

from flows import context, delivery, effects
from models.engine import writing
from models.errors import InvalidInput
from models.outbox import INAPP, NoticeState
from models.stage import Step
from models.tables import NOTICE, OUTBOX
from notifications import channels, notices
from notifications.channel_address import ChannelKind, check_config
from town import Town, carry_to, report

LEASE = timedelta(seconds=60)
TICK = timedelta(microseconds=1)
SECRET = "Geheimnis-4711-brief"


class Postbox:
    """What a mail server took, or the answer with which it refuses every recipient."""

    def __init__(self) -> None:
        self.refusal = ""
        self.letters: list[tuple[list[str], Any]] = []

    async def handle_RCPT(
        self, _server: SMTP, _conversation: Conversation, envelope: Envelope, address: str, _options: list[str]
    ) -> str:
        if self.refusal:
            return self.refusal
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, _server: SMTP, _conversation: Conversation, envelope: Envelope) -> str:  # noqa: N802
        assert isinstance(envelope.content, bytes)
        self.letters.append(
            (envelope.rcpt_tos, email.message_from_bytes(envelope.content, policy=email.policy.default))
        )
        return "250 OK"


class Desk(ThreadingHTTPServer):
    """A web server that keeps what it is sent and answers with `status`."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.status = 200
        self.answer = b"ok"
        self.received: list[tuple[dict[str, str], Any]] = []

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}/notices/{SECRET}"


class _Handler(BaseHTTPRequestHandler):
    server: Desk  # pyright: ignore[reportIncompatibleVariableOverride]  # only a desk is served by it

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.received.append((dict(self.headers), json.loads(body)))
        self.send_response(self.server.status)
        self.send_header("Content-Length", str(len(self.server.answer)))
        self.end_headers()
        self.wfile.write(self.server.answer)

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
        """Silence."""


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
    controller = Controller(postbox, hostname="127.0.0.1", port=port)
    controller.start()
    yield port
    controller.stop()


@pytest.fixture
def desk() -> Iterator[Desk]:
    with Desk() as server:
        thread = Thread(target=server.serve_forever, args=(0.02,))
        thread.start()
        yield server
        server.shutdown()
        thread.join()


@pytest.fixture
def mail(flows_here: None, session: Session, mail_port: int) -> str:
    """A mail channel, by its id."""
    fields = {"host": "127.0.0.1", "port": mail_port, "sender": "duban@linjiang.test"}
    return _channel(session, ChannelKind.MAIL, fields)


@pytest.fixture
def webhook(flows_here: None, session: Session, desk: Desk) -> str:
    """A webhook channel, by its id."""
    return _channel(session, ChannelKind.WEBHOOK, {"url": desk.url, "headers": {"Authorization": f"Bearer {SECRET}"}})


def test_a_mail_arrives_under_its_chinese_subject(session: Session, town: Town, mail: str, postbox: Postbox):
    _told_of_a_report(session, town)

    _deliver()

    [(recipients, letter)] = postbox.letters
    assert (recipients, letter["Subject"]) == (["clerk@linjiang.test"], "【待受理】隐患 ZY-2026-0001")
    assert "办理入口：http://127.0.0.1:8600/hazards/ZY-2026-0001" in letter.get_body(("plain",)).get_content()
    assert [row.state for row in _rows(session, mail)] == [NoticeState.SENT]


def test_a_webhook_gets_the_notice_as_json(session: Session, town: Town, webhook: str, desk: Desk):
    _told_of_a_report(session, town)

    _deliver()

    [(headers, body)] = desk.received
    [row] = _rows(session, webhook)
    assert (headers["Content-Type"], headers["Authorization"]) == ("application/json", f"Bearer {SECRET}")
    assert (body["title"], body["message"].strip()) == (row.subject, row.body.strip())
    assert row.state == NoticeState.SENT


def test_a_refused_mailbox_is_dead_at_once(session: Session, town: Town, mail: str, postbox: Postbox):
    postbox.refusal = "550 5.1.1 no such mailbox"
    _told_of_a_report(session, town)

    _deliver()

    [row] = _rows(session, mail)
    assert (row.state, row.attempts) == (NoticeState.DEAD, 1)
    assert row.last_error


def test_a_refused_mailbox_kills_no_other_delivery_that_is_on_its_way(
    session: Session, town: Town, mail: str, webhook: str, desk: Desk, postbox: Postbox
):
    postbox.refusal, desk.status = "550 5.1.1 no such mailbox", 500
    _told_of_a_report(session, town)
    with writing(context.engine()) as claiming, claiming.begin():
        due = notices.claim(claiming, at=datetime.now(UTC), lease=LEASE)

    with ThreadPoolExecutor(2) as pool:
        list(pool.map(delivery.hand_over, due))

    assert {row.channel_id: row.state for row in _all_rows(session)} == {
        INAPP: NoticeState.SENT, mail: NoticeState.DEAD, webhook: NoticeState.QUEUED,
    }  # fmt: skip


def test_a_mailbox_busy_for_now_is_tried_again(session: Session, town: Town, mail: str, postbox: Postbox):
    postbox.refusal = "450 4.2.1 mailbox busy"
    _told_of_a_report(session, town)
    _deliver()
    postbox.refusal = ""

    _deliver(at=_rows(session, mail)[0].due_at)

    [row] = _rows(session, mail)
    assert (row.state, row.attempts, row.last_error, len(postbox.letters)) == (NoticeState.SENT, 2, "", 1)


def test_a_server_in_trouble_is_tried_twelve_times_with_growing_waits(
    session: Session, town: Town, webhook: str, desk: Desk
):
    desk.status = 500
    _told_of_a_report(session, town)
    waits = []

    for _ in range(notices.MOST_ATTEMPTS - 1):
        _deliver(at=_rows(session, webhook)[0].due_at)
        waits.append((_rows(session, webhook)[0].due_at - datetime.now(UTC)).total_seconds())
    _deliver(at=_rows(session, webhook)[0].due_at)

    planned = [min(30 * 2**tries, 3600) for tries in range(notices.MOST_ATTEMPTS - 1)]
    assert [
        round(wait / plan, 1) for wait, plan in zip(waits, planned, strict=True) if not 0.75 < wait / plan < 1.25
    ] == []
    [row] = _rows(session, webhook)
    assert (row.state, row.attempts, len(desk.received)) == (NoticeState.DEAD, 12, 12)


def test_a_dead_letter_leaves_again_on_a_persons_word(session: Session, town: Town, mail: str, postbox: Postbox):
    postbox.refusal = "550 5.1.1 no such mailbox"
    _told_of_a_report(session, town)
    _deliver()
    postbox.refusal = ""

    answers = [notices.retry_dead(session, _rows(session, mail)[0].id, at=datetime.now(UTC)) for _ in range(2)]
    session.commit()
    _deliver()

    assert (answers, [row.state for row in _rows(session, mail)], len(postbox.letters)) == (
        [True, False],
        [NoticeState.SENT],
        1,
    )


def test_a_delivery_killed_on_its_way_is_due_again_after_its_lease(session: Session, town: Town, mail: str):
    _told_of_a_report(session, town)
    at = datetime.now(UTC)
    [killed] = notices.claim(session, at=at, lease=LEASE)

    too_early, again = (notices.claim(session, at=at + LEASE + late, lease=LEASE) for late in (-TICK, timedelta(0)))

    assert too_early == []
    assert [(one.notice_ids, one.attempts) for one in again] == [(killed.notice_ids, 2)]


def test_what_waits_for_one_person_goes_as_one_digest_and_every_row_is_settled(
    session: Session, town: Town, mail: str, postbox: Postbox
):
    for _ in range(3):
        _told_of_a_report(session, town)

    _deliver()

    [(_, letter)] = postbox.letters
    assert letter["Subject"] == "【汇总】3 条督办通知"
    assert [row.subject in letter.get_body(("plain",)).get_content() for row in _rows(session, mail)] == [True] * 3
    assert [row.state for row in _rows(session, mail)] == [NoticeState.SENT] * 3


def test_a_digest_that_fails_leaves_every_row_waiting(session: Session, town: Town, webhook: str, desk: Desk):
    desk.status = 503
    for _ in range(3):
        _told_of_a_report(session, town)

    _deliver()

    assert [(row.state, row.attempts) for row in _rows(session, webhook)] == [(NoticeState.QUEUED, 1)] * 3


def test_a_person_without_a_mail_address_is_told_in_the_application_only(session: Session, town: Town, mail: str):
    person = town.persons["clerk"]
    person.email = ""
    session.add(person)
    session.flush()

    _told_of_a_report(session, town)

    assert [row.channel_id for row in _all_rows(session)] == [INAPP]


def test_without_any_channel_the_notice_is_in_the_application(session: Session, town: Town):
    _told_of_a_report(session, town)

    [row] = _all_rows(session)
    assert (row.channel_id, row.state, row.person_id) == (INAPP, NoticeState.SENT, town.clerk.person_id)
    assert row.subject == "【待受理】隐患 ZY-2026-0001"


def test_the_application_has_the_notice_even_while_every_channel_fails(
    session: Session, town: Town, webhook: str, desk: Desk
):
    desk.status = 500
    _told_of_a_report(session, town)

    _deliver()

    assert {row.channel_id: row.state for row in _all_rows(session)} == {
        INAPP: NoticeState.SENT,
        webhook: NoticeState.QUEUED,
    }


def test_a_channel_switched_off_kills_what_waits_for_it(session: Session, town: Town, webhook: str, desk: Desk):
    _told_of_a_report(session, town)
    session.execute(text("UPDATE notice_channel SET enabled = (1 = 0)"))
    session.commit()

    _deliver()

    assert ([row.state for row in _rows(session, webhook)], desk.received) == ([NoticeState.DEAD], [])


def test_a_secret_of_a_channel_lies_nowhere_in_the_database(session: Session, town: Town, webhook: str, desk: Desk):
    desk.status, desk.answer = 500, f"bad token {SECRET}".encode()
    _channel(
        session,
        ChannelKind.MAIL,
        {"host": "127.0.0.1", "port": 1, "sender": "a@b.test", "user": "office", "password": SECRET},
    )
    _channel(session, ChannelKind.DINGTALK, {"token": f"{SECRET}-token", "secret": SECRET})
    session.execute(text("UPDATE notice_channel SET enabled = (1 = 0) WHERE kind = 'DINGTALK'"))
    _told_of_a_report(session, town)

    _deliver()

    assert [name for name in SQLModel.metadata.tables if SECRET.encode() in _raw(session, name)] == []
    assert all(row.last_error for row in _rows(session, webhook))


def test_a_sealed_configuration_does_not_open_in_another_row(session: Session, webhook: str, mail: str):
    session.execute(
        text("UPDATE notice_channel SET config = (SELECT config FROM notice_channel WHERE kind = 'WEBHOOK')")
    )
    session.commit()
    moved = next(channel for channel in channels.enabled(session) if channel.id == mail)

    with pytest.raises(InvalidTag):
        channels.config_of(moved, context.channel_key())


@pytest.mark.parametrize(
    "host",
    [
        "127.0.0.1", "127.0.0.2", "127.1", "127.255.255.254", "2130706433", "0x7f000001", "0x7f.1", "0177.0.0.1", "017700000001",
        "0", "0.0.0.0", "localhost", "LOCALHOST", "localhost.", "１２７.0.0.1", "127。0。0。1", "①②⑦.0.0.1",
        "[::1]", "[::]", "[0:0:0:0:0:0:0:1]", "[::ffff:127.0.0.1]", "[::ffff:7f00:1]", "[::ffff:10.0.0.1]", "[::127.0.0.1]",
        "[64:ff9b::127.0.0.1]", "[64:ff9b::a9fe:a9fe]", "[2002:7f00:1::]", "[2002:a00:1::]",
        "[fe80::1]", "[fc00::1]", "[fd00:ec2::254]", "[ff02::1]",
        "10.0.0.1", "172.16.0.1", "172.31.255.255", "192.168.1.1", "169.254.169.254", "2852039166", "0xa9fea9fe", "100.64.0.1",
        "192.0.0.1", "198.18.0.1", "224.0.0.1", "240.0.0.1", "255.255.255.255",
        "user@127.0.0.1", "user:word@example.com", "example.com@127.0.0.1", "127.0.0.1@example.com", "example.com:80@localhost", "",
    ],
)  # fmt: skip
def test_an_address_inside_the_network_is_refused_without_a_connection(desk: Desk, host: str):
    port = "" if host.startswith("127.0.0.1@") else f":{desk.server_port}"

    with pytest.raises(InvalidInput):
        check_config(ChannelKind.WEBHOOK, {"url": f"http://{host}{port}/"}, frozenset())

    assert desk.received == []


@pytest.mark.parametrize(
    "url", ["ftp://example.com/", "file:///etc/passwd", "gopher://127.0.0.1/", "javascript:alert(1)", "//127.0.0.1/"]
)
def test_only_the_web_is_a_webhook(url: str):
    with pytest.raises(InvalidInput):
        check_config(ChannelKind.WEBHOOK, {"url": url}, frozenset())


def test_an_allowed_host_allows_no_other(desk: Desk):
    allowed = frozenset({"127.0.0.1"})

    assert check_config(ChannelKind.WEBHOOK, {"url": desk.url}, allowed)["url"] == desk.url
    with pytest.raises(InvalidInput):
        check_config(ChannelKind.WEBHOOK, {"url": desk.url.replace("127.0.0.1", "127.0.0.2")}, allowed)


def test_a_host_no_longer_allowed_gets_nothing(
    session: Session, town: Town, webhook: str, desk: Desk, monkeypatch: pytest.MonkeyPatch
):
    _told_of_a_report(session, town)
    monkeypatch.setenv("HAZARDFLOW_PRIVATE_WEBHOOKS", "")
    context.settings.cache_clear()

    _deliver()

    assert ([row.state for row in _rows(session, webhook)], desk.received) == ([NoticeState.DEAD], [])


def test_an_assignment_reaches_the_unit_and_both_responsible_persons(
    session: Session, town: Town, mail: str, postbox: Postbox
):
    carry_to(session, town, Step.SIGN)
    _carry_out(session)

    _deliver()

    told = {recipients[0] for recipients, _ in postbox.letters}
    assert {
        "principal@linjiang.test",
        "controller@linjiang.test",
        "officer@linjiang.test",
        "head@linjiang.test",
    } <= told


def _channel(session: Session, kind: ChannelKind, fields: dict[str, Any]) -> str:
    config = check_config(kind, fields, frozenset({"127.0.0.1"}))
    channel = channels.add_channel(
        session, kind, f"{kind}渠道", config, key=context.channel_key(), by="admin", at=datetime.now(UTC)
    )
    session.commit()
    return channel.id


def _told_of_a_report(session: Session, town: Town) -> None:
    """A report, and what its flow tells the committee office."""
    report(session, town)
    _carry_out(session)


def _carry_out(session: Session) -> None:
    messages = session.execute(
        select(OUTBOX.c.id, OUTBOX.c.step).where(OUTBOX.c.done_at.is_(None)).order_by(OUTBOX.c.created_at)
    ).all()
    session.commit()
    for message in messages:
        for effect in effects.effects_of(Step(message.step)):
            effects.carry_out(effect, message.id)
        effects.acknowledge(message.id)


def _deliver(at: datetime | None = None) -> None:
    """One turn of the sender, at the time when the next attempt is due."""
    with writing(context.engine()) as session, session.begin():
        due = notices.claim(session, at=at or datetime.now(UTC), lease=LEASE)
    for one in due:
        delivery.hand_over(one)


def _rows(session: Session, channel_id: str) -> Sequence[Any]:
    return [row for row in _all_rows(session) if row.channel_id == channel_id]


def _all_rows(session: Session) -> Sequence[Any]:
    rows = session.execute(select(NOTICE).order_by(NOTICE.c.created_at, NOTICE.c.id)).all()
    session.commit()
    return rows


def _raw(session: Session, table: str) -> bytes:
    """Every cell of a table as the database keeps it."""
    cells = [cell for row in session.execute(text(f'SELECT * FROM "{table}"')) for cell in row]
    return b"\n".join(bytes(cell) if isinstance(cell, bytes | memoryview) else str(cell).encode() for cell in cells)
