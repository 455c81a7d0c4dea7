"""More time for the rectification: extensions 延期, limits beyond the rules 超长期限, stops of the clock 中止计时."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import update
from sqlmodel import Session

from models.actor import Actor
from models.errors import FourEyes, GateNotMet, InvalidInput
from models.forms.progress import ExtensionOpinion
from models.hazard import Hazard
from models.limits import ZONE, end_of
from models.permissions import Role
from models.process import STEPS, DecisionCode
from models.requests import RequestKind
from models.stage import Clock, Step
from models.tables import WORK_ITEM
from services import clocks, duties, moments, pending, signatures
from services.moves import Taken, take

EXTENSIONS = (RequestKind.EXTENSION, RequestKind.LAST_EXTENSION)

_MOST_PAUSED_DAYS = 30
_MOST_EXTENSIONS = 2


@dataclass(frozen=True)
class Effect:
    """The hazard's columns a grant sets, and what follows once it is recorded."""

    changes: Mapping[str, Any]
    then: Callable[[Taken, Actor], None] | None = None


def record_opinion(session: Session, hazard: Hazard, form: ExtensionOpinion, *, by: Actor, at: datetime) -> Taken:
    """The supervising unit has looked at the extension asked for on site, before anybody grants it (核查延期申请).

    Raises: GateNotMet when none waits for it, FourEyes for whoever asked.
    """
    moments.refuse_ahead(form.checked_at, at, field="checked_at")
    request = next((found for kind in EXTENSIONS if (found := pending.waiting(session, hazard.id, kind))), None)
    if request is None or not _opinion_owed(session, hazard, request.id):
        raise GateNotMet("没有待核查的延期申请。", rule="延期先申请、再核查、后批准", remedy="请刷新待办列表。")
    if signatures.is_asker(session, hazard, request, by=by):
        raise FourEyes(
            "该延期由您本人或您的委托人提出，不能再由您核查。", rule="职责分离：申请人与核查人不得为同一人",
            remedy="请由督办单位的其他人员核查。", extra={"held_part": "ask", "part": "opinion"},
        )  # fmt: skip
    taken = take(session, hazard, DecisionCode.EXTENSION_OPINION, form, by=by, at=at, evidence=form.evidence)
    code = DecisionCode.EXTENSION_OPINION
    duties.close_duty(session, hazard.id, Clock.EXTENSION_OPINION, code, by=by, at=at, subject=request.id)
    return taken


def owe_opinion(session: Session, hazard: Hazard, request_id: str, *, origin: str, at: datetime) -> None:
    """Whoever supervises goes there and says what it thinks of the extension, within a clock of its own."""
    bearer = duties.Bearer(f"{Role.DH} {Role.DO}", unit_id=hazard.supervising_unit_id or hazard.lead_unit_id)
    duties.open_duty(
        session, hazard, Clock.EXTENSION_OPINION, DecisionCode.EXTENSION_OPINION, bearer, origin=origin, at=at,
        subject=request_id,
    )  # fmt: skip


def drop_opinion(session: Session, hazard: Hazard, request_id: str, *, by: Actor, at: datetime) -> None:
    """What is decided needs no opinion any more."""
    clock, code = Clock.EXTENSION_OPINION, DecisionCode.EXTENSION_OPINION
    duties.drop_duty(session, hazard.id, clock, code, by=by, at=at, subject=request_id)


def refuse_unseen(session: Session, hazard: Hazard, request_id: str) -> None:
    """Raises: GateNotMet while the supervising unit has not looked at the extension."""
    if _opinion_owed(session, hazard, request_id):
        raise GateNotMet(
            "督办单位尚未现场核查该延期申请。", rule="延期须经督办单位核查并提出意见后批准",
            remedy="请由督办单位（未另行指定的为牵头单位）先办理“核查延期申请”。",
        )  # fmt: skip


def _opinion_owed(session: Session, hazard: Hazard, request_id: str) -> bool:
    return clocks.live(session, hazard.id, Clock.EXTENSION_OPINION, subject=request_id) is not None


def _extension(*, last: bool) -> Callable[[Session, Hazard, Any, datetime], None]:
    def check_one(session: Session, hazard: Hazard, form: Any, at: datetime) -> None:
        running = _rectification(session, hazard)
        _refuse_passed(running, at, "不能再延期", rule="延期须在期限届满前申请和批准")
        if hazard.extensions >= _MOST_EXTENSIONS:
            raise GateNotMet("该隐患已延期两次。", rule="延期最多两次", remedy="请按期完成，或提请中止计时、超长期限。")
        if (hazard.extensions == 1) != last:
            words = "再次延期" if hazard.extensions else "首次延期"
            raise GateNotMet(
                f"本次应申请“{words}”。",
                rule="首次延期由部门负责人批准，第二次由镇领导批准",
                remedy=f"请改用{words}申请。",
            )
        _check_later(session, hazard, running, form.new_limit_on, at)

    return check_one


check_first_extension, check_last_extension = _extension(last=False), _extension(last=True)


def _refuse_passed(running: Any, at: datetime, words: str, *, rule: str) -> None:
    """What is late stays late."""
    if at > running.due_at:
        raise GateNotMet(f"整改期限已过，{words}。", rule=rule, remedy="按逾期继续整改；已逾期的记录保留。")


def _refuse_no_later(running: Any, on: date) -> None:
    if end_of(on) <= running.due_at:
        raise InvalidInput(
            "新的期限不晚于现有期限。", rule="延期须晚于原期限", remedy="请填写更晚的日期。",
            extra={"errors": [{"field": "new_limit_on", "message": "须晚于现有期限"}]},
        )  # fmt: skip


def _check_later(session: Session, hazard: Hazard, running: Any, on: date, at: datetime) -> None:
    _refuse_no_later(running, on)
    clocks.check_named(session, hazard, clocks.NamedLimit(None, on, "延期"), at=at, since=running.start_at)


def check_long_limit(session: Session, hazard: Hazard, form: Any, at: datetime) -> None:
    running = _rectification(session, hazard)
    _refuse_passed(running, at, "不能改为超长期限", rule="超长期限须在期限届满前申请和批准")
    _refuse_no_later(running, form.new_limit_on)
    clocks.refuse_short_notice(session, hazard, end_of(form.new_limit_on), at=at, field="new_limit_on")


def check_pause(session: Session, hazard: Hazard, form: Any, at: datetime) -> None:
    running = _rectification(session, hazard)
    _refuse_passed(running, at, "不能中止计时", rule="中止计时须在期限内")
    moments.refuse_past(form.until, at, field="until")
    spans = [tuple(map(datetime.fromisoformat, span)) for span in json.loads(running.pauses)]
    if any(end > at for _, end in spans):
        raise GateNotMet("计时已在中止中。", rule="中止区间不得重叠", remedy="请先恢复计时。")
    if sum(_days_stood_still(start, end) for start, end in [*spans, (at, end_of(form.until))]) > _MOST_PAUSED_DAYS:
        raise GateNotMet(f"中止计时合计不得超过{_MOST_PAUSED_DAYS}天。", rule="中止计时", remedy="请缩短，或申请延期。",
                         field="until")  # fmt: skip


def _days_stood_still(start: datetime, end: datetime) -> int:
    """As the date moves by them (`models/limits.py`): local days, however few hours of the first one."""
    return (end.astimezone(ZONE).date() - start.astimezone(ZONE).date()).days


def grant_extension(session: Session, hazard: Hazard, asked: Any, granted: Any, at: datetime) -> Effect:
    running = _rectification(session, hazard)
    on = granted.new_limit_on or asked.new_limit_on
    _check_later(session, hazard, running, on, at)
    changed = _moved(session, hazard, running, at=at, on_day=on.isoformat(), basis=f"延期批准（{asked.reason_code}）")
    return Effect({"extensions": hazard.extensions + 1, "limit_days": None, "limit_on": on.isoformat(), **changed})


def grant_long_limit(session: Session, hazard: Hazard, asked: Any, granted: Any, at: datetime) -> Effect:
    running, named = _rectification(session, hazard), granted.new_limit_on or asked.new_limit_on
    _refuse_no_later(running, named)
    on = named.isoformat()
    changed = _moved(session, hazard, running, at=at, on_day=on, basis=asked.basis)
    return Effect({"limit_days": None, "limit_on": on, "limit_basis": asked.basis, **changed})


def grant_pause(session: Session, hazard: Hazard, asked: Any, _granted: Any, at: datetime) -> Effect:
    running = _rectification(session, hazard)
    spans = [*json.loads(running.pauses), [at.isoformat(), end_of(asked.until).isoformat()]]
    changes = _moved(session, hazard, running, at=at, pauses=json.dumps(spans))

    def review(taken: Taken, by: Actor) -> None:
        duties.open_review(
            session, hazard, Clock.PAUSE_END, duties.Bearer(f"{Role.SC} {Role.TL}"), asked.until, origin=taken.decision_id,
            by=by, at=at,
        )  # fmt: skip

    return Effect(changes, review)


def end_pause(session: Session, hazard: Hazard, *, at: datetime) -> dict[str, Any]:
    """The clock runs again from now; the hazard's columns that follow. Where it runs again by itself, the day named for
    looking at it again having come, this says that somebody did.

    Raises: GateNotMet when it does not stand still and nobody was to look at it.
    """
    running = _rectification(session, hazard)
    spans = json.loads(running.pauses)
    if not spans or datetime.fromisoformat(spans[-1][1]) <= at:
        if clocks.live(session, hazard.id, Clock.PAUSE_END) is not None:
            return {}
        raise GateNotMet("计时没有中止。", rule="中止计时", remedy="无须恢复。")
    spans[-1][1] = at.isoformat()
    return _moved(session, hazard, running, at=at, pauses=json.dumps(spans))


def _moved(session: Session, hazard: Hazard, running: Any, *, at: datetime, **changes: Any) -> dict[str, Any]:
    """The rectification deadline superseded; the hazard and its work item follow where the step runs on that clock."""
    if "on_day" in changes:  # a date in a year published since is no longer provisional
        newest = clocks.calendar_version_of(session, hazard, at=at)
        changes["calendar_version"] = max(running.calendar_version, newest)
    row = clocks.superseding(session, running, at=at, **changes)
    if STEPS[Step(hazard.step)].clock != Clock.RECTIFICATION:
        return {}
    mine = (WORK_ITEM.c.hazard_id == hazard.id, WORK_ITEM.c.is_move, WORK_ITEM.c.closed_at.is_(None))
    session.execute(update(WORK_ITEM).where(*mine).values(due_at=row["due_at"]))
    return {"due_at": row["due_at"]}


def _rectification(session: Session, hazard: Hazard) -> Any:
    running = clocks.live(session, hazard.id, Clock.RECTIFICATION)
    if running is None:
        raise GateNotMet("整改期限没有在计时。", rule="整改期限自签收起算", remedy="请在整改阶段办理。")
    return running
