"""The file of a hazard as its page tells it: plan, progress, requests, levels of 督办, comments, who reads it by a copy."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlmodel import Session

from models.decisions import DecisionCode
from models.forms import FORMS
from models.hazard import Hazard
from models.permissions import Operation
from models.requests import RequestKind
from models.stage import Clock, Owner
from services import access, comments, copies, dossier, policies
from services.dossier import Told
from services.register import Surroundings
from web.answers import told
from web.desk import Here
from web.values import OWNERS

PLAN_STATES = {
    DecisionCode.SUBMIT_PLAN: ("blue", "待审查"), DecisionCode.APPROVE_PLAN: ("green", "已批准"),
    DecisionCode.RETURN_PLAN: ("red", "已退回"),
}  # fmt: skip
REQUEST_STATES = {
    None: ("blue", "等待决定"), "GRANTED": ("green", "同意"), "DENIED": ("red", "不同意"), "LAPSED": ("grey", "失效"),
}  # fmt: skip
_COLOURS = ("grey", "amber", "red", "red", "red")


def sections(session: Session, visit: Here, hazard: Hazard, around: Surroundings, *, redacted: bool) -> dict[str, Any]:
    """What the page's template shows beside the row itself. `redacted`: as an enterprise may see it."""
    kinds = dossier.OF_THE_RECTIFIER if redacted else tuple(RequestKind)
    among = [row.id for row in around.escalations]
    levels = _levels(session, visit, hazard, among)
    copied = () if redacted or visit.by.grant_for(Operation.COPY) is None else copies.copies_of(session, hazard)
    may_comment = visit.by.grant_for(Operation.COMMENT) is not None and access.takes_part(session, hazard, by=visit.by)
    return {
        "may_comment": may_comment,
        "plan": _plan(visit, around.names, dossier.plan(session, hazard)),
        "reports": [_said(visit, around.names, one) for one in dossier.reports(session, hazard)],
        "asked": [_request(visit, around.names, row) for row in dossier.requests(session, hazard, kinds=kinds)],
        "limits": _limits(hazard, around),
        "levels": levels,
        "letters_due": _letters_due(visit, hazard, around, levels),
        "comments": comments.comments_on(session, hazard, by=visit.by),
        "copied": copied,
    }


def _said(visit: Here, names: Mapping[str, str], one: Told) -> dict[str, Any]:
    answers = list(told(FORMS.get(one.code), one.form, names, visit.say))
    return {"label": one.code.label, "code": one.code, "name": one.name, "at": one.at, "answers": answers,
            "percent": one.form.get("percent")}  # fmt: skip


def _plan(visit: Here, names: Mapping[str, str], found: Sequence[Told]) -> dict[str, Any] | None:
    """The plan in its own words, where it stands, and what its reviewer said."""
    if not found:
        return None
    verdict = _said(visit, names, found[-1]) if len(found) > 1 else None
    return _said(visit, names, found[0]) | {"state": PLAN_STATES[found[-1].code], "verdict": verdict}


def _request(visit: Here, names: Mapping[str, str], row: Any) -> dict[str, Any]:
    kind = RequestKind(row.kind)
    form = FORMS[kind.ask]
    answers = list(told(form, form.model_validate_json(row.form).model_dump(mode="json"), names, visit.say))
    return {"row": row, "label": kind.ask.label, "state": REQUEST_STATES[row.outcome], "answers": answers}


def _limits(hazard: Hazard, around: Surroundings) -> tuple[datetime, datetime] | None:
    """The present cycle's rectification limit as it was set first and as it is now, where they differ."""
    own = [row for row in around.deadlines if row.clock == Clock.RECTIFICATION and row.cycle == hazard.cycle]
    return (own[0].due_at, own[-1].due_at) if own and own[0].due_at != own[-1].due_at else None


def _levels(session: Session, visit: Here, hazard: Hazard, among: Sequence[str]) -> list[dict[str, Any]]:
    def name_of(row: Any) -> str:
        return policies.ladder(session, row.ladder_version).of(row.clock, row.against)[row.level].name

    return [
        {"row": one.row, "name": name_of(one.row), "clock": Clock(one.row.clock).label,
         "colour": _COLOURS[min(one.row.level, len(_COLOURS) - 1)], "received": one.received, "is_mine": one.is_mine}
        for one in dossier.levels(session, hazard, among=among, by=visit.by)
    ]  # fmt: skip


def _letters_due(
    visit: Here, hazard: Hazard, around: Surroundings, levels: Sequence[Mapping[str, Any]]
) -> dict[str, str]:
    """By the limit for answering a letter: which letter it is, of which level and limit, and who is to answer it."""
    of_level = {one["row"].id: one for one in levels}
    numbers = {letter.origin: letter.number for letter in around.letters}
    return {
        row.id: " · ".join(filter(None, (
            numbers.get(row.subject, ""),
            visit.say("第%(n)s级“%(name)s”（时限：%(clock)s）", n=one["row"].level, name=one["name"], clock=visit.say(one["clock"])),
            visit.say("由%(unit)s答复", unit=_answering(visit, hazard, around, row)),
        )))
        for row in around.deadlines
        if row.clock == Clock.ANSWER and (one := of_level.get(row.subject))
    }  # fmt: skip


def _answering(visit: Here, hazard: Hazard, around: Surroundings, row: Any) -> str:
    """The unit named on the limit; without one, the enterprise that rectifies, or the committee office."""
    rectifying = hazard.enterprise_id if row.against == "unit" else None
    return around.names.get(row.unit_id or rectifying or "", "") or visit.say(OWNERS[Owner.COMMITTEE])
