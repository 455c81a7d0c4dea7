"""Hand one notice to one person by one channel, through Apprise. Importing Apprise is slow; only senders import this."""

import logging
import re
import time
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import NamedTuple
from urllib.parse import parse_qsl, quote, quote_plus, unquote, urlsplit

import apprise
from apprise import Apprise, AppriseAsset
from apprise.common import PersistentStoreMode

SCHEMES = frozenset({"mailto", "mailtos", "wecombot", "dingtalk", "feishu", "json", "jsons"})
"""Apprise knows some two hundred more; no notice leaves by them."""
_MAIL = frozenset({"mailto", "mailtos"})
_BOTS = frozenset({"wecombot", "dingtalk", "feishu"})
_LONGEST = {"wecombot": 600}
"""Characters a channel really takes, subject included, where its own limit is below what Apprise believes."""
_MAIL_SERVER = "Socket Exception"
_PERMANENT = re.compile(
    r"""Socket\ Exception:\ (?:\{(?:'[^']*'|"[^"]*"):\ )?\(55[0-9],\ # the mail server's own code, not its text
      | .*\berror=4(?!08|29)[0-9][0-9]\.?$
      | There\ are\ no\ Email\ recipients""",
    re.VERBOSE,
)
_PERSONAL = re.compile(r"(?i:\b(?:bearer|basic)\s+\S+)|[\w.+-]+@[\w-]+[\w.-]*|(?<!\d)1[3-9]\d{9}(?!\d)")
_HEARD: ContextVar[list[str] | None] = ContextVar("heard", default=None)


class Sent(NamedTuple):
    """What became of one attempt."""

    ok: bool
    permanent: bool
    """Trying again cannot help."""
    detail: str
    """The provider's words, with every secret and every contact masked."""
    elapsed: float
    """Seconds."""


def send(address: str, *, subject: str, body: str, timeout: float = 10) -> Sent:
    """One attempt, never repeated here: each attempt is a row of the delivery ledger.

    `timeout`: seconds without a word from the other side; a webhook's or robot's connection has to stand within 3.
    """
    began = time.monotonic()
    scheme, subject = urlsplit(address).scheme, " ".join(subject.split())
    with _hearing() as heard:
        plugin = _plugin(address, scheme, timeout)
        ok = plugin is not None and _notify(plugin, subject, shortened(body, scheme, subject))
    permanent = not ok and (plugin is None or any(map(_PERMANENT.match, heard)))
    detail = "" if ok else masked("；".join(heard) or "渠道拒绝了该地址", address)[:300]
    return Sent(ok, permanent, detail, time.monotonic() - began)


def shortened(body: str, scheme: str, subject: str) -> str:
    """The body as far as the channel takes it."""
    most = _LONGEST.get(scheme, len(subject) + 2 + len(body)) - len(subject) - 2  # Apprise puts a line break between
    return body if len(body) <= most else body[: max(most - 1, 0)] + "…"


def masked(text: str, address: str) -> str:
    """Every part of the address that could be a secret or a person's contact, blotted out."""
    for secret in sorted(_secrets(address), key=len, reverse=True):
        text = re.sub(re.escape(secret), "***", text, flags=re.IGNORECASE)
    return _PERSONAL.sub("***", text)


def _plugin(address: str, scheme: str, timeout: float) -> apprise.NotifyBase | None:
    if scheme not in SCHEMES:
        return None
    # The name goes out as User-Agent, so it is ASCII: with 临江镇 in it every webhook fails (latin-1).
    asset = AppriseAsset(app_id="hazardflow", app_desc="重大事故隐患督办销号", storage_mode=PersistentStoreMode.MEMORY)
    asset.http_redirects = False  # a provider cannot send us on to a host nobody has checked
    separator = "&" if "?" in address else "?"
    plugin = Apprise.instantiate(f"{address}{separator}{_patience(scheme, timeout)}", asset=asset)
    if not isinstance(plugin, apprise.NotifyBase):
        return None
    plugin.request_rate_per_sec = 0
    return plugin


def _patience(scheme: str, timeout: float) -> str:
    # For mail, `cto` is the only wait there is: cut to 3 s, a server slow to confirm gets the letter twice.
    connect = timeout if scheme in _MAIL else min(3, timeout)
    return f"cto={connect}&rto={timeout}"


def _notify(plugin: apprise.NotifyBase, subject: str, body: str) -> bool:
    one = Apprise(asset=plugin.asset)
    one.add(plugin)
    return bool(one.notify(title=subject, body=body, body_format=apprise.NotifyFormat.TEXT))


@contextmanager
def _hearing() -> Iterator[list[str]]:
    """What Apprise says while this sends: its answer does not tell why it failed.

    A context variable, since Apprise 1 sends in this thread and Apprise 2 in a pool that gets a copy of our context.
    """
    lines: list[str] = []
    token = _HEARD.set(lines)
    try:
        yield lines
    finally:
        _HEARD.reset(token)


class _Ear(logging.Handler):
    def emit(self, record: logging.LogRecord) -> None:
        lines, line = _HEARD.get(), record.getMessage()
        if lines is not None and (record.levelno >= logging.WARNING or line.startswith(_MAIL_SERVER)):
            lines.append(line)


_LOG = logging.getLogger("apprise")
_LOG.setLevel(logging.DEBUG)  # the answer of a mail server is told on this level only
_LOG.propagate = False  # its lines name secrets and people: they are heard here, masked, and nowhere else
_LOG.addHandler(_Ear(logging.DEBUG))


def _secrets(address: str) -> set[str]:
    parts = urlsplit(address)
    whole = [parts.username, parts.password, parts.path, *parts.path.split("/")]
    whole += [value for _, value in parse_qsl(parts.query)]
    if parts.scheme in _BOTS:
        whole.append(parts.netloc.rsplit("@", 1)[-1])
    said = {form for item in whole if item for form in (item, unquote(item))}
    said |= {word for item in said for word in item.split()}  # a header's value is "Bearer" and a secret
    forms = {form for item in said for form in (item, quote(item), quote(item, safe=""), quote_plus(item))}
    return {form for form in forms if len(form) >= 3 or not form.isascii()}
