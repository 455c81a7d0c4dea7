"""The channels an administrator may configure, and the Apprise address each makes for one recipient.

A closed list: nobody but the administrator enters a host, and no other scheme is ever built. `wecom://` is another
service (PushPlus), so 企业微信群机器人 is `wecombot://`.
"""

import ipaddress
import re
import socket
from collections.abc import Iterator, Mapping
from enum import StrEnum
from typing import Annotated, Any, Literal, Protocol
from urllib.parse import SplitResult, parse_qsl, quote, unquote, urlencode, urlsplit

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError

from models.errors import InvalidInput

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
_LAST_32_BITS = tuple(map(ipaddress.IPv6Network, ("::/96", "::ffff:0:0/96", "64:ff9b::/96", "64:ff9b:1::/48")))
"""Networks whose addresses carry an IPv4 address at their end."""
_HOST = re.compile(r"[0-9A-Za-z._-]+|[0-9A-Fa-f:.]+")
_HEADER = Annotated[str, StringConstraints(pattern=r"^[0-9A-Za-z_-]{1,100}$")]
_HEADER_VALUE = Annotated[str, StringConstraints(pattern=r"^[\x20-\x7e]{1,500}$")]
_FAULTS = {
    "missing": "必填，请补上", "extra_forbidden": "没有这一项，请删去", "string_pattern_mismatch": "格式或字符不符，请核对后重填",
    "string_too_short": "太短，请核对是否填全", "string_too_long": "太长，请核对后重填", "literal_error": "请从可选项中选择",
    "int_parsing": "请填整数", "greater_than_equal": "请填 1 至 65535", "less_than_equal": "请填 1 至 65535",
    "dict_type": "请填名称与值", "too_long": "项数过多，请减少",
}  # fmt: skip


class ChannelKind(StrEnum):
    MAIL = "MAIL"
    WECOM_BOT = "WECOM_BOT"
    DINGTALK = "DINGTALK"
    FEISHU = "FEISHU"
    WEBHOOK = "WEBHOOK"


class ChannelUnusable(Exception):
    """This channel cannot reach this person, now or later (e.g. no e-mail address)."""


class Recipient(Protocol):
    """Whoever can be told something; a Person is one."""

    @property
    def name(self) -> str: ...
    @property
    def email(self) -> str: ...
    @property
    def phone(self) -> str: ...


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
    url: str = Field(pattern=r"^https?://[^\s\\\x00-\x20\x7f]+$", max_length=500, title="接口地址")
    headers: dict[_HEADER, _HEADER_VALUE] = Field(default={}, max_length=10, title="请求头")


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
    config = _config(kind, fields)
    _place(config, private_hosts)
    return config.model_dump()


def address_for(kind: ChannelKind, fields: Mapping[str, Any], to: Recipient, private_hosts: frozenset[str]) -> str:
    """The address that reaches one person by this channel.

    Raises: ChannelUnusable, InvalidInput (the host has since come to lie inside the network).
    """
    config = _config(kind, fields)
    return _ADDRESS[kind](config, to, _place(config, private_hosts))


def _config(kind: ChannelKind, fields: Mapping[str, Any]) -> _Config:
    try:
        return CONFIGS[kind].model_validate(fields)
    except ValidationError as broken:
        faults = [
            {"field": ".".join(map(str, fault["loc"])), "message": _FAULTS.get(fault["type"], "请核对后重填")}
            for fault in broken.errors()
        ]
    raise InvalidInput("渠道配置有误。", rule="渠道配置", remedy="请按提示更正。", extra={"errors": faults})


def _place(config: _Config, private_hosts: frozenset[str]) -> str:
    """Where to connect, looked up once: between a check and a second look-up a name may change its address."""
    if isinstance(config, Mail):
        return _allowed(config.host, private_hosts)
    return _allowed(_split(config.url).hostname or "", private_hosts) if isinstance(config, Webhook) else ""


def _split(url: str) -> SplitResult:
    remedy = "请改为 https://主机[:端口]/路径 的写法。"
    try:
        parts = urlsplit(url)
        if parts.hostname and not parts.username and not parts.password and parts.port != 0:
            return parts
    except ValueError as unreadable:
        raise _refused("接口地址不能识别。", remedy=remedy) from unreadable
    raise _refused("接口地址不能带用户名或密码，且须有主机名。", remedy=remedy)


def _allowed(host: str, private_hosts: frozenset[str]) -> str:
    """Hosts of the private network are reached only where the installation names them (HAZARDFLOW_PRIVATE_WEBHOOKS)."""
    if host.lower() in {allowed.lower() for allowed in private_hosts}:
        return host
    try:
        found = [
            ipaddress.ip_address(str(entry[4][0]).split("%")[0]) for entry in socket.getaddrinfo(_plain(host), None)
        ]
    except (OSError, ValueError) as unknown:
        raise _refused(f"主机 {host} 无法解析。", remedy="请核对主机名，并确认本机能解析它。") from unknown
    for address in found:
        if any(not one.is_global or one.is_multicast for one in (address, *_carried(address))):
            raise _refused(f"主机 {host} 位于内部网络。")
    return str(found[0])


def _plain(host: str) -> str:
    """The host in letters no two programs read differently."""
    plain = host.encode("idna").decode()
    if not _HOST.fullmatch(plain):
        raise ValueError(host)
    return plain


def _carried(address: Address) -> Iterator[ipaddress.IPv4Address]:
    """The IPv4 addresses that an IPv6 address leads to: compatible, 6to4, Teredo, NAT64."""
    if isinstance(address, ipaddress.IPv4Address):
        return
    if address.sixtofour:
        yield address.sixtofour
    yield from address.teredo or ()
    if any(address in network for network in _LAST_32_BITS):
        yield ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)


def _refused(
    detail: str, *, remedy: str = "如确需发往内网主机，请在 HAZARDFLOW_PRIVATE_WEBHOOKS 中列出。"
) -> InvalidInput:
    return InvalidInput(detail, rule="通知只发往允许的主机", remedy=remedy)


def _mail(config: Mail, to: Recipient, place: str) -> str:
    if not to.email:
        raise ChannelUnusable("没有登记电子邮箱")
    user = f"{_quoted(config.user)}:{_quoted(config.password)}@" if config.user else ""
    scheme = "mailto" if config.security == "none" else "mailtos"
    server = place if config.security == "none" else config.host  # a certificate is made out to the name
    query = {"from": config.sender, "to": to.email, "name": config.sender_name, "smtp": server,
             "mode": {"none": "insecure", "starttls": "starttls", "ssl": "ssl"}[config.security]}  # fmt: skip
    return f"{scheme}://{user}{_in_url(config.host)}:{config.port}?{_query(query)}"


def _webhook(config: Webhook, to: Recipient, place: str) -> str:
    parts = _split(config.url)
    name, port = _in_url(parts.hostname or ""), f":{parts.port}" if parts.port else ""
    headers = dict(config.headers)
    if parts.scheme == "http" and place != parts.hostname:  # with TLS the certificate binds the name to the place
        headers, name = {"Host": f"{name}{port}"} | headers, _in_url(place)
    # Apprise undoes the quoting of these three twice: a token with %41 in it would come out with an A.
    query = {f"+{header}": _quoted(value) for header, value in headers.items()}
    query |= {f"-{field}": _quoted(value) for field, value in parse_qsl(parts.query, keep_blank_values=True)}
    query |= {":recipient": _quoted(to.name), "redirect": "no"}
    scheme = "jsons" if parts.scheme == "https" else "json"
    return f"{scheme}://{name}{port}{quote(unquote(parts.path))}?{_query(query)}"


def _ding(config: DingTalk, to: Recipient, _place: str) -> str:
    at = f"/{_quoted(to.phone)}" if to.phone else ""
    return f"dingtalk://{_quoted(config.secret)}@{_quoted(config.token)}{at}"


def _quoted(text: str) -> str:
    return quote(text, safe="")


def _query(fields: Mapping[str, str]) -> str:
    """A blank as %20: Apprise takes a plus sign for itself."""
    return urlencode(fields, quote_via=quote)


def _in_url(host: str) -> str:
    return f"[{host}]" if ":" in host else host.encode("idna").decode()


_ADDRESS: Mapping[ChannelKind, Any] = {
    ChannelKind.MAIL: _mail,
    ChannelKind.WECOM_BOT: lambda config, _to, _place: f"wecombot://{_quoted(config.key)}",
    ChannelKind.DINGTALK: _ding,
    ChannelKind.FEISHU: lambda config, _to, _place: f"feishu://{_quoted(config.token)}",
    ChannelKind.WEBHOOK: _webhook,
}
