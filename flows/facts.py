"""The facts a notice or letter states about a hazard, as they stood when its cause was recorded."""

from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlmodel import Session, col

from models import Unit
from models.correspondence import INSTRUCTION
from models.hazard import Hazard
from models.limits import ZONE
from models.permissions import Role
from models.process import STEPS, DecisionCode
from models.requests import RequestKind
from models.source import CLOCKS_OF_REPORTERS
from models.stage import Clock, Owner, Step
from models.tables import DEADLINE
from services import clocks, register
from settings import settings


def of_entry(session: Session, hazard: Hazard, step: Step, *, entered_at: datetime) -> dict[str, Any]:
    """For the notice of a step: whose move, until when, and why."""
    deadline = _deadline_at(session, hazard, step, entered_at)
    return _common(hazard, step) | {
        "unit_name": owner_name(session, hazard, STEPS[step].owner),
        "due_text": text_of(deadline.due_at) if deadline else "",
        "due_reason": deadline.reason if deadline else "",
    }


def of_escalation(
    session: Session,
    hazard: Hazard,
    deadline: Any,
    *,
    level_name: str,
    letter_no: str,
    answer_due: datetime | None,
    raised: bool = False,
) -> dict[str, Any]:
    return _common(hazard, Step(hazard.step)) | {
        "unit_name": owner_name(session, hazard, STEPS[Step(hazard.step)].owner),
        "due_text": text_of(deadline.due_at),
        "due_reason": deadline.reason,
        "level_name": level_name,
        "limit_name": Clock(deadline.clock).label,
        "raised": raised,
        "letter_no": letter_no,
        "answer_due_text": text_of(answer_due) if answer_due else "",
    }


def of_duty(session: Session, hazard: Hazard, item: Any) -> dict[str, Any]:
    """For a duty beside the move: what it is and until when."""
    deadline = session.execute(
        select(DEADLINE.c.reason)
        .where(DEADLINE.c.hazard_id == hazard.id, DEADLINE.c.due_at == item.due_at)
        .order_by(DEADLINE.c.start_at.desc())
        .limit(1)
    ).scalar_one_or_none()
    return _common(hazard, Step(hazard.step)) | {
        "duty_name": _duty_name(item.kind), "due_text": text_of(item.due_at), "due_reason": deadline or "",
    }  # fmt: skip


def _duty_name(kind: str) -> str:
    """A duty is known by the decision that fulfils it; one towards a reporter by its clock."""
    return Clock(kind).label if kind in CLOCKS_OF_REPORTERS else DecisionCode(kind).label


_OUTCOMES = {"GRANTED": "已同意", "DENIED": "未同意"}


def of_answer(hazard: Hazard, step: Step, request: Any) -> dict[str, Any]:
    """For whoever asked: what was asked for, and how it was decided."""
    outcome = _OUTCOMES.get(request.outcome, "已失效：隐患已进入下一环节，该申请不再办理")
    return _common(hazard, step) | {"duty_name": RequestKind(request.kind).ask.label, "outcome_text": outcome}


def of_report(hazard: Hazard) -> dict[str, Any]:
    """For whoever reported it: that there is an answer; the words themselves are read in the program."""
    return _common(hazard, Step(hazard.step))


def of_word(
    hazard: Hazard, step: Step, *, sender: str, task: str = "", due_at: datetime | None = None
) -> dict[str, Any]:
    """For a word from one person of the office to another about a hazard; what it says is read in the program."""
    due_text = text_of(due_at) if due_at else "未要求"
    return _common(hazard, step) | {"sender": sender, "task": task, "due_text": due_text}


def of_office(**known: str) -> dict[str, Any]:
    """For what concerns persons and no hazard."""
    return {"link": settings().base_url, **known}


def task_name(item: Any) -> str:
    """What a work item asks for, in words."""
    if item.is_move:
        return STEPS[Step(item.kind)].label
    if item.kind == INSTRUCTION:
        return "报告批示落实情况"
    if item.kind == Clock.ANSWER:
        return Clock.ANSWER.label
    return DecisionCode(item.kind).label if item.kind in DecisionCode else "待办事项"


def text_of(moment: datetime) -> str:
    """A due instant as people say it: the end of a day is 24:00 of that day."""
    there = moment.astimezone(ZONE)
    if (there.hour, there.minute) == (23, 59):
        return f"{there:%Y-%m-%d} 24:00"
    return f"{there:%Y-%m-%d %H:%M}"


def owner_name(session: Session, hazard: Hazard, owner: Owner) -> str:
    names = register.names_of(session, hazard)
    held = {
        Owner.VERIFYING_UNIT: hazard.verifying_unit_id,
        Owner.LEAD_UNIT: hazard.lead_unit_id,
        Owner.ENTERPRISE: hazard.enterprise_id or hazard.rectifying_unit_id,
        Owner.REPORTER: hazard.reporting_unit_id or hazard.enterprise_id,
    }
    return names.get(held.get(owner) or "", "镇安委办")


def _common(hazard: Hazard, step: Step) -> dict[str, Any]:
    return {
        "hazard_no": hazard.no,
        "stage": STEPS[step].stage.label,
        "link": f"{settings().base_url}/hazards/{hazard.no}",
    }


def _deadline_at(session: Session, hazard: Hazard, step: Step, at: datetime) -> Any:
    """The newest deadline of the step's clock that had started by then."""
    clock = STEPS[step].clock
    if clock is None:
        return None
    of_clock = (
        DEADLINE.c.hazard_id == hazard.id,
        DEADLINE.c.clock == clocks.clock_of(clock, urgent=hazard.urgent),
        DEADLINE.c.start_at <= at,
    )
    return session.execute(
        select(DEADLINE).where(*of_clock).order_by(DEADLINE.c.start_at.desc()).limit(1)
    ).one_or_none()


def bearer_name(session: Session, item: Any) -> str:
    """With whom a work item lies: the unit, or the roles that may decide it."""
    if item.unit_id:
        return session.execute(select(col(Unit.name)).where(col(Unit.id) == item.unit_id)).scalar_one()
    return "、".join(Role(role).label for role in item.roles.split())
