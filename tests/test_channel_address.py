"""Each kind of channel makes one address, which Apprise reads as it was meant; no host inside the network is reached."""

import socket
from collections.abc import Iterator
from typing import Any, NamedTuple
from urllib.parse import parse_qs, unquote, urlsplit

import pytest
from apprise import Apprise

from models.errors import InvalidInput
from notifications.channel_address import ChannelKind, ChannelUnusable, address_for, check_config

NONE: frozenset[str] = frozenset()
MAIL = {"host": "8.8.8.8", "sender": "duban@linjiang.test"}
ODD = "a%41 +&=?#/@:ß"
INSIDE = [
    "127.0.0.1", "127.0.0.2", "127.1", "127.255.255.254", "2130706433", "0x7f000001", "0x7f.1", "0177.0.0.1", "017700000001",
    "0", "0.0.0.0", "localhost", "LOCALHOST", "localhost.", "１２７.0.0.1", "127。0。0。1", "①②⑦.0.0.1", "ⓛocalhost",
    "::1", "::", "0:0:0:0:0:0:0:1", "::ffff:127.0.0.1", "::ffff:7f00:1", "::ffff:10.0.0.1", "::127.0.0.1", "64:ff9b::127.0.0.1",
    "2002:7f00:1::", "fe80::1", "fc00::1", "fd00:ec2::254", "ff02::1", "fe80::1%lo",
    "10.0.0.1", "172.16.0.1", "172.31.255.255", "192.168.1.1", "169.254.169.254", "2852039166", "0xa9fea9fe", "100.64.0.1",
    "192.0.0.1", "198.18.0.1", "224.0.0.1", "240.0.0.1", "255.255.255.255",
    "user@127.0.0.1", "127.0.0.1/", "127.0.0.1?x", "127.0.0.1#x", "8.8.8.8@127.0.0.1", "8.8.8.8/@127.0.0.1", "127%2e0%2e0%2e1",
    "%31%32%37.0.0.1", "8.8.8.8\x00.127.0.0.1", "127.0.0.1\x00.example.com", "8.8.8.8\\@127.0.0.1", "8.8.8.8\n127.0.0.1",
    "8.8.8.8 127.0.0.1", "....", "x" * 64 + ".test",
]  # fmt: skip


class Reader(NamedTuple):
    name: str = "张三 & 李四"
    email: str = "zhang+a@linjiang.test"
    phone: str = "13800000000"


@pytest.fixture
def listener() -> Iterator[socket.socket]:
    with socket.create_server(("0.0.0.0", 0)) as listening:
        listening.setblocking(False)
        yield listening


def asked(address: str) -> dict[str, str]:
    """The fields of an address; Apprise undoes the quoting of the marked ones twice."""
    fields = parse_qs(urlsplit(address).query)
    return {name: unquote(values[0]) if name[0] in "+-:" else values[0] for name, values in fields.items()}


@pytest.mark.parametrize(
    ("security", "scheme", "mode"),
    [("none", "mailto", "insecure"), ("starttls", "mailtos", "starttls"), ("ssl", "mailtos", "ssl")],
)
def test_mail(security: str, scheme: str, mode: str):
    address = address_for(ChannelKind.MAIL, MAIL | {"user": ODD, "password": ODD, "security": security}, Reader(), NONE)

    assert address.startswith(f"{scheme}://a%2541%20%2B%26%3D%3F%23%2F%40%3A%C3%9F:")
    assert asked(address) == {
        "from": "duban@linjiang.test", "to": "zhang+a@linjiang.test", "name": "重大事故隐患督办", "smtp": "8.8.8.8", "mode": mode,
    }  # fmt: skip


def test_a_person_without_a_mail_address_cannot_be_mailed():
    with pytest.raises(ChannelUnusable, match="没有登记电子邮箱"):
        address_for(ChannelKind.MAIL, MAIL, Reader(email=""), NONE)


def test_a_group_robot_is_the_one_of_wecom_and_not_pushplus():
    assert address_for(ChannelKind.WECOM_BOT, {"key": "abcd-1234"}, Reader(), NONE) == "wecombot://abcd-1234"


def test_dingtalk_names_the_person_by_telephone_if_known():
    fields = {"token": "token123", "secret": "secret/1"}

    assert address_for(ChannelKind.DINGTALK, fields, Reader(), NONE) == "dingtalk://secret%2F1@token123/13800000000"
    assert address_for(ChannelKind.DINGTALK, fields, Reader(phone=""), NONE) == "dingtalk://secret%2F1@token123"


def test_feishu():
    assert address_for(ChannelKind.FEISHU, {"token": "abcd-1234"}, Reader(), NONE) == "feishu://abcd-1234"


def test_a_webhook_keeps_its_path_and_query_and_follows_nobody():
    fields = {"url": "https://8.8.8.8:8443/a%20b?key=1&redirect=yes", "headers": {"X-Key": "a b+c"}}

    address = address_for(ChannelKind.WEBHOOK, fields, Reader(), NONE)

    assert address.startswith("jsons://8.8.8.8:8443/a%20b?")
    assert asked(address) == {
        "+X-Key": "a b+c", "-key": "1", "-redirect": "yes", ":recipient": "张三 & 李四", "redirect": "no",
    }  # fmt: skip


def test_what_was_looked_up_is_what_is_connected_to():
    address = address_for(ChannelKind.WEBHOOK, {"url": "http://0x08080808:81/x"}, Reader(), NONE)
    mail = address_for(ChannelKind.MAIL, MAIL | {"host": "0x08080808"}, Reader(), NONE)

    assert (address.split("?")[0], asked(address)["+Host"]) == ("json://8.8.8.8:81/x", "0x08080808:81")
    assert asked(mail)["smtp"] == "8.8.8.8"


@pytest.mark.parametrize(
    ("kind", "fields"),
    [
        (ChannelKind.MAIL, MAIL | {"user": ODD, "password": ODD}),
        (ChannelKind.MAIL, MAIL | {"host": "2001:4860:4860::8888"}),
        (ChannelKind.WECOM_BOT, {"key": "693a91f6-7xxx-4bc4-97a0-0ec2sifa5aaa"}),
        (ChannelKind.DINGTALK, {"token": "0123456789abcdef", "secret": "SEC0123456789abcdef"}),
        (ChannelKind.FEISHU, {"token": "12345678-abcd-1234-abcd-123456789abc"}),
        (ChannelKind.WEBHOOK, {"url": "http://[2001:4860:4860::8888]:81/x?y=" + "%26", "headers": {"X-Key": "a"}}),
    ],
)  # fmt: skip
def test_apprise_takes_the_address_of_each_kind(kind: ChannelKind, fields: dict[str, Any]):
    assert Apprise.instantiate(address_for(kind, fields, Reader(), NONE)) is not None


@pytest.mark.parametrize("host", INSIDE)
@pytest.mark.parametrize("security", ["none", "ssl"])
def test_a_mail_server_inside_the_network_is_refused_without_a_connection(
    listener: socket.socket, host: str, security: str
):
    fields = MAIL | {"host": host, "port": listener.getsockname()[1], "security": security}

    with pytest.raises(InvalidInput):
        check_config(ChannelKind.MAIL, fields, NONE)
    with pytest.raises(InvalidInput):
        address_for(ChannelKind.MAIL, fields, Reader(), NONE)
    with pytest.raises(BlockingIOError):
        listener.accept()


@pytest.mark.parametrize(
    "url",
    [
        "http://[::1", "http://8.8.8.8:99999/", "http://8.8.8.8:x/", "http://8.8.8.8:0/", "http://", "http:///x",
        "http://8.8.8.8\\@127.0.0.1/",
        "http://8.8.8.8\t.127.0.0.1/", "http://a\x00b/", "http://127%2e0%2e0%2e1/", "http://[fe80::1%25lo]/", "http://[v1.x]/",
        "http://@/", "wecom://x",
    ],
)  # fmt: skip
def test_a_webhook_written_to_mislead_is_refused(url: str):
    with pytest.raises(InvalidInput):
        check_config(ChannelKind.WEBHOOK, {"url": url}, NONE)


def test_an_allowed_host_is_accepted_whatever_its_case_and_no_other():
    allowed = frozenset({"Mail.Linjiang.local", "10.0.0.5"})

    assert check_config(ChannelKind.MAIL, MAIL | {"host": "mail.linjiang.LOCAL"}, allowed)["port"] == 25
    assert check_config(ChannelKind.WEBHOOK, {"url": "http://10.0.0.5/oa"}, allowed)["url"] == "http://10.0.0.5/oa"
    with pytest.raises(InvalidInput, match="内部网络"):
        check_config(ChannelKind.WEBHOOK, {"url": "http://10.0.0.6/oa"}, allowed)


@pytest.mark.parametrize(
    ("kind", "fields", "field"),
    [
        (ChannelKind.MAIL, {"sender": "a@b.test"}, "host"), (ChannelKind.MAIL, MAIL | {"port": 70000}, "port"),
        (ChannelKind.MAIL, MAIL | {"security": "tls"}, "security"), (ChannelKind.WECOM_BOT, {"key": "short"}, "key"),
        (ChannelKind.FEISHU, {"token": "abcd-1234", "secret": "x"}, "secret"), (ChannelKind.WEBHOOK, {"url": "ftp://x"}, "url"),
    ],
)  # fmt: skip
def test_a_wrong_field_is_named_with_what_to_do(kind: ChannelKind, fields: dict[str, Any], field: str):
    with pytest.raises(InvalidInput) as refused:
        check_config(kind, fields, NONE)

    errors: Any = refused.value.extra["errors"]
    [fault] = errors
    assert fault["field"] == field
    assert not fault["message"].isascii()


@pytest.mark.parametrize("headers", [{"A\r\nB": "c"}, {"A": "b\r\nC: d"}, {"A b": "c"}, {"A": "中"}, {"": "a"}])
def test_a_header_that_would_break_the_request_is_refused(headers: dict[str, str]):
    with pytest.raises(InvalidInput):
        check_config(ChannelKind.WEBHOOK, {"url": "http://8.8.8.8/", "headers": headers}, NONE)


def test_a_stored_configuration_gone_wrong_is_refused_without_showing_it():
    with pytest.raises(InvalidInput) as refused:
        address_for(ChannelKind.FEISHU, {"token": "abcd-1234", "old": "Geheimnis"}, Reader(), NONE)

    assert "Geheimnis" not in str(refused.value) + str(refused.value.extra) + str(refused.value.__cause__)
