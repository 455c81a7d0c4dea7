"""Similar cases 相似隐患: before a report is handed in, and beside a hazard that is being verified."""

from collections.abc import Iterable
from typing import Annotated, Any

from fastapi import APIRouter, Query

from api.desk import CurrentActor, OfficeDep, looking
from api.views import hazard_line
from models.actor import Actor
from models.operations import Operation
from services import access, similar

router = APIRouter(tags=["hazards"])
_Line = Annotated[str, Query(max_length=200)]


@router.get(
    "/similar-hazards", summary="上报前查相似隐患", operation_id="find_similar",
    openapi_extra={"x-operation": Operation.LIST_HAZARDS},
)  # fmt: skip
def before_reporting(
    held: OfficeDep, by: CurrentActor, enterprise: _Line = "", sector: _Line = "", clause: _Line = "", place: _Line = "",
    description: Annotated[str, Query(max_length=4000)] = "",
) -> list[dict[str, Any]]:  # fmt: skip
    """The likest hazards on the ledger that this person may see."""
    access.require(by, Operation.LIST_HAZARDS)
    with looking(held) as session:
        found = similar.to_report(
            session, enterprise=enterprise, sector=sector, clause=clause, place=place, description=description, by=by,
            at=held.now(),
        )  # fmt: skip
    return _lines(found, held, by=by)


@router.get(
    "/hazards/{no}/similar", summary="相似隐患", operation_id="show_similar",
    openapi_extra={"x-operation": Operation.READ_HAZARD},
)  # fmt: skip
def beside(no: str, held: OfficeDep, by: CurrentActor) -> list[dict[str, Any]]:
    with looking(held) as session:
        hazard = access.hazard_for(session, no, Operation.READ_HAZARD, by=by)
        found = similar.to_hazard(session, hazard, by=by, at=held.now())
    return _lines(found, held, by=by)


def _lines(found: Iterable[similar.Similar], held: OfficeDep, *, by: Actor) -> list[dict[str, Any]]:
    return [
        hazard_line(one.hazard, by=by, now=held.now()) | {"score": round(one.score, 2), "likely_same": one.is_likely}
        for one in found
    ]
