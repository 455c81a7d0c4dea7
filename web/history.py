"""A hazard's history in words: each event with who, what was filled in, and what it changed."""

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlmodel import Session, col

from models import Enterprise, Person, StandardClause, Unit
from models.decisions import LABELS, DecisionCode
from models.forms import FORMS
from models.forms.controls import InterimControl
from models.process import STEPS
from models.stage import Clock, Stage, Step
from web.answers import told
from web.language import Words
from web.moments import moment
from web.office_events import OFFICE_EVENTS
from web.values import COLUMNS, EVENTS, GRADES, LISTINGS

SAID = {"words": "内容", "answer": "答复", "reason": "理由"}
_VALUES: Mapping[str, Mapping[Any, str]] = {
    "step": {step: info.label for step, info in STEPS.items()}, "stage": {one: one.label for one in Stage},
    "grade": GRADES, "listing_level": LISTINGS, "interim_control": {one: one.label for one in InterimControl},
}  # fmt: skip


def lines(session: Session, events: list[dict[str, Any]], say: Words) -> list[dict[str, Any]]:
    """Oldest first."""
    names = _names(session, events)
    state: dict[str, Any] = {}
    found = []
    for event in events:
        after = event.get("after", {})
        found.append({
            "at": _instant(event["recorded_at"]), "label": label_of(event["type"]), "kind": event["type"],
            "who": event["actor"].get("name", ""), "for": [one["name"] for one in event["actor"].get("on_behalf_of", ())],
            "to": STEPS[Step(after["step"])].label if "step" in after and after["step"] != state.get("step") else "",
            "changes": list(_changes(state, after, names, say)) if state else [],
            "about": _clock(event, say),
            "answers": [*_said(event, say), *told(_form_of(event["type"]), event.get("form"), names, say)],
            "evidence": event.get("evidence", ()), "seq": event.get("seq"), "hash": event.get("hash", ""),
        })  # fmt: skip
        state |= after
    return found


def _clock(event: Mapping[str, Any], say: Words) -> str:
    """Which clock an event is about, and how far an escalation went."""
    clock = say(Clock(event["clock"]).label) if event.get("clock") in set(Clock) else ""
    if event["type"] == "ESCALATED":
        return say("%(clock)s，第%(level)s级", clock=clock, level=event["level"])
    return clock


def _said(event: Mapping[str, Any], say: Words) -> Iterator[tuple[str, str]]:
    """The words of what is no decision: an instruction, an answer, a reason."""
    form = event.get("form") or {}
    if event["type"] not in set(DecisionCode):
        for name, title in SAID.items():
            if form.get(name):
                yield say(title), str(form[name])


def since(session: Session, events: list[dict[str, Any]], version: int, say: Words) -> list[dict[str, Any]]:
    """The decisions after the version somebody saw."""
    later = {
        event["hash"] for event in events if event.get("after", {}).get("version", 0) > version and "hash" in event
    }
    return [line for line in lines(session, events, say) if line["hash"] in later]


def label_of(kind: str) -> str:
    return (
        LABELS[DecisionCode(kind)] if kind in set(DecisionCode) else EVENTS.get(kind) or OFFICE_EVENTS.get(kind, kind)
    )


def _form_of(kind: str) -> Any:
    return FORMS.get(DecisionCode(kind)) if kind in set(DecisionCode) else None


def _instant(text: str) -> datetime:
    return datetime.fromisoformat(text)


def _changes(
    before: Mapping[str, Any], after: Mapping[str, Any], names: Mapping[str, str], say: Words
) -> Iterator[tuple[str, str, str]]:
    for name, title in COLUMNS.items():
        if name in after and after[name] != before.get(name):
            yield say(title), _shown(name, before.get(name), names, say), _shown(name, after[name], names, say)


def _shown(name: str, value: Any, names: Mapping[str, str], say: Words) -> str:
    if value is None or value == "":
        return say("无")
    if isinstance(value, bool):
        return say("是") if value else say("否")
    if name in _VALUES:
        return say(_VALUES[name].get(value, str(value)))
    if name.endswith("_at"):
        return moment(_instant(value))
    return names.get(str(value), str(value))


def _names(session: Session, events: list[dict[str, Any]]) -> dict[str, str]:
    """Names of everything the events mention by id."""
    ids = {
        value for event in events for name, value in event.get("after", {}).items() if name.endswith("_id") and value
    }
    ids |= {
        value
        for event in events
        for value in (event.get("form") or {}).values()
        if isinstance(value, str) and len(value) < 64
    }
    found: dict[str, str] = {}
    for key, name in ((Unit.id, Unit.name), (Unit.code, Unit.name), (Enterprise.id, Enterprise.name),
                      (Enterprise.credit_code, Enterprise.name), (Person.id, Person.name),
                      (StandardClause.id, StandardClause.code)):  # fmt: skip
        rows = session.execute(select(col(key), col(name)).where(col(key).in_(sorted(ids))))
        found |= {row[0]: row[1] for row in rows}
    return found
