"""系统运行状态: what works and what does not, in plain words of what that means for whoever wants something done."""

from collections.abc import Sequence
from typing import NamedTuple

from fastapi import APIRouter, Request
from starlette.responses import Response

from models.permissions import Operation
from services import condition
from services.condition import Finding, Part
from web.assets import OPEN
from web.desk import OfficeDep, PerhapsSignedIn
from web.rendering import page

router = APIRouter()
STATES = {"green": "运行正常", "amber": "不正常", "red": "不能使用", "grey": "不详"}
PARTS = {part: part.value for part in Part if part != Part.OFFICE}


class State(NamedTuple):
    label: str
    colour: str
    findings: Sequence[Finding]


@router.get("/status", openapi_extra=OPEN)
def show(request: Request, held: OfficeDep, by: PerhapsSignedIn) -> Response:
    """For everybody, also while the database is away. What only waits for the administrators is told to the office."""
    found = condition.findings(held.engine, held.settings.data_dir / "run", at=held.now())
    stopped = any(one.stops_decisions for one in found)
    parts = [_state(part, [one for one in found if one.part == part], stopped) for part in PARTS]
    sees_office = by is not None and by.grant_for(Operation.READ_INCIDENTS) is not None
    waiting = [one for one in found if one.part == Part.OFFICE] if sees_office else []
    return page(request, "status.html", parts=parts, stopped=stopped, all_well=all(one.colour == "green" for one in parts),
                waiting=waiting, states=STATES, at=held.now())  # fmt: skip


def _state(part: Part, findings: Sequence[Finding], stopped: bool) -> State:
    if findings:
        return State(PARTS[part], "red" if any(one.stops_decisions for one in findings) else "amber", findings)
    return State(PARTS[part], "grey" if stopped else "green", ())
