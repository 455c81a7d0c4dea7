"""What stands before every page: headers that load nothing from elsewhere, and a limit on what is sent."""

from starlette.datastructures import MutableHeaders
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from web.rendering import page

HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Permissions-Policy": "geolocation=(), microphone=()",
    "Cache-Control": "private, no-store",
}


def too_large(request: Request) -> Response:
    return page(
        request, "error.html", status=413, title="内容过大", detail="", rule="", remedy="请压缩照片或分次提交。"
    )


class PageHeaders:
    """No script, no inline style, no framing, nothing kept by caches, unless a page says otherwise."""

    def __init__(self, app: ASGIApp):
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def sending(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in HEADERS.items():
                    headers.setdefault(name, value)
            await send(message)

        await self.app(scope, receive, sending if scope["type"] == "http" else send)


class BodyLimit:
    """Refuses what claims to be too large, and stops reading what turns out to be."""

    def __init__(self, app: ASGIApp, *, most_bytes: int):
        self.app, self.most_bytes = app, most_bytes

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        claimed = dict(scope.get("headers", ())).get(b"content-length", b"0")
        if not claimed.isdigit() or int(claimed) > self.most_bytes:
            await too_large(Request(scope))(scope, receive, send)
            return
        seen = 0

        async def counting() -> Message:
            nonlocal seen
            message = await receive()
            seen += len(message.get("body", b""))
            return {"type": "http.disconnect"} if seen > self.most_bytes else message

        await self.app(scope, counting, send)
