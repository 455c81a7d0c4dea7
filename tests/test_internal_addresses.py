"""A webhook never points into the network, however its address is written."""

import pytest

from models.errors import InvalidInput
from notifications.channel_address import ChannelKind, check_config
from receivers import Desk


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
