"""What the committee office does with a report besides accepting it 受理: supplement, transfer, take back."""

from datetime import datetime
from typing import Any

from sqlmodel import Session

from models.actor import Actor
from models.forms import Refusal
from models.forms.triage import Supplement, SupplementRequest, Transfer, TransferEnd, TransferReceipt
from models.hazard import Hazard
from models.process import DecisionCode
from services import controls, moments
from services.moves import Taken, take


def return_for_supplement(
    session: Session, hazard: Hazard, form: SupplementRequest, *, by: Actor, at: datetime
) -> Taken:
    """Send a report back to whoever reported it, saying what is missing (退回补正)."""
    return take(session, hazard, DecisionCode.RETURN_SUPPLEMENT, form, by=by, at=at)


def supply_report(session: Session, hazard: Hazard, form: Supplement, *, by: Actor, at: datetime) -> Taken:
    """Add what was missing; the report itself stays as it was handed in (补正)."""
    place: dict[str, Any] = {"place": form.place} if form.place else {}
    return take(session, hazard, DecisionCode.SUPPLEMENT, form, by=by, at=at, evidence=form.evidence, **place)


def return_to_triage(session: Session, hazard: Hazard, form: Refusal, *, by: Actor, at: datetime) -> Taken:
    """Give it back to the committee office: not this department's, or not to be verified (退回受理)."""
    return take(session, hazard, DecisionCode.RETURN_TO_TRIAGE, form, by=by, at=at)


def transfer_out(session: Session, hazard: Hazard, form: Transfer, *, by: Actor, at: datetime) -> Taken:
    """Send it to the department with the authority; it stays visible until that department reports its end (移送).

    Source: 安全生产法 第六十九条.
    """
    moments.refuse_ahead(form.sent_on, at, field="sent_on")
    return take(session, hazard, DecisionCode.TRANSFER_OUT, form, by=by, at=at, evidence=form.evidence)


def record_transfer_receipt(
    session: Session, hazard: Hazard, form: TransferReceipt, *, by: Actor, at: datetime
) -> Taken:
    """The receiver has it, with proof (移送回执)."""
    moments.refuse_ahead(form.received_on, at, field="received_on")
    return take(session, hazard, DecisionCode.TRANSFER_RECEIVED, form, by=by, at=at, evidence=form.evidence)


def record_transfer_end(session: Session, hazard: Hazard, form: TransferEnd, *, by: Actor, at: datetime) -> Taken:
    """The receiver has reported its end (移送办结). A stop of production goes over to it with its document.

    Raises: InvalidInput (a day ahead), GateNotMet (a stop of production that nobody took over).
    """
    moments.refuse_ahead(form.ended_on, at, field="ended_on")
    if not form.control_document_no:
        controls.refuse_while_stopped(hazard)
    return take(session, hazard, DecisionCode.TRANSFER_ENDED, form, by=by, at=at, evidence=form.evidence)


def take_back(session: Session, hazard: Hazard, form: Refusal, *, by: Actor, at: datetime) -> Taken:
    """The other department refused it, or it is ours after all (收回自办)."""
    return take(session, hazard, DecisionCode.TAKE_BACK, form, by=by, at=at)
