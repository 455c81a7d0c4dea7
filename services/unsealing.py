"""Unseal a reporter's identity 启封: asked for with a reason, approved in another unit, read for 15 minutes by who asked."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import insert, select, update
from sqlmodel import Session

from models.actor import Actor
from models.errors import FourEyes, GateNotMet, NotFound, NotPermitted
from models.forms.tip_off import UnsealingRequest
from models.hazard import Hazard
from models.ids import new_id
from models.operations import Operation
from models.permissions import Reach
from models.tables import HAZARD, HAZARD_SOURCE, UNSEALING
from models.vault import IDENTITY
from services import trail, vault
from services.keys import Keyring

UNSEALING_REQUESTED, UNSEALING_APPROVED, UNSEALED_READ = "UNSEALING_REQUESTED", "UNSEALING_APPROVED", "UNSEALED_READ"
WINDOW = timedelta(minutes=15)
_LAPSES_AFTER = timedelta(days=7)
_RULE = "启封须由不同单位的另一人批准，涉及本案的人员和单位回避"


def request_unsealing(
    session: Session, source: Any, hazard: Hazard, form: UnsealingRequest, *, by: Actor, at: datetime
) -> str:
    """Ask for a reporter's identity, saying why (申请启封); the request's id.

    Raises: GateNotMet (there is no identity), FourEyes (the hazard is about the requester), NotPermitted (no unit).
    """
    if not vault.holds(session, source.id, IDENTITY):
        raise GateNotMet("该举报没有密封的身份。", rule="匿名举报或身份已按申请删除", remedy="可以匿名联系举报人。")
    _refuse_involved(by, hazard, {hazard.rectifying_unit_id})
    unit_id = _acting_unit(by, Operation.REQUEST_UNSEALING)
    request_id = new_id()
    row = {"id": request_id, "source_id": source.id, "ground": form.ground, "reason": form.reason,
           "requested_by": by.person_id, "requester_unit_id": unit_id, "requested_at": at}  # fmt: skip
    session.execute(insert(UNSEALING), row)
    _log(session, UNSEALING_REQUESTED, request_id, source.id, by=by, at=at, ground=str(form.ground), unit=unit_id)
    return request_id


def approve_unsealing(session: Session, request_id: str, *, by: Actor, at: datetime) -> datetime:
    """Approve another person's request, of another unit (批准启封); until when it may be read.

    Raises: NotFound, GateNotMet (decided or lapsed), FourEyes.
    """
    request = session.execute(select(UNSEALING).where(UNSEALING.c.id == request_id).with_for_update()).one_or_none()
    if request is None:
        raise _unknown()
    if request.approved_at is not None or request.requested_at < at - _LAPSES_AFTER:
        raise GateNotMet("该申请已批准或已失效。", rule="启封申请7日内有效，批准一次", remedy="如仍需要，请重新申请。")
    hazard: Any = session.execute(
        select(HAZARD)
        .join(HAZARD_SOURCE, HAZARD_SOURCE.c.hazard_id == HAZARD.c.id)
        .where(HAZARD_SOURCE.c.id == request.source_id)
    ).one()
    if request.requested_by == by.person_id or request.requester_unit_id in by.unit_ids:
        raise FourEyes("申请人本人或其单位不能批准启封。", rule=_RULE, remedy="请由其他单位的镇领导批准。")
    _refuse_involved(by, hazard, {hazard.rectifying_unit_id, hazard.lead_unit_id, hazard.verifying_unit_id})
    unit_id = _acting_unit(by, Operation.APPROVE_UNSEALING)
    approved = {
        "approved_by": by.person_id,
        "approver_unit_id": unit_id,
        "approved_at": at,
        "readable_until": at + WINDOW,
    }
    session.execute(update(UNSEALING).where(UNSEALING.c.id == request_id).values(approved))
    _log(session, UNSEALING_APPROVED, request_id, request.source_id, by=by, at=at, unit=unit_id)
    return at + WINDOW


def read_unsealed(session: Session, ring: Keyring, request_id: str, *, by: Actor, at: datetime) -> dict[str, Any]:
    """The identity, for who asked, within the window; each reading is an event (查看已启封身份).

    Raises: NotFound (not this person's request, or erased), NotPermitted (not approved, or the window has closed).
    """
    request = session.execute(select(UNSEALING).where(UNSEALING.c.id == request_id)).one_or_none()
    if request is None or request.requested_by != by.person_id:
        raise _unknown()
    if request.approved_at is None or not request.approved_at <= at < request.readable_until:
        raise NotPermitted(
            "该申请未获批准或已过15分钟。", rule="批准后15分钟内由申请人查看", remedy="如仍需要，请重新申请。"
        )
    identity = vault.fields(session, ring, request.source_id, IDENTITY)
    _log(session, UNSEALED_READ, request_id, request.source_id, by=by, at=at)
    return identity


def waiting(session: Session, *, by: Actor, at: datetime) -> Sequence[Any]:
    """Requests this person could approve, oldest first."""
    statement = (
        select(UNSEALING, HAZARD.c.no)
        .join(HAZARD_SOURCE, HAZARD_SOURCE.c.id == UNSEALING.c.source_id)
        .join(HAZARD, HAZARD.c.id == HAZARD_SOURCE.c.hazard_id)
        .where(UNSEALING.c.approved_at.is_(None), UNSEALING.c.requested_at >= at - _LAPSES_AFTER)
        .where(UNSEALING.c.requested_by != by.person_id, UNSEALING.c.requester_unit_id.not_in(sorted(by.unit_ids)))
    )
    return session.execute(statement.order_by(UNSEALING.c.requested_at)).all()


def own(session: Session, *, by: Actor, at: datetime) -> Sequence[Any]:
    """This person's requests of the last week, newest first."""
    statement = (
        select(UNSEALING, HAZARD.c.no)
        .join(HAZARD_SOURCE, HAZARD_SOURCE.c.id == UNSEALING.c.source_id)
        .join(HAZARD, HAZARD.c.id == HAZARD_SOURCE.c.hazard_id)
        .where(UNSEALING.c.requested_by == by.person_id, UNSEALING.c.requested_at >= at - _LAPSES_AFTER)
    )
    return session.execute(statement.order_by(UNSEALING.c.requested_at.desc())).all()


def _refuse_involved(by: Actor, hazard: Hazard, units: set[str | None]) -> None:
    """Whoever the hazard is about, or leads it, neither asks nor approves."""
    if by.person_id == hazard.leader_id or by.enterprise_id or by.unit_ids & units:
        raise FourEyes("该隐患涉及您本人或您所在单位。", rule=_RULE, remedy="请由与本案无关的人员办理。")


def _acting_unit(by: Actor, operation: Operation) -> str:
    units = by.units_for(operation, Reach.ALL) | by.units_for(operation, Reach.JURISDICTION)
    if not units:
        raise NotPermitted("您的角色没有登记单位。", rule=_RULE, remedy="请系统管理员登记您的单位。")
    return min(units)


def _log(session: Session, kind: str, request_id: str, source_id: str, *, by: Actor, at: datetime, **more: str) -> None:
    """On the office's stream, where the auditor reads; never who it was."""
    facts = {"unsealing_id": request_id, "source_id": source_id} | more
    trail.append_office(session, kind, by=by, at=at, facts=facts)


def _unknown() -> NotFound:
    return NotFound("没有找到该启封申请。", remedy="请从启封申请清单中打开。")
