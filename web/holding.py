"""暂缓督办, 恢复督办 and 人工提级: the ladder of a running limit held with a reason, let go on, or raised before its time."""

from datetime import date
from typing import Annotated, Any

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict, Field
from starlette.responses import Response

from models.ladder_hold import NEVER_HELD
from models.limits import end_of
from models.permissions import Operation
from models.stage import Clock
from services import access, ladder_holds, policies
from web.acting import Act
from web.desk import Here, HereDep, Sent
from web.fields import Options, fields_of
from web.moments import day
from web.office_paper import OfficePaper
from web.rendering import page

router = APIRouter()
_HOLD, _RAISE = {"x-operation": Operation.HOLD_LADDER}, {"x-operation": Operation.ESCALATE_BY_HAND}
_LEAD = "只影响督办升级，期限本身不变；理由记入办理历史。"


_Reason = Annotated[str, Field(min_length=2, max_length=1000, title="理由")]


class OfLimit(BaseModel):
    model_config = ConfigDict(str_strip_whitespace=True)

    deadline: Annotated[str, Field(max_length=36, title="哪个时限")]


class Hold(OfLimit):
    until: date = Field(title="暂缓到哪一天", description="当日24:00结束，最长10个工作日；每个时限只能暂缓一次。")
    reason: _Reason


class End(OfLimit):
    reason: _Reason


class Raise(OfLimit):
    level: Annotated[int, Field(ge=0, le=9, title="提到第几级")]
    reason: _Reason


@router.get("/hazards/{no}/hold", openapi_extra=_HOLD)
def ask_hold(no: str, visit: HereDep) -> Response:
    return _ask(visit, no, "暂缓督办", "hold", Hold)


@router.post("/hazards/{no}/hold", openapi_extra=_HOLD)
def hold(no: str, visit: HereDep, form: Sent) -> Response:
    def write(done: Act, body: Hold) -> None:
        hazard = access.lock_hazard_for(done.session, no, Operation.HOLD_LADDER, by=done.by)
        ladder_holds.hold_ladder(
            done.session, hazard, body.deadline, until=end_of(body.until), reason=body.reason, by=done.by, at=done.at
        )

    return _paper(visit, no, "暂缓督办", "hold", Hold).take(form, write)


@router.get("/hazards/{no}/hold/end", openapi_extra=_HOLD)
def ask_end(no: str, visit: HereDep) -> Response:
    return _ask(visit, no, "恢复督办", "hold/end", End)


@router.post("/hazards/{no}/hold/end", openapi_extra=_HOLD)
def end(no: str, visit: HereDep, form: Sent) -> Response:
    def write(done: Act, body: End) -> None:
        hazard = access.lock_hazard_for(done.session, no, Operation.HOLD_LADDER, by=done.by)
        ladder_holds.end_hold(done.session, hazard, body.deadline, reason=body.reason, by=done.by, at=done.at)

    return _paper(visit, no, "恢复督办", "hold/end", End).take(form, write)


@router.get("/hazards/{no}/escalation", openapi_extra=_RAISE)
def ask_raise(no: str, visit: HereDep) -> Response:
    return _ask(visit, no, "人工提级", "escalation", Raise)


@router.post("/hazards/{no}/escalation", openapi_extra=_RAISE)
def escalate(no: str, visit: HereDep, form: Sent) -> Response:
    def write(done: Act, body: Raise) -> None:
        hazard = access.lock_hazard_for(done.session, no, Operation.ESCALATE_BY_HAND, by=done.by)
        ladder_holds.escalate_by_hand(
            done.session, hazard, body.deadline, body.level, reason=body.reason, by=done.by, at=done.at
        )

    return _paper(visit, no, "人工提级", "escalation", Raise).take(form, write)


def _ask(visit: Here, no: str, title: str, path: str, model: type[OfLimit]) -> Response:
    """The form, or a page that says that no limit is there for it."""
    paper = _paper(visit, no, title, path, model)
    if not paper.fields[0].options:
        return page(
            visit.request, "error.html", title=title, detail="该隐患现在没有可以这样办理的时限。", rule="", remedy=""
        )
    return paper.ask()


def _paper(visit: Here, no: str, title: str, path: str, model: type[OfLimit]) -> OfficePaper:
    operation = Operation.ESCALATE_BY_HAND if model is Raise else Operation.HOLD_LADDER
    with visit.looking() as session:
        hazard = access.hazard_for(session, no, operation, by=visit.by)
        limits = [row for row in ladder_holds.limits_of(session, hazard) if _is_for(row, model, visit)]
        ladder = policies.ladder(session, hazard.ladder_version)
    named = [(row.id, f"{visit.say(Clock(row.clock).label)} · {day(row.due_at)}") for row in limits]
    names = {one.level: one.name for row in limits for one in ladder.of(row.clock, row.against)}
    levels: Options = [(str(level), visit.say(name)) for level, name in sorted(names.items())]
    return OfficePaper(
        visit, operation, title=title, action=f"/hazards/{no}/{path}", model=model, back=f"/hazards/{no}", button=title,
        fields=fields_of(model, {"deadline": named, "level": levels}), lead=_LEAD,
        facts=(("隐患", f"{no} · {hazard.place}"),),
    )  # fmt: skip


def _is_for(row: Any, model: type[OfLimit], visit: Here) -> bool:
    if model is Hold:
        return row.until is None and Clock(row.clock) not in NEVER_HELD
    return model is Raise or (row.until is not None and row.until > visit.at)
