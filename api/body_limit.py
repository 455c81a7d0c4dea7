"""Refuse a body that is too large before anything parses it."""

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.problems import problem


class BodyLimit:
    """Counts the bytes that arrive, whatever the Content-Length claims."""

    def __init__(self, app: ASGIApp, *, most_bytes: int, most_upload_bytes: int, upload_paths: frozenset[str]):
        self.app = app
        self.most_bytes = most_bytes
        self.most_upload_bytes = most_upload_bytes
        self.upload_paths = upload_paths

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        most = self.most_upload_bytes if scope["path"] in self.upload_paths else self.most_bytes
        claimed = dict(scope["headers"]).get(b"content-length", b"0")
        if not claimed.isdigit() or int(claimed) > most:
            await self._refuse(scope, receive, send, most)
            return
        await self._counted(scope, receive, send, most)

    async def _counted(self, scope: Scope, receive: Receive, send: Send, most: int) -> None:
        seen = 0
        started = False
        too_large = False

        async def counting() -> Message:
            nonlocal seen, too_large
            message = await receive()
            seen += len(message.get("body", b""))
            if seen > most:
                too_large = True
                raise _BodyTooLarge
            return message

        async def watching(message: Message) -> None:
            nonlocal started
            if too_large and not started:
                return  # the framework's own "could not parse"; ours says why
            started = True
            await send(message)

        try:
            await self.app(scope, counting, watching)
        except _BodyTooLarge:
            if started:
                raise
        if too_large and not started:
            await self._refuse(scope, receive, send, most)

    async def _refuse(self, scope: Scope, receive: Receive, send: Send, most: int) -> None:
        detail = f"请求内容超过{most // 1_048_576} MiB。"
        await problem(413, "too-large", "内容过大", detail, remedy="请压缩或分次提交。")(scope, receive, send)


class _BodyTooLarge(Exception):
    """Raised inside the application's own read of the body."""
