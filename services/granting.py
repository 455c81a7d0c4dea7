"""What must hold for a request, and what it does once granted."""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlmodel import Session

from models.actor import Actor
from models.errors import GateNotMet
from models.forms.controls import InterimControl
from models.forms.requests import ReopeningGround
from models.hazard import Hazard, ListingLevel
from models.process import DecisionCode
from models.requests import RequestKind
from models.stage import Clock, Step
from models.tables import HAZARD
from services import controls, duties, listing, merging, moments, more_time
from services.more_time import Effect
from services.moves import Taken


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
                session, hazard, hours=asked.interim_hours, origin=taken.decision_id, by=by, at=at, cycle=hazard.cycle + 1,
            )  # fmt: skip
        if false:
            controls.open_enforcement(session, hazard, origin=taken.decision_id, cycle=hazard.cycle + 1, at=at)
            controls.raise_to_the_top(session, hazard, Clock.ENFORCEMENT, reason="虚假整改", by=by, at=at)

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
    RequestKind.CONTROL: _check_control, RequestKind.LIFTING: _check_lifting, RequestKind.EXTENSION: more_time.check_first_extension,
    RequestKind.LAST_EXTENSION: more_time.check_last_extension, RequestKind.LONG_LIMIT: more_time.check_long_limit,
    RequestKind.PAUSE: more_time.check_pause,
}  # fmt: skip
_EFFECTS: Mapping[RequestKind, Callable[[Session, Hazard, Any, Any, datetime], Effect]] = {
    RequestKind.MERGE: _grant_merge, RequestKind.UNMERGE: _grant_unmerge, RequestKind.LISTING: _grant_listing,
    RequestKind.DELISTING: _grant_delisting, RequestKind.CONTROL: _grant_control, RequestKind.LIFTING: _grant_lifting,
    RequestKind.EXTENSION: more_time.grant_extension, RequestKind.LAST_EXTENSION: more_time.grant_extension,
    RequestKind.LONG_LIMIT: more_time.grant_long_limit, RequestKind.PAUSE: more_time.grant_pause,
    RequestKind.REOPENING: _grant_reopening,
}  # fmt: skip
