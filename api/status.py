"""Health, readiness and figures for those who run the service; no personal data."""

from typing import Any

from fastapi import APIRouter, Response
from fastapi.responses import JSONResponse, PlainTextResponse
from sqlalchemy import func, select

from api.desk import Office, OfficeDep, looking
from models.tables import HAZARD
from services import condition

router = APIRouter(tags=["status"])
_OPEN = {"x-operation": "public"}


@router.get("/healthz", summary="存活", operation_id="healthz", openapi_extra=_OPEN)
def healthz() -> dict[str, str]:
    return {"status": "ok"}


@router.get("/readyz", summary="就绪及缺陷说明", operation_id="readyz", openapi_extra=_OPEN)
def readyz(held: OfficeDep) -> JSONResponse:
    """200 while decisions can be taken; what limps is named all the same. 503 when they cannot."""
    found = condition.findings(held.engine, held.settings.data_dir / "run", at=held.now())
    serious = [one for one in found if one.stops_decisions]
    shown = [one.told() for one in found]
    return JSONResponse({"ready": not serious, "findings": shown}, 503 if serious else 200)


@router.get("/healthz/sweep", summary="督办巡查是否在进行", operation_id="healthz_sweep", openapi_extra=_OPEN)
def healthz_sweep(held: OfficeDep) -> JSONResponse:
    """503 when nobody has swept for five minutes: what a monitor alarms on. Decisions can be taken all the same."""
    with looking(held) as session:
        found = condition.of_sweep(session, at=held.now())
    status = {"status": "red" if found else "ok", "findings": [one.told() for one in found]}
    return JSONResponse(status, 503 if found else 200)


@router.get("/metrics", summary="指标", operation_id="metrics", openapi_extra=_OPEN, response_class=PlainTextResponse)
def metrics(held: OfficeDep) -> Response:
    from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, Gauge, generate_latest  # noqa: PLC0415  # only when asked for

    registry = CollectorRegistry()
    for name, text, value in _figures(held):
        Gauge(f"hazardflow_{name}", text, registry=registry).set(value)
    return Response(generate_latest(registry), media_type=CONTENT_TYPE_LATEST)


def _figures(held: Office) -> list[tuple[str, str, float]]:
    with looking(held) as session:
        figures: dict[str, Any] = condition.figures(session, at=held.now())
        figures["hazards"] = session.execute(select(func.count()).select_from(HAZARD)).scalar_one()
    return [(name, name.replace("_", " "), float(value)) for name, value in figures.items()]
