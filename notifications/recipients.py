"""Who is told: computed from the organisation as it is now, so a vacancy is noticed instead of swallowed."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, select
from sqlmodel import Session, col

from models import Enterprise, Person, RoleGrant
from models.hazard import Hazard
from models.ladder import Recipient
from models.limits import ZONE
from models.organization import Duty
from models.permissions import Role
from models.process import STEPS
from models.source import exists_for_enterprise
from models.stage import Owner, Step
from models.tables import DELEGATION, HAZARD_REQUEST
from notifications import reach


class Told(NamedTuple):
    """The persons addressed, and the offices addressed that nobody holds or whose holders cannot be told."""

    person_ids: tuple[str, ...]
    vacant: tuple[Recipient, ...]


def of_step(session: Session, hazard: Hazard, step: Step) -> Told:
    """Whoever finds the step in their inbox; with nobody there, the committee office."""
    info = STEPS[step]
    found: Sequence[str] = ()
    if info.owner == Owner.ENTERPRISE:
        found = _rectifiers(session, hazard, None)
    elif info.owner == Owner.REPORTER:
        found = [hazard.reported_by] if hazard.reported_by else ()
    elif info.owner in {Owner.VERIFYING_UNIT, Owner.LEAD_UNIT}:
        unit = hazard.lead_unit_id if info.owner == Owner.LEAD_UNIT else hazard.verifying_unit_id
        found = _holders(session, col(RoleGrant.unit_id) == unit, col(RoleGrant.role).in_(sorted(info.roles)))
    elif info.owner == Owner.COMMITTEE:
        found = _holders(session, col(RoleGrant.role) == Role.SC)
    if info.owner == Owner.NOBODY:
        return Told((), ())
    reached = reach.of(session, found)
    if reached.heard(found):
        return Told(tuple(reached.at_work(found)), ())
    office = _holders(session, col(RoleGrant.role) == Role.SC)
    return Told(_unique([*reached.at_work(found), *office]), (Recipient.HANDLER,))


def of_item(session: Session, item: Any) -> tuple[str, ...]:
    """Whoever finds a work item in their inbox; with nobody there, the committee office."""
    roles = item.roles.split()
    if item.enterprise_id:
        users = select(col(Person.id)).where(col(Person.enterprise_id) == item.enterprise_id).order_by(col(Person.id))
        found: Sequence[str] = session.execute(users).scalars().all()
    elif item.unit_id:
        found = _holders(session, col(RoleGrant.unit_id) == item.unit_id, col(RoleGrant.role).in_(roles))
    else:
        found = _holders(session, col(RoleGrant.role).in_(roles))
    return tuple(found or _holders(session, col(RoleGrant.role) == Role.SC))


def of_end(session: Session, hazard: Hazard) -> Told:
    """Who learns that a hazard has come to its end: the enterprise, the lead unit, the leader in charge."""
    lead = _holders(session, col(RoleGrant.unit_id) == hazard.lead_unit_id) if hazard.lead_unit_id else ()
    leader = (hazard.leader_id,) if hazard.leader_id else ()
    return Told(
        _unique(
            [
                *_enterprise_users(session, hazard, None),
                *lead,
                *leader,
                *([hazard.reported_by] if hazard.reported_by else []),
            ]
        ),
        (),
    )


def of_level(
    session: Session, hazard: Hazard, unit_id: str | None, recipients: Iterable[Recipient], *, item: Any = None
) -> Told:
    """The persons a ladder level addresses. `unit_id` is the department the clock runs against or that leads; `item`
    the request's, where somebody is late in deciding one."""
    people: list[str] = []
    vacant: list[Recipient] = []
    for recipient in recipients:
        decides = recipient == Recipient.APPROVER
        found = _deciding(session, item) if decides else _FIND[recipient](session, hazard, unit_id)
        reached = reach.of(session, found)
        people += reached.at_work(found)
        if not reached.heard(found):
            vacant.append(recipient)
    return Told(_unique(people), tuple(vacant))


def _deciding(session: Session, item: Any) -> list[str]:
    """Whoever finds the request in their inbox, but for the one who asked and does not decide it."""
    if item is None:
        return []
    roles = col(RoleGrant.role).in_(item.roles.split())
    found = _holders(session, roles, *([col(RoleGrant.unit_id) == item.unit_id] if item.unit_id else []))
    asked = select(HAZARD_REQUEST.c.asked_by).where(HAZARD_REQUEST.c.id == item.origin)
    asker = session.execute(asked).scalar_one_or_none()
    return [person for person in found if person != asker]


def with_delegates(session: Session, people: Sequence[str], *, at: datetime) -> tuple[str, ...]:
    """Whoever stands in today for one of these persons, and the persons themselves as a copy (F-24)."""
    today = at.astimezone(ZONE).date().isoformat()
    standing = select(DELEGATION.c.delegate_id).where(
        DELEGATION.c.delegator_id.in_(list(people)), DELEGATION.c.revoked_at.is_(None),
        DELEGATION.c.from_on <= today, DELEGATION.c.until_on >= today,
    )  # fmt: skip
    delegates = session.execute(standing.distinct().order_by(DELEGATION.c.delegate_id)).scalars()
    return _unique([*delegates, *people])


def _holders(session: Session, *conditions: ColumnElement[bool]) -> list[str]:
    statement = select(col(RoleGrant.person_id)).where(*conditions).distinct().order_by(col(RoleGrant.person_id))
    return list(session.execute(statement).scalars())


def _enterprise_users(session: Session, hazard: Hazard, _unit: str | None) -> list[str]:
    """Nobody while the hazard does not exist for them: a notice of what they cannot open says that somebody reported it."""
    if hazard.enterprise_id is None or not exists_for_enterprise(hazard):
        return []
    statement = select(col(Person.id)).where(col(Person.enterprise_id) == hazard.enterprise_id).order_by(col(Person.id))
    return list(session.execute(statement).scalars())


def _rectifiers(session: Session, hazard: Hazard, _unit: str | None) -> list[str]:
    """The enterprise's people; where no enterprise owns the hazard, the officers of the unit that rectifies it."""
    if hazard.enterprise_id or not hazard.rectifying_unit_id:
        return _enterprise_users(session, hazard, None)
    return _holders(
        session, col(RoleGrant.unit_id) == hazard.rectifying_unit_id, col(RoleGrant.role).in_((Role.DO, Role.DH))
    )


def _named(column: str) -> Callable[[Session, Hazard, str | None], list[str]]:
    def find(session: Session, hazard: Hazard, _unit: str | None) -> list[str]:
        if hazard.enterprise_id is None:
            return _rectifiers(session, hazard, None)
        if not exists_for_enterprise(hazard):
            return []
        held = select(getattr(Enterprise, column)).where(col(Enterprise.id) == hazard.enterprise_id)
        person = session.execute(held).scalar_one_or_none()
        return [person] if person else []

    return find


def _in_unit(role: Role) -> Callable[[Session, Hazard, str | None], list[str]]:
    def find(session: Session, _hazard: Hazard, unit: str | None) -> list[str]:
        return _holders(session, col(RoleGrant.unit_id) == unit, col(RoleGrant.role) == role) if unit else []

    return find


def _with(**wanted: Any) -> Callable[[Session, Hazard, str | None], list[str]]:
    def find(session: Session, _hazard: Hazard, _unit: str | None) -> list[str]:
        return _holders(session, *(getattr(RoleGrant, name) == value for name, value in wanted.items()))

    return find


_FIND: Mapping[Recipient, Callable[[Session, Hazard, str | None], list[str]]] = {
    Recipient.RECTIFIER: _rectifiers,
    Recipient.PRINCIPAL: _named("principal_id"),
    Recipient.ACTUAL_CONTROLLER: _named("actual_controller_id"),
    Recipient.HANDLER: _in_unit(Role.DO),
    Recipient.DEPARTMENT_HEAD: _in_unit(Role.DH),
    Recipient.COMMITTEE_OFFICE: _with(role=Role.SC),
    Recipient.DEPUTY_LEADER: _with(duty=Duty.DEPUTY_LEADER),
    Recipient.COMMITTEE_DIRECTOR: _with(duty=Duty.COMMITTEE_DIRECTOR),
    Recipient.TOWN_LEADER: _with(duty=Duty.TOWN_LEADER),
    Recipient.DISTRICT_DEPARTMENT: _with(duty=Duty.DISTRICT_DEPARTMENT),
    Recipient.DISTRICT_OFFICE: _with(duty=Duty.DISTRICT_OFFICE),
}


def _unique(people: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(people))
