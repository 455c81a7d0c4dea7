"""Receivers that also refuse one recipient only, ask for a password, stay silent or send the caller elsewhere."""

import socket
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Event, Thread

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword
from aiosmtpd.smtp import Session as Conversation

from receivers import Postbox


class MailReceiver(Postbox):
    """A postbox at `port` with an own answer for each recipient in `answers`."""

    def __init__(self) -> None:
        super().__init__()
        self.port = 0
        self.answers: dict[str, str] = {}
        self.logins: list[tuple[bytes, bytes]] = []

    async def handle_RCPT(  # noqa: N802  # aiosmtpd calls it so
        self, server: SMTP, conversation: Conversation, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if address in self.answers:
            return self.answers[address]
        return await super().handle_RCPT(server, conversation, envelope, address, options)

    def let_in(self, *login: object) -> AuthResult:
        assert isinstance(login[-1], LoginPassword)
        self.logins.append((login[-1].login, login[-1].password))
        return AuthResult(success=True)


class HttpReceiver(ThreadingHTTPServer):
    """Answers with `status`, and only once `answering` is set; keeps each request's method, path and headers."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.status, self.location = 200, ""
        self.answering = Event()
        self.answering.set()
        self.requests: list[tuple[str, str, dict[str, str]]] = []


class _Handler(BaseHTTPRequestHandler):
    server: HttpReceiver  # pyright: ignore[reportIncompatibleVariableOverride]  # only a receiver is served by it

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers.get("Content-Length", 0)))
        self.server.requests.append((self.command, self.path, dict(self.headers)))
        self.server.answering.wait()
        self.send_response(self.server.status)
        if self.server.location:
            self.send_header("Location", self.server.location)
        self.send_header("Content-Length", "0")
        self.end_headers()

    do_GET = do_POST  # noqa: N815  # http.server's name

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002
        """Silence."""


@pytest.fixture(name="mail_receiver")
def mail_receiver_at_work() -> Iterator[MailReceiver]:
    receiver = MailReceiver()
    with socket.create_server(("127.0.0.1", 0)) as free:
        receiver.port = free.getsockname()[1]
    controller = Controller(
        receiver,
        hostname="127.0.0.1",
        port=receiver.port,
        authenticator=receiver.let_in,
        auth_require_tls=False,
        ready_timeout=60,
    )
    controller.start()
    yield receiver
    controller.stop()


@pytest.fixture(name="http_receiver")
def http_receiver_at_work() -> Iterator[HttpReceiver]:
    with HttpReceiver() as receiver:
        thread = Thread(target=receiver.serve_forever, args=(0.02,))
        thread.start()
        yield receiver
        receiver.answering.set()
        receiver.shutdown()
        thread.join()
