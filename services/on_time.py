"""On time or not 按期率, told twice: from the deadline rows and from the history's events. Both must say the same.

Pure; what is read from the database is handed in. One limit is one rectification limit of one cycle, however often it
was extended or paused; a return for rework starts another one.
"""

import json
from collections.abc import Iterable, Mapping
from copy import deepcopy
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import Any

from models.calendar import WorkCalendar
from models.decisions import DecisionCode
from models.limits import end_of
from models.process import STEPS, Move, move_for
from models.requests import RequestKind
from models.stage import Clock, Step
from services import clocks
from services.date_moves import DEADLINE_MOVED

_EXTENDED = frozenset(
    kind.grant for kind in (RequestKind.EXTENSION, RequestKind.LAST_EXTENSION, RequestKind.LONG_LIMIT)
)


@dataclass(frozen=True, order=True, slots=True)
class Kept:
    """A rectification limit and what became of it."""

    hazard_id: str
    cycle: int
    start_at: datetime
    due_at: datetime
    ended_at: datetime | None
    """When completion was reported; None while it runs."""


@dataclass(frozen=True, slots=True)
class Rate:
    """按期率: of the limits that were met or have passed, those met in time."""

    counted: int
    on_time: int


def rate(limits: Iterable[Kept], *, at: datetime) -> Rate:
    """A limit still running counts once it has passed."""
    counted = [limit for limit in limits if (limit.ended_at or at) > limit.due_at or limit.ended_at is not None]
    return Rate(len(counted), sum(limit.ended_at is not None and limit.ended_at <= limit.due_at for limit in counted))


def from_rows(rows: Iterable[Any]) -> list[Kept]:
    """The limits by the deadline rows; superseded ones lead to the one that counts, void ones never ran."""
    final = (row for row in rows if row.clock == Clock.RECTIFICATION and row.outcome not in {"SUPERSEDED", "VOID"})
    return sorted(Kept(row.hazard_id, row.cycle, row.start_at, row.due_at, row.closed_at) for row in final)


def from_events(bodies: Iterable[bytes], calendars: Mapping[int, WorkCalendar]) -> list[Kept]:
    """The limits by the events of any number of hazards, each hazard's in order."""
    stories: dict[str, _Story] = {}
    for body in bodies:
        event = json.loads(body)
        stories.setdefault(event["stream"], _Story(event["stream"], calendars)).hear(event)
    return sorted(limit for story in stories.values() for limit in story.kept())


@dataclass(slots=True)
class _Running:
    cycle: int
    row: dict[str, Any]
    """As `clocks.recomputed` takes it."""
    calendar: int
    ended_at: datetime | None = None
    void: bool = False


@dataclass
class _Story:
    """One hazard's events, told to the end."""

    hazard_id: str
    calendars: Mapping[int, WorkCalendar]
    columns: dict[str, Any] = field(default_factory=dict)
    limits: list[_Running] = field(default_factory=list)
    until: date | None = None
    """The day a pause was asked until."""
    before: list[_Running] = field(default_factory=list)
    """The limits as they were before the last move, for its withdrawal."""

    def hear(self, event: dict[str, Any]) -> None:
        kind, left = event["type"], self.columns.get("step")
        self.columns |= event.get("after", {})
        if kind == DEADLINE_MOVED and event["clock"] == Clock.RECTIFICATION:
            self._recount(event["version"].get("calendar_version"))
        if left is None or kind not in set(DecisionCode):
            return
        at = datetime.fromisoformat(event["recorded_at"]).astimezone(UTC)
        if kind == DecisionCode.WITHDRAW:
            self.limits = self.before
            return
        move = move_for(Step(left), DecisionCode(kind))
        if not move.is_duty:
            self.before = deepcopy(self.limits)
        self._change(kind, event, at)
        self._walk(move, event, at)

    def kept(self) -> list[Kept]:
        return [
            Kept(self.hazard_id, one.cycle, one.row["start_at"], clocks.recomputed(one.row, self.calendars[one.calendar]).due_at,
                 one.ended_at)
            for one in self.limits
            if not one.void
        ]  # fmt: skip

    def _change(self, kind: str, event: dict[str, Any], at: datetime) -> None:
        """Extensions and pauses of the limit that runs."""
        if kind == RequestKind.PAUSE.ask:
            self.until = date.fromisoformat(event["form"]["until"])
        if not (running := self._running()):
            return
        if kind in _EXTENDED:
            running.row["on_day"] = self.columns["limit_on"]
        spans = json.loads(running.row["pauses"])
        if kind == RequestKind.PAUSE.grant and self.until:
            spans.append([at.isoformat(), end_of(self.until).isoformat()])
        if kind == DecisionCode.RESUME_CLOCK:
            spans[-1][1] = at.isoformat()
        running.row["pauses"] = json.dumps(spans)

    def _recount(self, calendar: int | None) -> None:
        """The limit that runs goes by another calendar, also where the last move is taken back."""
        running = self._running()
        for limit in (*self.limits, *self.before):
            if running and calendar and limit.row["start_at"] == running.row["start_at"]:
                limit.calendar = calendar

    def _walk(self, move: Move, event: dict[str, Any], at: datetime) -> None:
        """What the step left and the step entered do to the clock."""
        old, new = STEPS[move.at].clock, STEPS[move.to].clock
        running = self._running()
        if running and old == Clock.RECTIFICATION and new != old:
            running.ended_at = at
        elif running and STEPS[move.to].is_end:
            running.void = True
        planning = move.at in {Step.PLAN, Step.PLAN_REVIEW}
        enters = new == Clock.RECTIFICATION and old != new and not planning
        if Clock.RECTIFICATION in move.starts or enters:
            self.limits.append(self._started(event, at))

    def _started(self, event: dict[str, Any], at: datetime) -> _Running:
        row = {
            "start_at": at, "number": self.columns.get("limit_days") or 1, "unit_of_time": "CD", "basis": "",
            "certainty": "", "on_day": self.columns.get("limit_on"), "pauses": "[]",
        }  # fmt: skip
        return _Running(self.columns["cycle"], row, event["rule"]["calendar"])

    def _running(self) -> _Running | None:
        return next((one for one in reversed(self.limits) if one.ended_at is None and not one.void), None)
