"""What follows when a level of the ladder fires: the letter, the answer asked for, who is told, and who stands in."""

from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlmodel import Session

from flows import facts
from models import Escalation, OutboxMessage
from models.hazard import Hazard
from models.incident import IncidentKind
from models.ladder import Ladder, Level, Recipient
from models.limits import add_working_days
from models.permissions import Role
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
"""Whom a letter addresses; lateness of any other party but the approver's is the department's."""
_APPROVER = "approver"
_DEPARTMENTS = frozenset({Recipient.HANDLER, Recipient.DEPARTMENT_HEAD})
"""In an approver's ladder of before 批准人 was an addressee of its own, these stand for it."""


def tell_escalation(session: Session, message: OutboxMessage, hazard: Hazard, at: datetime) -> None:
    """Draft the letter, open what must be answered, tell the people of this level; about a letter that is not answered no
    other letter is written. A level missed in downtime and
    overtaken by a higher one is on record; its letter and notices would only repeat the higher one's."""
    escalation = escalations.escalation_for(session, message.subject)
    if escalation is not None and not escalation.late:
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
    level = ladder.level(deadline.against, escalation.level)
    answer_due, letter_no = None, ""
    if escalation.because != escalations.DANGER and deadline.clock != Clock.ANSWER:
        answer_due = _answer_due(session, deadline, level, escalation.fired_at)
        letter_no = _letter(session, escalation, hazard, deadline, level, answer_due, at)
    unit_id = _unit_of(hazard, deadline)
    if answer_due and not repeat and deadline.against != "committee":
        duties.open_answer(
            session, hazard, deadline, origin=escalation.id, unit_id=unit_id, due_at=answer_due, at=escalation.fired_at
        )
    told = _told(session, hazard, deadline, level)
    people = _with_stand_ins(session, hazard, deadline, ladder, level, told)
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


def _answer_due(session: Session, deadline: Any, level: Level, fired_at: datetime) -> datetime | None:
    if not level.answer_days:
        return None
    return add_working_days(fired_at, level.answer_days, policies.calendar(session, deadline.calendar_version))


def _unit_of(hazard: Hazard, deadline: Any) -> str | None:
    """The department a level is about. An approver's lateness is the lead unit's only where its head approves."""
    if deadline.against == _APPROVER:
        return deadline.unit_id
    return deadline.unit_id or hazard.lead_unit_id or hazard.verifying_unit_id


def _told(session: Session, hazard: Hazard, deadline: Any, level: Level) -> recipients.Told:
    wanted = _addressed(deadline, level)
    return recipients.of_level(session, hazard, _unit_of(hazard, deadline), wanted, subject=deadline.subject)


def _addressed(deadline: Any, level: Level) -> tuple[Recipient, ...]:
    """Whom a level addresses; where an approver is late, the approvers in the place of the department."""
    if deadline.against != _APPROVER:
        return level.recipients
    return tuple(dict.fromkeys(Recipient.APPROVER if one in _DEPARTMENTS else one for one in level.recipients))


def _with_stand_ins(
    session: Session, hazard: Hazard, deadline: Any, ladder: Ladder, level: Level, told: recipients.Told
) -> tuple[str, ...]:
    """The people of a level; where somebody of it cannot be told, those of the next level as well, at last the office."""
    if not told.vacant:
        return told.person_ids
    for higher in ladder.levels[deadline.against][level.level + 1 :]:
        above = _told(session, hazard, deadline, higher)
        if len(above.vacant) < len(_addressed(deadline, higher)):
            return tuple(dict.fromkeys((*told.person_ids, *above.person_ids)))
    office = recipients.of_level(session, hazard, None, (Recipient.COMMITTEE_OFFICE,)).person_ids
    return tuple(dict.fromkeys((*told.person_ids, *office)))


def _letter(
    session: Session,
    escalation: Escalation,
    hazard: Hazard,
    deadline: Any,
    level: Level,
    answer_due: datetime | None,
    at: datetime,
) -> str:
    """The number of the level's letter, drafted once; empty where the level has none."""
    if not level.letter:
        return ""
    body = letters.escalation_text(
        hazard, to=_addressee(session, hazard, deadline), action=level.action, due_text=facts.text_of(deadline.due_at),
        reason=deadline.reason, answer_text=facts.text_of(answer_due) if answer_due else "",
        raised=bool(escalation.because),
    )  # fmt: skip
    title = f"关于重大事故隐患{hazard.no}的{level.letter}"
    return letters.draft(session, hazard, origin=escalation.id, kind=level.letter, title=title, body=body, at=at).number


def _addressee(session: Session, hazard: Hazard, deadline: Any) -> str:
    """Whom the letter is written to: the late party, or the offices that may decide the request."""
    if deadline.against == _APPROVER and not deadline.unit_id:
        approving = duties.bearer_of(session, hazard.id, deadline.subject)
        return "、".join(Role(role).label for role in approving.roles.split()) if approving else "批准人"
    owner = _LATE.get(deadline.against, Owner.LEAD_UNIT if hazard.lead_unit_id else Owner.VERIFYING_UNIT)
    return facts.owner_name(session, hazard, owner)
