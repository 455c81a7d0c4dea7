"""Requests 申请: what one person asks for and another grants or refuses, and where the hazard goes when it is granted.

One table, like the moves; `models/process.py` turns every row into its three decisions. Nobody grants their own
request: a constraint of the database says so as well. Where the permission table asks for no second person of
somebody (a leader who lists a hazard), what they ask is granted as they ask it.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum

from models.decisions import DecisionCode
from models.permissions import Operation
from models.stage import Clock, Part, Step
from models.steps import OPEN_STEPS


class RequestKind(StrEnum):
    """申请事项. Its three decisions are ASK_…, GRANT_… and DENY_… of the same name."""

    REFUSAL = "REFUSAL"
    MERGE = "MERGE"
    UNMERGE = "UNMERGE"
    LISTING = "LISTING"
    DELISTING = "DELISTING"
    CONTROL = "CONTROL"
    LIFTING = "LIFTING"
    EXTENSION = "EXTENSION"
    LAST_EXTENSION = "LAST_EXTENSION"
    LONG_LIMIT = "LONG_LIMIT"
    PAUSE = "PAUSE"
    REOPENING = "REOPENING"
    VOIDING = "VOIDING"

    @property
    def ask(self) -> DecisionCode:
        return DecisionCode(f"ASK_{self}")

    @property
    def grant(self) -> DecisionCode:
        return DecisionCode(f"GRANT_{self}")

    @property
    def deny(self) -> DecisionCode:
        return DecisionCode(f"DENY_{self}")

    @property
    def resource(self) -> str:
        return self.lower().replace("_", "-")


@dataclass(frozen=True, slots=True)
class RequestInfo:
    """Who asks, who decides, at which steps, and the step the hazard goes to when granted (None: it stays)."""

    asks: Operation
    decides: Operation
    ways: Mapping[Step, Step]
    asking: frozenset[Part] = frozenset({Part.VERIFYING, Part.LEAD})
    """The part the asking unit must hold where the role reaches its jurisdiction only; likewise the deciding one."""
    deciding: frozenset[Part] = frozenset({Part.VERIFYING, Part.LEAD})
    clock: Clock = Clock.REQUEST


INTAKE = (Step.TRIAGE, Step.CLASSIFY)
RECTIFYING = (Step.PLAN, Step.PLAN_REVIEW, Step.WORK, Step.DANGER_REMOVAL)
REVIEWING = (Step.RECHECK, Step.DISTRICT_REVIEW, Step.JUDGE)
ASSIGNED = (*RECTIFYING, *REVIEWING, Step.GATE)
MAJOR = (Step.ASSIGN, Step.SIGN, Step.ARBITRATE, *ASSIGNED)


def _stay(steps: Iterable[Step]) -> Mapping[Step, Step]:
    return {step: step for step in steps}


def _leave(steps: Iterable[Step], to: Step) -> Mapping[Step, Step]:
    return dict.fromkeys(steps, to)


_K, _O = RequestKind, Operation
_LEADING = frozenset({Part.LEAD})
_DOING = _LEADING | {Part.RECTIFYING}
REQUESTS: Mapping[RequestKind, RequestInfo] = {
    _K.REFUSAL: RequestInfo(_O.REFUSE_REPORT, _O.REFUSE_REPORT, _leave([Step.TRIAGE], Step.REFUSED)),
    _K.MERGE: RequestInfo(_O.PROPOSE_GRADE, _O.MERGE, _leave((*INTAKE, Step.ASSIGN), Step.MERGED)),
    _K.UNMERGE: RequestInfo(_O.UNMERGE, _O.UNMERGE, _leave([Step.MERGED], Step.TRIAGE)),
    _K.LISTING: RequestInfo(_O.LIST_UNDER_SUPERVISION, _O.LIST_UNDER_SUPERVISION, _stay(MAJOR)),
    _K.DELISTING: RequestInfo(_O.DELIST, _O.DELIST, _stay(MAJOR)),
    _K.CONTROL: RequestInfo(_O.RECORD_SUSPENSION, _O.RECORD_SUSPENSION, _stay(OPEN_STEPS)),
    _K.LIFTING: RequestInfo(_O.LIFT_SUSPENSION, _O.LIFT_SUSPENSION, _stay(OPEN_STEPS)),
    _K.EXTENSION: RequestInfo(
        _O.REQUEST_EXTENSION, _O.APPROVE_FIRST_EXTENSION, _stay(RECTIFYING), _DOING, _LEADING, Clock.EXTENSION
    ),
    _K.LAST_EXTENSION: RequestInfo(
        _O.REQUEST_EXTENSION, _O.APPROVE_LAST_EXTENSION, _stay(RECTIFYING), _DOING, _LEADING, Clock.EXTENSION
    ),
    _K.LONG_LIMIT: RequestInfo(_O.SET_LIMIT_BEYOND_RULE, _O.SET_LIMIT_BEYOND_RULE, _stay(RECTIFYING)),
    _K.PAUSE: RequestInfo(_O.STOP_CLOCK, _O.STOP_CLOCK, _stay(RECTIFYING)),
    _K.REOPENING: RequestInfo(
        _O.ASK_REOPENING,
        _O.REOPEN,
        {Step.CLOSED: Step.ASSIGN, **_leave((Step.DISMISSED, Step.REFUSED, Step.DOWNGRADED), Step.TRIAGE)},
        frozenset({Part.LEAD, Part.VERIFYING, Part.VILLAGE}),
        frozenset({Part.LEAD, Part.VERIFYING}),
    ),
    _K.VOIDING: RequestInfo(_O.VOID_ENTRY, _O.VOID_ENTRY, _leave(OPEN_STEPS, Step.VOIDED)),
}
