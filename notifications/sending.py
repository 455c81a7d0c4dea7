"""Hand one notice to one person by one channel, through Apprise. Importing Apprise is slow; only senders import this."""

import logging
import re
import threading
import time
from typing import NamedTuple
from urllib.parse import parse_qsl, unquote, urlsplit

import apprise
from apprise import Apprise, AppriseAsset
from apprise.common import PersistentStoreMode

_LOG = logging.getLogger("apprise")
_LOG.setLevel(logging.DEBUG)  # the answer of a mail server is told on this level only
_LOG.propagate = False  # its lines name secrets and people: they are heard here, masked, and nowhere else
_MAIL_SERVER = "Socket Exception"
_SETTINGS = "&cto=3&rto=10"
_SHORTEST = {"wecombot": 600}
"""Characters a channel really takes, where its own limit is below what Apprise believes."""
_PERMANENT = re.compile(r"\b5[0-9][0-9] 5\.|\b55[0-9]\b|error=4(?!08|29)[0-9][0-9]")


class Sent(NamedTuple):
    """What became of one attempt."""

    ok: bool
    permanent: bool
    """Trying again cannot help."""
    detail: str
    """The provider's words, with every secret of the address masked."""
    seconds: float


def send(address: str, *, subject: str, body: str) -> Sent:
    """One attempt, never repeated here: each attempt is a row of the delivery ledger."""
    scheme = address.split(":", 1)[0]
    began = time.monotonic()
    with _Heard() as heard:
        ok = _notify(address, subject, _shortened(body, _SHORTEST.get(scheme)))
    detail = "" if ok else _masked("；".join(heard.lines) or "渠道拒绝了该地址", address)[:300]
    return Sent(ok, bool(not ok and _PERMANENT.search(" ".join(heard.lines))), detail, time.monotonic() - began)


def _notify(address: str, subject: str, body: str) -> bool:
    separator = "" if "?" in address else "?"
    asset = AppriseAsset(app_id="hazardflow", app_desc="重大事故隐患督办销号", storage_mode=PersistentStoreMode.MEMORY)
    plugin = Apprise.instantiate(address + separator + _SETTINGS, asset=asset)
    if plugin is None:
        return False
    plugin.request_rate_per_sec = 0
    one = Apprise(asset=asset)
    one.add(plugin)
    return bool(one.notify(title=" ".join(subject.split()), body=body, body_format=apprise.NotifyFormat.TEXT))


class _Heard(logging.Handler):
    """What Apprise says while this thread sends: its return value does not tell why it failed."""

    def __init__(self) -> None:
        super().__init__(logging.DEBUG)
        self.thread = threading.get_ident()
        self.lines: list[str] = []

    def __enter__(self) -> "_Heard":
        _LOG.addHandler(self)
        return self

    def __exit__(self, *_: object) -> None:
        _LOG.removeHandler(self)

    def emit(self, record: logging.LogRecord) -> None:
        line = record.getMessage()
        if record.thread == self.thread and (record.levelno >= logging.WARNING or line.startswith(_MAIL_SERVER)):
            self.lines.append(line)


def _shortened(body: str, most: int | None) -> str:
    return body if most is None or len(body) <= most else body[: most - 1] + "…"


def _masked(text: str, address: str) -> str:
    """Every part of the address that could be a secret or a person's contact, blotted out."""
    parts = urlsplit(address)
    secrets = {parts.username, parts.password, *parts.path.split("/"), *(value for _, value in parse_qsl(parts.query))}
    if parts.scheme in {"wecombot", "dingtalk", "feishu"}:
        secrets.add(parts.hostname)
        secrets.add(parts.netloc.rsplit("@", 1)[-1])
    for secret in sorted((item for item in secrets if item), key=len, reverse=True):
        for form in {secret, unquote(secret)}:
            if len(form) >= 3:
                text = text.replace(form, "***")
    return text
