"""Decisions filled in: the same figures as the model counts with."""

from datetime import datetime, timedelta
from typing import Any

from sqlmodel import Session

from handling import filled
from model.case import Case
from model.dates import LIMITS, local
from models.process import MOVES, DecisionCode
from town import Town, form_for, photo

_OF_THE_WAY = {
    "ACCEPT",
    "MAJOR",
    "CONFIRM",
    "ASSIGN",
    "SIGN",
    "SUBMIT_PLAN",
    "APPROVE_PLAN",
    "RECHECK",
    "PASS",
    "CLOSE",
}


def form_of(
    session: Session, town: Town, cases: dict[str, Case], no: str, code: str, who: str, what: Any, *, at: datetime
) -> Any:
    """`what`: whom it told, the case to go into, a later limit, a day to stand still until (`choices.said`)."""
    firm = {"enterprise": town.enterprise.credit_code}
    if code in _OF_THE_WAY:
        form = form_for(session, town, DecisionCode(code), at)
        return form.model_copy(update=firm) if code == "ASSIGN" else form
    pieces = [photo(session, town.actors[who], name) for name in ("前.jpg", "后.jpg")]
    owner = firm if "unowned" in cases[no].marks else {"enterprise": None, "rectifying_unit": "JFB"}
    next_visit = local(at) + timedelta(days=LIMITS["next_visit"][0])
    named = {"ASK_PAUSE": {"until": what}, "ASK_LONG_LIMIT": {"new_limit_on": what}} if what else {}
    changes = {
        "INFORM": {"informed": what}, "ARBITRATE": {"lead_unit": "YJB"}, "PROGRESS": {"percent": 100},
        "CANNOT_REVIEW": {"next_visit_on": next_visit}, "CHANGE_OWNER": owner, "ENFORCE": {"kind": "CRIMINAL_CHECK"},
        "COMPLETE": {"photo_pairs": [pieces]}, "PROVE_REMOVAL": {"evidence": pieces}, "ASK_CONTROL": {"control": "FULL_STOP"},
        "ASK_MERGE": {"into": next((other for other, case in cases.items() if case is what), no)}, **named,
    }  # fmt: skip
    later = {"late_reason": "设备到货推迟", "evidence": pieces} | ({"new_limit_on": what} if what else {})
    changes |= dict.fromkeys(("ASK_EXTENSION", "ASK_LAST_EXTENSION"), later)
    return filled(DecisionCode(code), at=at, **changes.get(code, {}))


def operation_of(code: str) -> Any:
    return next(move.operation for move in MOVES if move.decision == code)
