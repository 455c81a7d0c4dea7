"""One resource per decision, registered from the move table: `POST /hazards/{no}/closure`."""

from collections.abc import Callable
from typing import Any

from fastapi import APIRouter, Body, Response

from api.desk import Act, DeskDep, etag_of
from api.examples import EXAMPLES
from api.views import local
from models.forms import FORMS, Form
from models.hazard import Hazard
from models.process import MOVES, STEPS, DecisionCode, Move, who_may
from services import office

router = APIRouter(tags=["decisions"])


def decide(act: Act, hazard: Hazard, code: DecisionCode, form: Form) -> None:
    """Take a decision and answer where the hazard now stands."""
    taken = office.decide(act.session, hazard, code, form, by=act.by, at=act.at)
    step = STEPS[taken.move.to]
    due_at = taken.changes.get("due_at", hazard.due_at)
    act.answer(
        {"no": hazard.no, "decision": code, "decision_id": taken.decision_id, "stage": step.stage,
         "step": taken.move.to, "step_label": step.label, "due_at": local(due_at), "version": taken.version},
        etag=etag_of(taken.version),
    )  # fmt: skip


def _endpoint(code: DecisionCode, move: Move, form: type[Form]) -> Callable[..., Response]:
    def endpoint(no: str, desk: DeskDep, body: Any = Body(examples=[EXAMPLES[code]])) -> Response:
        with desk.decision(no, move.operation) as (act, hazard):
            decide(act, hazard, code, body)
        return desk.reply()

    endpoint.__annotations__["body"] = form
    endpoint.__name__ = f"decide_{move.resource.replace('-', '_')}"
    return endpoint


def _register() -> None:
    first = {move.decision: move for move in reversed(MOVES)}
    for code in office.DECISIONS:
        move = first[code]
        router.add_api_route(
            f"/hazards/{{no}}/{move.resource}",
            _endpoint(code, move, FORMS[code]),
            methods=["POST"],
            status_code=201,
            name=move.resource,
            operation_id=f"decide_{move.resource.replace('-', '_')}",
            summary=code.label,
            description=f"可由{who_may(move.operation)}办理。",
            openapi_extra={"x-operation": move.operation},
        )


_register()
