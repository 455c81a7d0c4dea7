"""The channels an administrator may configure, and the Apprise address each makes for one recipient.

A closed list: nobody but the administrator enters a host, and no other scheme is ever built. `wecom://` is another
service (PushPlus), so 企业微信群机器人 is `wecombot://`.
"""

import ipaddress
import socket
from collections.abc import Iterator, Mapping
from enum import StrEnum
from typing import Any, Literal
from urllib.parse import quote, urlencode, urlsplit

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from models import Person
from models.errors import InvalidInput

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
_LAST_32_BITS = tuple(map(ipaddress.IPv6Network, ("::/96", "::ffff:0:0/96", "64:ff9b::/96", "64:ff9b:1::/48")))
"""Networks whose addresses carry an IPv4 address at their end."""


class ChannelKind(StrEnum):
    MAIL = "MAIL"
    WECOM_BOT = "WECOM_BOT"
    DINGTALK = "DINGTALK"
    FEISHU = "FEISHU"
    WEBHOOK = "WEBHOOK"


class ChannelUnusable(Exception):
    """This channel cannot reach this person, now or later (e.g. no e-mail address)."""


class _Config(BaseModel):
    model_config = ConfigDict(extra="forbid", str_strip_whitespace=True)


class Mail(_Config):
    host: str = Field(min_length=1, max_length=253, title="邮件服务器")
    port: int = Field(default=25, ge=1, le=65535, title="端口")
    user: str = Field(default="", max_length=200, title="用户名")
    password: str = Field(default="", max_length=200, title="密码")
    sender: str = Field(pattern=r"^[^@\s]+@[^@\s]+$", title="发件地址")
    sender_name: str = Field(default="重大事故隐患督办", max_length=50, title="发件人名称")
    security: Literal["none", "starttls", "ssl"] = Field(default="none", title="加密方式")


class WecomBot(_Config):
    key: str = Field(min_length=8, max_length=100, title="机器人KEY")


class DingTalk(_Config):
    token: str = Field(min_length=8, max_length=100, title="机器人TOKEN")
    secret: str = Field(min_length=8, max_length=100, title="加签密钥")


class Feishu(_Config):
    token: str = Field(min_length=8, max_length=100, title="机器人TOKEN")


class Webhook(_Config):
    url: str = Field(pattern=r"^https?://", max_length=500, title="接口地址")
    headers: dict[str, str] = Field(default={}, max_length=10, title="请求头")


CONFIGS: Mapping[ChannelKind, type[_Config]] = {
    ChannelKind.MAIL: Mail,
    ChannelKind.WECOM_BOT: WecomBot,
    ChannelKind.DINGTALK: DingTalk,
    ChannelKind.FEISHU: Feishu,
    ChannelKind.WEBHOOK: Webhook,
}


def check_config(kind: ChannelKind, fields: Mapping[str, Any], private_hosts: frozenset[str]) -> dict[str, Any]:
    """The fields of a channel, found complete and pointing at a host that notices may go to.

    `private_hosts`: names or addresses inside the private network the installation allows.
    Raises: InvalidInput.
    """
    try:
        config = CONFIGS[kind].model_validate(fields)
    except ValidationError as broken:
        faults = [{"field": ".".join(map(str, fault["loc"])), "message": fault["msg"]} for fault in broken.errors()]
        raise InvalidInput(
            "渠道配置有误。", rule="渠道配置", remedy="请按提示更正。", extra={"errors": faults}
        ) from None
    if host := _host(config):
        _refuse_internal(host, private_hosts)
    return config.model_dump()


def address_for(kind: ChannelKind, fields: Mapping[str, Any], person: Person, private_hosts: frozenset[str]) -> str:
    """The address that reaches one person by this channel.

    Raises: ChannelUnusable, InvalidInput (the host has since come to lie inside the network).
    """
    config = CONFIGS[kind].model_validate(fields)
    if host := _host(config):
        _refuse_internal(host, private_hosts)
    return _ADDRESS[kind](config, person)


def _host(config: _Config) -> str:
    if isinstance(config, Mail):
        return config.host
    if isinstance(config, Webhook):
        parts = urlsplit(config.url)
        if parts.username or parts.password or not parts.hostname:
            raise _refused("接口地址不能带用户名或密码，且须有主机名。")
        return parts.hostname
    return ""


def _refuse_internal(host: str, private_hosts: frozenset[str]) -> None:
    """Hosts of the private network are reached only where the installation names them (HAZARDFLOW_PRIVATE_WEBHOOKS)."""
    if host in private_hosts:
        return
    try:
        found = {ipaddress.ip_address(str(entry[4][0]).split("%")[0]) for entry in socket.getaddrinfo(host, None)}
    except (OSError, UnicodeError) as unknown:
        raise _refused(f"主机 {host} 无法解析。") from unknown
    for address in found:
        if any(not one.is_global or one.is_multicast for one in (address, *_carried(address))):
            raise _refused(f"主机 {host} 位于内部网络。")


def _carried(address: Address) -> Iterator[ipaddress.IPv4Address]:
    """The IPv4 addresses that an IPv6 address leads to: compatible, 6to4, Teredo, NAT64."""
    if isinstance(address, ipaddress.IPv4Address):
        return
    if address.sixtofour:
        yield address.sixtofour
    yield from address.teredo or ()
    if any(address in network for network in _LAST_32_BITS):
        yield ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)


def _refused(detail: str) -> InvalidInput:
    return InvalidInput(
        detail, rule="通知只发往允许的主机", remedy="如确需发往内网主机，请在 HAZARDFLOW_PRIVATE_WEBHOOKS 中列出。"
    )


def _mail(config: Mail, person: Person) -> str:
    if not person.email:
        raise ChannelUnusable("没有登记电子邮箱")
    user = f"{quote(config.user, safe='')}:{quote(config.password, safe='')}@" if config.user else ""
    scheme = "mailto" if config.security == "none" else "mailtos"
    query = {"from": config.sender, "to": person.email, "name": config.sender_name, "smtp": config.host,
             "mode": {"none": "insecure", "starttls": "starttls", "ssl": "ssl"}[config.security]}  # fmt: skip
    return f"{scheme}://{user}{config.host}:{config.port}?{_query(query)}"


def _query(fields: Mapping[str, str]) -> str:
    """A blank as %20: Apprise takes a plus sign for itself."""
    return urlencode(fields, quote_via=quote)


def _webhook(config: Webhook, person: Person) -> str:
    parts = urlsplit(config.url)
    scheme = "jsons" if parts.scheme == "https" else "json"
    host = f"[{parts.hostname}]" if ":" in (parts.hostname or "") else parts.hostname
    port = f":{parts.port}" if parts.port else ""
    headers = {f"+{name}": value for name, value in config.headers.items()}
    return (
        f"{scheme}://{host}{port}{quote(parts.path)}?{_query(headers | {':recipient': person.name, 'redirect': 'no'})}"
    )


def _ding(config: DingTalk, person: Person) -> str:
    at = f"/{quote(person.phone, safe='')}" if person.phone else ""
    return f"dingtalk://{quote(config.secret, safe='')}@{quote(config.token, safe='')}{at}"


_ADDRESS: Mapping[ChannelKind, Any] = {
    ChannelKind.MAIL: _mail,
    ChannelKind.WECOM_BOT: lambda config, _person: f"wecombot://{quote(config.key, safe='')}",
    ChannelKind.DINGTALK: _ding,
    ChannelKind.FEISHU: lambda config, _person: f"feishu://{quote(config.token, safe='')}",
    ChannelKind.WEBHOOK: _webhook,
}
