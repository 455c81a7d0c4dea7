"""What follows when a hazard enters a step or a rung of the ladder fires.

Every effect is one transaction and idempotent by what caused it, so a run that was killed is simply run again.
"""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any, cast

from sqlalchemy import select
from sqlmodel import Session

from flows import facts, office_words
from flows.context import engine, now
from models import OutboxMessage
from models.engine import writing
from models.errors import NotFound
from models.forms import Assignment
from models.hazard import Hazard
from models.ladder import Level, Recipient
from models.limits import add_working_days
from models.outbox import Topic
from models.stage import Owner, Step
from models.tables import DEADLINE, DECISION, HAZARD, HAZARD_REQUEST, WORK_ITEM
from notifications import notices, recipients
from services import duties, escalations, letters, outbox, policies

Effect = Callable[[Session, OutboxMessage, Hazard, datetime], None]

_WORDS = {
    Step.TRIAGE: "triage", Step.CLASSIFY: "classification", Step.CONFIRM_MAJOR: "confirmation",
    Step.CONFIRM_GENERAL: "confirmation", Step.CONFIRM_NOT_HAZARD: "confirmation",
    Step.APPROVE_GENERAL: "downgrade_approval", Step.APPROVE_NOT_HAZARD: "downgrade_approval", Step.ASSIGN: "assigning",
    Step.SIGN: "receipt", Step.PLAN: "plan", Step.PLAN_REVIEW: "plan_review", Step.WORK: "work",
    Step.RECHECK: "recheck", Step.JUDGE: "judgement", Step.GATE: "gate", Step.CLOSED: "closed",
    Step.DISMISSED: "dismissed", Step.DOWNGRADED: "downgraded", Step.SUPPLEMENT: "supplement",
    Step.ARBITRATE: "arbitration", Step.DANGER_REMOVAL: "danger_removal", Step.DISTRICT_REVIEW: "district_review",
    Step.TRANSFER_RECEIPT: "transfer", Step.TRANSFER_FOLLOW: "transfer", Step.REFUSED: "refused",
    Step.MERGED: "merged", Step.TRANSFER_DONE: "transfer_ended", Step.VOIDED: "voided",
}  # fmt: skip


def effects_of(step: Step) -> tuple[str, ...]:
    """The names of the effects of entering a step, in the order they are carried out."""
    more = {Step.SIGN: ("draft_assignment_letter", "tell_principals"), Step.CLOSED: ("draft_closure_letter",)}
    return (*more.get(step, ()), "tell_those_concerned")


def carry_out(effect: str, message_id: str) -> None:
    """One effect of one message, in a transaction of its own."""
    at = now()
    with writing(engine()) as session, session.begin():
        message = outbox.message_for(session, message_id)
        if message is None:
            raise NotFound(f"没有编号为{message_id}的消息。")
        found = session.execute(select(HAZARD).where(HAZARD.c.id == message.hazard_id)).one_or_none()
        hazard = cast(Hazard, found)  # None for what concerns no hazard; those effects do not ask
        _EFFECTS[effect](session, message, hazard, at)


def acknowledge(message_id: str) -> None:
    """The last step of every flow: the domain database knows that all of it is done."""
    with writing(engine()) as session, session.begin():
        outbox.acknowledge(session, message_id, at=now())


def step_of(message_id: str) -> Step:
    return Step(_message(message_id).step)


def word_of(message_id: str) -> str:
    """The effect of a message that announces a duty, an answer, or a word from one person to another."""
    words = {Topic.DUTY: "tell_of_duty", Topic.ANSWERED: "tell_answer", **office_words.WORDS}
    return words[Topic(_message(message_id).topic)]


def _message(message_id: str) -> OutboxMessage:
    with writing(engine()) as session:
        message = outbox.message_for(session, message_id)
    if message is None:
        raise NotFound(f"没有编号为{message_id}的消息。")
    return message


def tell_of_duty(session: Session, message: OutboxMessage, hazard: Hazard, at: datetime) -> None:
    """Whoever bears the duty; nothing when it was done before anybody was told."""
    item = session.execute(select(WORK_ITEM).where(WORK_ITEM.c.id == message.subject)).one()
    if item.closed_at is not None:
        return
    told = recipients.with_delegates(session, recipients.of_item(session, item), at=at)
    notices.queue(session, message.id, "duty", hazard, told, facts.of_duty(session, hazard, item), at=at)


def tell_answer(session: Session, message: OutboxMessage, hazard: Hazard, at: datetime) -> None:
    """Whoever asked learns how it was decided."""
    request = session.execute(select(HAZARD_REQUEST).where(HAZARD_REQUEST.c.id == message.subject)).one()
    known = facts.of_answer(hazard, Step(message.step), request)
    notices.queue(session, message.id, "answered", hazard, (request.asked_by,), known, at=at)


def tell_those_concerned(session: Session, message: OutboxMessage, hazard: Hazard, at: datetime) -> None:
    step = Step(message.step)
    told = recipients.of_step(session, hazard, step)
    if not told.person_ids:
        told = recipients.of_end(session, hazard)
    known = facts.of_entry(session, hazard, step, entered_at=message.created_at)
    people = recipients.with_delegates(session, told.person_ids, at=at)
    notices.queue(session, message.id, _WORDS[step], hazard, people, known, at=at)
    report_vacancies(session, message, hazard, told.vacant, known, at)


def tell_principals(session: Session, message: OutboxMessage, hazard: Hazard, at: datetime) -> None:
    """Both responsible persons are told at once; the proof that they were is the lead unit's duty.

    Source: 临江府发〔2024〕37号 三(二)3.
    """
    told = recipients.of_level(session, hazard, None, (Recipient.PRINCIPAL, Recipient.ACTUAL_CONTROLLER))
    known = facts.of_entry(session, hazard, Step(message.step), entered_at=message.created_at)
    notices.queue(session, message.id, "informing", hazard, told.person_ids, known, at=at)
    report_vacancies(session, message, hazard, told.vacant, known, at)


def draft_assignment_letter(session: Session, message: OutboxMessage, hazard: Hazard, at: datetime) -> None:
    form = Assignment.model_validate_json(
        session.execute(select(DECISION.c.form).where(DECISION.c.id == message.subject)).scalar_one()
    )
    enterprise = facts.owner_name(session, hazard, Owner.ENTERPRISE)
    body = letters.assignment_text(
        hazard,
        enterprise=enterprise,
        lead_unit=facts.owner_name(session, hazard, Owner.LEAD_UNIT),
        requirements=form.requirements,
    )
    letters.draft(
        session, hazard, origin=message.subject, kind="交办单", title="重大事故隐患整改交办单", body=body, at=at
    )


def draft_closure_letter(session: Session, message: OutboxMessage, hazard: Hazard, at: datetime) -> None:
    body = letters.closure_text(hazard, enterprise=facts.owner_name(session, hazard, Owner.ENTERPRISE))
    letters.draft(
        session, hazard, origin=message.subject, kind="销号通知书", title="重大事故隐患销号通知书", body=body, at=at
    )


def tell_escalation(session: Session, message: OutboxMessage, hazard: Hazard, at: datetime) -> None:
    """Draft the letter, open what must be answered, tell the people of this level. A level missed in downtime and
    overtaken by a higher one is on record; its letter and notices would only repeat the higher one's."""
    escalation = escalations.escalation_for(session, message.subject)
    if escalation is None or escalation.late:
        return
    deadline = session.execute(select(DEADLINE).where(DEADLINE.c.id == escalation.deadline_id)).one()
    level = policies.ladder(session, escalation.ladder_version).level(deadline.against, escalation.level)
    answer_due = None
    if level.answer_days:
        answer_due = add_working_days(
            escalation.fired_at, level.answer_days, policies.calendar(session, deadline.calendar_version)
        )
    letter_no = _escalation_letter(session, message, hazard, deadline, level, answer_due, at)
    unit_id = deadline.unit_id or hazard.lead_unit_id or hazard.verifying_unit_id
    if answer_due and deadline.against != "committee":
        duties.open_answer(session, hazard, deadline, origin=message.subject, unit_id=unit_id, due_at=answer_due, at=at)
    told = recipients.of_level(session, hazard, unit_id, level.recipients)
    known = facts.of_escalation(
        session, hazard, deadline, level_name=level.name, letter_no=letter_no, answer_due=answer_due
    )
    people = told.person_ids or recipients.of_level(session, hazard, unit_id, (Recipient.COMMITTEE_OFFICE,)).person_ids
    people = recipients.with_delegates(session, people, at=at)
    notices.queue(session, message.id, f"escalation_{escalation.level}", hazard, people, known, at=at)
    report_vacancies(session, message, hazard, told.vacant, known, at)


def report_vacancies(
    session: Session,
    message: OutboxMessage,
    hazard: Hazard,
    vacant: tuple[Recipient, ...],
    known: dict[str, Any],
    at: datetime,
) -> None:
    """Nobody holds an office that should be told: the committee office and the leaders above are told instead."""
    if not vacant:
        return
    above = (Recipient.COMMITTEE_OFFICE, Recipient.DEPUTY_LEADER, Recipient.COMMITTEE_DIRECTOR)
    people = recipients.of_level(session, hazard, None, above).person_ids
    missing = "、".join(_OFFICES[office] for office in vacant)
    notices.queue(session, message.id, "vacancy", hazard, people, known | {"unit_name": missing}, at=at)


_OFFICES = {
    Recipient.HANDLER: "经办人", Recipient.DEPARTMENT_HEAD: "部门负责人", Recipient.DEPUTY_LEADER: "分管领导",
    Recipient.COMMITTEE_OFFICE: "镇安委办", Recipient.COMMITTEE_DIRECTOR: "镇安委会主任",
    Recipient.DISTRICT_DEPARTMENT: "区级主管部门", Recipient.TOWN_LEADER: "镇主要领导",
    Recipient.DISTRICT_OFFICE: "区安委办", Recipient.PRINCIPAL: "企业主要负责人",
    Recipient.ACTUAL_CONTROLLER: "企业实际控制人", Recipient.RECTIFIER: "整改单位用户",
}  # fmt: skip


_LATE = {"unit": Owner.ENTERPRISE, "committee": Owner.COMMITTEE}
"""Whom a letter addresses; lateness of any other party is the department's."""


def _escalation_letter(
    session: Session,
    message: OutboxMessage,
    hazard: Hazard,
    deadline: Any,
    level: Level,
    answer_due: datetime | None,
    at: datetime,
) -> str:
    if not level.letter:
        return ""
    owner = _LATE.get(deadline.against, Owner.LEAD_UNIT if hazard.lead_unit_id else Owner.VERIFYING_UNIT)
    body = letters.escalation_text(
        hazard, to=facts.owner_name(session, hazard, owner), action=level.action, due_text=facts.text_of(deadline.due_at),
        reason=deadline.reason, answer_text=facts.text_of(answer_due) if answer_due else "",
    )  # fmt: skip
    title = f"关于重大事故隐患{hazard.no}的{level.letter}"
    return letters.draft(
        session, hazard, origin=message.subject, kind=level.letter, title=title, body=body, at=at
    ).number


_EFFECTS: Mapping[str, Effect] = {
    "tell_those_concerned": tell_those_concerned,
    "tell_principals": tell_principals,
    "draft_assignment_letter": draft_assignment_letter,
    "draft_closure_letter": draft_closure_letter,
    "tell_escalation": tell_escalation,
    "tell_of_duty": tell_of_duty,
    "tell_answer": tell_answer,
    **office_words.EFFECTS,
}
