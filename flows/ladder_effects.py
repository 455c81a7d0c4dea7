"""What follows when a level of the ladder fires: the letter, the answer asked for, who is told, and who stands in."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlmodel import Session

from flows import facts
from models import Escalation, OutboxMessage
from models.hazard import Hazard
from models.incident import IncidentKind
from models.ladder import Level, Recipient
from models.limits import add_working_days
from models.stage import Clock, Owner
from models.tables import DEADLINE
from notifications import notices, recipients
from notifications.pacing import Pace, pace_of
from services import duties, escalations, incidents, letters, policies

_OFFICES = {
    Recipient.HANDLER: "经办人", Recipient.DEPARTMENT_HEAD: "部门负责人", Recipient.DEPUTY_LEADER: "分管领导",
    Recipient.COMMITTEE_OFFICE: "镇安委办", Recipient.COMMITTEE_DIRECTOR: "镇安委会主任",
    Recipient.DISTRICT_DEPARTMENT: "区级主管部门", Recipient.TOWN_LEADER: "镇主要领导",
    Recipient.DISTRICT_OFFICE: "区安委办", Recipient.PRINCIPAL: "企业主要负责人",
    Recipient.ACTUAL_CONTROLLER: "企业实际控制人", Recipient.RECTIFIER: "整改单位用户", Recipient.APPROVER: "批准人",
}  # fmt: skip
_LATE = {"unit": Owner.ENTERPRISE, "committee": Owner.COMMITTEE}
"""Whom a letter addresses; lateness of any other party is the department's."""
_APPROVER = "approver"
_DEPARTMENTS = frozenset({Recipient.HANDLER, Recipient.DEPARTMENT_HEAD})
"""In a ladder of before 批准人 was an addressee of its own, these stand for it."""


def tell_escalation(session: Session, message: OutboxMessage, hazard: Hazard, at: datetime) -> None:
    """Draft the letter, open what must be answered, tell the people of this level. A level missed in downtime and
    overtaken by a higher one is on record; its letter and notices would only repeat the higher one's."""
    escalation = escalations.escalation_for(session, message.subject)
    if escalation is not None and escalations.was_told(session, escalation.id):
        _tell(session, message, hazard, escalation, repeat=0, since=escalation.level_due_at, at=at)


def repeat_escalation(session: Session, message: OutboxMessage, hazard: Hazard, at: datetime) -> None:
    """Tell a level again; nothing when somebody acknowledged it before this was carried out."""
    escalation_id, number = message.subject.split("/")
    escalation = escalations.escalation_for(session, escalation_id)
    if escalation is None or escalations.is_acknowledged(session, escalation_id):
        return
    _tell(session, message, hazard, escalation, repeat=int(number), since=message.created_at, at=at)


def report_vacancies(
    session: Session, message: OutboxMessage, hazard: Hazard, vacant: tuple[Recipient, ...], known: dict[str, Any],
    pace: Pace, at: datetime,
) -> None:  # fmt: skip
    """Nobody can be told who holds an office that should be: the committee office and the leaders above learn of it, and
    the administrator has an incident to settle."""
    if not vacant:
        return
    above = (Recipient.COMMITTEE_OFFICE, Recipient.DEPUTY_LEADER, Recipient.COMMITTEE_DIRECTOR)
    people = recipients.of_level(session, hazard, None, above).person_ids
    missing = "、".join(_OFFICES[office] for office in vacant)
    notices.queue(session, message.id, "vacancy", hazard, people, known | {"unit_name": missing}, at=at, pace=pace)
    for office in vacant:
        incidents.report(
            session, IncidentKind.NOBODY_TO_TELL, f"{hazard.no} {_OFFICES[office]}",
            f"隐患{hazard.no}应告知的{_OFFICES[office]}无人担任、账号停用或没有可用的通知渠道，已改告上一级。", at=at, hazard_id=hazard.id,
        )  # fmt: skip


def _tell(
    session: Session, message: OutboxMessage, hazard: Hazard, escalation: Escalation, *, repeat: int, since: datetime,
    at: datetime,
) -> None:  # fmt: skip
    deadline = session.execute(select(DEADLINE).where(DEADLINE.c.id == escalation.deadline_id)).one()
    ladder = policies.ladder(session, escalation.ladder_version)
    levels = ladder.of(deadline.clock, deadline.against)
    level = levels[escalation.level]
    answer_due, letter_no = None, ""
    item = duties.item_of(session, deadline) if deadline.against == _APPROVER else None
    if escalation.because != escalations.DANGER:
        answer_due = _answer_due(session, deadline, level, escalation.fired_at)
        to = facts.bearer_name(session, item) if item else _late_party(session, hazard, deadline)
        letter_no = _letter(session, escalation, hazard, deadline, level, answer_due, at, to=to)
    unit_id = _unit_of(hazard, deadline)
    if answer_due and not repeat and deadline.against != "committee":
        duties.open_answer(
            session, hazard, deadline, origin=escalation.id, unit_id=unit_id, due_at=answer_due, at=escalation.fired_at
        )
    told = recipients.of_level(session, hazard, unit_id, _addressed(deadline.against, level), item=item)
    higher = [_addressed(deadline.against, one) for one in levels[level.level + 1 :]]
    people = _with_stand_ins(session, hazard, unit_id, higher, told, item)
    people = recipients.with_delegates(session, people, at=at)
    known = facts.of_escalation(
        session,
        hazard,
        deadline,
        level_name=level.name,
        letter_no=letter_no,
        answer_due=answer_due,
        raised=bool(escalation.because),
    )
    pace = pace_of(hazard, since=since, at=at, level=level.level, repeat=repeat)
    notices.queue(
        session, message.id, f"escalation_{level.level}", hazard, people, known, at=at,
        pace=pace,
        cause=notices.level_cause(hazard.id, deadline.id, level.level, repeat),
    )  # fmt: skip
    if not repeat:
        report_vacancies(session, message, hazard, told.vacant, known, pace, at)


def _unit_of(hazard: Hazard, deadline: Any) -> str | None:
    """The department a level is about; an approver's lateness is one's only where its head approves."""
    if deadline.against == _APPROVER:
        return deadline.unit_id
    return deadline.unit_id or hazard.lead_unit_id or hazard.verifying_unit_id


def _addressed(against: str, level: Level) -> tuple[Recipient, ...]:
    """Whom a level addresses; where an approver is late, the approver in the place of the department."""
    if against != _APPROVER:
        return level.recipients
    return tuple(dict.fromkeys(Recipient.APPROVER if one in _DEPARTMENTS else one for one in level.recipients))


def _answer_due(session: Session, deadline: Any, level: Level, fired_at: datetime) -> datetime | None:
    if not level.answer_days:
        return None
    return add_working_days(fired_at, level.answer_days, policies.calendar(session, deadline.calendar_version))


def _with_stand_ins(
    session: Session, hazard: Hazard, unit_id: str | None, higher: Iterable[tuple[Recipient, ...]], told: recipients.Told,
    item: Any,
) -> tuple[str, ...]:  # fmt: skip
    """The people of a level; where somebody of it cannot be told, those of the next level as well, at last the office."""
    if not told.vacant:
        return told.person_ids
    for wanted in higher:
        above = recipients.of_level(session, hazard, unit_id, wanted, item=item)
        if len(above.vacant) < len(wanted):
            return tuple(dict.fromkeys((*told.person_ids, *above.person_ids)))
    office = recipients.of_level(session, hazard, unit_id, (Recipient.COMMITTEE_OFFICE,)).person_ids
    return tuple(dict.fromkeys((*told.person_ids, *office)))


def _letter(
    session: Session,
    escalation: Escalation,
    hazard: Hazard,
    deadline: Any,
    level: Level,
    answer_due: datetime | None,
    at: datetime,
    *,
    to: str,
) -> str:
    """The number of the level's letter, drafted once; empty where the level has none."""
    if not level.letter:
        return ""
    body = letters.escalation_text(
        hazard, to=to, limit=Clock(deadline.clock).label, action=level.action, due_text=facts.text_of(deadline.due_at),
        reason=deadline.reason, answer_text=facts.text_of(answer_due) if answer_due else "",
        raised=bool(escalation.because),
    )  # fmt: skip
    title = f"关于{letters.title_of(hazard)}{hazard.no}的{level.letter}"
    return letters.draft(session, hazard, origin=escalation.id, kind=level.letter, title=title, body=body, at=at).number


def _late_party(session: Session, hazard: Hazard, deadline: Any) -> str:
    owner = _LATE.get(deadline.against, Owner.LEAD_UNIT if hazard.lead_unit_id else Owner.VERIFYING_UNIT)
    return facts.owner_name(session, hazard, owner)
