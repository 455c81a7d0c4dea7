"""Clues for accountability 问责线索: the ladder's last step, which no rule takes; a leader hands it over, by name."""

from datetime import datetime

from sqlalchemy import select
from sqlmodel import Session

from models.actor import Actor
from models.errors import GateNotMet
from models.forms.progress import Clue, ClueGround
from models.hazard import Hazard
from models.organization import UnitKind
from models.process import DecisionCode
from models.stage import Clock
from models.tables import DEADLINE, ESCALATION
from services import lookups, moments
from services.escalations import HIGHEST_LEVEL
from services.moves import Taken, take


def hand_over_clue(session: Session, hazard: Hazard, form: Clue, *, by: Actor, at: datetime) -> Taken:
    """Record that a clue went to the discipline organ; what comes of it is decided there.

    Raises: InvalidInput (a day ahead, no such unit), GateNotMet: every letter of the highest level is answered or in time.
    """
    moments.refuse_ahead(form.handed_on, at, field="handed_on")
    lookups.unit_by_code(session, form.against, field="against", kinds=frozenset(UnitKind))
    if form.ground == ClueGround.UNANSWERED and not _is_silent(session, hazard, at):
        raise GateNotMet(
            "本隐患没有逾期未答复的提级督办。", rule="提级督办10个工作日未答复的，可移送问责线索",
            remedy="请等待答复期限届满；部门原因所致的，改选该依据。", extra={"missing": ["UNANSWERED"]},
        )  # fmt: skip
    return take(session, hazard, DecisionCode.HAND_OVER_CLUE, form, by=by, at=at)


def _is_silent(session: Session, hazard: Hazard, at: datetime) -> bool:
    statement = (
        select(DEADLINE.c.id)
        .join(ESCALATION, ESCALATION.c.id == DEADLINE.c.subject)
        .where(
            DEADLINE.c.hazard_id == hazard.id, DEADLINE.c.clock == Clock.ANSWER, DEADLINE.c.closed_at.is_(None),
            DEADLINE.c.due_at < at, ESCALATION.c.level >= HIGHEST_LEVEL,
        )
    )  # fmt: skip
    return session.execute(statement.limit(1)).one_or_none() is not None
