"""One hazard as the model has it: where it stands, who signed what, what is asked, which clocks run."""

from copy import copy
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from model import office
from model.dates import Run, running
from model.office import ALONE, ASKED, CLOCK, ENDS, OF_UNITS, PARTS, UNIT, UNIT_OF, URGENT, WAYS, WITHDRAWABLE

BEFORE_UNITS = {"URGENT_CONTROL", "CONFIRM_CONTROL", "LIFTING", "REOPENING", "EXPERT_OPINION"}
TICK = timedelta(microseconds=1)  # of two facts recorded at once the second is this much later
VERBS = {"ASK", "GRANT", "DENY"}
NAMED_DAYS = {"ASSIGN": 30, "FAIL": 10, "PARTIAL": 10, "RETURN_REDO": 10}
"""The rectification limit each decision names, as the forms of the machine are filled in."""
NEXT_VISIT_DAYS = 3
SLEEPLESS = {"interim_check", "freeze_review"}  # their ladder goes on while the hazard is frozen


@dataclass
class Facts:
    """What a withdrawal puts back as it was."""

    step: str = "TRIAGE"
    controlled: bool = False
    arbitrated: bool = False
    urgent: bool = False
    unit_gone: bool = False
    accepted: bool = False
    failures: int = 0
    days: int | None = None


@dataclass
class Last:
    """The newest decision."""

    code: str
    who: str
    at: datetime
    before: Facts
    moved: bool


@dataclass
class Case:
    reported: datetime
    now: Facts = field(default_factory=Facts)
    cycle: int = 1
    holders: dict[tuple[str, str], str] = field(default_factory=dict)
    """(chain, person or unit) → the part held in this cycle."""
    told: set[str] = field(default_factory=set)
    listed: bool = False
    frozen: datetime | None = None
    evidenced: bool = False
    not_found: int = 0
    claimed: str = ""
    asked: dict[str, str] = field(default_factory=dict)
    """What is asked for, by whom; below, a clock whose level the newest decision tells at once."""
    last: Last | None = None
    alarm: tuple[Run, int] | None = None
    runs: list[Run] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.start("triage", self.reported)

    @property
    def step(self) -> str:
        return self.now.step

    def allows(self, code: str, who: str, person_told: str, at: datetime) -> bool:
        """Whether the office takes this decision by this person now."""
        verb, _, kind = code.partition("_")
        if kind in ASKED and verb in VERBS:
            return self._allows_request(verb, kind, who)
        if code == "WITHDRAW":
            return self._allows_withdrawal(who)
        if (self.step, code) not in WAYS or who not in WAYS[self.step, code][1]:
            return False
        if (self.frozen and code not in {"UNFREEZE", "CONFIRM_CONTROL", "INFORM"}) or not self._in_charge(code, who):
            return False
        chain, part = PARTS.get(code, ("", ""))
        return all(self.holders.get((chain, signer), part) == part for signer in _signers(who, part)) and self._ready(
            code, person_told, at
        )

    def _in_charge(self, code: str, who: str) -> bool:
        """Before a unit is told to verify, its people have no part in what is controlled."""
        return self.now.accepted or who not in UNIT or code not in BEFORE_UNITS

    def _ready(self, code: str, person_told: str, at: datetime) -> bool:
        if code in {*office.STARTS, *office.STOPS} - {"EXPERT_OPINION"}:
            return self.runs_on(office.STOPS.get(code) or office.STARTS[code]) == (code in office.STOPS)
        match code:
            case "INFORM":
                return person_told not in self.told
            case "CONFIRM_CONTROL" | "GENERAL" | "NOT_HAZARD" | "APPROVE_DOWNGRADE" | "TRANSFER_ENDED":
                return self.now.controlled == (code == "CONFIRM_CONTROL")
            case "RETURN_NOT_MINE":
                return not self.now.arbitrated
            case "DEEM_RECEIVED":
                return any(at > run.due for run in self.live() if run.clock == "receipt")
            case "CANNOT_VERIFY":
                return self.not_found < 2
            case "CLOSE":
                owes = self.runs_on("failure_explanation") and not self.now.unit_gone
                return len(self.told) == 2 and self.evidenced and not (self.now.controlled or self.listed or owes)
        return True

    def _allows_withdrawal(self, who: str) -> bool:
        mine = self.last is not None and self.last.who == who and self.last.code in WITHDRAWABLE
        return mine and not self.claimed and not self.frozen

    def _allows_request(self, verb: str, kind: str, who: str) -> bool:
        asks, decides, leads = ASKED[kind]
        if self.frozen or self.step not in leads or who not in (asks if verb == "ASK" else decides):
            return False
        if not self._in_charge(kind, who):
            return False
        if verb == "ASK":
            return kind not in self.asked and self._makes_sense(kind)
        if kind not in self.asked or self.asked[kind] == who:
            return False
        return verb == "DENY" or self._makes_sense(kind)

    def _makes_sense(self, kind: str) -> bool:
        if kind in {"LIFTING", "REFUSAL", "VOIDING"}:
            return self.now.controlled == (kind == "LIFTING")
        return {"LISTING": not self.listed, "DELISTING": self.listed}.get(kind, True)

    def take(self, code: str, who: str, person_told: str, at: datetime) -> None:
        """What the decision leaves behind."""
        before = copy(self.now)
        verb, _, kind = code.partition("_")
        if code == "WITHDRAW":
            self._take_back(at)
        elif kind in ASKED and verb in VERBS:
            self._take_request(verb, kind, who, at)
        else:
            for signer in _signers(who, PARTS[code][1]) if code in PARTS else ():
                self.holders[PARTS[code][0], signer] = PARTS[code][1]
            self._mark(code, person_told, at)
            self._move(WAYS[self.step, code][0], at)
            if code == "FAIL":
                found = next(run for run in self.live() if run.clock == "rectification")
                self.alarm = (found, min(self.now.failures + 1, 3))
            if code == "CLOSE":
                self.start("look_back_30", at)
                self.start("look_back_90", at)
        self.last = Last(code, who, at, before, before.step != self.step)
        self.claimed = "" if self.last.moved else self.claimed

    def _mark(self, code: str, person_told: str, at: datetime) -> None:
        if code in office.STARTS:
            self.start(office.STARTS[code], at)
        if code in office.STOPS:
            self.stop(office.STOPS[code], at)
        match code:
            case "MAJOR" | "URGENT_CONTROL" | "CONFIRM_CONTROL" | "STOP_FIRST":
                self.now.controlled = True
                self.restart("interim_check", at)
                self.alarm = (self.runs[-1], 2) if code == "URGENT_CONTROL" else None
                if code == "URGENT_CONTROL" and not self.now.urgent:
                    self._hasten(at)
            case "ACCEPT":
                self.now.accepted = True
            case "INFORM":
                self.told.add(person_told)
                if len(self.told) == 2:
                    self.stop("inform", at)
            case "SIGN" | "DEEM_RECEIVED":
                self.start("rectification", at, self.now.days)
            case "COMPLETE" | "PROVE_REMOVAL":
                self.evidenced = True
            case "UNIT_CLOSED":
                self.now.unit_gone = True
                self.drop({"progress_question", "failure_explanation"}, at)
            case "ARBITRATE":
                self.now.arbitrated = True
            case "FREEZE" | "UNFREEZE":
                self.frozen = at if code == "FREEZE" else None
            case "CANNOT_REVIEW":
                self.restart("next_visit", at, NEXT_VISIT_DAYS)
            case "CANNOT_VERIFY":
                self.not_found += 1
            case "PROGRESS":
                self.restart("progress", at)
            case "FAIL":
                self.now.failures += 1
                if self.now.failures >= 2 and not self.runs_on("failure_explanation"):
                    self.start("failure_explanation", at)
        self.now.days = NAMED_DAYS.get(code, self.now.days)

    def _hasten(self, at: datetime) -> None:
        """Where people are in danger the clock of triage or verification runs in hours, from now."""
        self.now.urgent = True
        for clock, urgent in URGENT.items():
            if self.runs_on(clock):
                self.stop(clock, at)
                self.start(urgent, at)

    def _move(self, to: str, at: datetime) -> None:
        if to == self.step:
            return
        old, new = self.clock_of(self.step), self.clock_of(to)
        if old and old != new:
            self.stop(old, at)
        self.stop({"WORK": "progress", "RECHECK": "next_visit"}.get(self.step, ""), at)
        for kind in [kind for kind in self.asked if to not in ASKED[kind][2]]:
            self._settle(kind, at, lapsed=True)
        if to in ENDS:
            self.drop({run.clock for run in self.live()} - (office.PUBLISHED if to == "CLOSED" else set()), at)
            self.now.controlled = False
        elif new and not self.runs_on(new):
            self.start(new, at, self.now.days if new == "rectification" else None)
        if to == "WORK":
            self.start("progress", at)
        self.now.step = to

    def _take_back(self, at: datetime) -> None:
        """Everything the newest decision moved is as it was; what it started ends, what it ended runs on."""
        assert self.last
        for run in self.runs:
            if run.start == self.last.at and run.closed is None:
                run.closed, run.lapsed = at, True
            elif run.closed == self.last.at and not run.lapsed:
                run.closed = None
        for kind in [kind for kind in self.asked if self.last.before.step not in ASKED[kind][2]]:
            self._settle(kind, at, lapsed=True)
        self.now = copy(self.last.before)

    def _take_request(self, verb: str, kind: str, who: str, at: datetime) -> None:
        if verb == "ASK" and who not in ALONE.get(kind, set()):
            self.asked[kind] = who
            self.start("request_decision", at, subject=kind)
            return
        if verb != "ASK":
            self._settle(kind, at)
        if verb != "DENY":
            self._granted(kind, at + TICK if verb == "ASK" else at)

    def _settle(self, kind: str, at: datetime, *, lapsed: bool = False) -> None:
        del self.asked[kind]
        for run in self.live():
            if run.subject == kind:
                run.closed, run.lapsed = at, lapsed

    def _granted(self, kind: str, at: datetime) -> None:
        was = self.step
        match kind:
            case "LIFTING":
                self.now.controlled = False
                self.stop("interim_check", at)
            case "LISTING" | "DELISTING":
                self.listed = kind == "LISTING"
                for clock in ("report_listing", "publish_listing") if self.listed else ("publish_delisting",):
                    self.start(clock, at)
            case "REOPENING":
                for clock in ("look_back_30", "look_back_90"):
                    self.stop(clock, at)
                self.cycle, self.not_found, self.holders, self.told = self.cycle + 1, 0, {}, set()
                Run.forgive(self.runs)
                self.now = Facts(was, urgent=self.now.urgent, accepted=self.now.accepted)
        self._move(ASKED[kind][2][was], at)

    def clock_of(self, step: str) -> str:
        clock = CLOCK.get(step, "")
        return URGENT.get(clock, clock) if self.now.urgent else clock

    def start(self, clock: str, at: datetime, days: int | None = None, subject: str = "") -> None:
        self.runs.append(running(clock, at, days, subject))

    def stop(self, clock: str, at: datetime) -> None:
        for run in self.live():
            if run.clock == clock:
                run.closed = at

    def drop(self, clocks: set[str], at: datetime) -> None:
        for run in [run for run in self.live() if run.clock in clocks]:
            run.closed, run.lapsed = at, True

    def restart(self, clock: str, at: datetime, days: int | None = None) -> None:
        self.stop(clock, at)
        self.start(clock, at, days)

    def runs_on(self, clock: str) -> bool:
        return any(run.clock == clock for run in self.live())

    def sweep(self, at: datetime) -> list[tuple[Run, list[tuple[int, datetime, bool]]]]:
        """What is said now of each clock; of a frozen hazard only what fell due before."""
        ordered = sorted(self.runs, key=Run.waits_until)
        until = {run.clock: at if run.clock in SLEEPLESS else min(at, self.frozen or at) for run in self.runs}
        return [(run, run.sweep(until[run.clock], at, others=self.runs)) for run in ordered]

    def live(self) -> list[Run]:
        return [run for run in self.runs if run.closed is None]


def _signers(who: str, part: str) -> list[str]:
    return [who, UNIT_OF[who]] if part in OF_UNITS else [who]
