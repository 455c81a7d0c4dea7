"""Assemble the application; refuse to start with a route that has no operation or a database of another schema."""

from fastapi import APIRouter, FastAPI, Request, Response
from fastapi.routing import APIRoute

from api import (
    accounts,
    authenticators,
    bulk,
    bulletin,
    channels,
    decisions,
    evidence,
    hazards,
    incidents,
    interests,
    ladder,
    machine_keys,
    notices,
    office_life,
    oidc,
    organization,
    policies,
    problems,
    proposals,
    public,
    reference,
    rewards,
    sessions,
    similar,
    standing_in,
    status,
    vault,
    work,
    work_people,
)
from api.body_limit import BodyLimit
from api.desk import Office, Replayed
from api.fallback_sweep import watching
from api.headers import SecureHeaders
from models.engine import open_engine
from models.permissions import Operation
from services import schema
from services.logs import write_json_lines
from services.throttle import Throttle
from settings import Settings, settings

PREFIX = "/api/v1"


def app_from_settings() -> FastAPI:
    """The application as uvicorn starts it."""
    held = settings()
    write_json_lines(held.log_level)
    engine = open_engine(held.domain_url)
    schema.require_current(engine)
    return make_app(Office(held, engine))


def make_app(held: Office) -> FastAPI:
    app = FastAPI(
        title="hazardflow 重大事故隐患督办销号",
        version="0.1.0",
        docs_url=None,
        redoc_url=None,
        openapi_url=f"{PREFIX}/openapi.json",
        lifespan=watching,
    )
    app.state.office = held
    app.state.throttle = Throttle()
    api = APIRouter(prefix=PREFIX)
    for module in (
        sessions,
        authenticators,
        machine_keys,
        accounts,
        oidc,
        hazards,
        decisions,
        ladder,
        incidents,
        work,
        evidence,
        notices,
        channels,
        organization,
        proposals,
        policies,
        reference,
        bulletin,
        similar,
        bulk,
        office_life,
        standing_in,
        work_people,
        interests,
        public,
        vault,
        rewards,
    ):
        include(api, module.router)
    include(app, api)
    include(app, status.router)
    problems.install(app)
    app.add_exception_handler(Replayed, _replay)
    _limit_bodies(app, held.settings)
    app.add_middleware(SecureHeaders)
    return app


def include(parent: FastAPI | APIRouter, router: APIRouter) -> None:
    """Deny by default: a route that names no operation of the permission table stops the application from starting."""
    known = {*Operation, "public"}
    for route in router.routes:
        if isinstance(route, APIRoute) and (route.openapi_extra or {}).get("x-operation") not in known:
            raise RuntimeError(f"route {route.path} names no operation of the permission table")
    parent.include_router(router)


def _limit_bodies(app: FastAPI, held: Settings) -> None:
    app.add_middleware(
        BodyLimit, most_bytes=held.max_body_mib << 20, most_upload_bytes=(held.max_upload_mib + 1) << 20,
        upload_paths=frozenset({evidence.UPLOAD_PATH, public.PHOTO_PATH}),
    )  # fmt: skip


async def _replay(_request: Request, replayed: Exception) -> Response:
    assert isinstance(replayed, Replayed)  # noqa: S101  # registered for this class
    return replayed.response
