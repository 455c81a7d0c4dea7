"""Whoever stands beside the pages and keeps, of each kind of page, what it answered: to be looked at once more."""

import re
from dataclasses import dataclass
from typing import Any

from starlette.types import ASGIApp, Message, Receive, Scope, Send

_ONE_OF = re.compile(r"[A-Z]{2}-\d{4}-\d{4}|[0-9a-f]{8}-?[0-9a-f-]{20,}|[0-9A-HJKMNP-TV-Z]{26}|\d{2,}")
_OF_EACH_READER = frozenset({"/hazards/{no}", "/inbox", "/hazards"})
"""Pages that show everybody something else."""


@dataclass(frozen=True)
class Answer:
    """One page as it left the program."""

    who: str
    method: str
    route: str
    path: str
    status: int
    is_page: bool
    body: bytes

    @property
    def kind(self) -> tuple[str, ...]:
        """Pages of one kind differ in their hazard, not in what stands where."""
        reader = self.who if self.route in _OF_EACH_READER else ""
        return (reader, self.method, _ONE_OF.sub("*", self.path), str(self.status))

    def __str__(self) -> str:
        return f"{self.who or 'anybody'}: {self.method} {self.path} {self.status}"


class Witness:
    """The program as one person's browser reaches it; every answer is kept in `kept`."""

    def __init__(self, app: ASGIApp, who: str, kept: list[Answer]):
        self.app, self.who, self.kept = app, who, kept

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        told: dict[str, Any] = {"status": 0, "is_page": False, "body": b""}

        async def listening(message: Message) -> None:
            if message["type"] == "http.response.start":
                kind = dict(message["headers"]).get(b"content-type", b"")
                told.update(status=message["status"], is_page=kind.startswith(b"text/html"))
            elif message["type"] == "http.response.body":
                told["body"] += message.get("body", b"")
            await send(message)

        try:
            await self.app(scope, receive, listening)
        finally:
            if scope["type"] == "http":
                route = getattr(scope.get("route"), "path", "")
                self.kept.append(Answer(self.who, scope["method"], route, scope["path"], **told))
