"""The enterprise's part: plan 整改方案 and completion 整改完成; and the lead unit's answer to the plan."""

from datetime import datetime

from sqlmodel import Session

from models.actor import Actor
from models.errors import GateNotMet, InvalidInput
from models.forms import Completion, Plan, PlanApproval, Refusal
from models.hazard import Hazard
from models.process import DecisionCode
from services import attachments, controls, moments
from services.moves import Taken, take


def submit_plan(session: Session, hazard: Hazard, form: Plan, *, by: Actor, at: datetime) -> Taken:
    """Hand in the rectification plan with its six elements (整改方案).

    Raises: InvalidInput (signed on a day ahead).
    """
    moments.refuse_ahead(form.principal_signed_on, at, field="principal_signed_on")
    return take(session, hazard, DecisionCode.SUBMIT_PLAN, form, by=by, at=at, evidence=form.evidence)


def approve_plan(session: Session, hazard: Hazard, form: PlanApproval, *, by: Actor, at: datetime) -> Taken:
    """Approve the plan, with conditions if need be; the work may begin and the limit runs on."""
    return take(session, hazard, DecisionCode.APPROVE_PLAN, form, by=by, at=at)


def return_plan(session: Session, hazard: Hazard, form: Refusal, *, by: Actor, at: datetime) -> Taken:
    """Return the plan to be redone; the rectification limit does not move."""
    return take(session, hazard, DecisionCode.RETURN_PLAN, form, by=by, at=at)


def report_completion(session: Session, hazard: Hazard, form: Completion, *, by: Actor, at: datetime) -> Taken:
    """Report the rectification done, with photo pairs of the same spot; stops the enterprise's clock now.

    A fabricated report of removal counts as refusing to rectify (法释〔2022〕19号 第三条), so every piece is hashed
    on receipt and named in the history.

    Source: 浙江省安全生产条例 (2016) 第二十五条.

    Raises: GateNotMet while sub-actions are open; InvalidInput (a day ahead, one photograph for before and after, or a stopped unit
    without its own acceptance).
    """
    moments.refuse_ahead(form.completed_on, at, field="completed_on")
    if hazard.open_actions:
        raise GateNotMet(
            f"还有{hazard.open_actions}项整改子项没有完成。",
            rule="整改子项全部完成后方可报告整改完成",
            remedy="请先登记各子项完成。",
        )
    if controls.is_stopped(hazard) and not form.self_acceptance:
        raise InvalidInput(
            "停产停用整改的，须先自行验收或委托评估。", rule="停产停用整改完成须有自行验收或评估情况",
            remedy="请填写自行验收或评估的单位、日期和结论。",
            extra={"errors": [{"field": "self_acceptance", "message": "请填写自行验收或评估情况"}]},
        )  # fmt: skip
    _refuse_same_photograph(session, form)
    return take(session, hazard, DecisionCode.COMPLETE, form, by=by, at=at, evidence=form.all_evidence)


def _refuse_same_photograph(session: Session, form: Completion) -> None:
    """One file uploaded twice has two numbers and one hash."""
    for before, after in form.photo_pairs:
        if attachments.are_one_file(session, before, after):
            raise InvalidInput(
                "整改前、后照片是同一个文件。", rule="整改前后对比照片须为同一部位的两张照片",
                remedy="请上传整改后拍摄的照片。", extra={"errors": [{"field": "photo_pairs", "message": "前后为同一文件"}]},
            )  # fmt: skip
