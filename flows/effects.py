"""What follows when a hazard enters a step or a rung of the ladder fires.

Every effect is one transaction and idempotent by what caused it, so a run that was killed is simply run again.
"""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import cast

from sqlalchemy import select
from sqlmodel import Session

from flows import facts, office_words
from flows.context import engine, now
from flows.ladder_effects import repeat_escalation, report_vacancies, tell_escalation
from models import OutboxMessage
from models.engine import writing
from models.errors import NotFound
from models.forms import Assignment
from models.hazard import Hazard
from models.ladder import Recipient
from models.outbox import Topic
from models.stage import Owner, Step
from models.tables import DECISION, HAZARD, HAZARD_REQUEST, HAZARD_SOURCE, WORK_ITEM
from notifications import notices, recipients
from notifications.pacing import Pace, pace_of
from services import letters, outbox

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


_ANNOUNCED: Mapping[Topic, str] = {
    Topic.DUTY: "tell_of_duty", Topic.ANSWERED: "tell_answer", Topic.REPORT_ANSWERED: "tell_report_answered",
    Topic.REPORTER_WROTE: "tell_reporter_wrote",
    Topic.REPEATED: "repeat_escalation", **office_words.WORDS,
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
    """The effect of a message that announces a duty, an answer, a level told again, or a word from one person to another."""
    return _ANNOUNCED[Topic(_message(message_id).topic)]


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
    known = facts.of_duty(session, hazard, item)
    notices.queue(session, message.id, "duty", hazard, told, known, at=at, pace=_pace(message, hazard, at))


def tell_answer(session: Session, message: OutboxMessage, hazard: Hazard, at: datetime) -> None:
    """Whoever asked learns how it was decided."""
    request = session.execute(select(HAZARD_REQUEST).where(HAZARD_REQUEST.c.id == message.subject)).one()
    known = facts.of_answer(hazard, Step(message.step), request)
    notices.queue(
        session, message.id, "answered", hazard, (request.asked_by,), known, at=at, pace=_pace(message, hazard, at)
    )


def tell_report_answered(session: Session, message: OutboxMessage, hazard: Hazard, at: datetime) -> None:
    """Whoever reported with an account, under the number they reported: where that was merged, theirs is what they know."""
    source = session.execute(select(HAZARD_SOURCE).where(HAZARD_SOURCE.c.id == message.subject)).one()
    own = cast(Hazard, session.execute(select(HAZARD).where(HAZARD.c.id == source.original_hazard_id)).one())
    known = facts.of_report(own)
    pace = _pace(message, hazard, at)
    notices.queue(session, message.id, "report_answered", own, (source.reported_by,), known, at=at, pace=pace)


def tell_reporter_wrote(session: Session, message: OutboxMessage, hazard: Hazard, at: datetime) -> None:
    """The committee office; what was written is read in the program, by whoever may."""
    office = recipients.of_level(session, hazard, None, (Recipient.COMMITTEE_OFFICE,))
    people = recipients.with_delegates(session, office.person_ids, at=at)
    known = facts.of_report(hazard)
    pace = _pace(message, hazard, at)
    notices.queue(session, message.id, "reporter_wrote", hazard, people, known, at=at, pace=pace)


def tell_those_concerned(session: Session, message: OutboxMessage, hazard: Hazard, at: datetime) -> None:
    step = Step(message.step)
    told = recipients.of_step(session, hazard, step)
    if not told.person_ids:
        told = recipients.of_end(session, hazard)
    known = facts.of_entry(session, hazard, step, entered_at=message.created_at)
    people = recipients.with_delegates(session, told.person_ids, at=at)
    pace = _pace(message, hazard, at)
    notices.queue(session, message.id, _WORDS[step], hazard, people, known, at=at, pace=pace)
    report_vacancies(session, message, hazard, told.vacant, known, pace, at)


def tell_principals(session: Session, message: OutboxMessage, hazard: Hazard, at: datetime) -> None:
    """Both responsible persons are told at once; the proof that they were is the lead unit's duty.

    Source: 临江府发〔2024〕37号 三(二)3.
    """
    told = recipients.of_level(session, hazard, None, (Recipient.PRINCIPAL, Recipient.ACTUAL_CONTROLLER))
    known = facts.of_entry(session, hazard, Step(message.step), entered_at=message.created_at)
    notices.queue(
        session, message.id, "informing", hazard, told.person_ids, known, at=at, pace=_pace(message, hazard, at)
    )
    report_vacancies(session, message, hazard, told.vacant, known, _pace(message, hazard, at), at)


def _pace(message: OutboxMessage, hazard: Hazard, at: datetime) -> Pace:
    return pace_of(hazard, since=message.created_at, at=at)


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


_EFFECTS: Mapping[str, Effect] = {
    "tell_those_concerned": tell_those_concerned,
    "tell_principals": tell_principals,
    "tell_reporter_wrote": tell_reporter_wrote,
    "draft_assignment_letter": draft_assignment_letter,
    "draft_closure_letter": draft_closure_letter,
    "tell_escalation": tell_escalation,
    "repeat_escalation": repeat_escalation,
    "tell_of_duty": tell_of_duty,
    "tell_answer": tell_answer,
    **office_words.EFFECTS,
}
