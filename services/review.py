"""Departmental review 复查验收: the visit, then the verdict by another person."""

import json
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlmodel import Session

from models.actor import Actor
from models.errors import GateNotMet, InvalidInput
from models.forms import Recheck, ReviewFailure, ReviewPass
from models.forms.progress import Answer, DistrictReferral, PartialPass, RecheckFailure
from models.hazard import Hazard
from models.process import DecisionCode
from models.stage import Clock
from models.standard import StandardClause
from models.tables import DECISION
from services import clocks, duties, escalations, moments
from services.moves import Taken, take

_EXPLAINED_FROM = 2
_FAILED_LEVEL = 2
_VISITS = (DecisionCode.RECHECK, DecisionCode.DISTRICT_RESULT)


def record_recheck(session: Session, hazard: Hazard, form: Recheck, *, by: Actor, at: datetime) -> Taken:
    """Record the visit on site, with at least two reviewers and a result per clause (现场复查).

    Raises: InvalidInput (a time ahead, or no result for the clause the hazard was found by).
    """
    _check_visit(session, hazard, form, at=at)
    return take(session, hazard, DecisionCode.RECHECK, form, by=by, at=at, evidence=form.evidence)


def pass_review(session: Session, hazard: Hazard, form: ReviewPass, *, by: Actor, at: datetime) -> Taken:
    """Find the rectification acceptable (复查合格): every clause of the visit's record must be cleared.

    Raises: GateNotMet, naming the clauses that are not.
    """
    open_clauses = [result["clause"] for result in results_in(_last_visit(session, hazard)) if not result["cleared"]]
    if open_clauses:
        raise GateNotMet(
            f"现场复查仍有未整改到位的项目：{'、'.join(open_clauses)}。",
            rule="复查合格须逐条整改到位",
            remedy="请作“复查不合格”处理并规定新的期限。",
            extra={"missing": open_clauses},
        )
    return take(session, hazard, DecisionCode.PASS, form, by=by, at=at)


def fail_review(session: Session, hazard: Hazard, form: ReviewFailure, *, by: Actor, at: datetime) -> Taken:
    """Send it back to rectification with a new limit; the failure is counted (复查不合格); from the second one the
    rectifier owes a written explanation. The new limit begins at the supervision letter, the second time one level higher."""
    limit = clocks.limit_of_rework(session, hazard, form, at=at)
    taken = take(session, hazard, DecisionCode.FAIL, form, by=by, at=at, **limit)
    level = _FAILED_LEVEL if hazard.failure_count == 0 else _FAILED_LEVEL + 1
    escalations.raise_clock(
        session, hazard.id, Clock.RECTIFICATION, level, reason=f"第{hazard.failure_count + 1}次复查不合格", by=by, at=at
    )
    if hazard.failure_count + 1 >= _EXPLAINED_FROM and clocks.live(session, hazard.id, Clock.EXPLANATION) is None:
        duties.open_duty(
            session, hazard, Clock.EXPLANATION, DecisionCode.EXPLAIN_FAILURE, duties.rectifier(hazard),
            origin=taken.decision_id, at=at,
        )  # fmt: skip
    return taken


def record_cannot_review(session: Session, hazard: Hazard, form: RecheckFailure, *, by: Actor, at: datetime) -> Taken:
    """The visit was made and the place was shut (无法复查): the review's clock runs on, against the department, and the
    day named for the next visit is in its inbox.

    Raises: InvalidInput (a visit ahead, a next one not ahead).
    """
    moments.refuse_ahead(form.visited_at, at, field="visited_at")
    moments.refuse_past(form.next_visit_on, at, field="next_visit_on")
    taken = take(session, hazard, DecisionCode.CANNOT_REVIEW, form, by=by, at=at, evidence=form.evidence)
    duties.open_review(
        session,
        hazard,
        Clock.NEXT_VISIT,
        duties.in_charge(hazard),
        form.next_visit_on,
        origin=taken.decision_id,
        by=by,
        at=at,
    )
    return taken


def refer_to_district(session: Session, hazard: Hazard, form: DistrictReferral, *, by: Actor, at: datetime) -> Taken:
    """Ask the district department to review what the town may not (提请区级复查)."""
    return take(session, hazard, DecisionCode.REFER_DISTRICT, form, by=by, at=at)


def record_district_result(session: Session, hazard: Hazard, form: Recheck, *, by: Actor, at: datetime) -> Taken:
    """Record the district's visit and its result per clause; the verdict here is still another person's.

    Raises: as `record_recheck`.
    """
    _check_visit(session, hazard, form, at=at)
    return take(session, hazard, DecisionCode.DISTRICT_RESULT, form, by=by, at=at, evidence=form.evidence)


def pass_partly(session: Session, hazard: Hazard, form: PartialPass, *, by: Actor, at: datetime) -> Taken:
    """Part of it is rectified; what remains goes back with its own limit and is no failure (部分合格)."""
    limit = clocks.limit_of_rework(session, hazard, form, at=at)
    return take(session, hazard, DecisionCode.PARTIAL, form, by=by, at=at, **limit)


def explain_failure(session: Session, hazard: Hazard, form: Answer, *, by: Actor, at: datetime) -> Taken:
    """The rectifier explains in writing why it failed again (书面说明).

    Source: 广元市2022年挂牌督办要求.

    Raises: GateNotMet when no explanation is owed.
    """
    if clocks.live(session, hazard.id, Clock.EXPLANATION) is None:
        raise GateNotMet("没有待提交的书面说明。", rule="第二次复查不合格须书面说明", remedy="请刷新待办列表。")
    taken = take(session, hazard, DecisionCode.EXPLAIN_FAILURE, form, by=by, at=at, evidence=form.evidence)
    duties.close_duty(session, hazard.id, Clock.EXPLANATION, DecisionCode.EXPLAIN_FAILURE, by=by, at=at)
    return taken


def _check_visit(session: Session, hazard: Hazard, form: Recheck, *, at: datetime) -> None:
    moments.refuse_ahead(form.visited_at, at, field="visited_at")
    clause = session.get(StandardClause, hazard.clause_id) if hazard.clause_id else None
    if clause is not None and not any(clause.code in result.clause for result in form.results):
        raise InvalidInput(
            f"逐条复查结果没有认定条款“{clause.code} {clause.title}”。", rule="复查须逐条对照认定条款",
            remedy="请补充该条款的复查结果。", extra={"errors": [{"field": "results", "message": f"缺少条款{clause.code}"}]},
        )  # fmt: skip


def results_in(record: str) -> list[dict[str, Any]]:
    """The results per clause in the record of a visit, as they were written, also where today's form asks for more."""
    return json.loads(record)["results"]


def _last_visit(session: Session, hazard: Hazard) -> str:
    done = (DECISION.c.hazard_id == hazard.id, DECISION.c.code.in_(_VISITS))
    newest = select(DECISION.c.form).where(*done).order_by(DECISION.c.seq.desc()).limit(1)
    return session.execute(newest).scalar_one()
