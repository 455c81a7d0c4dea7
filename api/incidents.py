"""Incidents 异常 that the administrator settles, and everybody's own quiet hours."""

from typing import Annotated, Any

from fastapi import APIRouter, Query, Response
from pydantic import BaseModel, ConfigDict, Field

from api.desk import CurrentActor, DeskDep, OfficeDep, looking
from api.views import local
from models.incident import IncidentKind
from models.operations import Operation
from services import access, incidents, organization

router = APIRouter(tags=["incidents"])
_OWN = {"x-operation": Operation.OWN_ACCOUNT}


class Settlement(BaseModel):
    model_config = ConfigDict(extra="forbid", str_strip_whitespace=True)

    remark: str = Field(min_length=2, max_length=1000, title="处理情况")


class Quiet(BaseModel):
    model_config = ConfigDict(extra="forbid")

    start: str = Field(
        pattern=r"^([01]\d|2[0-3]):[0-5]\d$", title="开始", description="本地时间 HH:MM；与结束相同表示不设静默时段"
    )
    end: str = Field(pattern=r"^([01]\d|2[0-3]):[0-5]\d$", title="结束")


@router.get("/incidents", summary="异常", operation_id="list_incidents",
            openapi_extra={"x-operation": Operation.READ_INCIDENTS})  # fmt: skip
def listing(
    held: OfficeDep, by: CurrentActor, settled: bool = False, limit: Annotated[int, Query(ge=1, le=200)] = 50
) -> list[dict[str, Any]]:
    access.require(by, Operation.READ_INCIDENTS)
    with looking(held) as session:
        rows = incidents.listed(session, settled=settled, limit=limit)
    return [
        {"id": row.id, "kind": row.kind, "label": IncidentKind(row.kind).label, "subject": row.subject, "what": row.what,
         "opened_at": local(row.opened_at), "settled_at": local(row.settled_at), "remark": row.remark}
        for row in rows
    ]  # fmt: skip


@router.post("/incidents/{incident_id}/settlement", status_code=201, summary="处理异常", operation_id="settle_incident",
             openapi_extra={"x-operation": Operation.SETTLE_INCIDENT})  # fmt: skip
def settle(incident_id: str, body: Settlement, desk: DeskDep) -> Response:
    with desk.act(Operation.SETTLE_INCIDENT) as act:
        incidents.settle(act.session, incident_id, body.remark, by=act.by, at=act.at)
        act.answer({"id": incident_id, "settled_at": local(act.at)})
    return desk.reply()


@router.get("/me/quiet-hours", summary="我的静默时段", operation_id="show_quiet_hours", openapi_extra=_OWN)
def quiet(held: OfficeDep, by: CurrentActor) -> dict[str, str]:
    with looking(held) as session:
        hours = organization.quiet_hours(session, by.person_id)
    return {"start": hours[0], "end": hours[1]}


@router.post(
    "/me/quiet-hours", status_code=201, summary="设置静默时段", operation_id="set_quiet_hours", openapi_extra=_OWN
)
def set_quiet(body: Quiet, desk: DeskDep) -> Response:
    """Notices outside the application wait until they are over, save where people are in danger."""
    with desk.act(Operation.OWN_ACCOUNT) as act:
        organization.set_quiet_hours(act.session, body.start, body.end, by=act.by, at=act.at)
        act.answer({"start": body.start, "end": body.end})
    return desk.reply()
