"""Departmental review 复查验收: the visit, then the verdict by another person."""

from datetime import datetime

from sqlalchemy import select
from sqlmodel import Session

from models.actor import Actor
from models.errors import GateNotMet, InvalidInput
from models.forms import Recheck, ReviewFailure, ReviewPass
from models.hazard import Hazard
from models.process import DecisionCode
from models.tables import DECISION
from services import clocks
from services.moves import Taken, take


def record_recheck(session: Session, hazard: Hazard, form: Recheck, *, by: Actor, at: datetime) -> Taken:
    """Record the visit on site, with at least two reviewers and a result per clause (现场复查)."""
    if form.visited_at > at:
        raise InvalidInput(
            "复查时间晚于现在。", rule="时间以服务器时钟为准", remedy="请填写实际到场时间。",
            extra={"errors": [{"field": "visited_at", "message": "不能晚于现在"}]},
        )  # fmt: skip
    return take(session, hazard, DecisionCode.RECHECK, form, by=by, at=at, evidence=form.evidence)


def pass_review(session: Session, hazard: Hazard, form: ReviewPass, *, by: Actor, at: datetime) -> Taken:
    """Find the rectification acceptable (复查合格): every clause of the visit's record must be cleared.

    Raises: GateNotMet, naming the clauses that are not.
    """
    open_clauses = [result.clause for result in _last_recheck(session, hazard).results if not result.cleared]
    if open_clauses:
        raise GateNotMet(
            f"现场复查仍有未整改到位的项目：{'、'.join(open_clauses)}。",
            rule="复查合格须逐条整改到位",
            remedy="请作“复查不合格”处理并规定新的期限。",
            extra={"missing": open_clauses},
        )
    return take(session, hazard, DecisionCode.PASS, form, by=by, at=at)


def fail_review(session: Session, hazard: Hazard, form: ReviewFailure, *, by: Actor, at: datetime) -> Taken:
    """Send it back to rectification with a new limit; the failure is counted (复查不合格)."""
    return take(
        session, hazard, DecisionCode.FAIL, form, by=by, at=at, **clocks.new_limit(session, hazard, form, at=at)
    )


def _last_recheck(session: Session, hazard: Hazard) -> Recheck:
    done = (DECISION.c.hazard_id == hazard.id, DECISION.c.code == DecisionCode.RECHECK)
    newest = select(DECISION.c.form).where(*done).order_by(DECISION.c.seq.desc()).limit(1)
    return Recheck.model_validate_json(session.execute(newest).scalar_one())
