"""The one program that answers requests: pages for people, the JSON API for programs, told apart by the address."""

from fastapi import FastAPI
from fastapi.routing import APIRoute
from starlette.types import ASGIApp, Receive, Scope, Send

from api import app as api
from api import status
from web import app as web

_API = ("/api/", "/problems/")


def app_from_settings() -> ASGIApp:
    """The application as uvicorn starts it."""
    return with_pages(api.app_from_settings())


def with_pages(program: FastAPI) -> ASGIApp:
    """The API, and beside it the pages on the same settings, database and clock."""
    return _Front(program, web.make_pages(program.state.office, program.state.throttle))


class _Front:
    """What the API answers goes to the API, startup and shutdown too; every other address is a page's."""

    def __init__(self, program: FastAPI, pages: ASGIApp):
        self.program, self.pages = program, pages
        self.status = frozenset(route.path for route in status.router.routes if isinstance(route, APIRoute))

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        path = scope.get("path", "")
        is_page = scope["type"] == "http" and not path.startswith(_API) and path not in self.status
        await (self.pages if is_page else self.program)(scope, receive, send)
