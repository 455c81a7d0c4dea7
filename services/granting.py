"""What must hold for a request, and what it does once granted."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import select, update
from sqlmodel import Session

from models.actor import Actor
from models.errors import GateNotMet, InvalidInput
from models.forms.controls import InterimControl
from models.forms.requests import ReopeningGround
from models.hazard import Hazard, ListingLevel
from models.limits import ZONE, end_of
from models.permissions import Role
from models.process import STEPS, DecisionCode
from models.requests import RequestKind
from models.stage import Clock, Step
from models.tables import HAZARD, WORK_ITEM
from services import clocks, controls, duties, listing, merging, moments
from services.moves import Taken

_MOST_PAUSED_DAYS = 30
_MOST_EXTENSIONS = 2


@dataclass(frozen=True)
class Effect:
    """The hazard's columns a grant sets, and what follows once it is recorded."""

    changes: Mapping[str, Any]
    then: Callable[[Taken, Actor], None] | None = None


def check(session: Session, hazard: Hazard, kind: RequestKind, form: Any, *, at: datetime) -> None:
    """What must hold when it is asked for, and again when it is granted.

    Raises: GateNotMet, InvalidInput.
    """
    if kind in _CHECKS:
        _CHECKS[kind](session, hazard, form, at)


def effect(session: Session, hazard: Hazard, kind: RequestKind, asked: Any, granted: Any, *, at: datetime) -> Effect:
    """What granting does, checked against the hazard as it is now."""
    check(session, hazard, kind, asked, at=at)
    return _EFFECTS[kind](session, hazard, asked, granted, at) if kind in _EFFECTS else Effect({})


def _check_merge(session: Session, hazard: Hazard, form: Any, _at: datetime) -> None:
    merging.target_of(session, hazard, form.into)


def _check_end(_session: Session, hazard: Hazard, _form: Any, _at: datetime) -> None:
    """A hazard refused or voided leaves nobody who could consent to production going on."""
    controls.refuse_while_stopped(hazard)


def _check_listing(_session: Session, hazard: Hazard, form: Any, _at: datetime) -> None:
    if hazard.listing_level == form.level:
        raise GateNotMet("该隐患已按此级别挂牌。", rule="挂牌督办", remedy="无须重复办理。")


def _check_delisting(_session: Session, hazard: Hazard, _form: Any, _at: datetime) -> None:
    if hazard.listing_level == ListingLevel.NONE:
        raise GateNotMet("该隐患没有挂牌。", rule="挂牌督办", remedy="无须摘牌。")


def _check_lifting(_session: Session, hazard: Hazard, form: Any, at: datetime) -> None:
    if hazard.interim_control is None:
        raise GateNotMet("该隐患没有正在实施的临时管控措施。", rule="临时管控", remedy="无须解除。")
    _check_consent(form, at, needed=controls.is_stopped(hazard))


def _check_control(_session: Session, hazard: Hazard, form: Any, at: datetime) -> None:
    running = InterimControl(hazard.interim_control or InterimControl.NONE)
    relaxed = running.stops_production and InterimControl(form.control).is_milder_than(running)
    _check_consent(form, at, needed=relaxed)
    moments.refuse_ahead(form.since, at, field="since")


def _check_consent(form: Any, at: datetime, *, needed: bool) -> None:
    if needed and not (form.consent_by and form.consent_no and form.consent_on):
        raise GateNotMet(
            "解除或放宽停产停用措施须有审查同意文书。", rule="安全生产法 第六十五条：经审查同意，方可恢复生产经营和使用",
            remedy="请填写审查同意的部门、文书编号和日期。", extra={"missing": ["consent_by", "consent_no", "consent_on"]},
        )  # fmt: skip
    if form.consent_on:
        moments.refuse_ahead(form.consent_on, at, field="consent_on")


def _check_extension(last: bool) -> Callable[[Session, Hazard, Any, datetime], None]:
    def check_one(session: Session, hazard: Hazard, form: Any, at: datetime) -> None:
        running = _rectification(session, hazard)
        if at > running.due_at:
            raise GateNotMet(
                "整改期限已过，不能再延期。",
                rule="延期须在期限届满前申请和批准",
                remedy="按逾期继续整改；已逾期的记录保留。",
            )
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


def _check_later(session: Session, hazard: Hazard, running: Any, on: date, at: datetime) -> None:
    if end_of(on) <= running.due_at:
        raise InvalidInput(
            "新的期限不晚于现有期限。", rule="延期须晚于原期限", remedy="请填写更晚的日期。",
            extra={"errors": [{"field": "new_limit_on", "message": "须晚于现有期限"}]},
        )  # fmt: skip
    clocks.check_named(session, hazard, clocks.NamedLimit(None, on, "延期"), at=at, since=running.start_at)


def _check_long_limit(session: Session, hazard: Hazard, form: Any, _at: datetime) -> None:
    if end_of(form.new_limit_on) <= _rectification(session, hazard).due_at:
        raise InvalidInput("新的期限不晚于现有期限。", rule="超长期限", remedy="请填写更晚的日期。")


def _check_pause(session: Session, hazard: Hazard, form: Any, at: datetime) -> None:
    running = _rectification(session, hazard)
    if at > running.due_at:
        raise GateNotMet("整改期限已过，不能中止计时。", rule="中止计时须在期限内", remedy="按逾期继续整改。")
    days = (form.until - at.astimezone(ZONE).date()).days
    if days < 1:
        raise InvalidInput("复核日期须晚于今天。", rule="中止计时", remedy="请填写以后的日期。")
    spans = [tuple(map(datetime.fromisoformat, span)) for span in json.loads(running.pauses)]
    if any(end > at for _, end in spans):
        raise GateNotMet("计时已在中止中。", rule="中止区间不得重叠", remedy="请先恢复计时。")
    if days + sum((end - start).days for start, end in spans) > _MOST_PAUSED_DAYS:
        raise GateNotMet(f"中止计时合计不得超过{_MOST_PAUSED_DAYS}天。", rule="中止计时", remedy="请缩短，或申请延期。")


def _grant_listing(session: Session, hazard: Hazard, asked: Any, _granted: Any, at: datetime) -> Effect:
    def then(taken: Taken, _by: Actor) -> None:
        listing.open_publication(
            session, hazard, (Clock.LISTING_FILING, Clock.LISTING_PUBLICATION), origin=taken.decision_id, at=at
        )

    return Effect({"listing_level": asked.level}, then)


def _grant_delisting(session: Session, hazard: Hazard, _asked: Any, _granted: Any, at: datetime) -> Effect:
    def then(taken: Taken, by: Actor) -> None:
        duties.close_duty(session, hazard.id, Clock.LISTING_REVIEW, DecisionCode.KEEP_LISTED, by=by, at=at)
        listing.open_publication(session, hazard, (Clock.DELISTING_PUBLICATION,), origin=taken.decision_id, at=at)

    return Effect({"listing_level": ListingLevel.NONE}, then)


def _grant_control(session: Session, hazard: Hazard, asked: Any, _granted: Any, at: datetime) -> Effect:
    def then(taken: Taken, by: Actor) -> None:
        controls.watch(session, hazard, hours=asked.check_hours, origin=taken.decision_id, by=by, at=at)

    return Effect({"interim_control": asked.control, "interim_hours": asked.check_hours}, then)


def _grant_lifting(session: Session, hazard: Hazard, _asked: Any, _granted: Any, at: datetime) -> Effect:
    return Effect(
        {"interim_control": None, "interim_hours": None},
        lambda _taken, by: controls.stop_watching(session, hazard, by=by, at=at),
    )


def _grant_extension(session: Session, hazard: Hazard, asked: Any, granted: Any, at: datetime) -> Effect:
    running = _rectification(session, hazard)
    on = granted.new_limit_on or asked.new_limit_on
    _check_later(session, hazard, running, on, at)
    changed = _moved(session, hazard, running, at=at, on_day=on.isoformat(), basis=f"延期批准（{asked.reason_code}）")
    return Effect({"extensions": hazard.extensions + 1, "limit_days": None, "limit_on": on.isoformat(), **changed})


def _grant_long_limit(session: Session, hazard: Hazard, asked: Any, _granted: Any, at: datetime) -> Effect:
    on = asked.new_limit_on.isoformat()
    changed = _moved(session, hazard, _rectification(session, hazard), at=at, on_day=on, basis=asked.basis)
    return Effect({"limit_days": None, "limit_on": on, "limit_basis": asked.basis, **changed})


def _grant_pause(session: Session, hazard: Hazard, asked: Any, _granted: Any, at: datetime) -> Effect:
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


def _grant_reopening(session: Session, hazard: Hazard, asked: Any, _granted: Any, at: datetime) -> Effect:
    fresh: dict[str, Any] = {
        "cycle": hazard.cycle + 1, "failure_count": 0, "extensions": 0, "progress_percent": None, "open_actions": 0,
        "limit_days": None, "limit_on": None, "limit_basis": "", "arbitrated": False, "enforcement_at": None,
        "unit_closed_on": None, "external_factor": False,
    }  # fmt: skip
    control = controls.decided(asked)
    fresh |= control
    was_closed = hazard.step == Step.CLOSED
    if not was_closed:
        fresh |= {"grade": None, "clause_id": None}
    false = was_closed and asked.ground == ReopeningGround.FALSE_RECTIFICATION
    if false:
        fresh["enforcement_at"] = at

    def then(taken: Taken, by: Actor) -> None:
        listing.end_look_backs(session, hazard, by=by, at=at)
        if control:
            controls.watch(
                session,
                hazard,
                hours=asked.interim_hours,
                origin=taken.decision_id,
                by=by,
                at=at,
                cycle=hazard.cycle + 1,
            )
        if false:
            controls.open_enforcement(session, hazard, origin=taken.decision_id, cycle=hazard.cycle + 1, at=at)

    return Effect(fresh, then)


def _grant_merge(session: Session, hazard: Hazard, asked: Any, _granted: Any, at: datetime) -> Effect:
    target = merging.target_of(session, hazard, asked.into, lock=True)
    return Effect(
        {"merged_into": target.id},
        lambda taken, by: merging.tell_target(session, hazard, target, by=by, at=at, taken=taken),
    )


def _grant_unmerge(session: Session, hazard: Hazard, _asked: Any, _granted: Any, at: datetime) -> Effect:
    target = session.execute(select(HAZARD).where(HAZARD.c.id == hazard.merged_into).with_for_update()).one()
    return Effect(
        {"merged_into": None},
        lambda taken, by: merging.tell_target(session, hazard, target, by=by, at=at, taken=taken, undone=True),
    )


_CHECKS: Mapping[RequestKind, Callable[[Session, Hazard, Any, datetime], None]] = {
    RequestKind.REFUSAL: _check_end, RequestKind.VOIDING: _check_end, RequestKind.MERGE: _check_merge,
    RequestKind.LISTING: _check_listing, RequestKind.DELISTING: _check_delisting,
    RequestKind.CONTROL: _check_control, RequestKind.LIFTING: _check_lifting, RequestKind.EXTENSION: _check_extension(last=False),
    RequestKind.LAST_EXTENSION: _check_extension(last=True), RequestKind.LONG_LIMIT: _check_long_limit,
    RequestKind.PAUSE: _check_pause,
}  # fmt: skip
_EFFECTS: Mapping[RequestKind, Callable[[Session, Hazard, Any, Any, datetime], Effect]] = {
    RequestKind.MERGE: _grant_merge, RequestKind.UNMERGE: _grant_unmerge, RequestKind.LISTING: _grant_listing,
    RequestKind.DELISTING: _grant_delisting, RequestKind.CONTROL: _grant_control, RequestKind.LIFTING: _grant_lifting,
    RequestKind.EXTENSION: _grant_extension, RequestKind.LAST_EXTENSION: _grant_extension,
    RequestKind.LONG_LIMIT: _grant_long_limit, RequestKind.PAUSE: _grant_pause,
    RequestKind.REOPENING: _grant_reopening,
}  # fmt: skip
