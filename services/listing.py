"""Listed supervision 挂牌督办: filing and publishing what was listed or delisted; and the look-backs 回头看 after closing."""

from collections.abc import Iterable
from datetime import datetime

from sqlmodel import Session

from models.actor import Actor
from models.errors import GateNotMet
from models.forms.controls import Publication
from models.forms.progress import LookBack
from models.forms.requests import Retention
from models.hazard import Hazard, ListingLevel
from models.permissions import Role
from models.process import DecisionCode
from models.stage import Clock
from services import clocks, duties, moments
from services.moves import Taken, take

_LOOK_BACKS = {30: Clock.LOOK_BACK_30, 90: Clock.LOOK_BACK_90}


def open_publication(session: Session, hazard: Hazard, what: Iterable[Clock], *, origin: str, at: datetime) -> None:
    """The committee office files and publishes within the days the rules give."""
    for clock in what:
        duties.open_duty(
            session,
            hazard,
            clock,
            DecisionCode.PUBLISH_LISTING,
            duties.Bearer(Role.SC),
            origin=origin,
            at=at,
            subject=f"{origin}-{clock}",
        )


def record_publication(session: Session, hazard: Hazard, form: Publication, *, by: Actor, at: datetime) -> Taken:
    """Prove that a listing or delisting was filed or published (挂牌、摘牌公布).

    Raises: GateNotMet when nothing of the kind is to be published, InvalidInput (a date ahead).
    """
    moments.refuse_ahead(form.on, at, field="on")
    waiting = clocks.live_of(session, hazard.id, Clock(form.what))
    if waiting is None:
        raise GateNotMet("没有待登记的此项报备或公布。", rule="挂牌督办", remedy="请核对事项。", field="what")
    taken = take(session, hazard, DecisionCode.PUBLISH_LISTING, form, by=by, at=at, evidence=form.evidence)
    duties.close_duty(
        session, hazard.id, Clock(form.what), DecisionCode.PUBLISH_LISTING, by=by, at=at, subject=waiting.subject
    )
    return taken


def keep_listed(session: Session, hazard: Hazard, form: Retention, *, by: Actor, at: datetime) -> Taken:
    """Say at the gate why the listing stays for now (继续挂牌), and when it is looked at again.

    Raises: GateNotMet when the hazard is not listed, InvalidInput (a day that is not to come).
    """
    if hazard.listing_level == ListingLevel.NONE:
        raise GateNotMet("该隐患没有挂牌。", rule="挂牌督办", remedy="可直接办理销号审核。")
    moments.refuse_past(form.review_on, at, field="review_on")
    taken = take(session, hazard, DecisionCode.KEEP_LISTED, form, by=by, at=at)
    duties.open_review(
        session,
        hazard,
        Clock.LISTING_REVIEW,
        duties.Bearer(Role.SC),
        form.review_on,
        origin=taken.decision_id,
        by=by,
        at=at,
    )
    return taken


def open_look_backs(session: Session, hazard: Hazard, *, origin: str, at: datetime) -> None:
    """Visits 30 and 90 days after the close-out, by the lead unit."""
    for days, clock in _LOOK_BACKS.items():
        duties.open_duty(
            session, hazard, clock, DecisionCode.LOOK_BACK_HOLDS, duties.in_charge(hazard), origin=origin, at=at,
            subject=f"{origin}-{days}",
        )  # fmt: skip


def record_look_back(session: Session, hazard: Hazard, form: LookBack, *, by: Actor, at: datetime) -> Taken:
    """Visited again after the close-out, and it holds (回头看). A rebound is a request to reopen instead.

    Raises: GateNotMet when this round is not due, InvalidInput (a time ahead).
    """
    moments.refuse_ahead(form.visited_at, at, field="visited_at")
    clock = _LOOK_BACKS.get(form.round)
    waiting = clocks.live_of(session, hazard.id, clock) if clock else None
    if clock is None or waiting is None:
        raise GateNotMet("没有待办的此次回头看。", rule="销号后30日、90日回头看", remedy="请核对次数（30或90）。",
                         field="round")  # fmt: skip
    taken = take(session, hazard, DecisionCode.LOOK_BACK_HOLDS, form, by=by, at=at, evidence=form.evidence)
    duties.close_duty(session, hazard.id, clock, DecisionCode.LOOK_BACK_HOLDS, by=by, at=at, subject=waiting.subject)
    return taken


def end_look_backs(session: Session, hazard: Hazard, *, by: Actor, at: datetime) -> None:
    """A reopened hazard is no longer looked back at; the next close-out opens new rounds."""
    for clock in _LOOK_BACKS.values():
        waiting = clocks.live_of(session, hazard.id, clock)
        if waiting is not None:
            duties.close_duty(
                session, hazard.id, clock, DecisionCode.LOOK_BACK_HOLDS, by=by, at=at, subject=waiting.subject
            )
