"""暂缓督办, 恢复督办 and 人工提级: the ladder of a running limit held with a reason, let go on, or raised before its time."""

from collections.abc import Callable
from datetime import date
from typing import Annotated, Any, NamedTuple

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict, Field
from starlette.responses import Response

from models.hazard import Hazard
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


class Handling(NamedTuple):
    """One of the three things done about the ladder of a limit."""

    title: str
    path: str
    operation: Operation
    model: type[OfLimit]
    do: Callable[[Act, Hazard, Any], object]


def _hold(done: Act, hazard: Hazard, body: Hold) -> None:
    ladder_holds.hold_ladder(
        done.session, hazard, body.deadline, until=end_of(body.until), reason=body.reason, by=done.by, at=done.at
    )


def _end(done: Act, hazard: Hazard, body: End) -> None:
    ladder_holds.end_hold(done.session, hazard, body.deadline, reason=body.reason, by=done.by, at=done.at)


def _raise(done: Act, hazard: Hazard, body: Raise) -> None:
    ladder_holds.escalate_by_hand(
        done.session, hazard, body.deadline, body.level, reason=body.reason, by=done.by, at=done.at
    )


HOLD = Handling("暂缓督办", "hold", Operation.HOLD_LADDER, Hold, _hold)
END = Handling("恢复督办", "hold/end", Operation.HOLD_LADDER, End, _end)
RAISE = Handling("人工提级", "escalation", Operation.ESCALATE_BY_HAND, Raise, _raise)


def _register(handling: Handling) -> None:
    def ask(no: str, visit: HereDep) -> Response:
        """The form, or a page that says that no limit is there for it."""
        paper = _paper(visit, no, handling)
        if paper.fields[0].options:
            return paper.ask()
        return page(visit.request, "error.html", title=handling.title, detail="该隐患现在没有可以这样办理的时限。", rule="",
                    remedy="")  # fmt: skip

    def take(no: str, visit: HereDep, form: Sent) -> Response:
        def write(done: Act, body: OfLimit) -> None:
            handling.do(done, access.lock_hazard_for(done.session, no, handling.operation, by=done.by), body)

        return _paper(visit, no, handling).take(form, write)

    for method, endpoint in (("GET", ask), ("POST", take)):
        router.add_api_route(
            f"/hazards/{{no}}/{handling.path}", endpoint, methods=[method],
            openapi_extra={"x-operation": handling.operation},
        )  # fmt: skip


for _one in (HOLD, END, RAISE):
    _register(_one)


def _paper(visit: Here, no: str, handling: Handling) -> OfficePaper:
    with visit.looking() as session:
        hazard = access.hazard_for(session, no, handling.operation, by=visit.by)
        limits = [row for row in ladder_holds.limits_of(session, hazard) if _is_for(row, handling, visit)]
        ladder = policies.ladder(session, hazard.ladder_version)
    named = [(row.id, f"{visit.say(Clock(row.clock).label)} · {day(row.due_at)}") for row in limits]
    names = {one.level: one.name for row in limits for one in ladder.of(row.clock, row.against)}
    levels: Options = [(str(level), visit.say(name)) for level, name in sorted(names.items())]
    return OfficePaper(
        visit, handling.operation, title=handling.title, action=f"/hazards/{no}/{handling.path}", model=handling.model, back=f"/hazards/{no}",
        button=handling.title, fields=fields_of(handling.model, {"deadline": named, "level": levels}), lead=_LEAD,
        facts=(("隐患", f"{no} · {hazard.place}"),),
    )  # fmt: skip


def _is_for(row: Any, handling: Handling, visit: Here) -> bool:
    if handling is HOLD:
        return row.until is None and Clock(row.clock) not in NEVER_HELD
    return handling is RAISE or (row.until is not None and row.until > visit.at)
