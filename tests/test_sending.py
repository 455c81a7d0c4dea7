"""One attempt to hand over one notice, to real receivers on loopback: what arrives, and what is said about what does not."""

import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any, NamedTuple

import pytest

from fixtures_receivers import (
    HttpReceiver,
    MailReceiver,
    http_receiver_at_work,  # noqa: F401  # the fixture http_receiver
    mail_receiver_at_work,  # noqa: F401  # the fixture mail_receiver
)
from notifications.channel_address import ChannelKind, address_for
from notifications.sending import SCHEMES, masked, send, shortened

HERE = frozenset({"127.0.0.1"})
SECRET = "Kennwort: 50%+ä&=/@?#"
TOKEN = "tok-4711-brief"
PHONE = "13800000000"


class Reader(NamedTuple):
    name: str = "张三"
    email: str = "zhang@linjiang.test"
    phone: str = PHONE


def mail_to(receiver: MailReceiver, reader: Reader | None = None, **more: Any) -> str:
    fields = {
        "host": "127.0.0.1",
        "port": receiver.port,
        "sender": "duban@linjiang.test",
        "sender_name": "临江镇 应急办",
    }
    return address_for(ChannelKind.MAIL, fields | more, reader or Reader(), HERE)


def webhook(receiver: HttpReceiver, path: str = "/notices", **headers: str) -> str:
    fields = {"url": f"http://127.0.0.1:{receiver.server_port}{path}", "headers": headers}
    return address_for(ChannelKind.WEBHOOK, fields, Reader(), HERE)


def test_a_mail_arrives_in_chinese_from_the_office(mail_receiver: MailReceiver):
    sent = send(mail_to(mail_receiver), subject="【待受理】隐患", body="请办理 <今日>。")

    [(recipients, letter)] = mail_receiver.letters
    assert (sent.ok, sent.permanent, sent.detail) == (True, False, "")
    assert (recipients, letter["Subject"]) == (["zhang@linjiang.test"], "【待受理】隐患")
    assert letter["From"] == "临江镇 应急办 <duban@linjiang.test>"
    assert letter.get_body(("plain",)).get_content().strip() == "请办理 <今日>。"


def test_a_line_break_in_a_subject_adds_no_header(mail_receiver: MailReceiver):
    send(mail_to(mail_receiver), subject="一\r\nBcc: other@linjiang.test\r\nSubject: 二", body="正文")

    [(recipients, letter)] = mail_receiver.letters
    assert letter.get_all("Subject") == ["一 Bcc: other@linjiang.test Subject: 二"]
    assert (letter["Bcc"], recipients) == (None, ["zhang@linjiang.test"])


def test_a_password_of_any_characters_opens_the_mail_server(mail_receiver: MailReceiver):
    assert send(mail_to(mail_receiver, user="office@x", password="p%41+ &=/@?#:"), subject="题", body="文").ok

    assert mail_receiver.logins == [(b"office@x", b"p%41+ &=/@?#:")]


def test_a_mailbox_nobody_has_is_refused_for_good_and_only_that_one(mail_receiver: MailReceiver):
    mail_receiver.answers["gone@linjiang.test"] = "550 5.1.1 no such mailbox gone@linjiang.test"

    gone = send(mail_to(mail_receiver, Reader(email="gone@linjiang.test")), subject="题", body="文")
    other = send(mail_to(mail_receiver), subject="题", body="文")

    assert (gone.ok, gone.permanent, other.ok) == (False, True, True)
    assert "550" in gone.detail
    assert "gone@" not in gone.detail


@pytest.mark.parametrize(
    ("answer", "permanent"),
    [
        ("550 5.1.1 no such mailbox", True), ("552 5.2.2 mailbox full", True), ("554 5.7.1 rejected", True),
        ("450 4.2.1 busy", False), ("421 closing", False), ("451 4.3.0 see error=404 or (550, x", False),
        ("535 5.7.8 password changed", False),
    ],
)  # fmt: skip
def test_only_the_code_of_a_mail_server_makes_a_refusal_final(
    mail_receiver: MailReceiver, answer: str, permanent: bool
):
    mail_receiver.answers["zhang@linjiang.test"] = answer

    sent = send(mail_to(mail_receiver), subject="题", body="文")

    assert (sent.ok, sent.permanent) == (False, permanent)


def test_two_sent_at_once_hear_only_of_their_own(mail_receiver: MailReceiver, http_receiver: HttpReceiver):
    mail_receiver.answers["zhang@linjiang.test"] = "550 5.1.1 no such mailbox"
    http_receiver.status = 503

    with ThreadPoolExecutor(2) as pool:
        mail, web = pool.map(
            lambda to: send(to, subject="题", body="文"), [mail_to(mail_receiver), webhook(http_receiver)]
        )

    assert (mail.permanent, web.permanent) == (True, False)
    assert "JSON" not in mail.detail
    assert "503" in web.detail


@pytest.mark.parametrize(
    ("status", "ok", "permanent"),
    [(200, True, False), (204, True, False), (400, False, True), (403, False, True), (404, False, True), (408, False, False),
     (429, False, False), (500, False, False), (503, False, False)],
)  # fmt: skip
def test_a_webhook_that_answers(http_receiver: HttpReceiver, status: int, ok: bool, permanent: bool):
    http_receiver.status = status

    sent = send(webhook(http_receiver), subject="题", body="文")

    assert (sent.ok, sent.permanent, len(http_receiver.requests)) == (ok, permanent, 1)


def test_a_webhook_gets_path_query_and_headers_as_configured(http_receiver: HttpReceiver):
    send(
        webhook(http_receiver, "/a%20b/镇?key=k%26+1%2541&flag=", Authorization="Bearer a%41+b =="),
        subject="题",
        body="文",
    )

    [(_, path, headers)] = http_receiver.requests
    assert path == "/a%20b/%E9%95%87?key=k%26+1%2541&flag="
    assert headers["Authorization"] == "Bearer a%41+b =="


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
@pytest.mark.parametrize("asked", ["", "?redirect=yes"])
def test_a_webhook_does_not_lead_on_to_another_host(http_receiver: HttpReceiver, status: int, asked: str):
    http_receiver.status = status
    http_receiver.location = f"http://localhost:{http_receiver.server_port}/internal"

    sent = send(webhook(http_receiver, f"/notices{asked}"), subject="题", body="文")

    assert (sent.ok, [method for method, _, _ in http_receiver.requests]) == (False, ["POST"])


def test_no_address_at_all_is_led_on(http_receiver: HttpReceiver):
    http_receiver.status, http_receiver.location = 302, "/internal"

    send(f"json://127.0.0.1:{http_receiver.server_port}/", subject="题", body="文")

    assert [path for _, path, _ in http_receiver.requests] == ["/"]


def test_a_silent_receiver_is_given_up_after_the_timeout(http_receiver: HttpReceiver):
    http_receiver.answering.clear()
    began = time.monotonic()

    sent = send(webhook(http_receiver), subject="题", body="文", timeout=0.3)

    assert (sent.ok, sent.permanent) == (False, False)
    assert 0.3 <= sent.elapsed <= time.monotonic() - began


def test_nobody_at_the_address_may_pass(mail_receiver: MailReceiver):
    with_nobody = mail_to(mail_receiver).replace(str(mail_receiver.port), "1")

    sent = send(with_nobody, subject="题", body="文")

    assert (sent.ok, sent.permanent) == (False, False)
    assert "refused" in sent.detail


def test_what_is_told_of_a_failure_names_no_secret(http_receiver: HttpReceiver):
    http_receiver.status = 500
    address = webhook(http_receiver, f"/{TOKEN}/x?key={TOKEN}-2", Authorization=f"Bearer {TOKEN}-3")
    nobody = address.replace(str(http_receiver.server_port), "1")

    details = [send(to, subject="题", body="文").detail for to in (address, nobody)]

    assert all(details)
    assert [detail for detail in details if TOKEN in detail] == []


@pytest.mark.parametrize(
    "said",
    [
        SECRET, f"Authorization: Bearer {TOKEN}", f"token {TOKEN}", "zhang%40linjiang.test", "zhang@linjiang.test", PHONE, "张三",
        "other@linjiang.test", "call 13911112222", "basic b2ZmaWNlOng=",
    ],
)  # fmt: skip
def test_secrets_and_contacts_are_blotted_out_however_they_are_written(http_receiver: HttpReceiver, said: str):
    address = webhook(http_receiver, Authorization=f"Bearer {TOKEN}") + f"&to=zhang%40linjiang.test&-p={PHONE}"
    with_password = address.replace("://", "://office:Kennwort%3A%2050%25%2B%C3%A4%26%3D%2F%40%3F%23@")

    told = masked(f"the server said <{said}>", with_password)

    assert said not in told
    assert told.startswith("the server said <")


@pytest.mark.parametrize("scheme", ["wecom", "http", "file", "syslog", "windows", "schan", "apprise", "JSON+x", ""])
def test_no_other_way_out_is_taken(http_receiver: HttpReceiver, scheme: str):
    sent = send(f"{scheme}://127.0.0.1:{http_receiver.server_port}/", subject="题", body="文")

    assert (sent.ok, sent.permanent, http_receiver.requests) == (False, True, [])


def test_a_group_robot_gets_six_hundred_characters_with_the_subject():
    body = shortened("字" * 700, "wecombot", "题目")

    assert (len("题目\r\n" + body), body[-2:]) == (600, "字…")
    assert shortened("字" * 596, "wecombot", "题目") == "字" * 596
    assert shortened("字" * 700, "mailto", "题目") == "字" * 700


def test_every_kind_of_channel_has_a_way_out():
    fields = {
        ChannelKind.MAIL: {"host": "127.0.0.1", "sender": "a@b.test"}, ChannelKind.WECOM_BOT: {"key": "12345678"},
        ChannelKind.DINGTALK: {"token": "12345678", "secret": "12345678"}, ChannelKind.FEISHU: {"token": "12345678"},
        ChannelKind.WEBHOOK: {"url": "http://127.0.0.1/"},
    }  # fmt: skip

    assert {address_for(kind, fields[kind], Reader(), HERE).split(":")[0] for kind in ChannelKind} <= SCHEMES
