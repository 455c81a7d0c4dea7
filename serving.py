"""The one program that answers requests: pages for people, the JSON API for programs, told apart by the address."""

from fastapi import FastAPI
from fastapi.routing import APIRoute
from starlette.types import ASGIApp, Receive, Scope, Send

from api import app as api
from api import channel_acts, status, template_acts
from api.desk import Office
from api.second_person import acts_of
from services.keys import channel_key
from web import app as web
from web.second_person import SecondPerson

_API = ("/api/", "/problems/")


def app_from_settings() -> ASGIApp:
    """The application as uvicorn starts it."""
    return with_pages(api.app_from_settings())


def with_pages(program: FastAPI) -> ASGIApp:
    """The API, and beside it the pages on the same settings, database and clock."""
    held = program.state.office
    return _Front(program, web.make_pages(held, program.state.throttle, _second_person(held), program.openapi))


def _second_person(held: Office) -> SecondPerson:
    return SecondPerson(
        acts=lambda: acts_of(held),
        channel=lambda kind, name, config: channel_acts.payload_of(
            kind, name, config, key=channel_key(held.settings.key_dir)
        ),
        template=template_acts.payload_of,
    )


class _Front:
    """What the API answers goes to the API, startup and shutdown too; every other address is a page's."""

    def __init__(self, program: FastAPI, pages: ASGIApp):
        self.program, self.pages = program, pages
        self.status = frozenset(route.path for route in status.router.routes if isinstance(route, APIRoute))

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        path = scope.get("path", "")
        is_page = scope["type"] == "http" and not path.startswith(_API) and path not in self.status
        await (self.pages if is_page else self.program)(scope, receive, send)
